# SPDX-License-Identifier: MIT
"""Mounts a Python object and runs FSTestCases over the mount, in the same program.

    fstest_mount.py mem|FOLDER thread|fork MOUNTPOINT

With `thread` the drive is served by threads of the very process that runs the tests on it.
"""

import sys

import xdokan
from fs.memoryfs import MemoryFS
from fs.osfs import OSFS

import fstest_suite


def main(source: str, background: str, point: str) -> int:
    """Mounts, runs, unmounts."""
    shown = MemoryFS() if source == "mem" else OSFS(source)
    process = xdokan.mount(shown, point, background=background)
    try:
        good = fstest_suite.run(process.path)
        if good and source == "mem" and background == "thread" and not shown.isempty("/"):
            print("the live object is not empty")
            good = False
    finally:
        process.unmount()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
