# SPDX-License-Identifier: MIT
"""What the tests of mounts share: places to mount on, a look at the mount table, programs of their own."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import unittest
import warnings
from typing import Any, Callable, Optional


def mounted(path: str) -> bool:
    """Whether something is mounted there. Asks the table, never the mount, which may hang."""
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as table:
        return any(line.split()[4] == path for line in table)


def wait_for(condition: Callable[[], Any], seconds: float = 10) -> bool:
    """Waits until it holds; whether it does."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and is not waited for does not."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


class DriveTest(unittest.TestCase):
    """With `self.folder`, empty and gone afterwards, `self.point`, a place to mount on, and no drive left
    behind."""

    def setUp(self) -> None:
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix="xdokan-"))
        self.point = os.path.join(self.folder, "mnt")
        os.mkdir(self.point)
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.addCleanup(self._look_for_mounts)
        caught = warnings.catch_warnings()
        caught.__enter__()
        self.addCleanup(caught.__exit__, None, None, None)
        warnings.simplefilter("ignore", RuntimeWarning)

    def _look_for_mounts(self) -> None:
        self.assertFalse(mounted(self.point), "the mount was left behind")

    def write(self, name: str, text: str) -> str:
        """A file in `self.folder`."""
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(textwrap.dedent(text))
        return path

    def program(self, text: str, *args: str, **kwds: Any) -> "subprocess.Popen[str]":
        """A Python program of its own, its output to be read; `point` and `log` are defined in it."""
        head = f"import os, sys, time, signal\npoint = {self.point!r}\nsys.path.insert(0, {sys.path[0]!r})\n"
        head += "def log(*words):\n    os.write(1, (' '.join(map(str, words)) + '\\n').encode())\n"
        path = self.write(f"program{time.monotonic_ns()}.py", head + textwrap.dedent(text))
        process = subprocess.Popen([sys.executable, path, *args], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                   preexec_fn=_default_signals, **kwds)
        self.addCleanup(_end, process)
        return process

    def said(self, process: "subprocess.Popen[str]", status: Optional[int] = 0, seconds: float = 30) -> str:
        """What it said until its end, which must be with `status`."""
        assert process.stdout
        late = threading.Timer(seconds, process.kill)
        late.start()
        output = process.stdout.read()  # communicate() does not know what ask() has left in the buffer
        process.wait()
        late.cancel()
        if status is not None:
            self.assertEqual(process.returncode, status, output)
        return output

    def ask(self, process: "subprocess.Popen[str]", line: str) -> None:
        """Reads its output until a line comes."""
        assert process.stdout
        seen = []
        for text in process.stdout:
            seen.append(text)
            if text.strip() == line:
                return
        self.fail(f"it never said {line!r}: {''.join(seen)}")


def _default_signals() -> None:
    """A shell in the background makes its children ignore Ctrl-C, nohup(1) that the terminal is gone."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def _end(process: "subprocess.Popen[str]") -> None:
    if process.poll() is None:
        process.kill()
    process.wait()
    if process.stdout:
        process.stdout.close()
