#!/bin/sh
# SPDX-License-Identifier: MIT
# fio with verify: several writers, random and sequential, through write, mmap and O_DIRECT.
# volumes: memfs mirror
# masks: yes
# time: 120
. "${0%/*}/lib.sh"
need fio

megabytes=4
[ -z "$FULL" ] || megabytes=24
start
common="--directory=$MNT --size=${megabytes}m --verify=crc32c --verify_fatal=1 --verify_dump=0 --group_reporting
--randseed=7 --fallocate=none --thread"
# shellcheck disable=SC2086 # a list of words
run() {
    name=$1
    shift
    fio --name="$name" $common "$@" >"fio.$name" 2>&1 || {
        tail -n 30 "fio.$name" >&2
        fail "fio $name"
    }
    ! grep -qi 'verify.*bad\|verify failed' "fio.$name" || fail "fio $name found wrong data"
    rm -f "$MNT/$name".*
}
run random --rw=randrw --bs=4k --numjobs=4 --ioengine=psync
run odd --rw=randwrite --bsrange=1k-96k --bs_unaligned=1 --numjobs=3 --ioengine=psync
run sequential --rw=write --bs=1m --numjobs=2 --ioengine=psync --end_fsync=1
run mapped --rw=randwrite --bs=4k --numjobs=2 --ioengine=mmap
run direct --rw=randrw --bs=4k --numjobs=2 --ioengine=psync --direct=1
empty "$MNT"
stop
