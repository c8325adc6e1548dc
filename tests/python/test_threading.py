# SPDX-License-Identifier: MIT
"""Many threads at once on a drive that is a Python MemoryFS: races have one winner, copies are whole.

Run with unittest; POINTS names an empty folder for mount points. Every case runs on a live object served by
threads of this very process and on a copy served by a child.
"""

import errno
import os
import threading
import time
import unittest
from typing import Callable, List

import xdokan
from fs.copy import copy_dir
from fs.memoryfs import MemoryFS
from fs.osfs import OSFS

THREADS = 8
ROUNDS = 12


def together(work: Callable[[int], object], count: int = THREADS) -> List[object]:
    """Runs work(0), work(1)... in threads that start together; their results, or what they raised."""
    results: List[object] = [None] * count
    barrier = threading.Barrier(count)

    def run(number: int) -> None:
        barrier.wait()
        try:
            results[number] = work(number)
        except Exception as error:  # any exception is a result here
            results[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if any(thread.is_alive() for thread in threads):
        raise TimeoutError("a thread hangs")
    return results


class ThreadingCases:
    """The cases, over self.folder: a folder of the drive, fresh for each test."""

    background = ""

    @classmethod
    def setUpClass(cls) -> None:
        cls.point = os.path.join(os.environ["POINTS"], cls.background)
        os.makedirs(cls.point)
        cls.memory = MemoryFS()
        cls.process = xdokan.mount(cls.memory, cls.point, background=cls.background)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.process.unmount()
        os.rmdir(cls.point)

    def setUp(self) -> None:
        self.folder = os.path.join(self.point, self.id().rpartition(".")[2])
        os.mkdir(self.folder)

    def path(self, *names: str) -> str:
        return os.path.join(self.folder, *names)

    def put(self, name: str, data: bytes) -> None:
        with open(self.path(name), "wb") as file:
            file.write(data)

    def get(self, name: str) -> bytes:
        with open(self.path(name), "rb") as file:
            return file.read()

    def get_replaced(self, name: str) -> bytes:
        """The same of a file that others replace without a pause: ESTALE is known then, see replace.sh."""
        while True:
            try:
                return self.get(name)
            except OSError as error:
                if error.errno != errno.ESTALE:
                    raise

    def no_errors(self, results: List[object]) -> None:
        errors = [result for result in results if isinstance(result, Exception)]
        self.assertEqual(errors, [])

    def one_winner(self, results: List[object], lost: int) -> int:
        """Exactly one result is no exception; all others failed with that errno."""
        errors = [result for result in results if isinstance(result, Exception)]
        self.assertEqual([getattr(error, "errno", error) for error in errors], [lost] * (len(results) - 1))
        return next(n for n, result in enumerate(results) if not isinstance(result, Exception))

    def test_files_of_their_own(self) -> None:
        sizes = (0, 1, 4096, 70000, 300000)

        def work(number: int) -> None:
            for turn, size in enumerate(sizes * 3):
                data = bytes([65 + number]) * size
                self.put(f"file-{number}-{turn % 2}", data)
                if self.get(f"file-{number}-{turn % 2}") != data:
                    raise AssertionError(f"thread {number}: other bytes in turn {turn}")

        self.no_errors(together(work))
        self.assertEqual(len(os.listdir(self.folder)), 2 * THREADS)

    def test_one_file_is_overwritten(self) -> None:
        contents = [bytes([65 + number]) * 60000 for number in range(THREADS)]
        for _ in range(ROUNDS):
            self.no_errors(together(lambda number: self.put("same", contents[number])))
            self.assertIn(self.get("same"), contents)

    def test_one_file_is_replaced(self) -> None:
        contents = [bytes([65 + number]) * 1000 * (number + 1) for number in range(THREADS)]
        self.put("same", contents[0])

        def work(number: int) -> None:
            for _ in range(ROUNDS):
                self.put(f"new-{number}", contents[number])
                os.replace(self.path(f"new-{number}"), self.path("same"))
                if self.get_replaced("same") not in contents:
                    raise AssertionError("a mixture")

        self.no_errors(together(work))
        self.assertEqual(os.listdir(self.folder), ["same"])

    def test_makedir_has_one_winner(self) -> None:
        for turn in range(ROUNDS):
            self.one_winner(together(lambda number: os.mkdir(self.path(f"made-{turn}"))), errno.EEXIST)

    def test_exclusive_create_has_one_winner(self) -> None:
        def work(number: int) -> None:
            fd = os.open(self.path(f"lock-{turn}"), os.O_CREAT | os.O_EXCL | os.O_WRONLY)
            os.write(fd, str(number).encode())
            os.close(fd)

        for turn in range(ROUNDS):
            winner = self.one_winner(together(work), errno.EEXIST)
            self.assertEqual(self.get(f"lock-{turn}"), str(winner).encode())

    def test_rename_has_one_winner(self) -> None:
        for turn in range(ROUNDS):
            self.put("source", b"x")
            source = self.path("source")
            results = together(lambda number: os.rename(source, self.path(f"to-{turn}-{number}")))
            winner = self.one_winner(results, errno.ENOENT)
            self.assertEqual(self.get(f"to-{turn}-{winner}"), b"x")
        self.assertEqual(len(os.listdir(self.folder)), ROUNDS)

    def test_remove_has_one_winner(self) -> None:
        for _ in range(ROUNDS):
            self.put("victim", b"x")
            self.one_winner(together(lambda number: os.unlink(self.path("victim"))), errno.ENOENT)
        self.assertEqual(os.listdir(self.folder), [])

    def tree(self) -> None:
        for name in ("a", "a/b", "a/b/c"):
            os.mkdir(self.path(name))
            for number in range(5):
                self.put(f"{name}/file-{number}", name.encode() * 1000 * number)

    def same_tree(self, folder: str) -> None:
        for name in ("b", "b/c"):
            for number in range(5):
                copy, original = (f"{top}/{name}/file-{number}" for top in (folder, "a"))
                self.assertEqual(self.get(copy), self.get(original))

    def test_folders_are_copied(self) -> None:
        self.tree()

        def work(number: int) -> None:
            with OSFS(self.folder) as drive:
                copy_dir(drive, "a", drive, f"copy-{number}")

        self.no_errors(together(work))
        for number in range(THREADS):
            self.same_tree(f"copy-{number}")

    def test_a_folder_is_copied_to_one_place(self) -> None:
        self.tree()

        def work(number: int) -> None:
            with OSFS(self.folder) as drive:
                copy_dir(drive, "a", drive, "copy")

        self.no_errors(together(work))
        self.same_tree("copy")

    def test_names_differ_in_case_only(self) -> None:
        def work(number: int) -> None:
            name = "name" if number % 2 else "NAME"
            for folder in (f"folder-{number}", "both"):
                os.makedirs(self.path(folder), exist_ok=True)
                self.put(os.path.join(folder, name + str(number // 2)), name.encode())

        self.no_errors(together(work))
        self.assertEqual(len(os.listdir(self.path("both"))), THREADS)
        for number in range(THREADS):
            name = "name" if number % 2 else "NAME"
            self.assertEqual(self.get(f"both/{name}{number // 2}"), name.encode())

    def test_listings_show_what_stays(self) -> None:
        stays = {f"stays-{number}" for number in range(50)}
        for name in stays:
            self.put(name, b"")

        def work(number: int) -> None:
            for turn in range(20):
                if number < THREADS // 2:
                    self.put(f"goes-{number}-{turn}", b"x")
                    os.unlink(self.path(f"goes-{number}-{turn}"))
                else:
                    names = os.listdir(self.folder)
                    if not stays <= set(names) or len(names) != len(set(names)):
                        raise AssertionError(f"{len(names)} names, {stays - set(names)} are missing")

        self.no_errors(together(work))
        self.assertEqual(set(os.listdir(self.folder)), stays)


class TestLive(ThreadingCases, unittest.TestCase):
    """On the object of this process."""

    background = "thread"

    def test_object_and_drive_are_one(self) -> None:
        """Half of the threads use the object, half the drive; each sees what the others have finished."""
        inside = self.memory.opendir(os.path.basename(self.folder))

        def work(number: int) -> None:
            for turn in range(ROUNDS):
                name, data = f"file-{number}-{turn}", os.urandom(5000)
                if number % 2:
                    inside.writebytes(name, data)
                    seen = self.get(name)
                else:
                    self.put(name, data)
                    seen = inside.readbytes(name)
                if seen != data:
                    raise AssertionError(f"{name}: {len(seen)} other bytes")

        self.no_errors(together(work))
        self.assertEqual(sorted(os.listdir(self.folder)), sorted(inside.listdir("/")))

    def test_what_the_object_changes_is_seen(self) -> None:
        """A file that the drive has shown, changed by the object, is seen changed within a second or so."""
        inside = self.memory.opendir(os.path.basename(self.folder))
        inside.writebytes("file", b"first")
        self.assertEqual(self.get("file"), b"first")
        inside.writebytes("file", b"and second")
        end = time.monotonic() + 5
        while self.get("file") != b"and second" and time.monotonic() < end:
            time.sleep(0.05)
        self.assertEqual(self.get("file"), b"and second")
        inside.remove("file")
        while os.path.exists(self.path("file")) and time.monotonic() < end:
            time.sleep(0.05)
        self.assertFalse(os.path.exists(self.path("file")))


class TestForked(ThreadingCases, unittest.TestCase):
    """On a copy in a child."""

    background = "fork"


if __name__ == "__main__":
    unittest.main()
