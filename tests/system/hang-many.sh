#!/bin/sh
# SPDX-License-Identifier: MIT
# More than 64 stuck callbacks: further requests fail at once instead of piling up threads; unmount still works.
# mount: yes
# sanitizers: asan
# time: 60
. "${0%/*}/lib.sh"

launch hangfs "$MNT" 1000
python3 - "$MNT" <<'END'
import errno, os, sys, threading, time
os.chdir(sys.argv[1])
results, lock = [], threading.Lock()
def work(n):
    began = time.monotonic()
    try:
        os.open("hang-open-%d" % n, os.O_RDONLY)
        code = 0
    except OSError as err:
        code = err.errno
    with lock:
        results.append((code, time.monotonic() - began))
threads = [threading.Thread(target=work, args=(n,), daemon=True) for n in range(100)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join(20)
assert len(results) == 100, f"{100 - len(results)} callers hang"
assert all(code for code, _ in results)
began = time.monotonic()
try:
    os.open("plain", os.O_RDONLY)
    sys.exit("an open succeeded with all 64 places stuck")
except OSError as err:
    print("with all places stuck:", err)
assert time.monotonic() - began < 0.5, "it did not fail at once"
END
threads=$(find "/proc/$SERVER/task" -mindepth 1 -maxdepth 1 | wc -l)
[ "$threads" -lt 120 ] || fail "$threads threads"
dokanctl unmount "$MNT" || fail "unmount"
finish 15
stuck=$(sed -n 's/^closed, \([0-9]*\) .*/\1/p' "$SERVER_LOG")
[ "$stuck" -ge 64 ] || fail "only $stuck callbacks were stuck: this test proves nothing"
[ "$stuck" -le 80 ] || fail "$stuck callbacks were stuck"
