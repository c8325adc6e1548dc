# SPDX-License-Identifier: MIT
"""An FS object as its C callers see it: every function of dokan/fs.h that the tests of the bridge use.

Results are those of C: 0, a count, or a negative errno; what is read comes beside it.
"""

import os
from ctypes import byref, c_void_p, create_string_buffer
from typing import Any, List, Optional, Tuple

from xdokan import fsapi
from xdokan.bridge import FSObject

Entry = Tuple[bytes, fsapi.Info, int]


def copy_of(info: Any) -> fsapi.Info:
    """The facts, to be kept."""
    return fsapi.Info.from_buffer_copy(info)


class Client:
    """Calls one object."""

    def __init__(self, fs: Any, close: bool = True) -> None:
        self.fs = fs
        self.object = FSObject(fs, close)
        self.o = self.object.pointer

    def release(self) -> int:
        self.o = None
        return self.object.release()

    def getinfo(self, path: bytes, want: int = fsapi.INFO_ALL) -> Tuple[int, fsapi.Info]:
        info = fsapi.Info()
        return fsapi.fs_getinfo(self.o, path, want, byref(info)), info

    def rc_of(self, path: bytes) -> int:
        return self.getinfo(path)[0]

    def scan(
        self, path: bytes = b"/", want: int = fsapi.INFO_ALL, cursor: int = 0, most: int = 1 << 30
    ) -> Tuple[int, List[Entry]]:
        found: List[Entry] = []

        def take(_ctx: Any, name: bytes, info: Any, following: int) -> int:
            found.append((name, copy_of(info.contents), following))
            return 1 if len(found) >= most else 0

        return fsapi.fs_scandir(self.o, path, want, cursor, fsapi.FILL(take), None), found

    def names(self, path: bytes = b"/") -> List[bytes]:
        rc, found = self.scan(path)
        assert rc == 0, rc
        return sorted(name for name, _, _ in found)

    def open(self, path: bytes, flags: int, mode: int = 0o644) -> Tuple[int, Optional[int]]:
        file = c_void_p()
        rc = fsapi.fs_open(self.o, path, flags, mode, byref(file))
        return rc, file.value

    def opened(self, path: bytes, flags: int = os.O_RDWR, mode: int = 0o644) -> int:
        rc, file = self.open(path, flags, mode)
        assert rc == 0, (path, rc, self.object.last_error())
        assert file is not None
        return file

    def f_close(self, file: int) -> int:
        return fsapi.fs_f_close(self.o, file)

    def pread(self, file: int, size: int, offset: int) -> Tuple[int, bytes]:
        buf = create_string_buffer(size + 16)
        rc = fsapi.fs_f_pread(self.o, file, buf, size, offset)
        assert buf.raw[size:] == bytes(16), "read beyond the buffer"
        return rc, buf.raw[: max(rc, 0)]

    def pwrite(self, file: int, data: bytes, offset: int) -> int:
        return fsapi.fs_f_pwrite(self.o, file, data, len(data), offset)

    def truncate(self, file: int, size: int) -> int:
        return fsapi.fs_f_truncate(self.o, file, size)

    def flush(self, file: int) -> int:
        return fsapi.fs_f_flush(self.o, file)

    def fsync(self, file: int) -> int:
        return fsapi.fs_f_fsync(self.o, file)

    def f_getinfo(self, file: int) -> Tuple[int, fsapi.Info]:
        info = fsapi.Info()
        return fsapi.fs_f_getinfo(self.o, file, fsapi.INFO_ALL, byref(info)), info

    def write_new(self, path: bytes, data: bytes) -> None:
        file = self.opened(path, os.O_CREAT | os.O_EXCL | os.O_RDWR)
        assert self.pwrite(file, data, 0) == len(data)
        assert self.fsync(file) == 0
        assert self.f_close(file) == 0

    def read_all(self, path: bytes) -> bytes:
        file = self.opened(path, os.O_RDONLY)
        rc, data = self.pread(file, 1 << 20, 0)
        assert rc == len(data), rc
        assert self.f_close(file) == 0
        return data

    def makedir(self, path: bytes, mode: int = 0o755) -> int:
        return fsapi.fs_makedir(self.o, path, mode)

    def remove(self, path: bytes) -> int:
        return fsapi.fs_remove(self.o, path)

    def removedir(self, path: bytes) -> int:
        return fsapi.fs_removedir(self.o, path)

    def rename(self, source: bytes, target: bytes, flags: int = 0) -> int:
        return fsapi.fs_rename(self.o, source, target, flags)

    def setinfo(self, path: bytes, **facts: int) -> int:
        bits = {
            "atime": fsapi.INFO_ATIME,
            "mtime": fsapi.INFO_MTIME,
            "btime": fsapi.INFO_BTIME,
            "mode": fsapi.INFO_MODE,
            "uid": fsapi.INFO_OWNER,
            "attributes": fsapi.INFO_ATTRIBUTES,
        }
        info = fsapi.Info(valid=sum(bits.get(name, 0) for name in facts), type=fsapi.TYPE_FILE, **facts)
        return fsapi.fs_setinfo(self.o, path, byref(info))

    def symlink(self, target: bytes, path: bytes) -> int:
        return fsapi.fs_symlink(self.o, target, path)

    def link(self, source: bytes, target: bytes) -> int:
        return fsapi.fs_link(self.o, source, target)

    def text(self, function: Any, what: bytes, size: int = 4096) -> Tuple[int, bytes]:
        buf = create_string_buffer(size)
        return function(self.o, what, buf, size), buf.value

    def readlink(self, path: bytes, size: int = 4096) -> Tuple[int, bytes]:
        return self.text(fsapi.fs_readlink, path, size)

    def getmeta(self, key: bytes, size: int = 4096) -> Tuple[int, bytes]:
        return self.text(fsapi.fs_getmeta, key, size)

    def getospath(self, path: bytes, size: int = 4096) -> Tuple[int, bytes]:
        return self.text(fsapi.fs_getospath, path, size)

    def statfs(self) -> Tuple[int, fsapi.Space]:
        space = fsapi.Space()
        return fsapi.fs_statfs(self.o, byref(space)), space

    def access(self, path: bytes, mode: int) -> int:
        return fsapi.fs_access(self.o, path, mode)

    def flags(self) -> int:
        return fsapi.fs_flags(self.o)
