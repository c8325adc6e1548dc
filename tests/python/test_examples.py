# SPDX-License-Identifier: MIT
"""The published examples of fs.expose.dokan, and that its eleven known bugs do not exist here."""

import errno
import fcntl
import os
import subprocess
import sys
import threading
import unittest

from fs.memoryfs import MemoryFS
from fs.osfs import OSFS
from fs.wrap import read_only

from drives import DriveTest, mounted
from xdokan import expose
from xdokan.expose import MountProcess, Win32SafetyFS, mount, unmount


class ExampleTest(DriveTest):
    """As they were published, with paths written as Python needs them."""

    def test_memory(self) -> None:
        fs = MemoryFS()
        mp = mount(fs, "Q:\\")
        self.assertEqual(mp.drive, "Q:")
        self.assertEqual(os.listdir(mp.path), [])
        mp.unmount()

    @unittest.skipIf(os.geteuid(), "fusermount3 mounts nothing on a FUSE mount for users")
    def test_folder_in_a_drive(self) -> None:
        with mount(MemoryFS(), "C:\\", background="thread") as drive:
            os.mkdir(drive.path + "/test")
            fs = MemoryFS()
            fs.writetext("inside", "text")
            mp = mount(fs, r"C:\test")
            self.assertEqual(os.listdir(drive.path + "/test"), ["inside"])
            mp.unmount()
            self.assertEqual(os.listdir(drive.path + "/test"), [])
        with self.assertRaisesRegex(ValueError, r"did you mean r'C:\\test'\?"):
            mount(MemoryFS(), "C:\test")

    def test_existing_empty_folder(self) -> None:
        fs = MemoryFS()
        fs.writetext("inside", "text")
        mp = mount(fs, self.point)
        self.assertEqual(os.listdir(self.point), ["inside"])
        mp.unmount()
        self.assertEqual(os.listdir(self.point), [])

    def test_foreground_with_callbacks(self) -> None:
        said = []

        def ready() -> None:
            said.append(("ready", mounted(self.point)))
            threading.Thread(target=unmount, args=(self.point,)).start()

        result = mount(MemoryFS(), self.point, foreground=True, ready_callback=ready,
                       unmount_callback=lambda: said.append(("over", mounted(self.point))))
        self.assertIsNone(result)
        self.assertEqual(said, [("ready", True), ("over", False)])

    def test_process_with_stderr(self) -> None:
        class Loud(MemoryFS):
            """Complains."""

            def openbin(self, *args: object, **kwds: object) -> object:
                """After a word."""
                print("opened", file=sys.stderr)
                return super().openbin(*args, **kwds)

        mp = MountProcess(Loud(), "Q:\\", stderr=subprocess.PIPE)
        open(mp.path + "/x", "w", encoding="ascii").close()
        unmount("Q:\\")
        dokan_errors = mp.communicate()[1]
        self.assertIn(b"opened", dokan_errors)
        self.assertEqual(mp.returncode, 0)

    def test_safety(self) -> None:
        fs = MemoryFS()
        fs.writetext("autoRun.inf", "evil")
        with mount(Win32SafetyFS(fs), "Q:\\", background="thread") as mp:
            self.assertEqual(os.listdir(mp.path), ["_autoRun.inf"])
            self.assertFalse(os.path.exists(mp.path + "/autoRun.inf"))
            self.assertFalse(os.path.exists(mp.path + "/autorun.inf"))
            with self.assertRaises(OSError):
                open(mp.path + "/autorun.inf", "w", encoding="ascii").close()
            with open(mp.path + "/_autoRun.inf", encoding="ascii") as file:
                self.assertEqual(file.read(), "evil")
            with open(mp.path + "/file:stream", "w", encoding="ascii") as file:
                file.write("text")
            self.assertEqual(fs.readtext("file__colon__stream"), "text")
        with mount(Win32SafetyFS(fs, allow_autorun=True), "Q:\\", background="thread") as mp:
            self.assertIn("autoRun.inf", os.listdir(mp.path))

    def test_options(self) -> None:
        with mount(MemoryFS(), "Q:\\", numthreads=5, fsname="NTFS", volname="My files", flags=0,
                   FSOperationsClass=expose.FSOperations) as mp:
            self.assertEqual(os.listdir(mp.path), [])

    def test_names(self) -> None:
        for name in ("is_available", "libdokan", "mount", "unmount", "MountProcess", "FSOperations",
                     "Win32SafetyFS", "handle_fs_errors", "timeout_protect", "logger", "MIN_FH",
                     "DOKAN_OPTION_DEBUG", "DOKAN_OPTION_ALLOW_IPC_BATCHING", "DOKAN_VERSION_ERROR",
                     "FILE_ATTRIBUTE_NORMAL", "STATUS_ACCESS_DENIED", "REQ_GENERIC_READ",
                     "ERROR_ALREADY_EXISTS", "NATIVE_ENCODING", "DATETIME_ZERO", "DATETIME_STARTUP",
                     "FILETIME_UNIX_EPOCH"):
            self.assertTrue(hasattr(expose, name), name)
        self.assertIs(expose.is_available, True)
        self.assertEqual((expose.MIN_FH, expose.DATETIME_ZERO.year, expose.FILETIME_UNIX_EPOCH),
                         (100, 1, 116444736000000000))
        self.assertEqual(expose.FILE_ATTRIBUTE_TEMPORARY, 0x100)

    def test_without_the_library(self) -> None:
        process = self.program("""
            os.environ["DOKAN_LIBRARY"] = "/nowhere/libdokan2.so.2"
            from xdokan import expose
            print(expose.is_available, expose.STATUS_ACCESS_DENIED, expose.Win32SafetyFS.__name__)
            class Mine(expose.FSOperations):
                @expose.timeout_protect
                @expose.handle_fs_errors
                def ReadFile(self, *args):
                    pass
            try:
                expose.mount(None, "Q:")
            except OSError as error:
                print(error)
        """)
        output = self.said(process)
        self.assertIn(f"False {expose.STATUS_ACCESS_DENIED} Win32SafetyFS", output)
        self.assertIn("not available: /nowhere/libdokan2.so.2", output)


class BugTest(DriveTest):
    """The eleven, by their numbers, on a live MemoryFS."""

    def setUp(self) -> None:
        super().setUp()
        self.memory = MemoryFS()
        self.memory.makedir("folder").writetext("file", "0123456789")
        drive = mount(self.memory, self.point, background="thread")
        self.addCleanup(drive.unmount)
        self.file = drive.path + "/folder/file"
        self.top = drive.path

    LOCK = ("import fcntl, sys; f = open(sys.argv[1], 'r+'); "
            "fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB, 5, 0)")

    def locks(self) -> bool:
        """Whether another process gets the lock."""
        done = subprocess.run([sys.executable, "-c", self.LOCK, self.file], stderr=subprocess.PIPE,
                              check=False)
        return done.returncode == 0

    def test_1_and_2_locks(self) -> None:
        with open(self.file, "r+", encoding="ascii") as file:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 5, 0)
            self.assertFalse(self.locks(), "the lock does not hold")
        self.assertTrue(self.locks(), "the lock stayed after the close")

    def test_3_read_only_can_be_read(self) -> None:
        with mount(read_only(self.memory), "R:", background="thread") as drive:
            with open(drive.path + "/folder/file", encoding="ascii") as file:
                self.assertEqual(file.read(), "0123456789")
            with self.assertRaises(OSError) as caught:
                open(drive.path + "/folder/file", "r+", encoding="ascii")
            self.assertEqual(caught.exception.errno, errno.EROFS)

    def test_4_deleted_names_can_be_made_again(self) -> None:
        with open(self.file, encoding="ascii") as file:
            os.remove(self.file)
            with open(self.file, "w", encoding="ascii") as again:
                again.write("new")
            self.assertEqual(file.read(), "0123456789")
        with open(self.file, encoding="ascii") as file:
            self.assertEqual(file.read(), "new")
        os.mkdir(self.top + "/d")
        open(self.top + "/d/x", "w", encoding="ascii").close()
        with self.assertRaises(OSError):
            os.rmdir(self.top + "/d")
        open(self.top + "/d/y", "w", encoding="ascii").close()

    def test_5_size_after_truncation(self) -> None:
        with open(self.file, "r+b", buffering=0) as file:
            file.write(b"x" * 1000)
            file.truncate(3)
            self.assertEqual(os.stat(self.file).st_size, 3)
            self.assertEqual(os.fstat(file.fileno()).st_size, 3)
        self.assertEqual(self.memory.getsize("folder/file"), 3)

    def test_6_size_after_append(self) -> None:
        with open(self.file, "ab", buffering=0) as file:
            file.write(b"abc")
            self.assertEqual(os.stat(self.file).st_size, 13)
        self.assertEqual(self.memory.readtext("folder/file"), "0123456789abc")

    def test_7_one_time_alone(self) -> None:
        os.utime(self.file, (1000, 2000))
        subprocess.run(["touch", "-a", "-d", "@3000", self.file], check=True)
        self.assertEqual([round(time) for time in (os.stat(self.file).st_atime, os.stat(self.file).st_mtime)],
                         [3000, 2000])

    def test_8_looking_without_opening(self) -> None:
        for _ in range(3):
            self.assertEqual(os.stat(self.file).st_size, 10)
            self.assertRaises(FileNotFoundError, os.stat, self.file + "x")
        self.assertEqual(os.listdir(self.top), ["folder"])

    def test_9_rename_of_an_open_file(self) -> None:
        with open(self.file, "r+b", buffering=0) as file:
            file.write(b"ab")
            os.rename(self.file, self.top + "/moved")
            file.write(b"cd")
            self.assertEqual(os.fstat(file.fileno()).st_size, 10)
        self.assertEqual(self.memory.readtext("moved"), "abcd456789")
        self.assertFalse(self.memory.exists("folder/file"))

    def test_10_bare_letters(self) -> None:
        for letter in ("S", "S:"):
            with mount(MemoryFS(), letter, background="thread") as drive:
                self.assertEqual(drive.drive, "S:")

    def test_11_truncation_in_a_folder(self) -> None:
        os.truncate(self.file, 4)
        self.assertEqual(self.memory.readtext("folder/file"), "0123")
        os.truncate(self.file, 6)
        self.assertEqual(self.memory.readbytes("folder/file"), b"0123\0\0")


class DirectoryTest(DriveTest):
    """Two more of the tracker: a new folder is a folder, and what is deleted at close is gone."""

    def test_folders_are_folders(self) -> None:
        os.mkdir(self.folder + "/top")
        with mount(OSFS(self.folder + "/top"), self.point) as drive:
            os.mkdir(drive.path + "/New folder")
            self.assertTrue(os.path.isdir(drive.path + "/New folder"))
            os.rmdir(drive.path + "/New folder")
        self.assertEqual(os.listdir(self.folder + "/top"), [])


if __name__ == "__main__":
    unittest.main()
