#!/bin/sh
# SPDX-License-Identifier: MIT
# Mixed load for most of the time; memory, descriptors and threads of the file system are looked at every 10 s and
# must be flat after the first tenth.
# volumes: memfs mirror
# alone: yes
. "${0%/*}/../system/lib.sh"

real_tree source
start
end=$(($(date +%s) + SOAK_SECONDS / 4))
work() {
    while [ "$(date +%s)" -lt "$end" ]; do
        cp -a source "$MNT/$1" && diff -r source "$MNT/$1" && tar -C "$MNT" -cf "$TEST_DIR/$1.tar" "$1" &&
            mv "$MNT/$1" "$MNT/$1.moved" && rm -rf "$MNT/$1.moved" || return 1
    done
}
work one &
one=$!
work two &
two=$!
use() {
    echo "$(awk '/^VmRSS/ { print $2 }' "/proc/$SERVER/status") $(find "/proc/$SERVER/fd" | wc -l) \
$(find "/proc/$SERVER/task" -maxdepth 1 | wc -l)"
}
while running $one || running $two; do
    sleep 10
    use >>use
done
wait $one || fail "the first load failed"
wait $two || fail "the second load failed"
empty "$MNT"
cat use
awk '{ if (NR <= 1 + most / 10) { if ($1 > rss) rss = $1; if ($2 > fds) fds = $2; if ($3 > threads) threads = $3 }
    last = $1; f = $2; t = $3 }
    END { exit !(last <= rss * 1.1 + 4096 && f <= fds + 8 && t <= threads + 8) }' most="$(wc -l <use)" use ||
    fail "the file system grows: $(head -1 use) at first, $(tail -1 use) at last"
stop
