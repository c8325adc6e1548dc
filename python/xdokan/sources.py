# SPDX-License-Identifier: MIT
"""Sources that are written as text: `python://module:callable?key=value` and URLs of PyFilesystem.

`python://MODULE:NAME` imports MODULE along sys.path and takes NAME from it (dots lead further in). If that can be
called it is, with the parameters of the URL as keyword arguments, all of them text; what comes out is the FS object.
`python:///folder/file.py:NAME` loads that very file instead. `pyfs+PROTO://...` is PROTO:// as PyFilesystem opens it.

Whoever opens such a source runs code of its choice. So nothing here is reached from libdokanfs: only by a program
that calls it, by `python3 -m xdokan`, and by `dokanctl mount` when the source is typed as such.
"""

import importlib
import importlib.util
import os
import sys
from types import ModuleType
from typing import Any, Dict, Tuple
from urllib.parse import parse_qsl, unquote

from .finder import MISSING

PYTHON = "python://"
PYFS = "pyfs+"


class SourceError(Exception):
    """A source that cannot be opened; the text is one line that says why and what to do."""


def open_source(text: str, writeable: bool = True) -> Any:
    """The FS object that a source names. SourceError if there is none."""
    if text.startswith(PYTHON):
        return _open_object(text[len(PYTHON):])
    return _open_url(text[len(PYFS):] if text.startswith(PYFS) else text, writeable)


# ---- python:// ------------------------------------------------------------------------------------------------


def split(rest: str) -> Tuple[str, str, Dict[str, str]]:
    """Module or file, name in it, and parameters of what stands behind `python://`."""
    place, _, query = rest.partition("?")
    module, colon, name = place.rpartition(":")
    if not colon or not module or not name:
        raise SourceError("python:// needs a module and a name in it: python://module:callable?key=value")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError:
        raise SourceError(f"the parameters of a python:// URL are written key=value&key=value, not '{query}'") from None
    return unquote(module), unquote(name), dict(pairs)


def _open_object(rest: str) -> Any:
    module, name, parameters = split(rest)
    found: Any = _load_file(module) if module.endswith(".py") else _import(module)
    for part in name.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            raise SourceError(f"{module} has no '{name}'") from None
    made = _call(found, module, name, parameters) if not _is_fs(found) or parameters else found
    if not _is_fs(made):
        raise SourceError(f"{module}:{name} gave {_kind(made)}, which is no FS object: it has no getinfo and scandir")
    return made


def _call(function: Any, module: str, name: str, parameters: Dict[str, str]) -> Any:
    if not callable(function):
        raise SourceError(f"{module}:{name} is {_kind(function)}: neither an FS object nor something that makes one")
    return function(**parameters)


def _is_fs(thing: Any) -> bool:
    """An object of PyFilesystem 2, or one of the older generation; not a class of such objects."""
    return not isinstance(thing, type) and hasattr(thing, "getinfo") and (hasattr(thing, "scandir")
                                                                          or hasattr(thing, "listdirinfo"))


def _kind(thing: Any) -> str:
    return "None" if thing is None else f"an object of type {type(thing).__name__}"


def _import(module: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name and (module == error.name or module.startswith(error.name + ".")):
            raise SourceError(f"there is no module {module}; PYTHONPATH names folders to look in (the current one is "
                              "not among them), and python:///folder/file.py:name loads a file") from None
        raise


def _load_file(path: str) -> ModuleType:
    path = os.path.abspath(path)
    name = os.path.basename(path)[:-3]
    if not os.path.isfile(path):
        raise SourceError(f"there is no file {path}")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None  # its name ends with .py
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(name, module)
    spec.loader.exec_module(module)
    return module


# ---- URLs of PyFilesystem -------------------------------------------------------------------------------------


def _open_url(url: str, writeable: bool) -> Any:
    """What open_fs() gives; a path inside becomes the root."""
    try:
        import fs.errors
        import fs.opener.errors
    except ModuleNotFoundError as error:
        if error.name == "fs":
            raise SourceError(MISSING) from None
        raise
    try:
        made, path = fs.opener.registry.open(url, writeable=writeable)
        return made.opendir(path) if path else made
    except fs.opener.errors.UnsupportedProtocol as error:
        known = ", ".join(sorted(fs.opener.registry.protocols))
        raise SourceError(f"{_plain(error)}; PyFilesystem has: {known}") from None
    except fs.opener.errors.NotWriteable as error:
        raise SourceError(f"{_plain(error)}; mount it read-only (--read-only, or -o ro)") from None
    except (fs.opener.errors.OpenerError, fs.errors.FSError) as error:
        raise SourceError(_plain(error)) from None


def _plain(error: BaseException) -> str:
    """One line, beginning small as messages of programs do."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text[:1].lower() + text[1:]
