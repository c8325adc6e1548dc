# SPDX-License-Identifier: MIT
"""What passed before and how long it took, kept in the build folder.

Owns the key of a verdict: the contents of the test's own files, of the runner and of every program and library of
the build it ran from, and the kernel. A test whose key is unchanged need not run again.
"""

import glob
import hashlib
import json
import os
import subprocess
import threading

FILE = "test-memory.json"


def hash_files(paths):
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.encode() + b"\0")
        try:
            with open(path, "rb") as file:
                digest.update(hashlib.sha256(file.read()).digest())
        except OSError:
            digest.update(b"?")
    return digest.hexdigest()


def binaries(folder):
    """Programs and libraries of a build, the unit tests left out."""
    told = subprocess.run(["meson", "introspect", "--targets", folder], capture_output=True, text=True, check=True)
    names = []
    for target in json.loads(told.stdout):
        if target["type"] in ("executable", "shared library"):
            names += [name for name in target["filename"] if not name.endswith("-test")]
    return sorted(names)


class Memory:
    def __init__(self, builds, source):
        self.path = os.path.join(builds[""], FILE)
        self.lock = threading.Lock()
        common = os.uname().release + hash_files(sorted(glob.glob(os.path.join(source, "tests/runner/*.py")))
                                                 + ["/var/lib/dpkg/status"])
        self.base = {build: common + hash_files(binaries(folder)) for build, folder in builds.items()}
        try:
            with open(self.path, encoding="utf-8") as file:
                self.known = json.load(file)
        except (OSError, ValueError):
            self.known = {}

    def key(self, case):
        return hashlib.sha256((self.base[case.build] + hash_files(case.files)).encode()).hexdigest()

    def passed(self, case):
        return case.cacheable and self.known.get(case.name, {}).get("key") == self.key(case)

    def remember(self, case, result, seconds):
        with self.lock:
            entry = self.known.setdefault(case.name, {})
            if result != "skip":
                entry["seconds"] = round(seconds, 2)
            entry["key"] = self.key(case) if result == "pass" else ""

    def expected_seconds(self, case):
        return self.known.get(case.name, {}).get("seconds", case.seconds / 10)

    def save(self):
        with open(self.path + ".new", "w", encoding="utf-8") as file:
            json.dump(self.known, file, indent=0)
        os.replace(self.path + ".new", self.path)
