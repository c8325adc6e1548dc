#!/bin/sh
# SPDX-License-Identifier: MIT
# A callback that never returns: its caller gets ETIMEDOUT at the deadline, others go on, the volume unmounts, the
# program ends, and nothing is freed under the stuck threads.
# mount: yes
# masks: yes
# user: also
# sanitizers: asan tsan
# time: 60
. "${0%/*}/lib.sh"

launch hangfs "$MNT" 500
python3 - "$MNT" <<'END'
import errno, os, sys, threading, time
os.chdir(sys.argv[1])
def expires(what, call, most=2.9):
    """ETIMEDOUT, not before the deadline and not long after; meanwhile a good file answers at once."""
    began, box = time.monotonic(), []
    def work():
        try:
            call()
            box.append(0)
        except OSError as err:
            box.append(err.errno)
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    time.sleep(0.1)
    other = time.monotonic()
    with open("plain", "rb") as f:
        assert f.read() == b"p" * 65536
    assert time.monotonic() - other < 0.35, f"{what}: others wait too"
    thread.join(most)
    took = time.monotonic() - began
    assert box, f"{what}: no answer after {took:.1f} s"
    assert box[0] == errno.ETIMEDOUT, f"{what}: {errno.errorcode.get(box[0], box[0])} instead of ETIMEDOUT"
    assert took > 0.4, f"{what}: only {took:.2f} s"
    print(f"{what}: {took:.2f} s")
def with_fd(name, flags, call):
    fd = os.open(name, flags)
    try:
        call(fd)
    finally:
        os.close(fd)
expires("open", lambda: os.open("hang-open", os.O_RDONLY))
expires("stat", lambda: os.stat("hang-info"))
expires("read", lambda: with_fd("hang-read", os.O_RDONLY, lambda fd: os.pread(fd, 100, 0)))
expires("write", lambda: with_fd("hang-write", os.O_RDWR, lambda fd: os.pwrite(fd, b"x", 0)))
expires("list", lambda: os.listdir("hang-list"))
def flush(fd):
    os.pwrite(fd, b"x", 0)
    os.fsync(fd)
expires("fsync", lambda: with_fd("hang-flush", os.O_RDWR, flush))
os.close(os.open("hang-cleanup", os.O_RDONLY))
with open("plain", "rb") as f:
    assert len(f.read()) == 65536
END
dokanctl unmount "$MNT" || fail "unmount with stuck callbacks"
wait_for 15 ended "$SERVER" || fail "the program still runs"
code=0
wait "$SERVER" || code=$?
cat "$SERVER_LOG"
grep -q '^closed, [1-9]' "$SERVER_LOG" || fail "no callback was stuck when the volume closed: this test proves nothing"
grep -q '^drained, .* 0 wrong$' "$SERVER_LOG" || fail "not every callback came back in order"
same "$code" 0 "the program's status"
