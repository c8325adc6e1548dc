# SPDX-License-Identifier: MIT
"""Open files: what a file object of PyFilesystem is to `fs_table`'s f_ methods.

Each kind has pread(address, size, offset), pwrite(), truncate(), flush(), sync(), facts() and close(). They
raise; the bridge turns that into numbers. C calls them one at a time for one file.

    FdFile       io.FileIO, or a buffered file on one: the descriptor is used, nothing stays in a buffer
    MemoryFile   of fs.memoryfs: its position is set, not sought
    ObjectFile   any other file object that can seek: trusted with nothing
    StagedFile   for objects that cannot: a temporary file, taken in at the start and handed over at flush

Buffers of C are lent as memoryviews and taken back before the call ends.
"""

import errno
import io
import os
import tempfile
from ctypes import Array, c_char, c_int, c_ssize_t, c_void_p, memmove, py_object, pythonapi, string_at
from typing import Any, Callable, Dict, Optional, Type

_PYBUF_READ, _PYBUF_WRITE = 0x100, 0x200
_CHUNK = 1 << 20

_view_of = pythonapi.PyMemoryView_FromMemory
_view_of.argtypes, _view_of.restype = [c_void_p, c_ssize_t, c_int], py_object

_windows: Dict[int, Type[Array]] = {}
_WINDOW_MAX = 1 << 21


def window(address: int, size: int) -> Any:
    """The bytes at an address as a buffer for code that does not keep it: cheaper than a memoryview."""
    kind = _windows.get(size)
    if kind is not None:
        return kind.from_address(address)
    if size % 4096 or size > _WINDOW_MAX:
        return _view_of(address, size, _PYBUF_WRITE)
    _windows[size] = kind = c_char * size
    return kind.from_address(address)


def _taken_back(view: memoryview) -> None:
    try:
        view.release()
    except BufferError:
        raise ValueError("the file object keeps a buffer that was lent for one call") from None


class FdFile:
    """A descriptor: positioned reads and writes that release the interpreter."""

    __slots__ = ("_file", "_fd")

    def __init__(self, file: Any, raw: io.FileIO) -> None:
        self._file = file
        self._fd = raw.fileno()

    def pread(self, address: int, size: int, offset: int) -> int:
        done = os.preadv(self._fd, (window(address, size),), offset)
        while 0 < done < size:
            more = os.preadv(self._fd, (window(address + done, size - done),), offset + done)
            if more == 0:
                break
            done += more
        return done

    def pwrite(self, address: int, size: int, offset: int) -> int:
        done = os.pwritev(self._fd, (window(address, size),), offset)
        while done < size:
            more = os.pwritev(self._fd, (window(address + done, size - done),), offset + done)
            if more == 0:
                raise OSError(errno.EIO, "nothing was written")
            done += more
        return done

    def truncate(self, size: int) -> None:
        os.ftruncate(self._fd, size)

    def flush(self) -> None:
        pass

    def sync(self) -> None:
        os.fsync(self._fd)

    def facts(self) -> Optional[os.stat_result]:
        return os.fstat(self._fd)

    def chmod(self, mode: int) -> None:
        os.fchmod(self._fd, mode)

    def close(self) -> None:
        self._file.close()


class MemoryFile:
    """A file of MemoryFS."""

    __slots__ = ("_file", "_readinto", "_write")

    def __init__(self, file: Any) -> None:
        self._file = file
        self._readinto = file.readinto
        self._write = file.write

    def pread(self, address: int, size: int, offset: int) -> int:
        self._file.pos = offset
        return self._readinto(window(address, size))

    def pwrite(self, address: int, size: int, offset: int) -> int:
        self._file.pos = offset
        return self._write(window(address, size))

    def truncate(self, size: int) -> None:
        self._file.pos = 0  # it does not extend from a position behind the new end
        self._file.truncate(size)

    def flush(self) -> None:
        pass

    def sync(self) -> None:
        pass

    def facts(self) -> Optional[os.stat_result]:
        return None

    def close(self) -> None:
        self._file.close()


class ObjectFile:
    """Any file object that can seek."""

    __slots__ = ("path", "_file", "_pos", "_readinto", "_reopen", "_dirty")

    def __init__(self, file: Any, reopen: Optional[Callable[[str], Any]] = None) -> None:
        """`reopen`: what is written takes effect when the file object is closed; this opens another by
        `path`."""
        self.path = ""
        self._take(file)
        self._reopen = reopen
        self._dirty = False

    def _take(self, file: Any) -> None:
        self._file = file
        self._pos = -1
        self._readinto = getattr(file, "readinto", None)

    def _opened(self) -> Any:
        if self._file is None and self._reopen is not None:
            self._take(self._reopen(self.path))
        return self._file

    def _seek(self, offset: int) -> Any:
        file = self._opened()
        if self._pos != offset:
            self._pos = -1
            file.seek(offset)
        return file

    def _read(self, file: Any, address: int, size: int) -> int:
        if self._readinto is not None:
            view = _view_of(address, size, _PYBUF_WRITE)
            try:
                count = self._readinto(view)
            finally:
                _taken_back(view)
        else:
            data = file.read(size)
            count = None if data is None else len(data)
            if count is not None and count <= size:
                memmove(address, bytes(data), count)
        if type(count) is not int or not 0 <= count <= size:
            raise ValueError(f"reading {size} bytes gave {count!r}")
        return count

    def pread(self, address: int, size: int, offset: int) -> int:
        file = self._seek(offset)
        self._pos = -1
        done = 0
        while done < size:
            count = self._read(file, address + done, size - done)
            if count == 0:
                break
            done += count
        self._pos = offset + done
        return done

    def pwrite(self, address: int, size: int, offset: int) -> int:
        file = self._seek(offset)
        self._pos = -1
        self._dirty = True
        done = 0
        while done < size:
            count = file.write(string_at(address + done, size - done))
            count = size - done if count is None else count
            if type(count) is not int or not 0 < count <= size - done:
                raise ValueError(f"writing {size - done} bytes gave {count!r}")
            done += count
        self._pos = offset + done
        return done

    def truncate(self, size: int) -> None:
        file = self._seek(0)
        self._pos = -1
        self._dirty = True
        file.truncate(size)
        end = file.seek(0, os.SEEK_END)
        end = file.tell() if end is None else end
        if end < size:
            file.seek(size - 1)
            file.write(b"\0")

    def flush(self) -> None:
        if self._file is None or not self._dirty:
            return
        if self._reopen is None:
            self._file.flush()
        else:
            file, self._file, self._pos, self._readinto = self._file, None, -1, None
            file.close()
        self._dirty = False

    def sync(self) -> None:
        self.flush()

    def facts(self) -> Optional[os.stat_result]:
        return None

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


class StagedFile(FdFile):
    """A temporary file that stands in for one which cannot be written, or read, at any place."""

    __slots__ = ("path", "_store", "_dirty")

    def __init__(self, store: Optional[Callable[[str, Any], None]], path: str) -> None:
        """`store` hands the whole contents, a file at its start, over to the object; None when only read."""
        file: Any = tempfile.TemporaryFile(buffering=0)
        super().__init__(file, file)
        self.path = path
        self._store = store
        self._dirty = False

    def fill(self, source: Any) -> None:
        """Takes the contents in."""
        while True:
            data = source.read(_CHUNK)
            if not data:
                return
            self._file.write(data)

    def disown(self) -> None:
        """Nothing is to be handed over any more."""
        self._store = None

    def drop(self) -> None:
        """Closes it and hands nothing over."""
        self.disown()
        self.close()

    def pwrite(self, address: int, size: int, offset: int) -> int:
        self._dirty = True
        return super().pwrite(address, size, offset)

    def truncate(self, size: int) -> None:
        self._dirty = True
        super().truncate(size)

    def flush(self) -> None:
        if self._dirty and self._store is not None:
            with os.fdopen(os.dup(self._fd), "rb") as whole:
                whole.seek(0)
                self._store(self.path, whole)
            self._dirty = False

    def sync(self) -> None:
        self.flush()

    def facts(self) -> Optional[os.stat_result]:
        return None

    def close(self) -> None:
        try:
            self.flush()
        finally:
            super().close()


# ---- which kind ---------------------------------------------------------------------------------------

_BUFFERED = (io.BufferedReader, io.BufferedRandom, io.BufferedWriter)


def _raw_of(file: Any) -> Optional[io.FileIO]:
    raw = file.raw if type(file) in _BUFFERED else file
    return raw if type(raw) is io.FileIO else None


def is_memory_file(file: Any) -> bool:
    """Whether it is a file of the MemoryFS that we know."""
    kind = type(file)
    return kind.__name__ == "_MemoryFile" and kind.__module__ == "fs.memoryfs" and hasattr(file, "pos")


def can_seek(file: Any) -> bool:
    """Whether it can be read and written anywhere; one that does not say can."""
    ask = getattr(file, "seekable", None)
    return ask is None or bool(ask())


def wrap(file: Any, reopen: Optional[Callable[[str], Any]] = None) -> Any:
    """The kind for a file object that can seek."""
    if not callable(getattr(file, "close", None)):
        raise TypeError(f"openbin gave no file but {type(file).__name__}")
    raw = _raw_of(file)
    if raw is not None:
        return FdFile(file, raw)
    if is_memory_file(file):
        return MemoryFile(file)
    return ObjectFile(file, reopen)
