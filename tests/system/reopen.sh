#!/bin/sh
# SPDX-License-Identifier: MIT
# What follows a close at once must not meet the closed handle: RELEASE comes after close(2) has returned.
# mount: yes
# masks: yes
# user: also
# sanitizers: asan tsan
. "${0%/*}/lib.sh"

# This file lets itself be open once; the second open fails with a sharing violation.
launch hangfs "$MNT" 20000
python3 - "$MNT/exclusive" <<'END'
import os, sys, threading
path = sys.argv[1]
for n in range(3000):
    try:
        os.close(os.open(path, os.O_RDWR if n % 2 else os.O_RDONLY))
    except OSError as err:
        sys.exit(f"open number {n} met the handle before it: {err}")
held = os.open(path, os.O_RDONLY)
try:
    os.open(path, os.O_RDONLY)
    sys.exit("a second open succeeded, so this test proves nothing")
except OSError as err:
    print("while it is open, a second open says:", err)
os.close(held)
os.close(os.open(path, os.O_RDONLY))
END
stop
