#!/bin/sh
# SPDX-License-Identifier: MIT
# MountProcess: a Popen whose child serves a copy of the object; its fork, its errors, its end.
# user: also
# files: tests/system/python-lib.sh tests/python/drives.py tests/python/test_process.py python/xdokan
# time: 120
. "${0%/*}/lib.sh"
. "${0%/*}/python-lib.sh"

python test_process.py
