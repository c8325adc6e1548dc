# SPDX-License-Identifier: MIT
"""FSOperations: the Dokan callbacks of an FS object, to be changed one by one in a subclass.

    class Loud(FSOperations):
        def ReadFile(self, path, buffer, size, read, offset, info):
            print("read", path)
            return super().ReadFile(path, buffer, size, read, offset, info)

    mount(fs, "Q:", FSOperationsClass=Loud)

Only what a subclass overrides becomes a Python callback; every other slot is the library's C function, and so
is what super() calls, with the same arguments. Names and paths come as `str` with backslashes, everything
else as ctypes gives it (pointers, addresses, numbers). An overriding method returns an NTSTATUS or None for
success; what it raises becomes a status, never success.

`DOKAN_FILE_INFO.Context` belongs to the library's callbacks: who replaces ZwCreateFile without calling
super() replaces all that work on handles.
"""

import ctypes
import functools
import logging
import math
import os
import sys
import threading
import time
from typing import Any, Callable, Dict, List, Optional, Tuple, TypeVar, cast

from . import errors
from .constants import STATUS_NOT_IMPLEMENTED
from .structs import CALLBACK_TYPES, DOKAN_OPERATIONS, PDOKAN_FILE_INFO, to_wide, wide_at

logger = logging.getLogger("fs.expose.dokan")

HOME = os.path.expanduser("~")
"""Where a `securityfolder` that nobody names would be."""


def _fsapi() -> Any:
    """The library is needed to mount, not to write a class of operations."""
    from . import fsapi
    return fsapi


_Function = TypeVar("_Function", bound=Callable[..., Any])
_TEXTS = {"MoveFile": (0, 1), "FindFilesWithPattern": (0, 1), "GetDiskFreeSpace": (),
          "GetVolumeInformation": (), "Unmounted": ()}
"""Which arguments are names, where it is not the first alone."""


# ---- errors
# ---------------------------------------------------------------------------------------------------


def handle_fs_errors(func: _Function) -> _Function:
    """Makes a function answer with an NTSTATUS: None is success, errors of FS objects and of the system
    become what they stand for, everything else is logged with its traceback and answered
    STATUS_INTERNAL_ERROR."""
    @functools.wraps(func)
    def wrapper(*args: Any, **kwds: Any) -> int:
        try:
            result = func(*args, **kwds)
            return 0 if result is None else int(result) & 0xFFFFFFFF
        except BaseException as error:  # pylint: disable=broad-except
            return _failed(func, error)
    return cast(_Function, wrapper)


def _failed(func: Callable[..., Any], error: BaseException) -> int:
    if errors.known_errno(error) is None:
        errors.log_unexpected(error, getattr(func, "__qualname__", repr(func)))
        return errors.STATUS_INTERNAL_ERROR
    status = errors.status_of(error)
    return status if status & 0x80000000 else errors.STATUS_INTERNAL_ERROR


# ---- deadlines
# ------------------------------------------------------------------------------------------------

PATIENCE = 300.0
"""Seconds that a protected function may stand at one place, and be taken for alive."""

test_limit_ms = 0
"""For tests: the time limit of a mount with a `test_timeout`, which its DOKAN_OPTIONS do not tell."""


def timeout_protect(func: _Function) -> _Function:
    """Renews the deadline of a callback for as long as the decorated function lives.

    The last argument is what the callback got as DOKAN_FILE_INFO. The function lives while its thread goes
    from one place in Python code to another or uses processor time; and also while it stands at one place, in
    a single call that sleeps or waits for a server, for PATIENCE seconds. After that it is dead, is renewed
    no more and fails at its deadline. Whoever knows better calls `xdokan.fsapi.fs_progress()`.
    """
    @functools.wraps(func)
    def wrapper(*args: Any, **kwds: Any) -> Any:
        info = args[-1] if args else None
        if not isinstance(info, PDOKAN_FILE_INFO) or not info:
            return func(*args, **kwds)
        library = _fsapi()
        call, entry = library.Call(), _Running(info)
        library.fs_call_begin(ctypes.byref(call), info)
        _renewer.add(entry)
        try:
            return func(*args, **kwds)
        finally:
            _renewer.remove(entry)
            library.fs_call_end(ctypes.byref(call))
    return cast(_Function, wrapper)


class _Running:
    """A protected call that runs."""

    def __init__(self, info: Any) -> None:
        self.info = info
        self.thread = threading.get_ident()
        self.limit = time_limit(info)
        self.place: Optional[Tuple[int, int]] = None
        self.since = time.monotonic()
        self.due = self.since + self.limit / 2

    def lives(self, now: float) -> bool:
        """Whether it has moved, or has not stood where it stands for too long."""
        frame = sys._current_frames().get(self.thread)
        place = (id(frame), frame.f_lasti) if frame else None
        if place != self.place:
            self.place, self.since = place, now
        return place is not None and now - self.since < PATIENCE


class _Renewer:
    """The thread that renews, started with the first protected call. `_changed` guards the calls, and an
    entry is renewed under it, so that its DOKAN_FILE_INFO is there."""

    def __init__(self) -> None:
        self._changed = threading.Condition(threading.Lock())
        self._calls: List[_Running] = []
        self._next = 0.0
        self._thread: Optional[threading.Thread] = None
        os.register_at_fork(after_in_child=self._restart)

    def _restart(self) -> None:
        self._changed = threading.Condition(threading.Lock())
        self._calls, self._thread = [], None

    def add(self, entry: _Running) -> None:
        """From now on it is looked at."""
        with self._changed:
            self._calls.append(entry)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="xdokan-renew", daemon=True)
                self._thread.xdokan = True  # type: ignore[attr-defined]
                self._thread.start()
            elif entry.due < self._next:
                self._changed.notify()

    def remove(self, entry: _Running) -> None:
        """It is over; when this returns nobody looks at its DOKAN_FILE_INFO any more."""
        with self._changed:
            self._calls.remove(entry)

    def _run(self) -> None:
        with self._changed:
            while True:
                now = time.monotonic()
                for entry in self._calls:
                    if entry.due <= now:
                        self._renew(entry, now)
                self._next = min((entry.due for entry in self._calls), default=math.inf)
                self._changed.wait(None if self._next == math.inf else max(0.0, self._next - now))

    @staticmethod
    def _renew(entry: _Running, now: float) -> None:
        entry.due = now + entry.limit / 2
        if entry.lives(now):
            _reset_timeout(round(entry.limit * 1000), entry.info)


_renewer = _Renewer()


def time_limit(info: Any) -> float:
    """Seconds that a call on this volume may take."""
    if test_limit_ms:
        return test_limit_ms / 1000
    return (info.contents.DokanOptions.contents.Timeout or 15000) / 1000


def _reset_timeout(milliseconds: int, info: Any) -> None:
    from ._library import libdokan2

    function = libdokan2.DokanResetTimeout
    function.argtypes, function.restype = [ctypes.c_uint32, ctypes.c_void_p], ctypes.c_int32
    function(milliseconds, info)


# ---- the callbacks
# --------------------------------------------------------------------------------------------


class FSOperations:
    """The callbacks by which an FS object is shown.

    fs              the object
    fsname          what GetVolumeInformation tells as the file system
    volname         and as the volume
    securityfolder  directory whose owner and mode every directory shows. Where none is named, directories
                    show what the object says
    """

    def __init__(self, fs: Any, fsname: str = "NTFS", volname: str = "Dokan Volume",
                 securityfolder: "str | os.PathLike[str]" = HOME) -> None:
        self.fs = fs
        self.fsname, self.volname, self.securityfolder = fsname, volname, securityfolder
        self.chosen: Dict[str, Any] = {}
        if fsname != "NTFS":
            self.chosen["fsname"] = fsname
        if volname != "Dokan Volume":
            self.chosen["volname"] = volname
        if securityfolder is not HOME:
            self.chosen["securityfolder"] = securityfolder

    def get_ops_struct(self) -> DOKAN_OPERATIONS:
        """The table for the library. It lives as long as what is returned here is kept."""
        theirs = _fsapi().fs_operations().contents
        table = DOKAN_OPERATIONS()
        ctypes.memmove(ctypes.byref(table), ctypes.byref(theirs), ctypes.sizeof(table))
        for name in self.overridden():
            setattr(table, name, CALLBACK_TYPES[name](_callback(name, getattr(self, name))))
        table.owner = self
        return table

    def overridden(self) -> List[str]:
        """Names of the callbacks that a subclass, or the object itself, has methods of its own for."""
        return [name for name in CALLBACK_TYPES
                if name in vars(self) or getattr(type(self), name) is not getattr(FSOperations, name)]

    def ZwCreateFile(self, path: str, securitycontext: Any, access: int, attributes: int, sharing: int,
                     disposition: int, options: int, info: Any) -> int:
        """Opens or creates."""
        return _forward("ZwCreateFile", path, securitycontext, access, attributes, sharing, disposition,
                        options, info)

    def Cleanup(self, path: str, info: Any) -> Any:
        """The last handle of a program is closed; what was to be deleted is deleted."""
        return _forward("Cleanup", path, info)

    def CloseFile(self, path: str, info: Any) -> Any:
        """Nobody uses the handle any more."""
        return _forward("CloseFile", path, info)

    def ReadFile(self, path: str, buffer: Any, size: int, read: Any, offset: int, info: Any) -> int:
        """Reads."""
        return _forward("ReadFile", path, buffer, size, read, offset, info)

    def WriteFile(self, path: str, buffer: Any, size: int, written: Any, offset: int, info: Any) -> int:
        """Writes."""
        return _forward("WriteFile", path, buffer, size, written, offset, info)

    def FlushFileBuffers(self, path: str, info: Any) -> int:
        """Hands over what was written."""
        return _forward("FlushFileBuffers", path, info)

    def GetFileInformation(self, path: str, buffer: Any, info: Any) -> int:
        """Facts of an open file."""
        return _forward("GetFileInformation", path, buffer, info)

    def FindFiles(self, path: str, fill: Any, info: Any) -> int:
        """Lists a directory."""
        return _forward("FindFiles", path, fill, info)

    def FindFilesWithPattern(self, path: str, pattern: str, fill: Any, info: Any) -> int:
        """Lists what matches."""
        return _forward("FindFilesWithPattern", path, pattern, fill, info)

    def SetFileAttributes(self, path: str, attributes: int, info: Any) -> int:
        """Sets FILE_ATTRIBUTE_*."""
        return _forward("SetFileAttributes", path, attributes, info)

    def SetFileTime(self, path: str, created: Any, accessed: Any, written: Any, info: Any) -> int:
        """Sets times."""
        return _forward("SetFileTime", path, created, accessed, written, info)

    def DeleteFile(self, path: str, info: Any) -> int:
        """Whether the file can be deleted; Cleanup does it."""
        return _forward("DeleteFile", path, info)

    def DeleteDirectory(self, path: str, info: Any) -> int:
        """Whether the directory can be deleted; Cleanup does it."""
        return _forward("DeleteDirectory", path, info)

    def MoveFile(self, path: str, target: str, replace: int, info: Any) -> int:
        """Renames."""
        return _forward("MoveFile", path, target, replace, info)

    def SetEndOfFile(self, path: str, length: int, info: Any) -> int:
        """Sets the size."""
        return _forward("SetEndOfFile", path, length, info)

    def SetAllocationSize(self, path: str, length: int, info: Any) -> int:
        """Sets the room on the medium."""
        return _forward("SetAllocationSize", path, length, info)

    def LockFile(self, path: str, offset: int, length: int, info: Any) -> int:
        """Locks a range; not offered here, the library keeps locks itself."""
        return _forward("LockFile", path, offset, length, info)

    def UnlockFile(self, path: str, offset: int, length: int, info: Any) -> int:
        """Unlocks it; as LockFile."""
        return _forward("UnlockFile", path, offset, length, info)

    def GetDiskFreeSpace(self, available: Any, total: Any, free: Any, info: Any) -> int:
        """Space of the volume."""
        return _forward("GetDiskFreeSpace", available, total, free, info)

    def GetVolumeInformation(self, volname: Any, volname_size: int, serial: Any, name_max: Any, flags: Any,
                             fsname: Any, fsname_size: int, info: Any) -> int:
        """Names and features of the volume."""
        return _forward("GetVolumeInformation", volname, volname_size, serial, name_max, flags, fsname,
                        fsname_size, info)

    def Mounted(self, path: str, info: Any) -> int:
        """It is mounted there."""
        return _forward("Mounted", path, info)

    def Unmounted(self, info: Any) -> int:
        """It is no longer mounted."""
        return _forward("Unmounted", info)

    def GetFileSecurity(self, path: str, wanted: Any, descriptor: Any, size: int, needed: Any,
                        info: Any) -> int:
        """Reads a security descriptor."""
        return _forward("GetFileSecurity", path, wanted, descriptor, size, needed, info)

    def SetFileSecurity(self, path: str, wanted: Any, descriptor: Any, size: int, info: Any) -> int:
        """Sets one."""
        return _forward("SetFileSecurity", path, wanted, descriptor, size, info)

    def FindStreams(self, path: str, fill: Any, context: Any, info: Any) -> int:
        """Lists named streams."""
        return _forward("FindStreams", path, fill, context, info)


def _forward(name: str, *args: Any) -> Any:
    """Calls the library's callback."""
    slot = getattr(_fsapi().fs_operations().contents, name)
    if not slot:
        return STATUS_NOT_IMPLEMENTED
    kept = [to_wide(value) if isinstance(value, str) else value for value in args]
    result = slot(*(ctypes.addressof(value) if isinstance(value, ctypes.Array) else value for value in kept))
    return None if result is None else result & 0xFFFFFFFF


def _callback(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    """The function that ctypes calls."""
    texts = _TEXTS.get(name, (0,))
    guarded = handle_fs_errors(method)

    def callback(*args: Any) -> int:
        return guarded(*(wide_at(value) if place in texts else value for place, value in enumerate(args)))
    return callback
