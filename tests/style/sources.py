# SPDX-License-Identifier: MIT
"""The files that the style checks look at: what git knows, or everything where this is no git checkout."""

import os
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))


def files(*suffixes):
    """Paths relative to the top, committed or about to be, sorted."""
    listed = subprocess.run(["git", "-C", TOP, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            capture_output=True, check=False)
    if listed.returncode == 0:
        names = {name.decode() for name in listed.stdout.split(b"\0") if name}
    else:
        names = {os.path.relpath(os.path.join(folder, name), TOP) for folder, folders, inside in os.walk(TOP)
                 for name in inside if not prune(folder, folders)}
    return sorted(name for name in names if name.endswith(suffixes or ("",))
                  and os.path.isfile(os.path.join(TOP, name)))


def prune(folder, folders):
    folders[:] = [name for name in folders
                  if name != ".git" and not (folder == TOP and name.startswith("build"))]
    return False


def text(name):
    with open(os.path.join(TOP, name), encoding="utf-8", errors="replace") as file:
        return file.read()


def hand_written(name):
    return not name.endswith((".gen.h", ".gen.c"))


def report(problems, verdict):
    for problem in problems:
        print(problem)
    print(f"{len(problems)} {verdict}" if problems else "clean")
    return 1 if problems else 0
