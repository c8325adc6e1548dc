# SPDX-License-Identifier: MIT
"""A MemoryFS served by llfuse: by inode number, its default worker threads under its global lock."""

import llfuse
from fs.errors import FSError

import content
from inodes import Inodes

UNKNOWN = 1 << 40  # numbers of what is listed before the kernel has asked for it


def translate(function):
    """llfuse's error for an FS error."""
    def wrapper(*args):
        try:
            return function(*args)
        except FSError as error:
            raise llfuse.FUSEError(content.errno_of(error)) from None
    return wrapper


class Files(llfuse.Operations):
    """The operations that the client needs; the others answer that they are not implemented."""

    def __init__(self, memory, timeout):
        super().__init__()
        self.inodes = Inodes(memory, llfuse.EntryAttributes, timeout)

    def init(self):
        content.say("ready")

    @translate
    def lookup(self, parent, name, ctx):
        return self.inodes.lookup(parent, name)

    @translate
    def getattr(self, inode, ctx):
        return self.inodes.facts(inode)

    @translate
    def setattr(self, inode, attr, fields, fh, ctx):
        if fields.update_size:
            self.inodes.truncate(inode, attr.st_size)
        return self.inodes.facts(inode)

    def forget(self, inode_list):
        for inode, count in inode_list:
            self.inodes.forget(inode, count)

    def opendir(self, inode, ctx):
        return inode

    def readdir(self, fh, off):
        """llfuse gives the kernel names, types and numbers only."""
        memory, numbers = self.inodes.memory, self.inodes.numbers
        folder, entry = self.inodes.paths[fh].rstrip("/"), llfuse.EntryAttributes()
        for place, info in enumerate(memory.scandir(folder or "/", page=(off, None)), off + 1):
            entry.st_ino = numbers.get(f"{folder}/{info.name}", UNKNOWN + place)
            entry.st_mode = content.mode_of(info)
            yield info.name.encode(), entry, place

    @translate
    def open(self, inode, flags, ctx):
        return self.inodes.open(inode, flags)

    @translate
    def create(self, parent, name, mode, flags, ctx):
        return self.inodes.create(parent, name)

    @translate
    def read(self, fh, off, size):
        return self.inodes.read(fh, off, size)

    @translate
    def write(self, fh, off, buf):
        return self.inodes.write(fh, off, buf)

    def release(self, fh):
        self.inodes.close(fh)

    @translate
    def unlink(self, parent, name, ctx):
        self.inodes.remove(parent, name)


def main():
    args = content.arguments()
    llfuse.init(Files(content.filled(args), args.timeout), args.point, set(llfuse.default_options))
    try:
        llfuse.main()
    finally:
        llfuse.close(unmount=False)


if __name__ == "__main__":
    main()
