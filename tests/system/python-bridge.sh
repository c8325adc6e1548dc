#!/bin/sh
# SPDX-License-Identifier: MIT
# A Python object as an FS object: every method and every error, broken objects, lifetimes, the interpreter's end.
# volumes: errors contract kinds staging hostile lives mount
# files: tests/system/python-lib.sh tests/python/fsclient.py tests/python/test_errors.py tests/python/test_bridge.py tests/python/test_bridge_kinds.py tests/python/test_bridge_staging.py tests/python/test_bridge_hostile.py tests/python/test_bridge_lives.py tests/python/test_bridge_mount.py python/xdokan
# time: 120
. "${0%/*}/lib.sh"
. "${0%/*}/python-lib.sh"

case $VOLUME in
errors) program=test_errors.py ;;
contract) program=test_bridge.py ;;
*) program=test_bridge_$VOLUME.py ;;
esac
mkdir -p point
PYTHONFAULTHANDLER=1 POINT=$TEST_DIR/point python "$program" >log 2>&1 || {
    tail -n 200 log >&2
    fail "$program"
}
grep "^Ran " log
grep -q "^OK$" log || fail "some were left out: $(tail -n 1 log)"
empty point
