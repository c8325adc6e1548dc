# SPDX-License-Identifier: MIT
"""xdokan's Dokan 2 API on real mounts: `memory.py` in this process, hello.py and others in processes of their
own.

Run by tests/system/python-api.sh, in namespaces of its own; the current folder is empty and private.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import unittest
from typing import Any, List, Optional

import xdokan
from memory import Memory
from xdokan import DokanCreateFileSystem, constants as c, structs as s

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
HELLO = os.path.join(TOP, "python", "examples", "hello.py")


def is_mounted(path: str) -> bool:
    with open("/proc/self/mounts", encoding="utf-8") as mounts:
        return any(line.split()[1] == path for line in mounts)


def wait_until(condition: Any, seconds: float = 15) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


class Mounts(unittest.TestCase):
    def setUp(self) -> None:
        self.path = os.path.join(os.getcwd(), self.id().rpartition(".")[2])
        os.mkdir(self.path)

    def tearDown(self) -> None:
        self.assertFalse(is_mounted(self.path))
        os.rmdir(self.path)

    def mount(self, operations: Optional[xdokan.Operations] = None,
              options: int = c.DOKAN_OPTION_CASE_SENSITIVE, **more: Any) -> xdokan.Volume:
        more.setdefault("ex", s.DOKAN_MOUNT_OPTIONS_EX(Flags=c.DOKAN_EX_QUIET))
        return DokanCreateFileSystem(operations or Memory(), self.path, options, **more)

    def at(self, *names: str) -> str:
        return os.path.join(self.path, *names)


class FileSystem(Mounts):
    def test_files(self) -> None:
        data = os.urandom(3 << 20)
        with self.mount():
            os.makedirs(self.at("a", "b"))
            with open(self.at("a", "b", "ö😀"), "wb") as file:
                file.write(data)
                file.seek(5)
                file.write(b"12345")
                os.fsync(file.fileno())
            with open(self.at("a", "b", "ö😀"), "rb") as file:
                self.assertEqual(file.read(), data[:5] + b"12345" + data[10:])
            os.rename(self.at("a", "b"), self.at("c"))
            self.assertEqual(os.listdir(self.at("c")), ["ö😀"])
            self.assertEqual(os.stat(self.at("c", "ö😀")).st_size, len(data))
            os.truncate(self.at("c", "ö😀"), 7)
            os.utime(self.at("c", "ö😀"), (1e9, 1e9))
            self.assertEqual(os.stat(self.at("c", "ö😀")).st_mtime, 1e9)
            for wrong, call in ((FileNotFoundError, lambda: os.stat(self.at("none"))),
                                (FileExistsError, lambda: os.mkdir(self.at("c"))),
                                (OSError, lambda: os.rmdir(self.at("c"))),
                                (NotADirectoryError, lambda: os.stat(self.at("c", "ö😀", "x")))):
                self.assertRaises(wrong, call)
            space = os.statvfs(self.path)
            self.assertEqual((space.f_blocks * space.f_frsize, space.f_bavail * space.f_frsize),
                             (3 << 20, 1 << 20))
            shutil.rmtree(self.at("c"))
            self.assertEqual(os.listdir(self.at("a")), [])

    def test_programs(self) -> None:
        with self.mount():
            source = os.path.join(TOP, "tests", "abi")
            subprocess.run(["cp", "-r", source, self.at("copy")], check=True)
            subprocess.run(["diff", "-r", source, "copy"], cwd=self.path, check=True)
            subprocess.run(["tar", "-cf", "all.tar", "copy"], cwd=self.path, check=True)
            subprocess.run(["tar", "-df", "all.tar"], cwd=self.path, check=True, stdout=subprocess.DEVNULL)
        self.assertTrue(subprocess._USE_VFORK)  # type: ignore[attr-defined]

    def test_program_on_the_drive(self) -> None:
        """Neither the current folder nor the program may make it wait for itself."""
        with self.mount(fuse_options="umask=022"):
            shutil.copy("/bin/true", self.at("true"))
            start = time.monotonic()
            subprocess.run([self.at("true")], cwd=self.path, check=True)
            self.assertLess(time.monotonic() - start, 10)

    def test_many_threads(self) -> None:
        failures: List[BaseException] = []

        def work(number: int) -> None:
            try:
                for turn in range(40):
                    with open(self.at(f"{number}.{turn}"), "wb") as file:
                        file.write(bytes([number]) * 5000)
                    with open(self.at(f"{number}.{turn}"), "rb") as file:
                        assert file.read() == bytes([number]) * 5000
            except BaseException as error:
                failures.append(error)
        with self.mount() as volume:
            threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual((failures, len(os.listdir(self.path))), ([], 320))
            wait_until(lambda: volume.counters().OpenHandles == 0)
        self.assertEqual(s._contexts, {})

    def test_broken_method(self) -> None:
        class Broken(Memory):
            def ReadFile(self, name: str, buffer: memoryview, offset: int, info: Any) -> int:
                raise ZeroDivisionError("broken on purpose")
        with self.assertLogs("fs.expose.dokan", "ERROR") as log, self.mount(Broken()):
            with open(self.at("file"), "wb") as file:
                file.write(b"x")
            with open(self.at("file"), "rb", buffering=0) as file:
                self.assertRaises(OSError, os.pread, file.fileno(), 1, 0)
        self.assertIn("ZeroDivisionError: broken on purpose", log.output[0])


class Volumes(Mounts):
    def test_life(self) -> None:
        memory = Memory()
        volume = self.mount(memory)
        self.assertTrue(volume.is_running)
        self.assertEqual((volume.mount_point, volume.counters().OperationCount), (self.path, 25))
        self.assertGreater(volume.id, 0)
        self.assertFalse(volume.wait(0.05))
        self.assertIn(self.path, repr(volume))
        volume.close()
        volume.close()
        self.assertFalse(volume.is_running)
        self.assertTrue(volume.wait(0))
        self.assertEqual((volume.mount_point, volume.handle, memory.events),
                         ("", None, [f"mounted {self.path}", "unmounted"]))
        self.assertRaises(OSError, volume.counters)
        self.assertFalse(xdokan.DokanNotifyUpdate(volume, "\\a"))

    def test_nothing_is_kept(self) -> None:
        from xdokan import volume as module
        with self.mount():
            self.assertEqual(len(module._alive), 1)
        wait_until(lambda: module._sweep() or not module._alive)
        self.assertEqual(module._alive, {})

    def test_unmounted_by_others(self) -> None:
        for unmount in (lambda: subprocess.run(["umount", self.path], check=True),
                        lambda: self.assertTrue(xdokan.DokanRemoveMountPoint(self.path)),
                        lambda: xdokan.DokanControl(self.path, "unmount")):
            with self.mount() as volume:
                waiter = threading.Thread(target=volume.wait)
                waiter.start()
                unmount()
                waiter.join(15)
                self.assertFalse(waiter.is_alive())
                self.assertFalse(volume.is_running)

    def test_list(self) -> None:
        with self.mount(options=c.DOKAN_OPTION_CASE_SENSITIVE | c.DOKAN_OPTION_WRITE_PROTECT):
            found = [one for one in xdokan.DokanGetMountPointList() if one.path == self.path]
            self.assertEqual([(one.type, one.unc_name) for one in found],
                             [(c.FILE_DEVICE_DISK_FILE_SYSTEM, "")])
            self.assertTrue(found[0].options & c.DOKAN_EVENT_WRITE_PROTECT)
            self.assertEqual(xdokan.DokanGetMountPointList(True), [])
            self.assertIn(f"path {self.path}", xdokan.DokanControl(self.path, "list"))
            self.assertIn("operation Mounted", xdokan.DokanControl(self.path, "status"))
        self.assertEqual(xdokan.DokanGetMountPointList(), [])

    def test_drive(self) -> None:
        with DokanCreateFileSystem(Memory(), ex=s.DOKAN_MOUNT_OPTIONS_EX(Flags=c.DOKAN_EX_QUIET)) as volume:
            letter = xdokan.DokanGetMountPointList()[0].path
            self.assertRegex(letter, "^[A-Z]:$")
            self.assertEqual(xdokan.DokanControl(letter, "path").strip(), volume.mount_point)
            self.assertTrue(xdokan.DokanUnmount(letter[0]))
            self.assertTrue(volume.wait(15))

    def test_notify(self) -> None:
        memory = Memory()
        ex = s.DOKAN_MOUNT_OPTIONS_EX(AttrTimeoutMs=600000, EntryTimeoutMs=600000, Flags=c.DOKAN_EX_QUIET)
        with self.mount(memory, ex=ex) as volume:
            with open(self.at("file"), "wb") as file:
                file.write(b"1")
            self.assertEqual(os.stat(self.at("file")).st_size, 1)
            memory.nodes["\\file"].data += b"23"
            self.assertTrue(xdokan.DokanNotifyUpdate(volume, "\\file"))
            self.assertTrue(wait_until(lambda: os.stat(self.at("file")).st_size == 3))
            memory.nodes["\\gone"] = memory.nodes.pop("\\file")
            self.assertTrue(xdokan.DokanNotifyRename(volume, "\\file", "\\gone", False, True))
            self.assertTrue(wait_until(lambda: not os.path.exists(self.at("file"))))
            del memory.nodes["\\gone"]
            self.assertTrue(xdokan.DokanNotifyDelete(volume, "\\gone", False))
            self.assertTrue(wait_until(lambda: not os.path.exists(self.at("gone"))))
            self.assertTrue(xdokan.DokanNotifyCreate(volume, "\\here", False))
            self.assertTrue(xdokan.DokanNotifyXAttrUpdate(volume, "\\here"))
            self.assertFalse(xdokan.DokanNotifyUpdate(volume, ""))

    def test_inside_a_request(self) -> None:
        seen: List[Any] = []

        class Asking(Memory):
            def FindFiles(self, name: str, info: Any) -> Any:
                seen.append((xdokan.DokanGetRequestorIdentity(info), xdokan.DokanResetTimeout(20000, info),
                             info.DokanOptions.contents.Timeout))
                return super().FindFiles(name, info)
        with self.mount(Asking(), timeout=16000):
            subprocess.run(["ls", self.path], check=True)
        who, reset, timeout = seen[0]
        self.assertEqual((who.user_id, who.group_id, reset, timeout), (os.getuid(), os.getgid(), True, 16000))
        self.assertGreater(who.process_id, 0)

    def test_threads_are_pinned(self) -> None:
        """A worker's Python thread lasts as long as the worker: what it keeps in threading.local stays."""
        local = threading.local()
        calls: List[int] = []

        class Counting(Memory):
            def FindFiles(self, name: str, info: Any) -> Any:
                local.calls = getattr(local, "calls", 0) + 1
                calls.append(local.calls)
                return super().FindFiles(name, info)
        with self.mount(Counting()):
            for _ in range(200):
                os.listdir(self.path)
        self.assertEqual(len(calls), 200)
        self.assertLessEqual(calls.count(1), 30, "as many Python threads as calls")

    def test_costs(self) -> None:
        """Printed, not judged: the time of an empty callback, in Python and around it."""
        class Empty(Memory):
            def FlushFileBuffers(self, name: str, info: Any) -> None:
                return None

            def GetDiskFreeSpace(self, info: Any) -> Any:
                return 1, 2, 3
        with self.mount(Empty()) as volume:
            with open(self.at("file"), "wb") as file:
                file.write(b"x")
                for _ in range(3000):
                    os.fsync(file.fileno())
            for position, name in ((5, "FlushFileBuffers"), (0, "ZwCreateFile")):
                counted = volume.counters().Operations[position]
                print(f"{name}: {counted.TotalNs / counted.Calls:.0f} ns in {counted.Calls} callbacks",
                      file=sys.stderr)
        table = xdokan.filesystem.table_of(Empty())
        info, name = s.DOKAN_FILE_INFO(), s.to_wide("\\dir\\file.txt")
        start = time.thread_time_ns()
        for _ in range(20000):
            table.FlushFileBuffers(ctypes.addressof(name), info)
        cost = (time.thread_time_ns() - start) / 20000
        print(f"FlushFileBuffers from Python: {cost:.0f} ns CPU, ctypes call included", file=sys.stderr)


class Processes(Mounts):
    def start(self, *command: str) -> subprocess.Popen:
        process = subprocess.Popen([sys.executable, *command], stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        if not wait_until(lambda: is_mounted(self.path) or process.poll() is not None):
            self.fail("not mounted")
        self.assertIsNone(process.poll(), "ended at once")
        return process

    def ended(self, process: subprocess.Popen) -> str:
        said = process.communicate(timeout=30)[1]
        self.assertTrue(wait_until(lambda: not is_mounted(self.path)))
        return said

    def test_hello(self) -> None:
        """The documented example, and Ctrl-C."""
        process = self.start(HELLO, self.path)
        with open(self.at("hello.txt"), encoding="ascii") as file:
            self.assertEqual(file.read(), "Hello from Python.\n")
        self.assertEqual(sorted(os.listdir(self.path)), ["hello.txt", "now.txt"])
        self.assertEqual(os.stat(self.at("hello.txt")).st_size, 19)
        self.assertLess(abs(os.stat(self.at("now.txt")).st_mtime - time.time()), 60)
        self.assertRaises(FileNotFoundError, os.stat, self.at("none"))
        self.assertRaises(OSError, open, self.at("new"), "w")
        self.assertRaises(IsADirectoryError, open, self.path)
        process.send_signal(signal.SIGINT)
        self.assertIn("KeyboardInterrupt", self.ended(process))
        with open(HELLO, encoding="utf-8") as file:
            self.assertLessEqual(len(file.readlines()), 60)

    def test_hello_is_in_the_docs(self) -> None:
        with open(os.path.join(TOP, "docs", "python-api.md"), encoding="utf-8") as page, \
                open(HELLO, encoding="utf-8") as program:
            self.assertIn(program.read().split("\n", 2)[2], page.read())

    def test_sigterm(self) -> None:
        process = self.start(HELLO, self.path)
        process.terminate()
        self.ended(process)
        self.assertEqual(process.returncode, 128 + signal.SIGTERM)

    def script(self, body: str) -> List[str]:
        folder = os.path.dirname(os.path.realpath(__file__))
        return ["-c", f"import os, sys, xdokan\nsys.path.insert(0, {folder!r})\nfrom memory import Memory\n"
                      f"path = {self.path!r}\nvolume = xdokan.DokanCreateFileSystem(Memory(), path)\n{body}"]

    def test_exit(self) -> None:
        """A program that just ends, or fails, unmounts."""
        for body, status in (("open(path + '/f', 'w').write('x')", 0), ("sys.exit(3)", 3), ("1 / 0", 1)):
            done = subprocess.run([sys.executable, *self.script(body)], capture_output=True, text=True,
                                  timeout=60, check=False)
            self.assertEqual(done.returncode, status, done.stderr)
            self.assertFalse(is_mounted(self.path))

    def test_ctrl_c_while_mounting(self) -> None:
        """It comes while the library mounts; nothing stays mounted, and the program ends by it."""
        body = ("import signal\n"
                "class Slow(Memory):\n"
                "    def Mounted(self, mount_point, info):\n"
                "        os.kill(os.getpid(), signal.SIGUSR1)\n"
                "def interrupt(*_): raise KeyboardInterrupt\n"
                "signal.signal(signal.SIGUSR1, interrupt)\n"
                "volume.close()\n"
                "import xdokan.volume as module\n"
                "module.lib.DokanInit()  # or the last DokanShutdown() would close it\n"
                "try:\n"
                "    xdokan.DokanCreateFileSystem(Slow(), path)\n"
                "except KeyboardInterrupt:\n"
                "    assert set(module._alive) <= {0}, module._alive\n"
                "    assert path not in open('/proc/self/mounts').read()\n"
                "    sys.exit(7)\n")
        done = subprocess.run([sys.executable, *self.script(body)], capture_output=True, text=True,
                              timeout=60, check=False)
        self.assertEqual(done.returncode, 7, done.stderr)

    def test_fork(self) -> None:
        """The parent's volume is not the child's: close() and end leave it alone. It may mount its own."""
        body = ("child = os.fork()\n"
                "if child == 0:\n"
                "    assert volume.handle is None and not volume.is_running and volume.mount_point == ''\n"
                "    volume.close()\n"
                "    os.mkdir(path + '2')\n"
                "    with xdokan.DokanCreateFileSystem(Memory(), path + '2'):\n"
                "        open(path + '2/f', 'w').write('x')\n"
                "        assert open(path + '2/f').read() == 'x'\n"
                "    os.rmdir(path + '2')\n"
                "    sys.exit(5)\n"
                "assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 5\n"
                "assert volume.is_running\n"
                "open(path + '/f', 'w').write('x')\n"
                "assert open(path + '/f').read() == 'x'\n")
        done = subprocess.run([sys.executable, *self.script(body)], capture_output=True, text=True,
                              timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main()
