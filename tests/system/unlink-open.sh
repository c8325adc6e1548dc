#!/bin/sh
# SPDX-License-Identifier: MIT
# An open file outlives its name: unlink and rename-over keep the descriptor working and free the name at once.
# volumes: memfs mirror memfs-ci memfs-basic mirror-basic
# masks: yes
# user: also
# sanitizers: asan
. "${0%/*}/lib.sh"

start
python3 - "$MNT" <<'END'
import os, sys
top = sys.argv[1]
os.chdir(top)
def put(name, data):
    with open(name, "wb") as f:
        f.write(data)
def get(name):
    with open(name, "rb") as f:
        return f.read()
put("f", b"first")
fd = os.open("f", os.O_RDWR)
os.unlink("f")
assert os.listdir(".") == [], "the name is gone from the listing"
assert os.pread(fd, 10, 0) == b"first"
os.pwrite(fd, b"second one", 0)
os.ftruncate(fd, 6)
assert os.fstat(fd).st_size == 6
put("f", b"another")
assert os.pread(fd, 100, 0) == b"second", "the old file is its own"
assert get("f") == b"another"
os.unlink("f")
os.mkdir("f")
os.rmdir("f")
os.close(fd)

put("target", b"old target")
put("source", b"new text")
target, source = os.open("target", os.O_RDWR), os.open("source", os.O_RDWR)
os.rename("source", "target")
assert os.listdir(".") == ["target"], os.listdir(".")
assert get("target") == b"new text"
assert os.pread(target, 100, 0) == b"old target", "the replaced file lives on in its descriptor"
os.pwrite(source, b"NEW", 0)
assert get("target") == b"NEW text", "the renamed file follows its descriptor"
os.pwrite(target, b"OLD", 0)
assert os.pread(target, 100, 0) == b"OLD target"
os.close(target)
os.close(source)
os.unlink("target")

os.makedirs("d/e")
put("d/e/f", b"deep")
fd = os.open("d/e/f", os.O_RDONLY)
os.rename("d", "moved")
assert os.pread(fd, 10, 0) == b"deep" and get("moved/e/f") == b"deep"
os.unlink("moved/e/f")
os.removedirs("moved/e")
assert os.pread(fd, 10, 0) == b"deep"
os.close(fd)

held = []
for n in range(200):
    fd = os.open("same", os.O_RDWR | os.O_CREAT | os.O_EXCL)
    os.write(fd, b"%d" % n)
    os.unlink("same")
    held.append(fd)
assert [int(os.pread(fd, 10, 0)) for fd in held] == list(range(200))
for fd in held:
    os.close(fd)
assert os.listdir(".") == []
read_only = os.open("ro", os.O_RDWR | os.O_CREAT, 0o444)
os.unlink("ro")
os.close(read_only)
END
empty "$MNT"
stop
[ "$VOLUME" != mirror ] || empty "$ROOT"
