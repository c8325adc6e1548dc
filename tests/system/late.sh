#!/bin/sh
# SPDX-License-Identifier: MIT
# Callbacks that finish after their deadline harm nobody: the buffer was theirs until then, a late success is not
# seen as one, and a late open gets its Cleanup and CloseFile.
# mount: yes
# masks: yes
# user: also
# sanitizers: asan tsan
# time: 60
. "${0%/*}/lib.sh"

launch hangfs "$MNT" 300
python3 - "$MNT" <<'END'
import errno, os, sys, threading, time
os.chdir(sys.argv[1])
def expect_late(call):
    try:
        call()
    except OSError as err:
        assert err.errno == errno.ETIMEDOUT, err
        return
    raise AssertionError("it succeeded")
fd = os.open("late-write", os.O_RDWR)
expect_late(lambda: os.pwrite(fd, b"w" * 100000, 0))
# While that callback still holds its buffer, others use the same workers and buffers.
for n in range(200):
    other = os.open("plain", os.O_RDWR)
    os.pwrite(other, bytes([n]) * 100000, 0)
    assert os.pread(other, 10, 0)
    os.close(other)
os.close(fd)
fd = os.open("late-read", os.O_RDONLY)
expect_late(lambda: os.pread(fd, 4096, 0))
os.close(fd)
expect_late(lambda: os.open("late-open", os.O_RDONLY))
expect_late(lambda: os.open("late-create", os.O_WRONLY | os.O_CREAT))
with open("plain", "rb") as f:
    assert len(f.read()) == 65536
END
late() { grep -q 'late write done' "$SERVER_LOG" && grep -q 'late read done' "$SERVER_LOG" &&
    [ "$(grep -c 'late open done' "$SERVER_LOG")" -ge 2 ]; }
wait_for 10 late || fail "no callback finished late: this test proves nothing"
! grep -q 'BYTES CHANGED' "$SERVER_LOG" || fail "the late write's buffer was used by somebody else"
cat "$MNT/plain" >/dev/null || fail "a good file does not answer any more"
stop
grep '^drained' "$SERVER_LOG"
