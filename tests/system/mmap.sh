#!/bin/sh
# SPDX-License-Identifier: MIT
# Shared and private mappings, against read and write of the same file and between two processes.
# volumes: memfs mirror
# masks: yes
# user: also
# sanitizers: asan
. "${0%/*}/lib.sh"

start
python3 - "$MNT/file" <<'END'
import mmap, os, random, subprocess, sys
path, rng, size = sys.argv[1], random.Random(1), 3 * 1024 * 1024 + 777
model = bytearray(rng.randbytes(size))
with open(path, "wb") as f:
    f.write(model)
fd = os.open(path, os.O_RDWR)
shared = mmap.mmap(fd, size)
assert shared[:] == model, "a mapping shows what was written"
for step in range(300):
    at, length = rng.randrange(size - 9000), rng.randrange(1, 9000)
    data = rng.randbytes(length)
    if step % 3 == 0:
        os.pwrite(fd, data, at)
    else:
        shared[at:at + length] = data
    model[at:at + length] = data
    if step % 10 == 0:
        assert os.pread(fd, length, at) == data, "read sees what the mapping or write changed"
        assert shared[at:at + length] == data, "the mapping sees what write changed"
shared.flush()
assert os.pread(fd, size, 0) == model
private = mmap.mmap(fd, size, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_WRITE)
private[100:200] = b"P" * 100
assert os.pread(fd, 100, 100) == model[100:200], "a private mapping changes nothing"
private.close()
code = """import mmap, os, sys
fd = os.open(sys.argv[1], os.O_RDWR)
m = mmap.mmap(fd, 0)
m[4096:8192] = bytes(x ^ 255 for x in m[4096:8192])
m.flush()
"""
subprocess.run([sys.executable, "-c", code, path], check=True)
model[4096:8192] = bytes(x ^ 255 for x in model[4096:8192])
assert shared[:] == model, "another process's mapping is seen"
bigger = size + 100000
os.ftruncate(fd, bigger)
grown = mmap.mmap(fd, bigger)
assert grown[size:] == bytes(100000), "what was added reads as zeros"
grown[bigger - 10:] = b"0123456789"
grown.flush()
grown.close()
shared.close()
os.close(fd)
with open(path, "rb") as f:
    assert f.read() == bytes(model) + bytes(99990) + b"0123456789"
END
before=$(sha256sum <"$MNT/file")
if [ "$VOLUME" = mirror ]; then
    stop
    same "$(sha256sum <"$ROOT/file")" "$before" "the file below the mirror"
else
    stop
fi
