# SPDX-License-Identifier: MIT
"""Dokan file systems in Python.

Two ways, both without a compiled extension:

    from xdokan import mount                       a PyFilesystem object as a drive; see xdokan.expose
    from xdokan import Operations, DokanMain       a file system written directly; see xdokan.dokan

Constants and structures are in `xdokan.constants` and `xdokan.structs`, and by their names here. Importing
this package loads no library and never imports `fs`; what a name needs is loaded when it is first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, List

from . import finder

if TYPE_CHECKING:
    from .dokan import (DiskSpace, DokanControl, DokanCreateFileSystem, DokanDriverVersion,
                        DokanErrnoFromNtStatus, DokanError, DokanGetMountPointList, DokanGetRequestorIdentity,
                        DokanIsNameInExpression, DokanMain, DokanMapKernelToUserCreateFileFlags,
                        DokanNotifyCreate, DokanNotifyDelete, DokanNotifyRename, DokanNotifyUpdate,
                        DokanNotifyXAttrUpdate, DokanNtStatusFromErrno, DokanNtStatusFromWin32,
                        DokanRemoveMountPoint, DokanResetTimeout, DokanUnmount, DokanVersion, MountPoint,
                        Operations, Requestor, StatusError, Volume, VolumeInformation, file_information,
                        filetime, find_data, stream_data, unix_time)
    from .expose import FSOperations, MountProcess, Win32SafetyFS, is_available, mount, unmount

__all__ = [
    "DiskSpace", "DokanControl", "DokanCreateFileSystem", "DokanDriverVersion", "DokanErrnoFromNtStatus",
    "DokanError", "DokanGetMountPointList", "DokanGetRequestorIdentity", "DokanIsNameInExpression",
    "DokanMain", "DokanMapKernelToUserCreateFileFlags", "DokanNotifyCreate", "DokanNotifyDelete",
    "DokanNotifyRename", "DokanNotifyUpdate", "DokanNotifyXAttrUpdate", "DokanNtStatusFromErrno",
    "DokanNtStatusFromWin32", "DokanRemoveMountPoint", "DokanResetTimeout", "DokanUnmount", "DokanVersion",
    "FSOperations", "MountPoint", "MountProcess", "Operations", "Requestor", "StatusError", "Volume",
    "VolumeInformation", "Win32SafetyFS", "file_information", "filetime", "find_data", "is_available",
    "mount", "stream_data", "unix_time", "unmount"]

_EXPOSED = ("FSOperations", "MountProcess", "Win32SafetyFS", "is_available", "mount", "unmount")
_MODULES = ("constants", "dokan", "errors", "expose", "structs")

__version__ = "0.1.0"

finder.install()


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module("." + name, __name__)
    if name in __all__:
        return getattr(import_module(".expose" if name in _EXPOSED else ".dokan", __name__), name)
    if name[:1] != "_" and name.isupper():
        for module in (".constants", ".structs"):
            if hasattr(import_module(module, __name__), name):
                return getattr(import_module(module, __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> List[str]:
    return sorted({*globals(), *__all__, *_MODULES})
