# SPDX-License-Identifier: MIT
"""Mounts that this process serves: threads of the library call the object, Python waits or goes on.

A `Served` is one mount. The library ends it for any reason (unmounted by somebody, the kernel gone) and says
so on a thread of its own through `_unmounted`; `finish()` ends it from here. Both may meet. `_live` holds
every mount until it is over, so that none is collected while the library still calls it, and lets the
interpreter's exit end the rest.

Locks: `_lock` guards `_live`; `Served._finishing` is held while one thread unmounts. Neither is held while
code of others runs. A child made by fork() serves nothing: it forgets all.
"""

import ctypes
import errno
import os
import select
import signal
import sys
import threading
from contextlib import contextmanager
from typing import Any, Callable, Dict, Iterator, List, Optional

from . import fsapi, operations, points, threads, vfork
from .bridge import FSObject
from .settings import Settings

_lock = threading.Lock()
_live: "List[Served]" = []


# ---- all mounts of this process
# -------------------------------------------------------------------------------

def _enter(served: "Served") -> None:
    with _lock:
        _live.append(served)
    vfork.hold()
    threads.on_exit(served.at_exit)


def _leave(served: "Served") -> None:
    threads.forget(served.at_exit)
    with _lock:
        if served not in _live:
            return
        _live.remove(served)
    vfork.release()


def _forget_all() -> None:
    global _lock
    _lock = threading.Lock()
    for served in _live:
        served.forget()
    _live.clear()


os.register_at_fork(after_in_child=_forget_all)


# ---- one mount
# ------------------------------------------------------------------------------------------------


def failure(code: int, text: str) -> OSError:
    """The exception for a negative errno of the library and its text."""
    return OSError(-code, text or os.strerror(-code))


class Served:
    """An object mounted by this process.

    path    directory of the mount: what open() takes
    drive   "Q:", or "" when it is no drive
    """

    def __init__(self, fs: Any, path: Optional[str], settings: Settings, close: bool = False,
                 unmounted: Optional[Callable[[], Any]] = None) -> None:
        """Mounts. `close`: the object belongs to the mount, which closes it at the end."""
        self._finishing = threading.RLock()
        self._over = threading.Event()
        self._wake_read, self._wake_write = os.pipe()
        self._callback = unmounted
        self._telling: Optional[int] = None
        self._mount: Any = None
        self._result = 0
        self._given = settings.operations(fs)
        self._table = self._given.get_ops_struct() if self._given is not None else None
        self._unmounted_pointer = fsapi.UNMOUNTED(self._unmounted)
        self._object: Optional[FSObject] = FSObject(fs, close=close)
        self._close = close
        try:
            self._start(path, settings)
        except BaseException:
            self._release()
            self._close_wake()
            raise

    def _start(self, path: Optional[str], settings: Settings) -> None:
        error, mount = fsapi.Error(), ctypes.POINTER(fsapi.MountProcess)()
        options = fsapi.MountOptions(
            mode=fsapi.MOUNT_THREADS, numthreads=settings.numthreads, flags=settings.flags,
            timeout_ms=settings.timeout_ms, unmount_timeout_ms=round(settings.unmount_timeout * 1000),
            options=os.fsencode(settings.options) or None, unmounted=self._unmounted_pointer,
            operations=ctypes.addressof(self._table) if self._table is not None else None,
            exclusive=self._close, test_timeout_ms=settings.test_timeout_ms, **settings.texts(self._given))
        assert self._object is not None
        operations.test_limit_ms = settings.test_timeout_ms or operations.test_limit_ms
        _enter(self)
        code = fsapi.fs_mount(self._object.pointer, points.encode(path), ctypes.byref(options),
                              ctypes.byref(mount), ctypes.byref(error))
        if code < 0:
            _leave(self)
            raise failure(code, error.message)
        self._mount = mount
        self.path = os.fsdecode(mount.contents.path)
        self.drive = os.fsdecode(mount.contents.drive)

    # ---- the end

    def _unmounted(self, _ctx: Any) -> None:
        """Called by the library, on its thread, when the object has been given up."""
        self._telling = threading.get_ident()
        try:
            if self._callback:
                self._callback()
        except Exception:  # pylint: disable=broad-except
            sys.excepthook(*sys.exc_info())
        finally:
            self._telling = None
            self._over.set()
            try:
                os.write(self._wake_write, b"x")
            except OSError:
                pass

    @property
    def over(self) -> bool:
        """Whether the mount has ended, whoever ended it."""
        return self._over.is_set()

    def wait(self, timeout: Optional[float] = None) -> bool:
        """Waits for the end, which somebody else brings about. False when the time is up."""
        return self._over.wait(timeout)

    @property
    def wake(self) -> int:
        """A descriptor that becomes readable at the end."""
        return self._wake_read

    def finish(self) -> None:
        """Unmounts if it is mounted, waits until the object is given up. Further calls do nothing.

        OSError when that went wrong: data may be lost.
        """
        if self._telling == threading.get_ident():
            return  # the callback of the end
        with self._finishing:
            mount, self._mount = self._mount, None
            if mount is None:
                return
            where = self.path
            code = fsapi.mount_process_unmount(mount)
            released, text = self._release()
            if self.over:
                self._close_wake()
            _leave(self)
        if code < 0 or released < 0:
            self._result = code or released
            raise failure(self._result, self._explain(code, released, text, where))

    def at_exit(self) -> None:
        """The interpreter ends: unmounts, waits for it, and says what went wrong."""
        try:
            self.finish()
        except OSError as error:
            print(f"xdokan: {error.strerror}", file=sys.stderr)

    @staticmethod
    def _explain(code: int, released: int, text: str, where: str) -> str:
        if code == -errno.ETIMEDOUT:
            return f"the mount on {where} did not end in time; the object is left unclosed, data may be lost"
        stuck = "a call of it never came back" if code == -errno.EBUSY else ""
        reason = text or stuck or os.strerror(-(code or released))
        return f"the object on {where} was not closed properly: {reason}; data may be lost"

    def _release(self) -> "tuple[int, str]":
        made, self._object = self._object, None
        if made is None:
            return 0, ""
        code = made.release()
        return (code or 0), (made.last_error() if code else "")

    def _close_wake(self) -> None:
        for fd in (self._wake_read, self._wake_write):
            if fd >= 0:
                os.close(fd)
        self._wake_read = self._wake_write = -1

    def forget(self) -> None:
        """In a forked child: it is the parent's."""
        self._mount = self._object = None
        self._close_wake()


# ---- waiting in the foreground
# --------------------------------------------------------------------------------

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def _ending_signals(write: int, all_of_them: bool) -> Iterator[None]:
    """Within it a signal that would end the program writes to `write`.

    Those that the program has handlers for are left alone unless `all_of_them`; Python's own for Ctrl-C
    raises KeyboardInterrupt.
    """
    taken: Dict[signal.Signals, Any] = {}
    if threading.current_thread() is threading.main_thread():
        for number in _ENDING:
            if all_of_them or signal.getsignal(number) == signal.SIG_DFL:
                taken[number] = signal.signal(number, lambda *_: os.write(write, b"x"))
    try:
        yield
    finally:
        for number, handler in taken.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)


def wait_in_foreground(served: Served, all_signals: bool = False,
                       others: "Optional[Dict[int, Callable[[], Any]]]" = None,
                       ready: Optional[Callable[[], Any]] = None) -> None:
    """Calls `ready`, then waits until the mount has ended or a signal ends it. It is unmounted in any case.

    `others`: descriptors to look at too, and what to call when one is readable; True from it ends the wait.
    """
    read, write = os.pipe()
    os.set_blocking(write, False)
    poll = select.poll()
    calls: Dict[int, Callable[[], Any]] = {read: lambda: True, served.wake: lambda: True, **(others or {})}
    for fd in calls:
        poll.register(fd, select.POLLIN)
    try:
        with _ending_signals(write, all_signals):
            if ready:
                ready()
            while not any(_answer(poll, calls, fd) for fd, _ in poll.poll()):
                pass
    finally:
        os.close(read)
        os.close(write)
        served.finish()


def _answer(poll: Any, calls: Dict[int, Callable[[], Any]], fd: int) -> bool:
    answer = calls[fd]()
    if answer is None:  # it has nothing more to say
        poll.unregister(fd)
    return bool(answer)
