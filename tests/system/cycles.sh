#!/bin/sh
# SPDX-License-Identifier: MIT
# One process mounts and unmounts 1,000 times: descriptors, threads and memory do not grow. (100 times in variants.)
# mount: yes
# masks: yes
# user: also
# sanitizers: asan tsan
# time: 120
. "${0%/*}/lib.sh"

ASAN_OPTIONS=${ASAN_OPTIONS-}:quarantine_size_mb=1
export ASAN_OPTIONS
mkdir -p "$MNT"
cycles=100
[ -z "$FULL" ] || cycles=1000
many cycles "${CYCLES:-$cycles}" "$MNT"
