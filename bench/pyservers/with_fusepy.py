# SPDX-License-Identifier: MIT
"""A MemoryFS served by fusepy: by path, big_writes, its default threads."""

import logging
import os
import threading

try:
    import fuse
except ImportError:
    import fusepy as fuse

from fs.errors import FSError

import content


class Files(fuse.Operations):
    """The operations that the client needs. Those set to None are answered by libfuse, as not implemented."""

    use_ns = True
    getxattr = listxattr = access = flush = fsync = lock = opendir = releasedir = None

    def __init__(self, memory):
        self.memory, self.handles, self.last, self.guard = memory, {}, 0, threading.Lock()
        self.owner = {"st_uid": os.getuid(), "st_gid": os.getgid()}

    def __call__(self, op, *args):
        try:
            return getattr(self, op)(*args)
        except FSError as error:
            raise fuse.FuseOSError(content.errno_of(error)) from None

    def init(self, path):
        content.say("ready")

    def getattr(self, path, fh=None):
        info = self.memory.getinfo(path, content.NAMESPACES)
        details = info.raw["details"]
        modified = int(details["modified"] * 1e9)
        return {"st_mode": content.mode_of(info), "st_nlink": 1, "st_size": details["size"],
                "st_mtime": modified, "st_ctime": modified, "st_atime": int(details["accessed"] * 1e9),
                **self.owner}

    def readdir(self, path, fh):
        return [".", "..", *self.memory.listdir(path)]

    def opened(self, file):
        with self.guard:
            self.last += 1
            self.handles[self.last] = file, threading.Lock()
            return self.last

    def open(self, path, flags):
        return self.opened(self.memory.openbin(path, content.open_mode(flags)))

    def create(self, path, mode, fi=None):
        return self.opened(self.memory.openbin(path, "x+"))

    def read(self, path, size, offset, fh):
        file, lock = self.handles[fh]
        with lock:
            file.seek(offset)
            return file.read(size)

    def write(self, path, data, offset, fh):
        file, lock = self.handles[fh]
        with lock:
            file.seek(offset)
            return file.write(data)

    def truncate(self, path, length, fh=None):
        with self.memory.openbin(path, "r+") as file:
            file.truncate(length)

    def release(self, path, fh):
        with self.guard:
            file, _ = self.handles.pop(fh)
        file.close()

    def unlink(self, path):
        self.memory.remove(path)


def main():
    logging.basicConfig(level=logging.ERROR)
    args = content.arguments()
    fuse.FUSE(Files(content.filled(args)), args.point, foreground=True, big_writes=True,
              attr_timeout=args.timeout, entry_timeout=args.timeout)


if __name__ == "__main__":
    main()
