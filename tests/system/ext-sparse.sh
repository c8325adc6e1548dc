#!/bin/sh
# SPDX-License-Identifier: MIT
# Holes: they take no space, are found by lseek(2), kept by cp, made by fallocate(1), and read as zeros.
# volumes: memfs mirror
# masks: yes
# user: also
# sanitizers: asan
. "${0%/*}/lib.sh"
need fallocate

mkdir -p "$ROOT"
start
cd "$MNT"
python3 - "$VOLUME" "$ROOT" <<'END'
import errno, os, subprocess, sys
M = 1 << 20
def ranges(name):
    found, fd, at = [], os.open(name, os.O_RDONLY), 0
    size = os.fstat(fd).st_size
    while True:
        try:
            data = os.lseek(fd, at, os.SEEK_DATA)
        except OSError as error:
            assert error.errno == errno.ENXIO, error
            break
        at = os.lseek(fd, data, os.SEEK_HOLE)
        assert data < at <= size, (data, at)
        found.append((data, at))
    os.close(fd)
    return found
def read(name, offset, length):
    with open(name, "rb") as f:
        f.seek(offset)
        return f.read(length)
def covers(found, *wanted):
    """All of what was written is data, and what lies a MiB or more away from it is none."""
    assert len(found) == len(wanted), (found, wanted)
    for (a, b), (c, d) in zip(found, wanted):
        assert c - M < a <= c and d <= b < d + M, (found, wanted)
fd = os.open("f", os.O_RDWR | os.O_CREAT, 0o644)
os.pwrite(fd, b"begin", 0)
os.pwrite(fd, b"middle", 100 * M)
os.ftruncate(fd, 1 << 40)
os.pwrite(fd, b"end", (1 << 40) - 3)
os.fsync(fd)
assert os.fstat(fd).st_blocks * 512 < M, os.fstat(fd).st_blocks
covers(ranges("f"), (0, 5), (100 * M, 100 * M + 6), ((1 << 40) - 3, 1 << 40))
assert os.lseek(fd, 50 * M, os.SEEK_HOLE) == 50 * M
for bad in (1 << 40, (1 << 40) + 1):
    for whence in (os.SEEK_DATA, os.SEEK_HOLE):
        try:
            os.lseek(fd, bad, whence)
        except OSError as error:
            assert error.errno == errno.ENXIO, error
        else:
            raise SystemExit("lseek behind the end succeeded")
os.close(fd)
if sys.argv[1] == "mirror":
    assert ranges("f") == ranges(sys.argv[2] + "/f"), "the host sees other holes"
open("empty", "w").close()
assert ranges("empty") == []

# Punching and zeroing.
body = os.urandom(4 * M)
with open("p", "wb") as f:
    f.write(body)
full = os.stat("p").st_blocks
os.utime("p", ns=(10**18, 10**18))
subprocess.check_call(["fallocate", "-p", "-o", str(M + 100), "-l", str(2 * M), "p"])
want = body[:M + 100] + bytes(2 * M) + body[3 * M + 100:]
assert read("p", 0, 5 * M) == want, "a punched hole"
s = os.stat("p")
assert s.st_size == 4 * M and s.st_blocks <= full - 3 * M // 2 // 512, (full, s.st_blocks)
assert s.st_mtime_ns != 10**18
covers(ranges("p"), (0, M + 100), (3 * M + 100, 4 * M))
subprocess.check_call(["fallocate", "-z", "-o", "1000", "-l", "5000", "p"])
want = want[:1000] + bytes(5000) + want[6000:]
assert read("p", 0, 5 * M) == want, "a range of zeros"
subprocess.check_call(["fallocate", "-z", "-o", str(4 * M - 10), "-l", "1010", "p"])
want = want[:-10] + bytes(1010)
assert os.stat("p").st_size == 4 * M + 1000 and read("p", 0, 5 * M) == want, "zeros behind the end"
subprocess.check_call(["fallocate", "-p", "-o", str(4 * M), "-l", str(M), "p"])
assert os.stat("p").st_size == 4 * M + 1000
subprocess.check_call(["fallocate", "-z", "-n", "-o", str(4 * M), "-l", str(M), "p"])
assert os.stat("p").st_size == 4 * M + 1000 and read("p", 0, 5 * M) == want
fd = os.open("p", os.O_RDWR)
os.pwrite(fd, b"in the hole", 2 * M)
os.close(fd)
want = want[:2 * M] + b"in the hole" + want[2 * M + 11:]
assert read("p", 0, 5 * M) == want, "written into a hole"
subprocess.check_call(["fallocate", "-p", "-o", "0", "-l", str(5 * M), "p"])
assert read("p", 0, 5 * M) == bytes(4 * M + 1000)
assert os.stat("p").st_blocks <= 8, os.stat("p").st_blocks
subprocess.check_call(["fallocate", "-d", "p"])
END
truncate -s 10M source
printf x | dd of=source bs=1 seek=5000000 conv=notrunc status=none
cp --sparse=auto source copy
cmp source copy
[ "$(stat -c %b copy)" -lt 1000 ] || fail "cp filled the holes: $(stat -c %b copy) blocks"
cp --sparse=always source "$TEST_DIR/out"
cmp source "$TEST_DIR/out"
[ "$(du -k copy | cut -f1)" -lt 500 ] || fail "du counts holes"
refused fallocate -c -o 0 -l 4096 copy
cd "$TEST_DIR"
stop
