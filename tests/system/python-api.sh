#!/bin/sh
# SPDX-License-Identifier: MIT
# The Dokan 2 API in Python: its types against the headers, its callbacks, a file system on it, the example.
# user: also
# files: tests/python python/xdokan python/examples docs/python-api.md include/dokan tests/abi
# time: 180
. "${0%/*}/lib.sh"

PYTHON=/usr/bin/python3
[ -x "$PYTHON" ] || skip "python3 is missing: apt-get install python3"
DOKAN_LIBRARY=$TEST_BUILD/src/api/libdokan2.so.2
PYTHONPATH=$TEST_SOURCE/python
PYTHONDONTWRITEBYTECODE=1
export DOKAN_LIBRARY PYTHONPATH PYTHONDONTWRITEBYTECODE

for part in structs dokan dokan_mount; do
    "$PYTHON" "$TEST_SOURCE/tests/python/test_$part.py" >"$part" 2>&1 || {
        cat "$part" >&2
        fail "test_$part.py"
    }
    tail -n 3 "$part" | head -n 1
    grep " ns " "$part" || :
done
