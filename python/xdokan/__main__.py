# SPDX-License-Identifier: MIT
r"""Mounts a Python FS object: what `dokanctl mount python://...` executes.

    python3 -m xdokan [OPTIONS] SOURCE [MOUNTPOINT]

Exit status: 0 done, 1 failed, 2 wrong usage. With --report-fd (dokanctl's) the process serves the mount and says there,
in texts that end with NUL: `ready` DRIVE PATH when it can be used; `error` ERRNO TEXT when it cannot, or when the object
could not be closed. Then comes the end of the pipe. --status-fd is the same for MountProcess, which has more to say.
"""

import argparse
import ctypes
import errno
import os
import signal
import socket
import stat
import sys
import traceback
from typing import Any, Dict, List, Optional, Sequence, Tuple

_ONES = {"numthreads": int, "flags": int, "timeout": float, "fsname": str, "volname": str, "securityfolder": str}
"""Items of -o that are keyword arguments of mount()."""
_PDEATHSIG = 1
_TEXT_MAX = 1500
"""Characters of a message; dokanctl takes no more."""
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Failure(OSError):
    """Ends the program: an errno and one line."""


# ---- arguments ------------------------------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m xdokan", allow_abbrev=False,
        description="Mounts a PyFilesystem URL (mem://, zip://photos.zip) or a Python object "
                    "(python://module:callable?key=value) as a drive or on a directory, in the background.",
        epilog="-o: numthreads=1, timeout=SECONDS, fsname=, volname=, securityfolder=, and mount options "
               "(ro, allow_other, umask=022...); a backslash keeps a comma. Unmount with: dokanctl unmount MOUNTPOINT")
    parser.add_argument("source", metavar="SOURCE")
    parser.add_argument("mountpoint", metavar="MOUNTPOINT", nargs="?", help="a drive (M:) or an empty directory; "
                        "without it, the next free drive")
    parser.add_argument("-f", "--foreground", action="store_true", help="stay, and unmount at Ctrl-C")
    parser.add_argument("-r", "--read-only", action="store_true", help="refuse every change")
    parser.add_argument("-o", dest="lists", metavar="LIST", action="append", default=[], help="options")
    parser.add_argument("--filter", dest="filters", metavar="SPEC", action="append", default=[],
                        help="put a filter on it: readonly, delay:ms=50; can be repeated")
    for name in ("--report-fd", "--status-fd", "--source-fd"):
        parser.add_argument(name, type=int, metavar="N", help=argparse.SUPPRESS)
    parser.add_argument("--mount-options", metavar="LIST", default="", help=argparse.SUPPRESS)
    return parser


def split_list(text: str) -> List[str]:
    """The items of a -o list, as they are written; a backslash keeps a comma."""
    items, at = [""], 0
    while at < len(text):
        taken = 2 if text[at] == "\\" and at + 1 < len(text) else 1
        if text[at] == ",":
            items.append("")
        else:
            items[-1] += text[at:at + taken]
        at += taken
    return [item for item in items if item]


def _unescape(text: str) -> str:
    out, escaped = "", False
    for char in text:
        if char == "\\" and not escaped:
            escaped = True
        else:
            out, escaped = out + char, False
    return out


def read_options(lists: Sequence[str], more: str = "") -> Tuple[Dict[str, Any], bool]:
    """Keyword arguments of mount() and whether it shall be read-only, from the texts of -o."""
    keywords: Dict[str, Any] = {}
    rest, read_only = [more] if more else [], False
    for item in (item for text in lists for item in split_list(text)):
        key, equals, value = item.partition("=")
        if key == "ro":
            read_only = True
        elif key not in _ONES:
            rest.append(item)
        else:
            try:
                keywords[key] = _ONES[key](_unescape(value))
            except ValueError:
                raise Failure(errno.EINVAL, f"-o {key}= needs a number, not '{value}'") from None
    if rest:
        keywords["options"] = ",".join(rest)
    return keywords, read_only


# ---- telling ---------------------------------------------------------------------------------------------------


def _tell(fd: int, *words: str) -> None:
    data = b"".join(os.fsencode(word).replace(b"\0", b"?") + b"\0" for word in words)
    try:
        os.write(fd, data)
    except OSError:
        pass  # nobody listens any more


def _read_report(fd: int) -> List[str]:
    """Three words, or what there is of them."""
    data = b""
    while data.count(b"\0") < 3:
        more = os.read(fd, 65536)
        if not more:
            break
        data += more
    return [os.fsdecode(word) for word in data.split(b"\0")][:3]


def _let_go() -> None:
    """Nobody shall wait for the end of an output of ours."""
    null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os.dup2(null, 1)
    if stat.S_ISFIFO(os.fstat(2).st_mode):
        os.dup2(null, 2)
    os.close(null)


def _end_with_parent() -> None:
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)


# ---- mounting --------------------------------------------------------------------------------------------------


def _open(args: argparse.Namespace) -> Any:
    """The FS object. Failure in one line for what the user can mend; what goes wrong in a module is raised."""
    from .sources import SourceError, open_source

    source = args.source
    if args.source_fd is not None:
        with open(args.source_fd, "rb") as stream:
            source = os.fsdecode(stream.read())
    try:
        return open_source(source, not args.read_only)
    except SourceError as error:
        raise Failure(errno.EINVAL, f"{args.source}: {error}") from None


def _served_with(filters: Sequence[str]) -> Any:
    """Served, or one that puts filters on the object before it mounts it."""
    from . import fsapi
    from .serving import Served, failure
    from .settings import Settings

    class Filtered(Served):
        """A mount of what the filters let through."""

        def _start(self, path: Optional[str], settings: Settings) -> None:
            assert self._object is not None
            for text in filters:
                error = fsapi.Error()
                top = ctypes.c_void_p(self._object.pointer)
                code = fsapi.fs_add_filter(os.fsencode(text), ctypes.byref(top), ctypes.byref(error))
                if code < 0:
                    raise failure(code, error.message)
                self._object.pointer = top.value
            super()._start(path, settings)

    return Filtered if filters else Served


def _serve(args: argparse.Namespace, settings: Any) -> None:
    from . import points
    from .serving import wait_in_foreground

    point = points.check(args.mountpoint)
    kind, made = _served_with(args.filters), _open(args)
    # From the mount to the handlers that unmount, a signal waits: it would end us and leave entries behind.
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    served = kind(made, point, settings, close=True)

    def ready() -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
        if args.report_fd is None:
            print(f"{served.drive} {served.path}".strip(), flush=True)
            return
        _tell(args.report_fd, "ready", served.drive, served.path)
        if not args.foreground:
            _let_go()

    wait_in_foreground(served, all_signals=True, ready=ready)


def _serve_link(args: argparse.Namespace, settings: Any) -> int:
    from . import child, points
    from .link import Link

    link = Link(socket.socket(fileno=args.status_fd))
    try:
        return child.serve(link, lambda: _open(args), points.check(args.mountpoint), settings)
    finally:
        link.close()


def _to_background(args: argparse.Namespace) -> bool:
    """True in the child that shall serve; the parent waits until it does, and says where."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read)
        os.setsid()
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        args.report_fd = write
        return True
    os.close(write)
    said = _read_report(read)
    if len(said) < 3:
        raise Failure(errno.EIO, f"Python ended with status {os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}")
    if said[0] != "ready":
        raise Failure(int(said[1]), said[2])
    print(f"{said[1]} {said[2]}".strip())
    return False


# ---- the program -----------------------------------------------------------------------------------------------


def _run(args: argparse.Namespace) -> int:
    keywords, read_only = read_options(args.lists, args.mount_options)
    if read_only or args.read_only:
        from .constants import DOKAN_OPTION_WRITE_PROTECT

        args.read_only = True
        keywords["flags"] = keywords.get("flags", 0) | DOKAN_OPTION_WRITE_PROTECT
    background = not args.foreground and args.report_fd is None and args.status_fd is None
    if background and not _to_background(args):
        return 0
    from .settings import Settings

    if args.status_fd is not None:
        return _serve_link(args, Settings(keywords))
    if args.report_fd is not None and args.foreground:
        _end_with_parent()
    _serve(args, Settings(keywords))
    return 0


def _explain(error: BaseException) -> Tuple[int, str]:
    """An errno and one line. The traceback goes to standard error where code of the user's is to blame."""
    if isinstance(error, OSError) and error.errno:
        return error.errno, str(error.strerror if error.filename is None else error).strip()
    text = " ".join(str(error).split())
    if isinstance(error, ImportError) and error.name == "xdokan":
        return errno.ENOENT, text
    if not isinstance(error, (ValueError, TypeError)) or _is_foreign(error):
        traceback.print_exception(type(error), error, error.__traceback__)
        return errno.EIO, f"{type(error).__name__}: {text}"
    return errno.EINVAL, text


def _is_foreign(error: BaseException) -> bool:
    here = os.path.dirname(os.path.abspath(__file__))
    files = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
    return bool(files) and os.path.dirname(os.path.abspath(files[-1])) != here


def main(argv: Optional[Sequence[str]] = None) -> int:
    """The program. Returns its exit status."""
    args = _parser().parse_args(argv)
    try:
        return _run(args)
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # pylint: disable=broad-except
        code, text = _explain(error)
        text = text[:_TEXT_MAX]
        if args.report_fd is None:
            print(f"xdokan: {text}", file=sys.stderr)
        else:
            _tell(args.report_fd, "error", str(code), text)
        return 1


if __name__ == "__main__":
    sys.exit(main())
