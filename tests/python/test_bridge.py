# SPDX-License-Identifier: MIT
"""Every method of dokan/fs.h on PyFilesystem objects of many kinds, asked as C asks."""

import errno
import os
import tempfile
import unittest
from datetime import datetime
from typing import Any, List

from fs import errors as fserrors
from fs.memoryfs import MemoryFS
from fs.mountfs import MountFS
from fs.multifs import MultiFS
from fs.tempfs import TempFS
from fs.wrap import cache_directory
from fs.zipfs import ZipFS
from fs.tarfs import TarFS

from fsclient import Client
from test_errors import old_error
from xdokan import fsapi

_folder = tempfile.TemporaryDirectory()
NEW = os.O_CREAT | os.O_EXCL | os.O_RDWR


class OtherOSFS(TempFS):
    """Has a method of its own, so nothing is asked past it."""

    def getinfo(self, path: str, namespaces: Any = None) -> Any:
        return super().getinfo(path, namespaces)


class OldFS:
    """The methods of PyFilesystem 0.5, and its errors."""

    def __init__(self) -> None:
        self._new = MemoryFS()
        self._lock = self._new.lock()

    def __str__(self) -> str:
        return "<old>"

    def _call(self, method: str, *arguments: Any, **more: Any) -> Any:
        try:
            return getattr(self._new, method)(*arguments, **more)
        except fserrors.ResourceInvalid:
            raise old_error("ResourceInvalidError", "ResourceError")() from None
        except fserrors.ResourceNotFound:
            raise old_error("ResourceNotFoundError", "ResourceError")() from None
        except fserrors.DirectoryNotEmpty:
            raise old_error("DirectoryNotEmptyError", "ResourceError")() from None

    def getmeta(self, name: str, default: Any = None) -> Any:
        return {"thread_safe": True, "free_space": 1 << 30, "total_space": 1 << 40}.get(name, default)

    def open(self, path: str, mode: str) -> Any:
        return self._call("openbin", path, mode)

    def exists(self, path: str) -> bool:
        return self._new.exists(path)

    def isdir(self, path: str) -> bool:
        return self._new.isdir(path)

    def getinfo(self, path: str) -> Any:
        info = self._call("getinfo", path, ["details"])
        times = {
            key: datetime.fromtimestamp(info.raw["details"][new])
            for key, new in (
                ("accessed_time", "accessed"),
                ("modified_time", "modified"),
                ("created_time", "created"),
            )
        }
        return {"size": info.size, **times}

    def listdir(self, path: str) -> Any:
        return self._call("listdir", path)

    def listdirinfo(self, path: str) -> Any:
        return [(name, self.getinfo(f"{path}/{name}")) for name in self.listdir(path)]

    def makedir(self, path: str, recursive: bool = False, allow_recreate: bool = False) -> None:
        self._call("makedir", path)

    def remove(self, path: str) -> None:
        self._call("remove", path)

    def removedir(self, path: str) -> None:
        self._call("removedir", path)

    def rename(self, source: str, target: str) -> None:
        self._call(
            "movedir" if self.isdir(source) else "move",
            source,
            target,
            **({"create": True} if self.isdir(source) else {}),
        )

    def settimes(self, path: str, accessed: Any = None, modified: Any = None) -> None:
        times = {"accessed": accessed, "modified": modified}
        self._call(
            "setinfo", path, {"details": {key: time.timestamp() for key, time in times.items() if time}}
        )

    def close(self) -> None:
        self._new.close()


class Contract:
    """What every object that can be written does. Mixed into one class per kind."""

    def make(self) -> Any:
        raise NotImplementedError

    def setUp(self) -> None:
        self.c = Client(self.make())
        self.c.write_new(b"/file", b"0123456789")
        self.assertEqual(self.c.makedir(b"/dir"), 0)

    def tearDown(self) -> None:
        self.assertEqual(self.c.object._state.files, {})
        self.assertEqual(self.c.release(), 0)

    def test_facts(self) -> None:
        rc, info = self.c.getinfo(b"/file")
        self.assertEqual((rc, info.type, info.size), (0, fsapi.TYPE_FILE, 10))
        self.assertTrue(info.valid & fsapi.INFO_SIZE)
        rc, info = self.c.getinfo(b"/dir")
        self.assertEqual((rc, info.type), (0, fsapi.TYPE_DIRECTORY))
        rc, info = self.c.getinfo(b"/", 0)
        self.assertEqual((rc, info.type), (0, fsapi.TYPE_DIRECTORY))
        self.assertEqual(self.c.rc_of(b"/nothing"), -errno.ENOENT)
        self.assertIn(self.c.rc_of(b"/file/x"), (-errno.ENOENT, -errno.ENOTDIR))

    def test_listing(self) -> None:
        rc, found = self.c.scan()
        self.assertEqual(rc, 0)
        kinds = {
            name: (info.type, info.size if info.type == fsapi.TYPE_FILE else 0) for name, info, _ in found
        }
        self.assertEqual(kinds, {b"file": (fsapi.TYPE_FILE, 10), b"dir": (fsapi.TYPE_DIRECTORY, 0)})
        self.assertEqual(self.c.scan(b"/dir"), (0, []))
        self.assertEqual(self.c.scan(b"/file")[0], -errno.ENOTDIR)
        self.assertEqual(self.c.scan(b"/nothing")[0], -errno.ENOENT)

    def test_listing_goes_on(self) -> None:
        for i in range(700):
            self.c.write_new(b"/dir/n%03d" % i, b"")
        whole = [name for name, _, _ in self.c.scan(b"/dir")[1]]
        self.assertEqual(sorted(whole), [b"n%03d" % i for i in range(700)])
        parts: List[bytes] = []
        cursor = 0
        while True:
            rc, found = self.c.scan(b"/dir", cursor=cursor, most=99)
            self.assertEqual(rc, 0)
            if not found:
                break
            parts += [name for name, _, _ in found]
            cursor = found[-1][2]
        self.assertEqual(parts, whole)

    def test_names(self) -> None:
        for name in ("ä ö 中 🎉", "x" * 100, "a:b\\c*?"):
            self.c.write_new(b"/dir/" + name.encode(), b"1")
            self.assertIn(name.encode(), self.c.names(b"/dir"))
            self.assertEqual(self.c.read_all(b"/dir/" + name.encode()), b"1")

    def test_reading(self) -> None:
        file = self.c.opened(b"/file", os.O_RDONLY)
        self.assertEqual(self.c.pread(file, 4, 3), (4, b"3456"))
        self.assertEqual(self.c.pread(file, 4, 7), (3, b"789"))
        self.assertEqual(self.c.pread(file, 4, 0), (4, b"0123"))
        self.assertEqual(self.c.pread(file, 4, 10), (0, b""))
        self.assertEqual(self.c.pread(file, 4096, 100000), (0, b""))
        self.assertEqual(self.c.pread(file, 0, 0), (0, b""))
        self.assertEqual(self.c.pwrite(file, b"x", 0), -errno.EBADF)
        self.assertEqual(self.c.f_close(file), 0)

    def test_writing(self) -> None:
        file = self.c.opened(b"/file")
        self.assertEqual(self.c.pwrite(file, b"AB", 4), 2)
        self.assertEqual(self.c.pread(file, 10, 0), (10, b"0123AB6789"))
        self.assertEqual(self.c.pwrite(file, b"Z", 14), 1)
        self.assertEqual(self.c.pread(file, 20, 8), (7, b"89\0\0\0\0Z"))
        self.assertEqual(self.c.flush(file), 0)
        self.assertEqual(self.c.pwrite(file, b"y", 0), 1)
        self.assertEqual((self.c.fsync(file), self.c.f_close(file)), (0, 0))
        self.assertEqual(self.c.read_all(b"/file"), b"y123AB6789\0\0\0\0Z")

    def test_big(self) -> None:
        data = os.urandom(1 << 20) + b"end"
        self.c.write_new(b"/big", data)
        file = self.c.opened(b"/big", os.O_RDONLY)
        for size in (1 << 20, 4096, 1, 5000):
            rc, read = self.c.pread(file, size, 3)
            self.assertEqual((rc, read), (size, data[3 : 3 + size]))
        self.assertEqual(self.c.pread(file, 8192, len(data) - 3), (3, b"end"))
        self.assertEqual(self.c.f_close(file), 0)

    def test_truncate(self) -> None:
        file = self.c.opened(b"/file")
        self.assertEqual(self.c.pwrite(file, b"x", 9), 1)
        for size in (4, 12, 12, 0, 5000):
            self.assertEqual(self.c.truncate(file, size), 0)
            rc, data = self.c.pread(file, 10000, 0)
            self.assertEqual(rc, size)
            self.assertEqual(
                data, (b"0123" + bytes(8) if size == 12 else b"0123" if size == 4 else bytes(size))
            )
        self.assertEqual((self.c.fsync(file), self.c.f_close(file)), (0, 0))
        self.assertEqual(self.c.getinfo(b"/file")[1].size, 5000)

    def test_open_flags(self) -> None:
        self.assertEqual(self.c.open(b"/file", NEW)[0], -errno.EEXIST)
        self.assertEqual(self.c.open(b"/nothing", os.O_RDWR)[0], -errno.ENOENT)
        self.assertEqual(self.c.open(b"/nothing", os.O_RDWR | os.O_TRUNC)[0], -errno.ENOENT)
        self.assertEqual(self.c.rc_of(b"/nothing"), -errno.ENOENT)
        self.assertEqual(self.c.open(b"/no/thing", NEW)[0], -errno.ENOENT)
        for flags in (os.O_RDONLY, os.O_RDWR, os.O_WRONLY | os.O_TRUNC, os.O_RDWR | os.O_CREAT):
            self.assertEqual(self.c.open(b"/dir", flags)[0], -errno.EISDIR, flags)
        for flags in (os.O_RDONLY, os.O_WRONLY, os.O_RDWR, os.O_RDWR | os.O_CREAT, os.O_WRONLY | os.O_CREAT):
            self.assertEqual(self.c.f_close(self.c.opened(b"/file", flags)), 0)
            self.assertEqual(self.c.read_all(b"/file"), b"0123456789", flags)
        for number, flags in enumerate((os.O_WRONLY, os.O_RDWR, os.O_RDONLY)):
            name = b"/made%d" % number
            self.assertEqual(self.c.f_close(self.c.opened(name, flags | os.O_CREAT)), 0)
            self.assertEqual(self.c.read_all(name), b"")
        self.assertEqual(self.c.f_close(self.c.opened(b"/file", os.O_WRONLY | os.O_TRUNC)), 0)
        self.assertEqual(self.c.read_all(b"/file"), b"")

    def test_write_only(self) -> None:
        file = self.c.opened(b"/only", os.O_CREAT | os.O_EXCL | os.O_WRONLY)
        self.assertEqual(self.c.pwrite(file, b"second", 5), 6)
        self.assertEqual(self.c.pwrite(file, b"first", 0), 5)
        self.assertEqual((self.c.fsync(file), self.c.f_close(file)), (0, 0))
        self.assertEqual(self.c.read_all(b"/only"), b"firstsecond")

    def test_directories(self) -> None:
        self.assertEqual(self.c.makedir(b"/dir"), -errno.EEXIST)
        self.assertEqual(self.c.makedir(b"/file"), -errno.EEXIST)
        self.assertEqual(self.c.makedir(b"/no/dir"), -errno.ENOENT)
        self.assertEqual(self.c.makedir(b"/dir/sub"), 0)
        self.assertEqual(self.c.removedir(b"/dir"), -errno.ENOTEMPTY)
        self.assertEqual(self.c.removedir(b"/file"), -errno.ENOTDIR)
        self.assertEqual(self.c.removedir(b"/nothing"), -errno.ENOENT)
        self.assertEqual(self.c.removedir(b"/"), -errno.EBUSY)
        self.assertEqual((self.c.removedir(b"/dir/sub"), self.c.removedir(b"/dir")), (0, 0))
        self.assertEqual(self.c.names(), [b"file"])

    def test_remove(self) -> None:
        self.assertEqual(self.c.remove(b"/dir"), -errno.EISDIR)
        self.assertEqual(self.c.remove(b"/nothing"), -errno.ENOENT)
        self.assertEqual(self.c.remove(b"/file"), 0)
        self.assertEqual(self.c.rc_of(b"/file"), -errno.ENOENT)

    def test_rename_files(self) -> None:
        c = self.c
        self.assertEqual(c.rename(b"/file", b"/dir/there"), 0)
        self.assertEqual((c.rc_of(b"/file"), c.read_all(b"/dir/there")), (-errno.ENOENT, b"0123456789"))
        c.write_new(b"/other", b"other")
        self.assertEqual(c.rename(b"/other", b"/dir/there", fsapi.RENAME_NOREPLACE), -errno.EEXIST)
        self.assertEqual(c.rename(b"/other", b"/dir/there"), 0)
        self.assertEqual(
            (c.names(), c.names(b"/dir"), c.read_all(b"/dir/there")), ([b"dir"], [b"there"], b"other")
        )
        self.assertEqual(c.rename(b"/dir/there", b"/new", fsapi.RENAME_NOREPLACE), 0)
        self.assertEqual(c.rename(b"/new", b"/new"), 0)
        self.assertEqual(c.read_all(b"/new"), b"other")

    def test_rename_directories(self) -> None:
        c = self.c
        c.write_new(b"/dir/inner", b"in")
        self.assertEqual(c.rename(b"/dir", b"/moved"), 0)
        self.assertEqual((c.rc_of(b"/dir"), c.read_all(b"/moved/inner")), (-errno.ENOENT, b"in"))
        self.assertEqual((c.makedir(b"/empty"), c.makedir(b"/full"), c.makedir(b"/full/x")), (0, 0, 0))
        self.assertEqual(c.rename(b"/moved", b"/empty"), 0)
        self.assertEqual(c.names(b"/empty"), [b"inner"])
        self.assertEqual(c.rename(b"/empty", b"/full"), -errno.ENOTEMPTY)
        self.assertEqual(c.read_all(b"/empty/inner"), b"in")

    def test_rename_refused(self) -> None:
        c = self.c
        self.assertEqual(c.rename(b"/file", b"/dir"), -errno.EISDIR)
        self.assertEqual(c.rename(b"/dir", b"/file"), -errno.ENOTDIR)
        self.assertEqual(c.rename(b"/dir", b"/dir/sub"), -errno.EINVAL)
        self.assertEqual(c.rename(b"/nothing", b"/x"), -errno.ENOENT)
        self.assertEqual(c.rename(b"/file", b"/no/x"), -errno.ENOENT)
        self.assertEqual(c.rename(b"/dir", b"/no/x"), -errno.ENOENT)
        self.assertIn(c.rename(b"/file", b"/file/x"), (-errno.EINVAL, -errno.ENOTDIR))
        c.write_new(b"/other", b"")
        self.assertEqual(c.rename(b"/file", b"/other/x"), -errno.ENOTDIR)
        self.assertEqual(c.read_all(b"/file"), b"0123456789")

    def test_times(self) -> None:
        first, second = 1000000000123456000, 1700000000999999000
        self.assertEqual(self.c.setinfo(b"/file", atime=first, mtime=second), 0)
        info = self.c.getinfo(b"/file")[1]
        self.assertEqual(info.mtime, second)
        if info.valid & fsapi.INFO_ATIME:
            self.assertEqual(info.atime, first)
        self.assertEqual(self.c.setinfo(b"/file", atime=first + 2000), 0)
        self.assertEqual(self.c.getinfo(b"/file")[1].mtime, second)
        self.assertEqual(self.c.setinfo(b"/file", mtime=-1500000000), 0)
        self.assertEqual(self.c.getinfo(b"/file")[1].mtime, -1500000000)
        self.assertEqual(self.c.setinfo(b"/nothing", mtime=1), -errno.ENOENT)
        self.assertEqual(
            self.c.setinfo(b"/file", mtime=first), 0
        )  # a ZIP archive cannot hold what is before 1980

    def test_renamed_file_keeps_its_time(self) -> None:
        self.assertEqual(self.c.setinfo(b"/file", atime=10**18, mtime=10**18), 0)
        self.assertEqual(self.c.rename(b"/file", b"/dir/x"), 0)
        self.assertEqual(self.c.getinfo(b"/dir/x")[1].mtime, 10**18)

    def test_moved_directory_keeps_the_times_in_it(self) -> None:
        self.c.write_new(b"/dir/x", b"text")
        self.assertEqual(self.c.setinfo(b"/dir/x", atime=10**18, mtime=10**18), 0)
        self.assertEqual(self.c.rename(b"/dir", b"/moved"), 0)
        self.assertEqual(self.c.getinfo(b"/moved/x")[1].mtime, 10**18)

    def test_modes(self) -> None:
        """They can be set where they are shown."""
        shown = self.c.getinfo(b"/file")[1].valid & fsapi.INFO_MODE
        for path in (b"/file", b"/dir"):
            self.assertEqual(self.c.setinfo(path, mode=0o750), 0 if shown else -errno.EOPNOTSUPP)
            self.assertEqual(self.c.getinfo(path)[1].mode, 0o750 if shown else 0)

    def test_open_file_lives_on(self) -> None:
        file = self.c.opened(b"/file")
        self.assertEqual(self.c.rename(b"/file", b"/dir/x"), 0)
        self.assertEqual(self.c.pwrite(file, b"new", 0), 3)
        self.assertEqual((self.c.fsync(file), self.c.f_close(file)), (0, 0))
        self.assertEqual(self.c.read_all(b"/dir/x"), b"new3456789")
        self.assertEqual(self.c.rc_of(b"/file"), -errno.ENOENT)

    def test_space_and_texts(self) -> None:
        rc, space = self.c.statfs()
        self.assertEqual(rc, 0)
        self.assertTrue(0 < space.available <= space.free <= space.total)
        rc, source = self.c.getmeta(b"source")
        self.assertEqual((rc, source), (0, str(self.c.fs).encode()))
        self.assertEqual(self.c.getmeta(b"source", 3)[0], -errno.ERANGE)
        self.assertEqual(self.c.getmeta(b"nonsense")[0], -errno.ENODATA)
        self.assertEqual(self.c.readlink(b"/file")[0], -errno.EINVAL)
        self.assertEqual(self.c.access(b"/dir", os.W_OK), 0)

    def test_what_cannot_be_set(self) -> None:
        self.assertEqual(self.c.setinfo(b"/file", attributes=2), -errno.EOPNOTSUPP)


def _contract(name: str, make: Any) -> None:
    cls = type(f"Test{name}", (Contract, unittest.TestCase), {"make": lambda self: make()})
    cls.__module__ = __name__
    globals()[cls.__name__] = cls


def _sub(parent: Any) -> Any:
    from fs.subfs import ClosingSubFS

    return parent.makedir("top").opendir("/") and parent.opendir("top", factory=ClosingSubFS)


def _mounts() -> Any:
    fs = MountFS()
    fs.mount("/", MemoryFS())
    return fs


def _multi() -> Any:
    fs = MultiFS()
    fs.add_fs("low", MemoryFS())
    fs.add_fs("top", MemoryFS(), write=True, priority=1)
    return fs


_contract("Memory", MemoryFS)
_contract("Temp", TempFS)
_contract("OtherOS", OtherOSFS)
_contract("SubMemory", lambda: _sub(MemoryFS()))
_contract("SubTemp", lambda: _sub(TempFS()))
_contract("Mounts", _mounts)
_contract("Multi", _multi)
_contract("Cached", lambda: cache_directory(MemoryFS()))
_contract("Old", OldFS)
_contract("ZipWriter", lambda: ZipFS(tempfile.TemporaryFile(), write=True))
_contract("TarWriter", lambda: TarFS(os.path.join(tempfile.mkdtemp(dir=_folder.name), "x.tar"), write=True))


if __name__ == "__main__":
    unittest.main()
