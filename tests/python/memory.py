# SPDX-License-Identifier: MIT
"""A small file system in memory on xdokan.Operations, for the tests of the binding; case-sensitive."""

import threading
import time
from typing import Any, Dict, Iterator, List, Tuple

from xdokan import Operations, StatusError, VolumeInformation, file_information, find_data, unix_time
from xdokan import constants as c


class Node:
    """A file, or a folder if it has no data."""

    def __init__(self, directory: bool) -> None:
        self.data = None if directory else bytearray()
        self.written = self.created = time.time()

    @property
    def facts(self) -> Dict[str, Any]:
        attributes = c.FILE_ATTRIBUTE_NORMAL if self.data is not None else c.FILE_ATTRIBUTE_DIRECTORY
        return {"attributes": attributes, "size": len(self.data or b""), "created": self.created,
                "accessed": self.written, "written": self.written}


class Memory(Operations):
    """`nodes` by path, `events` of the mount; one lock for everything."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.nodes: Dict[str, Node] = {"\\": Node(True)}
        self.events: List[str] = []

    def parent(self, name: str) -> str:
        return name.rpartition("\\")[0] or "\\"

    def ZwCreateFile(self, name, security_context, access, attributes, share, disposition, options, info):
        with self.lock:
            node, status = self.nodes.get(name), None
            if node is None:
                node = self.make(name, disposition, bool(options & c.FILE_DIRECTORY_FILE))
            elif disposition == c.FILE_CREATE:
                raise FileExistsError
            else:
                status = self.open(node, disposition, options)
            info.IsDirectory = node.data is None
            info.context = node
            return status

    def make(self, name: str, disposition: int, directory: bool) -> Node:
        if disposition in (c.FILE_OPEN, c.FILE_OVERWRITE):
            raise FileNotFoundError
        if self.parent(name) not in self.nodes:
            raise StatusError(c.STATUS_OBJECT_PATH_NOT_FOUND)
        self.nodes[name] = Node(directory)
        return self.nodes[name]

    def open(self, node: Node, disposition: int, options: int) -> Any:
        if node.data is None and options & c.FILE_NON_DIRECTORY_FILE:
            return c.STATUS_FILE_IS_A_DIRECTORY
        if node.data is not None and options & c.FILE_DIRECTORY_FILE:
            return c.STATUS_NOT_A_DIRECTORY
        if disposition in (c.FILE_SUPERSEDE, c.FILE_OVERWRITE, c.FILE_OVERWRITE_IF) and node.data is not None:
            del node.data[:]
        existed = disposition in (c.FILE_SUPERSEDE, c.FILE_OPEN_IF, c.FILE_OVERWRITE_IF)
        return c.STATUS_OBJECT_NAME_COLLISION if existed else None

    def Cleanup(self, name, info):
        with self.lock:
            if info.DeletePending:
                self.nodes.pop(name, None)

    def CloseFile(self, name, info):
        assert isinstance(info.context, Node)

    def ReadFile(self, name, buffer, offset, info):
        with self.lock:
            data = memoryview(info.context.data)[offset:offset + len(buffer)]
            buffer[:len(data)] = data
            return len(data)

    def WriteFile(self, name, buffer, offset, info):
        with self.lock:
            data = info.context.data
            offset = len(data) if info.WriteToEndOfFile else offset
            size = max(0, min(len(buffer), len(data) - offset)) if info.PagingIo else len(buffer)
            data.extend(bytes(max(0, offset - len(data))))
            data[offset:offset + size] = buffer[:size]
            info.context.written = time.time()
            return size

    def FlushFileBuffers(self, name, info):
        return None

    def GetFileInformation(self, name, info):
        return file_information(**info.context.facts)

    def FindFiles(self, name, info) -> Iterator[Any]:
        with self.lock:
            inside: List[Tuple[str, Node]] = [(path, node) for path, node in self.nodes.items()
                                              if path != "\\" and self.parent(path) == name]
        return (find_data(path.rpartition("\\")[2], **node.facts) for path, node in inside)

    def SetFileTime(self, name, created, accessed, written, info):
        info.context.written = unix_time(written) or info.context.written

    def SetFileAttributes(self, name, attributes, info):
        return None

    def DeleteFile(self, name, info):
        return None

    def DeleteDirectory(self, name, info):
        if any(True for _ in self.FindFiles(name, info)):
            raise StatusError(c.STATUS_DIRECTORY_NOT_EMPTY)

    def MoveFile(self, name, new_name, replace, info):
        with self.lock:
            if new_name in self.nodes and not replace:
                return c.STATUS_OBJECT_NAME_COLLISION
            moved = [path for path in self.nodes if path == name or path.startswith(name + "\\")]
            self.nodes.update({new_name + path[len(name):]: self.nodes.pop(path) for path in moved})

    def SetEndOfFile(self, name, size, info):
        with self.lock:
            data = info.context.data
            del data[size:]
            data.extend(bytes(size - len(data)))

    def SetAllocationSize(self, name, size, info):
        with self.lock:
            del info.context.data[size:]

    def GetDiskFreeSpace(self, info):
        return 1 << 20, 3 << 20, 2 << 20

    def GetVolumeInformation(self, info):
        return VolumeInformation("Memory", serial=7)

    def Mounted(self, mount_point, info):
        self.events.append("mounted " + mount_point)

    def Unmounted(self, info):
        self.events.append("unmounted")
