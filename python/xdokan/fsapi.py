# SPDX-License-Identifier: MIT
"""The C interface `dokan/fs.h` as ctypes: structures, callback types, functions.

Names are those of the header without `fs_`/`FS_` where a structure or constant is meant, with it for
functions. Every function has its argument types; results are 0, a count or a negative errno, nothing is
raised here. A path or text is `bytes` in UTF-8; an object, an open file and a mount are plain addresses
(`int` or None).

Invariant: the layout of the structures is that of #VERSION; tests/python/test_bridge_kinds.py compares them
with what the compiler says.
"""

from ctypes import (
    CFUNCTYPE,
    POINTER,
    Structure,
    c_bool,
    c_char,
    c_char_p,
    c_int,
    c_int64,
    c_size_t,
    c_ssize_t,
    c_uint32,
    c_uint64,
    c_void_p,
    sizeof,
)
from typing import Any, Optional, Type

from xdokan._library import libdokanfs

VERSION = 1
"""FS_API_VERSION of the structures here."""

PATH_MAX = 98301
NAME_MAX = 765
SIZE_MAX = (1 << 63) - 1

(
    TYPE_UNKNOWN,
    TYPE_DIRECTORY,
    TYPE_FILE,
    TYPE_CHARACTER,
    TYPE_BLOCK,
    TYPE_FIFO,
    TYPE_SOCKET,
    TYPE_SYMLINK,
) = range(8)

INFO_SIZE = 0x1
INFO_ALLOCATED = 0x2
INFO_ATIME = 0x4
INFO_MTIME = 0x8
INFO_CTIME = 0x10
INFO_BTIME = 0x20
INFO_MODE = 0x40
INFO_OWNER = 0x80
INFO_LINKS = 0x100
INFO_ID = 0x200
INFO_ATTRIBUTES = 0x400
INFO_ALL = 0x7FF

THREAD_SAFE = 0x1
FILE_THREAD_SAFE = 0x2
READ_ONLY = 0x4
NETWORK = 0x8
CASE_INSENSITIVE = 0x10
ATOMIC_RENAME = 0x20
SEEK_SLOW = 0x40
WRITE_ON_CLOSE = 0x80
CACHEABLE = 0x100

RENAME_NOREPLACE = 0x1
RENAME_EXCHANGE = 0x2

XATTR_CREATE = 0x1
XATTR_REPLACE = 0x2

MOUNT_THREADS, MOUNT_PROCESS, MOUNT_FOREGROUND = range(3)


class Error(Structure):
    """struct fs_error: what went wrong, for people."""

    _fields_ = [("code", c_int), ("text", c_char * 1024)]

    @property
    def message(self) -> str:
        """The text as `str`."""
        return self.text.decode("utf-8", "replace")


class Info(Structure):
    """struct fs_info: facts of a file; those named in `valid` mean something."""

    _fields_ = [
        ("valid", c_uint32),
        ("type", c_uint32),
        ("size", c_uint64),
        ("allocated", c_uint64),
        ("atime", c_int64),
        ("mtime", c_int64),
        ("ctime", c_int64),
        ("btime", c_int64),
        ("mode", c_uint32),
        ("uid", c_uint32),
        ("gid", c_uint32),
        ("links", c_uint32),
        ("id", c_uint64),
        ("attributes", c_uint32),
        ("reserved", c_uint32),
    ]


class Space(Structure):
    """struct fs_space: space of a volume, in bytes and files."""

    _fields_ = [
        ("total", c_uint64),
        ("free", c_uint64),
        ("available", c_uint64),
        ("files", c_uint64),
        ("files_free", c_uint64),
        ("block", c_uint32),
        ("name_max", c_uint32),
    ]


class Entry(Structure):
    """struct fs_entry: an entry for fs_fill_many()."""

    _fields_ = [("name", c_char_p), ("info", Info)]


class Call(Structure):
    """struct fs_call: a call that is watched."""

    _fields_ = [("opaque", c_void_p * 4)]


class MountProcess(Structure):
    """struct mount_process: a mount that somebody serves; read only."""

    _fields_ = [("path", c_char_p), ("drive", c_char_p), ("pid", c_int)]


READY = CFUNCTYPE(None, c_void_p, POINTER(MountProcess))
"""fs_mount_options::ready."""
UNMOUNTED = CFUNCTYPE(None, c_void_p)
"""fs_mount_options::unmounted."""


class MountOptions(Structure):
    """struct fs_mount_options; a new one holds the defaults."""

    _fields_ = [
        ("size", c_size_t),
        ("mode", c_int),
        ("numthreads", c_uint32),
        ("flags", c_uint32),
        ("timeout_ms", c_uint32),
        ("ready_timeout_ms", c_uint32),
        ("unmount_timeout_ms", c_uint32),
        ("fsname", c_char_p),
        ("volname", c_char_p),
        ("securityfolder", c_char_p),
        ("options", c_char_p),
        ("ready", READY),
        ("unmounted", UNMOUNTED),
        ("ctx", c_void_p),
        ("operations", c_void_p),
        ("exclusive", c_bool),
        ("test_timeout_ms", c_uint32),
    ]

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.size = sizeof(self)


# ---- the table ----------------------------------------------------------------------------------------
#
# Arguments are of the kinds that cost least to convert: an address becomes an int (None for NULL), a text
# bytes.

FILL = CFUNCTYPE(c_int, c_void_p, c_char_p, POINTER(Info), c_uint64)
"""fs_fill: receives one entry of a listing."""

METHOD = CFUNCTYPE(c_int, c_void_p)
NOTICE = CFUNCTYPE(None, c_void_p)
GETINFO = CFUNCTYPE(c_int, c_void_p, c_char_p, c_uint32, c_void_p)
SCANDIR = CFUNCTYPE(c_int, c_void_p, c_char_p, c_uint32, c_uint64, c_void_p, c_void_p)
OPEN = CFUNCTYPE(c_int, c_void_p, c_char_p, c_int, c_uint32, c_void_p)
F_METHOD = CFUNCTYPE(c_int, c_void_p, c_void_p)
F_DATA = CFUNCTYPE(c_ssize_t, c_void_p, c_void_p, c_void_p, c_size_t, c_uint64)
F_TRUNCATE = CFUNCTYPE(c_int, c_void_p, c_void_p, c_uint64)
F_GETINFO = CFUNCTYPE(c_int, c_void_p, c_void_p, c_uint32, c_void_p)
PATH_METHOD = CFUNCTYPE(c_int, c_void_p, c_char_p)
MAKEDIR = CFUNCTYPE(c_int, c_void_p, c_char_p, c_uint32)
RENAME = CFUNCTYPE(c_int, c_void_p, c_char_p, c_char_p, c_uint32)
SETINFO = CFUNCTYPE(c_int, c_void_p, c_char_p, c_void_p)
TEXT_OF = CFUNCTYPE(c_int, c_void_p, c_char_p, c_void_p, c_size_t)
TWO_PATHS = CFUNCTYPE(c_int, c_void_p, c_char_p, c_char_p)
STATFS = CFUNCTYPE(c_int, c_void_p, c_void_p)
ACCESS = CFUNCTYPE(c_int, c_void_p, c_char_p, c_int)


class Table(Structure):
    """struct fs_table: the methods of an object; those left out keep their defaults."""

    _fields_ = [
        ("size", c_size_t),
        ("version", c_uint32),
        ("flags", c_uint32),
        ("name", c_char_p),
        ("close", METHOD),
        ("map_path", c_void_p),
        ("getinfo", GETINFO),
        ("scandir", SCANDIR),
        ("open", OPEN),
        ("f_close", F_METHOD),
        ("f_pread", F_DATA),
        ("f_pwrite", F_DATA),
        ("f_truncate", F_TRUNCATE),
        ("f_flush", F_METHOD),
        ("f_fsync", F_METHOD),
        ("f_getinfo", F_GETINFO),
        ("makedir", MAKEDIR),
        ("remove", PATH_METHOD),
        ("removedir", PATH_METHOD),
        ("rename", RENAME),
        ("setinfo", SETINFO),
        ("readlink", TEXT_OF),
        ("symlink", TWO_PATHS),
        ("link", TWO_PATHS),
        ("getxattr", c_void_p),
        ("setxattr", c_void_p),
        ("listxattr", c_void_p),
        ("removexattr", c_void_p),
        ("statfs", STATFS),
        ("getmeta", TEXT_OF),
        ("getospath", TEXT_OF),
        ("access", ACCESS),
        ("f_lock", c_void_p),
        ("thread_start", NOTICE),
        ("thread_stop", NOTICE),
        ("f_setinfo", c_void_p),
    ]


# ---- functions ----------------------------------------------------------------------------------------


def _function(name: str, result: Optional[Type[Any]], *arguments: Type[Any]) -> Any:
    function = getattr(libdokanfs, name)
    function.restype = result
    function.argtypes = list(arguments)
    return function


_OBJECT = c_void_p
_FILE = c_void_p
_TEXT = c_char_p

fs_version = _function("fs_version", c_uint32)
fs_abandon = _function("fs_abandon", None, c_void_p)
fs_after_fork = _function("fs_after_fork", None)
fs_call_begin = _function("fs_call_begin", None, POINTER(Call), c_void_p)
fs_call_end = _function("fs_call_end", None, POINTER(Call))
fs_fill_many = _function("fs_fill_many", c_int, c_void_p, c_void_p, c_void_p, c_size_t, c_uint64)
fs_progress = _function("fs_progress", None)

fs_new = _function("fs_new", c_int, POINTER(Table), c_void_p, _OBJECT, POINTER(_OBJECT))
fs_ref = _function("fs_ref", _OBJECT, _OBJECT)
fs_close = _function("fs_close", c_int, _OBJECT)
fs_kind = _function("fs_kind", c_char_p, _OBJECT)
fs_flags = _function("fs_flags", c_uint32, _OBJECT)
fs_set_flags = _function("fs_set_flags", None, _OBJECT, c_uint32, c_uint32)
fs_memory_new = _function("fs_memory_new", c_int, POINTER(_OBJECT))
fs_directory_new = _function("fs_directory_new", c_int, _TEXT, POINTER(_OBJECT))
fs_add_filter = _function("fs_add_filter", c_int, _TEXT, POINTER(_OBJECT), POINTER(Error))
fs_open_url = _function(
    "fs_open_url", c_int, _TEXT, c_void_p, POINTER(_OBJECT), POINTER(c_void_p), POINTER(Error)
)

fs_getinfo = _function("fs_getinfo", c_int, _OBJECT, _TEXT, c_uint32, POINTER(Info))
fs_scandir = _function("fs_scandir", c_int, _OBJECT, _TEXT, c_uint32, c_uint64, FILL, c_void_p)
fs_open = _function("fs_open", c_int, _OBJECT, _TEXT, c_int, c_uint32, POINTER(_FILE))
fs_file_flags = _function("fs_file_flags", c_int, _FILE)
fs_f_close = _function("fs_f_close", c_int, _OBJECT, _FILE)
fs_f_pread = _function("fs_f_pread", c_ssize_t, _OBJECT, _FILE, c_void_p, c_size_t, c_uint64)
fs_f_pwrite = _function("fs_f_pwrite", c_ssize_t, _OBJECT, _FILE, c_void_p, c_size_t, c_uint64)
fs_f_truncate = _function("fs_f_truncate", c_int, _OBJECT, _FILE, c_uint64)
fs_f_flush = _function("fs_f_flush", c_int, _OBJECT, _FILE)
fs_f_fsync = _function("fs_f_fsync", c_int, _OBJECT, _FILE)
fs_f_getinfo = _function("fs_f_getinfo", c_int, _OBJECT, _FILE, c_uint32, POINTER(Info))
fs_makedir = _function("fs_makedir", c_int, _OBJECT, _TEXT, c_uint32)
fs_remove = _function("fs_remove", c_int, _OBJECT, _TEXT)
fs_removedir = _function("fs_removedir", c_int, _OBJECT, _TEXT)
fs_rename = _function("fs_rename", c_int, _OBJECT, _TEXT, _TEXT, c_uint32)
fs_setinfo = _function("fs_setinfo", c_int, _OBJECT, _TEXT, POINTER(Info))
fs_readlink = _function("fs_readlink", c_int, _OBJECT, _TEXT, c_void_p, c_size_t)
fs_symlink = _function("fs_symlink", c_int, _OBJECT, _TEXT, _TEXT)
fs_link = _function("fs_link", c_int, _OBJECT, _TEXT, _TEXT)
fs_statfs = _function("fs_statfs", c_int, _OBJECT, POINTER(Space))
fs_getmeta = _function("fs_getmeta", c_int, _OBJECT, _TEXT, c_void_p, c_size_t)
fs_getospath = _function("fs_getospath", c_int, _OBJECT, _TEXT, c_void_p, c_size_t)
fs_access = _function("fs_access", c_int, _OBJECT, _TEXT, c_int)
fs_thread_start = _function("fs_thread_start", None, _OBJECT)
fs_thread_stop = _function("fs_thread_stop", None, _OBJECT)

fs_mount = _function(
    "fs_mount", c_int, _OBJECT, _TEXT, POINTER(MountOptions), POINTER(POINTER(MountProcess)), POINTER(Error)
)
fs_unmount = _function("fs_unmount", c_int, _TEXT, POINTER(Error))
mount_process_wait = _function("mount_process_wait", c_int, POINTER(MountProcess), c_int)
mount_process_unmount = _function("mount_process_unmount", c_int, POINTER(MountProcess))
mount_process_free = _function("mount_process_free", None, POINTER(MountProcess))
_fs_operations = _function("fs_operations", c_void_p)


def fs_operations() -> Any:
    """The library's Dokan callbacks, as a pointer to `xdokan.structs.DOKAN_OPERATIONS`."""
    from xdokan.structs import DOKAN_OPERATIONS

    return POINTER(DOKAN_OPERATIONS).from_buffer(c_void_p(_fs_operations()))
