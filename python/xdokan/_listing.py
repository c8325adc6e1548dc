# SPDX-License-Identifier: MIT
"""Listings: entries of a directory into the `fill` of fs_table::scandir, in batches.

A batch is what fs_fill_many() takes: an array of struct fs_entry, and the names that it points to. Most of
what `ls -l` costs is spent here, so there are two ways to make one: pack_infos() for entries with the usual
facts, and pack_rows() for any.

A cursor is a number of the listing and, in its low half, an index. A listing that was stopped is kept, up to
#KEPT_MAX of them, so that whoever goes on with it sees the same entries once and the directory is not read
again.
"""

from ctypes import Array, addressof, c_char
from math import floor
from typing import Any, Callable, Dict, List, Sequence, Tuple

from xdokan import _facts, fsapi

KEPT_MAX = 8
BATCH = 256
_INDEX_BITS = 32
_INDEX_MASK = (1 << _INDEX_BITS) - 1

Row = Tuple[Any, Tuple[int, ...]]
"""A name (str or bytes) and its facts."""
Batch = Tuple[bytearray, Array, int]
"""Names, entries and how many. The entries point into the names, which never move."""

_ENTRIES = c_char * (_facts.ENTRY_BYTES * BATCH)


def _encoded(name: Any) -> bytes:
    return name if isinstance(name, bytes) else name.encode("utf-8", "surrogateescape")


def _is_name(name: Any) -> bool:
    try:
        return bool(_encoded(name))
    except UnicodeEncodeError:
        return False


def pack_rows(rows: Sequence[Row], pack: Callable[..., None]) -> Batch:
    """A batch of at most #BATCH rows. What cannot be a name is left out."""
    rows = [row for row in rows if _is_name(row[0])]
    encoded = [_encoded(name) for name, _ in rows]
    names, entries = bytearray(b"\0".join([*encoded, b""])), _ENTRIES()
    if names.count(0) != len(rows):
        raise ValueError("a name with a NUL in it")
    place, offset = addressof(c_char.from_buffer(names)) if rows else 0, 0
    for name, (_, facts) in zip(encoded, rows):
        try:
            pack(entries, offset, place, *facts)
        except Exception:
            pack(entries, offset, place, *_facts.fitting(facts))
        place += len(name) + 1
        offset += _facts.ENTRY_BYTES
    return names, entries, len(rows)


def pack_infos(raws: Sequence[Any]) -> Batch:
    """A batch of at most #BATCH `Info.raw` that have a size, three times and no permissions, as a MemoryFS
    has. Anything else raises whatever comes of it; pack_rows() then knows what to do."""
    pack, entry_bytes, usual, types = _facts.PACK_ENTRY, _facts.ENTRY_BYTES, _facts.USUAL, _facts.USUAL_TYPES
    listed = [raw["basic"]["name"] for raw in raws]
    names, entries = bytearray("\0".join([*listed, ""]).encode("utf-8", "surrogateescape")), _ENTRIES()
    if names.count(0) != len(raws):
        raise ValueError("a name with a NUL in it")
    if not names.isascii():
        listed = [name.encode("utf-8", "surrogateescape") for name in listed]
    place, offset = addressof(c_char.from_buffer(names)), 0
    for name, raw in zip(listed, raws):
        facts = raw["details"]
        pack(
            entries,
            offset,
            place,
            usual,
            types[facts["type"]],
            facts["size"],
            floor(facts["accessed"] * 1e6 + 0.5) * 1000,
            floor(facts["modified"] * 1e6 + 0.5) * 1000,
            0,
            floor(facts["created"] * 1e6 + 0.5) * 1000,
            0,
        )
        place += len(name) + 1
        offset += entry_bytes
    return names, entries, len(raws)


class Listings:
    """Those of one object. Steps on the dict are atomic; a listing that is lost is made again."""

    def __init__(self, batches: Callable[..., List[Batch]]) -> None:
        """`batches` lists a directory: path, want, and a function to call when there was progress."""
        self._batches = batches
        self._kept: Dict[int, List[Batch]] = {}
        self._generation = 0

    def clear(self) -> None:
        """Keeps none."""
        self._kept.clear()

    def scandir(self, path: str, want: int, cursor: int, fill: int, ctx: int) -> None:
        """Reports the entries behind a cursor."""
        generation, start = cursor >> _INDEX_BITS, cursor & _INDEX_MASK
        batches = self._kept.pop(generation, None) if generation else None
        if batches is None:
            batches = self._batches(path, want, fsapi.fs_progress)
        if not generation:
            self._generation = generation = self._generation % _INDEX_MASK + 1
        stopped = _hand_over(batches, start, generation << _INDEX_BITS, fill, ctx)
        if (
            stopped and want
        ):  # where nothing is asked of the entries, somebody only looks whether there is one
            self._keep(generation, batches)

    def _keep(self, generation: int, batches: List[Batch]) -> None:
        while len(self._kept) >= KEPT_MAX:
            self._kept.pop(next(iter(self._kept), 0), None)
        self._kept[generation] = batches


def _hand_over(batches: List[Batch], start: int, cursor: int, fill: int, ctx: int) -> bool:
    """Reports the entries from the index `start` on; returns whether it was stopped. An index counts whole
    batches: those of entries that were left out are not used."""
    number, skip = divmod(start, BATCH)
    for _names, entries, count in batches[number:]:
        if skip < count and fsapi.fs_fill_many(
            fill,
            ctx,
            addressof(entries) + skip * _facts.ENTRY_BYTES,
            count - skip,
            cursor + number * BATCH + skip + 1,
        ):
            return True
        number, skip = number + 1, 0
    return False
