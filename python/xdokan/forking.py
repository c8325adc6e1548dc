# SPDX-License-Identifier: MIT
"""Forking with an FS object in hand, so that neither side waits for ever or undoes the other's work.

Before the fork the locks of the object and of the objects it consists of are taken, for at most a second, so
that no thread is half-way through a change when the copy is made. In the child, which has one thread, every
lock below the object is made new. In the parent the object is detached: its close() does nothing, since the
child closes the copy, and using it warns once. Other objects of its class are not touched.
"""

import errno
import functools
import gc
import logging
import os
import stat
import sys
import threading
import time
import types
import warnings
from contextlib import ExitStack, contextmanager
from typing import Any, Dict, Iterable, Iterator, List, Optional, Tuple

from ._ostree import is_plain

PATIENCE = 1.0
"""Seconds that are waited for the object's locks."""

_FOREIGN = (type, types.ModuleType, types.FunctionType, types.FrameType, types.CodeType, logging.Logger,
            logging.Handler, threading.Thread)
_LOCKS = (type(threading.Lock()), type(threading.RLock()), threading._RLock)  # type: ignore[attr-defined]


# ---- what an object consists of
# -------------------------------------------------------------------------------


def _is_fs(thing: Any) -> bool:
    kind = type(thing)
    return all(callable(getattr(kind, name, None)) for name in ("getinfo", "listdir", "close", "remove"))


def _within(value: Any, depth: int = 3) -> Iterator[Any]:
    """FS objects in a value: itself, or in containers of containers."""
    if _is_fs(value):
        yield value
    elif depth and isinstance(value, dict):
        for item in list(value.values()):
            yield from _within(item, depth - 1)
    elif depth and isinstance(value, (list, tuple, set)):
        for item in list(value):
            yield from _within(item, depth - 1)


def parts(fs: Any) -> List[Any]:
    """The object, then those it is made of: what it wraps, mounts or joins."""
    found = [fs]
    for part in found:
        for value in list(getattr(part, "__dict__", {}).values()):
            found.extend(inner for inner in _within(value) if not any(inner is known for known in found))
    return found


# ---- locks
# ----------------------------------------------------------------------------------------------------


def _locks_of(fs: Any) -> List[Any]:
    locks: List[Any] = []
    for part in parts(fs):
        lock = getattr(part, "__dict__", {}).get("_lock")
        usable = callable(getattr(lock, "acquire", None))
        if usable and not any(lock is known for known in locks):
            locks.append(lock)
    return locks


def _acquire(lock: Any, until: float) -> bool:
    try:
        return bool(lock.acquire(timeout=max(0.0, until - time.monotonic())))
    except TypeError:  # not one of Python's own
        return bool(lock.acquire(False))


@contextmanager
def quiet(fs: Any, patience: float = PATIENCE) -> Iterator[None]:
    """Within it no other thread is inside the object. BlockingIOError when one does not leave it in time."""
    until = time.monotonic() + patience
    with ExitStack() as held:
        for lock in _locks_of(fs):
            if not _acquire(lock, until):
                raise BlockingIOError(
                    errno.EAGAIN,
                    f"another thread was in the object for {patience:g} s, and a child made now would "
                    "have half of its change; mount when it is idle, or with background='thread'")
            held.callback(lock.release)
        yield


def _reachable(roots: Iterable[Any]) -> Iterator[Any]:
    """Everything that the garbage collector sees below `roots`, except what belongs to the whole program."""
    seen = set()
    pending = list(roots)
    while pending:
        thing = pending.pop()
        if id(thing) in seen or isinstance(thing, _FOREIGN):
            continue
        seen.add(id(thing))
        yield thing
        pending.extend(gc.get_referents(thing))


def renew_locks(fs: Any) -> None:
    """In the child: whoever held a lock of the object is not here."""
    for lock in [thing for thing in _reachable([fs]) if isinstance(thing, _LOCKS)]:
        lock._at_fork_reinit()  # type: ignore[union-attr]


# ---- the parent's object
# --------------------------------------------------------------------------------------

_SILENT = {"close", "isclosed", "check", "lock", "desc"}
_MARK = "_xdokan_warning"


class Detached:
    """The parent's object after the fork: close() does nothing, any other use warns once.

    What it consists of is not closed either, since that would close it for the child's copy too (a zip file
    would be written twice). An OSFS does not warn: both sides see the same folder.
    """

    def __init__(self, fs: Any, where: Any) -> None:
        self._where = where
        self._warned = False
        self._undo: List[Tuple[Any, Dict[str, Any]]] = []
        for part in parts(fs):
            self._replace(part, {"close": _nothing})
        if not is_plain(fs):
            self._replace(fs, {name: self._warning(getattr(fs, name)) for name in _public_methods(fs)})

    def _replace(self, thing: Any, methods: Dict[str, Any]) -> None:
        attributes = getattr(thing, "__dict__", None)
        if attributes is None:  # __slots__: nothing can be put in front of its methods
            return
        methods = {name: method for name, method in methods.items() if name not in attributes}
        self._undo.append((attributes, methods))
        attributes.update(methods)

    def _warning(self, method: Any) -> Any:
        @functools.wraps(method)
        def warn(*args: Any, **kwds: Any) -> Any:
            if not self._warned:
                self._warned = True
                warnings.warn(f"this object was mounted on {self._where} by a child process, which has a "
                              "copy: what is done here is not seen there, nor the other way round; "
                              "background='thread' mounts the object itself", RuntimeWarning, stacklevel=2)
            return method(*args, **kwds)
        setattr(warn, _MARK, True)
        return warn

    def undo(self) -> None:
        """The mount failed: the object is the only one again."""
        for attributes, methods in self._undo:
            for name, method in methods.items():
                if attributes.get(name) is method:
                    del attributes[name]
        self._undo.clear()


def _nothing(*args: Any, **kwds: Any) -> None:
    """close() of a detached object."""


def warn_of_earlier(fs: Any) -> None:
    """An object is mounted that a child had before: warns, and takes away the warnings of its methods, which
    the new mount is going to call. close() goes on to do nothing: a zip file would be written anew, without
    what the first child wrote."""
    there = is_plain(fs) and os.path.isdir(fs.root_path)  # a TempFS that has been closed is not
    if there or not any(getattr(part, "__dict__", {}).get("close") is _nothing for part in parts(fs)):
        return
    attributes = getattr(fs, "__dict__", {})
    for name in [name for name, method in attributes.items() if getattr(method, _MARK, False)]:
        del attributes[name]
    warnings.warn("a child process served this object before, and closes its copy; this mount shows it as it "
                  "was before that, and will not close it: make a new object for every mount, or mount it "
                  "with background='thread' each time", RuntimeWarning, stacklevel=_level_outside())


def _level_outside() -> int:
    """`stacklevel` of the first caller who is not of this package, as seen from our caller."""
    frame, level = sys._getframe(1), 1
    while frame.f_back and os.path.dirname(frame.f_code.co_filename) == os.path.dirname(__file__):
        frame, level = frame.f_back, level + 1
    return level


def _public_methods(fs: Any) -> List[str]:
    kind = type(fs)
    return [name for name in dir(kind) if not name.startswith("_") and name not in _SILENT
            and isinstance(getattr(kind, name, None), types.FunctionType)]


# ---- the child
# ------------------------------------------------------------------------------------------------


def blank(descriptors: Iterable[int]) -> None:
    """Closes descriptors for all purposes but keeps their numbers: objects of the parent that own them are
    copied too and may close them at any time."""
    null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    for fd in descriptors:
        if fd != null:
            os.dup2(null, fd, inheritable=False)
    os.close(null)


def open_descriptors() -> List[int]:
    """Those of this process."""
    return [fd for fd in map(int, os.listdir("/proc/self/fd")) if _is_open(fd)]


def _is_open(fd: int) -> bool:
    try:
        os.fstat(fd)
        return True
    except OSError:
        return False


def pipes(descriptors: Iterable[int]) -> List[int]:
    """The pipes among them. Whoever reads from a pipe waits until nobody has its other end."""
    return [fd for fd in descriptors if stat.S_ISFIFO(os.fstat(fd).st_mode)]


def renew_streams() -> None:
    """Gives the child standard streams of its own, so that what waits in the parent's is written once."""
    for name, fd, mode in (("stdin", 0, "r"), ("stdout", 1, "w"), ("stderr", 2, "w")):
        old = getattr(sys, name)
        _kept.append(old)
        if not _is_open(fd):
            continue
        new = open(fd, mode, closefd=False, buffering=1, errors=getattr(old, "errors", None)
                   or "backslashreplace", encoding=getattr(old, "encoding", None) or "utf-8")
        setattr(sys, name, new)
        setattr(sys, f"__{name}__", new)
    _redirect_logging()


_kept: List[Any] = []


def _redirect_logging() -> None:
    """Handlers that write to the parent's stream write to ours."""
    moved = {id(old): getattr(sys, name) for old, name in zip(_kept[-3:], ("stdin", "stdout", "stderr"))}
    for reference in list(getattr(logging, "_handlerList", [])):
        handler: Optional[Any] = reference()
        stream = moved.get(id(getattr(handler, "stream", None)))
        if stream is not None and handler is not None:
            handler.stream = stream


def other_threads() -> List[threading.Thread]:
    """Threads of the program beside this one; those of this package do nothing that a fork could catch
    half-way."""
    return [thread for thread in threading.enumerate()
            if thread is not threading.current_thread() and not getattr(thread, "xdokan", False)]
