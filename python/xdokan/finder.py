# SPDX-License-Identifier: MIT
"""Finds `fs.expose` where it does not lie in PyFilesystem's own folder: in a source tree, /usr/local, a venv.

PyFilesystem's `fs` looks for parts of itself in its own folder alone. This finder is asked when nobody else has found
a module; it answers for `fs.expose` and what is below, and for nothing else. It never imports `fs`: Python does, before
it asks for a part of it. Where PyFilesystem is missing, whoever imports `fs.expose` is told which package to install;
`import fs` and importlib.util.find_spec("fs") stay as they are.

The wheel's `xdokan.pth` appends a stand-in of one line, which loads this file when `fs.expose` is first asked for (or
when `fs` is not there). `import xdokan` needs no stand-in: it calls install().
"""

import os
import sys
from importlib.machinery import ModuleSpec, PathFinder
from types import FrameType
from typing import Any, Optional, Sequence

NAME = "fs.expose"
MISSING = ("PyFilesystem is not installed: apt install python3-fs, or in a virtual environment: pip install fs")

_PLACE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "_fs")
"""The folder that stands for `fs`. It has another name, since a folder `fs` in sys.path is a package by itself."""


def _is_ours(name: str) -> bool:
    return name == NAME or name.startswith(NAME + ".")


def _wanted_by_import() -> bool:
    """Whether an import statement for a part of `fs.expose` is what looks for `fs` now."""
    frame: Optional[FrameType] = sys._getframe(2)
    if frame is not None and "importlib._bootstrap" not in frame.f_code.co_filename:
        frame = frame.f_back  # the stand-in's
    while frame is not None and "importlib._bootstrap" in frame.f_code.co_filename:
        if _is_ours(str(frame.f_locals.get("name", ""))):
            return True
        frame = frame.f_back
    return False


def find_spec(name: str, path: Optional[Sequence[str]] = None, target: Any = None) -> Optional[ModuleSpec]:
    """What sys.meta_path asks: the spec of `fs.expose` or of a module in it, else None."""
    if name == "fs" and _wanted_by_import():
        raise ModuleNotFoundError(MISSING, name="fs")
    if not _is_ours(name):
        return None
    return PathFinder.find_spec(name, [os.path.join(_PLACE, *name.split(".")[1:-1])])


class Finder:
    """The entry in sys.meta_path."""

    xdokan = True
    find_spec = staticmethod(find_spec)


def install() -> None:
    """Appends the finder to sys.meta_path, once; where the wheel's stand-in is, it takes its place."""
    for place, finder in enumerate(sys.meta_path):
        if getattr(finder, "xdokan", False):
            sys.meta_path[place] = Finder  # type: ignore[assignment]
            return
    sys.meta_path.append(Finder)  # type: ignore[arg-type]
