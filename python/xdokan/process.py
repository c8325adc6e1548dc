# SPDX-License-Identifier: MIT
"""MountProcess: a mount served by a child process, which is a `subprocess.Popen` in every respect.

The child of an object is made by fork(), so that every object can be mounted, with a copy of it; the child of
an FS URL is a fresh interpreter, `python3 -m xdokan`. Parent and child talk through a socket (see `link.py`):
the child tells that it is ready, or why not, and how the object was closed; the parent asks for the end. When
the parent is gone, however it went, the socket is closed and the child unmounts, unless it was told to stay.

Locks: `_ending` is held while the end of a child is told, once, to `unmount_callback`.
"""

import errno
import inspect
import os
import re
import select
import signal
import subprocess
import sys
import threading
import time
import weakref
from typing import Any, Callable, Dict, List, Mapping, Optional

from . import child, forking, fsapi, points, threads
from .link import Link
from .settings import Settings, checked, refuse_unknown

_POPEN_OPTIONS = {"bufsize", "stdin", "stdout", "stderr", "preexec_fn", "close_fds", "cwd", "env",
                  "universal_newlines", "start_new_session", "pass_fds", "user", "group", "extra_groups",
                  "encoding", "errors", "text", "umask", "pipesize", "process_group", "restore_signals"}
_KNOWN_OPTIONS = _POPEN_OPTIONS & set(inspect.signature(subprocess.Popen.__init__).parameters)

_running: "weakref.WeakSet[MountProcess]" = weakref.WeakSet()
_KILLED_WAIT = 5.0
_NOTICE_WAIT = 2.0


def _forget_all() -> None:
    for process in list(_running):
        process._forget()
    _running.clear()


os.register_at_fork(after_in_child=_forget_all)


def redacted(url: str) -> str:
    """The URL with its password taken out, for messages and lists of processes."""
    return re.sub(r"(://[^/@:]*):.*@", r"\1:***@", url)


def _pipe_of(url: str) -> int:
    """The end of a pipe in which the URL stands: arguments can be seen by everybody."""
    data = os.fsencode(url)
    if len(data) > select.PIPE_BUF:
        raise ValueError(f"a URL of {len(data)} bytes; {select.PIPE_BUF} are allowed")
    read, write = os.pipe()
    os.write(write, data)
    os.close(write)
    return read


class MountProcess(subprocess.Popen):  # type: ignore[type-arg]
    r"""An FS object, or the URL of one, mounted by a process of its own.

    fs          the object; or the FS URL that a fresh interpreter opens
    path        mount point: 'Q:\\', 'Q:', a Linux directory, None for any free drive
    dokan_opts  the options of a mount, see `xdokan.settings.Settings`
    nowait      True: do not wait until it can be used; see wait_ready()
    **kwds      those of subprocess.Popen: stdin, stdout, stderr, cwd, env, pass_fds, close_fds,
                start_new_session, user, group, extra_groups, umask, preexec_fn, text, encoding, errors,
                bufsize...

    The child begins with what the parent has open, since the object may need it; only pipes that are not
    named in `pass_fds` are closed, because whoever reads from one waits for its end. `close_fds=True` closes
    everything, also what the object has open; `close_fds=False` nothing.

    When this program ends, or is killed, the child unmounts. `detach()` lets it go on.
    """

    unmount_timeout = 20.0
    """Seconds that unmount() waits for the object to be closed."""

    def __init__(self, fs: Any, path: Optional[points.Point] = None, dokan_opts: Mapping[str, Any] = {},
                 nowait: bool = False, **kwds: Any) -> None:
        refuse_unknown("MountProcess", kwds, _KNOWN_OPTIONS)
        options = dict(dokan_opts)
        self._unmounted: Optional[Callable[[], Any]] = options.pop("unmount_callback", None)
        self._settings = Settings(options, "MountProcess")
        self._fs, self._point = checked(fs), points.check(path)
        forking.warn_of_earlier(fs)
        self._close_fds = kwds.get("close_fds")
        self._ending = threading.RLock()
        self._told = self._kept = False
        self._failure: Optional[BaseException] = None
        self._ready_callback: Optional[Callable[[], Any]] = None
        self._detached: Optional[forking.Detached] = None
        if "unmount_timeout" in options:
            self.unmount_timeout = self._settings.unmount_timeout
        self._link, self._child_link = Link.pair()
        self._source = _pipe_of(fs) if isinstance(fs, str) else -1
        _running.add(self)
        try:
            super().__init__(self._command(), **kwds)
        except BaseException:
            self._link.close()
            raise
        finally:
            self._child_link.close()
            if self._source >= 0:
                os.close(self._source)
        threads.on_exit(self._at_exit)
        if not nowait:
            self.wait_ready()

    # ---- starting

    def _command(self) -> List[str]:
        if not isinstance(self._fs, str):
            return ["xdokan", str(self._fs), str(self._point)]
        if self._point is None:
            raise ValueError("no mount point given: name a drive ('Q:') or an empty directory")
        fds = ["--status-fd", str(self._child_link.fileno()), "--source-fd", str(self._source)]
        return [sys.executable, "-m", "xdokan", *fds, *self._settings.arguments(), "--", redacted(self._fs),
                self._point]

    def _execute_child(self, *args: Any, **kwds: Any) -> None:
        """What Popen calls to make the child. Its parameters differ from version to version."""
        signature = inspect.signature(subprocess.Popen._execute_child)  # type: ignore[attr-defined]
        bound = signature.bind(self, *args, **kwds)
        if isinstance(self._fs, str):
            bound.arguments["pass_fds"] = (*bound.arguments["pass_fds"], self._child_link.fileno(),
                                           self._source)
            bound.arguments["env"] = child.environment(bound.arguments["env"])
            subprocess.Popen._execute_child(*bound.args, **bound.kwargs)  # type: ignore[attr-defined]
            return
        self._fork(child.Start(self._child_link, self._fs, self._point, self._settings, self._close_fds,
                               bound.arguments))

    def _fork(self, start: "child.Start") -> None:
        with forking.quiet(self._fs):
            blocked = signal.pthread_sigmask(signal.SIG_BLOCK, child.SIGNALS)
            try:
                pid = os.fork()
                if pid == 0:
                    start.run()  # never returns
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        self.pid = pid
        self._child_created = True
        self._closed_child_pipe_fds = True
        start.close_child_ends(getattr(self, "_devnull", None))
        self._detached = forking.Detached(self._fs, self._point or "a drive")

    def wait_ready(self, timeout: Optional[float] = None) -> None:
        """Waits until the mount can be used. Raises what kept the child from it; the child has ended then."""
        limit = self._settings.ready_timeout if timeout is None else timeout
        until = time.monotonic() + limit
        while not self._link.find("ready", "failed"):
            if not self._link.receive(until - time.monotonic()):
                break
        said = self._link.find("ready", "failed")
        if said and said["state"] == "ready":
            if self._unmounted and not self._told:
                self._watch()
            callback, self._ready_callback = self._ready_callback, None
            if callback:
                callback()
            return
        self._fail(self._start_failure(said, limit))

    def when_ready(self, callback: Callable[[], Any]) -> None:
        """Has wait_ready() call it, once, when the mount can be used."""
        self._ready_callback = callback

    def _start_failure(self, said: Optional[Dict[str, Any]], limit: float) -> BaseException:
        if said:
            return child.rebuild(said)
        if not self._link.closed_by_peer:
            self.kill()
            self._wait_killed()
            return TimeoutError(errno.ETIMEDOUT,
                                f"the process that serves the mount was not ready after {limit:g} s "
                                "and was ended")
        self._wait_killed()
        return OSError(errno.EIO,
                       "the process that serves the mount ended before it was ready: " + self._status())

    def _fail(self, failure: BaseException) -> None:
        """The mount never was: gives everything back."""
        self._told = True
        self._wait_killed()
        if self._detached:
            self._detached.undo()
        for stream in (self.stdin, self.stdout, self.stderr):
            if stream:
                stream.close()
        self._over()
        raise failure

    def _wait_killed(self) -> None:
        try:
            super().wait(_KILLED_WAIT)
        except subprocess.TimeoutExpired:
            self.kill()

    def _status(self) -> str:
        code = self.returncode
        if code is not None and code < 0:
            return f"signal {-code} ({signal.Signals(-code).name})"
        return f"status {code}"

    # ---- what it is

    def _fact(self, name: str) -> Optional[str]:
        self._link.receive(0)
        said = self._link.find("ready")
        return said[name] if said else None

    @property
    def path(self) -> Optional[str]:
        """Directory of the mount: what open() takes. None until it is ready."""
        return self._fact("path")

    @property
    def drive(self) -> Optional[str]:
        """'Q:', or '' when the mount is no drive. None until it is ready."""
        return self._fact("drive")

    def __repr__(self) -> str:
        place = self.drive or self.path or self._point
        state = "unmounted" if self.returncode is not None else f"mounted on {place}"
        return f"<{type(self).__name__} pid={self.pid} {state}>"

    def _repr_html_(self) -> str:
        return child.html(self.drive, self.path, "unmounted" if self.poll() is not None
                          else f"process {self.pid}")

    # ---- ending

    def unmount(self) -> None:
        """Unmounts and waits until the child has closed the object; what it had not written yet is written
        then.

        After `unmount_timeout` seconds the child is killed and TimeoutError raised. OSError when the object
        could not be closed properly, or the child was ended by something else meanwhile. Further calls do
        nothing.
        """
        if not self._told:
            self._link.send({"do": "unmount"})
        until = time.monotonic() + self.unmount_timeout
        while not self._link.find("ended", "failed") and self._link.receive(until - time.monotonic()):
            pass
        try:
            self.wait(max(_NOTICE_WAIT, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._give_up()
        failure, self._failure = self._failure, None
        if failure:
            raise failure

    def _give_up(self) -> None:
        path = self.path
        self.kill()
        self.wait(_KILLED_WAIT)
        if path:  # the helper that removes a dead mount may have been faster
            fsapi.fs_unmount(points.encode(path), None)
        self._failure = TimeoutError(errno.ETIMEDOUT,
                                     f"process {self.pid}, which serves {path}, did not end within "
                                     f"{self.unmount_timeout:g} s and was killed; data may be lost")

    def detach(self) -> None:
        """Lets the child go on when this program ends; from then on `dokanctl unmount` ends it, or
        unmount()."""
        self._kept = True
        threads.forget(self._at_exit)
        self._link.send({"do": "stay"})

    def _watch(self) -> None:
        """Notices the end that somebody else brings about."""
        watcher = threading.Thread(target=self.wait, name="xdokan-watch", daemon=True)
        watcher.xdokan = True  # type: ignore[attr-defined]
        watcher.start()

    def poll(self) -> Optional[int]:
        """As Popen.poll(). `unmount_callback` has been called when it gives a status."""
        code = super().poll()
        if code is not None:
            self._over()
        return code

    def wait(self, timeout: Optional[float] = None) -> int:
        """As Popen.wait(). `unmount_callback` has been called when it returns."""
        code = super().wait(timeout)
        self._over()
        return code

    def _over(self) -> None:
        """The child has ended: reads its last words, tells the end once."""
        with self._ending:
            if self._link.closed:
                return
            self._link.drain()
            said = self._link.find("ended")
            self._link.close()
            threads.forget(self._at_exit)
            told, self._told = self._told, True
            if told or not self._link.find("ready"):
                return
            if said is None:
                self._failure = OSError(errno.EIO,
                                        f"process {self.pid}, which served {self._where()}, was ended by "
                                        f"{self._status()} without closing the object; data may be lost")
            elif said.get("errno"):
                self._failure = child.rebuild(said)
            if self._unmounted:
                self._unmounted()

    def _where(self) -> str:
        said = self._link.find("ready") or {}
        return said.get("drive") or said.get("path") or str(self._point)

    def _at_exit(self) -> None:
        try:
            self.unmount()
        except (OSError, subprocess.SubprocessError) as error:
            print(f"xdokan: {error}", file=sys.stderr)

    def _forget(self) -> None:
        """In a forked child: it is the parent's."""
        self._link.abandon()
        self._told = True

    def __exit__(self, kind: Any, value: Any, traceback: Any) -> None:
        try:
            self.unmount()
        finally:
            super().__exit__(kind, value, traceback)
