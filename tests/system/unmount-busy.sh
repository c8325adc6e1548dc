#!/bin/sh
# SPDX-License-Identifier: MIT
# Unmount with open handles and running I/O: it takes effect, the program ends, and no user of the mount hangs.
# volumes: memfs mirror
# masks: yes
# user: also
# sanitizers: asan tsan
. "${0%/*}/lib.sh"

busy() {
    python3 - "$MNT" "$1" <<'END'
import os, sys
os.chdir(sys.argv[1])
held = [os.open("held-%s-%d" % (sys.argv[2], n), os.O_RDWR | os.O_CREAT) for n in range(20)]
n = 0
try:
    while True:
        os.pwrite(held[n % 20], b"x" * 70000, 0)
        os.pread(held[n % 20], 70000, 0)
        name = "new-%s-%d" % (sys.argv[2], n % 7)
        os.close(os.open(name, os.O_CREAT | os.O_WRONLY))
        os.unlink(name)
        os.listdir(".")
        n += 1
        if n == 3:
            open(os.environ["TEST_DIR"] + "/going-" + sys.argv[2], "w").close()
except OSError as err:
    print("ended by:", err)
END
}
for round in 1 2 3; do
    start
    rm -f going-*
    busy 1 &
    first=$!
    busy 2 &
    second=$!
    wait_for 20 test -e going-1 -a -e going-2 || fail "no load"
    dokanctl unmount "$MNT" || fail "dokanctl unmount, round $round"
    finish 10
    for pid in $first $second; do
        wait_for 10 ended "$pid" || fail "a user of the mount hangs (round $round)"
        wait "$pid" || fail "a user of the mount failed otherwise (round $round)"
    done
done
