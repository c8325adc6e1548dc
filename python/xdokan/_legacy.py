# SPDX-License-Identifier: MIT
"""Objects with the methods of PyFilesystem 0.5, seen as one with those of PyFilesystem 2.

Only what the bridge uses is here. Times of 0.5 are datetimes in local time; a wrong kind of resource was one
error for files and directories, told apart here by asking what it is.
"""

import errno
import stat
from contextlib import nullcontext
from datetime import datetime
from types import SimpleNamespace
from typing import Any, Callable, ContextManager, Dict, Iterator, List, Optional, Sequence

from xdokan import errors

_META = {
    "thread_safe": "thread_safe",
    "read_only": "read_only",
    "network": "network",
    "case_insensitive_paths": "case_insensitive",
    "free_space": "free_space",
    "total_space": "total_space",
}
_TIMES = {"accessed_time": "accessed", "modified_time": "modified", "created_time": "created"}


def is_legacy(fs: Any) -> bool:
    """Whether an object is of the older kind."""
    return not hasattr(fs, "openbin") and hasattr(fs, "open") and hasattr(fs, "listdir")


def _seconds(time: Any) -> Optional[float]:
    return time.timestamp() if isinstance(time, datetime) else time


class Legacy:
    """Speaks for an object of 0.5."""

    def __init__(self, fs: Any) -> None:
        self._fs = fs

    def __str__(self) -> str:
        return str(self._fs)

    def getmeta(self, namespace: str = "standard") -> Dict[str, Any]:
        ask = getattr(self._fs, "getmeta", None)
        found = {} if ask is None else {new: ask(old, None) for old, new in _META.items()}
        return {key: value for key, value in found.items() if value is not None}

    def lock(self) -> ContextManager[Any]:
        return getattr(self._fs, "_lock", None) or nullcontext()

    def close(self) -> None:
        self._fs.close()

    def exists(self, path: str) -> bool:
        return bool(self._fs.exists(path))

    def isdir(self, path: str) -> bool:
        return bool(self._fs.isdir(path))

    # ---- facts ----------------------------------------------------------------------------------------

    def _raw(self, name: str, path: str, info: Dict[str, Any]) -> Dict[str, Dict[str, Any]]:
        mode = info.get("st_mode") or 0
        is_dir = stat.S_ISDIR(mode) if stat.S_IFMT(mode) else self.isdir(path)
        details = {new: _seconds(info[old]) for old, new in _TIMES.items() if info.get(old) is not None}
        size = info.get("size", info.get("st_size"))
        if size is not None and not is_dir:
            details["size"] = size
        raw: Dict[str, Dict[str, Any]] = {"basic": {"name": name, "is_dir": is_dir}, "details": details}
        if stat.S_IMODE(mode):
            raw["access"] = {"permissions": stat.S_IMODE(mode)}
        return raw

    def getinfo(self, path: str, namespaces: Sequence[str] = ()) -> Any:
        info = {} if path == "/" else self._fs.getinfo(path)
        return SimpleNamespace(raw=self._raw(path.rpartition("/")[2], path, info))

    def listdir(self, path: str) -> List[str]:
        return list(self._of_kind(path, True, self._fs.listdir, path))

    def scandir(self, path: str, namespaces: Sequence[str] = ()) -> Iterator[Any]:
        above = path.rstrip("/")
        if not hasattr(self._fs, "listdirinfo"):
            return (self.getinfo(f"{above}/{name}") for name in self.listdir(path))
        return (
            SimpleNamespace(raw=self._raw(name, f"{above}/{name}", info))
            for name, info in self._of_kind(path, True, self._fs.listdirinfo, path)
        )

    def _of_kind(self, path: str, directory: bool, call: Callable[..., Any], *arguments: Any) -> Any:
        """The call, with the error that says which kind was wrong."""
        try:
            return call(*arguments)
        except Exception as exc:
            if errors.errno_of(exc) not in (errno.EINVAL, errno.EIO) or not self.exists(path):
                raise
            if self.isdir(path) != directory:
                raise (NotADirectoryError(path) if directory else IsADirectoryError(path)) from None
            raise

    # ---- changes --------------------------------------------------------------------------------------

    def openbin(self, path: str, mode: str = "r", buffering: int = -1) -> Any:
        if "x" in mode:
            raise ValueError("0.5 knows no x")
        return self._of_kind(path, False, self._fs.open, path, mode if "b" in mode else mode + "b")

    def upload(self, path: str, file: Any) -> None:
        self._fs.setcontents(path, file)

    def makedir(self, path: str, permissions: Any = None) -> None:
        if self.exists(path):
            raise FileExistsError(path)
        self._fs.makedir(path)

    def remove(self, path: str) -> None:
        self._of_kind(path, False, self._fs.remove, path)

    def removedir(self, path: str) -> None:
        self._of_kind(path, True, self._fs.removedir, path)

    def move(self, source: str, target: str, overwrite: bool = False) -> None:
        if overwrite:
            self._fs.remove(target)
        self._fs.rename(source, target)

    def movedir(self, source: str, target: str, create: bool = False) -> None:
        self._fs.rename(source, target)

    def setinfo(self, path: str, info: Dict[str, Dict[str, Any]]) -> None:
        details = info.get("details", {})
        times = [
            None if details.get(key) is None else datetime.fromtimestamp(details[key])
            for key in ("accessed", "modified")
        ]
        if hasattr(self._fs, "settimes"):
            self._fs.settimes(path, *times)

    def hassyspath(self, path: str) -> bool:
        ask = getattr(self._fs, "getsyspath", None)
        return ask is not None and ask(path, allow_none=True) is not None

    def getsyspath(self, path: str) -> str:
        return str(self._fs.getsyspath(path))
