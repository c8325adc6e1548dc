# SPDX-License-Identifier: MIT
"""Lifetimes: nothing is freed too early, nothing stays; foreign threads; the end of the interpreter."""

import errno
import gc
import os
import subprocess
import sys
import textwrap
import threading
import unittest
import weakref
from ctypes import CDLL, CFUNCTYPE, byref, c_ulong, c_void_p
from typing import Any, List, Tuple

from fs.memoryfs import MemoryFS
from fs.mountfs import MountFS
from fs.tempfs import TempFS

from fsclient import Client
from xdokan import bridge, fsapi, threads

NEW = os.O_CREAT | os.O_EXCL | os.O_RDWR


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def resident() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Lives(unittest.TestCase):
    def test_object_goes_with_its_last_reference(self) -> None:
        gc.disable()
        self.addCleanup(gc.enable)
        for make in (MemoryFS, TempFS):
            fs = make()
            c = Client(fs)
            gone, state = weakref.ref(fs), weakref.ref(c.object._state)
            self.assertIn(c.o, bridge._alive)
            del fs
            c.fs = None
            file = c.opened(b"/f", NEW)
            pointer = c.o
            self.assertEqual(c.object.release(), 0)
            self.assertIn(pointer, bridge._alive)  # the open file holds it
            self.assertEqual(c.pwrite(file, b"x", 0), 1)
            self.assertEqual(fsapi.fs_f_close(pointer, file), 0)
            self.assertNotIn(pointer, bridge._alive)
            del c
            self.assertIsNone(gone())
            self.assertIsNone(state())

    def test_forgotten_object(self) -> None:
        fs = MemoryFS()
        before = len(bridge._alive)
        bridge.FSObject(fs)
        self.assertEqual(len(bridge._alive), before)
        self.assertTrue(fs.isclosed())

    def test_close_is_asked_for(self) -> None:
        for close in (True, False):
            fs = MemoryFS()
            self.assertEqual(Client(fs, close).release(), 0)
            self.assertEqual(fs.isclosed(), close)

    def test_release_twice(self) -> None:
        with bridge.FSObject(MemoryFS()) as obj:
            self.assertEqual((obj.release(), obj.release()), (0, 0))

    def test_file_objects_go(self) -> None:
        opened: List[Any] = []

        class Watched(MemoryFS):
            def openbin(self, *a: Any, **k: Any) -> Any:
                file = super().openbin(*a, **k)
                opened.append(weakref.ref(file))
                return file

        c = Client(Watched())
        c.write_new(b"/f", b"text")
        for _ in range(10):
            c.read_all(b"/f")
        self.assertEqual(c.open(b"/f", NEW)[0], -errno.EEXIST)
        self.assertEqual([ref for ref in opened if ref() is not None], [])
        self.assertEqual(c.release(), 0)

    def test_nothing_grows(self) -> None:
        def round_of(make: Any) -> None:
            c = Client(make())
            for i in range(30):
                c.write_new(b"/f%d" % i, b"x" * 10000)
                c.rename(b"/f%d" % i, b"/g%d" % i)
            for i in range(30):
                file = c.opened(b"/g%d" % i)
                c.rename(b"/g%d" % i, b"/h%d" % i)
                c.pread(file, 5000, i)
                c.f_close(file)
                c.rc_of(b"/nothing")
            c.scan(b"/", most=7)
            self.assertEqual(c.release(), 0)

        def mounts() -> Any:
            fs = MountFS()
            fs.mount("/", TempFS())
            return fs

        makers = (MemoryFS, TempFS, mounts)
        for _ in range(10):
            for make in makers:
                round_of(make)
        gc.collect()
        files, size, objects = open_files(), resident(), len(gc.get_objects())
        for _ in range(12):
            for make in makers:
                round_of(make)
        gc.collect()
        self.assertEqual(open_files(), files)
        self.assertLess(len(gc.get_objects()) - objects, 200)
        self.assertLess(resident() - size, 4 << 20)

    def test_listings_that_are_kept(self) -> None:
        c = Client(MemoryFS())
        for i in range(5):
            c.write_new(b"/f%d" % i, b"")
        for _ in range(100):
            self.assertEqual(len(c.scan(most=2)[1]), 2)
        self.assertLessEqual(len(c.object._state.listings._kept), 8)
        rc, found = c.scan(cursor=(12345 << 32) + 3)
        self.assertEqual((rc, [name for name, _, _ in found]), (0, [b"f3", b"f4"]))
        self.assertEqual(c.scan(cursor=(1 << 64) - 1), (0, []))
        self.assertEqual(c.release(), 0)

    def test_listing_is_asked_for_once(self) -> None:
        asked: List[str] = []

        class Watched(MemoryFS):
            def scandir(self, path: str, *a: Any, **k: Any) -> Any:
                asked.append(path)
                return super().scandir(path, *a, **k)

        c = Client(Watched())
        for i in range(100):
            c.write_new(b"/f%02d" % i, b"")
        cursor, seen, gone = 0, 0, iter(range(99, 0, -1))
        while True:
            found = c.scan(cursor=cursor, most=7)[1]
            if not found:
                break
            seen, cursor = seen + len(found), found[-1][2]
            c.fs.remove(f"f{next(gone):02d}")
        self.assertEqual((seen, asked[:2]), (100, ["/", "/"][: len(asked)]))
        self.assertLessEqual(len(asked), 2)  # the last look may be a fresh one
        self.assertEqual(c.release(), 0)


class Foreign(unittest.TestCase):
    """Threads that Python does not know."""

    def run_on_foreign_thread(self, steps: List[Tuple[Any, ...]]) -> None:
        """Each step is a C function and its arguments, called on one pthread through callbacks without
        Python."""
        libc = CDLL(None)
        start = CFUNCTYPE(c_void_p, c_void_p)

        def body(_arg: Any) -> None:
            for function, *arguments in steps:
                function(*arguments)

        thread, entry = c_ulong(), start(body)
        self.assertEqual(libc.pthread_create(byref(thread), None, entry, None), 0)
        self.assertEqual(libc.pthread_join(thread, None), 0)

    def test_pinned_threads_keep_their_state(self) -> None:
        c = Client(MemoryFS())
        c.write_new(b"/f", b"text")
        seen: List[Any] = []
        local = threading.local()

        def count() -> None:
            local.count = getattr(local, "count", 0) + 1
            seen.append((local.count, c.rc_of(b"/f")))

        before = threading.active_count()
        plain = CFUNCTYPE(None)(count)
        start, stop = threads.pin
        steps: List[Tuple[Any, ...]] = [(plain,), (start, None), (plain,), (plain,), (stop, None), (plain,)]
        self.run_on_foreign_thread(steps)
        self.assertEqual([rc for _, rc in seen], [0] * 4)
        self.assertEqual(threading.active_count(), before)
        self.assertEqual(c.release(), 0)

    def test_stop_without_start(self) -> None:
        threads.pin[1](None)
        threads.pin[0](None)
        threads.pin[1](None)
        threads.pin[1](None)

    def test_many_threads_on_one_object(self) -> None:
        c = Client(MemoryFS())
        file = c.opened(b"/f", NEW)
        wrong: List[Any] = []

        def work(number: int) -> None:
            data = bytes([number]) * 4096
            for i in range(200):
                c.pwrite(file, data, number * 4096)
                if c.pread(file, 4096, number * 4096)[1] != data:
                    wrong.append((number, i))

        workers = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        self.assertEqual(wrong, [])
        self.assertEqual((c.f_close(file), c.release()), (0, 0))


class Exit(unittest.TestCase):
    """What a program says that ends in one way or another."""

    def run_program(self, text: str, wanted: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-X", "faulthandler", "-c", textwrap.dedent(text)],
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=60,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        said = done.stdout.decode()
        self.assertEqual(done.returncode, wanted, said)
        return said

    def test_order(self) -> None:
        said = self.run_program(
            """
            import atexit, threading
            from xdokan import threads
            atexit.register(lambda: print("later atexit", threads.is_over()))
            threads.on_exit(lambda: print("first", threads.is_over()))
            forgotten = threads.on_exit(lambda: print("never"))
            threads.on_exit(lambda: 1 / 0)
            threads.on_exit(lambda: print("last"))
            threads.forget(forgotten)
            print("main ends")
            """
        )
        noise = (" ", "Traceback", "ZeroDiv", "a callback")
        lines = [line for line in said.splitlines() if not line.startswith(noise)]
        self.assertEqual(lines, ["main ends", "last", "first False", "later atexit False"])

    def test_threads_that_still_use_it(self) -> None:
        """Other threads that the exit waits for come first."""
        said = self.run_program(
            """
            import threading, time
            from xdokan import threads
            threads.on_exit(lambda: print("unmount"))
            threading.Thread(target=lambda: (time.sleep(0.3), print("thread ends"))).start()
            threading.Thread(target=lambda: time.sleep(100), daemon=True).start()
            print("main ends")
            """
        )
        self.assertEqual(said.splitlines(), ["main ends", "thread ends", "unmount"])

    def test_object_may_use_a_pool_at_its_end(self) -> None:
        said = self.run_program(
            """
            from concurrent.futures import ThreadPoolExecutor
            from xdokan import threads
            pool = ThreadPoolExecutor()
            threads.on_exit(lambda: print(pool.submit(lambda: "from the pool").result()))
            """
        )
        self.assertEqual(said.split("\\n")[0].strip(), "from the pool")

    def test_calls_after_the_end(self) -> None:
        """A C thread that comes when the interpreter has gone gets an error, and does not enter it."""
        said = self.run_program(
            """
            import atexit, ctypes, os
            from fs.memoryfs import MemoryFS
            from xdokan import bridge, fsapi, threads

            def look():
                info, file = fsapi.Info(), ctypes.c_void_p()
                print(threads.is_over(), fsapi.fs_getinfo(obj.pointer, b"/", 0, ctypes.byref(info)))
                print(fsapi.fs_open(obj.pointer, b"/f", os.O_RDONLY, 0, ctypes.byref(file)))
                print(fsapi.fs_remove(obj.pointer, b"/f"), fsapi.fs_f_flush(obj.pointer, opened))
                print(obj.release())

            obj = bridge.FSObject(MemoryFS())
            opened = ctypes.c_void_p()
            fsapi.fs_open(obj.pointer, b"/f", os.O_CREAT | os.O_EXCL | os.O_RDWR, 0, ctypes.byref(opened))
            atexit.unregister(threads._at_exit)
            atexit.register(look)
            atexit.register(threads._at_exit)
            """
        )
        self.assertEqual(said.split(), ["True", "-5", "-5", "-5", "-5", "0"])

    def test_forked_child_forgets(self) -> None:
        said = self.run_program(
            """
            import os
            from xdokan import threads
            threads.on_exit(lambda: print("unmount", flush=True))
            pid = os.fork()
            if pid:
                os.waitpid(pid, 0)
            """
        )
        self.assertEqual(said.split(), ["unmount"])


if __name__ == "__main__":
    unittest.main()
