# SPDX-License-Identifier: MIT
"""A MemoryFS served by pyfuse3: by inode number, with trio, attributes in the listing (readdirplus)."""

import pyfuse3
import trio
from fs.errors import FSError

import content
from inodes import Inodes


def translate(function):
    """pyfuse3's error for an FS error."""
    async def wrapper(*args):
        try:
            return await function(*args)
        except FSError as error:
            raise pyfuse3.FUSEError(content.errno_of(error)) from None
    return wrapper


class Files(pyfuse3.Operations):
    """The operations that the client needs; the others answer that they are not implemented."""

    def __init__(self, memory, timeout):
        super().__init__()
        self.inodes = Inodes(memory, pyfuse3.EntryAttributes, timeout)

    def init(self):
        content.say("ready")

    @translate
    async def lookup(self, parent, name, ctx):
        return self.inodes.lookup(parent, name)

    @translate
    async def getattr(self, inode, ctx):
        return self.inodes.facts(inode)

    @translate
    async def setattr(self, inode, attr, fields, fh, ctx):
        if fields.update_size:
            self.inodes.truncate(inode, attr.st_size)
        return self.inodes.facts(inode)

    async def forget(self, inode_list):
        for inode, count in inode_list:
            self.inodes.forget(inode, count)

    async def opendir(self, inode, ctx):
        return inode

    async def readdir(self, fh, start_id, token):
        inodes = self.inodes
        folder = inodes.paths[fh].rstrip("/")
        listing = inodes.memory.scandir(folder or "/", content.NAMESPACES, page=(start_id, None))
        for place, info in enumerate(listing, start_id + 1):
            number = inodes.number(f"{folder}/{info.name}")
            if not pyfuse3.readdir_reply(token, info.name.encode(), inodes.entry(info, number), place):
                inodes.forget(number, 1)
                break

    @translate
    async def open(self, inode, flags, ctx):
        return pyfuse3.FileInfo(fh=self.inodes.open(inode, flags))

    @translate
    async def create(self, parent, name, mode, flags, ctx):
        handle, entry = self.inodes.create(parent, name)
        return pyfuse3.FileInfo(fh=handle), entry

    @translate
    async def read(self, fh, off, size):
        return self.inodes.read(fh, off, size)

    @translate
    async def write(self, fh, off, buf):
        return self.inodes.write(fh, off, buf)

    async def release(self, fh):
        self.inodes.close(fh)

    @translate
    async def unlink(self, parent, name, ctx):
        self.inodes.remove(parent, name)


def main():
    args = content.arguments()
    pyfuse3.init(Files(content.filled(args), args.timeout), args.point, set(pyfuse3.default_options))
    try:
        trio.run(pyfuse3.main)
    finally:
        pyfuse3.close(unmount=False)


if __name__ == "__main__":
    main()
