# SPDX-License-Identifier: MIT
"""OSFS and TempFS: the directory is asked directly where PyFilesystem would lose something.

PyFilesystem follows symbolic links, rounds times, has no rename and no file numbers. So facts, listings,
links, renames and times come from the system; files and directories are still opened, made and removed by the
object. A subclass that replaces one of its methods is treated as any other object.
"""

import ctypes
import errno
import os
import stat
import sys
from itertools import islice
from typing import Any, Callable, Iterator, List, Optional

from xdokan import _facts, fsapi
from xdokan._files import FdFile
from xdokan._listing import BATCH, Batch, Row, pack_rows
from xdokan._opening import failure
from xdokan._tree import Tree

_OWN = (
    "getinfo",
    "scandir",
    "_scandir",
    "listdir",
    "openbin",
    "makedir",
    "remove",
    "removedir",
    "setinfo",
    "move",
    "movedir",
    "getsyspath",
    "_to_sys_path",
    "validatepath",
    "check",
    "getmeta",
    "hassyspath",
    "lock",
    "exists",
)
_AT_FDCWD = -100


def is_plain(fs: Any) -> bool:
    """Whether an object is an OSFS with all its methods its own."""
    osfs = getattr(sys.modules.get("fs.osfs"), "OSFS", None)
    if osfs is None or not isinstance(fs, osfs):
        return False
    return all(
        getattr(type(fs), name, None) is getattr(osfs, name, None) and name not in vars(fs) for name in _OWN
    )


def _renameat2() -> Optional[Callable[..., int]]:
    function = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if function is not None:
        function.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint]
    return function


class OsTree(Tree):
    """A directory of this machine."""

    def __init__(self, fs: Any) -> None:
        super().__init__(fs)
        root = os.fsencode(fs.getsyspath("/"))
        self._root = root.rstrip(b"/")
        self._rename = _renameat2()

    def flags(self) -> int:
        """FS_ flags for the table."""
        return super().flags() | fsapi.ATOMIC_RENAME

    def moves_in_place(self) -> bool:
        """Whether an open file stays the file that was moved."""
        return True

    def _sys(self, path: str) -> bytes:
        self.fs.check()
        return (self._root + os.fsencode(path)) if len(path) > 1 else self._root or b"/"

    def getinfo_method(self) -> Callable[[str, int, int], None]:
        """Writes the facts of a path to the struct fs_info at an address: (path, want, address)."""
        return lambda path, want, address: _facts.put_stat(os.lstat(self._sys(path)), address)

    def batches(self, path: str, want: int, progress: Callable[[], None]) -> List[Batch]:
        """All entries of a directory with their facts; one that has gone meanwhile is left out."""
        batches: List[Batch] = []
        with os.scandir(self._sys(path)) as entries:
            while True:
                rows = list(islice(self._rows(entries), BATCH))
                if not rows:
                    return batches
                batches.append(pack_rows(rows, _facts.PACK_STAT_ENTRY))
                progress()

    @staticmethod
    def _rows(entries: Iterator[Any]) -> Iterator[Row]:
        for entry in entries:
            try:
                yield entry.name, _facts.stat_facts(entry.stat(follow_symlinks=False))
            except FileNotFoundError:
                continue

    def open(self, path: str, flags: int, mode: int) -> Any:
        """Opens a file, no symbolic link."""
        if not flags & os.O_EXCL and os.path.islink(self._sys(path)):
            raise failure(errno.ELOOP)
        record = super().open(path, flags, mode)
        if flags & os.O_CREAT and flags & os.O_EXCL and not mode & 0o222 and isinstance(record, FdFile):
            record.chmod(mode)
        return record

    def rename(self, source: str, target: str, flags: int) -> None:
        """As rename(2), which it is."""
        here, there = self._sys(source), self._sys(target)
        if not flags:
            os.rename(here, there)
            return
        if self._rename is None:
            raise failure(errno.EINVAL)
        if self._rename(_AT_FDCWD, here, _AT_FDCWD, there, flags) != 0:
            raise failure(ctypes.get_errno())

    def setinfo(self, path: str, info: fsapi.Info) -> None:
        """Sets times, permissions and the owner."""
        place = self._sys(path)
        if info.valid & fsapi.INFO_ATTRIBUTES:
            raise failure(errno.EOPNOTSUPP)
        if info.valid & fsapi.INFO_OWNER:
            os.chown(place, info.uid, info.gid, follow_symlinks=False)
        if info.valid & fsapi.INFO_MODE:
            if stat.S_ISLNK(os.lstat(place).st_mode):
                raise failure(errno.EOPNOTSUPP)
            os.chmod(place, info.mode)
        if info.valid & (_facts.ATIME | _facts.MTIME):
            now = os.lstat(place)
            times = (
                info.atime if info.valid & _facts.ATIME else now.st_atime_ns,
                info.mtime if info.valid & _facts.MTIME else now.st_mtime_ns,
            )
            os.utime(place, ns=times, follow_symlinks=False)

    def readlink(self, path: str) -> bytes:
        """Target of a link."""
        return os.readlink(self._sys(path))

    def symlink(self, target: bytes, path: str) -> None:
        """Makes a link."""
        os.symlink(target, self._sys(path))

    def link(self, source: str, target: str) -> None:
        """Makes another name."""
        os.link(self._sys(source), self._sys(target), follow_symlinks=False)

    def ospath(self, path: str) -> bytes:
        """Where a file lies on this machine."""
        return self._sys(path)

    def access(self, path: str, mode: int) -> bool:
        """Whether the caller may do this."""
        place = self._sys(path)
        os.lstat(place)
        return os.access(place, mode, effective_ids=True)
