# SPDX-License-Identifier: MIT
"""Finds and loads libdokan2 and libdokanfs, once per process, when their names are first asked for.

    from xdokan._library import libdokan2      # loads libdokan2
    from xdokan._library import libdokanfs     # loads libdokan2, then libdokanfs

Both names are `ctypes.CDLL` objects without argument types: each module declares what it calls. What cannot
be used raises ImportError with a text that says what to do.

DOKAN_LIBRARY names libdokan2, DOKAN_FS_LIBRARY names libdokanfs: a file, or the folder it lies in. Without
them libdokanfs is looked for beside the libdokan2 that DOKAN_LIBRARY names, then where a build tree has it,
then where the system keeps libraries.

Invariant: libdokan2 is loaded first, so that the dynamic linker gives that very file to libdokanfs. Two
copies in one process would have two lists of volumes; they are refused.
"""

import ctypes
import os
import threading
from typing import Callable, Dict, List, Optional

DOKAN_VERSION_NEEDED = 200
"""Oldest DokanVersion() that this package can use."""
FS_VERSION_NEEDED = 1
"""Oldest fs_version() that this package can use."""

_DOKAN_FILE = "libdokan2.so.2"
_FS_FILE = "libdokanfs.so.0"
_PACKAGES = {_DOKAN_FILE: "libdokan2-2", _FS_FILE: "libdokanfs0"}
_VARIABLES = {_DOKAN_FILE: "DOKAN_LIBRARY", _FS_FILE: "DOKAN_FS_LIBRARY"}

_lock = threading.RLock()
_loaded: Dict[str, ctypes.CDLL] = {}


class _Symbol(ctypes.Structure):
    """Answer of dladdr(3)."""

    _fields_ = [("fname", ctypes.c_char_p), ("fbase", ctypes.c_void_p), ("sname", ctypes.c_char_p),
                ("saddr", ctypes.c_void_p)]


def path_of(library: ctypes.CDLL, function: str) -> str:
    """The file that a function of a loaded library lies in."""
    symbol = _Symbol()
    dladdr = ctypes.CDLL(None).dladdr
    dladdr.argtypes = [ctypes.c_void_p, ctypes.POINTER(_Symbol)]
    if dladdr(_address(library, function), ctypes.byref(symbol)) and symbol.fname:
        return os.path.realpath(os.fsdecode(symbol.fname))
    return library._name


def _address(library: ctypes.CDLL, function: str) -> Optional[int]:
    return ctypes.cast(getattr(library, function), ctypes.c_void_p).value


def _named(file: str) -> Optional[str]:
    """The file that the environment names, None if it names none."""
    name = os.environ.get(_VARIABLES[file])
    if not name:
        return None
    if os.path.isdir(name):
        name = os.path.join(name, file)
    return os.path.abspath(name) if os.path.exists(name) or os.sep in name else name


def _fs_candidates() -> List[str]:
    """Where libdokanfs may be; the first that exists is taken, the last is for the dynamic linker to find."""
    named = _named(_FS_FILE)
    if named:
        return [named]
    beside = _named(_DOKAN_FILE)
    if not beside or not os.path.isabs(beside):
        return [_FS_FILE]
    folder = os.path.dirname(beside)
    return [os.path.join(folder, _FS_FILE), os.path.join(folder, os.pardir, "fs", _FS_FILE), _FS_FILE]


def _advice(file: str) -> str:
    variable = _VARIABLES[file]
    if os.environ.get(variable):
        return f"The environment variable {variable} names it: correct or unset it to use the installed one."
    return (f"Install it with 'sudo apt-get install {_PACKAGES[file]}', or from the sources of xdokan with "
            f"'sudo meson install -C build' and 'sudo ldconfig', or name the file in the environment "
            f"variable {variable}.")


def _open(name: str, file: str) -> ctypes.CDLL:
    try:
        return ctypes.CDLL(name)
    except OSError as error:
        reason = str(error).replace(f"{name}: ", "", 1)
        raise ImportError(f"{name} cannot be loaded: {reason}. {_advice(file)}", name="xdokan",
                          path=name) from None


def _check(library: ctypes.CDLL, file: str, function: str, needed: int) -> None:
    """Refuses a library that has not the wanted version."""
    try:
        ask = getattr(library, function)
    except AttributeError:
        raise ImportError(f"{library._name} has no function {function}: it is too old, or no {file} of "
                          f"xdokan. {function}() must return {needed} or more. {_advice(file)}",
                          name="xdokan", path=library._name) from None
    ask.restype, ask.argtypes = ctypes.c_uint32, []
    found = ask()
    if found < needed:
        path = path_of(library, function)
        raise ImportError(f"{path} is too old: its {function}() is {found}, needed is {needed} or more. "
                          f"{_advice(file)}", name="xdokan", path=path)


def _load_dokan2() -> ctypes.CDLL:
    library = _open(_named(_DOKAN_FILE) or _DOKAN_FILE, _DOKAN_FILE)
    _check(library, _DOKAN_FILE, "DokanVersion", DOKAN_VERSION_NEEDED)
    if not hasattr(library, "DokanCreateFileSystemEx"):
        path = path_of(library, "DokanVersion")
        raise ImportError(f"{path} has no function DokanCreateFileSystemEx: it is not xdokan's libdokan2. "
                          f"{_advice(_DOKAN_FILE)}", name="xdokan", path=path)
    return library


def _load_dokanfs() -> ctypes.CDLL:
    dokan2 = _get("libdokan2")
    candidates = _fs_candidates()
    library = _open(next(filter(os.path.exists, candidates), candidates[-1]), _FS_FILE)
    _check(library, _FS_FILE, "fs_version", FS_VERSION_NEEDED)
    if _address(library, "DokanVersion") != _address(dokan2, "DokanVersion"):
        raise ImportError(f"{path_of(library, 'fs_version')} uses {path_of(library, 'DokanVersion')}, but "
                          f"{path_of(dokan2, 'DokanVersion')} is loaded: unset DOKAN_LIBRARY and "
                          "DOKAN_FS_LIBRARY, or let them name files of one build.", name="xdokan")
    return library


_LOADERS: Dict[str, Callable[[], ctypes.CDLL]] = {"libdokan2": _load_dokan2, "libdokanfs": _load_dokanfs}


def _get(name: str) -> ctypes.CDLL:
    with _lock:
        if name not in _loaded:
            _loaded[name] = _LOADERS[name]()
        return _loaded[name]


def __getattr__(name: str) -> ctypes.CDLL:
    if name in _LOADERS:
        return _get(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
