# SPDX-License-Identifier: MIT
"""Objects that cannot do everything: what is staged, what is handed over when, what is asked for at all."""

import errno
import io
import os
import unittest
from typing import Any

from fs import errors as fserrors
from fs.info import Info
from fs.memoryfs import MemoryFS
from fs.wrapfs import WrapFS

from fsclient import Client
from xdokan import fsapi

NEW = os.O_CREAT | os.O_EXCL | os.O_RDWR


class Remote(WrapFS):
    """Like a store: no `r+`, no `x`, files that only go forward, effect at close."""

    def __init__(self, **refuse: bool) -> None:
        super().__init__(MemoryFS())
        self.refuse = refuse
        self.modes: list = []
        self.quota = 1 << 30

    def getmeta(self, namespace: str = "standard") -> Any:
        return {"network": True, "thread_safe": True}

    def openbin(self, path: str, mode: str = "r", buffering: int = -1, **options: Any) -> Any:
        self.modes.append(mode)
        if self.refuse.get("update") and "+" in mode:
            raise fserrors.Unsupported("no updates")
        if self.refuse.get("exclusive") and "x" in mode:
            raise ValueError("mode?")
        file = super().openbin(path, mode, buffering)
        if self.refuse.get("seek"):
            file.seekable = lambda: False
            file.seek = self.no_seek
        return file

    def no_seek(self, *_a: Any) -> int:
        raise io.UnsupportedOperation("seek")

    def upload(self, path: str, file: Any, chunk_size: Any = None, **options: Any) -> None:
        data = file.read()
        if len(data) > self.quota:
            raise fserrors.InsufficientStorage()
        self.delegate_fs().writebytes(path, data)


class Staging(unittest.TestCase):
    def each(self) -> Any:
        for refuse in (
            {},
            {"update": True},
            {"exclusive": True},
            {"seek": True},
            {"update": True, "seek": True},
            {"update": True, "seek": True, "exclusive": True},
        ):
            fs = Remote(**refuse)
            c = Client(fs)
            with self.subTest(**refuse):
                self.assertTrue(c.flags() & fsapi.WRITE_ON_CLOSE)
                yield fs, c
            self.assertEqual(c.object._state.files, {})
            self.assertEqual(c.release(), 0)

    def test_all_of_it(self) -> None:
        for fs, c in self.each():
            file = c.opened(b"/f", NEW)
            self.assertEqual(c.rc_of(b"/f"), 0)
            self.assertEqual(c.pwrite(file, b"world", 6), 5)
            self.assertEqual(c.pwrite(file, b"hello ", 0), 6)
            self.assertEqual(c.pread(file, 100, 0)[1], b"hello world")
            self.assertEqual(c.fsync(file), 0)
            self.assertEqual(fs.delegate_fs().readbytes("f"), b"hello world")
            self.assertEqual(c.truncate(file, 5), 0)
            self.assertEqual((c.flush(file), c.f_close(file)), (0, 0))
            self.assertEqual(c.read_all(b"/f"), b"hello")

    def test_part_of_a_file(self) -> None:
        for _fs, c in self.each():
            c.write_new(b"/f", b"0123456789")
            file = c.opened(b"/f", os.O_WRONLY)
            self.assertEqual(c.pwrite(file, b"x", 5), 1)
            self.assertEqual((c.fsync(file), c.f_close(file)), (0, 0))
            self.assertEqual(c.read_all(b"/f"), b"01234x6789")
            file = c.opened(b"/f", os.O_RDONLY)
            for offset in (8, 0, 3):
                self.assertEqual(c.pread(file, 2, offset)[1], b"01234x6789"[offset : offset + 2])
            self.assertEqual(c.f_close(file), 0)

    def test_names_change_meanwhile(self) -> None:
        for _fs, c in self.each():
            file, gone = c.opened(b"/f", NEW), c.opened(b"/gone", NEW)
            self.assertEqual((c.pwrite(file, b"text", 0), c.pwrite(gone, b"text", 0)), (4, 4))
            self.assertEqual(c.rename(b"/f", b"/g"), 0)
            self.assertEqual(c.remove(b"/gone"), 0)
            self.assertEqual((c.fsync(file), c.f_close(file)), (0, 0))
            self.assertEqual(c.f_close(gone), 0)
            self.assertEqual((c.names(), c.read_all(b"/g")), ([b"g"], b"text"))

    def test_errors_come_at_flush(self) -> None:
        fs = Remote(update=True)
        c = Client(fs)
        fs.quota = 3
        file = c.opened(b"/f", NEW)
        self.assertEqual(c.pwrite(file, b"text", 0), 4)
        self.assertEqual(c.fsync(file), -errno.ENOSPC)
        self.assertEqual(c.f_close(file), -errno.ENOSPC)
        self.assertEqual(c.object._state.files, {})
        self.assertEqual(c.release(), 0)

    def test_effect_at_close(self) -> None:
        """A file object that uploads when it is closed is closed at flush, and opened again when it is
        needed."""
        closed = []

        class File(io.BytesIO):
            def close(self) -> None:
                if not self.closed:
                    closed.append(self.getvalue())
                super().close()

        class Store(MemoryFS):
            def openbin(self, path: str, mode: str = "r", buffering: int = -1, **options: Any) -> Any:
                if "r" in mode:
                    return File(closed[-1])
                return File()

        fs = Store()
        fs._meta["network"] = True
        c = Client(fs)
        file = c.opened(b"/f", NEW)
        self.assertEqual((c.pwrite(file, b"one", 0), c.fsync(file)), (3, 0))
        self.assertEqual(closed, [b"one"])
        self.assertEqual((c.pwrite(file, b"two", 3), c.pread(file, 9, 0)[1]), (3, b"onetwo"))
        self.assertEqual((c.fsync(file), closed[-1], c.fsync(file), len(closed)), (0, b"onetwo", 0, 2))
        self.assertEqual((c.f_close(file), len(closed)), (0, 2))
        self.assertEqual(c.release(), 0)


class Access(unittest.TestCase):
    def test_permissions_only_where_there_are_some(self) -> None:
        asked = []

        class Counting(MemoryFS):
            def getinfo(self, path: str, namespaces: Any = None) -> Any:
                asked.append(tuple(namespaces or ()))
                return super().getinfo(path, namespaces)

        c = Client(Counting())
        c.write_new(b"/f", b"")
        for _ in range(100):
            self.assertEqual(c.getinfo(b"/f")[0], 0)
        self.assertEqual(asked[-1], ("details",))
        before = len(asked)
        self.assertEqual((c.getinfo(b"/f")[0], len(asked)), (0, before + 1))
        self.assertEqual(c.setinfo(b"/f", mode=0o600), -errno.EOPNOTSUPP)
        self.assertEqual(c.release(), 0)

    def test_permissions_of_an_object(self) -> None:
        access = {"permissions": ["u_r", "o_x", "setuid"]}

        class Modes(MemoryFS):
            def getinfo(self, path: str, namespaces: Any = None) -> Any:
                raw = dict(super().getinfo(path, namespaces).raw)
                if "access" in (namespaces or ()):
                    raw["access"] = dict(access)
                return Info(raw)

            def setinfo(self, path: str, info: Any) -> None:
                access.update(info.get("access", {}))

        c = Client(Modes())
        c.write_new(b"/f", b"")
        self.assertEqual(c.getinfo(b"/f")[1].mode, 0o4401)
        self.assertEqual(c.setinfo(b"/f", mode=0o751), 0)
        self.assertEqual(c.getinfo(b"/f")[1].mode, 0o751)
        self.assertEqual(c.release(), 0)


if __name__ == "__main__":
    unittest.main()
