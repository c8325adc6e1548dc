# SPDX-License-Identifier: MIT
"""Which tests there are: one Case per thing that gets a verdict.

Owns the meaning of the header lines of a system test (`# volumes:` and so on, see tests/README.md) and of what
meson tells about its tests. Knows nothing about running them.
"""

import dataclasses
import glob
import json
import os
import re
import subprocess

MASKS = ("7.32", "7.38")
SANITIZER_FACTOR = {"": 1, "asan": 3, "tsan": 5}
HEADER = re.compile(r"^# ([a-z]+): *(.*?) *$")
KEYS = {"volumes", "masks", "user", "sanitizers", "time", "alone", "mount", "quick", "files"}


@dataclasses.dataclass
class Case:
    name: str
    argv: list
    cwd: str = ""
    seconds: float = 60
    build: str = ""            # "", "asan" or "tsan": which build folder it runs from
    env: dict = dataclasses.field(default_factory=dict)
    user: bool = False         # as an unprivileged user, through fusermount3
    mount: bool = False        # needs a usable /dev/fuse
    alone: bool = False        # nothing else may run meanwhile
    host_run: bool = False     # sees the machine's own /run, for the name service of a fresh root
    quick: bool = True         # part of --quick
    files: list = dataclasses.field(default_factory=list)   # what its verdict depends on, besides the binaries
    cacheable: bool = False


class HeaderError(Exception):
    pass


def read_header(path):
    """The `# key: value` lines before the first line that is not a comment."""
    found = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            if not line.startswith("#"):
                break
            match = HEADER.match(line.rstrip("\n"))
            if match and match[1] in KEYS:
                found[match[1]] = match[2]
            elif match and " " not in match[1] and match[1] not in ("usage", "note"):
                raise HeaderError(f"{path}: unknown header line '# {match[1]}:'")
    return found


def named_files(source, text):
    """What a `# files:` line names: paths from the top of the tree, of a folder everything inside."""
    found = []
    for word in text.split():
        path = os.path.join(source, word)
        if not os.path.exists(path):
            raise HeaderError(f"'# files:' names {word}, which is not there")
        inside = [os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names]
        found += sorted(inside) if os.path.isdir(path) else [path]
    return found


def variants(header):
    """Yields (volume, mask, user, build, quick): the plain run of every volume, then one change at a time."""
    volumes = header.get("volumes", "").split() or [""]
    sanitizers = [s for s in header.get("sanitizers", "").split() if s in SANITIZER_FACTOR]
    for volume in volumes:
        yield volume, "", False, "", header.get("quick", "yes") == "yes"
        for mask in MASKS if header.get("masks") == "yes" else ():
            yield volume, mask, False, "", False
        if header.get("user") == "also":
            yield volume, "", True, "", False
        for build in sanitizers:
            yield volume, "", False, build, False


def soak_cases(source, seconds):
    for case in system_cases(source, "soak"):
        case.env["SOAK_SECONDS"] = str(seconds)
        case.seconds, case.cacheable = seconds + 600, False
        yield case


def system_cases(source, folder="system"):
    shared = [os.path.join(source, "tests/system/lib.sh")]
    for path in sorted(glob.glob(os.path.join(source, "tests", folder, "*.sh"))):
        if not os.access(path, os.X_OK):
            continue
        header = read_header(path)
        stem = os.path.basename(path)[:-3]
        files = [path] + shared + named_files(source, header.get("files", ""))
        for volume, mask, user, build, quick in variants(header):
            words = [f"{folder}/{stem}", volume, mask and "protocol-" + mask, user and "user", build]
            env = {"VOLUME": volume, "MASK": mask, "FULL": "" if mask or user or build else "yes"}
            if mask:
                env["DOKAN_FUSE_MASK"] = mask
            yield Case(" ".join(word for word in words if word), [path],
                       seconds=float(header.get("time", "60")) * SANITIZER_FACTOR[build], build=build, env=env,
                       user=user, mount=header.get("mount", "yes") == "yes", alone=header.get("alone") == "yes",
                       quick=quick, files=files, cacheable=True)


def style_cases(source):
    for path in sorted(glob.glob(os.path.join(source, "tests/style/*"))):
        if os.path.isfile(path) and os.access(path, os.X_OK):
            header = read_header(path)
            yield Case("style/" + os.path.basename(path).partition(".")[0], [path], cwd=source,
                       seconds=float(header.get("time", "120")), quick=header.get("quick", "yes") == "yes")


def fresh_cases(source):
    """The README's commands in a Debian that has nothing: long, so only on the CI machine or by name."""
    for scenario in ("neither", "root", "sudo", "no-fuse"):
        yield Case("fresh/" + scenario, [os.path.join(source, "tests/fresh/run"), scenario], seconds=1800, alone=True,
                   quick=False, host_run=True)


def meson_cases(folder, build):
    """What `meson test` would run, run by us instead: every test gets the same sandbox and the same leak check."""
    told = subprocess.run(["meson", "introspect", "--tests", folder], capture_output=True, text=True, check=True)
    for test in json.loads(told.stdout):
        suites = [name.partition(":")[2] for name in test["suite"]] or [""]
        if build == "tsan" and "serial" in suites:
            continue
        suite = suites[0]
        words = ["unit/" + "/".join(part for part in (suite, test["name"]) if part not in ("", "unit")), build]
        program = test["cmd"][0].endswith("-test") and len(test["cmd"]) == 1  # all that it needs is inside
        yield Case(" ".join(word for word in words if word), test["cmd"], cwd=test["workdir"] or folder,
                   seconds=(test["timeout"] or 30) * SANITIZER_FACTOR[build], build=build, env=test["env"],
                   alone=not test["is_parallel"], quick=not build, files=test["cmd"] if program else [],
                   cacheable=program)


def expected_failures(path):
    """{test name: reason}. A line without a reason is an error: nobody could judge it later."""
    found = {}
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            name, colon, reason = line.partition(": ")
            if not colon or not reason.strip():
                raise HeaderError(f"{path}:{number}: want 'test name: reason'")
            found[name.strip()] = reason.strip()
    return found
