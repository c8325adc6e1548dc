# SPDX-License-Identifier: MIT
"""Serves one kind of PyFilesystem object until it is unmounted, for the system tests.

    objects.py KIND SOURCE MOUNTPOINT

KIND is a row of the table below; SOURCE is the file or folder it is made of, or - for none. Exit status 0
means that the object was closed properly.
"""

import sys
from typing import Callable, Dict

import xdokan
from fs.base import FS
from fs.copy import copy_fs
from fs.memoryfs import MemoryFS
from fs.mountfs import MountFS
from fs.multifs import MultiFS
from fs.osfs import OSFS
from fs.tarfs import TarFS
from fs.wrap import cache_directory, read_only
from fs.zipfs import ZipFS


def copied(source: str) -> MemoryFS:
    """A MemoryFS with the files of a folder."""
    memory = MemoryFS()
    with OSFS(source) as folder:
        copy_fs(folder, memory, preserve_time=True)
    return memory


def mounts(source: str) -> MountFS:
    """Memory and a folder, side by side."""
    made = MountFS()
    made.mount("memory", MemoryFS())
    made.mount("folder", OSFS(source))
    return made


def layers(source: str) -> MultiFS:
    """A folder below an empty memory that takes what is written."""
    made = MultiFS()
    made.add_fs("below", read_only(OSFS(source)), priority=0)
    made.add_fs("above", MemoryFS(), write=True, priority=1)
    return made


def inner(_source: str) -> FS:
    """A folder of a MemoryFS, and nothing above it."""
    memory = MemoryFS()
    memory.writetext("outside", "nobody may see this")
    return memory.makedirs("deep/inner")


KINDS: Dict[str, Callable[[str], FS]] = {
    "memory": lambda source: MemoryFS(),
    "folder": OSFS,
    "zip": ZipFS,
    "zip-write": lambda source: ZipFS(source, write=True),
    "tar": TarFS,
    "tar-write": lambda source: TarFS(source, write=True, compression="gz"),
    "mounts": mounts,
    "layers": layers,
    "sub": inner,
    "read-only": lambda source: read_only(copied(source)),
    "cached": lambda source: cache_directory(copied(source)),
}


def main(kind: str, source: str, point: str) -> int:
    """Returns when the drive has gone."""
    xdokan.mount(KINDS[kind](source), point, foreground=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
