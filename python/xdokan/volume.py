# SPDX-License-Identifier: MIT
"""Volumes: mounting a file system, waiting for its end, unmounting.

A volume keeps what the library needs of it (table, texts, options) until the library has let go of it, and is
unmounted when Python ends.

Locks: Volume._lock guards the way of its handle from open to closed; _lock the table of what is alive, and
nothing else is done under it. Callbacks take neither.
"""

import ctypes
import os
import signal
import threading
from typing import Any, Dict, Optional, Tuple

from . import constants as c
from . import structs as s
from . import vfork
from ._api import last_error, lib
from .filesystem import Operations, table_of
from .threads import forget, on_exit, pin


class DokanError(Exception):
    """A mount that failed; `result` is one of DOKAN_ERROR to DOKAN_VERSION_ERROR."""

    MESSAGES = {
        c.DOKAN_ERROR: "a wrong argument, or memory ran out",
        c.DOKAN_DRIVER_INSTALL_ERROR: "no usable /dev/fuse: load the module fuse, give the user access",
        c.DOKAN_START_ERROR: "wrong options, or this process has mounted something there already",
        c.DOKAN_MOUNT_ERROR: "the mount point is missing, not an empty directory, busy or not permitted",
        c.DOKAN_MOUNT_POINT_ERROR: "DOKAN_OPTION_NETWORK needs unc_name",
        c.DOKAN_VERSION_ERROR: "DOKAN_OPTIONS.Version is too old",
    }

    def __init__(self, result: int) -> None:
        super().__init__(f"Dokan failed with {result}: {self.MESSAGES.get(result, 'unknown error')}")
        self.result = result


_lock = threading.Lock()
_alive: Dict[Optional[int], Any] = {}
"""By volume id: what the library may still use. The volume while it is open, its tables until it is drained;
under 0 those of failed mounts, until nothing runs at all."""


class Volume:
    """A mounted volume. Made by DokanCreateFileSystem(); leaving its `with` block unmounts it."""

    def __init__(self, operations: Operations, options: s.DOKAN_OPTIONS, ex: s.DOKAN_MOUNT_OPTIONS_EX,
                 keep: Tuple[Any, ...]) -> None:
        self.operations = operations
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._watch: Optional[s.HANDLE] = None
        self._when_ended = s.WAITORTIMERCALLBACKFUNC(lambda context, timed_out: self._ended.set())
        self._used = (table_of(operations), options, ex, keep, self._when_ended)
        self._pid = os.getpid()
        self._handle: Optional[int] = None
        self.id = 0
        self._open()
        on_exit(self.close)

    def _open(self) -> None:
        """Mounts. A Ctrl-C meanwhile is raised as soon as the library returns, and must not leave a mount."""
        table, options, ex = self._used[:3]
        handle = s.DOKAN_HANDLE()
        vfork.hold()
        lib.DokanInit()
        try:
            result = lib.DokanCreateFileSystemEx(ctypes.byref(options), ctypes.byref(table), ctypes.byref(ex),
                                                 ctypes.byref(handle))
            if result != c.DOKAN_SUCCESS:
                raise DokanError(result)
            self.id = lib.DokanGetVolumeId(handle)
            with _lock:
                _alive[self.id] = self
            self._handle = handle.value
        except BaseException:
            with _lock:
                _alive[0] = (_alive.get(0), self._used)
                _alive.pop(self.id or None, None)
            lib.DokanCloseHandle(handle)
            lib.DokanShutdown()
            vfork.release()
            _sweep()
            raise

    @property
    def handle(self) -> Optional[int]:
        """The DOKAN_HANDLE; None when the volume is closed, and in a child made by fork."""
        return self._handle if self._pid == os.getpid() else None

    @property
    def is_running(self) -> bool:
        """Whether it is still mounted."""
        return bool(self.handle and lib.DokanIsFileSystemRunning(self.handle))

    @property
    def mount_point(self) -> str:
        """The Linux path of the mount; "" when it is not mounted."""
        size = 4096
        while self.handle:
            path = ctypes.create_string_buffer(size)
            needed = lib.DokanGetMountPoint(self.handle, path, size)
            if needed < size:
                return os.fsdecode(path.value)
            size = needed + 1
        return ""

    def counters(self) -> s.DOKAN_VOLUME_COUNTERS:
        """Counters since the mount. OSError when the volume is closed."""
        result = s.DOKAN_VOLUME_COUNTERS()
        if not lib.DokanGetVolumeCounters(self.handle, ctypes.byref(result)):
            raise last_error("the volume is closed")
        return result

    def wait(self, timeout: Optional[float] = None) -> bool:
        """Waits until the volume is unmounted, by whomever, at most `timeout` seconds. Ctrl-C interrupts it.

        Returns whether it is unmounted.
        """
        with self._lock:
            if self.handle and not self._watch:
                watch = s.HANDLE()
                if not lib.DokanRegisterWaitForFileSystemClosed(self.handle, ctypes.byref(watch),
                                                                self._when_ended,
                                                                 None, c.INFINITE):
                    raise last_error("waiting for the volume failed")
                self._watch = watch
        return not self.handle or self._ended.wait(timeout)

    def close(self) -> None:
        """Unmounts, waits until that is done and frees the volume. Not to be called from a callback."""
        if self._pid != os.getpid():
            return
        with self._lock:
            handle, self._handle = self._handle, None
            if not handle:
                return
            try:
                if self._watch:
                    lib.DokanUnregisterWaitForFileSystemClosed(self._watch, True)
                lib.DokanCloseHandle(handle)
            finally:
                lib.DokanShutdown()
                vfork.release()
        self._ended.set()
        forget(self.close)
        with _lock:
            _alive[self.id] = self._used + (self.operations,)
        _sweep()

    def __enter__(self) -> "Volume":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<xdokan.Volume {self.id} " + (f"at {self.mount_point!r}>" if self.handle else "closed>")


def _sweep() -> None:
    """Lets go of closed volumes none of whose callbacks runs any longer."""
    with _lock:
        for number in [number for number, kept in _alive.items()
                       if not isinstance(kept, Volume) and lib.DokanIsVolumeDrained(number)]:
            del _alive[number]


def _after_fork() -> None:
    """The volumes are the parent's, one of whose threads may have held the lock. The child may mount."""
    global _lock
    _lock = threading.Lock()
    _alive.clear()
    lib.DokanStartAfterFork()


os.register_at_fork(after_in_child=_after_fork)


def DokanCreateFileSystem(operations: Operations, mount_point: Optional[str] = None, options: int = 0, *,
                          unc_name: Optional[str] = None, timeout: int = 0, single_thread: bool = False,
                          allocation_unit_size: int = c.DOKAN_DEFAULT_ALLOCATION_UNIT_SIZE,
                          sector_size: int = c.DOKAN_DEFAULT_SECTOR_SIZE, security_descriptor: bytes = b"",
                          fuse_options: Optional[str] = None,
                          ex: Optional[s.DOKAN_MOUNT_OPTIONS_EX] = None) -> Volume:
    """Mounts a file system and returns when it is mounted.

    mount_point is a drive (`M:`) or the Linux path of an empty directory; None lets the library choose a
    drive. options are `DOKAN_OPTION_*`. timeout is in ms, 0 for 15000; kept within 15000 and 300000.
    fuse_options and ex are what DOKAN_MOUNT_OPTIONS_EX describes; ex is changed: Python's thread hooks are
    put in. Raises DokanError.
    """
    if len(security_descriptor) > c.VOLUME_SECURITY_DESCRIPTOR_MAX_SIZE:
        raise ValueError(f"security_descriptor is longer than {c.VOLUME_SECURITY_DESCRIPTOR_MAX_SIZE} bytes")
    if mount_point is None:
        options |= c.DOKAN_OPTION_MOUNT_MANAGER
    mount_text, unc_text = s.to_wide(mount_point), s.to_wide(unc_name)
    block = s.DOKAN_OPTIONS(
        Version=c.DOKAN_VERSION, SingleThread=single_thread, Options=options, MountPoint=_address(mount_text),
        UNCName=_address(unc_text), Timeout=timeout, AllocationUnitSize=allocation_unit_size,
        SectorSize=sector_size, VolumeSecurityDescriptorLength=len(security_descriptor))
    ctypes.memmove(block.VolumeSecurityDescriptor, security_descriptor, len(security_descriptor))
    ex = ex or s.DOKAN_MOUNT_OPTIONS_EX()
    if fuse_options is not None:
        ex.FuseOptions = os.fsencode(fuse_options)
    ex.ThreadStart, ex.ThreadStop = pin
    return Volume(operations, block, ex, (mount_text, unc_text))


def DokanMain(operations: Operations, mount_point: Optional[str] = None, options: int = 0,
              **more: Any) -> None:
    """Mounts a file system and returns when it is unmounted.

    Ctrl-C unmounts it and raises KeyboardInterrupt; so does SIGTERM, with SystemExit, where this is the main
    thread and nobody handles it. Takes what DokanCreateFileSystem() takes. Raises DokanError.
    """
    ours = (threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL)
    if ours:
        signal.signal(signal.SIGTERM, _terminate)
    try:
        with DokanCreateFileSystem(operations, mount_point, options, **more) as volume:
            volume.wait()
    finally:
        if ours:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _terminate(number: int, _frame: Any) -> None:
    raise SystemExit(128 + number)


def _address(text: Optional[ctypes.Array]) -> Optional[int]:
    return None if text is None else ctypes.addressof(text)
