# SPDX-License-Identifier: MIT
# Sourced after lib.sh by the tests of the Python package: Debian's Python with python3-fs, and the tree's own package.
# shellcheck shell=sh disable=SC2034

PYTHON=/usr/bin/python3
PYTHON_TESTS=$TEST_SOURCE/tests/python
export PYTHONPATH="$TEST_SOURCE/python" PYTHONDONTWRITEBYTECODE=1
export DOKAN_LIBRARY="$TEST_BUILD/src/api/libdokan2.so.2"

[ -x "$PYTHON" ] || skip "python3 is missing: apt-get install python3 python3-fs"
"$PYTHON" -c 'import fs' 2>/dev/null || skip "python3-fs is missing: apt-get install python3-fs"

# python FILE ARGUMENTS...: a program of tests/python.
python() {
    program=$1
    shift
    "$PYTHON" "$PYTHON_TESTS/$program" "$@"
}
