# SPDX-License-Identifier: MIT
"""Python objects under a mount of their own process, mounted by fs_mount() itself: the way through the
kernel.

POINT names an empty folder. This process never touches the mount: a program that holds the interpreter while
it waits for it would wait for itself. `sh` does.
"""

import os
import subprocess
import threading
import unittest
from ctypes import POINTER, byref
from typing import Any

from fs.memoryfs import MemoryFS
from fs.mountfs import MountFS
from fs.tempfs import TempFS

from xdokan import errors, fsapi
from xdokan.bridge import FSObject

POINT = os.environ["POINT"]


class Mounted:
    """A mount that serves a live object."""

    def __init__(self, fs: Any) -> None:
        self.object = FSObject(fs)
        self.mount = POINTER(fsapi.MountProcess)()

    def __enter__(self) -> "Mounted":
        error, options = fsapi.Error(), fsapi.MountOptions(mode=fsapi.MOUNT_THREADS)
        rc = fsapi.fs_mount(
            self.object.pointer, os.fsencode(POINT), byref(options), byref(self.mount), byref(error)
        )
        if rc < 0:
            raise OSError(-rc, error.message)
        return self

    def __exit__(self, *_exc: object) -> None:
        assert fsapi.mount_process_unmount(self.mount) == 0
        assert self.object.release() == 0

    @staticmethod
    def sh(text: str, status: int = 0) -> str:
        done = subprocess.run(
            ["sh", "-c", f"cd '{POINT}' && {text}"],
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=60,
        )
        said = done.stdout.decode("utf-8", "surrogateescape")
        assert done.returncode == status, (text, done.returncode, said)
        return said


class Mount(unittest.TestCase):
    def test_live_object(self) -> None:
        fs = MemoryFS()
        fs.writetext("file", "text")
        with Mounted(fs) as m:
            self.assertEqual(
                m.sh("cat file; echo more >>file; mkdir -p a/b; mv file a/b/; ls -l a/b | wc -l"), "text2\n"
            )
            self.assertEqual(fs.readtext("a/b/file"), "textmore\n")
            fs.writetext("late", "from the program")
            self.assertEqual(m.sh("sleep 1.1; cat late; rm -r a; ls"), "from the programlate\n")
            self.assertFalse(fs.exists("a"))
        self.assertTrue(fs.isclosed())

    def test_times_and_sizes(self) -> None:
        for fs in (MemoryFS(), TempFS()):
            with self.subTest(fs=type(fs).__name__), Mounted(fs) as m:
                self.assertEqual(
                    m.sh("touch -d '2020-02-03 04:05:06.789012 UTC' f; TZ=UTC stat -c %y f"),
                    "2020-02-03 04:05:06.789012000 +0000\n",
                )
                self.assertEqual(
                    m.sh(
                        "exec 5>g; printf 12345 >&5; stat -c %s g; truncate -s 3 g; stat -c %s g; "
                        "printf 6 >&5; stat -c %s g; cat g | tr '\\0' 0"
                    ),
                    "5\n3\n6\n123006",
                )

    def test_renamed_while_open(self) -> None:
        """Where a rename is a copy."""
        fs = MountFS()
        fs.mount("/", MemoryFS())
        with Mounted(fs) as m:
            self.assertEqual(
                m.sh("exec 5>f; echo one >&5; mv f g; echo two >&5; exec 5>&-; cat g; ls"), "one\ntwo\ng\n"
            )

    def test_big_listing(self) -> None:
        fs = MemoryFS()
        for i in range(3000):
            fs.writebytes(f"f{i:04d}", bytes(i % 10))
        with Mounted(fs) as m:
            self.assertEqual(m.sh("ls | wc -l; ls -l | awk '{ n += $5 } END { print n }'"), "3000\n13500\n")

    def test_broken_object(self) -> None:
        class Broken(MemoryFS):
            def openbin(self, path: str, *a: Any, **k: Any) -> Any:
                if path.endswith("bad"):
                    raise RuntimeError("broken on purpose")
                return super().openbin(path, *a, **k)

        fs = Broken()
        fs.create("good")
        MemoryFS.openbin(fs, "bad", "w").close()
        errors._lines.clear()
        with self.assertLogs("fs.expose.dokan") as log, Mounted(fs) as m:
            self.assertIn("Input/output error", m.sh("cat bad", 1))
            self.assertEqual(m.sh("cat good; ls"), "bad\ngood\n")
        self.assertIn("opening of Broken raised RuntimeError", log.output[0])

    def test_threads_are_pinned(self) -> None:
        """Many calls come on few threads, and each keeps what it has of Python."""
        local, seen = threading.local(), []

        class Counting(MemoryFS):
            def getinfo(self, *a: Any, **k: Any) -> Any:
                local.calls = getattr(local, "calls", 0) + 1
                seen.append((threading.get_native_id(), local.calls))
                return super().getinfo(*a, **k)

        with Mounted(Counting()) as m:
            m.sh("i=0; while [ $i -lt 300 ]; do : >f$i; i=$((i + 1)); done")
        calls = {thread: most for thread, most in sorted(seen)}
        calls.pop(threading.get_native_id(), None)
        self.assertGreater(sum(calls.values()), 300)
        self.assertEqual(sum(calls.values()), sum(1 for thread, _ in seen if thread in calls))
        self.assertEqual([t for t in threading.enumerate() if "Dummy" in type(t).__name__], [])


if __name__ == "__main__":
    unittest.main()
