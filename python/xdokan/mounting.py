# SPDX-License-Identifier: MIT
"""mount() and unmount(), and the mount that threads of this program serve.

    from xdokan.mounting import mount

    with mount(fs, "Q:", background="thread") as drive:
        print(os.listdir(drive.path))

What waits is written so that neither side needs the other's lock: the library's threads and deadlines are C
threads that never ask for the interpreter; only the object's own methods do.
"""

import errno
import os
import sys
import warnings
from typing import Any, Callable, Dict, Optional

from . import child, forking, fsapi, points
from .process import MountProcess
from .serving import Served, failure, wait_in_foreground
from .settings import MODES, Settings, checked

_KNOWN = ("background", "nowait")
_NAMED = ("foreground", "ready_callback", "unmount_callback")


def mount(fs: Any, path: Optional[points.Point] = None, foreground: bool = False,
          ready_callback: Optional[Callable[[], Any]] = None,
          unmount_callback: Optional[Callable[[], Any]] = None,
          **kwds: Any) -> Any:
    r"""Shows an FS object as a drive.

    fs                  a PyFilesystem object, or an FS URL such as "zip://photos.zip"
    path                'Q:\\', 'Q:', r'C:\test' inside a mounted C:, an empty Linux directory; None: any free
                        drive
    foreground          True: serve it here, return None when it has been unmounted
    ready_callback      called once, without arguments, when it can be used
    unmount_callback    called once, without arguments, when the mount has ended, however it ended
    numthreads, flags, fsname, volname, securityfolder, FSOperationsClass, timeout, options, ready_timeout,
    unmount_timeout     see `xdokan.settings.Settings`
    background          "fork" (the default): a child with a copy of the object serves it; a MountProcess is
                        returned. "thread" (the default in a notebook): threads of this program serve the
                        object itself; a LiveMount is returned. "url" (the default for a URL): a fresh
                        interpreter opens it.
    nowait              True: return at once; MountProcess.wait_ready() tells the rest

    What is returned has `path`, `drive`, `unmount()` and works in a `with`. OSError with the library's text
    when nothing can be mounted, TypeError for an unknown keyword, ValueError for a path that cannot be meant.

    In the foreground Ctrl-C unmounts, then raises KeyboardInterrupt; SIGTERM and SIGHUP unmount, then mount()
    returns, unless the program has handlers of its own for them.
    """
    point = points.check(path)
    settings = Settings(kwds, "mount", _KNOWN, _NAMED)
    mode = _mode(checked(fs), kwds.get("background"))
    if foreground:
        _serve_here(fs, point, settings, ready_callback, unmount_callback)
        return None
    mounted = _start(mode, fs, point, settings, kwds, unmount_callback)
    if ready_callback:
        _tell_ready(mounted, ready_callback, bool(kwds.get("nowait")))
    return mounted


def _tell_ready(mounted: Any, callback: Callable[[], Any], nowait: bool) -> None:
    """Nobody else knows the mount if the callback raises: then it ends."""
    if nowait and isinstance(mounted, MountProcess):
        mounted.when_ready(callback)
        return
    try:
        callback()
    except BaseException:
        mounted.unmount()
        raise


def unmount(path: points.Point) -> None:
    """Unmounts what is mounted there, whoever serves it. OSError when nothing is, or it cannot be done."""
    error = fsapi.Error()
    code = fsapi.fs_unmount(points.encode(points.check(path)), error)
    if code < 0:
        raise failure(code, error.message)


# ---- which way
# ------------------------------------------------------------------------------------------------


def in_notebook() -> bool:
    """Whether this program is the kernel of a notebook."""
    return "ipykernel" in sys.modules


def _mode(fs: Any, asked: Optional[str]) -> str:
    is_url = isinstance(fs, str)
    mode = asked or ("url" if is_url else "thread" if in_notebook() else "fork")
    if mode not in MODES:
        raise ValueError(f"background is one of {', '.join(MODES)}, not {mode!r}")
    if is_url != (mode == "url"):
        raise ValueError("background='url' mounts an FS URL, a text" if mode == "url"
                         else f"background={mode!r} mounts an object, not a URL")
    return mode


def _start(mode: str, fs: Any, point: Optional[str], settings: Settings, kwds: Dict[str, Any],
           callback: Optional[Callable[[], Any]]) -> Any:
    if mode == "thread":
        forking.warn_of_earlier(fs)
        return LiveMount(fs, point, settings, callback)
    options = {key: value for key, value in kwds.items() if key not in _KNOWN}
    others = forking.other_threads() if mode == "fork" else []
    if others:
        warnings.warn(f"{len(others)} other thread(s) run in this program ({others[0].name}); the child that "
                      "serves the mount has none of them, and locks that they hold now stay locked there. "
                      "background='thread' needs no child.", RuntimeWarning, stacklevel=3)
    return MountProcess(fs, point, {**options, "unmount_callback": callback}, nowait=bool(kwds.get("nowait")))


def _serve_here(fs: Any, point: Optional[str], settings: Settings, ready: Optional[Callable[[], Any]],
                unmounted: Optional[Callable[[], Any]]) -> None:
    if isinstance(fs, str):
        from fs import open_fs
        fs = open_fs(fs)
    forking.warn_of_earlier(fs)
    served = Served(fs, point, settings)
    try:
        wait_in_foreground(served, ready=ready)
    finally:
        if unmounted:
            unmounted()


# ---- a mount of this program
# ----------------------------------------------------------------------------------


class LiveMount:
    """An object that threads of this program show as a drive: what is done to it is on the drive at once.

    path    directory of the mount: what open() takes
    drive   'Q:', or '' when it is no drive
    pid     this process

    What uses the drive from this very program must let go of the interpreter's lock while it waits, as all of
    Python's own input and output does: files, folders, programs started on it, modules imported from it. What
    does not waits for threads that wait for it, until the time limit ends it: loading an extension module or
    a library that lies on the drive fails with OSError or ImportError; touching a part of a mapped file that
    nobody has read yet ends the program by SIGBUS; os.exec*() of a file on the drive ends the drive with the
    program.
    """

    def __init__(self, fs: Any, path: Optional[str], settings: Settings,
                 unmount_callback: Optional[Callable[[], Any]] = None) -> None:
        self._served = Served(fs, path, settings, unmounted=unmount_callback)
        self.path: str = self._served.path
        self.drive: str = self._served.drive
        self.pid = os.getpid()

    def unmount(self) -> None:
        """Unmounts and waits until no thread is in the object any more. Further calls do nothing.

        OSError when a call of the object never came back.
        """
        self._served.finish()

    def wait(self, timeout: Optional[float] = None) -> int:
        """Waits until somebody unmounts it. TimeoutError when the time is up first."""
        if not self._served.wait(timeout):
            raise TimeoutError(errno.ETIMEDOUT, f"{self.path} is still mounted after {timeout:g} s")
        return 0

    def poll(self) -> Optional[int]:
        """None while it is mounted, then 0."""
        return 0 if self._served.over else None

    def __enter__(self) -> "LiveMount":
        return self

    def __exit__(self, kind: Any, value: Any, traceback: Any) -> None:
        self.unmount()

    def __del__(self) -> None:
        served = getattr(self, "_served", None)
        if served is not None and served.over:  # somebody else unmounted it
            served.at_exit()

    def __repr__(self) -> str:
        state = "unmounted" if self._served.over else f"on {self.drive or self.path}"
        return f"<LiveMount {state}>"

    def _repr_html_(self) -> str:
        state = "unmounted" if self._served.over else "threads of this program"
        return child.html(self.drive, self.path, state)


