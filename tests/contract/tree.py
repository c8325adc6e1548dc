#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the golden text of a folder for `contract --read-only`: tree.py FOLDER >TREE.txt"""

import hashlib
import os
import stat
import sys


def escaped(name):
    return b"".join(b"\\x%02x" % byte if byte <= 0x20 or byte in (0x7F, 0x5C) else bytes([byte]) for byte in name)


def line(path, shown):
    mode = os.lstat(path).st_mode
    if stat.S_ISDIR(mode):
        return b"d " + escaped(shown)
    if stat.S_ISLNK(mode):
        return b"l " + escaped(os.readlink(path)) + b" " + escaped(shown)
    if not stat.S_ISREG(mode):
        return b"o " + escaped(shown)
    with open(path, "rb") as file:
        data = file.read()
    return b"f %d %s %s" % (len(data), hashlib.sha256(data).hexdigest().encode(), escaped(shown))


def main():
    top = os.fsencode(sys.argv[1]).rstrip(b"/")
    found = [os.path.join(folder, name) for folder, folders, files in os.walk(top) for name in folders + files]
    lines = [line(path, path[len(top):]) for path in found]
    for text in sorted(lines, key=lambda text: text.rsplit(b" ", 1)[1]):
        sys.stdout.buffer.write(text + b"\n")


if __name__ == "__main__":
    main()
