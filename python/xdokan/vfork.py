# SPDX-License-Identifier: MIT
"""Keeps `subprocess` from vfork while this process serves a mount itself.

A program started by vfork() stops Python, lock and all, until it has gone into its folder and begun. With the
folder or the program on a drive that this process serves, no callback could run and the start would fail at
the deadline. fork() stops nobody.

Locks: _lock guards the count and what was there before the first hold().
"""

import os
import subprocess
import threading
from typing import Dict

_SWITCHES = ("_USE_VFORK", "_USE_POSIX_SPAWN")

_lock = threading.Lock()
_count = 0
_before: Dict[str, bool] = {}


def hold() -> None:
    """From now on fork() is used, until release() was called as often as this."""
    global _count
    with _lock:
        _count += 1
        if _count == 1:
            _before.update({name: getattr(subprocess, name) for name in _SWITCHES
                            if hasattr(subprocess, name)})
            for name in _before:
                setattr(subprocess, name, False)


def release() -> None:
    """Takes one hold() back."""
    global _count
    with _lock:
        _count -= 1
        if _count == 0:
            _put_back()


def _put_back() -> None:
    for name, value in _before.items():
        setattr(subprocess, name, value)
    _before.clear()


def _after_fork() -> None:
    """A child serves nothing."""
    global _count, _lock
    _count, _lock = 0, threading.Lock()
    _put_back()


os.register_at_fork(after_in_child=_after_fork)
