#!/bin/sh
# SPDX-License-Identifier: MIT
# The published examples of fs.expose.dokan, its known bugs, classes of operations, names that are safe for Windows.
# user: also
# files: tests/system/python-lib.sh tests/python/drives.py tests/python/test_examples.py tests/python/test_operations.py tests/python/test_safety.py python/xdokan
# time: 120
. "${0%/*}/lib.sh"
. "${0%/*}/python-lib.sh"

python test_safety.py
python test_examples.py
python test_operations.py
