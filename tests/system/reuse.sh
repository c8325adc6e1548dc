#!/bin/sh
# SPDX-License-Identifier: MIT
# Right after close: delete, create anew with O_EXCL, rename over, truncate. The name is free at once.
# volumes: memfs mirror memfs-ci
# masks: yes
# user: also
# sanitizers: asan
. "${0%/*}/lib.sh"

start
python3 - "$MNT" "${FULL:+1500}" <<'END'
import os, sys
os.chdir(sys.argv[1])
for n in range(int(sys.argv[2] or 300)):
    text = b"%d" % n
    fd = os.open("f", os.O_RDWR | os.O_CREAT | os.O_EXCL)
    os.write(fd, text)
    os.close(fd)
    fd = os.open("new", os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    os.write(fd, text + b" new")
    os.close(fd)
    os.rename("new", "f")
    with open("f", "rb") as f:
        assert f.read() == text + b" new", n
    fd = os.open("f", os.O_WRONLY | os.O_TRUNC)
    os.close(fd)
    assert os.stat("f").st_size == 0, n
    os.unlink("f")
    assert not os.path.exists("f"), n
    os.mkdir("f")
    os.rmdir("f")
assert os.listdir(".") == []
END
stop
