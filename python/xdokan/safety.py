# SPDX-License-Identifier: MIT
"""Win32SafetyFS: names of an FS object that Windows programs can be shown.

    :             is not allowed in a name there. What a program calls `a:b` is stored as `a__colon__b`, and
                  shown as `a:b`.
    autorun.*     in the root would be started by a Windows that sees the drive. What is stored as
                  `autorun.inf` is shown as `_autorun.inf`; a name that begins with `autorun.` cannot be
                  opened, made or seen.

Each name that is stored has at most one that is shown, and the other way round: `_autorun.inf` that is stored
is `__autorun.inf`; names that are stored with a colon are not shown; `__colon__` in a name cannot be asked
for.
"""

import re
from typing import Any, Collection, Iterator, List, Optional, Tuple

from fs import errors
from fs.info import Info
from fs.path import abspath, iteratepath, join, normpath, relpath, split
from fs.wrapfs import WrapFS

_COLON = "__colon__"
_SHOWN_AUTORUN = re.compile(r"_+autorun\.", re.IGNORECASE)
_STORED_AUTORUN = re.compile(r"_*autorun\.", re.IGNORECASE)
_BARE_AUTORUN = re.compile(r"autorun\.", re.IGNORECASE)
_ILLEGAL = re.compile(r'[<>"|?*\\\x00-\x1f]|[. ]$|^(CON|PRN|AUX|NUL|COM[0-9]|LPT[0-9])([. ].*)?$',
                      re.IGNORECASE)


class Win32SafetyFS(WrapFS):  # type: ignore[type-arg]
    """An FS object that is safe to be shown to Windows programs.

    wrapped_fs      the object
    allow_autorun   True: leave files named autorun.* in the root as they are
    hide_illegal    True: do not show names that Windows cannot have (`a?b`, `nul.txt`, a dot or blank at the
                    end)
    """

    wrap_name = "win32-safety"

    def __init__(self, wrapped_fs: Any, allow_autorun: bool = False, *, hide_illegal: bool = False) -> None:
        self.allow_autorun = allow_autorun
        self.hide_illegal = hide_illegal
        super().__init__(wrapped_fs)

    # ---- names

    def encode(self, path: str) -> Optional[str]:
        """The stored path of one that a program gives, None for one that nothing can have."""
        parts = iteratepath(normpath(path))
        if any(part.replace(":", _COLON).replace(_COLON, ":") != part for part in parts):
            return None  # a name with __colon__ in it, or one whose colon would make one
        if parts and not self.allow_autorun:
            if _BARE_AUTORUN.match(parts[0]):
                return None
            if _SHOWN_AUTORUN.match(parts[0]):
                parts[0] = parts[0][1:]
        if self.hide_illegal and any(_ILLEGAL.search(part) for part in parts):
            return None
        return "/" + "/".join(part.replace(":", _COLON) for part in parts)

    def decode(self, folder: str, name: str) -> Optional[str]:
        """The shown name of one that is stored in `folder`, None for one that is hidden."""
        if ":" in name or self.hide_illegal and _ILLEGAL.search(name):
            return None
        shown = name.replace(_COLON, ":")
        in_root = not relpath(normpath(folder))
        if in_root and not self.allow_autorun and _STORED_AUTORUN.match(shown):
            shown = "_" + shown
        return shown if self.encode(join(folder, shown)) == join(abspath(normpath(self._stored(folder))),
                                                                 name) else None

    def _stored(self, folder: str) -> str:
        return self.encode(folder) or folder

    def delegate_path(self, path: str) -> Tuple[Any, str]:
        """ResourceNotFound for what nobody may have."""
        stored = self.encode(path)
        if stored is None:
            raise errors.ResourceNotFound(path)
        return self._wrap_fs, stored

    def _to_make(self, path: str) -> None:
        if self.encode(path) is None:
            raise errors.PermissionDenied(path)

    # ---- what shows names

    def getinfo(self, path: str, namespaces: Optional[Collection[str]] = None) -> Info:
        """See FS.getinfo."""
        raw = dict(super().getinfo(path, namespaces).raw)
        raw["basic"] = {**raw.get("basic", {}), "name": split(abspath(normpath(path)))[1]}
        return Info(raw)

    def listdir(self, path: str) -> List[str]:
        """See FS.listdir."""
        shown = (self.decode(path, name) for name in super().listdir(path))
        return [name for name in shown if name is not None]

    def scandir(self, path: str, namespaces: Optional[Collection[str]] = None,
                page: Optional[Tuple[int, int]] = None) -> Iterator[Info]:
        """See FS.scandir."""
        found = (self._shown_info(path, info) for info in super().scandir(path, namespaces))
        infos = [info for info in found if info is not None]
        return iter(infos[page[0]:page[1]] if page else infos)

    def _shown_info(self, folder: str, info: Info) -> Optional[Info]:
        name = self.decode(folder, info.name)
        if name is None:
            return None
        raw = dict(info.raw)
        raw["basic"] = {**raw["basic"], "name": name}
        return Info(raw)

    def filterdir(self, path: str, files: Any = None, dirs: Any = None, exclude_dirs: Any = None,
                  exclude_files: Any = None, namespaces: Any = None, page: Any = None) -> Iterator[Info]:
        """See FS.filterdir."""
        return super(WrapFS, self).filterdir(path, files, dirs, exclude_dirs, exclude_files, namespaces, page)

    # ---- what makes names

    def openbin(self, path: str, mode: str = "r", buffering: int = -1, **options: Any) -> Any:
        """See FS.openbin."""
        if set(mode) & set("wax"):
            self._to_make(path)
        return super().openbin(path, mode, buffering, **options)

    def open(self, path: str, mode: str = "r", *args: Any, **options: Any) -> Any:
        """See FS.open."""
        if set(mode) & set("wax"):
            self._to_make(path)
        return super().open(path, mode, *args, **options)

    def makedir(self, path: str, permissions: Any = None, recreate: bool = False) -> Any:
        """See FS.makedir. What is returned shows names as this object does."""
        self._to_make(path)
        super().makedir(path, permissions, recreate)
        return self.opendir(path)

    def makedirs(self, path: str, permissions: Any = None, recreate: bool = False) -> Any:
        """See FS.makedirs."""
        self._to_make(path)
        super().makedirs(path, permissions, recreate)
        return self.opendir(path)

    def create(self, path: str, wipe: bool = False) -> bool:
        """See FS.create."""
        self._to_make(path)
        return super().create(path, wipe)

    def touch(self, path: str) -> None:
        """See FS.touch."""
        self._to_make(path)
        super().touch(path)

    def writebytes(self, path: str, contents: bytes) -> None:
        """See FS.writebytes."""
        self._to_make(path)
        super().writebytes(path, contents)

    def writefile(self, path: str, *args: Any, **options: Any) -> None:
        """See FS.writefile."""
        self._to_make(path)
        super().writefile(path, *args, **options)

    def upload(self, path: str, *args: Any, **options: Any) -> None:
        """See FS.upload."""
        self._to_make(path)
        super().upload(path, *args, **options)

    def appendbytes(self, path: str, data: bytes) -> None:
        """See FS.appendbytes."""
        self._to_make(path)
        super().appendbytes(path, data)

    def appendtext(self, path: str, *args: Any, **options: Any) -> None:
        """See FS.appendtext."""
        self._to_make(path)
        super().appendtext(path, *args, **options)

    def move(self, src_path: str, dst_path: str, overwrite: bool = False,
             preserve_time: bool = False) -> None:
        """See FS.move."""
        self._to_make(dst_path)
        super().move(src_path, dst_path, overwrite, preserve_time)

    def movedir(self, src_path: str, dst_path: str, create: bool = False,
                preserve_time: bool = False) -> None:
        """See FS.movedir."""
        self._to_make(dst_path)
        super().movedir(src_path, dst_path, create, preserve_time)

    def copy(self, src_path: str, dst_path: str, overwrite: bool = False,
             preserve_time: bool = False) -> None:
        """See FS.copy."""
        self._to_make(dst_path)
        super().copy(src_path, dst_path, overwrite, preserve_time)

    def copydir(self, src_path: str, dst_path: str, create: bool = False,
                preserve_time: bool = False) -> None:
        """See FS.copydir."""
        self._to_make(dst_path)
        super().copydir(src_path, dst_path, create, preserve_time)

    def exists(self, path: str) -> bool:
        """See FS.exists."""
        return self.encode(path) is not None and super().exists(path)

    def isdir(self, path: str) -> bool:
        """See FS.isdir."""
        return self.encode(path) is not None and super().isdir(path)

    def isfile(self, path: str) -> bool:
        """See FS.isfile."""
        return self.encode(path) is not None and super().isfile(path)

    def islink(self, path: str) -> bool:
        """See FS.islink."""
        return self.encode(path) is not None and super().islink(path)

