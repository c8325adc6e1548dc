#!/bin/sh
# SPDX-License-Identifier: MIT
# Records of twelve threads and processes on a MemoryFS drive, for five minutes where there is time: see python-records.sh.
# volumes: thread fork
. "${0%/*}/../system/lib.sh"
. "${0%/*}/../system/python-lib.sh"

mkdir "$MNT"
seconds=$((SOAK_SECONDS < 300 ? SOAK_SECONDS : 300))
python records.py "$VOLUME" "$MNT" "$seconds" >said 2>log || {
    cat log said >&2
    fail "records on a drive of a $VOLUME, $seconds s"
}
tail -n 2 said
