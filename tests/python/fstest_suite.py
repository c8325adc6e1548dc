# SPDX-License-Identifier: MIT
"""PyFilesystem's own FSTestCases on OSFS over a folder that somebody has mounted: 79 of 79, else it fails.

    fstest_suite.py FOLDER

Each test gets a folder of its own below FOLDER, and it must be empty again afterwards. OSFS says that it
cannot do Unicode on Linux, which would skip a test; here it must.
"""

import itertools
import os
import shutil
import sys
import unittest

from fs.osfs import OSFS
from fs.test import FSTestCases

WANTED = 79
_folder = ""
_numbers = itertools.count()


class TestMounted(FSTestCases, unittest.TestCase):
    """The cases over the folder given to run()."""

    def make_fs(self) -> OSFS:
        """A fresh folder."""
        self.top = os.path.join(_folder, f"test-{next(_numbers)}")
        os.mkdir(self.top)
        made = OSFS(self.top)
        made._meta["unicode_paths"] = True
        return made

    def destroy_fs(self, fs: OSFS) -> None:
        """Removes all of it through the mount."""
        fs.close()
        shutil.rmtree(self.top)


def run(folder: str) -> bool:
    """Runs them all; says how many ran and how many passed. True if that is what is wanted."""
    global _folder
    _folder = folder
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(TestMounted)
    result = unittest.TextTestRunner(stream=sys.stderr, verbosity=1).run(suite)
    bad = len(result.failures) + len(result.errors) + len(result.skipped) + len(result.unexpectedSuccesses)
    passed = result.testsRun - bad - len(result.expectedFailures)
    left = os.listdir(folder)
    print(f"{result.testsRun} run, {passed} passed of {WANTED}" + (f"; left behind: {left}" if left else ""))
    return result.testsRun == passed == WANTED and not left


if __name__ == "__main__":
    sys.exit(0 if run(sys.argv[1]) else 1)
