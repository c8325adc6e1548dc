# SPDX-License-Identifier: MIT
"""Objects that break every rule: an error and one line in the log, never success, never a crash."""

import errno
import logging
import os
import unittest
from types import SimpleNamespace
from typing import Any, Callable, Dict, Optional

from fs.info import Info
from fs.memoryfs import MemoryFS

from fsclient import Client
from xdokan import errors, fsapi

LOGGER = "fs.expose.dokan"


class Lines(logging.Handler):
    """Counts what is logged, and formats it, which must not fail."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(logging.Formatter().format(record))


class Odd(Exception):
    """Its text raises."""

    def __str__(self) -> str:
        raise ValueError("no text")


class OddErrno(OSError):
    """Its number is none."""

    errno = "five"  # type: ignore[assignment]


class Scripted(MemoryFS):
    """Does what `script` says in place of its methods."""

    script: Dict[str, Callable[..., Any]] = {}

    def __getattribute__(self, name: str) -> Any:
        script = object.__getattribute__(self, "__dict__").get("script") or {}
        return script[name] if name in script else super().__getattribute__(name)


RAISED = (
    KeyboardInterrupt,
    SystemExit,
    GeneratorExit,
    StopIteration,
    RecursionError,
    ValueError,
    TypeError,
    KeyError,
    NotImplementedError,
    Odd,
    OddErrno,
    OSError,
    AssertionError,
    AttributeError,
    ZeroDivisionError,
    EOFError,
)

CALLS: Dict[str, Callable[[Client], int]] = {
    "getinfo": lambda c: c.rc_of(b"/file"),
    "scandir": lambda c: c.scan()[0],
    "openbin": lambda c: c.open(b"/file", os.O_RDWR)[0],
    "makedir": lambda c: c.makedir(b"/new"),
    "remove": lambda c: c.remove(b"/file"),
    "removedir": lambda c: c.removedir(b"/dir"),
    "move": lambda c: c.rename(b"/file", b"/other"),
    "movedir": lambda c: c.rename(b"/dir", b"/other"),
    "setinfo": lambda c: c.setinfo(b"/file", mtime=1),
}


class Hostile(unittest.TestCase):
    def setUp(self) -> None:
        self.fs = Scripted()
        self.fs.writebytes("file", b"0123456789")
        self.fs.makedir("dir")
        self.c = Client(self.fs)
        errors._lines.clear()
        self.handler = Lines()
        logging.getLogger(LOGGER).addHandler(self.handler)
        logging.getLogger(LOGGER).propagate = False
        self.fs.script = {}

    def tearDown(self) -> None:
        self.fs.script = {}
        logging.getLogger(LOGGER).removeHandler(self.handler)
        logging.getLogger(LOGGER).propagate = True
        self.assertEqual(self.c.release(), 0)

    def lines(self) -> int:
        count, self.handler.lines = len(self.handler.lines), []
        return count

    def raising(self, exception: BaseException) -> Callable[..., Any]:
        def method(*_a: Any, **_k: Any) -> Any:
            raise exception

        return method

    def test_everything_raises_everything(self) -> None:
        for method, call in CALLS.items():
            for cls in RAISED:
                errors._lines.clear()
                self.fs.script = {method: self.raising(cls("text\nof two lines"))}
                with self.subTest(method=method, exception=cls.__name__):
                    self.assertEqual(call(self.c), -errno.EIO)
                    self.assertEqual(self.lines(), 1)
                    self.assertNotIn("\n", self.c.object.last_error())
        self.fs.script = {}
        self.assertEqual(self.c.names(), [b"dir", b"file"])

    def test_real_recursion(self) -> None:
        def deeper(*_a: Any, **_k: Any) -> Any:
            return deeper()

        for method, call in CALLS.items():
            self.fs.script = {method: deeper}
            self.assertEqual(call(self.c), -errno.EIO, method)
            self.assertEqual(self.lines(), 1)

    def test_memory_error_has_a_number(self) -> None:
        self.fs.script = {"getinfo": self.raising(MemoryError())}
        self.assertEqual(self.c.rc_of(b"/file"), -errno.ENOMEM)
        self.assertEqual(self.lines(), 0)

    def test_log_has_an_end(self) -> None:
        self.fs.script = {"getinfo": self.raising(ValueError("again"))}
        for _ in range(100):
            self.assertEqual(self.c.rc_of(b"/file"), -errno.EIO)
        self.assertEqual(self.lines(), errors._LINES_MAX)

    def test_a_handler_that_raises(self) -> None:
        self.handler.emit = self.raising(RuntimeError("handler"))  # type: ignore[method-assign]
        self.fs.script = {"getinfo": self.raising(ValueError("again"))}
        self.assertEqual(self.c.rc_of(b"/file"), -errno.EIO)

    def test_facts_of_wrong_types(self) -> None:
        basic = {"name": "file", "is_dir": False}
        wrong: list = [
            None,
            5,
            "text",
            [],
            SimpleNamespace(raw=None),
            SimpleNamespace(raw={}),
            SimpleNamespace(raw={"basic": {}}),
            SimpleNamespace(raw={"basic": None}),
            *(
                Info({"basic": basic, "details": details})
                for details in (
                    {"size": "big"},
                    {"size": -1},
                    {"size": 1 << 63},
                    {"size": 1 << 80},
                    {"size": 1.5},
                    {"size": []},
                    {"type": "file"},
                    {"type": []},
                    {"modified": "now"},
                    {"accessed": []},
                    {"created": {}},
                    7,
                    "text",
                )
            ),
            Info({"basic": basic, "details": {}, "access": {"permissions": [[]]}}),
            Info({"basic": basic, "details": {}, "access": 3}),
        ]
        for value in wrong:
            self.fs.script = {"getinfo": lambda *_a, value=value, **_k: value}
            with self.subTest(value=getattr(value, "raw", value)):
                errors._lines.clear()
                self.assertEqual(self.c.rc_of(b"/file"), -errno.EIO)
                self.assertLessEqual(self.lines(), 1)  # some are the checker's to log

    def test_odd_facts_that_are_left_out(self) -> None:
        times = {
            "modified": float("nan"),
            "accessed": float("inf"),
            "created": 1e300,
            "metadata_changed": -1e300,
        }
        value = Info({"basic": {"name": "x", "is_dir": False}, "details": {"size": 7, "type": 99, **times}})
        self.fs.script = {"getinfo": lambda *_a, **_k: value, "scandir": lambda *_a, **_k: [value]}
        rc, info = self.c.getinfo(b"/file")
        self.assertEqual((rc, info.type, info.size, info.valid), (0, fsapi.TYPE_FILE, 7, fsapi.INFO_SIZE))
        rc, found = self.c.scan()
        self.assertEqual((rc, found[0][0], found[0][1].valid), (0, b"x", fsapi.INFO_SIZE))

    def scan_of(self, *names: Any, details: Optional[dict] = None) -> Any:
        infos = [
            Info({"basic": {"name": name, "is_dir": False}, "details": details or {"size": 1}})
            for name in names
        ]
        self.fs.script = {"scandir": lambda *_a, **_k: iter(infos)}
        return self.c.scan()

    def test_names_that_are_none(self) -> None:
        for name in ("a/b", "", ".", "..", "/", "x" * 800):
            rc, found = self.scan_of("good", name)
            self.assertEqual((rc, [n for n, _, _ in found]), (0, [b"good"]), name[:9])
        self.assertEqual([n for n, _, _ in self.scan_of("a", "\ud800", "b")[1]], [b"a", b"b"])
        self.assertEqual([n for n, _, _ in self.scan_of("\udcff")[1]], [b"\xff"])
        for name in (None, 5, ["list"], "a\0b"):
            errors._lines.clear()
            self.lines()
            self.assertEqual(self.scan_of("good", name)[0], -errno.EIO, name)
            self.assertEqual(self.lines(), 1)

    def test_sizes_in_a_listing(self) -> None:
        for size in (-1, 1 << 63, 1 << 80, "text", 1.5):
            rc, found = self.scan_of("x", details={"size": size})
            self.assertTrue(
                rc == -errno.EIO or not any(info.valid & fsapi.INFO_SIZE for _, info, _ in found), size
            )

    def test_listing_that_is_none(self) -> None:
        for value in (None, 5, [None], [5], "text", iter([SimpleNamespace(raw={})])):
            errors._lines.clear()
            self.fs.script = {"scandir": lambda *_a, value=value, **_k: value}
            self.assertEqual(self.c.scan()[0], -errno.EIO, value)
            self.assertEqual(self.lines(), 1)

    def test_listing_that_one_entry_spoils(self) -> None:
        def scandir(*_a: Any, **_k: Any) -> Any:
            yield Info({"basic": {"name": "file", "is_dir": False}})
            raise FileNotFoundError(errno.ENOENT, "a link that leads nowhere")

        self.fs.script = {"scandir": scandir}
        self.assertEqual(self.c.names(), [b"dir", b"file"])

    def open_object(self, **methods: Any) -> int:
        methods.setdefault("close", lambda: None)
        methods.setdefault("seek", lambda *_a: 0)
        file = SimpleNamespace(**methods)
        self.fs.script = {"openbin": lambda *_a, **_k: file}
        return self.c.opened(b"/file", os.O_RDWR)

    def test_reading_wrongly(self) -> None:
        for value in (None, -1, 5000, "text", 1.0, True, [], 1 << 70):
            self.check_read(-errno.EIO, readinto=lambda _b, value=value: value)
        for data in (None, "text", 5, b"x" * 5000, [1, 2, 3]):
            self.check_read(-errno.EIO, read=lambda _n, data=data: data)
        for data in (b"abc", bytearray(b"abc"), memoryview(b"abc")):
            parts = [data]
            self.check_read(3, read=lambda _n, parts=parts: parts.pop() if parts else b"")

    def check_read(self, wanted: int, **methods: Any) -> None:
        errors._lines.clear()
        file = self.open_object(**methods)
        self.assertEqual(self.c.pread(file, 4096, 0)[0], wanted, methods)
        self.assertEqual(self.lines(), int(wanted < 0))
        self.assertEqual(self.c.f_close(file), 0)

    def test_writing_wrongly(self) -> None:
        for value in (0, -1, 5000, "text", 1.0, True, []):
            errors._lines.clear()
            file = self.open_object(write=lambda _d, value=value: value)
            self.assertEqual(self.c.pwrite(file, b"0123", 0), -errno.EIO, value)
            self.assertEqual(self.lines(), 1)
            self.assertEqual(self.c.f_close(file), 0)

    def test_writing_in_parts(self) -> None:
        got = []
        file = self.open_object(write=lambda d: got.append(bytes(d[:3])) or min(3, len(d)))
        self.assertEqual(self.c.pwrite(file, b"01234567", 0), 8)
        self.assertEqual(b"".join(got), b"01234567")
        self.assertEqual(self.c.f_close(file), 0)

    def test_kept_buffers(self) -> None:
        kept: list = []
        file = self.open_object(readinto=lambda b: kept.append(b) or 4)
        self.assertEqual(self.c.pread(file, 4, 0)[0], 4)
        with self.assertRaises(ValueError):
            bytes(kept[0])
        self.assertEqual(self.c.f_close(file), 0)

    def test_no_file_at_all(self) -> None:
        for value in (None, 5, "text", object()):
            self.fs.script = {"openbin": lambda *_a, value=value, **_k: value}
            self.assertEqual(self.c.open(b"/file", os.O_RDWR)[0], -errno.EIO)
            self.assertEqual(self.lines(), 1)
        file = self.open_object()
        self.assertEqual(self.c.pread(file, 4, 0)[0], -errno.EIO)
        self.assertEqual(self.c.pwrite(file, b"x", 0), -errno.EIO)
        self.assertEqual(self.c.truncate(file, 3), -errno.EIO)
        self.assertEqual(self.c.f_close(file), 0)

    def test_close_that_fails(self) -> None:
        file = self.open_object(close=self.raising(OSError(errno.ENOSPC, "full")))
        self.assertEqual(self.c.f_close(file), -errno.ENOSPC)
        self.assertEqual(self.c.object._state.files, {})

    def test_object_that_fails_to_close(self) -> None:
        client = Client(Scripted())
        client.fs.script = {"close": self.raising(OSError(errno.ENOSPC, "full"))}
        self.assertEqual(client.release(), -errno.ENOSPC)
        self.assertIn("full", client.object.last_error())
        client.fs.script = {}

    def test_object_without_anything(self) -> None:
        for fs in (None, 5, object()):
            with self.assertRaises((TypeError, AttributeError)):
                Client(fs)


if __name__ == "__main__":
    unittest.main()
