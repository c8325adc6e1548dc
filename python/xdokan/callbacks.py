# SPDX-License-Identifier: MIT
"""From a C callback to a method of `xdokan.Operations` and back: arguments, results, exceptions, buffers.

For every slot there is an adapter: given the method, it makes the function that ctypes calls. An adapter
returns an NTSTATUS; what it raises becomes one in `guarded`. Nothing that the method was given outlives the
call: buffers are released, and a part of one that was kept is reported.

Invariant: a callback never ends with an exception, since ctypes would answer 0, which is success.
"""

import ctypes
import sys
from typing import Any, Callable, Dict, Iterable, Optional, Tuple

from . import constants as c
from .errors import known_errno, log_unexpected, logger, status_of
from .structs import BY_HANDLE_FILE_INFORMATION, drop_context, put_wide_at, wide_at

_FAILURE = 0x80000000
"""A number from here on is a status of failure or warning; sizes and counts stay below."""
_OPENED_THOUGH_IT_EXISTED = (c.FILE_SUPERSEDE, c.FILE_OPEN_IF, c.FILE_OVERWRITE_IF)


class StatusError(Exception):
    """Raised by a callback to answer with a status: `raise StatusError(STATUS_ACCESS_DENIED)`."""

    def __init__(self, status: int) -> None:
        super().__init__(f"NTSTATUS 0x{status & 0xFFFFFFFF:08X}")
        self.status = status & 0xFFFFFFFF


# ---- results -----------------------------------------------------------------------------------------------


def guarded(name: str, call: Callable[..., Optional[int]]) -> Callable[..., int]:
    """The adapter's function, with every exception turned into a status."""
    def callback(*arguments: Any) -> int:
        try:
            return call(*arguments) or 0
        except BaseException as error:  # pylint: disable=broad-except
            return _failed(name, error)
    return callback


def _failed(name: str, error: BaseException) -> int:
    try:
        status = _answer(name, error)
        # An error must not look like success, whatever number somebody chose.
        return status if status & _FAILURE else c.STATUS_INTERNAL_ERROR
    except BaseException:  # pylint: disable=broad-except
        return c.STATUS_INTERNAL_ERROR


def _answer(name: str, error: BaseException) -> int:
    if isinstance(error, StatusError):
        return error.status
    if isinstance(error, NotImplementedError):
        return c.STATUS_NOT_IMPLEMENTED
    if known_errno(error) is None:
        log_unexpected(error, name)
    return status_of(error)


def _is_status(result: Any) -> bool:
    """Whether a number is a status where a count could be."""
    return isinstance(result, int) and not 0 <= result < _FAILURE


def _status(number: int) -> int:
    """A status as it is written, with or without a sign. Refuses what looks like an errno."""
    if number == 0 or 0x40000000 <= number <= 0xFFFFFFFF or -_FAILURE <= number < -0x10000:
        return number & 0xFFFFFFFF
    raise ValueError(f"{number} is no NTSTATUS; raise OSError({abs(number)}, ...) to answer with an errno")


def _plain(result: Any) -> int:
    """The result of a callback that has nothing to return but a status."""
    if result is None:
        return 0
    if isinstance(result, int) and not isinstance(result, bool):
        return _status(result)
    raise TypeError(f"None or an NTSTATUS must be returned, not {result!r}")


# ---- buffers -----------------------------------------------------------------------------------------------

_ARRAYS = [ctypes.c_ubyte * (1 << bits) for bits in range(33)]


class Buffer:
    """The library's memory as a memoryview, for the length of a `with`.

    Afterwards every use of the view raises ValueError. Views made of it (slices, casts, arrays of other
    packages) cannot be taken back; who keeps one is told in the log.
    """

    __slots__ = ("_name", "_array", "_whole", "_view")

    def __init__(self, name: str, address: Optional[int], size: int, writable: bool) -> None:
        self._name = name
        # Its length is a power of two: ctypes keeps every type for ever. Nobody sees more than `size` of it.
        kind = _ARRAYS[(size - 1).bit_length()]
        self._array = kind.from_address(address) if address and size else bytearray(size)
        self._whole = memoryview(self._array)
        view = self._whole.cast("B")[:size]
        self._view = view if writable else view.toreadonly()

    def __enter__(self) -> memoryview:
        return self._view

    def __exit__(self, *_: object) -> None:
        try:
            self._view.release()
            self._whole.release()
            kept = sys.getrefcount(self._array) > 2
        except BufferError:
            kept = True
        if kept:
            logger.error("%s: a part of the buffer is kept; its memory is not valid after the call: copy it "
                         "with bytes()", self._name)


# ---- adapters ----------------------------------------------------------------------------------------------

Method = Callable[..., Any]
Info = Any  # POINTER(DOKAN_FILE_INFO)


def _create(method: Method) -> Method:
    def ZwCreateFile(name: int, security: Any, access: int, attributes: int, share: int, disposition: int,
                     options: int, info: Info) -> int:
        status = c.STATUS_INTERNAL_ERROR
        inside = info.contents
        try:
            status = _plain(method(wide_at(name), security.contents if security else None, access, attributes,
                                   share, disposition, options, inside))
        finally:
            opened = not status & _FAILURE or (status == c.STATUS_OBJECT_NAME_COLLISION
                                               and disposition in _OPENED_THOUGH_IT_EXISTED)
            if not opened:
                inside.context = None
        return status
    return ZwCreateFile


def _close(method: Optional[Method]) -> Method:
    def CloseFile(name: int, info: Info) -> None:
        try:
            if method:
                method(wide_at(name), info.contents)
        finally:
            drop_context(info.contents.Context)
    return CloseFile


def _named(method: Method) -> Method:
    """A name, then numbers, then the handle."""
    def call(name: int, *rest: Any) -> int:
        return _plain(method(wide_at(name), *rest[:-1], rest[-1].contents))
    return call


def _cleanup(method: Method) -> Method:
    def Cleanup(name: int, info: Info) -> None:
        method(wide_at(name), info.contents)
    return Cleanup


def _read(method: Method) -> Method:
    def ReadFile(name: int, address: int, size: int, count: Any, offset: int, info: Info) -> int:
        with Buffer("ReadFile", address, size, True) as view:
            result = method(wide_at(name), view, offset, info.contents)
            if isinstance(result, int):
                if _is_status(result):
                    return _status(result)
                done = result
            else:
                done = _copied(view, result)
        if done > size:
            raise ValueError(f"ReadFile returned {done} bytes, {size} were asked for")
        count[0] = done
        return 0
    return ReadFile


def _copied(view: memoryview, data: Any) -> int:
    with memoryview(data) as source, source.cast("B") as octets:
        view[:len(octets)] = octets
        return len(octets)


def _write(method: Method) -> Method:
    def WriteFile(name: int, address: int, size: int, count: Any, offset: int, info: Info) -> int:
        with Buffer("WriteFile", address, size, False) as view:
            result = method(wide_at(name), view, offset, info.contents)
        if result is None:
            result = size
        if _is_status(result):
            return _status(result)
        if not isinstance(result, int) or result > size:
            raise ValueError(f"WriteFile returned {result!r} for {size} bytes")
        count[0] = result
        return 0
    return WriteFile


def _get_information(method: Method) -> Method:
    def GetFileInformation(name: int, target: Any, info: Info) -> int:
        result = method(wide_at(name), info.contents)
        if _is_status(result):
            return _status(result)
        if not isinstance(result, BY_HANDLE_FILE_INFORMATION):
            raise TypeError(f"GetFileInformation must return a BY_HANDLE_FILE_INFORMATION, not {result!r}")
        target[0] = result
        return 0
    return GetFileInformation


def _fill(entries: Iterable[Any], fill: Callable[[Any], Any]) -> int:
    if _is_status(entries):
        return _status(entries)  # type: ignore[arg-type]
    for entry in entries:
        fill(entry)
    return 0


def _find(method: Method) -> Method:
    def FindFiles(name: int, fill: Any, info: Info) -> int:
        return _fill(method(wide_at(name), info.contents), lambda entry: fill(entry, info))
    return FindFiles


def _find_with_pattern(method: Method) -> Method:
    def FindFilesWithPattern(name: int, pattern: int, fill: Any, info: Info) -> int:
        return _fill(method(wide_at(name), wide_at(pattern), info.contents), lambda entry: fill(entry, info))
    return FindFilesWithPattern


def _find_streams(method: Method) -> Method:
    def FindStreams(name: int, fill: Any, context: Any, info: Info) -> int:
        streams = method(wide_at(name), info.contents)
        if _is_status(streams):
            return _status(streams)
        return 0 if all(fill(stream, context) for stream in streams) else c.STATUS_BUFFER_OVERFLOW
    return FindStreams


def _set_time(method: Method) -> Method:
    def SetFileTime(name: int, creation: Any, access: Any, write: Any, info: Info) -> int:
        return _plain(method(wide_at(name), creation.contents, access.contents, write.contents,
                             info.contents))
    return SetFileTime


def _move(method: Method) -> Method:
    def MoveFile(name: int, new_name: int, replace: int, info: Info) -> int:
        return _plain(method(wide_at(name), wide_at(new_name), bool(replace), info.contents))
    return MoveFile


def _space(method: Method) -> Method:
    def GetDiskFreeSpace(available: Any, total: Any, free: Any, info: Info) -> int:
        result = method(info.contents)
        if _is_status(result):
            return _status(result)
        for target, value in zip((available, total, free), _tuple(result, 3, "GetDiskFreeSpace")):
            if target:
                target[0] = value
        return 0
    return GetDiskFreeSpace


def _tuple(result: Any, length: int, name: str) -> Tuple[Any, ...]:
    values = tuple(result)
    if len(values) != length:
        raise ValueError(f"{name} must return {length} values, not {len(values)}")
    return values


def _volume(method: Method) -> Method:
    def GetVolumeInformation(label: int, label_room: int, serial: Any, longest: Any, flags: Any, kind: int,
                             kind_room: int, info: Info) -> int:
        result = method(info.contents)
        if _is_status(result):
            return _status(result)
        values = _tuple(result, 5, "GetVolumeInformation")
        for target, value in zip((serial, longest, flags), values[1:4]):
            if target:
                target[0] = value
        _put_cut(label, label_room, values[0])
        _put_cut(kind, kind_room, values[4])
        return 0
    return GetVolumeInformation


def _put_cut(address: Optional[int], room: int, text: str) -> None:
    """Puts as much of a text as there is room for."""
    while address and room and not put_wide_at(address, room, text):
        text = text[:min(len(text) - 1, room - 1)]


def _get_security(method: Method) -> Method:
    def GetFileSecurity(name: int, parts: Any, address: int, room: int, needed: Any, info: Info) -> int:
        result = method(wide_at(name), parts[0], info.contents)
        if _is_status(result):
            return _status(result)
        descriptor = bytes(result)
        needed[0] = len(descriptor)
        if len(descriptor) > room:
            return c.STATUS_BUFFER_OVERFLOW
        ctypes.memmove(address, descriptor, len(descriptor))
        return 0
    return GetFileSecurity


def _set_security(method: Method) -> Method:
    def SetFileSecurity(name: int, parts: Any, address: int, size: int, info: Info) -> int:
        with Buffer("SetFileSecurity", address, size, False) as view:
            return _plain(method(wide_at(name), parts[0], view, info.contents))
    return SetFileSecurity


def _unmounted(method: Method) -> Method:
    def Unmounted(info: Info) -> int:
        return _plain(method(info.contents))
    return Unmounted


ADAPTERS: Dict[str, Callable[[Method], Method]] = {
    "ZwCreateFile": _create, "Cleanup": _cleanup, "CloseFile": _close, "ReadFile": _read, "WriteFile": _write,
    "GetFileInformation": _get_information, "FindFiles": _find, "FindFilesWithPattern": _find_with_pattern,
    "SetFileTime": _set_time, "MoveFile": _move, "GetDiskFreeSpace": _space, "GetVolumeInformation": _volume,
    "Unmounted": _unmounted, "GetFileSecurity": _get_security, "SetFileSecurity": _set_security,
    "FindStreams": _find_streams,
}
"""How the method of a slot is called; those not named take a name, numbers and the handle."""


def adapted(name: str, method: Optional[Method]) -> Callable[..., Any]:
    """The function for a slot, to be wrapped in its callback type."""
    adapter: Any = ADAPTERS.get(name, _named)
    return guarded(name, adapter(method))
