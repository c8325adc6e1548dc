# SPDX-License-Identifier: MIT
"""xdokan.Operations: what a callback gets and may answer, called through its C table, without a mount."""

import ctypes
import errno
import gc
import io
import logging
import unittest
import weakref
from typing import Any, Callable, List, Optional

import xdokan
from xdokan import (Operations, StatusError, VolumeInformation, constants as c, file_information, filetime,
                    find_data, stream_data, structs as s, unix_time)
from xdokan.filesystem import table_of


class Base(unittest.TestCase):
    """Helpers: a table made of functions, a handle, the log."""

    def setUp(self) -> None:
        self.info = s.DOKAN_FILE_INFO()
        self.kept: List[Any] = []
        self.name = self.wide("\\dir\\name")
        self.log = io.StringIO()
        handler = logging.StreamHandler(self.log)
        logger = logging.getLogger("fs.expose.dokan")
        logger.addHandler(handler)
        self.addCleanup(logger.removeHandler, handler)
        propagate, logger.propagate = logger.propagate, False
        self.addCleanup(setattr, logger, "propagate", propagate)

    def wide(self, text: str) -> int:
        self.kept.append(s.to_wide(text))
        return ctypes.addressof(self.kept[-1])

    def table(self, **methods: Callable[..., Any]) -> s.DOKAN_OPERATIONS:
        return table_of(type("Some", (Operations,), methods)())

    def answer(self, slot: str, method: Callable[..., Any], *arguments: Any) -> int:
        """What the C callback answers."""
        return getattr(self.table(**{slot: method}), slot)(*arguments, ctypes.byref(self.info))

    def named(self, slot: str, result: Any) -> int:
        def method(_self: Any, name: str, *_rest: Any) -> Any:
            if isinstance(result, BaseException):
                raise result
            return result
        return self.answer(slot, method, self.name)


class Slots(Base):
    def test_only_what_is_overridden(self) -> None:
        table = self.table(ReadFile=lambda *_: 0)
        filled = [name for name in s.CALLBACK_TYPES
                  if ctypes.cast(getattr(table, name), ctypes.c_void_p).value]
        self.assertEqual(filled, ["CloseFile", "ReadFile"])

    def test_every_slot_can_be_filled(self) -> None:
        names = list(s.CALLBACK_TYPES)
        table = self.table(**{name: lambda *_: None for name in names})
        self.assertTrue(all(ctypes.cast(getattr(table, name), ctypes.c_void_p).value for name in names))

    def test_on_an_object(self) -> None:
        """A method put on the object, not the class."""
        operations = Operations()
        operations.Unmounted = lambda info: None  # type: ignore[method-assign, assignment]
        self.assertTrue(ctypes.cast(table_of(operations).Unmounted, ctypes.c_void_p).value)

    def test_super(self) -> None:
        self.assertEqual(self.answer("FlushFileBuffers", lambda me, name, info: Operations.FlushFileBuffers(
            me, name, info), self.name), c.STATUS_NOT_IMPLEMENTED)


class Answers(Base):
    def test_results(self) -> None:
        for result, status in ((None, 0), (0, 0), (c.STATUS_ACCESS_DENIED, c.STATUS_ACCESS_DENIED),
                               (c.STATUS_ACCESS_DENIED - (1 << 32), c.STATUS_ACCESS_DENIED),
                               (StatusError(c.STATUS_DISK_FULL), c.STATUS_DISK_FULL),
                               (FileNotFoundError(errno.ENOENT, "x"), c.STATUS_OBJECT_NAME_NOT_FOUND),
                               (FileNotFoundError(), c.STATUS_OBJECT_NAME_NOT_FOUND),
                               (OSError(errno.ENOSPC, "x"), c.STATUS_DISK_FULL),
                               (NotImplementedError(), c.STATUS_NOT_IMPLEMENTED)):
            with self.subTest(result):
                self.assertEqual(self.named("DeleteFile", result), status)
        self.assertEqual(self.log.getvalue(), "")

    def test_never_success_by_mistake(self) -> None:
        """A bare errno, a bool, a text, a status of success that is raised."""
        for result in (2, -2, 22, c.STATUS_PENDING, True, "no", StatusError(0), StatusError(2),
                       SystemExit(0)):
            with self.subTest(result):
                self.assertEqual(self.named("DeleteFile", result), c.STATUS_INTERNAL_ERROR)

    def test_unexpected_is_logged(self) -> None:
        self.assertEqual(self.named("DeleteFile", ZeroDivisionError("three")), c.STATUS_INTERNAL_ERROR)
        for part in ("DeleteFile", "Traceback", "test_dokan.py", "ZeroDivisionError: three"):
            self.assertIn(part, self.log.getvalue())

    def test_names(self) -> None:
        seen: List[str] = []
        for name in ("\\", "\\ä\\😀", "\\\udc80\ud800", "\\" + "x" * 32000):
            self.name = self.wide(name)
            self.answer("DeleteFile", lambda me, given, info: seen.append(given), self.name)
            self.assertEqual(seen.pop(), name)

    def test_numbers_keep_their_order(self) -> None:
        seen: List[Any] = []

        def note(_self: Any, *arguments: Any) -> None:
            seen[:] = arguments[:-1]
        self.answer("LockFile", note, self.name, 1 << 40, 5)
        self.assertEqual(seen, ["\\dir\\name", 1 << 40, 5])
        self.answer("MoveFile", note, self.name, self.wide("\\new"), 1)
        self.assertEqual(seen, ["\\dir\\name", "\\new", True])
        self.answer("SetEndOfFile", note, self.name, 9)
        self.answer("SetFileAttributes", note, self.name, 3)
        self.assertEqual(seen, ["\\dir\\name", 3])

    def test_times(self) -> None:
        seen: List[Any] = []
        zero, now, never = s.FILETIME(), filetime(1e9 + 0.5), s.FILETIME(0xFFFFFFFF, 0xFFFFFFFF)
        self.answer("SetFileTime", lambda me, name, *times: seen.extend(map(unix_time, times[:3])), self.name,
                    ctypes.byref(zero), ctypes.byref(now), ctypes.byref(never))
        self.assertEqual(seen, [None, 1e9 + 0.5, None])


class Contexts(Base):
    class Thing:
        pass

    def create(self, method: Callable[..., Any], disposition: int = c.FILE_OPEN) -> int:
        return self.answer("ZwCreateFile", method, self.name, None, 0, 0, 0, disposition, 0)

    def thing(self, result: Any = None) -> Any:
        """Opens with a new object as context; returns (status, weak reference)."""
        made: List[Any] = []

        def open_it(_self: Any, name: str, security: Any, *rest: Any) -> Any:
            self.assertIsNone(security)
            rest[-1].context = thing = self.Thing()
            made.append(weakref.ref(thing))
            if isinstance(result, BaseException):
                raise result
            return result
        disposition = c.FILE_OPEN_IF if result == c.STATUS_OBJECT_NAME_COLLISION else c.FILE_OPEN
        status = self.create(open_it, disposition)
        gc.collect()
        return status, made[0]

    def test_kept_until_close(self) -> None:
        status, thing = self.thing()
        self.assertEqual(status, 0)
        self.assertIsNotNone(thing())
        self.assertIs(self.info.context, thing())
        self.table().CloseFile(self.name, ctypes.byref(self.info))
        self.assertIsNone(thing())

    def test_close_sees_it(self) -> None:
        _, thing = self.thing()
        seen = []
        self.answer("CloseFile", lambda me, name, info: seen.append(info.context is thing()), self.name)
        self.assertEqual(seen, [True])
        self.assertIsNone(thing())

    def test_close_that_raises(self) -> None:
        _, thing = self.thing()

        def fail(*_: Any) -> None:
            raise ValueError("at close")
        self.answer("CloseFile", fail, self.name)
        self.assertIn("at close", self.log.getvalue())
        self.assertEqual(s._contexts, {})

    def test_dropped_after_failure(self) -> None:
        for result in (c.STATUS_ACCESS_DENIED, StatusError(c.STATUS_ACCESS_DENIED),
                       OSError(errno.EACCES, "")):
            status, thing = self.thing(result)
            self.assertEqual(status, c.STATUS_ACCESS_DENIED)
            if isinstance(result, BaseException):
                result.__traceback__ = None
            self.assertEqual((self.info.Context, s._contexts), (0, {}))

    def test_collision_is_an_open(self) -> None:
        status, thing = self.thing(c.STATUS_OBJECT_NAME_COLLISION)
        self.assertEqual(status, c.STATUS_OBJECT_NAME_COLLISION)
        self.assertIsNotNone(thing())
        self.table().CloseFile(self.name, ctypes.byref(self.info))

    def test_replaced_and_removed(self) -> None:
        self.info.context = "one"
        number = self.info.Context
        self.info.context = "two"
        self.assertEqual((self.info.Context, self.info.context), (number, "two"))
        self.info.context = None
        self.assertEqual((self.info.Context, self.info.context, s._contexts), (0, None, {}))


class Data(Base):
    def read(self, method: Callable[..., Any], size: int = 8) -> Any:
        buffer, count = ctypes.create_string_buffer(b"." * size, size + 1), s.DWORD(77)
        status = self.answer("ReadFile", method, self.name, buffer, size, ctypes.byref(count), 3)
        return status, count.value, buffer.raw[:size]

    def test_read(self) -> None:
        def into(_self: Any, name: str, buffer: memoryview, offset: int, info: Any) -> int:
            self.assertEqual((len(buffer), buffer.format, buffer.readonly, offset), (8, "B", False, 3))
            return io.BytesIO(b"abc").readinto(buffer)
        self.assertEqual(self.read(into), (0, 3, b"abc....."))
        self.assertEqual(self.read(lambda *_: b"ab"), (0, 2, b"ab......"))
        self.assertEqual(self.read(lambda *_: memoryview(b"12345678")), (0, 8, b"12345678"))
        self.assertEqual(self.read(lambda *_: 0), (0, 0, b"........"))
        self.assertEqual(self.read(lambda *_: b"", 0), (0, 0, b""))

    def test_read_fails(self) -> None:
        self.assertEqual(self.read(lambda *_: c.STATUS_END_OF_FILE)[:2], (c.STATUS_END_OF_FILE, 77))
        for wrong in (b"123456789", 9, None, "text"):
            with self.subTest(wrong):
                self.assertEqual(self.read(lambda *_: wrong)[::2], (c.STATUS_INTERNAL_ERROR, b"." * 8))

    def test_kept_buffer_raises(self) -> None:
        kept: List[memoryview] = []
        self.read(lambda me, name, buffer, *_: kept.append(buffer) or 0)
        for use in (lambda view: view[0], bytes, len, lambda view: view.cast("H")):
            with self.assertRaises(ValueError):
                use(kept[0])
        self.assertEqual(self.log.getvalue(), "")

    def test_kept_part_is_reported(self) -> None:
        kept: List[memoryview] = []
        self.assertEqual(self.read(lambda me, name, buffer, *_: kept.append(buffer[1:3]) or 0)[0], 0)
        self.assertIn("ReadFile: a part of the buffer is kept", self.log.getvalue())

    def write(self, method: Callable[..., Any], data: bytes = b"abcdef") -> Any:
        count = s.DWORD(77)
        status = self.answer("WriteFile", method, self.name, data, len(data), ctypes.byref(count), 9)
        return status, count.value

    def test_write(self) -> None:
        seen: List[Any] = []

        def note(_self: Any, name: str, buffer: memoryview, offset: int, info: Any) -> None:
            seen.append((bytes(buffer), buffer.readonly, offset))
        self.assertEqual(self.write(note), (0, 6))
        self.assertEqual(seen, [(b"abcdef", True, 9)])
        self.assertEqual(self.write(lambda *_: 4), (0, 4))
        self.assertEqual(self.write(note, b""), (0, 0))
        self.assertEqual(self.write(lambda *_: c.STATUS_DISK_FULL), (c.STATUS_DISK_FULL, 77))
        self.assertEqual(self.write(lambda *_: 7)[0], c.STATUS_INTERNAL_ERROR)

    def test_written_buffer_is_read_only(self) -> None:
        def spoil(_self: Any, name: str, buffer: memoryview, *_: Any) -> None:
            buffer[0] = 1
        self.assertEqual(self.write(spoil)[0], c.STATUS_INTERNAL_ERROR)


class Values(Base):
    def test_information(self) -> None:
        target = s.BY_HANDLE_FILE_INFORMATION()
        made = file_information(c.FILE_ATTRIBUTE_HIDDEN, (5 << 32) + 6, 1.0, 2.0, 3.0, 4, (7 << 32) + 8, 9)
        self.assertEqual(self.answer("GetFileInformation", lambda *_: made, self.name, ctypes.byref(target)),
                         0)
        self.assertEqual((target.dwFileAttributes, target.nFileSizeHigh, target.nFileSizeLow,
                          target.nNumberOfLinks, target.nFileIndexHigh, target.nFileIndexLow,
                          target.dwVolumeSerialNumber, unix_time(target.ftCreationTime),
                          unix_time(target.ftLastWriteTime)),
                         (2, 5, 6, 4, 7, 8, 9, 1.0, 3.0))
        self.assertEqual(self.answer("GetFileInformation", lambda *_: None, self.name, ctypes.byref(target)),
                         c.STATUS_INTERNAL_ERROR)

    def test_entry(self) -> None:
        entry = find_data("ä" * 259, c.FILE_ATTRIBUTE_HIDDEN, (5 << 32) + 6, 1.0, 2.5, -3.0)
        self.assertEqual((entry.dwFileAttributes, entry.nFileSizeHigh, entry.nFileSizeLow,
                          unix_time(entry.ftCreationTime), unix_time(entry.ftLastAccessTime),
                          unix_time(entry.ftLastWriteTime),
                          s.wide_in(entry.cFileName), s.wide_in(entry.cAlternateFileName)),
                         (2, 5, 6, 1.0, 2.5, -3.0, "ä" * 259, ""))
        self.assertRaises(ValueError, find_data, "ä" * 260)

    def find(self, slot: str, method: Callable[..., Any], *more: Any) -> Any:
        found: List[str] = []
        fill = s.PFillFindData(lambda data, info: found.append(s.wide_in(data[0].cFileName)) or 0)
        return self.answer(slot, method, self.name, *more, fill), found

    def test_find(self) -> None:
        names = ["a", "ö😀", "\udcff"]
        self.assertEqual(self.find("FindFiles", lambda *_: (find_data(name) for name in names)), (0, names))
        self.assertEqual(self.find("FindFiles", lambda *_: c.STATUS_ACCESS_DENIED),
                         (c.STATUS_ACCESS_DENIED, []))
        self.assertEqual(self.find("FindFilesWithPattern", lambda me, name, pattern, info: [
            find_data(pattern)], self.wide("*.txt")), (0, ["*.txt"]))

        def broken(_self: Any, name: str, info: Any) -> Any:
            yield find_data("one")
            raise PermissionError(errno.EACCES, "x")
        self.assertEqual(self.find("FindFiles", broken), (c.STATUS_ACCESS_DENIED, ["one"]))

    def test_streams(self) -> None:
        found: List[Any] = []

        def fill_one(stream: Any, _context: Optional[int]) -> int:
            found.append((s.wide_in(stream[0].cStreamName), stream[0].StreamSize.QuadPart))
            return len(found) < 2
        two = [stream_data("::$DATA", 5), stream_data(":x:$DATA", 1 << 40), stream_data("never", 0)]
        fill = s.PFillFindStreamData(fill_one)
        self.assertEqual(self.answer("FindStreams", lambda *_: two, self.name, fill, None),
                         c.STATUS_BUFFER_OVERFLOW)
        self.assertEqual(found, [("::$DATA", 5), (":x:$DATA", 1 << 40)])
        self.assertEqual(self.answer("FindStreams", lambda *_: [], self.name, fill, None), 0)

    def test_space(self) -> None:
        numbers = [s.ULONGLONG() for _ in range(3)]
        self.assertEqual(self.answer("GetDiskFreeSpace", lambda *_: (1, 2, 3), *map(ctypes.byref, numbers)),
                         0)
        self.assertEqual([number.value for number in numbers], [1, 2, 3])
        self.assertEqual(self.answer("GetDiskFreeSpace", lambda *_: (1, 2), *map(ctypes.byref, numbers)),
                         c.STATUS_INTERNAL_ERROR)

    def volume(self, result: Any, room: int) -> Any:
        label, kind = (s.WCHAR * (room + 1))(*[0xAAAA] * (room + 1)), (s.WCHAR * (room + 1))()
        numbers = [s.DWORD() for _ in range(3)]
        status = self.answer("GetVolumeInformation", lambda *_: result, ctypes.addressof(label), room,
                             *map(ctypes.byref, numbers), ctypes.addressof(kind), room)
        self.assertEqual(label[room], 0xAAAA)
        return (status, s.wide_in(label), s.wide_in(kind), *(number.value for number in numbers))

    def test_volume(self) -> None:
        self.assertEqual(self.volume(VolumeInformation("Läbel", 5, 100, 3, "EXT"), 20),
                         (0, "Läbel", "EXT", 5, 100, 3))
        self.assertEqual(self.volume(("123456", 0, 0, 0, "NTFS"), 4)[:3], (0, "123", "NTF"))
        self.assertEqual(self.volume(("12😀", 0, 0, 0, ""), 4)[1], "12")

    def test_security(self) -> None:
        parts, needed, room = s.DWORD(5), s.DWORD(), ctypes.create_string_buffer(8)

        def ask(size: int) -> Any:
            status = self.answer("GetFileSecurity", lambda me, name, wanted, info: bytes([wanted] * 6),
                                 self.name, ctypes.byref(parts), room, size, ctypes.byref(needed))
            return status, needed.value, room.raw
        self.assertEqual(ask(5), (c.STATUS_BUFFER_OVERFLOW, 6, bytes(8)))
        self.assertEqual(ask(8), (0, 6, b"\5" * 6 + b"\0\0"))
        seen: List[Any] = []
        self.answer("SetFileSecurity", lambda me, name, wanted, descriptor, info: seen.append(
            (wanted, bytes(descriptor))), self.name, ctypes.byref(parts), b"abc", 3)
        self.assertEqual(seen, [(5, b"abc")])


class Functions(unittest.TestCase):
    def test_pure(self) -> None:
        self.assertGreaterEqual(xdokan.DokanVersion(), 200)
        self.assertTrue(xdokan.DokanIsNameInExpression("*.TXT", "ä.txt", True))
        self.assertFalse(xdokan.DokanIsNameInExpression("*.TXT", "ä.txt", False))
        self.assertEqual(xdokan.DokanNtStatusFromWin32(c.ERROR_DISK_FULL), c.STATUS_DISK_FULL)
        self.assertEqual(xdokan.DokanNtStatusFromErrno(errno.ENOENT), c.STATUS_OBJECT_NAME_NOT_FOUND)
        self.assertEqual(xdokan.DokanErrnoFromNtStatus(c.STATUS_ACCESS_DENIED), errno.EACCES)
        self.assertEqual(xdokan.DokanMapKernelToUserCreateFileFlags(
            c.FILE_GENERIC_READ, c.FILE_ATTRIBUTE_NORMAL, c.FILE_DELETE_ON_CLOSE, c.FILE_OPEN),
            (c.GENERIC_READ, c.FILE_ATTRIBUTE_NORMAL | c.FILE_FLAG_DELETE_ON_CLOSE, c.OPEN_EXISTING))

    def test_outside_of_everything(self) -> None:
        info = s.DOKAN_FILE_INFO()
        self.assertFalse(xdokan.DokanResetTimeout(1000, info))
        self.assertRaises(OSError, xdokan.DokanGetRequestorIdentity, info)
        self.assertFalse(xdokan.DokanRemoveMountPoint("/nowhere"))
        with self.assertRaises(FileNotFoundError):
            xdokan.DokanControl("/nowhere", "status")

    def test_bad_mounts(self) -> None:
        with self.assertRaises(xdokan.DokanError) as caught:
            xdokan.DokanCreateFileSystem(Operations(), "/nowhere/at/all")
        self.assertEqual(caught.exception.result, c.DOKAN_MOUNT_ERROR)
        with self.assertRaises(xdokan.DokanError) as caught:
            xdokan.DokanCreateFileSystem(Operations(), "/nowhere", fuse_options="nonsense")
        self.assertEqual(caught.exception.result, c.DOKAN_START_ERROR)
        self.assertRaises(ValueError, xdokan.DokanCreateFileSystem, Operations(), "a\0b")
        self.assertRaises(ValueError, xdokan.DokanCreateFileSystem, Operations(),
                          security_descriptor=bytes(20000))

    def test_dir(self) -> None:
        self.assertIn("DokanMain", dir(xdokan))
        self.assertEqual(xdokan.STATUS_ACCESS_DENIED, 0xC0000022)
        self.assertRaises(AttributeError, lambda: xdokan.STATUS_NO_SUCH_NAME)
        for name in xdokan.dokan.__all__:
            self.assertTrue(hasattr(xdokan, name), name)


if __name__ == "__main__":
    unittest.main()
