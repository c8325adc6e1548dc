# SPDX-License-Identifier: MIT
"""A PyFilesystem object as a `struct fs`: the table of callbacks by which C calls it.

    obj = FSObject(MemoryFS())
    fsapi.fs_mount(obj.pointer, b"Q:\\\\", None, None, error)
    obj.release()

Locks, pending deletes, deadlines and what a name may be are the C library's; a callback here turns its
arguments into one call of the object and the outcome into a number. No exception leaves a callback: one that
PyFilesystem knows becomes its errno, any other EIO and a line in the log.

Lifetimes: `_alive` keeps what C may call by the address of the struct fs, from fs_new() to its close
callback. The callbacks shared by all objects are never freed: the last of them may still run when an object's
own go. Open files are in a dict by the address of the struct fs_file, which is theirs alone until f_close.

Locks: none of our own; a dict's single steps are atomic, and C calls one file once at a time.
"""

import errno
import os
import sys
from contextlib import ExitStack
from ctypes import byref, c_char, c_void_p, memmove, sizeof
from struct import Struct
from typing import Any, Callable, Dict, List, Optional, Tuple

from xdokan import _facts, errors, fsapi, threads
from xdokan._files import StagedFile
from xdokan._legacy import Legacy, is_legacy
from xdokan._listing import Listings
from xdokan._ostree import OsTree, is_plain
from xdokan._tree import Tree

_EIO = -errno.EIO
_ENOENT = -errno.ENOENT
_PACK_SPACE = Struct("=QQQQQII").pack_into

_alive: Dict[int, Tuple["_State", fsapi.Table]] = {}


class _State:
    """What the callbacks of one object share."""

    def __init__(self, fs: Any, close: bool) -> None:
        self.close = close
        self.name = type(fs).__name__
        fs = Legacy(fs) if is_legacy(fs) else fs
        self.tree = OsTree(fs) if is_plain(fs) else Tree(fs)
        self.files: Dict[int, Any] = {}
        self.places: Dict[int, Tuple[str, int]] = {}
        self.last_error = ""
        self.retired: Dict[int, List[Any]] = {}
        self.listings = Listings(self.tree.batches)

    def failed(self, method: str, exc: BaseException) -> int:
        """The number for what a callback met."""
        code = errors.known_errno(exc)
        if code == errno.ENOENT:
            return _ENOENT
        self.last_error = errors.text_of(exc)
        if code is None:
            errors.log_unexpected(exc, f"{method} of {self.name}")
            return _EIO
        return -code


# ---- the table ----------------------------------------------------------------------------------------


def _path(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _fs_methods(state: _State) -> Dict[str, Callable[..., int]]:
    """Facts and listings."""
    getinfo_of, listed, failed = state.tree.getinfo_method(), state.listings.scandir, state.failed

    def getinfo(_fs: int, path: bytes, want: int, out: int) -> int:
        try:
            getinfo_of(path.decode("utf-8", "surrogateescape"), want, out)
            return 0
        except BaseException as exc:
            return failed("getinfo", exc)

    def scandir(_fs: int, path: bytes, want: int, cursor: int, fill: int, ctx: int) -> int:
        try:
            listed(path.decode("utf-8", "surrogateescape"), want, cursor, fill, ctx)
            return 0
        except BaseException as exc:
            return failed("scandir", exc)

    return {"getinfo": getinfo, "scandir": scandir}


def _data_methods(state: _State) -> Dict[str, Callable[..., int]]:
    """Contents of open files."""
    files, failed = state.files, state.failed

    def f_pread(_fs: int, file: int, buf: int, size: int, offset: int) -> int:
        try:
            return files[file].pread(buf, size, offset) if size else 0
        except BaseException as exc:
            return failed("reading", exc)

    def f_pwrite(_fs: int, file: int, buf: int, size: int, offset: int) -> int:
        try:
            return files[file].pwrite(buf, size, offset) if size else 0
        except BaseException as exc:
            return failed("writing", exc)

    def f_getinfo(_fs: int, file: int, _want: int, out: int) -> int:
        try:
            facts = files[file].facts()
            if facts is None:
                return -errno.EOPNOTSUPP
            _facts.put_stat(facts, out)
            return 0
        except BaseException as exc:
            return failed("the facts of an open file", exc)

    return {"f_pread": f_pread, "f_pwrite": f_pwrite, "f_getinfo": f_getinfo}


def _guarded(state: _State, what: str, method: Callable[..., Any]) -> Callable[..., int]:
    """A callback that returns 0, or the number for what it met."""
    failed = state.failed

    def callback(_fs: int, *arguments: Any) -> int:
        try:
            method(*arguments)
            return 0
        except BaseException as exc:
            return failed(what, exc)

    return callback


def _changing(state: _State, what: str, method: Callable[..., Any]) -> Callable[..., int]:
    """The same for what changes the tree."""
    guarded, tree = _guarded(state, what, method), state.tree
    if not tree.caches:
        return guarded

    def callback(*arguments: Any) -> int:
        rc = guarded(*arguments)
        tree.forget()
        return rc

    return callback


def _file_methods(state: _State) -> Dict[str, Callable[..., int]]:
    """The life of open files."""
    tree, files, places = state.tree, state.files, state.places
    remembers = not tree.moves_in_place()

    def opening(path: bytes, flags: int, mode: int, file: int) -> None:
        text = path.decode("utf-8", "surrogateescape")
        files[file] = tree.open(text, flags, mode)
        if remembers:
            places[file] = (text, flags & os.O_ACCMODE)

    def closing(file: int) -> None:
        places.pop(file, None)
        with ExitStack() as stack:
            for record in (files.pop(file), *state.retired.pop(file, ())):
                stack.callback(record.close)

    return {
        "open": _changing(state, "opening", opening),
        "f_close": _changing(state, "closing", closing),
        "f_truncate": _guarded(state, "truncating", lambda file, size: files[file].truncate(size)),
        "f_flush": _guarded(state, "flushing", lambda file: files[file].flush()),
        "f_fsync": _changing(state, "flushing", lambda file: files[file].sync()),
    }


def _below(state: _State, path: str) -> List[int]:
    """Open files at or below a path, where they are not sure to stay what they are."""
    return [
        file
        for file, (place, _) in list(state.places.items())
        if place == path or place.startswith(path + "/")
    ]


def _follow(state: _State, file: int, source: str, target: str) -> None:
    """A file that was open while it was moved: what it had open may be the copy that has gone. A call may
    still use the old file object, which is closed with the file."""
    place, flags = state.places[file]
    path = target + place[len(source) :]
    state.places[file] = (path, flags)
    record = state.files[file]
    if isinstance(record, StagedFile):
        record.path = path
    else:
        state.files[file] = state.tree.open(path, flags, 0)
        state.retired.setdefault(file, []).append(record)


def _rename(state: _State, source: str, target: str, flags: int) -> None:
    moving = _below(state, source)
    for file in moving:
        if not isinstance(state.files[file], StagedFile):
            state.files[file].flush()
    state.tree.rename(source, target, flags)
    for file in moving:
        _follow(state, file, source, target)


def _remove(state: _State, path: str) -> None:
    """What is removed is not handed over any more."""
    state.tree.remove(path)
    for file in _below(state, path):
        record = state.files.get(file)
        if isinstance(record, StagedFile):
            record.disown()


def _change_methods(state: _State) -> Dict[str, Callable[..., int]]:
    """What changes the tree."""
    tree = state.tree

    def setinfo(path: bytes, info: int) -> None:
        tree.setinfo(_path(path), fsapi.Info.from_address(info))

    return {
        "makedir": _changing(state, "makedir", lambda path, mode: tree.makedir(_path(path), mode)),
        "remove": _changing(state, "remove", lambda path: _remove(state, _path(path))),
        "removedir": _changing(state, "removedir", lambda path: tree.removedir(_path(path))),
        "rename": _changing(state, "rename", lambda a, b, flags: _rename(state, _path(a), _path(b), flags)),
        "setinfo": _changing(state, "setinfo", setinfo),
        "symlink": _changing(state, "symlink", lambda target, path: tree.symlink(target, _path(path))),
        "link": _changing(state, "link", lambda source, target: tree.link(_path(source), _path(target))),
    }


def _put_text(text: bytes, buf: int, size: int) -> int:
    if len(text) >= size:
        return -errno.ERANGE
    memmove(buf, text + b"\0", len(text) + 1)
    return 0


def _text_methods(state: _State) -> Dict[str, Callable[..., int]]:
    """Texts, space and rights."""
    tree, failed = state.tree, state.failed

    def readlink(_fs: int, path: bytes, buf: int, size: int) -> int:
        try:
            return _put_text(tree.readlink(_path(path)), buf, size)
        except BaseException as exc:
            return failed("readlink", exc)

    def getmeta(_fs: int, key: bytes, buf: int, size: int) -> int:
        try:
            text = tree.text(key.decode("utf-8", "replace"))
            return -errno.ENODATA if text is None else _put_text(text.encode("utf-8", "replace"), buf, size)
        except BaseException as exc:
            return failed("getmeta", exc)

    def getospath(_fs: int, path: bytes, buf: int, size: int) -> int:
        try:
            return _put_text(tree.ospath(_path(path)), buf, size)
        except BaseException as exc:
            return failed("getospath", exc)

    def access(_fs: int, path: bytes, mode: int) -> int:
        try:
            return 0 if tree.access(_path(path), mode) else -errno.EACCES
        except BaseException as exc:
            return failed("access", exc)

    def statfs(space: int) -> None:
        _PACK_SPACE((c_char * sizeof(fsapi.Space)).from_address(space), 0, *tree.space())

    return {
        "readlink": readlink,
        "getmeta": getmeta,
        "getospath": getospath,
        "access": access,
        "statfs": _guarded(state, "statfs", statfs),
    }


def _wanted(tree: Tree, methods: Dict[str, Callable[..., int]]) -> Dict[str, Callable[..., int]]:
    """Without those for which the library's own answer is as good and costs no call."""
    drop = set()
    if not tree.has_facts_of_files():
        drop |= {"f_getinfo"}
    if not tree.has_space():
        drop |= {"statfs"}
    if not tree.has_ospaths():
        drop |= {"getospath"}
    if not isinstance(tree, OsTree):
        drop |= {"access", "symlink", "link"}
    return {name: method for name, method in methods.items() if name not in drop}


def _table(state: _State) -> fsapi.Table:
    methods: Dict[str, Callable[..., int]] = {}
    for group in (_fs_methods, _data_methods, _file_methods, _change_methods, _text_methods):
        methods.update(group(state))
    table = fsapi.Table(
        size=sizeof(fsapi.Table),
        version=fsapi.VERSION,
        flags=state.tree.flags(),
        name=state.name.encode("utf-8", "replace"),
        close=_close,
        thread_start=threads.pin[0],
        thread_stop=threads.pin[1],
    )
    types = dict(fsapi.Table._fields_)
    for name, method in _wanted(state.tree, methods).items():
        setattr(table, name, types[name](method))  # type: ignore[operator]
    return table


def _closed(fs: int) -> int:
    """The last reference has gone. What C called may be freed, this one is nobody's own."""
    state, _ = _alive.pop(fs, (None, None))
    if state is None:
        return 0
    state.listings.clear()
    if not state.close:
        return 0
    try:
        state.tree.fs.close()
        return 0
    except BaseException as exc:
        return state.failed("close", exc)


_close = fsapi.METHOD(_closed)


def shut() -> None:
    """The interpreter ends: objects that are still there answer -EIO from now on without entering it."""
    for pointer in list(_alive):
        fsapi.fs_abandon(pointer)


class FSObject:
    """A PyFilesystem object as an FS object of the library, with one reference.

    `close`: the object's close() is called when the last reference has gone: release() here, and the end of
    every mount of it."""

    def __init__(self, fs: Any, close: bool = True) -> None:
        self.pointer: Optional[int] = None
        pointer = c_void_p()
        self._state = state = _State(fs, close)
        table = _table(state)
        rc = fsapi.fs_new(byref(table), None, None, byref(pointer))
        if rc < 0:
            raise OSError(-rc, os.strerror(-rc))
        self.pointer = pointer.value
        _alive[pointer.value or 0] = (state, table)

    def release(self) -> int:
        """Gives up the reference; may be called again. Returns 0, or the negative errno of closing the
        object: what was written may then be lost."""
        pointer, self.pointer = self.pointer, None
        return fsapi.fs_close(pointer) if pointer else 0

    def last_error(self) -> str:
        """The last exception that a callback met, as a text; "" when there was none. Missing files do not
        count."""
        return self._state.last_error

    def __del__(self) -> None:
        if not sys.is_finalizing() and getattr(self, "pointer", None):
            self.release()

    def __enter__(self) -> "FSObject":
        return self

    def __exit__(self, *_exc: object) -> None:
        self.release()
