#!/bin/sh
# SPDX-License-Identifier: MIT
# The kernel forgets what it looked up, and the count of known nodes returns to what it was.
# volumes: memfs mirror
# masks: yes
# alone: yes
. "${0%/*}/lib.sh"
[ -w /proc/sys/vm/drop_caches ] || skip "may not write /proc/sys/vm/drop_caches"

nodes() {
    counters | python3 -c 'import json, sys
x = json.load(sys.stdin)
print((x[0] if isinstance(x, list) else x)["nodes"])'
}
start
ls "$MNT" # so that the root is known
before=$(nodes)
odd_tree "$MNT/tree"
cp -r "$MNT/tree" "$MNT/copy"
find "$MNT" -type f -exec cat {} + >/dev/null
ls -lR "$MNT" >/dev/null
python3 - "$MNT" <<'END'
import os, sys, threading
os.chdir(sys.argv[1])
def work(who):
    for n in range(300):
        name = "t%d-%d" % (who % 4, n % 20)
        for call in (lambda: os.close(os.open(name, os.O_CREAT | os.O_RDWR)), lambda: os.stat(name),
                     lambda: os.rename(name, name + "x"), lambda: os.listdir("."), lambda: os.unlink(name + "x")):
            try:
                call()
            except FileNotFoundError:
                pass
threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
END
# Held open while they are counted: a machine short of memory forgets by itself.
python3 -c 'import os, resource, sys, time
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
held = [os.open(os.path.join(folder, name), os.O_PATH) for folder, _, names in os.walk(sys.argv[1]) for name in names]
open(sys.argv[2], "w").close()
time.sleep(60)' "$MNT" "$TEST_DIR/held" &
holder=$!
wait_for 20 test -e "$TEST_DIR/held" || fail "the files cannot be held open"
peak=$(nodes)
kill "$holder"
wait "$holder" || true
[ "$peak" -gt "$((before + 500))" ] || fail "the count of nodes did not rise: $before, then $peak"
settled() {
    echo 2 >/proc/sys/vm/drop_caches
    [ "$(nodes)" -le "$before" ]
}
wait_for 10 settled || fail "$(nodes) nodes are known after the kernel dropped its caches; at first $before"
ls -R "$MNT" >/dev/null
rm -rf "$MNT/tree" "$MNT/copy"
stop
