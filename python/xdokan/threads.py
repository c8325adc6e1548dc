# SPDX-License-Identifier: MIT
"""C threads in the interpreter: kept attached while they serve a mount, kept out once it ends.

A C thread that calls Python makes a thread state for each call and frees it again; that costs 7 microseconds.
The first call on a worker thread of a mount (`fs_table::thread_start`) therefore takes one
PyGILState_Ensure() more than it gives back: the thread keeps its state, 68 times cheaper. `thread_stop` gives
it back.

    pin                      (thread_start, thread_stop) for the table
    on_exit(callback)        callbacks of the exit, the last registered first; returns the callback
    forget(callback)         no longer to be called

**Interpreter exit.** What was registered here unmounts, while Python is whole: as soon as the main thread has
ended and no other thread that the exit waits for is left; that is before thread pools are shut down, which an
object may need when it is closed, else behind atexit functions registered later. After that `is_over()` is
true, objects that are still there have their methods taken away (see `xdokan.bridge`), and no C thread of
ours enters the interpreter again.

Locks: `_lock` guards the list of callbacks and is never held while one runs.
"""

import atexit
import ctypes
import os
import sys
import threading
from typing import Callable, List, Optional

from xdokan import errors
from xdokan.structs import THREAD_HOOK

_ensure = ctypes.pythonapi.PyGILState_Ensure
_ensure.argtypes, _ensure.restype = [], ctypes.c_int
_release = ctypes.pythonapi.PyGILState_Release
_release.argtypes, _release.restype = [ctypes.c_int], None

_HELD = 0
"""PyGILState_LOCKED: what Ensure returns where the lock is held already, as in a callback."""

_pinned = threading.local()
_lock = threading.Lock()
_callbacks: List[Callable[[], object]] = []
_over = False


def _start(_fs: Optional[int]) -> None:
    """One more PyGILState_Ensure() on this thread; threads of Python itself have their state anyway."""
    count = getattr(_pinned, "count", 0)
    _pinned.count = count + 1
    if count == 0:
        _ensure()


def _stop(_fs: Optional[int]) -> None:
    count = getattr(_pinned, "count", 0)
    if count == 0:
        return
    _pinned.count = count - 1
    if count == 1:
        _forget_dummy()
        _release(_HELD)


def _forget_dummy() -> None:
    """`threading` keeps an object for each foreign thread that asked who it is, for good: `logging` asks."""
    active, limbo = getattr(threading, "_active", None), getattr(threading, "_active_limbo_lock", None)
    dummy = getattr(threading, "_DummyThread", None)
    ident = threading.get_ident()
    if active is None or limbo is None or dummy is None:
        return
    with limbo:
        if isinstance(active.get(ident), dummy):
            del active[ident]


pin = (THREAD_HOOK(_start), THREAD_HOOK(_stop))
"""thread_start and thread_stop of fs_table."""


# ---- exit ---------------------------------------------------------------------------------------------


def on_exit(callback: Callable[[], object]) -> Callable[[], object]:
    """Registers what is to be called before the interpreter ends; the last registered comes first."""
    with _lock:
        _callbacks.append(callback)
    return callback


def forget(callback: Callable[[], object]) -> None:
    """Takes a callback of on_exit() back."""
    with _lock:
        if callback in _callbacks:
            _callbacks.remove(callback)


def is_over() -> bool:
    """Whether the interpreter ends and mounts have been given up."""
    return _over


def _run_callbacks() -> None:
    while True:
        with _lock:
            callback = _callbacks.pop() if _callbacks else None
        if callback is None:
            return
        try:
            callback()
        except BaseException as exc:
            errors.log_unexpected(exc, "a callback at exit")


def _nobody_else() -> bool:
    return all(
        t.daemon or t is threading.main_thread() or t is threading.current_thread()
        for t in threading.enumerate()
    )


def _at_shutdown() -> None:
    """The main thread has ended; threads that the exit waits for may still use a drive."""
    if _nobody_else():
        _run_callbacks()


def _at_exit() -> None:
    global _over
    _run_callbacks()
    _over = True
    bridge = sys.modules.get("xdokan.bridge")
    if bridge is not None:
        bridge.shut()


def _register() -> None:
    early = getattr(threading, "_register_atexit", None)
    atexit.register(_at_exit)
    if early is not None:
        try:
            early(_at_shutdown)
        except RuntimeError:  # imported while the interpreter ends
            pass


def _after_fork() -> None:
    """The child has this thread only, and no mounts: what they registered is the parent's."""
    global _lock
    _lock = threading.Lock()
    _callbacks.clear()


_register()
os.register_at_fork(after_in_child=_after_fork)
