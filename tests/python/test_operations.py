# SPDX-License-Identifier: MIT
"""FSOperations and its decorators: which slots are Python's, what errors become, who is renewed at a
deadline."""

import ctypes
import errno
import logging
import os
import threading
import time
import unittest

from fs import errors
from fs.memoryfs import MemoryFS

from drives import DriveTest
from xdokan import constants as c
from xdokan import fsapi, operations
from xdokan.mounting import mount
from xdokan.operations import FSOperations, handle_fs_errors, timeout_protect
from xdokan.structs import CALLBACK_TYPES, DOKAN_OPERATIONS


def slots(table: DOKAN_OPERATIONS) -> dict:
    """Addresses by name."""
    return {name: ctypes.cast(getattr(table, name), ctypes.c_void_p).value for name in CALLBACK_TYPES}


def read_one(path: str) -> bytes:
    """The first byte of a file."""
    with open(path, "rb", buffering=0) as file:
        return file.read(1)


class TableTest(unittest.TestCase):
    """get_ops_struct()."""

    def test_nothing_overridden(self) -> None:
        made = FSOperations(MemoryFS())
        self.assertEqual(made.overridden(), [])
        self.assertEqual(slots(made.get_ops_struct()), slots(fsapi.fs_operations().contents))

    def test_only_what_is_overridden(self) -> None:
        class Mine(FSOperations):
            """Two of them."""

            def ReadFile(self, *args: object) -> int:  # type: ignore[override]
                """Its own."""
                return super().ReadFile(*args)

            def GetDiskFreeSpace(self, *args: object) -> int:  # type: ignore[override]
                """Its own."""
                return super().GetDiskFreeSpace(*args)

        mine, theirs = slots(Mine(MemoryFS()).get_ops_struct()), slots(fsapi.fs_operations().contents)
        self.assertEqual({name for name in mine if mine[name] != theirs[name]}, {"ReadFile",
                                                                                 "GetDiskFreeSpace"})

    def test_every_callback_can_be_overridden(self) -> None:
        for name in CALLBACK_TYPES:
            self.assertTrue(callable(getattr(FSOperations, name)), name)
            mine = type("Mine", (FSOperations,), {name: lambda self, *args: None})
            self.assertEqual(mine(MemoryFS()).overridden(), [name])

    def test_arguments(self) -> None:
        made = FSOperations(MemoryFS())
        self.assertEqual((made.fsname, made.volname, made.securityfolder),
                         ("NTFS", "Dokan Volume", os.path.expanduser("~")))
        self.assertEqual(made.chosen, {})
        made = FSOperations(MemoryFS(), "EXT", volname="Mine", securityfolder="/")
        self.assertEqual(made.chosen, {"fsname": "EXT", "volname": "Mine", "securityfolder": "/"})


class ErrorTest(unittest.TestCase):
    """handle_fs_errors."""

    TABLE = {
        None: 0,
        errors.ResourceNotFound("x"): c.STATUS_OBJECT_NAME_NOT_FOUND,
        errors.FileExpected("x"): c.STATUS_FILE_IS_A_DIRECTORY,
        errors.DirectoryExpected("x"): c.STATUS_NOT_A_DIRECTORY,
        errors.DirectoryNotEmpty("x"): c.STATUS_DIRECTORY_NOT_EMPTY,
        errors.FileExists("x"): c.STATUS_OBJECT_NAME_COLLISION,
        errors.PermissionDenied("x"): c.STATUS_ACCESS_DENIED,
        errors.InsufficientStorage("x"): c.STATUS_DISK_FULL,
        errors.ResourceLocked("x"): c.STATUS_SHARING_VIOLATION,
        OSError(errno.ENOENT, "x"): c.STATUS_OBJECT_NAME_NOT_FOUND,
    }

    @staticmethod
    def answer(what: object) -> int:
        """Of a function that returns or raises it."""
        @handle_fs_errors
        def function() -> object:
            if isinstance(what, BaseException):
                raise what
            return what
        return function()  # type: ignore[return-value]

    def test_known(self) -> None:
        for what, status in self.TABLE.items():
            self.assertEqual(hex(self.answer(what)), hex(status), repr(what))
        self.assertEqual(self.answer(c.STATUS_ACCESS_DENIED), c.STATUS_ACCESS_DENIED)
        self.assertEqual(self.answer(c.STATUS_ACCESS_DENIED - (1 << 32)), c.STATUS_ACCESS_DENIED)

    def test_unknown_is_logged_and_never_success(self) -> None:
        for what in (KeyError("x"), ZeroDivisionError(), SystemExit(0), KeyboardInterrupt(), "a text",
                     errors.FSError()):
            with self.assertLogs("fs.expose.dokan", logging.ERROR) as caught:
                self.assertEqual(self.answer(what), c.STATUS_INTERNAL_ERROR, repr(what))
            self.assertIn("Traceback", caught.output[0])

    def test_name_and_arguments_stay(self) -> None:
        @handle_fs_errors
        def named(one: int, two: int = 2) -> int:
            """Text."""
            return one + two
        self.assertEqual((named.__name__, named.__doc__, named(1, two=5)), ("named", "Text.", 6))


class MountedTest(DriveTest):
    """Classes of operations on a drive."""

    def live(self, made: type, **kwds: object) -> str:
        memory = MemoryFS()
        memory.writetext("file", "text")
        memory.makedir("folder").writetext("inner", "x")
        found = mount(memory, self.point, background="thread", FSOperationsClass=made, **kwds)
        self.addCleanup(found.unmount)
        return found.path

    def test_super_calls_the_library(self) -> None:
        seen = []

        class Seen(FSOperations):
            """Notes names."""

            def ZwCreateFile(self, path: str, *args: object) -> int:  # type: ignore[override]
                """Goes on."""
                seen.append(path)
                return super().ZwCreateFile(path, *args)

            def MoveFile(self, path: str, target: str, *args: object) -> int:  # type: ignore[override]
                """Goes on."""
                seen.append((path, target))
                return super().MoveFile(path, target, *args)

            def CloseFile(self, path: str, info: object) -> object:
                """Goes on."""
                seen.append("closed")
                return super().CloseFile(path, info)

        path = self.live(Seen)
        with open(path + "/folder/inner", encoding="ascii") as file:
            self.assertEqual(file.read(), "x")
        os.rename(path + "/file", path + "/folder/moved \U0001f600")
        self.assertEqual(sorted(os.listdir(path + "/folder")), ["inner", "moved \U0001f600"])
        self.assertIn("\\folder\\inner", seen)
        self.assertIn(("\\file", "\\folder\\moved \U0001f600"), seen)
        self.assertIn("closed", seen)

    def test_what_is_raised(self) -> None:
        class Bad(FSOperations):
            """Raises."""

            def ReadFile(self, path: str, *args: object) -> int:  # type: ignore[override]
                """By name."""
                if path == "\\file":
                    raise errors.PermissionDenied(path)
                raise KeyError("unexpected")

        path = self.live(Bad)
        with self.assertRaises(PermissionError):
            read_one(path + "/file")
        logging.getLogger("fs.expose.dokan").disabled = True
        try:
            with self.assertRaises(OSError):
                read_one(path + "/folder/inner")
        finally:
            logging.getLogger("fs.expose.dokan").disabled = False

    def test_names_of_the_volume(self) -> None:
        class Named(FSOperations):
            """Chooses in its constructor."""

            def __init__(self, fs: object, colour: str = "") -> None:
                super().__init__(fs, volname="My " + colour)

        seen = []

        class Asked(Named):
            """Notes what is told."""

            def GetVolumeInformation(self, *args: object) -> int:  # type: ignore[override]
                """Goes on."""
                from xdokan.structs import wide_at
                status = super().GetVolumeInformation(*args)
                seen.append((wide_at(args[0]), wide_at(args[5])))
                return status

        made = mount(MemoryFS(), self.point, background="thread", FSOperationsClass=Asked, colour="blue",
                     options="umask=022")
        self.addCleanup(made.unmount)
        os.statvfs(made.path)
        self.assertTrue(seen)
        self.assertEqual({*seen}, {("My blue", "NTFS")})

    def timed(self, made: type, limit: float) -> "tuple[object, float]":
        path = self.live(made, test_timeout=limit)
        before = time.monotonic()
        try:
            with open(path + "/file", "rb", buffering=0) as file:
                result: object = file.read(10)
        except OSError as error:
            result = error.errno
        return result, time.monotonic() - before

    @staticmethod
    def sleeping(sleep: object, protect: bool) -> type:
        class Slow(FSOperations):
            """Sleeps before it reads."""

            def ReadFile(self, *args: object) -> int:  # type: ignore[override]
                """Goes on after a while."""
                sleep()
                return super().ReadFile(*args)

            if protect:
                ReadFile = timeout_protect(ReadFile)
        return Slow

    def test_sleeping_in_one_call_without_protection(self) -> None:
        result, seconds = self.timed(self.sleeping(lambda: time.sleep(3), False), 0.6)
        self.assertEqual(result, errno.ETIMEDOUT)
        self.assertLess(seconds, 2.5)
        time.sleep(1.5)

    def test_sleeping_in_one_call(self) -> None:
        self.assertEqual(self.timed(self.sleeping(lambda: time.sleep(2.5), True), 0.6)[0], b"text")

    def test_sleeping_in_pieces(self) -> None:
        def pieces() -> None:
            for _ in range(25):
                time.sleep(0.1)
        self.assertEqual(self.timed(self.sleeping(pieces, True), 0.6)[0], b"text")

    def test_dead_ones_fail(self) -> None:
        before, operations.PATIENCE = operations.PATIENCE, 1.0
        dead = threading.Event()
        try:
            result, seconds = self.timed(self.sleeping(lambda: dead.wait(20), True), 0.6)
        finally:
            operations.PATIENCE = before
            dead.set()
        self.assertEqual(result, errno.ETIMEDOUT)
        self.assertTrue(1.2 < seconds < 6, seconds)
        time.sleep(0.3)

    def test_protection_outside_of_a_mount(self) -> None:
        self.assertEqual(timeout_protect(lambda *args: args)(1, 2), (1, 2))
        self.assertEqual(timeout_protect(lambda: 7)(), 7)


if __name__ == "__main__":
    unittest.main()
