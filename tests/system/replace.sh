#!/bin/sh
# SPDX-License-Identifier: MIT
# Editors and git replace a file by renaming a new one over it: who opens it meanwhile gets the old or the new one,
# never an error. (Renames without a pause between them can still hit a reader twice in a row: ESTALE.)
# volumes: memfs mirror memfs-basic mirror-basic
# masks: yes
# user: also
. "${0%/*}/lib.sh"

start
python3 - "$MNT" <<'END'
import os, sys, threading, time
top, wrong, seen, done = sys.argv[1], [], [0], []
target = os.path.join(top, "target")

def put(path, n):
    with open(path, "w") as file:
        file.write("%08d" % n)

def read():
    while not done:
        try:
            with open(target) as file:
                text = file.read()
            os.stat(target)
            seen[0] += 1
            if len(text) != 8:
                wrong.append("read %r" % text)
        except OSError as err:
            wrong.append(str(err))

put(target, 0)
readers = [threading.Thread(target=read) for _ in range(2)]
for reader in readers:
    reader.start()
for n in range(1, 201):
    put(os.path.join(top, "new"), n)
    os.rename(os.path.join(top, "new"), target)
    time.sleep(0.005)
done.append(True)
for reader in readers:
    reader.join()
if wrong or seen[0] < 100 or open(target).read() != "00000200":
    sys.exit("%d wrong of %d reads, the first: %s" % (len(wrong), seen[0], wrong[:1]))
END
stop
