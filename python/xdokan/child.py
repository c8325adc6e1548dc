# SPDX-License-Identifier: MIT
"""The process that serves a mount for another: from its first step to its last.

`Start.run()` is what a forked child does: it becomes what the keyword arguments of Popen ask for, gets rid of
what is the parent's, and serves. `serve()` is the rest, which `python3 -m xdokan --status-fd` shares. A child
never returns into the parent's program, runs none of its atexit functions and writes none of its buffers: it
ends by os._exit().
"""

import builtins
import errno
import fcntl
import html as _html
import os
import signal
import sys
import traceback
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional

from . import forking, fsapi
from .errors import errno_of
from .link import Link
from .serving import Served, wait_in_foreground
from .settings import Settings

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""By these a child unmounts and ends."""


# ---- serving
# --------------------------------------------------------------------------------------------------


def serve(link: Link, opened: Callable[[], Any], path: Optional[str], settings: Settings) -> int:
    """Opens the object, mounts it, tells the other end of `link`, and waits for the end. Gives the exit
    status."""
    state = "failed"
    try:
        fs = opened()
        served = Served(fs, path, settings, close=True)
        state = "ended"
        wait_in_foreground(served, all_signals=True, others={link.fileno(): _Orders(link).look},
                           ready=lambda: link.send({"state": "ready", "path": served.path,
                                                    "drive": served.drive}))
        _close_parts(fs)
    except BaseException as error:  # pylint: disable=broad-except
        link.send({"state": state, **describe(error)})
        return 1
    link.send({"state": state, "errno": 0})
    return 0


def _close_parts(fs: Any) -> None:
    """What the object wraps is closed by nobody else: the parent's is detached, and nothing is collected
    here."""
    for part in forking.parts(fs)[1:]:
        if not (callable(getattr(part, "isclosed", None)) and part.isclosed()):
            part.close()


class _Orders:
    """What the parent says."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._stay = False

    def look(self) -> Optional[bool]:
        """True: unmount. None: the parent has gone, and we stay."""
        self._link.drain()
        orders = [message.get("do") for message in self._link.messages]
        self._stay = self._stay or "stay" in orders
        if "unmount" in orders:
            return True
        if self._link.closed_by_peer:
            return None if self._stay else True
        return False


# ---- errors from one process to the other
# ---------------------------------------------------------------------


class ChildTraceback(Exception):
    """Cause of an exception that came from a child: where it was raised there."""

    def __str__(self) -> str:
        return "in the child:\n" + str(self.args[0])


def describe(error: BaseException) -> Dict[str, Any]:
    """An exception as a message."""
    number = getattr(error, "errno", None) if isinstance(error, OSError) else None
    text = getattr(error, "strerror", None) if number else None
    return {"errno": number or errno_of(error), "type": "OSError" if number else type(error).__name__,
            "text": str(text or error) or type(error).__name__,
            "traceback": "".join(traceback.format_exception(type(error), error, error.__traceback__))}


def rebuild(said: Mapping[str, Any]) -> BaseException:
    """The exception that a message describes: of the same class if Python has it, else OSError."""
    kind = getattr(builtins, str(said.get("type")), None)
    text = str(said.get("text"))
    if isinstance(kind, type) and issubclass(kind, Exception) and not issubclass(kind, OSError):
        try:
            error: BaseException = kind(text)
        except TypeError:  # UnicodeError and its like want more
            error = OSError(said.get("errno") or errno.EIO, text)
    else:
        plain = said.get("type") in (None, "OSError")
        error = OSError(said.get("errno") or errno.EIO, text if plain else f"{said.get('type')}: {text}")
    error.__cause__ = ChildTraceback(said.get("traceback", ""))
    return error


# ---- what a forked child is
# -----------------------------------------------------------------------------------


def environment(given: Optional[Mapping[str, str]]) -> Dict[str, str]:
    """That of a fresh interpreter: it must find this very package."""
    found = dict(os.environ if given is None else given)
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parts = [part for part in found.get("PYTHONPATH", "").split(os.pathsep) if part]
    if here not in parts:
        found["PYTHONPATH"] = os.pathsep.join([here, *parts])
    return found


class Start:
    """What a forked child is told: the mount, and the arguments that Popen got by name."""

    def __init__(self, link: Link, fs: Any, path: Optional[str], settings: Settings,
                 close_fds: Optional[bool], popen: Mapping[str, Any]) -> None:
        self._link, self._fs, self._path, self._settings = link, fs, path, settings
        self._close_fds, self._popen = close_fds, popen

    def run(self) -> None:
        """The child's whole life."""
        code = 255
        try:
            forking.renew_locks(self._fs)
            fsapi.fs_after_fork()
            self._settle_signals()
            self._redirect()
            self._change_identity()
            code = serve(self._link, lambda: self._fs, self._path, self._settings)
        except BaseException as error:  # pylint: disable=broad-except
            self._link.send({"state": "failed", **describe(error)})
        finally:
            _flush(sys.stdout, sys.stderr)
            os._exit(code)

    @staticmethod
    def _settle_signals() -> None:
        """The parent's handlers are about the parent. Ours come with the mount; until then a signal ends
        us."""
        signal.set_wakeup_fd(-1)
        for number in signal.valid_signals():
            if callable(signal.getsignal(number)) or number in SIGNALS:
                signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])

    # ---- descriptors

    def _ends(self, *names: str) -> List[int]:
        return [self._popen[name] for name in names]

    def _redirect(self) -> None:
        ends = self._ends("p2cread", "c2pwrite", "errwrite")
        moved = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 3) if 0 <= fd < 3 and fd != target else fd
                 for target, fd in enumerate(ends)]
        for target, fd in enumerate(moved):
            if fd == target:
                os.set_inheritable(fd, True)
            elif fd >= 0:
                os.dup2(fd, target)
        parents = self._ends("p2cwrite", "c2pread", "errread")
        forking.blank(fd for fd in {*moved, *parents} if fd > 2)
        forking.blank(self._not_ours())
        forking.renew_streams()

    def _not_ours(self) -> List[int]:
        """Descriptors of the parent that are to be closed here."""
        if self._close_fds is False:
            return []
        kept = {0, 1, 2, self._link.fileno(), *self._popen["pass_fds"]}
        others = [fd for fd in forking.open_descriptors() if fd not in kept]
        return others if self._close_fds else forking.pipes(others)

    def close_child_ends(self, devnull: Optional[int]) -> None:
        """In the parent, as Popen does: the child has its own copies."""
        pairs = (("p2cread", "p2cwrite"), ("c2pwrite", "c2pread"), ("errwrite", "errread"))
        for mine, other in pairs:
            fd, partner = self._ends(mine, other)
            if fd != -1 and partner != -1 and fd != devnull:
                os.close(fd)
        if devnull is not None:
            os.close(devnull)

    # ---- who and where

    def _number(self, name: str) -> Optional[int]:
        """Not given is None or -1, as Python's version has it."""
        value = self._popen.get(name)
        return None if value is None or value == -1 else value

    def _change_identity(self) -> None:
        given = self._popen
        if given["env"] is not None:
            os.environ.clear()
            os.environ.update(_texts(given["env"]))
        if given["cwd"] is not None:
            os.chdir(given["cwd"])
        umask, group = self._number("umask"), self._number("process_group")
        if umask is not None:
            os.umask(umask)
        if given["start_new_session"]:
            os.setsid()
        if group is not None:
            os.setpgid(0, group)
        self._change_user()
        if given["preexec_fn"]:
            given["preexec_fn"]()

    def _change_user(self) -> None:
        gids, gid, uid = self._popen["gids"], self._number("gid"), self._number("uid")
        if gids is not None:
            os.setgroups(gids)
        if gid is not None:
            os.setregid(gid, gid)
        if uid is not None:
            os.setreuid(uid, uid)


def _texts(env: Mapping[Any, Any]) -> Dict[str, str]:
    return {os.fsdecode(key): os.fsdecode(value) for key, value in env.items()}


def _flush(*streams: Any) -> None:
    for stream in streams:
        try:
            stream.flush()
        except Exception:  # pylint: disable=broad-except
            pass


def html(drive: Optional[str], path: Optional[str], state: str) -> str:
    """A mount as a notebook shows it."""
    cells: Iterable[Optional[str]] = (drive, path, state)
    row = "".join(f"<td>{_html.escape(cell or '')}</td>" for cell in cells)
    return f"<table><tr><th>drive</th><th>path</th><th>served by</th></tr><tr>{row}</tr></table>"
