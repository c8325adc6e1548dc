# SPDX-License-Identifier: MIT
"""What a PyFilesystem object is known to be: its classes, what its wrappers stand for, the flags that follow.

Its meta is believed, with one exception: a TarFS says that case does not matter to it, and it does.
"""

import sys
from typing import Any, Iterator, Mapping

from xdokan import fsapi

_CLOSED_WORLDS = {("fs.memoryfs", "MemoryFS"), ("fs.zipfs", "ReadZipFS"), ("fs.tarfs", "ReadTarFS")}
"""Exactly these show nothing but what their own methods changed; subclasses and wrappers may."""

_META_FLAGS = {
    "thread_safe": fsapi.THREAD_SAFE,
    "read_only": fsapi.READ_ONLY,
    "network": fsapi.NETWORK,
    "case_insensitive": fsapi.CASE_INSENSITIVE,
}


def layers_of(fs: Any) -> Iterator[Any]:
    """The object and what its wrappers stand for."""
    for _ in range(32):
        yield fs
        inner = getattr(fs, "_wrap_fs", None)
        if inner is None:
            return
        fs = inner


def is_kind(fs: Any, module: str, name: str) -> bool:
    """Whether an object is of a class of PyFilesystem, which need not be imported."""
    cls = getattr(sys.modules.get(module), name, None)
    return cls is not None and isinstance(fs, cls)


def _is_local(fs: Any) -> bool:
    """Whether nothing can go wrong when a file is closed that did not go wrong when it was written."""
    *wrappers, inner = layers_of(fs)
    plain = is_kind(inner, "fs.memoryfs", "MemoryFS") or is_kind(inner, "fs.osfs", "OSFS")
    return plain and all(type(layer).__module__.startswith("fs.") for layer in wrappers)


def flags_of(fs: Any, meta: Mapping[str, Any], at_close: bool) -> int:
    """FS_ flags of an object; `at_close`: its files take effect when they are closed."""
    flags = sum(flag for key, flag in _META_FLAGS.items() if meta.get(key) is True)
    if at_close or not _is_local(fs):
        flags |= fsapi.WRITE_ON_CLOSE
    if (type(fs).__module__, type(fs).__name__) in _CLOSED_WORLDS:
        flags |= fsapi.CACHEABLE
    if any(is_kind(layer, "fs.tarfs", "ReadTarFS") for layer in layers_of(fs)):
        flags &= ~fsapi.CASE_INSENSITIVE
    return flags
