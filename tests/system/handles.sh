#!/bin/sh
# SPDX-License-Identifier: MIT
# 100,000 handles open at once, every one usable, and all of them gone afterwards.
# volumes: memfs
# time: 150
# quick: no
. "${0%/*}/lib.sh"

count=100000
start
python3 - "$MNT" $count <<'END'
import os, resource, sys
os.chdir(sys.argv[1])
count = int(sys.argv[2])
most = min(resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 50, 25000)  # per process
jobs = 1
while count // jobs > most or count % jobs:
    jobs += 1
print(jobs, "processes with", count // jobs, "handles each")
ready, go, pids = os.pipe(), os.pipe(), []
for job in range(jobs):
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.close(go[1])
            os.mkdir("d%d" % job)
            fds = [os.open("d%d/f%d" % (job, n), os.O_RDWR | os.O_CREAT) for n in range(count // jobs)]
            os.write(ready[1], b"r")
            os.read(go[0], 1)
            for n, fd in enumerate(fds):
                assert os.pwrite(fd, b"%d" % n, 0) > 0
            for n, fd in enumerate(fds):
                assert int(os.pread(fd, 20, 0)) == n
            code = 0
        finally:
            os._exit(code)
    pids.append(pid)
os.close(ready[1])
for _ in pids:
    assert os.read(ready[0], 1) == b"r", "a process could not open its files"
os.close(go[1])
for pid in pids:
    assert os.waitpid(pid, 0)[1] == 0, "a process failed"
END
# The kernel releases them after the processes have ended.
all_released() {
    handles=$(counters | python3 -c 'import json, sys
volume = json.load(sys.stdin)
print((volume[0] if isinstance(volume, list) else volume)["open_handles"])')
    [ "$handles" = 0 ]
}
wait_for 30 all_released || fail "$handles handles are still open"
stop
