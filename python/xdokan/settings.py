# SPDX-License-Identifier: MIT
"""The keyword arguments of a mount: which there are, what they become for the library.

An unknown one raises TypeError that names the near match, before anything is started. Those that a class of
one's own given as `FSOperationsClass` takes are known too. Values are judged by the library, whose text the
caller then sees.
"""

import difflib
import inspect
import os
from typing import Any, Dict, Iterable, List, Mapping, Optional, Type

MODES = ("fork", "thread", "url")
"""Values of `background`."""

READY_TIMEOUT = 20.0
"""Seconds that are waited for a mount to be ready, unless `ready_timeout` says otherwise."""
UNMOUNT_TIMEOUT = 20.0
"""Seconds that are waited for an object to be closed, unless `unmount_timeout` says otherwise."""

_NAMES = ("fsname", "volname", "securityfolder")
_OWN = ("numthreads", "flags", "FSOperationsClass", "timeout", "options", "ready_timeout", "unmount_timeout",
        "test_timeout")


def refuse_unknown(function: str, names: Iterable[str], known: Iterable[str]) -> None:
    """TypeError for the first of `names` that is not among `known`."""
    choices = sorted({*known} - {"test_timeout"} if "test_timeout" not in names else known)
    for name in names:
        if name in choices:
            continue
        near = difflib.get_close_matches(name, choices, 1, 0.6)
        advice = f"did you mean {near[0]!r}?" if near else f"it takes {', '.join(choices)}"
        raise TypeError(f"{function}() got an unexpected keyword argument {name!r}; {advice}")


def checked(fs: Any) -> Any:
    """What is mounted. TypeError for what is neither an FS object nor a URL, ValueError for a closed one."""
    if isinstance(fs, str):
        return fs
    if isinstance(fs, type):
        raise TypeError(f"an FS object is mounted, not its class; did you mean {fs.__name__}()?")
    if not callable(getattr(fs, "getinfo", None)):
        raise TypeError(f"an FS object or an FS URL (a text) is mounted, not {fs!r:.60}")
    if callable(getattr(fs, "isclosed", None)) and fs.isclosed():
        raise ValueError(f"the FS object {fs!r:.60} is closed; make a new one")
    return fs


def _milliseconds(seconds: Optional[float], name: str) -> int:
    if seconds is None:
        return 0
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 < seconds < 1e6:
        raise ValueError(f"{name} must be a number of seconds above 0, not {seconds!r}")
    return max(1, round(seconds * 1000))


def _constructor_keys(made: Type[Any]) -> List[str]:
    """What else the class takes beside the object."""
    try:
        parameters = list(inspect.signature(made).parameters.values())[1:]
    except (TypeError, ValueError):
        return []
    return [p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]


class Settings:
    """Checked mount options.

    numthreads      1: one call at a time; anything else: the library's choice
    fsname          name of the file system, "NTFS" if not given
    volname         name of the volume; not given: what the object calls itself, else "Dokan Volume"
    flags           DOKAN_OPTION_*
    securityfolder  directory whose owner and mode every directory shows; not given: what the object says
    FSOperationsClass   class built as cls(fs, **rest), with get_ops_struct(); see operations.py
    timeout         seconds that a call may take without progress, 15 to 300; not given: 15
    options         further mount options, "allow_other,umask=022"
    ready_timeout, unmount_timeout      seconds
    test_timeout    for tests: as timeout, without bounds
    """

    def __init__(self, given: Mapping[str, Any], function: str = "mount", known: Iterable[str] = (),
                 named: Iterable[str] = ()) -> None:
        """Takes the keyword arguments of a mount; `known` are those that the caller looks at itself, `named`
        its parameters, which a misspelt one may mean."""
        self.operations_class: Optional[Type[Any]] = given.get("FSOperationsClass")
        made = self.operations_class
        constructor = _constructor_keys(made) if made else []
        refuse_unknown(function, given, {*_OWN, *_NAMES, *constructor, *known, *named})
        own = {*_OWN, *known}
        self.constructor = {key: value for key, value in given.items() if key not in own}
        self.numthreads = int(given.get("numthreads") or 0)
        self.flags = int(given.get("flags") or 0)
        self.timeout_ms = _milliseconds(given.get("timeout"), "timeout")
        if self.timeout_ms and not 15000 <= self.timeout_ms <= 300000:
            raise ValueError(f"timeout must be 15 to 300 seconds, not {given['timeout']}")
        self.test_timeout_ms = _milliseconds(given.get("test_timeout"), "test_timeout")
        self.ready_timeout = _milliseconds(given.get("ready_timeout") or READY_TIMEOUT,
                                           "ready_timeout") / 1000
        self.unmount_timeout = _milliseconds(given.get("unmount_timeout") or UNMOUNT_TIMEOUT,
                                             "unmount_timeout") / 1000
        self.options: str = given.get("options") or ""
        if not isinstance(self.options, str):
            raise TypeError(f"options is a text such as 'ro,umask=022', not {self.options!r}")

    def operations(self, fs: Any) -> Any:
        """The caller's operations object, None without one."""
        return self.operations_class(fs, **self.constructor) if self.operations_class else None

    def texts(self, operations: Any) -> Dict[str, Optional[bytes]]:
        """fsname, volname and securityfolder as the library takes them: what was given here or to
        `operations`."""
        chosen = {key: value for key, value in self.constructor.items() if key in _NAMES}
        chosen.update(getattr(operations, "chosen", {}))
        return {name: _text(chosen.get(name)) for name in _NAMES}

    def arguments(self) -> List[str]:
        """As arguments of `python3 -m xdokan`; ValueError for what another program cannot be given."""
        if self.operations_class:
            raise ValueError("FSOperationsClass needs the object itself: mount one instead of a URL")
        pairs: Dict[str, Any] = {"numthreads": self.numthreads, "flags": self.flags,
                                 "timeout": self.timeout_ms / 1000, **self.constructor}
        found = [f"{key}={_escape(os.fsdecode(_text(value) or b''))}" for key, value in pairs.items()
                 if value]
        return [part for text in found + ([self.options] if self.options else []) for part in ("-o", text)]


def _text(value: Any) -> Optional[bytes]:
    if value is None:
        return None
    if isinstance(value, (int, float)):
        value = f"{value:g}" if isinstance(value, float) else str(value)
    return os.fsencode(value)


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace(",", "\\,")
