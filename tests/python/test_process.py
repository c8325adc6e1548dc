# SPDX-License-Identifier: MIT
"""MountProcess: what it shares with subprocess.Popen, what it tells, how it ends, and the fork itself."""

import errno
import os
import signal
import subprocess
import sys
import threading
import time
import unittest
import warnings
import zipfile

from fs.base import FS
from fs.memoryfs import MemoryFS
from fs.osfs import OSFS
from fs.wrap import read_only
from fs.zipfs import ZipFS

from drives import DriveTest, is_alive, mounted, wait_for
from xdokan import forking
from xdokan.link import Link
from xdokan.mounting import mount, unmount
from xdokan.process import MountProcess, redacted


class Telling(MemoryFS):
    """Shows in files what its process is."""

    def openbin(self, path: str, mode: str = "r", buffering: int = -1, **options: object) -> object:
        """/cwd, /env and so on are made when they are opened."""
        facts = {"cwd": os.getcwd(), "env": os.environ.get("TOLD", ""), "umask": f"{_umask():03o}",
                 "session": str(os.getsid(0)), "uid": f"{os.getuid()} {os.getgid()} {os.getgroups()}",
                 "fds": " ".join(map(str, forking.open_descriptors())), "pid": str(os.getpid()),
                 "threads": str(threading.active_count())}
        name = path.strip("/")
        if name in facts and "r" in mode and "+" not in mode:
            self.writetext("/" + name, facts[name])
        if name == "print" and "r" in mode:
            print("to stdout")
            print("to stderr", file=sys.stderr)
        return super().openbin(path, mode, buffering, **options)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


class ProcessTest(DriveTest):
    """With a process that is ended in any case."""

    def begin(self, fs: object = None, path: object = "", *args: object, **kwds: object) -> MountProcess:
        process = MountProcess(fs or MemoryFS(), path or self.point, *args, **kwds)
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process: MountProcess) -> None:
        try:
            process.unmount()
        except OSError:
            pass
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                stream.close()

    def fact(self, name: str, **kwds: object) -> str:
        memory = Telling()
        for fact in ("cwd", "env", "umask", "session", "uid", "fds", "pid", "threads"):
            memory.writetext(fact, "x" * 4096)
        process = self.begin(memory, "", {"options": "direct_io"}, **kwds)
        with open(f"{process.path}/{name}", encoding="utf-8") as file:
            text = file.read().rstrip("x")
        process.unmount()
        return text


class PopenTest(ProcessTest):
    """It is a Popen."""

    def test_is_one(self) -> None:
        process = self.begin(None, "Q:\\")
        self.assertIsInstance(process, subprocess.Popen)
        self.assertIsNone(process.poll())
        self.assertIsNone(process.returncode)
        self.assertEqual(process.drive, "Q:")
        self.assertTrue(os.path.isdir(process.path))
        self.assertIn("Q:", repr(process))
        self.assertIn("<td>Q:</td>", process._repr_html_())
        with self.assertRaises(subprocess.TimeoutExpired):
            process.wait(0.05)
        process.unmount()
        self.assertEqual((process.wait(), process.returncode, process.poll()), (0, 0, 0))

    def test_unknown_keywords(self) -> None:
        for kwds in ({"shell": True}, {"stdot": None}, {"executable": "x"}):
            self.assertRaises(TypeError, MountProcess, MemoryFS(), self.point, **kwds)
        with self.assertRaisesRegex(TypeError, "did you mean 'stdout'"):
            MountProcess(MemoryFS(), self.point, stdot=None)
        with self.assertRaisesRegex(TypeError, "did you mean 'volname'"):
            MountProcess(MemoryFS(), self.point, {"volnam": "x"})

    def test_pipes(self) -> None:
        memory = Telling()
        memory.writetext("print", "x")
        process = self.begin(memory, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             text=True)
        with open(process.path + "/print", encoding="ascii") as file:
            file.read()
        unmount(self.point)
        self.assertEqual(process.communicate(timeout=20), ("to stdout\n", "to stderr\n"))
        self.assertEqual(process.returncode, 0)

    def test_stderr_to_stdout(self) -> None:
        memory = Telling()
        memory.writetext("print", "x")
        process = self.begin(memory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        with open(process.path + "/print", encoding="ascii") as file:
            file.read()
        process.unmount()
        self.assertEqual(sorted(process.communicate()[0].split(b"\n")), [b"", b"to stderr", b"to stdout"])

    def test_output_to_nowhere(self) -> None:
        process = self.begin(stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.assertEqual(os.listdir(process.path), [])

    def test_signals(self) -> None:
        for act in (MountProcess.terminate, lambda p: p.send_signal(signal.SIGINT),
                    lambda p: p.send_signal(signal.SIGHUP)):
            process = self.begin()
            act(process)
            self.assertEqual(process.wait(20), 0)
            self.assertFalse(mounted(self.point))
            process.unmount()

    def test_with(self) -> None:
        with self.begin(stdout=subprocess.PIPE) as process:
            self.assertTrue(mounted(self.point))
        self.assertEqual(process.returncode, 0)
        self.assertTrue(process.stdout.closed)

    def test_cwd(self) -> None:
        self.assertEqual(self.fact("cwd", cwd="/usr"), "/usr")
        here = os.getcwd()
        os.chdir(self.folder)
        try:
            process = self.begin(None, "mnt", cwd="/")  # relative to here, not to the child's folder
            self.assertEqual(process.path, self.point)
        finally:
            os.chdir(here)

    def test_env(self) -> None:
        self.assertEqual(self.fact("env", env={**os.environ, "TOLD": "yes"}), "yes")

    def test_umask(self) -> None:
        self.assertEqual(self.fact("umask", umask=0o27), "027")

    def test_session(self) -> None:
        self.assertEqual(self.fact("session"), str(os.getsid(0)))
        self.assertNotEqual(self.fact("session", start_new_session=True), str(os.getsid(0)))

    def test_user(self) -> None:
        os.chmod(self.folder, 0o755)
        with self.assertRaises(OSError):
            self.begin(user=65534, group=65534, extra_groups=[])  # may not mount here; it says so
        self.assertFalse(mounted(self.point))

    def test_preexec(self) -> None:
        process = self.begin(Telling(), preexec_fn=lambda: os.chdir("/usr"))
        self.assertEqual(os.readlink(f"/proc/{process.pid}/cwd"), "/usr")
        process.unmount()

        def bad() -> None:
            raise ZeroDivisionError("in preexec")

        with self.assertRaisesRegex(ZeroDivisionError, "in preexec") as caught:
            self.begin(preexec_fn=bad)
        self.assertIn("in preexec", str(caught.exception.__cause__))

    def test_descriptors(self) -> None:
        read, write = os.pipe()
        plain = os.open("/dev/null", os.O_RDONLY)

        def kinds(**kwds: object) -> "list[bool]":
            process = self.begin(**kwds)
            links = [os.readlink(f"/proc/{process.pid}/fd/{fd}") for fd in (write, plain)]
            process.unmount()
            return [link.startswith("pipe:") for link in links[:1]]

        try:
            self.assertEqual(kinds(), [False])
            self.assertEqual(kinds(pass_fds=[write]), [True])
            self.assertEqual(kinds(close_fds=False), [True])
            self.assertEqual(kinds(close_fds=True), [False])
        finally:
            for fd in (read, write, plain):
                os.close(fd)


class EndTest(ProcessTest):
    """How it ends."""

    def test_killed(self) -> None:
        called = []
        process = mount(MemoryFS(), self.point, background="fork", unmount_callback=lambda: called.append(1))
        process.kill()
        self.assertTrue(wait_for(lambda: called), "nobody was told")
        self.assertEqual(process.returncode, -signal.SIGKILL)
        self.assertTrue(wait_for(lambda: not mounted(self.point)), "the mount stays")
        with self.assertRaisesRegex(OSError, r"signal 9 \(SIGKILL\) without closing") as caught:
            process.unmount()
        self.assertEqual(caught.exception.errno, errno.EIO)
        process.unmount()
        self.assertEqual(called, [1])

    def test_data_is_written_before_unmount_returns(self) -> None:
        path = self.folder + "/made.zip"
        process = self.begin(ZipFS(path, write=True))
        with open(process.path + "/inside", "w", encoding="ascii") as file:
            file.write("text" * 100000)
        process.unmount()
        with zipfile.ZipFile(path) as archive:
            self.assertEqual(len(archive.read("inside")), 400000)

    def test_error_of_the_close(self) -> None:
        class Bad(MemoryFS):
            """Cannot be closed."""

            def close(self) -> None:
                """Fails in the child only: there it is not replaced."""
                raise OSError(errno.ENOSPC, "no room for the end")

        process = self.begin(Bad())
        with self.assertRaisesRegex(OSError,
                                    "not closed properly: .*no room for the end.*data may be lost") as caught:
            process.unmount()
        self.assertEqual(caught.exception.errno, errno.ENOSPC)
        self.assertEqual(process.returncode, 1)

    def test_one_that_does_not_end(self) -> None:
        class Slow(MemoryFS):
            """Takes for ever to close."""

            def close(self) -> None:
                """In the child."""
                time.sleep(60)

        process = self.begin(Slow(), "", {"unmount_timeout": 1})
        with self.assertRaisesRegex(TimeoutError, "did not end within 1 s and was killed"):
            process.unmount()
        self.assertEqual(process.returncode, -signal.SIGKILL)
        self.assertTrue(wait_for(lambda: not mounted(self.point)))

    def test_parent_is_gone(self) -> None:
        for detach in (False, True):
            process = self.program(f"""
                from fs.memoryfs import MemoryFS
                from xdokan import MountProcess
                mp = MountProcess(MemoryFS(), point)
                if {detach}:
                    mp.detach()
                log(mp.pid)
                os._exit(0)
            """)
            child = int(process.stdout.readline())
            process.wait()
            if detach:
                time.sleep(0.3)
                self.assertTrue(is_alive(child) and mounted(self.point), "it did not stay")
                unmount(self.point)
            self.assertTrue(wait_for(lambda: not is_alive(child)))
            self.assertFalse(mounted(self.point))


class StartTest(ProcessTest):
    """How it begins."""

    def test_dies_before_it_is_ready(self) -> None:
        with self.assertRaisesRegex(OSError, r"before it was ready: signal 9 \(SIGKILL\)"):
            self.begin(preexec_fn=lambda: os.kill(os.getpid(), signal.SIGKILL))
        with self.assertRaisesRegex(OSError, "before it was ready: status 3"):
            self.begin(preexec_fn=lambda: os._exit(3))

    def test_never_ready(self) -> None:
        before = time.monotonic()
        with self.assertRaisesRegex(TimeoutError, "not ready after 0.5 s"):
            self.begin(None, "", {"ready_timeout": 0.5}, preexec_fn=lambda: time.sleep(60))
        self.assertLess(time.monotonic() - before, 5)

    def test_nowait(self) -> None:
        process = self.begin(None, "Q:", nowait=True, preexec_fn=lambda: time.sleep(0.3))
        self.assertEqual((process.path, process.drive), (None, None))
        process.wait_ready()
        self.assertEqual((process.drive, os.listdir(process.path)), ("Q:", []))
        process.unmount()
        process = self.begin(None, self.folder + "/none", nowait=True)
        self.assertRaises(FileNotFoundError, process.wait_ready)

    def test_unmount_before_it_is_ready(self) -> None:
        process = self.begin(None, "", nowait=True, preexec_fn=lambda: time.sleep(0.3))
        process.unmount()
        self.assertFalse(mounted(self.point))
        self.assertEqual(process.returncode, 0)

    def test_two_at_once(self) -> None:
        first, second = self.begin(None, "Q:"), self.begin(None, "R:")
        open(first.path + "/1", "w", encoding="ascii").close()
        self.assertEqual((os.listdir(first.path), os.listdir(second.path)), (["1"], []))
        first.kill()
        first.wait()
        self.assertEqual(os.listdir(second.path), [])

    def test_traceback_of_the_child(self) -> None:
        with self.assertRaises(FileNotFoundError) as caught:
            self.begin(None, self.folder + "/none")
        self.assertIn("in the child:\nTraceback", str(caught.exception.__cause__))

    def test_url(self) -> None:
        with mount("mem://", "Q:", volname="From a URL") as process:
            self.assertIsInstance(process, MountProcess)
            with open(process.path + "/file", "w", encoding="ascii") as file:
                file.write("text")
            self.assertEqual(os.listdir(process.path), ["file"])
        self.assertEqual(process.returncode, 0)
        with self.assertRaisesRegex(OSError, "nosuch"):
            mount("nosuch://x", "Q:")

    def test_password_of_a_url(self) -> None:
        self.assertEqual(redacted("ftp://me:secret@host/x"), "ftp://me:***@host/x")
        with self.assertRaises(OSError) as caught:
            mount("nosuch://me:secret@host/x", "Q:")
        self.assertNotIn("secret", str(caught.exception))


class ForkTest(ProcessTest):
    """The fork does not wait for ever, and the parent's object lets the child's alone."""

    def test_object_in_use(self) -> None:
        memory = MemoryFS()
        inside, leave = threading.Event(), threading.Event()

        def use() -> None:
            with memory.lock():
                inside.set()
                leave.wait(30)

        worker = threading.Thread(target=use)
        worker.start()
        inside.wait()
        before = time.monotonic()
        try:
            for fs in (memory, read_only(memory)):
                with self.assertRaisesRegex(BlockingIOError, "another thread was in the object"):
                    self.begin(fs)
            self.assertLess(time.monotonic() - before, 4)
        finally:
            leave.set()
            worker.join()
        self.assertEqual(os.listdir(self.begin(memory).path), [])

    def test_locks_held_by_this_thread(self) -> None:
        memory = MemoryFS()
        memory.writetext("file", "text")
        with memory.lock():
            process = self.begin(memory)
        with open(process.path + "/file", encoding="ascii") as file:
            self.assertEqual(file.read(), "text")

    def test_locks_of_files(self) -> None:
        memory = MemoryFS()
        memory.writetext("file", "text")
        entry = memory.root.get_entry("file")
        held, leave = threading.Event(), threading.Event()

        def hold() -> None:
            with entry.lock:
                held.set()
                leave.wait(30)

        worker = threading.Thread(target=hold)
        worker.start()
        held.wait()
        try:
            process = self.begin(memory)
            with open(process.path + "/file", encoding="ascii") as file:
                self.assertEqual(file.read(), "text")
        finally:
            leave.set()
            worker.join()

    def test_other_threads_are_told_of(self) -> None:
        leave = threading.Event()
        worker = threading.Thread(target=leave.wait, name="my-worker")
        worker.start()
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                process = mount(MemoryFS(), self.point, background="fork")
            process.unmount()
            self.assertTrue(any("my-worker" in str(w.message) for w in caught))
        finally:
            leave.set()
            worker.join()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            mount(MemoryFS(), self.point, background="fork", unmount_callback=lambda: None).unmount()
            mount(MemoryFS(), self.point, background="fork").unmount()
        self.assertEqual([w for w in caught if "other thread" in str(w.message)], [])

    def test_parents_object_is_detached(self) -> None:
        closed = []

        class Seen(MemoryFS):
            """Tells its close."""

            def close(self) -> None:
                closed.append(os.getpid())
                super().close()

        mine, other = Seen(), Seen()
        process = self.begin(mine)
        mine.close()
        self.assertEqual(closed, [])
        self.assertFalse(mine.isclosed())
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            mine.listdir("/")
            mine.writetext("x", "y")
            other.listdir("/")
        self.assertEqual(len([w for w in caught if "has a copy" in str(w.message)]), 1)
        self.assertEqual(caught[0].filename, __file__)
        other.close()
        self.assertEqual(closed, [os.getpid()])
        self.assertEqual(os.listdir(process.path), [])

    def test_what_it_wraps_is_not_closed_either(self) -> None:
        path = self.folder + "/made.zip"
        inner = ZipFS(path, write=True)
        process = self.begin(read_only(inner))
        del inner
        process.unmount()
        os.rename(path, path + ".child")
        process = None
        self.assertFalse(os.path.exists(path))

    def test_mounted_again(self) -> None:
        """A warning that points here, none from the child; what the first child wrote stays."""
        path = self.folder + "/made.zip"
        for made in (MemoryFS(), ZipFS(path, write=True)):
            with self.begin(made) as process:
                open(process.path + "/x", "w", encoding="ascii").close()
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always", RuntimeWarning)
                process = self.begin(made, stderr=subprocess.PIPE)
            again = [w for w in caught if "served this object before" in str(w.message)]
            self.assertEqual([w.filename for w in again], [__file__])
            process.unmount()
            self.assertEqual(process.stderr.read(), b"")
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always", RuntimeWarning)
                mount(made, self.point, background="thread").unmount()
            self.assertEqual([w.filename for w in caught], [__file__])
        self.assertEqual(zipfile.ZipFile(path).namelist(), ["x"])

    def test_folder_mounted_again(self) -> None:
        """Both sides see the same folder: nothing to warn of, and nothing is lost."""
        os.mkdir(self.folder + "/data")
        os.symlink("nowhere", self.folder + "/data/link")
        made = OSFS(self.folder + "/data")
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            for _ in range(3):
                with self.begin(made) as process:
                    self.assertEqual(os.listdir(process.path), ["link"])
                    self.assertEqual(os.readlink(process.path + "/link"), "nowhere")
                self.assertEqual(made.listdir("/"), ["link"])

    def test_failed_mount_leaves_the_object_alone(self) -> None:
        memory = MemoryFS()
        with self.assertRaises(FileNotFoundError):
            self.begin(memory, self.folder + "/none")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            memory.writetext("x", "y")
        memory.close()
        self.assertTrue(memory.isclosed())

    def test_buffers_and_exit_functions_of_the_parent(self) -> None:
        process = self.program("""
            import atexit
            from fs.memoryfs import MemoryFS
            from xdokan import MountProcess
            atexit.register(log, "atexit", os.getpid())
            sys.stdout.write("buffered\\n")
            mp = MountProcess(MemoryFS(), point)
            mp.unmount()
        """)
        output = self.said(process)
        self.assertEqual(output.count("buffered"), 1, output)
        self.assertEqual(output.count("atexit"), 1, output)

    def test_child_has_one_thread_of_python(self) -> None:
        self.assertEqual(self.fact("pid") == str(os.getpid()), False)

    def test_parts(self) -> None:
        one, two = MemoryFS(), MemoryFS()
        from fs.mountfs import MountFS
        from fs.multifs import MultiFS
        many = MultiFS()
        many.add_fs("one", one)
        top = MountFS()
        top.mount("many", read_only(many))
        top.mount("two", two)
        found = forking.parts(top)
        for part in (one, two, many):
            self.assertTrue(any(part is fs for fs in found))
        self.assertTrue(all(isinstance(fs, FS) for fs in found))


class LinkTest(unittest.TestCase):
    """Messages between the two."""

    def test_pieces(self) -> None:
        one, other = Link.pair()
        for number in range(3):
            one.send({"state": "x", "text": "y" * 70000 * number})
        while len(other.messages) < 3:
            self.assertTrue(other.receive(5))
        self.assertEqual([len(m["text"]) for m in other.messages], [0, 70000, 140000])
        one.close()
        self.assertFalse(other.receive(5))
        self.assertTrue(other.closed_by_peer)
        other.send({"nobody": "there"})
        other.close()

    def test_nonsense(self) -> None:
        for data in (b"\xff\xff\xff\xff", b"\0\0\0\3abc", b"\0\0\0\2[]"):
            one, other = Link.pair()
            one._socket.sendall(data)
            other.receive(1)
            self.assertEqual(other.messages, [])
            one.close()
            other.close()


if __name__ == "__main__":
    unittest.main()
