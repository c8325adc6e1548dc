#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A drive with two texts, straight on the Dokan 2 API: python3 hello.py M:  (or an empty folder)."""

import sys
import time

from xdokan import DokanMain, Operations, StatusError, VolumeInformation, file_information, find_data
from xdokan.constants import (DOKAN_OPTION_CASE_SENSITIVE, DOKAN_OPTION_WRITE_PROTECT,
                              FILE_ATTRIBUTE_DIRECTORY, FILE_ATTRIBUTE_NORMAL, FILE_DIRECTORY_FILE,
                              FILE_NON_DIRECTORY_FILE, FILE_OPEN, FILE_OPEN_IF, STATUS_ACCESS_DENIED,
                              STATUS_FILE_IS_A_DIRECTORY, STATUS_NOT_A_DIRECTORY,
                              STATUS_OBJECT_NAME_NOT_FOUND)

FILES = {"hello.txt": b"Hello from Python.\n", "now.txt": time.ctime().encode() + b"\n"}


class Hello(Operations):
    """`info.context` holds the bytes of an open file; the root folder has none."""

    started = time.time()

    def ZwCreateFile(self, name, security_context, access, attributes, share, disposition, options, info):
        data = FILES.get(name[1:])
        if data is None and name != "\\":
            raise StatusError(STATUS_OBJECT_NAME_NOT_FOUND)
        if disposition not in (FILE_OPEN, FILE_OPEN_IF):
            raise StatusError(STATUS_ACCESS_DENIED)
        if data is None and options & FILE_NON_DIRECTORY_FILE:
            raise StatusError(STATUS_FILE_IS_A_DIRECTORY)
        if data is not None and options & FILE_DIRECTORY_FILE:
            raise StatusError(STATUS_NOT_A_DIRECTORY)
        info.IsDirectory = data is None
        info.context = data

    def ReadFile(self, name, buffer, offset, info):
        return info.context[offset:offset + len(buffer)]

    def GetFileInformation(self, name, info):
        return file_information(**self.facts(info.context))

    def FindFiles(self, name, info):
        return (find_data(file, **self.facts(data)) for file, data in FILES.items())

    def GetVolumeInformation(self, info):
        return VolumeInformation("Hello")

    def facts(self, data):
        """Attributes, size and times of a file, or of the folder if there are no bytes."""
        return {"attributes": FILE_ATTRIBUTE_DIRECTORY if data is None else FILE_ATTRIBUTE_NORMAL,
                "size": len(data or b""), "created": self.started, "accessed": self.started,
                "written": self.started}


if __name__ == "__main__":
    DokanMain(Hello(), sys.argv[1] if len(sys.argv) > 1 else None,
              DOKAN_OPTION_WRITE_PROTECT | DOKAN_OPTION_CASE_SENSITIVE)
