# SPDX-License-Identifier: MIT
"""What every server of `bench/python` shares: the MemoryFS with its files, errors, modes, the command line.

The tree is the one that `work fill` makes: data, many/fNNNNN, made/. It is written into the MemoryFS before
it is mounted, so that filling costs no server anything.
"""

import argparse
import errno
import os
import stat
import sys

from fs import errors
from fs.memoryfs import MemoryFS

SMALL = 4096
NAMESPACES = ("details",)
ERRNO = (
    (errors.ResourceNotFound, errno.ENOENT), (errors.FileExpected, errno.EISDIR),
    (errors.DirectoryExpected, errno.ENOTDIR), (errors.FileExists, errno.EEXIST),
    (errors.DirectoryExists, errno.EEXIST), (errors.DirectoryNotEmpty, errno.ENOTEMPTY),
    (errors.FSError, errno.EIO),
)


def arguments():
    """Mount point, number of small files, bytes of the large one, the kernel's memory in seconds, a mode."""
    parser = argparse.ArgumentParser()
    parser.add_argument("point")
    parser.add_argument("--files", type=int, default=10000)
    parser.add_argument("--size", type=int, default=64 << 20)
    parser.add_argument("--timeout", type=float, default=1)
    parser.add_argument("--mode", default="")
    return parser.parse_args()


def filled(args):
    """A MemoryFS with what the client expects."""
    memory = MemoryFS()
    memory.makedir("many")
    memory.makedir("made")
    small = b"w" * SMALL
    for number in range(args.files):
        memory.writebytes(f"many/f{number:05}", small)
    with memory.openbin("data", "w") as data:
        block = b"w" * (1 << 20)
        for _ in range(args.size >> 20):
            data.write(block)
    return memory


def errno_of(error):
    """The errno that stands for an FS error."""
    return next((number for kind, number in ERRNO if isinstance(error, kind)), errno.EIO)


def mode_of(info):
    """The file type and permissions that all servers show."""
    return stat.S_IFDIR | 0o755 if info.is_dir else stat.S_IFREG | 0o644


def open_mode(flags):
    """A mode of openbin() for flags of open(2)."""
    return "r" if flags & os.O_ACCMODE == os.O_RDONLY else "r+"


def say(text):
    """One line to whoever started us."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
