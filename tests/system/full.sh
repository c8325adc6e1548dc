#!/bin/sh
# SPDX-License-Identifier: MIT
# A full disk: writers are told ENOSPC, what they were told is written is there, and room that is freed can be used.
# volumes: memfs
# masks: yes
# user: also
# sanitizers: asan
. "${0%/*}/lib.sh"

start /z 16M
python3 - "$MNT" <<'END'
import errno, hashlib, os, sys
os.chdir(sys.argv[1])
block, sums = os.urandom(1 << 20), {}
total = os.statvfs(".")
print("room:", total.f_bavail * total.f_frsize)
for n in range(64):
    fd, done = os.open("f%d" % n, os.O_CREAT | os.O_RDWR), 0
    try:
        while done < len(block):
            done += os.write(fd, block[done:])
        os.fsync(fd)
    except OSError as err:
        assert err.errno == errno.ENOSPC, err
        break
    finally:
        sums[n] = done
        os.close(fd)
else:
    sys.exit("64 MiB fit into a volume of 16")
assert 8 <= n <= 16, f"full after {n} MiB"
for n, done in sums.items():
    with open("f%d" % n, "rb") as f:
        data = f.read()
    assert data[:done] == block[:done] and len(data) >= done, f"f{n} lost bytes"
free = os.statvfs(".").f_bavail * os.statvfs(".").f_frsize
assert free < 1 << 20, free
try:
    os.truncate("f0", 1 << 40)
    os.truncate("f0", 1 << 20)
except OSError as err:
    assert err.errno in (errno.ENOSPC, errno.EFBIG), err
os.unlink("f1")
with open("f2", "r+b") as f:
    f.seek(0, 2)
    f.write(block[:500000])
    f.flush()
    os.fsync(f.fileno())
with open("f2", "rb") as f:
    assert f.read() == block + block[:500000]
END
stop
