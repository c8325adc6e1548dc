# SPDX-License-Identifier: MIT
"""How files of a PyFilesystem object are opened: open(2)'s flags as mode letters, and staging where letters
fail.

Nothing is emptied that was not to be emptied, and nothing made that was not to be made: `w` is used only
where both are wanted or the name was just looked up under the object's lock. An object that refuses to update
a file, or gives one that cannot seek, gets its contents as a whole: they are kept in a temporary file
meanwhile.
"""

import errno
import os
from contextlib import closing, nullcontext
from os import O_ACCMODE, O_CREAT, O_EXCL, O_RDONLY, O_TRUNC
from typing import Any, Callable, ContextManager, Optional

from xdokan import errors
from xdokan._files import ObjectFile, StagedFile, can_seek, wrap
from xdokan._kinds import is_kind, layers_of

_RACES = 5
_REFUSES_MODE = (errno.EOPNOTSUPP, errno.EINVAL)


def failure(code: int) -> OSError:
    """An exception that stands for an errno."""
    return OSError(code, os.strerror(code))


class Opening:
    """Opens files of an object; part of Tree."""

    def __init__(self, fs: Any) -> None:
        self.fs = fs
        self.buffering = -1
        self._stage_writes = any(is_kind(layer, "fs.ftpfs", "FTPFS") for layer in layers_of(fs))
        self.at_close = self._stage_writes

    def lock(self) -> ContextManager[Any]:
        """The object's own lock."""
        lock = getattr(self.fs, "lock", None)
        return lock() if lock is not None else nullcontext()

    def open(self, path: str, flags: int, mode: int) -> Any:
        """Opens a file; `mode` are the permissions of a new one, which PyFilesystem leaves to the object."""
        if self._stage_writes and flags & (O_ACCMODE | O_CREAT | O_TRUNC):
            return self._open_staged(path, flags)
        try:
            file = self._open_object(path, flags)
        except Exception as exc:
            if (
                not flags & O_ACCMODE
                or errors.known_errno(exc) not in _REFUSES_MODE
                and type(exc) is not ValueError
            ):
                raise
            return self._open_staged(path, flags)
        if not can_seek(file):
            return self._restage(file, path, flags)
        record = wrap(file, self._reopen if self.at_close and flags & O_ACCMODE else None)
        if isinstance(record, ObjectFile):
            record.path = path
        return record

    def _openbin(self, path: str, mode: str) -> Any:
        return self.fs.openbin(path, mode, self.buffering)

    def _reopen(self, path: str) -> Any:
        return self._openbin(path, "r+b")

    def _open_object(self, path: str, flags: int) -> Any:
        if flags & O_CREAT and flags & O_EXCL:
            return self._create(path, flags)
        if flags & O_TRUNC:
            return self._empty(path, flags)
        if not flags & O_CREAT:
            return self._openbin(path, "r+b" if flags & O_ACCMODE else "rb")
        for _ in range(_RACES):
            try:
                return self._openbin(path, "r+b" if flags & O_ACCMODE else "rb")
            except Exception as exc:
                if errors.known_errno(exc) != errno.ENOENT:
                    raise
            try:
                return self._create(path, flags)
            except Exception as exc:
                if errors.known_errno(exc) != errno.EEXIST:
                    raise
        raise failure(errno.EBUSY)

    def _create(self, path: str, flags: int) -> Any:
        letters = "x+b" if flags & O_ACCMODE != os.O_WRONLY else "xb"
        try:
            return self._openbin(path, letters)
        except ValueError:
            pass  # an object that does not know the letter
        with self.lock():
            if self.fs.exists(path):
                raise failure(errno.EEXIST)
            return self._openbin(path, letters.replace("x", "w"))

    def _empty(self, path: str, flags: int) -> Any:
        """Opens and empties; makes it only if that was asked."""
        letters = "w+b" if flags & O_ACCMODE != os.O_WRONLY else "wb"
        if flags & O_CREAT:
            return self._openbin(path, letters)
        with self.lock():
            if not self.fs.exists(path):
                raise failure(errno.ENOENT)
            return self._openbin(path, letters)

    # ---- staging --------------------------------------------------------------------------------------

    def _store(self, path: str, whole: Any) -> None:
        self.fs.upload(path, whole)

    def _open_staged(self, path: str, flags: int) -> StagedFile:
        """Whatever must be there or be made is there or made at once; contents come and go as a whole."""
        fresh = flags & O_TRUNC
        if flags & O_CREAT and (flags & O_EXCL or not self.fs.exists(path)):
            self._create(path, O_CREAT | O_EXCL | os.O_WRONLY).close()
            fresh = True
        elif fresh:
            self._empty(path, os.O_WRONLY).close()
        return self._staged(
            self._store if flags & O_ACCMODE else None, path, None if fresh else self._openbin(path, "rb")
        )

    @staticmethod
    def _staged(store: Optional[Callable[[str, Any], None]], path: str, source: Optional[Any]) -> StagedFile:
        """With the contents of a file object, which is closed."""
        staged = StagedFile(store, path)
        try:
            if source is not None:
                with closing(source):
                    staged.fill(source)
        except BaseException:
            staged.drop()
            raise
        return staged

    def _restage(self, file: Any, path: str, flags: int) -> StagedFile:
        """It has turned out that it cannot seek."""
        if flags & O_ACCMODE == O_RDONLY:
            return self._staged(None, path, file)
        file.close()
        return self._open_staged(path, flags & O_ACCMODE)
