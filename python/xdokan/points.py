# SPDX-License-Identifier: MIT
r"""Mount points as a program writes them: checked here, understood by the library.

`Q`, `Q:`, `Q:\` and `Q:/` are drives; `C:\test` lies inside a mounted drive; everything else is a Linux path.
What is wrong with a place (missing, busy, not empty) is the library's to find out. This module refuses only
what cannot be meant: nothing at all, and the control character that a single backslash in a program's text
turns into.
"""

import os
import re
from typing import Optional, Union

Point = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]
"""What can be given as a mount point."""

_DRIVE = re.compile(r"[A-Za-z](:|$)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LETTERS = {7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 0: "0"}


def check(path: Optional[Point]) -> Optional[str]:
    r"""The mount point as text, with a relative Linux path made absolute. None stays None: any free drive.

    ValueError for nothing, or a control character: "C:\test" holds a tab, r"C:\test" does not.
    """
    if path is None:
        return None
    text = os.fsdecode(path)
    if not text:
        raise ValueError("no mount point given: name a drive ('Q:') or an empty directory")
    if _CONTROL.search(text):
        raise ValueError(f"the mount point {text!r} holds a control character; did you mean {meant(text)}?")
    return text if is_drive(text) else os.path.abspath(text)


def is_drive(text: str) -> bool:
    """Whether it names a drive, or something inside of one."""
    return bool(_DRIVE.match(text))


def meant(text: str) -> str:
    """How the text would be written in a program if each control character was a backslash and what followed
    it."""
    plain = _CONTROL.sub(_escape, text)
    quotable = not plain.endswith("\\") and not ("'" in plain and '"' in plain)
    if not quotable:
        return repr(plain)
    quote = '"' if "'" in plain else "'"
    return f"r{quote}{plain}{quote}"


def _escape(match: "re.Match[str]") -> str:
    code = ord(match.group())
    return "\\" + (_LETTERS.get(code) or (str(code) if code < 8 else f"x{code:02x}"))


def encode(text: Optional[str]) -> Optional[bytes]:
    """As the library takes it."""
    return None if text is None else os.fsencode(text)
