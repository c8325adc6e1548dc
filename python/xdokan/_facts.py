# SPDX-License-Identifier: MIT
"""Facts of files: from PyFilesystem's `Info` and from stat(2) to `struct fs_info`, and back.

A time of PyFilesystem is a float of seconds and exact to a microsecond in our age, so nanoseconds are made
from whole microseconds: a time that was set is read back as it was. What is missing stays out of `valid`;
what is wrong (a size that is no number) raises, a time that cannot be held is left out.
"""

import stat
from ctypes import c_char
from math import floor
from os import stat_result
from struct import Struct
from typing import Any, Dict, Iterable, List, Mapping, Optional, Tuple

from xdokan import fsapi

INFO_BYTES = 88
ENTRY_BYTES = 96
INFO_ARRAY = c_char * INFO_BYTES

PACK_FACTS = Struct("=IIQ8xqqqqI28x").pack_into
"""valid, type, size, atime, mtime, ctime, btime, mode into a struct fs_info."""
PACK_ENTRY = Struct("=QIIQ8xqqqqI28x").pack_into
"""The same behind the address of a name, into a struct fs_entry."""
PACK_STAT = Struct("=IIQQqqqqIIIIQ8x").pack_into
"""All of a struct fs_info but the attributes."""
PACK_STAT_ENTRY = Struct("=QIIQQqqqqIIIIQ8x").pack_into
"""The same behind the address of a name."""

SIZE, ATIME, MTIME, CTIME, BTIME = (
    fsapi.INFO_SIZE,
    fsapi.INFO_ATIME,
    fsapi.INFO_MTIME,
    fsapi.INFO_CTIME,
    fsapi.INFO_BTIME,
)
MODE = fsapi.INFO_MODE
_STAT_FACTS = fsapi.INFO_ALL & ~fsapi.INFO_ATTRIBUTES & ~BTIME

DIRECTORY, FILE, SYMLINK = fsapi.TYPE_DIRECTORY, fsapi.TYPE_FILE, fsapi.TYPE_SYMLINK

_MODE_BITS = {
    "setuid": 0o4000,
    "setguid": 0o2000,
    "sticky": 0o1000,
    "u_r": 0o400,
    "u_w": 0o200,
    "u_x": 0o100,
    "g_r": 0o40,
    "g_w": 0o20,
    "g_x": 0o10,
    "o_r": 0o4,
    "o_w": 0o2,
    "o_x": 0o1,
}
_modes: Dict[Tuple[str, ...], int] = {}

_TYPES = {
    stat.S_IFDIR: DIRECTORY,
    stat.S_IFREG: FILE,
    stat.S_IFCHR: fsapi.TYPE_CHARACTER,
    stat.S_IFBLK: fsapi.TYPE_BLOCK,
    stat.S_IFIFO: fsapi.TYPE_FIFO,
    stat.S_IFSOCK: fsapi.TYPE_SOCKET,
    stat.S_IFLNK: SYMLINK,
}

_INT64_MAX = (1 << 63) - 1

USUAL = SIZE | ATIME | MTIME | BTIME
"""What a MemoryFS tells; for facts of this kind alone there are shorter ways."""
USUAL_TYPES = (None, *range(1, SYMLINK), None)
"""Links are looked at more closely."""

Facts = Tuple[int, int, int, int, int, int, int, int]
"""valid, type, size, atime, mtime, ctime, btime, mode."""


def _ns(seconds: Any) -> Optional[int]:
    """Nanoseconds of a time; None for one that is missing or cannot be held."""
    if seconds is None:
        return None
    try:
        value = floor(seconds * 1e6 + 0.5) * 1000
    except (ValueError, OverflowError):  # NaN, infinity
        return None
    return value if -_INT64_MAX <= value <= _INT64_MAX else None


def mode_of(permissions: Iterable[str]) -> int:
    """Permission bits of the names that PyFilesystem uses, or of the bits themselves."""
    if isinstance(permissions, int):
        return permissions & 0o7777
    key = tuple(permissions)
    mode = _modes.get(key)
    if mode is None:
        mode = sum(_MODE_BITS.get(name, 0) for name in set(key))
        if len(_modes) < 512:
            _modes[key] = mode
    return mode


def permissions_of(mode: int) -> List[str]:
    """Names of permission bits, as `setinfo` takes them."""
    return sorted(name for name, bit in _MODE_BITS.items() if mode & bit)


def type_of(basic: Mapping[str, Any], details: Mapping[str, Any]) -> int:
    """The type; what only says that it is no directory is a file."""
    told = details.get("type")
    if told is not None and 0 < int(told) < 8:
        return int(told)
    return DIRECTORY if basic["is_dir"] else FILE


def facts_of(raw: Mapping[str, Mapping[str, Any]]) -> Facts:
    """Facts of `Info.raw`, for PACK_FACTS."""
    details = raw.get("details")
    if details is None:
        return 0, DIRECTORY if raw["basic"]["is_dir"] else FILE, 0, 0, 0, 0, 0, 0
    get = details.get
    size, valid = get("size"), SIZE
    if size is None:
        size, valid = 0, 0
    atime = mtime = ctime = btime = mode = 0
    try:
        time = get("modified")
        if time is not None:
            mtime = floor(time * 1e6 + 0.5) * 1000
            valid |= MTIME
        time = get("accessed")
        if time is not None:
            atime = floor(time * 1e6 + 0.5) * 1000
            valid |= ATIME
        time = get("created")
        if time is not None:
            btime = floor(time * 1e6 + 0.5) * 1000
            valid |= BTIME
        time = get("metadata_changed")
        if time is not None:
            ctime = floor(time * 1e6 + 0.5) * 1000
            valid |= CTIME
    except (ValueError, OverflowError):
        return careful_facts_of(raw)
    access = raw.get("access")
    if access is not None and "permissions" in access:
        mode = mode_of(access["permissions"])
        valid |= MODE
    kind = get("type")
    if kind is None or not 0 < kind < 8:
        kind = DIRECTORY if raw["basic"]["is_dir"] else FILE
    return valid, kind, size, atime, mtime, ctime, btime, mode


def careful_facts_of(raw: Mapping[str, Mapping[str, Any]]) -> Facts:
    """The same where a fact did not fit: times that cannot be held are left out, a size must be a whole
    number."""
    details = raw.get("details") or {}
    times = {
        bit: _ns(details.get(key))
        for key, bit in (
            ("accessed", ATIME),
            ("modified", MTIME),
            ("metadata_changed", CTIME),
            ("created", BTIME),
        )
    }
    valid = sum(bit for bit, value in times.items() if value is not None)
    size = details.get("size")
    if size is not None:
        if int(size) != size or not 0 <= size <= fsapi.SIZE_MAX:
            raise ValueError(f"a size of {size!r}")
        valid |= SIZE
    mode: Optional[int] = None
    if "permissions" in (raw.get("access") or {}):
        mode = mode_of(raw["access"]["permissions"])
        valid |= MODE
    return (
        valid,
        type_of(raw["basic"], details),
        int(size or 0),
        times[ATIME] or 0,
        times[MTIME] or 0,
        times[CTIME] or 0,
        times[BTIME] or 0,
        mode or 0,
    )


def fitting(facts: Tuple[Any, ...]) -> Facts:
    """Facts of which one did not fit, without those that do not."""
    valid, kind, size = facts[:3]
    if type(size) is not int or not 0 <= size <= fsapi.SIZE_MAX:
        valid, size = valid & ~SIZE, 0
    times = []
    for bit, time in zip((ATIME, MTIME, CTIME, BTIME), facts[3:7]):
        fits = -_INT64_MAX <= time <= _INT64_MAX
        valid &= ~0 if fits else ~bit
        times.append(time if fits else 0)
    return (valid, kind, size, *times, facts[7] & 0o7777)  # type: ignore[return-value]


def stat_facts(st: stat_result) -> Tuple[int, ...]:
    """Facts of stat(2), for PACK_STAT."""
    return (
        _STAT_FACTS,
        _TYPES.get(st.st_mode & 0o170000, FILE),
        st.st_size,
        st.st_blocks * 512,
        st.st_atime_ns,
        st.st_mtime_ns,
        st.st_ctime_ns,
        0,
        st.st_mode & 0o7777,
        st.st_uid,
        st.st_gid,
        st.st_nlink,
        st.st_ino,
    )


def put_raw(raw: Mapping[str, Mapping[str, Any]], address: int) -> None:
    """Writes the facts of `Info.raw` to the struct fs_info at an address."""
    facts = facts_of(raw)
    try:
        PACK_FACTS(INFO_ARRAY.from_address(address), 0, *facts)
    except Exception:
        PACK_FACTS(INFO_ARRAY.from_address(address), 0, *careful_facts_of(raw))


def put_stat(st: stat_result, address: int) -> None:
    """Writes the facts of stat(2) to the struct fs_info at an address."""
    PACK_STAT(INFO_ARRAY.from_address(address), 0, *stat_facts(st))
