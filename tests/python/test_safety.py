# SPDX-License-Identifier: MIT
"""Win32SafetyFS: what it shows, what it hides, and that each name has one other."""

import io
import random
import unittest

from fs import errors
from fs.memoryfs import MemoryFS

from xdokan.safety import Win32SafetyFS


class SafetyTest(unittest.TestCase):
    """On a MemoryFS."""

    def setUp(self) -> None:
        self.raw = MemoryFS()
        self.safe = Win32SafetyFS(self.raw)

    def shown(self, path: str = "/") -> list:
        """Names, and the same from the other ways to list."""
        names = sorted(self.safe.listdir(path))
        self.assertEqual(names, sorted(info.name for info in self.safe.scandir(path)))
        self.assertEqual(names, sorted(info.name for info in self.safe.filterdir(path)))
        return names

    def test_autorun_is_shown_under_another_name(self) -> None:
        self.raw.writetext("autoRun.inf", "evil")
        self.assertEqual(self.shown(), ["_autoRun.inf"])
        self.assertEqual(self.safe.readtext("_autoRun.inf"), "evil")
        self.assertEqual(self.safe.getinfo("_autoRun.inf").name, "_autoRun.inf")

    def test_autorun_cannot_be_opened_by_its_name(self) -> None:
        self.raw.writetext("autorun.inf", "evil")
        for name in ("autorun.inf", "AUTORUN.INF", "/autorun.inf", "./autorun.inf", "x/../autorun.inf"):
            self.assertFalse(self.safe.exists(name), name)
            for call in (self.safe.readbytes, self.safe.openbin, self.safe.open, self.safe.getinfo,
                         self.safe.remove, self.safe.getsize):
                self.assertRaises(errors.ResourceNotFound, call, name)
        self.assertEqual(self.raw.listdir("/"), ["autorun.inf"])

    def test_autorun_cannot_be_made(self) -> None:
        self.safe.writetext("plain", "x")
        self.safe.makedir("folder")
        made = (lambda: self.safe.openbin("autorun.inf", "w"), lambda: self.safe.makedir("Autorun.d"),
                lambda: self.safe.makedirs("autorun.d/x"), lambda: self.safe.open("autorun.inf", "x"),
                lambda: self.safe.move("plain", "autorun.inf"), lambda: self.safe.copy("plain",
                                                                                       "autorun.inf"),
                lambda: self.safe.movedir("folder", "autorun.d", create=True),
                lambda: self.safe.copydir("folder", "autorun.d", create=True),
                lambda: self.safe.create("autorun.inf"), lambda: self.safe.touch("autorun.inf"),
                lambda: self.safe.writebytes("autorun.inf", b""), lambda: self.safe.appendbytes("autorun.inf",
                                                                                                b""),
                lambda: self.safe.writetext("autorun.inf", ""), lambda: self.safe.appendtext("autorun.inf",
                                                                                             ""),
                lambda: self.safe.upload("autorun.inf", io.BytesIO()),
                lambda: self.safe.writefile("autorun.inf", io.StringIO()))
        for make in made:
            self.assertRaises(errors.PermissionDenied, make)
        self.assertEqual(sorted(self.raw.listdir("/")), ["folder", "plain"])

    def test_both_names_at_once(self) -> None:
        for name in ("autorun.inf", "_autorun.inf", "__autorun.inf"):
            self.raw.writetext(name, name)
        self.assertEqual(self.shown(), ["___autorun.inf", "__autorun.inf", "_autorun.inf"])
        for name in self.shown():
            self.assertEqual(self.safe.readtext(name), name[1:])

    def test_only_in_the_root(self) -> None:
        self.raw.makedir("folder").writetext("autorun.inf", "harmless")
        self.assertEqual(self.shown("/folder"), ["autorun.inf"])
        self.assertEqual(self.safe.readtext("folder/autorun.inf"), "harmless")

    def test_allow_autorun(self) -> None:
        self.raw.writetext("autorun.inf", "x")
        self.safe = Win32SafetyFS(self.raw, allow_autorun=True)
        self.assertEqual(self.shown(), ["autorun.inf"])
        self.assertEqual(self.safe.readtext("autorun.inf"), "x")
        self.safe.writetext("a:b", "1")
        self.assertTrue(self.raw.exists("a__colon__b"))

    def test_colon(self) -> None:
        self.safe.writetext("file:stream", "text")
        self.assertEqual(self.raw.listdir("/"), ["file__colon__stream"])
        self.assertEqual(self.shown(), ["file:stream"])
        self.assertEqual(self.safe.readtext("file:stream"), "text")
        self.assertEqual(self.safe.getinfo("file:stream").name, "file:stream")
        self.safe.remove("file:stream")
        self.assertEqual(self.raw.listdir("/"), [])

    def test_names_that_would_mean_two_things(self) -> None:
        self.raw.writetext("a:b", "stored with a colon")
        self.raw.writetext("a__colon__b", "stored as the other")
        self.assertEqual(self.shown(), ["a:b"])
        self.assertEqual(self.safe.readtext("a:b"), "stored as the other")
        self.assertRaises(errors.PermissionDenied, self.safe.writetext, "x__colon__y", "")
        self.assertRaises(errors.ResourceNotFound, self.safe.readtext, "a__colon__b")

    def test_what_makedir_returns_is_safe_too(self) -> None:
        inner = self.safe.makedir("in:ner")
        inner.writetext("c:d", "x")
        self.assertEqual(inner.listdir("/"), ["c:d"])
        self.assertEqual(self.raw.listdir("in__colon__ner"), ["c__colon__d"])
        self.assertEqual([info.name for info in self.safe.makedirs("p:q/r", recreate=True).scandir("/")], [])
        self.assertEqual(sorted(path for path in self.safe.walk.files()), ["/in:ner/c:d"])

    def test_pages(self) -> None:
        for name in ("a", "a:b", "b", "c"):
            self.raw.touch(name)
        self.assertEqual([info.name for info in self.safe.scandir("/", page=(1, 3))], ["b", "c"])

    def test_hide_illegal(self) -> None:
        for name in ("ok", "a?b", "NUL", "com1.txt", "dot.", "blank ", "quote\"", "CONSOLE"):
            self.raw.touch(name)
        self.assertIn("a?b", self.shown())
        self.safe = Win32SafetyFS(self.raw, hide_illegal=True)
        self.assertEqual(self.shown(), ["CONSOLE", "ok"])
        self.assertRaises(errors.PermissionDenied, self.safe.writebytes, "x|y", b"")

    def test_round_trip(self) -> None:
        rng = random.Random(7)
        pieces = ["_", "__", ":", "colon", "__colon__", "autorun.", "AutoRun.", "inf", "a", "c"]
        for _ in range(3000):
            name = "".join(rng.choice(pieces) for _ in range(rng.randint(1, 6)))
            for folder in ("/", "/sub"):
                shown = self.safe.decode(folder, name)
                if shown is not None:
                    self.assertEqual(self.safe.encode(f"{folder}/{shown}"), f"{folder}/{name}".replace("//",
                                                                                                       "/"))
                stored = self.safe.encode(f"{folder}/{name}")
                if stored is not None:
                    self.assertEqual(self.safe.decode(folder, stored.rpartition("/")[2]), name)


if __name__ == "__main__":
    unittest.main()
