# SPDX-License-Identifier: MIT
"""The functions of libdokan2 with their argument types. `lib` is of this package alone: types on the shared
`libdokan2` would change it for whoever else uses it. Importing this module loads the library."""

import ctypes
from typing import Any, Dict, Sequence, Tuple

from . import structs as s
from ._library import libdokan2

_PROTOTYPES: Dict[str, Tuple[Any, Sequence[Any]]] = {
    "DokanInit": (None, []),
    "DokanShutdown": (None, []),
    "DokanCreateFileSystemEx": (ctypes.c_int, [s.PDOKAN_OPTIONS, s.PDOKAN_OPERATIONS,
                                               ctypes.POINTER(s.DOKAN_MOUNT_OPTIONS_EX), s.PDOKAN_HANDLE]),
    "DokanIsFileSystemRunning": (s.BOOL, [s.DOKAN_HANDLE]),
    "DokanRegisterWaitForFileSystemClosed": (s.BOOL, [s.DOKAN_HANDLE, s.PHANDLE, s.WAITORTIMERCALLBACKFUNC,
                                                      s.PVOID, s.ULONG]),
    "DokanUnregisterWaitForFileSystemClosed": (s.BOOL, [s.HANDLE, s.BOOL]),
    "DokanCloseHandle": (None, [s.DOKAN_HANDLE]),
    "DokanUnmount": (s.BOOL, [s.WCHAR]),
    "DokanRemoveMountPoint": (s.BOOL, [s.LPCWSTR]),
    "DokanIsNameInExpression": (s.BOOL, [s.LPCWSTR, s.LPCWSTR, s.BOOL]),
    "DokanVersion": (s.ULONG, []),
    "DokanDriverVersion": (s.ULONG, []),
    "DokanResetTimeout": (s.BOOL, [s.ULONG, s.PDOKAN_FILE_INFO]),
    "DokanGetMountPointList": (ctypes.POINTER(s.DOKAN_MOUNT_POINT_INFO), [s.BOOL, s.PULONG]),
    "DokanReleaseMountPointList": (None, [ctypes.POINTER(s.DOKAN_MOUNT_POINT_INFO)]),
    "DokanMapKernelToUserCreateFileFlags": (None, [s.ACCESS_MASK, s.ULONG, s.ULONG, s.ULONG, s.PULONG,
                                                   s.PULONG, s.PULONG]),
    "DokanNotifyCreate": (s.BOOL, [s.DOKAN_HANDLE, s.LPCWSTR, s.BOOL]),
    "DokanNotifyDelete": (s.BOOL, [s.DOKAN_HANDLE, s.LPCWSTR, s.BOOL]),
    "DokanNotifyUpdate": (s.BOOL, [s.DOKAN_HANDLE, s.LPCWSTR]),
    "DokanNotifyXAttrUpdate": (s.BOOL, [s.DOKAN_HANDLE, s.LPCWSTR]),
    "DokanNotifyRename": (s.BOOL, [s.DOKAN_HANDLE, s.LPCWSTR, s.LPCWSTR, s.BOOL, s.BOOL]),
    "DokanNtStatusFromWin32": (s.NTSTATUS, [s.DWORD]),
    "DokanNtStatusFromErrno": (s.NTSTATUS, [ctypes.c_int]),
    "DokanErrnoFromNtStatus": (ctypes.c_int, [s.NTSTATUS]),
    "DokanGetMountPoint": (s.SIZE_T, [s.DOKAN_HANDLE, ctypes.c_char_p, s.SIZE_T]),
    "DokanGetVolumeId": (s.ULONG64, [s.DOKAN_HANDLE]),
    "DokanStartAfterFork": (s.BOOL, []),
    "DokanIsVolumeDrained": (s.BOOL, [s.ULONG64]),
    "DokanGetVolumeCounters": (s.BOOL, [s.DOKAN_HANDLE, ctypes.POINTER(s.DOKAN_VOLUME_COUNTERS)]),
    "DokanGetRequestorIdentity": (s.BOOL, [s.PDOKAN_FILE_INFO, ctypes.POINTER(s.DOKAN_REQUESTOR)]),
    "DokanControl": (s.BOOL, [ctypes.c_char_p, ctypes.c_char_p, ctypes.POINTER(ctypes.c_void_p)]),
    "DokanFreeReply": (None, [ctypes.c_void_p]),
    "DokanWin32GetLastError": (s.DWORD, []),
}
lib = ctypes.CDLL(libdokan2._name, handle=libdokan2._handle)
for _name, (_result, _arguments) in _PROTOTYPES.items():
    getattr(lib, _name).restype = _result
    getattr(lib, _name).argtypes = _arguments


def last_error(message: str) -> OSError:
    """The library's last error on this thread as an exception."""
    number = lib.DokanErrnoFromNtStatus(lib.DokanNtStatusFromWin32(lib.DokanWin32GetLastError()))
    return OSError(number, message)
