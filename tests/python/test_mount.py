# SPDX-License-Identifier: MIT
"""mount() and unmount(): paths, options, the drive that shows a live object, the foreground, every way to
end."""

import ctypes
import errno
import importlib
import mmap
import os
import pathlib
import signal
import subprocess
import sys
import textwrap
import threading
import time
import unittest

from fs.memoryfs import MemoryFS
from fs.osfs import OSFS

from drives import DriveTest, mounted, wait_for
from xdokan import mounting, points
from xdokan.mounting import mount, unmount
from xdokan.settings import Settings


class PointTest(unittest.TestCase):
    """What a mount point may look like."""

    def test_taken_as_they_are(self) -> None:
        for text in ("Q", "Q:", "Q:\\", "q:/", r"C:\test", "/mnt/x"):
            self.assertEqual(points.check(text), text)
        self.assertIsNone(points.check(None))

    def test_linux_paths_become_absolute(self) -> None:
        here = os.getcwd()
        self.assertEqual(points.check("mnt"), f"{here}/mnt")
        self.assertEqual(points.check(pathlib.Path("mnt")), f"{here}/mnt")
        self.assertEqual(points.check(b"mnt"), f"{here}/mnt")

    def test_control_characters(self) -> None:
        meant = {"C:\test": r"r'C:\test'", "C:\new\folder": r"r'C:\new\folder'", "Q:\a": r"r'Q:\a'",
                 "Q:\1": r"r'Q:\1'", "Q:\x1b": r"r'Q:\x1b'", "Q:\t\\": r"'Q:\\t\\'"}
        for text, wanted in meant.items():
            with self.assertRaises(ValueError) as caught:
                points.check(text)
            self.assertTrue(str(caught.exception).endswith(f"did you mean {wanted}?"), str(caught.exception))
            self.assertEqual(eval(wanted), points._CONTROL.sub(points._escape, text))

    def test_refused(self) -> None:
        self.assertRaises(ValueError, points.check, "")
        self.assertRaises(TypeError, points.check, 7)


class SettingsTest(unittest.TestCase):
    """Keyword arguments."""

    def test_unknown(self) -> None:
        for given, near in (({"volnme": "x"}, "'volname'"), ({"num_threads": 1}, "'numthreads'")):
            with self.assertRaisesRegex(TypeError, f"did you mean {near}"):
                mount(MemoryFS(), "Q:", **given)
        with self.assertRaisesRegex(TypeError, "'zzzz'; it takes .*volname"):
            mount(MemoryFS(), "Q:", zzzz=1)

    def test_a_class_may_have_its_own(self) -> None:
        class Mine:
            """Takes one more."""

            def __init__(self, fs: object, colour: str = "red") -> None:
                self.fs, self.colour = fs, colour

        found = Settings({"FSOperationsClass": Mine, "colour": "blue"})
        self.assertEqual(found.operations(None).colour, "blue")
        with self.assertRaisesRegex(TypeError, "'colour'"):
            Settings({"FSOperationsClass": Mine, "color": "blue"})

    def test_values(self) -> None:
        for given in ({"timeout": -1}, {"timeout": "long"}, {"background": "sideways"}):
            self.assertRaises(ValueError, mount, MemoryFS(), "Q:", **given)
        self.assertRaises(TypeError, mount, MemoryFS(), "Q:", options=["ro"])
        for seconds in (14, 301):
            with self.assertRaisesRegex(ValueError, f"timeout must be 15 to 300 seconds, not {seconds}"):
                mount(MemoryFS(), "Q:", timeout=seconds)
        with self.assertRaisesRegex(TypeError, "did you mean 'foreground'"):
            mount(MemoryFS(), "Q:", foregroud=True)
        self.assertRaises(ValueError, mount, MemoryFS(), "Q:", background="url")
        self.assertRaises(ValueError, mount, "mem://", "Q:", background="fork")


    def test_what_is_no_object(self) -> None:
        for thing, words in ((None, "not None"), (42, "not 42"), (MemoryFS, r"did you mean MemoryFS\(\)")):
            for mode in ("thread", "fork"):
                with self.assertRaisesRegex(TypeError, words):
                    mount(thing, "Q:", background=mode)
        closed = MemoryFS()
        closed.close()
        with self.assertRaisesRegex(ValueError, "is closed"):
            mount(closed, "Q:")


class ReadyTest(DriveTest):
    """`ready_callback`."""

    def test_that_raises(self) -> None:
        """Nobody has the mount in hand then: it ends."""
        for kwds in ({"background": "thread"}, {"background": "fork"}, {"foreground": True}):
            with self.assertRaises(ZeroDivisionError):
                mount(MemoryFS(), self.point, ready_callback=lambda: 1 / 0, **kwds)
            self.assertFalse(mounted(self.point), kwds)

    def test_nowait(self) -> None:
        called = []
        process = mount(MemoryFS(), self.point, nowait=True, ready_callback=lambda: called.append(1))
        process.wait_ready()
        process.wait_ready()
        process.unmount()
        self.assertEqual(called, [1])
        mount(MemoryFS(), self.point, nowait=True, background="thread",
              ready_callback=lambda: called.append(2)).unmount()
        self.assertEqual(called, [1, 2])


class RefusedTest(DriveTest):
    """What cannot be mounted says why, in every mode, and leaves nothing."""

    def refused(self, kind: type, number: int, words: str, path: str, **kwds: object) -> None:
        for mode in ("thread", "fork"):
            called = []
            with self.assertRaisesRegex(kind, words) as caught:
                mount(MemoryFS(), path, background=mode, ready_callback=lambda: called.append("ready"),
                      unmount_callback=lambda: called.append("unmounted"), **kwds)
            self.assertEqual(caught.exception.errno, number)
            self.assertEqual(called, [])

    def test_missing(self) -> None:
        self.refused(FileNotFoundError, errno.ENOENT, "does not exist; make the directory",
                     self.folder + "/none")
        self.refused(FileNotFoundError, errno.ENOENT, "drive that is not mounted", r"C:\test")

    def test_a_file(self) -> None:
        self.refused(NotADirectoryError, errno.ENOTDIR, "cannot be a mount point", self.write("file", ""))

    def test_not_empty(self) -> None:
        self.write("file", "")
        self.refused(OSError, errno.EBUSY, "not empty", self.folder)

    def test_busy(self) -> None:
        with mount(MemoryFS(), "Q:", background="thread"):
            self.refused(OSError, errno.EBUSY, "drive Q: is in use", "Q:\\")
        with mount(MemoryFS(), self.point, background="thread"):
            self.refused(OSError, errno.EBUSY, "something is mounted on", self.point)

    def test_options(self) -> None:
        self.refused(OSError, errno.EINVAL, "bad mount options", self.point, options="nonsense=1")
        self.refused(OSError, errno.ENOENT, "security folder", self.point, securityfolder="/nowhere")

    def test_foreground(self) -> None:
        called = []
        with self.assertRaises(FileNotFoundError):
            mount(MemoryFS(), self.folder + "/none", foreground=True, ready_callback=lambda: called.append(1),
                  unmount_callback=lambda: called.append(2))
        self.assertEqual(called, [])

    def test_unmount_of_nothing(self) -> None:
        with self.assertRaisesRegex(FileNotFoundError, "nothing is mounted there"):
            unmount("Q:")


class LiveTest(DriveTest):
    """background='thread'."""

    def live(self, fs: object = None, **kwds: object) -> mounting.LiveMount:
        found = mount(fs or MemoryFS(), kwds.pop("path", self.point), background="thread", **kwds)
        self.addCleanup(found.unmount)
        return found

    def test_both_sides_at_once(self) -> None:
        memory = MemoryFS()
        drive = self.live(memory)
        memory.writetext("from-program", "one")
        with open(drive.path + "/from-program", encoding="ascii") as file:
            self.assertEqual(file.read(), "one")
        with open(drive.path + "/from-drive", "w", encoding="ascii") as file:
            file.write("two")
        self.assertEqual(memory.readtext("from-drive"), "two")
        self.assertEqual(subprocess.check_output(["cat", "from-drive"], cwd=drive.path), b"two")
        drive.unmount()
        self.assertEqual(memory.readtext("from-drive"), "two", "the program's object was closed")

    def test_what_it_is(self) -> None:
        drive = self.live(path="Q:\\", volname="Files", fsname="EXT")
        self.assertEqual((drive.drive, drive.pid, drive.poll()), ("Q:", os.getpid(), None))
        self.assertTrue(drive.path.endswith("/Q"))
        self.assertIn("Q:", repr(drive))
        self.assertIn("<td>Q:</td>", drive._repr_html_())
        drive.unmount()
        self.assertEqual((drive.poll(), drive.wait(0)), (0, 0))
        self.assertIn("unmounted", repr(drive))

    def test_any_drive(self) -> None:
        drive = self.live(path=None)
        self.assertRegex(drive.drive, "^[A-Z]:$")

    @unittest.skipIf(os.geteuid(), "fusermount3 mounts nothing on a FUSE mount for users")
    def test_inside_a_drive(self) -> None:
        outer = self.live(path="C:")
        os.mkdir(outer.path + "/test")
        inner = self.live(path=r"C:\test")
        self.assertEqual(inner.path, outer.path + "/test")
        open(inner.path + "/deep", "w", encoding="ascii").close()
        unmount(r"C:\test")
        self.assertEqual(os.listdir(outer.path + "/test"), [])

    def test_letters(self) -> None:
        for path in ("Q", "q:", "Q:/"):
            with mount(MemoryFS(), path, background="thread") as drive:
                self.assertEqual(drive.drive, "Q:")

    def test_two_at_once(self) -> None:
        one, other = MemoryFS(), MemoryFS()
        first, second = self.live(one, path="Q:"), self.live(other, path="R:")
        open(first.path + "/1", "w", encoding="ascii").close()
        open(second.path + "/2", "w", encoding="ascii").close()
        self.assertEqual((one.listdir("/"), other.listdir("/")), (["1"], ["2"]))
        first.unmount()
        self.assertEqual(os.listdir(second.path), ["2"])

    def test_one_object_twice(self) -> None:
        memory = MemoryFS()
        first, second = self.live(memory, path="Q:"), self.live(memory, path="R:")
        open(first.path + "/1", "w", encoding="ascii").close()
        self.assertEqual(os.listdir(second.path), ["1"])
        first.unmount()
        self.assertEqual(memory.listdir("/"), ["1"])

    def test_threads_everywhere(self) -> None:
        memory = MemoryFS()
        drive = self.live(memory)
        wrong = []

        def work(number: int) -> None:
            for step in range(30):
                name = f"{number}-{step}"
                with open(f"{drive.path}/{name}", "w", encoding="ascii") as file:
                    file.write(name)
                if memory.readtext(name) != name:
                    wrong.append(name)

        workers = [threading.Thread(target=work, args=(n,)) for n in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(60)
        self.assertEqual(wrong, [])
        self.assertEqual(len(os.listdir(drive.path)), 120)

    def test_vfork_is_off_meanwhile(self) -> None:
        names = [name for name in ("_USE_VFORK", "_USE_POSIX_SPAWN") if hasattr(subprocess, name)]
        self.assertTrue(names)
        before = [getattr(subprocess, name) for name in names]
        first, second = self.live(path="Q:"), self.live(path="R:")
        self.assertEqual([getattr(subprocess, name) for name in names], [False] * len(names))
        first.unmount()
        self.assertEqual([getattr(subprocess, name) for name in names], [False] * len(names))
        second.unmount()
        self.assertEqual([getattr(subprocess, name) for name in names], before)

    def test_a_fork_of_the_program_leaves_it_alone(self) -> None:
        drive = self.live()
        code = "import sys; sys.exit(0)"
        pid = os.fork()
        if pid == 0:
            status = 0
            try:
                drive.unmount()
                mounting.unmount  # still there
                subprocess.run([sys.executable, "-c", code], check=True)
            except BaseException:  # pylint: disable=broad-except
                status = 1
            os._exit(status)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)
        self.assertEqual(os.listdir(drive.path), [])

    def test_security_folder(self) -> None:
        os.chmod(self.folder, 0o751)
        memory = MemoryFS()
        memory.makedir("inner")
        drive = self.live(memory, path="Q:", securityfolder=self.folder)
        self.assertEqual(os.stat(drive.path + "/inner").st_mode & 0o777, 0o751)

    def test_read_only(self) -> None:
        drive = self.live(flags=8)
        with self.assertRaises(OSError) as caught:
            open(drive.path + "/x", "w", encoding="ascii")
        self.assertEqual(caught.exception.errno, errno.EROFS)

    def test_options(self) -> None:
        drive = self.live(options="umask=077,noexec", numthreads=1, timeout=20)
        open(drive.path + "/x", "w", encoding="ascii").close()
        self.assertEqual(os.stat(drive.path + "/x").st_mode & 0o077, 0)

    def test_wait(self) -> None:
        drive = self.live()
        self.assertRaises(TimeoutError, drive.wait, 0.05)
        threading.Timer(0.1, unmount, [self.point]).start()
        self.assertEqual(drive.wait(10), 0)
        drive.unmount()


class TrapTest(DriveTest):
    """A program that uses its own drive: what works, and what ends with an error at the time limit."""

    LIMIT = 1.0

    def live(self, memory: MemoryFS, **kwds: object) -> str:
        found = mount(memory, self.point, background="thread", **kwds)
        self.addCleanup(found.unmount)
        return found.path

    def test_folder_of_a_program(self) -> None:
        memory = MemoryFS()
        path = self.live(memory)
        done = subprocess.run(["sh", "-c", "echo text >file; cat file"], cwd=path, stdout=subprocess.PIPE,
                              check=True)
        self.assertEqual(done.stdout, b"text\n")
        self.assertEqual(memory.readtext("file"), "text\n")
        for close_fds in (True, False):  # False takes posix_spawn where it may
            subprocess.run(["/bin/true"], cwd=path, check=True, close_fds=close_fds)

    def test_program_on_the_drive(self) -> None:
        memory = MemoryFS()
        with open("/bin/echo", "rb") as file:
            memory.writebytes("echo", file.read())
        path = self.live(memory, options="umask=022,fmask=022")
        for close_fds in (True, False):
            said = subprocess.check_output([path + "/echo", "hello"], close_fds=close_fds)
            self.assertEqual(said, b"hello\n")

    def test_module_on_the_drive(self) -> None:
        memory = MemoryFS()
        memory.writetext("on_the_drive.py", "value = 42\n")
        sys.path.insert(0, self.live(memory))
        try:
            self.assertEqual(importlib.import_module("on_the_drive").value, 42)
        finally:
            del sys.path[0]
            sys.modules.pop("on_the_drive", None)

    def test_mapped_file_that_was_read_before(self) -> None:
        memory = MemoryFS()
        memory.writebytes("file", b"x" * 100000)
        with open(self.live(memory) + "/file", "rb") as file:
            file.read()
            with mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as mapped:
                self.assertEqual(mapped[99999:], b"x")

    def held(self, call: object, *args: object) -> "tuple[int, int, float]":
        """Calls a C function without giving up the interpreter's lock, as a careless extension does."""
        before = time.monotonic()
        result = call(*args)
        return result, ctypes.get_errno(), time.monotonic() - before

    def test_whoever_holds_the_interpreter_gets_an_error(self) -> None:
        libc = ctypes.PyDLL(None, use_errno=True)
        memory = MemoryFS()
        memory.writebytes("file", b"x")
        path = self.live(memory, test_timeout=self.LIMIT)
        result, code, seconds = self.held(libc.open, os.fsencode(path + "/file"), os.O_RDONLY)
        self.assertEqual((result, errno.errorcode[code]), (-1, "ETIMEDOUT"))
        self.assertLess(seconds, 6 * self.LIMIT)
        result, code, seconds = self.held(libc.access, os.fsencode(path + "/other"), os.R_OK)
        self.assertEqual(result, -1)
        self.assertLess(seconds, 6 * self.LIMIT)
        self.assertEqual(os.listdir(path), ["file"], "the drive does not work any more")

    def test_extension_module_on_the_drive(self) -> None:
        memory = MemoryFS()
        memory.writebytes("library.so", b"\x7fELF")
        path = self.live(memory, test_timeout=self.LIMIT)
        before = time.monotonic()
        self.assertRaises(OSError, ctypes.CDLL, path + "/library.so")
        self.assertLess(time.monotonic() - before, 10 * self.LIMIT)


class EndTest(DriveTest):
    """However a mount ends: unmount_callback once, nothing left. For each mode, in a program of its own."""

    START = """
        from fs.memoryfs import MemoryFS
        import xdokan, warnings
        warnings.simplefilter("ignore")
        def begin(**kwds):
            return xdokan.mount(MemoryFS(), point, ready_callback=lambda: log("ready"),
                                unmount_callback=lambda: log("over"), **kwds)
    """

    def start(self, text: str, *args: str) -> "subprocess.Popen[str]":
        return self.program(textwrap.dedent(self.START) + text, *args)

    def once(self, output: str) -> None:
        self.assertEqual(output.count("over"), 1, output)
        self.assertNotIn("Traceback", output)
        self.assertFalse(mounted(self.point))

    def each(self, text: str, act: object = None, status: object = 0) -> None:
        for mode in ("thread", "fork"):
            with self.subTest(mode):
                process = self.start(f"mp = begin(background={mode!r})\n" + text)
                self.ask(process, "ready")
                if act:
                    self.assertTrue(mounted(self.point))
                    act(process)
                self.once(self.said(process, status))

    def test_unmount(self) -> None:
        self.each("mp.unmount()\nmp.unmount()\n")

    def test_with(self) -> None:
        self.each("with mp:\n    os.listdir(mp.path)\n")

    def test_end_of_the_program(self) -> None:
        self.each("mp = None\n")

    def test_end_by_an_exception(self) -> None:
        self.each("sys.exit(3)\n", status=3)

    def test_unmounted_by_another(self) -> None:
        self.each("mp.wait(20)\ntime.sleep(0.3)\n", lambda process: unmount(self.point))

    def test_unmounted_by_another_and_then_here(self) -> None:
        self.each("mp.wait(20)\nmp.unmount()\n", lambda process: unmount(self.point))

    def test_ctrl_c(self) -> None:
        for mode in ("thread", "fork"):
            process = self.start(f"mp = begin(background={mode!r})\ntime.sleep(30)\n")
            self.ask(process, "ready")
            process.send_signal(signal.SIGINT)
            output = self.said(process, None)
            self.assertEqual(process.returncode, -signal.SIGINT, output)
            self.assertEqual(output.count("over"), 1, output)
            self.assertIn("KeyboardInterrupt", output)

    def test_sigterm_turned_into_an_exit(self) -> None:
        self.each("signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))\nlog('set')\ntime.sleep(30)\n",
                  lambda process: (self.ask(process, "set"), process.terminate()), 7)

    def test_a_killed_program_leaves_no_drive(self) -> None:
        for mode in ("thread", "fork"):
            process = self.start(f"mp = begin(background={mode!r})\ntime.sleep(30)\n")
            self.ask(process, "ready")
            process.kill()
            process.wait()
            self.assertTrue(wait_for(lambda: not mounted(self.point)), mode)

    # ---- the foreground

    def foreground(self, act: object, status: int,
                   text: str = "begin(foreground=True)\nlog('returned')\n") -> str:
        process = self.start(text)
        self.ask(process, "ready")
        self.assertTrue(mounted(self.point))
        act(process)
        output = self.said(process, status)
        self.assertEqual(output.count("over"), 1, output)
        self.assertFalse(mounted(self.point))
        return output

    def test_foreground_unmounted(self) -> None:
        output = self.foreground(lambda process: unmount(self.point), 0)
        self.assertEqual(output.split(), ["over", "returned"])

    def test_foreground_ctrl_c(self) -> None:
        output = self.foreground(lambda process: process.send_signal(signal.SIGINT), -signal.SIGINT)
        self.assertIn("KeyboardInterrupt", output)
        self.assertNotIn("returned", output)

    def test_foreground_terminated(self) -> None:
        for number in (signal.SIGTERM, signal.SIGHUP):
            output = self.foreground(lambda process: process.send_signal(number), 0)
            self.assertEqual(output.split(), ["over", "returned"])

    def test_foreground_own_handler(self) -> None:
        text = ("signal.signal(signal.SIGTERM, lambda *_: log('mine'))\nbegin(foreground=True)\n"
                "log(signal.getsignal(signal.SIGHUP) == signal.SIG_DFL)\n")
        process = self.start(text)
        self.ask(process, "ready")
        process.terminate()
        self.ask(process, "mine")
        self.assertTrue(mounted(self.point))
        unmount(self.point)
        self.assertEqual(self.said(process).split(), ["over", "True"])

    def test_foreground_in_a_thread(self) -> None:
        text = ("import threading\nworker = threading.Thread(target=begin, kwargs={'foreground': True})\n"
                "worker.start()\nworker.join()\nlog('returned')\n")
        output = self.foreground(lambda process: unmount(self.point), 0, text)
        self.assertEqual(output.split(), ["over", "returned"])

    def test_foreground_leaves_the_object_open(self) -> None:
        text = ("m = MemoryFS()\nxdokan.mount(m, point, foreground=True, ready_callback=lambda: log('ready'),"
                "unmount_callback=lambda: log('over'))\nlog(m.isclosed(), m.listdir('/'))\n")
        output = self.foreground(lambda process: (open(self.point + "/x", "w", encoding="ascii").close(),
                                                  unmount(self.point)), 0, text)
        self.assertIn("False ['x']", output)

    def test_callback_that_raises(self) -> None:
        process = self.program("""
            from fs.memoryfs import MemoryFS
            import xdokan
            def bad():
                log("called")
                raise KeyError("bad")
            mp = xdokan.mount(MemoryFS(), point, background="thread", unmount_callback=bad)
            mp.unmount()
            log("end")
        """)
        output = self.said(process)
        self.assertEqual(output.count("called"), 1)
        self.assertIn("KeyError: 'bad'", output)
        self.assertIn("end", output)

    def test_callback_that_unmounts(self) -> None:
        for mode in ("thread", "fork"):
            process = self.program(f"""
                from fs.memoryfs import MemoryFS
                import xdokan
                def over():
                    mp.unmount()
                    log("over")
                mp = xdokan.mount(MemoryFS(), point, background={mode!r}, unmount_callback=over)
                mp.unmount()
            """)
            self.assertEqual(self.said(process, seconds=15), "over\n")

    def test_a_call_that_never_comes_back(self) -> None:
        process = self.program("""
            from fs.memoryfs import MemoryFS
            import threading, xdokan
            class Stuck(MemoryFS):
                def scandir(self, path, namespaces=None, page=None):
                    threading.Event().wait()
            with xdokan.mount(Stuck(), point, background="thread", test_timeout=0.5, unmount_timeout=5) as mp:
                try:
                    os.listdir(mp.path)
                except OSError as error:
                    log(error.errno)
                try:
                    mp.unmount()
                except OSError as error:
                    log(error.strerror)
            os._exit(0)
        """)
        output = self.said(process)
        self.assertIn(f"{errno.ETIMEDOUT}\n", output)
        self.assertIn("not closed properly: a call of it never came back", output)

    def test_notebook(self) -> None:
        sys.modules["ipykernel"] = sys.modules[__name__]
        try:
            self.assertEqual(mounting._mode(MemoryFS(), None), "thread")
        finally:
            del sys.modules["ipykernel"]
        self.assertEqual(mounting._mode(MemoryFS(), None), "fork")
        self.assertEqual(mounting._mode("mem://", None), "url")


class OsfsTest(DriveTest):
    """An object that is a folder of this machine."""

    def test_folder(self) -> None:
        os.mkdir(self.folder + "/top")
        with mount(OSFS(self.folder + "/top"), self.point, background="thread") as drive:
            with open(drive.path + "/file", "w", encoding="ascii") as file:
                file.write("text")
        with open(self.folder + "/top/file", encoding="ascii") as file:
            self.assertEqual(file.read(), "text")


if __name__ == "__main__":
    unittest.main()
