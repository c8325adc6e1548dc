#!/bin/sh
# SPDX-License-Identifier: MIT
# A directory of 1,000,000 entries: made, counted, looked up, and removed.
# volumes: memfs
# time: 400
# quick: no
. "${0%/*}/lib.sh"

count=1000000
start
python3 - "$MNT" $count <<'END'
import os, random, sys, time
os.mkdir(sys.argv[1] + "/d")
os.chdir(sys.argv[1] + "/d")
count, jobs, began = int(sys.argv[2]), 2, time.monotonic()
def each(work):
    pids = []
    for job in range(jobs):
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                for n in range(job, count, jobs):
                    work("f%07d" % n)
                code = 0
            finally:
                os._exit(code)
        pids.append(pid)
    assert all(os.waitpid(pid, 0)[1] == 0 for pid in pids)
def told(what):
    global began
    print(f"{what}: {time.monotonic() - began:.1f} s", flush=True)
    began = time.monotonic()
each(lambda name: os.close(os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY)))
told("made")
names = os.listdir(".")
assert len(names) == count and len(set(names)) == count, len(names)
told("listed")
for n in random.Random(3).sample(range(count), 2000):
    os.stat("f%07d" % n)
assert not os.path.exists("f%07d" % count)
told("looked up 2000")
each(os.unlink)
assert os.listdir(".") == []
told("removed")
END
stop
