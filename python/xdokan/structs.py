# SPDX-License-Identifier: MIT
"""ctypes types, structures and callback types of the Dokan 2 ABI, with the names of include/dokan.

Text is 16-bit whatever `wchar_t` is: LPCWSTR is an address (int or None), never c_wchar_p. `wide_at` and
`to_wide` translate. NTSTATUS has no sign here, as the constants have none. Structures grow at their end only;
tests hold them against tests/abi/layout.def and the headers.
"""

import ctypes
import itertools
from ctypes import POINTER, Structure, Union
from typing import Any, Dict, Optional, Union as Either

from .constants import (DOKAN_EX_DEFAULT, DOKAN_OPERATION_COUNT, DOKAN_OPERATION_EX_COUNT, MAX_PATH,
                        VOLUME_SECURITY_DESCRIPTOR_MAX_SIZE)

WCHAR = ctypes.c_uint16
CHAR = ctypes.c_char
UCHAR = BYTE = BOOLEAN = ctypes.c_uint8
BOOL = INT = ctypes.c_int32
SHORT = ctypes.c_int16
USHORT = WORD = ctypes.c_uint16
LONG = ctypes.c_int32
ULONG = DWORD = UINT = ctypes.c_uint32
LONGLONG = LONG64 = ctypes.c_int64
ULONGLONG = ULONG64 = DWORD64 = DWORDLONG = ctypes.c_uint64
SIZE_T = ctypes.c_size_t
PVOID = LPVOID = LPCVOID = HANDLE = DOKAN_HANDLE = ctypes.c_void_p
LPWSTR = LPCWSTR = PWSTR = ctypes.c_void_p
PULONG = PDWORD = LPDWORD = POINTER(ctypes.c_uint32)
PULONGLONG = PULONG64 = POINTER(ctypes.c_uint64)
PHANDLE = PDOKAN_HANDLE = POINTER(ctypes.c_void_p)
NTSTATUS = ctypes.c_uint32
ACCESS_MASK = SECURITY_INFORMATION = ctypes.c_uint32
PSECURITY_INFORMATION = POINTER(ctypes.c_uint32)
PSECURITY_DESCRIPTOR = PSID = ctypes.c_void_p


class _Functions:
    """What is called of the library here; resolved at first use, so that this module can do without it."""

    wcslen: Any = None

    @classmethod
    def find(cls) -> Any:
        from ._library import libdokan2
        # PyDLL: too short to be worth giving up the interpreter's lock.
        function = ctypes.PyDLL(libdokan2._name, handle=libdokan2._handle).DokanWcslen
        function.restype, function.argtypes = ctypes.c_size_t, [ctypes.c_void_p]
        cls.wcslen = function
        return function


_decode = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.c_ssize_t, ctypes.c_char_p,
                            ctypes.c_void_p)(("PyUnicode_DecodeUTF16", ctypes.pythonapi))
_little_endian = ctypes.c_int(-1)
_LITTLE_ENDIAN = ctypes.addressof(_little_endian)


def wide_at(address: Optional[int], units: int = -1) -> str:
    """The 16-bit text at an address, up to its terminator or `units` long; "" for None.

    An unpaired surrogate stays one ('surrogatepass').
    """
    if not address:
        return ""
    if units < 0:
        units = (_Functions.wcslen or _Functions.find())(address)
    return _decode(address, 2 * units, b"surrogatepass", _LITTLE_ENDIAN)


def wide_in(array: Any) -> str:
    """The terminated 16-bit text in an array of WCHAR, such as WIN32_FIND_DATAW.cFileName."""
    return bytes(array).decode("utf-16-le", "surrogatepass").partition("\0")[0]


def to_wide(text: Optional[str]) -> Optional[ctypes.Array]:
    """Terminated 16-bit text to give to the library; lives as long as the result is kept. None stays NULL."""
    if text is None:
        return None
    if "\0" in text:
        raise ValueError(f"text with a NUL inside: {text!r}")
    return ctypes.create_string_buffer(text.encode("utf-16-le", "surrogatepass") + b"\0")


def put_wide(array: Any, text: str) -> None:
    """Puts text into an array of WCHAR and terminates it. ValueError if it does not fit."""
    if not put_wide_at(ctypes.addressof(array), len(array), text):
        raise ValueError(f"{text!r} is longer than {len(array) - 1} UTF-16 units")


def put_wide_at(address: int, room: int, text: str) -> bool:
    """Puts text where `room` code units are, terminated. False, with nothing done, if it does not fit."""
    data = text.encode("utf-16-le", "surrogatepass") + b"\0\0"
    if len(data) > 2 * room:
        return False
    ctypes.memmove(address, data, len(data))
    return True


class FILETIME(Structure):
    """100 ns steps since 1601 UTC."""

    _fields_ = [("dwLowDateTime", DWORD), ("dwHighDateTime", DWORD)]

    @property
    def ticks(self) -> int:
        """The whole number."""
        return self.dwHighDateTime << 32 | self.dwLowDateTime

    @ticks.setter
    def ticks(self, value: int) -> None:
        self.dwLowDateTime, self.dwHighDateTime = value & 0xFFFFFFFF, value >> 32 & 0xFFFFFFFF


class _Halves(Structure):
    _fields_ = [("LowPart", DWORD), ("HighPart", LONG)]


class LARGE_INTEGER(Union):
    """64-bit number with access to its halves."""

    _anonymous_ = ["_halves"]
    _fields_ = [("_halves", _Halves), ("u", _Halves), ("QuadPart", LONGLONG)]


class UNICODE_STRING(Structure):
    """Counted UTF-16 string; Length is in bytes."""

    _fields_ = [("Length", USHORT), ("MaximumLength", USHORT), ("Buffer", PWSTR)]

    def __str__(self) -> str:
        return wide_at(self.Buffer, self.Length // 2)


class WIN32_FIND_DATAW(Structure):
    """One directory entry."""

    _fields_ = [("dwFileAttributes", DWORD), ("ftCreationTime", FILETIME), ("ftLastAccessTime", FILETIME),
                ("ftLastWriteTime", FILETIME), ("nFileSizeHigh", DWORD), ("nFileSizeLow", DWORD),
                ("dwReserved0", DWORD), ("dwReserved1", DWORD), ("cFileName", WCHAR * MAX_PATH),
                ("cAlternateFileName", WCHAR * 14)]


class WIN32_FIND_STREAM_DATA(Structure):
    """One data stream."""

    _fields_ = [("StreamSize", LARGE_INTEGER), ("cStreamName", WCHAR * (MAX_PATH + 36))]


class BY_HANDLE_FILE_INFORMATION(Structure):
    """What GetFileInformation reports."""

    _fields_ = [("dwFileAttributes", DWORD), ("ftCreationTime", FILETIME), ("ftLastAccessTime", FILETIME),
                ("ftLastWriteTime", FILETIME), ("dwVolumeSerialNumber", DWORD), ("nFileSizeHigh", DWORD),
                ("nFileSizeLow", DWORD), ("nNumberOfLinks", DWORD), ("nFileIndexHigh", DWORD),
                ("nFileIndexLow", DWORD)]


class DOKAN_OPTIONS(Structure):
    """What a file system asks for when it is mounted; must live as long as the volume."""

    _fields_ = [("Version", USHORT), ("SingleThread", BOOLEAN), ("Options", ULONG),
                ("GlobalContext", ULONG64), ("MountPoint", LPCWSTR), ("UNCName", LPCWSTR), ("Timeout", ULONG),
                ("AllocationUnitSize", ULONG), ("SectorSize", ULONG),
                ("VolumeSecurityDescriptorLength", ULONG),
                ("VolumeSecurityDescriptor", BYTE * VOLUME_SECURITY_DESCRIPTOR_MAX_SIZE)]


_contexts: Dict[int, Any] = {}
_context_numbers = itertools.count(1)


def drop_context(number: int) -> None:
    """Lets go of the object behind DOKAN_FILE_INFO.context: its handle is closed."""
    _contexts.pop(number, None)


class DOKAN_FILE_INFO(Structure):
    """What every callback is told about the open file; gone when the callback returns."""

    _fields_ = [("Context", ULONG64), ("DokanContext", ULONG64), ("DokanOptions", POINTER(DOKAN_OPTIONS)),
                ("ProcessingContext", PVOID), ("ProcessId", ULONG), ("IsDirectory", UCHAR),
                ("DeletePending", UCHAR), ("PagingIo", UCHAR), ("SynchronousIo", UCHAR), ("Nocache", UCHAR),
                ("WriteToEndOfFile", UCHAR)]

    @property
    def context(self) -> Any:
        """A Python object of your own per open handle, None at first; kept until CloseFile has returned.

        For file systems written with `xdokan.Operations`. Setting it takes the Context member, so use either.
        """
        return _contexts.get(self.Context)

    @context.setter
    def context(self, value: Any) -> None:
        number = self.Context
        if value is None:
            _contexts.pop(number, None)
            self.Context = 0
            return
        if number not in _contexts:
            number = next(_context_numbers)
        _contexts[number] = value
        self.Context = number


class DOKAN_ACCESS_STATE(Structure):
    """Security state of a create."""

    _fields_ = [("SecurityEvaluated", BOOLEAN), ("GenerateAudit", BOOLEAN), ("GenerateOnClose", BOOLEAN),
                ("AuditPrivileges", BOOLEAN), ("Flags", ULONG), ("RemainingDesiredAccess", ACCESS_MASK),
                ("PreviouslyGrantedAccess", ACCESS_MASK), ("OriginalDesiredAccess", ACCESS_MASK),
                ("SecurityDescriptor", PSECURITY_DESCRIPTOR), ("ObjectName", UNICODE_STRING),
                ("ObjectType", UNICODE_STRING)]


class DOKAN_IO_SECURITY_CONTEXT(Structure):
    """Security context of a create; valid during ZwCreateFile."""

    _fields_ = [("AccessState", DOKAN_ACCESS_STATE), ("DesiredAccess", ACCESS_MASK)]


class DOKAN_MOUNT_POINT_INFO(Structure):
    """One mount of DokanGetMountPointList()."""

    _fields_ = [("Type", ULONG), ("MountPoint", WCHAR * MAX_PATH), ("UNCName", WCHAR * 64),
                ("DeviceName", WCHAR * 64), ("SessionId", ULONG), ("MountOptions", ULONG)]


PDOKAN_OPTIONS = POINTER(DOKAN_OPTIONS)
PDOKAN_FILE_INFO = POINTER(DOKAN_FILE_INFO)
PDOKAN_IO_SECURITY_CONTEXT = POINTER(DOKAN_IO_SECURITY_CONTEXT)
PFILETIME = POINTER(FILETIME)
# These two only copy: giving up the interpreter's lock for each entry would cost more than the call.
PFillFindData = ctypes.PYFUNCTYPE(ctypes.c_int, POINTER(WIN32_FIND_DATAW), PDOKAN_FILE_INFO)
PFillFindStreamData = ctypes.PYFUNCTYPE(BOOL, POINTER(WIN32_FIND_STREAM_DATA), PVOID)
WAITORTIMERCALLBACKFUNC = ctypes.CFUNCTYPE(None, PVOID, BOOLEAN)
THREAD_HOOK = ctypes.CFUNCTYPE(None, PVOID)
EXCEPTION_HOOK = ctypes.CFUNCTYPE(None, DWORD, ctypes.c_char_p, PVOID)


def _status(*arguments: Any) -> Any:
    return ctypes.CFUNCTYPE(NTSTATUS, *arguments, PDOKAN_FILE_INFO)


_NAME_ONLY = _status(LPCWSTR)

CALLBACK_TYPES: Dict[str, Any] = {
    "ZwCreateFile": _status(LPCWSTR, PDOKAN_IO_SECURITY_CONTEXT, ACCESS_MASK, ULONG, ULONG, ULONG, ULONG),
    "Cleanup": ctypes.CFUNCTYPE(None, LPCWSTR, PDOKAN_FILE_INFO),
    "CloseFile": ctypes.CFUNCTYPE(None, LPCWSTR, PDOKAN_FILE_INFO),
    "ReadFile": _status(LPCWSTR, LPVOID, DWORD, LPDWORD, LONGLONG),
    "WriteFile": _status(LPCWSTR, LPCVOID, DWORD, LPDWORD, LONGLONG),
    "FlushFileBuffers": _NAME_ONLY,
    "GetFileInformation": _status(LPCWSTR, POINTER(BY_HANDLE_FILE_INFORMATION)),
    "FindFiles": _status(LPCWSTR, PFillFindData),
    "FindFilesWithPattern": _status(LPCWSTR, LPCWSTR, PFillFindData),
    "SetFileAttributes": _status(LPCWSTR, DWORD),
    "SetFileTime": _status(LPCWSTR, PFILETIME, PFILETIME, PFILETIME),
    "DeleteFile": _NAME_ONLY,
    "DeleteDirectory": _NAME_ONLY,
    "MoveFile": _status(LPCWSTR, LPCWSTR, BOOL),
    "SetEndOfFile": _status(LPCWSTR, LONGLONG),
    "SetAllocationSize": _status(LPCWSTR, LONGLONG),
    "LockFile": _status(LPCWSTR, LONGLONG, LONGLONG),
    "UnlockFile": _status(LPCWSTR, LONGLONG, LONGLONG),
    "GetDiskFreeSpace": _status(PULONGLONG, PULONGLONG, PULONGLONG),
    "GetVolumeInformation": _status(LPWSTR, DWORD, LPDWORD, LPDWORD, LPDWORD, LPWSTR, DWORD),
    "Mounted": _status(LPCWSTR),
    "Unmounted": _status(),
    "GetFileSecurity": _status(LPCWSTR, PSECURITY_INFORMATION, PSECURITY_DESCRIPTOR, ULONG, PULONG),
    "SetFileSecurity": _status(LPCWSTR, PSECURITY_INFORMATION, PSECURITY_DESCRIPTOR, ULONG),
    "FindStreams": _status(LPCWSTR, PFillFindStreamData, PVOID),
}
"""Type of each callback, in the order of DOKAN_OPERATIONS."""


class DOKAN_OPERATIONS(Structure):
    """The callbacks of a file system. An empty slot counts as STATUS_NOT_IMPLEMENTED."""

    _fields_ = list(CALLBACK_TYPES.items())


PDOKAN_OPERATIONS = POINTER(DOKAN_OPERATIONS)


class DOKAN_MOUNT_OPTIONS_EX(Structure):
    """Options beyond DOKAN_OPTIONS. A new one has the defaults and its Size."""

    _fields_ = [("Size", ULONG), ("Flags", ULONG), ("EntryTimeoutMs", ULONG), ("AttrTimeoutMs", ULONG),
                ("NegativeTimeoutMs", ULONG), ("Uid", ULONG), ("Gid", ULONG), ("Umask", ULONG),
                ("FileMask", ULONG), ("DirMask", ULONG), ("TestTimeoutMs", ULONG), ("Reserved", ULONG),
                ("FuseOptions", ctypes.c_char_p), ("ThreadStart", THREAD_HOOK), ("ThreadStop", THREAD_HOOK),
                ("ThreadArg", PVOID), ("OperationsEx", PVOID)]

    def __init__(self, **values: Any) -> None:
        defaults: Dict[str, Any] = dict.fromkeys(
            ("EntryTimeoutMs", "AttrTimeoutMs", "NegativeTimeoutMs", "Uid", "Gid", "Umask", "FileMask",
             "DirMask"),
            DOKAN_EX_DEFAULT)
        super().__init__(**{"Size": ctypes.sizeof(type(self)), **defaults, **values})


class DOKAN_OPERATION_COUNTERS(Structure):
    """Counters of one callback; times in ns."""

    _fields_ = [("Calls", ULONG64), ("Errors", ULONG64), ("TotalNs", ULONG64), ("MaxNs", ULONG64)]


class DOKAN_VOLUME_COUNTERS(Structure):
    """Counters of a volume. A new one has its Size."""

    _fields_ = [("Size", ULONG), ("OperationCount", ULONG), ("OpenHandles", ULONG64), ("OpenFiles", ULONG64),
                ("Nodes", ULONG64), ("RunningCallbacks", ULONG64), ("StuckCallbacks", ULONG64),
                ("ExpiredRequests", ULONG64), ("QueuedRequests", ULONG64), ("CacheHits", ULONG64),
                ("CacheMisses", ULONG64), ("Operations", DOKAN_OPERATION_COUNTERS * DOKAN_OPERATION_COUNT),
                ("OperationsEx", DOKAN_OPERATION_COUNTERS * DOKAN_OPERATION_EX_COUNT)]

    def __init__(self, **values: Any) -> None:
        super().__init__(**{"Size": ctypes.sizeof(type(self)), **values})


class DOKAN_REQUESTOR(Structure):
    """Who asked. A new one has its Size."""

    _fields_ = [("Size", ULONG), ("ProcessId", ULONG), ("UserId", ULONG), ("GroupId", ULONG)]

    def __init__(self, **values: Any) -> None:
        super().__init__(**{"Size": ctypes.sizeof(type(self)), **values})


Wide = Either[ctypes.Array, int, None]
"""What can be given for an LPCWSTR."""
