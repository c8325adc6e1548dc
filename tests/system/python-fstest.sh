#!/bin/sh
# SPDX-License-Identifier: MIT
# PyFilesystem's own tests, 79 of 79: on the C objects `mem` and a folder, on a Python OSFS, on a live MemoryFS.
# volumes: c-mem c-folder python-osfs python-mem
# files: tests/system/python-lib.sh tests/python python/xdokan
# time: 120
. "${0%/*}/lib.sh"
. "${0%/*}/python-lib.sh"

mkdir -p folder "$MNT"
# suite COMMAND...: it must succeed and say that none was left out.
suite() {
    "$@" >said 2>log || {
        tail -n 80 log >&2
        cat said >&2
        fail "FSTestCases on $VOLUME"
    }
    tail -n 1 said
    grep -qx "79 run, 79 passed of 79" said || fail "not 79 of 79: $(cat said)"
}

case $VOLUME in
c-*)
    [ "$VOLUME" = c-mem ] && source=mem:// || source=$TEST_DIR/folder
    launch dokanctl mount --foreground "$source" "$MNT"
    suite python fstest_suite.py "$MNT"
    stop
    ;;
python-osfs) suite python fstest_mount.py "$TEST_DIR/folder" fork "$MNT" ;;
python-mem) suite python fstest_mount.py mem thread "$MNT" ;;
*) fail "unknown volume '$VOLUME'" ;;
esac
empty folder
mounted "$MNT" && fail "still mounted"
exit 0
