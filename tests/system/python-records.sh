#!/bin/sh
# SPDX-License-Identifier: MIT
# Twelve threads and processes append records under flock and O_EXCL on one MemoryFS drive: all found once, nothing grows.
# volumes: thread fork
# files: tests/system/python-lib.sh tests/python/records.py python/xdokan
# time: 120
. "${0%/*}/lib.sh"
. "${0%/*}/python-lib.sh"

mkdir "$MNT"
python records.py "$VOLUME" "$MNT" 6 >said 2>log || {
    cat log said >&2
    fail "records on a drive of a $VOLUME"
}
cat said
grep -q "^[0-9]* rounds, [0-9]* records, each found once$" said || fail "it does not say that all were found"
mounted "$MNT" && fail "still mounted"
exit 0
