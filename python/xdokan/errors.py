# SPDX-License-Identifier: MIT
"""What a Python exception means to a file system: an errno, and from it an NTSTATUS.

    errno_of(exception)      a positive errno; EIO for whatever is no answer of a file system
    status_of(exception)     the same as NTSTATUS
    log_unexpected(...)      one line with a traceback on the logger "fs.expose.dokan"

The errors of PyFilesystem are known by the names of their classes, the most derived first, in 2.x and in 0.5:
so nothing of `fs` is imported here, and subclasses of other packages are understood too. An exception is
never success, and ENOSYS never leaves here: the kernel would not ask again.
"""

import errno
import logging
import threading
from typing import Dict, Optional, Tuple, Type

logger = logging.getLogger("fs.expose.dokan")

_FS_ERRORS: Dict[str, int] = {
    # 2.x
    "ResourceNotFound": errno.ENOENT,
    "FileExpected": errno.EISDIR,
    "DirectoryExpected": errno.ENOTDIR,
    "ResourceInvalid": errno.EINVAL,
    "FileExists": errno.EEXIST,
    "DirectoryExists": errno.EEXIST,
    "DestinationExists": errno.EEXIST,
    "DirectoryNotEmpty": errno.ENOTEMPTY,
    "PermissionDenied": errno.EACCES,
    "ResourceReadOnly": errno.EROFS,
    "ResourceLocked": errno.EBUSY,
    "InsufficientStorage": errno.ENOSPC,
    "RemoteConnectionError": errno.ENETDOWN,
    "OperationTimeout": errno.ETIMEDOUT,
    "Unsupported": errno.EOPNOTSUPP,
    "FilesystemClosed": errno.ESHUTDOWN,
    "RemoveRootError": errno.EBUSY,
    "InvalidCharsInPath": errno.EINVAL,
    "InvalidPath": errno.EINVAL,
    "PathError": errno.EINVAL,
    "NoSysPath": errno.ENODATA,
    "NoURL": errno.ENODATA,
    # 0.5
    "ResourceNotFoundError": errno.ENOENT,
    "ParentDirectoryMissingError": errno.ENOENT,
    "ResourceInvalidError": errno.EINVAL,
    "DestinationExistsError": errno.EEXIST,
    "DirectoryNotEmptyError": errno.ENOTEMPTY,
    "PermissionDeniedError": errno.EACCES,
    "ResourceLockedError": errno.EBUSY,
    "StorageSpaceError": errno.ENOSPC,
    "OperationTimeoutError": errno.ETIMEDOUT,
    "UnsupportedError": errno.EOPNOTSUPP,
    "FSClosedError": errno.ESHUTDOWN,
    "InvalidPathError": errno.EINVAL,
    "NoSysPathError": errno.ENODATA,
    "NoMetaError": errno.ENODATA,
    "NoPathURLError": errno.ENODATA,
}

_FS_NOT_FSERROR: Dict[str, int] = {
    "IllegalBackReference": errno.EINVAL,
    "BackReferenceError": errno.EINVAL,
    "MissingInfoNamespace": errno.ENODATA,
}
"""Classes of `fs.errors` that do not derive from FSError."""

_INNER_COUNTS = {
    "PathError": (errno.ENAMETOOLONG,),
    "InvalidPath": (errno.ENAMETOOLONG,),
    "PermissionDenied": (errno.EPERM, errno.EACCES, errno.EROFS),
    "Unsupported": (errno.EXDEV,),
}
"""Where the errno of the exception inside says more than the class: of which classes, and which."""

_BUILTIN: Tuple[Tuple[Type[BaseException], int], ...] = (
    (MemoryError, errno.ENOMEM),
    (FileNotFoundError, errno.ENOENT),
    (FileExistsError, errno.EEXIST),
    (IsADirectoryError, errno.EISDIR),
    (NotADirectoryError, errno.ENOTDIR),
    (PermissionError, errno.EACCES),
    (TimeoutError, errno.ETIMEDOUT),
    (ConnectionError, errno.ENETDOWN),
)
"""For exceptions without a number of their own."""

_STATUS: Dict[int, int] = {
    errno.ENOSYS: 0xC00000BB,
    errno.EOPNOTSUPP: 0xC00000BB,
    errno.ENETDOWN: 0xC000020C,
    errno.ESHUTDOWN: 0xC0000128,
    errno.EPERM: 0xC0000022,
}
"""Where the exposure of FS objects thinks otherwise than DokanNtStatusFromErrno()."""

_STATUS_BY_CLASS: Dict[str, int] = {
    "ParentDirectoryMissingError": 0xC000003A,
    "ResourceLocked": 0xC0000043,
    "ResourceLockedError": 0xC0000043,
    "RemoveRootError": 0xC0000121,
    "InvalidCharsInPath": 0xC0000033,
    "InvalidPath": 0xC0000033,
    "InvalidPathError": 0xC0000033,
    "PathError": 0xC0000033,
    "IllegalBackReference": 0xC0000033,
    "BackReferenceError": 0xC0000033,
}
"""Statuses that say more than the errno does."""

STATUS_INTERNAL_ERROR = 0xC00000E5

_LINES_MAX = 20
_lines: Dict[Tuple[str, str], int] = {}
_lines_lock = threading.Lock()


def _name_in(exc: BaseException, table: Dict[str, int]) -> Optional[str]:
    for cls in type(exc).__mro__:
        if cls.__name__ in table:
            return cls.__name__
    return None


def _is_fs_error(exc: BaseException) -> bool:
    return any(cls.__name__ == "FSError" for cls in type(exc).__mro__)


def _number(value: object) -> Optional[int]:
    """An errno, if it is one. ENOSYS would be taken for the whole mount's answer."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 4096:
        return None
    return errno.EOPNOTSUPP if value == errno.ENOSYS else int(value)


def _inner(exc: BaseException) -> Optional[int]:
    """The errno that an exception carries, or the one inside it."""
    for source in (exc, getattr(exc, "exc", None), getattr(exc, "details", None)):
        number = _number(getattr(source, "errno", None))
        if number:
            return number
    return None


def _of_fs_error(exc: BaseException) -> Optional[int]:
    name = _name_in(exc, _FS_ERRORS)
    inner = _inner(exc)
    if name is None:
        return inner
    return inner if inner and inner in _INNER_COUNTS.get(name, ()) else _FS_ERRORS[name]


def _of_builtin(exc: BaseException) -> Optional[int]:
    number = _number(getattr(exc, "errno", None)) if isinstance(exc, OSError) else None
    if number:
        return number
    for cls, code in _BUILTIN:
        if isinstance(exc, cls):
            return code
    if isinstance(exc, OSError) and isinstance(exc, ValueError):
        return errno.EOPNOTSUPP  # io.UnsupportedOperation
    return None


def known_errno(exc: BaseException) -> Optional[int]:
    """The errno that an exception stands for; None if it is no answer that a file system may give."""
    try:
        if _is_fs_error(exc):
            return _of_fs_error(exc)
        name = _name_in(exc, _FS_NOT_FSERROR)
        return _FS_NOT_FSERROR[name] if name else _of_builtin(exc)
    except Exception:  # an exception whose attributes raise
        return None


def errno_of(exc: BaseException) -> int:
    """The errno that an exception stands for: positive, EIO for one that is no answer of a file system."""
    return known_errno(exc) or errno.EIO


def status_of(exc: BaseException) -> int:
    """The NTSTATUS that an exception stands for: never success, STATUS_INTERNAL_ERROR for an unknown one."""
    code = known_errno(exc)
    if code is None:
        return STATUS_INTERNAL_ERROR
    name = _name_in(exc, _FS_ERRORS) or _name_in(exc, _FS_NOT_FSERROR)
    if name in _STATUS_BY_CLASS and code in (_FS_ERRORS.get(name), _FS_NOT_FSERROR.get(name)):
        return _STATUS_BY_CLASS[name]
    return _STATUS.get(code) or _status_from_errno(code)


def _status_from_errno(code: int) -> int:
    from ctypes import c_int, c_uint32

    from xdokan._library import libdokan2

    function = libdokan2.DokanNtStatusFromErrno
    function.argtypes, function.restype = [c_int], c_uint32
    return int(function(code))


def log_unexpected(exc: BaseException, what: str = "a callback") -> None:
    """Logs an exception that is no answer of a file system: one line and its traceback.

    The same exception in the same place is logged twenty times and then no more: a program that reads in a
    loop must not fill the log. `what` names the place, "getinfo of MemoryFS"."""
    key = (what, type(exc).__name__)
    with _lines_lock:
        count = _lines[key] = _lines.get(key, 0) + 1
    if count > _LINES_MAX:
        return
    last = "; further ones are not logged" if count == _LINES_MAX else ""
    try:
        logger.error(
            "%s raised %s, answered with an input/output error%s",
            what,
            key[1],
            last,
            exc_info=(type(exc), exc, exc.__traceback__),
        )
    except Exception:  # a handler, or the exception's own text, raises: the answer is an error all the same
        pass


def text_of(exc: BaseException) -> str:
    """The exception for people: its class and text, in one line."""
    try:
        text = " ".join(str(exc).split())
    except Exception:
        text = ""
    return f"{type(exc).__name__}: {text}" if text else type(exc).__name__
