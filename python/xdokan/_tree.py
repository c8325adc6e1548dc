# SPDX-License-Identifier: MIT
"""A PyFilesystem object as a tree of files: what each path method of `fs_table` does with it.

Methods raise; the bridge turns that into numbers. Paths are str, normal and absolute, as C gives them.
Nothing is cached that the library caches. The object's own lock is held where one method of ours takes
several of its own: renaming, and creating where it has no exclusive mode.
"""

import errno
import os
import posixpath
import sys
from itertools import islice
from math import floor
from typing import Any, Callable, Dict, List, Optional, Tuple

from xdokan import _facts, errors, fsapi
from xdokan._kinds import flags_of, is_kind, layers_of
from xdokan._listing import BATCH, Batch, pack_infos, pack_rows
from xdokan._opening import Opening, failure

_ACCESS_TRIES = 32
_BASIC: Tuple[str, ...] = ()
_DETAILS = ("details",)
_DETAILS_ACCESS = ("details", "access")
_LINK = ("details", "link", "tar")


class Tree(Opening):
    """Any object with the methods of PyFilesystem 2."""

    def __init__(self, fs: Any) -> None:
        super().__init__(fs)
        self.namespaces: Tuple[str, ...] = _DETAILS_ACCESS
        self._access_tries = _ACCESS_TRIES
        self._usual = False
        self._permissions: Dict[int, Any] = {}
        self.meta = dict(fs.getmeta() or {})
        self.at_close |= bool(self.meta.get("network"))
        self.buffering = 0 if self.has_ospaths() else -1
        self.caches = [layer for layer in layers_of(fs) if is_kind(layer, "fs.wrap", "WrapCachedDir")]

    # ---- what the object is ---------------------------------------------------------------------------

    def has_ospaths(self) -> bool:
        """Whether its root lies on this machine."""
        ask = getattr(self.fs, "hassyspath", None)
        try:
            return bool(ask is not None and ask("/"))
        except Exception:
            return False

    def has_facts_of_files(self) -> bool:
        """Whether open files can tell their facts: not where none is a descriptor."""
        return not is_kind(self.fs, "fs.memoryfs", "MemoryFS")

    def flags(self) -> int:
        """FS_ flags for the table."""
        return flags_of(self.fs, self.meta, self.at_close)

    def moves_in_place(self) -> bool:
        """Whether an open file stays the file that was moved."""
        return is_kind(self.fs, "fs.memoryfs", "MemoryFS")

    def forget(self) -> None:
        """After a change: `cache_directory` never hears of it."""
        for layer in self.caches:
            layer._cache.clear()

    # ---- facts ----------------------------------------------------------------------------------------

    def getinfo_method(self) -> Callable[[str, int, int], None]:
        """Writes the facts of a path to the struct fs_info at an address: (path, want, address)."""
        fs, put_raw = self.fs, self._put_raw
        pack, info_at, usual, types = (
            _facts.PACK_FACTS,
            _facts.INFO_ARRAY.from_address,
            _facts.USUAL,
            _facts.USUAL_TYPES,
        )

        def method(path: str, want: int, address: int) -> None:
            if not want or not self._usual:
                put_raw(path, fs.getinfo(path, self.namespaces if want else _BASIC).raw, address)
                return
            raw = fs.getinfo(path, _DETAILS).raw
            try:
                facts = raw["details"]
                pack(
                    info_at(address),
                    0,
                    usual,
                    types[facts["type"]],
                    facts["size"],
                    floor(facts["accessed"] * 1e6 + 0.5) * 1000,
                    floor(facts["modified"] * 1e6 + 0.5) * 1000,
                    0,
                    floor(facts["created"] * 1e6 + 0.5) * 1000,
                    0,
                )
            except Exception:
                self._usual = path == "/"
                put_raw(path, raw, address)

        return method

    def _put_raw(self, path: str, raw: Any, address: int) -> None:
        if self._access_tries and path != "/":
            self._note_access([raw])
        _facts.put_raw(raw, address)
        if raw.get("details") and raw["details"].get("type") == _facts.SYMLINK:
            self._settle_link(path, address)

    def _note_access(self, raws: List[Any]) -> None:
        """Permissions are asked for as long as the object may have some: they cost it time."""
        if any("access" in raw for raw in raws):
            self._access_tries = 0
        elif all("details" in raw for raw in raws):
            self._access_tries = max(self._access_tries - len(raws), 0)
            if self._access_tries == 0:
                self.namespaces = _DETAILS
                self._usual = True

    def _settle_link(self, path: str, address: int) -> None:
        """A link that does not tell its target is the file that opening it gives."""
        info = fsapi.Info.from_address(address)
        target = self._target(path)
        info.type = _facts.FILE if target is None else _facts.SYMLINK

    def _target(self, path: str) -> Optional[str]:
        """A tar's hard link names its target from the top."""
        raw = self.fs.getinfo(path, _LINK).raw
        target = (raw.get("link") or {}).get("target")
        tar = raw.get("tar") or {}
        if target is None and tar.get("linkname"):
            target = tar["linkname"]
            if tar.get("is_lnk"):
                target = posixpath.relpath("/" + target, posixpath.dirname(path))
        return target if isinstance(target, str) and target else None

    def batches(self, path: str, want: int, progress: Callable[[], None]) -> List[Batch]:
        """All entries of a directory with their facts."""
        try:
            return self._batches(path, want, progress)
        except Exception as exc:
            code = errors.known_errno(exc)
            if code in (None, errno.ENOTDIR) or not self.fs.isdir(path):
                raise
        return self._batches_one_by_one(path, want, progress)

    def _batches(self, path: str, want: int, progress: Callable[[], None]) -> List[Batch]:
        namespaces = self.namespaces if want else _BASIC
        entries = iter(self.fs.scandir(path, namespaces))
        usual = self._usual and bool(want)
        batches: List[Batch] = []
        while True:
            raws = [info.raw for info in islice(entries, BATCH)]
            if not raws:
                return batches
            try:
                batches.append(pack_infos(raws) if usual else self._batch(path, raws))
            except Exception:
                if not usual:
                    raise
                usual = self._usual = False
                batches.append(self._batch(path, raws))
            if self._access_tries:
                self._note_access(raws)
            progress()

    def _batch(self, path: str, raws: List[Any]) -> Batch:
        rows = [(raw["basic"]["name"], _facts.facts_of(raw)) for raw in raws]
        for at in [at for at, row in enumerate(rows) if row[1][1] == _facts.SYMLINK]:
            name, facts = rows[at]
            if self._target(posixpath.join(path, name)) is None:
                rows[at] = name, (facts[0], _facts.FILE, *facts[2:])
        return pack_rows(rows, _facts.PACK_ENTRY)

    def _batches_one_by_one(self, path: str, want: int, progress: Callable[[], None]) -> List[Batch]:
        """Where one entry that cannot be asked spoils the listing: it is left out."""
        raws = []
        for name in self.fs.listdir(path):
            try:
                raws.append(
                    self.fs.getinfo(posixpath.join(path, name), self.namespaces if want else _BASIC).raw
                )
            except Exception as exc:
                if errors.known_errno(exc) is None:
                    raise
            progress()
        return [self._batch(path, raws[at : at + BATCH]) for at in range(0, len(raws), BATCH)]

    # ---- changes --------------------------------------------------------------------------------------

    def makedir(self, path: str, mode: int) -> None:
        """Makes a directory."""
        permissions = self._permissions.get(mode)
        if permissions is None:
            from fs.permissions import Permissions

            self._permissions[mode] = permissions = Permissions(mode=mode)
        self.fs.makedir(path, permissions)

    def remove(self, path: str) -> None:
        """Removes a file."""
        self.fs.remove(path)

    def removedir(self, path: str) -> None:
        """Removes an empty directory."""
        self.fs.removedir(path)

    def rename(self, source: str, target: str, flags: int) -> None:
        """As rename(2), which PyFilesystem does not have."""
        if flags & ~fsapi.RENAME_NOREPLACE:
            raise failure(errno.EINVAL)
        with self.lock():
            info = self.fs.getinfo(source, _DETAILS).raw
            self._check_parent(target)
            if self._is_other_spelling(source, target):
                found = None
            else:
                found = self._lookup(target)
            if found is not None and flags & fsapi.RENAME_NOREPLACE:
                raise failure(errno.EEXIST)
            if source != target:
                self._move(source, target, info, found)

    def _is_other_spelling(self, source: str, target: str) -> bool:
        return bool(self.flags() & fsapi.CASE_INSENSITIVE) and source.casefold() == target.casefold()

    def _lookup(self, path: str) -> Optional[Any]:
        try:
            return self.fs.getinfo(path, _DETAILS).raw
        except Exception as exc:
            if errors.known_errno(exc) in (errno.ENOENT, errno.ENOTDIR):
                return None
            raise

    def _check_parent(self, path: str) -> None:
        """Some objects lose what is moved into a file."""
        parent = path.rpartition("/")[0] or "/"
        if not self.fs.getinfo(parent, _BASIC).raw["basic"]["is_dir"]:
            raise failure(errno.ENOTDIR)

    def _move(self, source: str, target: str, info: Any, found: Optional[Any]) -> None:
        is_dir = info["basic"]["is_dir"]
        if found is not None and found["basic"]["is_dir"] != is_dir:
            raise failure(errno.ENOTDIR if is_dir else errno.EISDIR)
        if is_dir:
            self._move_directory(source, target, found is not None)
        else:
            self.fs.move(source, target, overwrite=found is not None)
        self._restore_times(target, info)

    def _move_directory(self, source: str, target: str, exists: bool) -> None:
        if exists:
            self.fs.removedir(target)  # refused unless it is empty
        try:
            self.fs.movedir(source, target, create=True, **self._keeping_times())
        except BaseException:
            if exists and not self.fs.exists(target):
                self.fs.makedir(target)
            raise

    def _keeping_times(self) -> Dict[str, bool]:
        """Where a directory is moved by copying. Others keep its times, and MemoryFS fails when it shall."""
        *_, inner = layers_of(self.fs)
        copies = getattr(sys.modules.get("fs.base"), "FS", None)
        same = copies is not None and getattr(type(inner), "movedir", None) is copies.movedir
        return {"preserve_time": True} if same else {}

    def _restore_times(self, path: str, info: Any) -> None:
        """A move may have been a copy."""
        before = info.get("details") or {}
        wanted = before.get("modified")
        try:
            now = self.fs.getinfo(path, _DETAILS).raw.get("details") or {}
            if wanted is not None and now.get("modified") != wanted:
                self.fs.setinfo(
                    path, {"details": {"accessed": before.get("accessed") or wanted, "modified": wanted}}
                )
        except Exception as exc:
            if errors.known_errno(exc) is None:
                raise

    # ---- setting --------------------------------------------------------------------------------------

    def setinfo(self, path: str, info: fsapi.Info) -> None:
        """Sets times and permissions. Births and changes are the object's own business."""
        if info.valid & (fsapi.INFO_OWNER | fsapi.INFO_ATTRIBUTES):
            raise failure(errno.EOPNOTSUPP)
        if info.valid & fsapi.INFO_MODE:
            self._set_mode(path, info.mode)
        if info.valid & (_facts.ATIME | _facts.MTIME):
            self._set_times(path, info)

    def _set_times(self, path: str, info: fsapi.Info) -> None:
        details = {}
        if info.valid & _facts.ATIME:
            details["accessed"] = info.atime / 1e9
        if info.valid & _facts.MTIME:
            details["modified"] = info.mtime / 1e9
        else:  # OSFS would take the other one
            modified = (self.fs.getinfo(path, _DETAILS).raw.get("details") or {}).get("modified")
            if modified is not None:
                details["modified"] = modified
        try:
            self.fs.setinfo(path, {"details": details})
        except Exception as exc:
            if errors.known_errno(exc) != errno.EOPNOTSUPP:
                raise  # an object without times: as where it has no setinfo at all

    def _set_mode(self, path: str, mode: int) -> None:
        """Objects that cannot set permissions say nothing."""
        access = self.fs.getinfo(path, _DETAILS_ACCESS).raw.get("access") or {}
        if "permissions" not in access:
            raise failure(errno.EOPNOTSUPP)
        if self.has_ospaths():  # OSFS does not hear it
            os.chmod(self.fs.getsyspath(path), mode)
        else:
            self.fs.setinfo(path, {"access": {"permissions": _facts.permissions_of(mode)}})
        now = self.fs.getinfo(path, _DETAILS_ACCESS).raw.get("access") or {}
        if _facts.mode_of(now.get("permissions", ())) != mode:
            raise failure(errno.EOPNOTSUPP)

    # ---- the rest -------------------------------------------------------------------------------------

    def readlink(self, path: str) -> bytes:
        """Target of a link."""
        target = self._target(path)
        if target is None:
            raise failure(errno.EINVAL)
        return os.fsencode(target)

    def symlink(self, target: bytes, path: str) -> None:
        """Makes a link."""
        raise failure(errno.EOPNOTSUPP)

    def link(self, source: str, target: str) -> None:
        """Makes another name."""
        raise failure(errno.EOPNOTSUPP)

    def space(self) -> Tuple[int, int, int, int, int, int, int]:
        """total, free, available, files, files_free, block, name_max."""
        if self.has_ospaths():
            st = os.statvfs(self.fs.getsyspath("/"))
            unit = st.f_frsize or st.f_bsize
            return (
                st.f_blocks * unit,
                st.f_bfree * unit,
                st.f_bavail * unit,
                st.f_files,
                st.f_ffree,
                unit,
                min(st.f_namemax, fsapi.NAME_MAX),
            )
        meta = dict(self.fs.getmeta() or {})
        free, total = int(meta["free_space"]), int(meta["total_space"])
        return max(total, free), free, free, 0, 0, 4096, 0

    def has_space(self) -> bool:
        """Whether space() can answer; else the library's own numbers are shown."""
        return self.has_ospaths() or {"free_space", "total_space"} <= set(self.meta)

    def text(self, key: str) -> Optional[str]:
        """A fact of the object as a text."""
        return str(self.fs) if key == "source" else None

    def ospath(self, path: str) -> bytes:
        """Where a file lies on this machine."""
        return os.fsencode(self.fs.getsyspath(path))

    def access(self, path: str, mode: int) -> bool:
        """Whether the caller may do this."""
        return True
