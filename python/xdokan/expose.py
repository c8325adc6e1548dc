# SPDX-License-Identifier: MIT
r"""What `fs.expose.dokan` shows: FS objects as drives that every program can use.

    from fs.memoryfs import MemoryFS
    from fs.expose import dokan

    with dokan.mount(MemoryFS(), "Q:\\") as mp:
        print(mp.drive, mp.path)

Names, signatures and constants are those of PyFilesystem's dokan module. This module can be imported where
the library is missing: then `is_available` is False, and what needs the library raises OSError that says why.
"""

import logging
from types import ModuleType
from typing import TYPE_CHECKING, Any, List, NoReturn, Optional

from . import constants
from .constants import DATETIME_STARTUP, DATETIME_ZERO, FILETIME_UNIX_EPOCH, MIN_FH, NATIVE_ENCODING
from .operations import FSOperations, handle_fs_errors, timeout_protect

if TYPE_CHECKING:
    from .safety import Win32SafetyFS

logger = logging.getLogger("fs.expose.dokan")

libdokan: Optional[ModuleType] = None
"""The Dokan 2 API (`xdokan.dokan`), None where the library is missing."""

try:
    from . import dokan as _dokan
    from .mounting import LiveMount, mount, unmount
    from .process import MountProcess
    libdokan = _dokan
    is_available = True
    _reason = ""
except ImportError as _error:
    is_available = False
    _reason = str(_error)

    def _missing(*_args: Any, **_kwds: Any) -> NoReturn:
        raise OSError("the Dokan library is not available: " + _reason)

    mount = unmount = _missing

    class MountProcess:  # type: ignore[no-redef]
        """Stands where the library is missing."""

        __init__ = _missing  # type: ignore[assignment]

    LiveMount = MountProcess  # type: ignore[misc, assignment]

_CONSTANTS = [name for name in dir(constants) if name.isupper() and not name.startswith("_")]

__all__ = ["DATETIME_STARTUP", "DATETIME_ZERO", "FILETIME_UNIX_EPOCH", "FSOperations", "LiveMount", "MIN_FH",
           "MountProcess", "NATIVE_ENCODING", "Win32SafetyFS", "handle_fs_errors", "is_available", "libdokan",
           "logger", "mount", "timeout_protect", "unmount"]


def __getattr__(name: str) -> Any:
    if name == "Win32SafetyFS":
        from .safety import Win32SafetyFS as found  # needs PyFilesystem
        return found
    if name in _CONSTANTS:
        return getattr(constants, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> List[str]:
    return sorted({*globals(), *__all__, *_CONSTANTS})
