#!/bin/sh
# SPDX-License-Identifier: MIT
# Many threads at once on a drive that is a Python object: races have one winner, copies are whole.
# files: tests/system/python-lib.sh tests/python/test_threading.py python/xdokan
# time: 120
. "${0%/*}/lib.sh"
. "${0%/*}/python-lib.sh"

mkdir points
POINTS=$TEST_DIR/points python test_threading.py -v 2>log || {
    cat log >&2
    fail "threads on a Python drive"
}
tail -n 3 log
grep -q "^OK$" log || fail "some were left out"
empty points
