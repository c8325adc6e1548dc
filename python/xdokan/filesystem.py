# SPDX-License-Identifier: MIT
"""`Operations`, the file system to derive from, and the values that its callbacks return."""

from ctypes import addressof
from struct import Struct
from typing import Iterable, NamedTuple, Optional, Tuple, Union

from . import constants as c
from . import structs as s
from .callbacks import adapted

# The structures at once: filling them member by member takes three times as long.
_FILE_INFORMATION = Struct("=IQQQIIIIII")
_FIND_DATA = Struct("=IQQQII")
_NAME_AT = s.WIN32_FIND_DATAW.cFileName.offset


class DiskSpace(NamedTuple):
    """What GetDiskFreeSpace returns, in bytes; a tuple of three will do."""

    available: int
    total: int
    free: int


class VolumeInformation(NamedTuple):
    """What GetVolumeInformation returns; a tuple of five will do."""

    name: str = "DOKAN"
    serial: int = 0x19831116
    maximum_component_length: int = 255
    flags: int = c.FILE_CASE_SENSITIVE_SEARCH | c.FILE_CASE_PRESERVED_NAMES | c.FILE_UNICODE_ON_DISK
    file_system: str = "NTFS"


def filetime(seconds: float) -> s.FILETIME:
    """A time in seconds since 1970 (time.time(), os.stat) as a FILETIME."""
    value = s.FILETIME()
    value.ticks = _ticks(seconds)
    return value


def unix_time(time: s.FILETIME) -> Optional[float]:
    """A FILETIME in seconds since 1970. None for 0, -1 and -2, with which SetFileTime says: leave it."""
    ticks = time.ticks
    return None if ticks == 0 or ticks >= 1 << 63 else (ticks - c.FILETIME_UNIX_EPOCH) / 10_000_000


def _ticks(seconds: float) -> int:
    return c.FILETIME_UNIX_EPOCH + round(seconds * 10_000_000) & 0xFFFFFFFFFFFFFFFF


def file_information(attributes: int = c.FILE_ATTRIBUTE_NORMAL, size: int = 0, created: float = 0,
                     accessed: float = 0, written: float = 0, links: int = 1, index: int = 0, serial: int = 0
                     ) -> s.BY_HANDLE_FILE_INFORMATION:
    """What GetFileInformation returns. Times are in seconds since 1970; index is the file's number or 0."""
    result = s.BY_HANDLE_FILE_INFORMATION()
    _FILE_INFORMATION.pack_into(result, 0, attributes, _ticks(created), _ticks(accessed), _ticks(written),
                                serial, size >> 32, size & 0xFFFFFFFF, links, index >> 32, index & 0xFFFFFFFF)
    return result


def find_data(name: str, attributes: int = c.FILE_ATTRIBUTE_NORMAL, size: int = 0, created: float = 0,
              accessed: float = 0, written: float = 0) -> s.WIN32_FIND_DATAW:
    """An entry for FindFiles. Times are in seconds since 1970. ValueError for a name that is too long."""
    result = s.WIN32_FIND_DATAW()
    _FIND_DATA.pack_into(result, 0, attributes, _ticks(created), _ticks(accessed), _ticks(written),
                         size >> 32, size & 0xFFFFFFFF)
    if not s.put_wide_at(addressof(result) + _NAME_AT, c.MAX_PATH, name):
        raise ValueError(f"{name!r} is longer than {c.MAX_PATH - 1} UTF-16 units")
    return result


def stream_data(name: str, size: int) -> s.WIN32_FIND_STREAM_DATA:
    """A stream for FindStreams; `name` is `:name:$DATA`, `::$DATA` for the file's data."""
    result = s.WIN32_FIND_STREAM_DATA()
    result.StreamSize.QuadPart = size
    s.put_wide(result.cStreamName, name)
    return result


# ---- the file system ---------------------------------------------------------------------------------------

Result = Optional[int]
"""None or an NTSTATUS."""


class Operations:
    """A file system: derive from it and override what it can do. What is not overridden stays an empty slot.

    Every callback may run on any thread at any time, unless the volume was made with single_thread=True.

    A callback answers with what it returns: None for success, an NTSTATUS, or the value that its line names.
    It may raise instead: StatusError(status), OSError with an errno, NotImplementedError (as if the slot were
    empty). Any other exception is logged (logger "fs.expose.dokan") and answered with STATUS_INTERNAL_ERROR.

    `name` is the path in the volume: `\\dir\\file`, the root is `\\`. `info` is the DOKAN_FILE_INFO, with
    `context` for an object of your own per handle. It, buffers and structures are the library's and valid
    until the callback returns.
    """

    def ZwCreateFile(self, name: str, security_context: Optional[s.DOKAN_IO_SECURITY_CONTEXT], access: int,
                     attributes: int, share: int, disposition: int, options: int,
                     info: s.DOKAN_FILE_INFO) -> Result:
        """Opens or creates. Sets info.IsDirectory when it opened a directory.

        STATUS_OBJECT_NAME_COLLISION says "existed and was opened" for FILE_SUPERSEDE, FILE_OPEN_IF and
        FILE_OVERWRITE_IF. If it fails, info.context is dropped and neither Cleanup nor CloseFile comes.
        """
        raise NotImplementedError

    def Cleanup(self, name: str, info: s.DOKAN_FILE_INFO) -> None:
        """The caller's handle is closed. With info.DeletePending: delete the file or directory now."""
        raise NotImplementedError

    def CloseFile(self, name: str, info: s.DOKAN_FILE_INFO) -> None:
        """The handle is gone, the last callback for it. info.context is let go of afterwards."""

    def ReadFile(self, name: str, buffer: memoryview, offset: int,
                 info: s.DOKAN_FILE_INFO) -> Union[int, bytes]:
        """Reads into the buffer (file.readinto(buffer) will do) and returns how many bytes; 0 is the end of
        the file.

        Or returns the bytes, at most len(buffer).
        """
        raise NotImplementedError

    def WriteFile(self, name: str, buffer: memoryview, offset: int, info: s.DOKAN_FILE_INFO) -> Result:
        """Writes and returns how many bytes; None for all.

        With info.WriteToEndOfFile at the end; with info.PagingIo the file must not grow.
        """
        raise NotImplementedError

    def FlushFileBuffers(self, name: str, info: s.DOKAN_FILE_INFO) -> Result:
        """Makes what was written lasting."""
        raise NotImplementedError

    def GetFileInformation(self, name: str, info: s.DOKAN_FILE_INFO) -> s.BY_HANDLE_FILE_INFORMATION:
        """Returns attributes, times and size; see file_information()."""
        raise NotImplementedError

    def FindFiles(self, name: str, info: s.DOKAN_FILE_INFO) -> Iterable[s.WIN32_FIND_DATAW]:
        """Returns the entries of a directory, each made by find_data(); a generator will do."""
        raise NotImplementedError

    def FindFilesWithPattern(self, name: str, pattern: str,
                             info: s.DOKAN_FILE_INFO) -> Iterable[s.WIN32_FIND_DATAW]:
        """Returns the entries that match; see DokanIsNameInExpression(). FindFiles will do."""
        raise NotImplementedError

    def SetFileAttributes(self, name: str, attributes: int, info: s.DOKAN_FILE_INFO) -> Result:
        """Changes attributes; 0 leaves them."""
        raise NotImplementedError

    def SetFileTime(self, name: str, created: s.FILETIME, accessed: s.FILETIME, written: s.FILETIME,
                    info: s.DOKAN_FILE_INFO) -> Result:
        """Changes times; unix_time() is None for those to be left."""
        raise NotImplementedError

    def DeleteFile(self, name: str, info: s.DOKAN_FILE_INFO) -> Result:
        """Says whether the file may be deleted; Cleanup deletes."""
        raise NotImplementedError

    def DeleteDirectory(self, name: str, info: s.DOKAN_FILE_INFO) -> Result:
        """Says whether the directory may be deleted (STATUS_DIRECTORY_NOT_EMPTY); Cleanup deletes."""
        raise NotImplementedError

    def MoveFile(self, name: str, new_name: str, replace: bool, info: s.DOKAN_FILE_INFO) -> Result:
        """Renames or moves."""
        raise NotImplementedError

    def SetEndOfFile(self, name: str, size: int, info: s.DOKAN_FILE_INFO) -> Result:
        """Sets the size: cuts, or fills with zeros."""
        raise NotImplementedError

    def SetAllocationSize(self, name: str, size: int, info: s.DOKAN_FILE_INFO) -> Result:
        """Reserves room. A size below the file's cuts it, a larger one leaves its size alone."""
        raise NotImplementedError

    def LockFile(self, name: str, offset: int, length: int, info: s.DOKAN_FILE_INFO) -> Result:
        """Locks bytes; only with DOKAN_OPTION_FILELOCK_USER_MODE."""
        raise NotImplementedError

    def UnlockFile(self, name: str, offset: int, length: int, info: s.DOKAN_FILE_INFO) -> Result:
        """Unlocks bytes; only with DOKAN_OPTION_FILELOCK_USER_MODE."""
        raise NotImplementedError

    def GetDiskFreeSpace(self, info: s.DOKAN_FILE_INFO) -> Tuple[int, int, int]:
        """Returns (available, total, free) in bytes; see DiskSpace."""
        raise NotImplementedError

    def GetVolumeInformation(self, info: s.DOKAN_FILE_INFO) -> Tuple[str, int, int, int, str]:
        """Returns (label, serial number, longest name, flags, kind of file system); see VolumeInformation."""
        raise NotImplementedError

    def Mounted(self, mount_point: str, info: s.DOKAN_FILE_INFO) -> Result:
        """The volume is mounted. Runs on the thread that mounts."""
        raise NotImplementedError

    def Unmounted(self, info: s.DOKAN_FILE_INFO) -> Result:
        """The volume is unmounted."""
        raise NotImplementedError

    def GetFileSecurity(self, name: str, information: int, info: s.DOKAN_FILE_INFO) -> bytes:
        """Returns the self-relative security descriptor with the wanted parts, `*_SECURITY_INFORMATION`."""
        raise NotImplementedError

    def SetFileSecurity(self, name: str, information: int, descriptor: memoryview,
                        info: s.DOKAN_FILE_INFO) -> Result:
        """Changes the parts of the security descriptor that `information` names."""
        raise NotImplementedError

    def FindStreams(self, name: str, info: s.DOKAN_FILE_INFO) -> Iterable[s.WIN32_FIND_STREAM_DATA]:
        """Returns the streams of a file, each made by stream_data(); only with DOKAN_OPTION_ALT_STREAM."""
        raise NotImplementedError


def table_of(operations: Operations) -> s.DOKAN_OPERATIONS:
    """The C table of a file system: a callback for every overridden method, and CloseFile for contexts."""
    table = s.DOKAN_OPERATIONS()
    for name, kind in s.CALLBACK_TYPES.items():
        method = getattr(operations, name)
        overridden = getattr(method, "__func__", method) is not getattr(Operations, name)
        if overridden or name == "CloseFile":
            setattr(table, name, kind(adapted(name, method if overridden else None)))
    return table
