# SPDX-License-Identifier: MIT
"""The Dokan 2 API for file systems written in Python.

    class Hello(Operations):
        def ReadFile(self, name, buffer, offset, info):
            ...

    DokanMain(Hello(), "M:\\")

Names are those of C. Text is `str`, structures are ctypes objects, results are returned. Here are the
functions; `Operations` is in filesystem.py, mounting in volume.py.
"""

import ctypes
import os
from dataclasses import dataclass
from typing import List, NamedTuple, Optional, Tuple

from . import structs as s
from ._api import last_error, lib
from .callbacks import StatusError
from .filesystem import (DiskSpace, Operations, VolumeInformation, file_information, filetime, find_data,
                         stream_data, unix_time)
from .volume import DokanCreateFileSystem, DokanError, DokanMain, Volume

__all__ = [
    "DiskSpace", "DokanControl", "DokanCreateFileSystem", "DokanDriverVersion", "DokanErrnoFromNtStatus",
    "DokanError", "DokanGetMountPointList", "DokanGetRequestorIdentity", "DokanIsNameInExpression",
    "DokanMain", "DokanMapKernelToUserCreateFileFlags", "DokanNotifyCreate", "DokanNotifyDelete",
    "DokanNotifyRename", "DokanNotifyUpdate", "DokanNotifyXAttrUpdate", "DokanNtStatusFromErrno",
    "DokanNtStatusFromWin32", "DokanRemoveMountPoint", "DokanResetTimeout", "DokanUnmount", "DokanVersion",
    "MountPoint", "Operations", "Requestor", "StatusError", "Volume", "VolumeInformation", "file_information",
    "filetime", "find_data", "stream_data", "unix_time"]


class Requestor(NamedTuple):
    """Who asked; process_id is 0 when the kernel does not say."""

    process_id: int
    user_id: int
    group_id: int


@dataclass(frozen=True)
class MountPoint:
    """One mount of DokanGetMountPointList()."""

    type: int
    mount_point: str
    unc_name: str
    device_name: str
    session_id: int
    options: int

    @property
    def path(self) -> str:
        """The mount point without `\\DosDevices\\` in front: `M:` or a path."""
        return self.mount_point.partition("\\DosDevices\\")[2] or self.mount_point


def DokanVersion() -> int:
    """Version of the library: 231 for Dokany 2.3.1."""
    return lib.DokanVersion()


def DokanDriverVersion() -> int:
    """Version of the driver protocol; 0 when the kernel offers no way to mount."""
    return lib.DokanDriverVersion()


def DokanUnmount(letter: str) -> bool:
    """Unmounts a drive, of any process of the same user. Returns whether it was mounted and is no longer."""
    if len(letter) != 1:
        raise ValueError(f"{letter!r} is no drive letter")
    return bool(lib.DokanUnmount(ord(letter)))


def DokanRemoveMountPoint(mount_point: str) -> bool:
    """Unmounts a drive (`M:`) or path, of any process of the same user.

    Returns whether it was mounted and is no longer.
    """
    return bool(lib.DokanRemoveMountPoint(s.to_wide(mount_point)))


def DokanGetMountPointList(unc_only: bool = False) -> List[MountPoint]:
    """The mounts of this user (of everybody for root), oldest first; unc_only: those with a UNC name."""
    count = s.ULONG()
    found = lib.DokanGetMountPointList(unc_only, ctypes.byref(count))
    try:
        return [MountPoint(one.Type, s.wide_in(one.MountPoint), s.wide_in(one.UNCName),
                           s.wide_in(one.DeviceName), one.SessionId, one.MountOptions)
                for one in found[:count.value if found else 0]]
    finally:
        lib.DokanReleaseMountPointList(found)


def DokanControl(mount_point: Optional[str], command: str) -> str:
    """Sends a command (`list`, `path`, `status`, `trace on`, `unmount`...) to whoever serves a mount; the
    reply.

    OSError with the reply's text when it fails. dokan_ex.h describes commands and replies.
    """
    reply = ctypes.c_void_p()
    where = None if mount_point is None else mount_point.encode("utf-8", "surrogatepass")
    done = lib.DokanControl(where, command.encode(), ctypes.byref(reply))
    error = None if done else last_error("")
    text = ctypes.string_at(reply.value).decode("utf-8", "replace") if reply.value else ""
    lib.DokanFreeReply(reply)
    if error:
        raise OSError(error.errno, text.strip() or os.strerror(error.errno or 0), mount_point)
    return text


def DokanIsNameInExpression(expression: str, name: str, ignore_case: bool) -> bool:
    """Whether a name matches a pattern of `*`, `?` and the DOS wildcards `<`, `>`, `\"`."""
    return bool(lib.DokanIsNameInExpression(s.to_wide(expression), s.to_wide(name), ignore_case))


def DokanResetTimeout(timeout: int, info: s.DOKAN_FILE_INFO) -> bool:
    """Gives the running callback `timeout` ms from now, at most 300000. False outside a request."""
    return bool(lib.DokanResetTimeout(timeout, ctypes.byref(info)))


def DokanGetRequestorIdentity(info: s.DOKAN_FILE_INFO) -> Requestor:
    """Who asked, in any callback but Mounted and Unmounted."""
    who = s.DOKAN_REQUESTOR()
    if not lib.DokanGetRequestorIdentity(ctypes.byref(info), ctypes.byref(who)):
        raise last_error("not inside a request")
    return Requestor(who.ProcessId, who.UserId, who.GroupId)


def DokanMapKernelToUserCreateFileFlags(access: int, attributes: int, options: int, disposition: int
                                        ) -> Tuple[int, int, int]:
    """The arguments of ZwCreateFile as those of CreateFile: (access, attributes and flags, disposition)."""
    results = [s.ULONG(), s.ULONG(), s.ULONG()]
    lib.DokanMapKernelToUserCreateFileFlags(access, attributes, options, disposition,
                                            *map(ctypes.byref, results))
    return results[0].value, results[1].value, results[2].value


def DokanNotifyCreate(volume: Volume, path: str, is_directory: bool) -> bool:
    """Tells that a file or directory came into being, not through the volume. Whether it was taken."""
    return bool(lib.DokanNotifyCreate(volume.handle, s.to_wide(path), is_directory))


def DokanNotifyDelete(volume: Volume, path: str, is_directory: bool) -> bool:
    """Tells that a file or directory is gone. Whether it was taken."""
    return bool(lib.DokanNotifyDelete(volume.handle, s.to_wide(path), is_directory))


def DokanNotifyUpdate(volume: Volume, path: str) -> bool:
    """Tells that attributes, times or data changed. Whether it was taken."""
    return bool(lib.DokanNotifyUpdate(volume.handle, s.to_wide(path)))


def DokanNotifyXAttrUpdate(volume: Volume, path: str) -> bool:
    """Tells that extended attributes changed. Whether it was taken."""
    return bool(lib.DokanNotifyXAttrUpdate(volume.handle, s.to_wide(path)))


def DokanNotifyRename(volume: Volume, old_path: str, new_path: str, is_directory: bool,
                      is_in_same_directory: bool) -> bool:
    """Tells that a file or directory was renamed or moved. Whether it was taken."""
    return bool(lib.DokanNotifyRename(volume.handle, s.to_wide(old_path), s.to_wide(new_path), is_directory,
                                       is_in_same_directory))


def DokanNtStatusFromWin32(error: int) -> int:
    """The NTSTATUS of a Win32 error; STATUS_ACCESS_DENIED for an unknown one."""
    return lib.DokanNtStatusFromWin32(error)


def DokanNtStatusFromErrno(number: int) -> int:
    """The NTSTATUS of an errno; STATUS_UNSUCCESSFUL for an unknown one."""
    return lib.DokanNtStatusFromErrno(number)


def DokanErrnoFromNtStatus(status: int) -> int:
    """The errno of an NTSTATUS, as programs on the mount see it; 0 for success."""
    return lib.DokanErrnoFromNtStatus(status)
