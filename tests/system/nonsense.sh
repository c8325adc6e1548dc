#!/bin/sh
# SPDX-License-Identifier: MIT
# Callbacks that return nonsense: the caller gets an error or a sane answer, never the nonsense, and the rest goes on.
# mount: yes
# masks: yes
# sanitizers: asan
. "${0%/*}/lib.sh"

launch hangfs "$MNT" 5000
python3 - "$MNT" <<'END'
import os, stat, sys
os.chdir(sys.argv[1])
def fails(call):
    try:
        got = call()
    except OSError as err:
        print("as it should:", err)
        return
    raise AssertionError(f"succeeded with {got!r}")
for name in ("long", "negative", "pending", "status"):
    fd = os.open("nonsense-read-" + name, os.O_RDONLY)
    fails(lambda: os.pread(fd, 4096, 0))
    os.close(fd)
fd = os.open("nonsense-write", os.O_RDWR)
try:
    assert os.pwrite(fd, b"x" * 1000, 0) <= 1000
except OSError as err:
    print("as it should:", err)
os.close(fd)
def check_size():
    size = os.stat("nonsense-info-size").st_size
    assert size < 0 or size > 1 << 62, size
    return size
fails(check_size)
try:
    assert stat.S_ISREG(os.stat("nonsense-info-type").st_mode) or os.listdir("nonsense-info-type") is None
except OSError as err:
    print("as it should:", err)
try:
    got = os.stat("nonsense-info-ones")
    assert stat.S_ISREG(got.st_mode) and got.st_size == 1, got
except OSError as err:
    print("as it should:", err)
names = os.listdir("nonsense-list")
print(names)
assert "good-1" in names and "good-2" in names, "good names are lost among bad ones"
assert all(name and "/" not in name and name not in (".", "..") for name in names), names
assert all(len(os.fsencode(name)) <= 255 * 3 for name in names)
got = os.statvfs(".")
assert got.f_bavail <= got.f_blocks, "more free than there is"
with open("plain", "rb") as f:
    assert f.read() == b"p" * 65536
END
stop
