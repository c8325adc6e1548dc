# SPDX-License-Identifier: MIT
"""The socket between a program and the process that serves its mount: JSON, each text behind its length.

    child -> parent   {"state": "ready", "path": ..., "drive": ...}
                      {"state": "failed", "errno": ..., "type": ..., "text": ..., "traceback": ...}
                      {"state": "ended", "errno": 0, ...}
    parent -> child   {"do": "unmount"}, {"do": "stay"} (outlive the parent)

The other end that is closed means that the other process is gone. Any thread may receive; `_lock` is held
while what came is taken in, never while waiting.
"""

import json
import select
import socket
import struct
import threading
from typing import Any, Dict, List, Optional, Tuple

_HEAD = struct.Struct("!I")
_LONGEST = 1 << 20


class Link:
    """One end."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._socket.setblocking(False)
        self._lock = threading.Lock()
        self._bytes = b""
        self.messages: List[Dict[str, Any]] = []
        self.closed_by_peer = False
        self.closed = False

    @classmethod
    def pair(cls) -> "Tuple[Link, Link]":
        """Both ends."""
        one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        return cls(one), cls(other)

    @classmethod
    def of_descriptor(cls, fd: int) -> "Link":
        """The end that this process was started with."""
        end = socket.socket(fileno=fd)
        end.set_inheritable(False)
        return cls(end)

    def fileno(self) -> int:
        """Its descriptor."""
        return self._socket.fileno()

    def close(self) -> None:
        """Gives it up."""
        with self._lock:
            self.closed = True
            self._socket.close()

    def abandon(self) -> None:
        """In a forked child, where nobody else can hold the lock, but somebody may have."""
        self.closed = True
        self._socket.close()

    def send(self, message: Dict[str, Any]) -> None:
        """Sends; nobody there is no error."""
        data = json.dumps(message).encode()
        try:
            self._socket.setblocking(True)
            self._socket.sendall(_HEAD.pack(len(data)) + data)
        except OSError:
            pass
        finally:
            if not self.closed:
                self._socket.setblocking(False)

    def find(self, *states: str) -> Optional[Dict[str, Any]]:
        """The first message that has come of one of the states."""
        return next((message for message in list(self.messages) if message.get("state") in states), None)

    def receive(self, timeout: float) -> bool:
        """Waits for something, for ever if `timeout` is infinite. False when nothing came or will come any
        more."""
        if self.closed or self.closed_by_peer:
            return False
        poll = select.poll()
        try:
            poll.register(self.fileno(), select.POLLIN)
            if not poll.poll(max(0, timeout) * 1000):
                return False
        except (OSError, ValueError):  # closed by another thread
            return False
        return self.drain()

    def drain(self) -> bool:
        """Takes in what is there. False when nothing was, or the other end is closed."""
        with self._lock:
            before = len(self._bytes)
            while not self.closed and not self.closed_by_peer:
                try:
                    data = self._socket.recv(65536)
                except BlockingIOError:
                    break
                except OSError:
                    data = b""
                self._bytes += data
                self.closed_by_peer = not data
            got = len(self._bytes) > before
            self._parse()
            return got

    def _parse(self) -> None:
        while len(self._bytes) >= _HEAD.size:
            length = _HEAD.unpack_from(self._bytes)[0]
            end = _HEAD.size + length
            if length > _LONGEST:
                self.closed_by_peer, self._bytes = True, b""
                return
            if len(self._bytes) < end:
                return
            try:
                message = json.loads(self._bytes[_HEAD.size:end])
            except ValueError:
                message = None
            self._bytes = self._bytes[end:]
            if isinstance(message, dict):
                self.messages.append(message)
