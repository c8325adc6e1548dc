#!/bin/sh
# SPDX-License-Identifier: MIT
# 64 volumes in one process, twice; the second time costs nothing more than the first.
# mount: yes
# user: also
# sanitizers: asan
. "${0%/*}/lib.sh"

ASAN_OPTIONS=${ASAN_OPTIONS-}:quarantine_size_mb=1
export ASAN_OPTIONS
n=0
while [ $n -lt 64 ]; do
    mkdir -p "$MNT/$n"
    n=$((n + 1))
done
many volumes 64 "$MNT"
