#!/bin/sh
# SPDX-License-Identifier: MIT
# mount() of Python: what it takes and refuses, live objects, the foreground, `unmount_callback` once however it ends,
# and what a program may do on its own drive.
# user: also
# files: tests/system/python-lib.sh tests/python/drives.py tests/python/test_mount.py python/xdokan
# time: 120
. "${0%/*}/lib.sh"
. "${0%/*}/python-lib.sh"

python test_mount.py
