#!/bin/sh
# SPDX-License-Identifier: MIT
# The finder of fs.expose, versions that must agree, what goes into the wheel, python:// URLs: all that needs no mount.
# mount: no
# files: tests/python/test_packaging.py python packaging/debian scripts/packages.sh meson.build src/cli/python.c
. "${0%/*}/lib.sh"
. "${0%/*}/python-lib.sh"

python test_packaging.py >log 2>&1 || {
    cat log >&2
    fail "test_packaging.py"
}
tail -n 3 log | head -n 1
