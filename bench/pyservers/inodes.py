# SPDX-License-Identifier: MIT
"""What the two bindings that work with inode numbers share: numbers of paths, attributes, open files.

One instance serves one mount; the caller sees to it that only one thread is inside (llfuse's global lock,
trio).
"""

import os

from content import NAMESPACES, mode_of, open_mode

ROOT = 1


class Inodes:
    """A MemoryFS by inode numbers. A number is the path's as long as the kernel knows it."""

    def __init__(self, memory, attributes, timeout):
        self.memory, self.attributes, self.timeout = memory, attributes, timeout
        self.paths, self.numbers, self.known, self.last = {ROOT: "/"}, {"/": ROOT}, {ROOT: 1}, ROOT
        self.handles, self.handle = {}, 0
        self.uid, self.gid = os.getuid(), os.getgid()

    def path(self, parent, name):
        """Path of a name, in bytes, below a number."""
        folder = self.paths[parent]
        return folder + os.fsdecode(name) if folder == "/" else f"{folder}/{os.fsdecode(name)}"

    def number(self, path):
        """The number of a path, which the kernel then knows once more."""
        number = self.numbers.get(path)
        if number is None:
            self.last = number = self.last + 1
            self.numbers[path], self.paths[number], self.known[number] = number, path, 0
        self.known[number] += 1
        return number

    def forget(self, number, count):
        """The kernel has forgotten a number `count` times."""
        self.known[number] -= count
        if self.known[number] <= 0 and number != ROOT:
            del self.known[number]
            path = self.paths.pop(number)
            if self.numbers.get(path) == number:
                del self.numbers[path]

    def entry(self, info, number):
        """The binding's attributes for an Info."""
        details, entry = info.raw["details"], self.attributes()
        entry.st_ino, entry.st_mode, entry.st_nlink = number, mode_of(info), 1
        entry.st_size, entry.st_uid, entry.st_gid = details["size"], self.uid, self.gid
        entry.st_mtime_ns = entry.st_ctime_ns = int(details["modified"] * 1e9)
        entry.st_atime_ns = int(details["accessed"] * 1e9)
        entry.attr_timeout = entry.entry_timeout = self.timeout
        return entry

    def facts(self, number):
        """Attributes of a number."""
        return self.entry(self.memory.getinfo(self.paths[number], NAMESPACES), number)

    def lookup(self, parent, name):
        """Attributes of a name; it is known once more."""
        path = self.path(parent, name)
        info = self.memory.getinfo(path, NAMESPACES)
        return self.entry(info, self.number(path))

    def keep(self, file):
        """A handle for an open file."""
        self.handle += 1
        self.handles[self.handle] = file
        return self.handle

    def open(self, number, flags):
        """A handle of an existing file."""
        return self.keep(self.memory.openbin(self.paths[number], open_mode(flags)))

    def create(self, parent, name):
        """A handle of a new file, and its attributes."""
        file = self.memory.openbin(self.path(parent, name), "x+")
        return self.keep(file), self.lookup(parent, name)

    def read(self, handle, offset, size):
        """Bytes of an open file."""
        file = self.handles[handle]
        file.seek(offset)
        return file.read(size)

    def write(self, handle, offset, data):
        """Writes to an open file."""
        file = self.handles[handle]
        file.seek(offset)
        return file.write(data)

    def truncate(self, number, size):
        """Sets a file's size."""
        with self.memory.openbin(self.paths[number], "r+") as file:
            file.truncate(size)

    def close(self, handle):
        """Gives a handle up."""
        self.handles.pop(handle).close()

    def remove(self, parent, name):
        """Removes a name; its number belongs to no path from now on."""
        path = self.path(parent, name)
        self.memory.remove(path)
        self.numbers.pop(path, None)
