#!/bin/sh
# SPDX-License-Identifier: MIT
# Eight processes race for the same names with O_CREAT|O_EXCL, mkdir and rename: each is won exactly once.
# volumes: memfs mirror memfs-ci
# masks: yes
# user: also
# sanitizers: asan tsan
. "${0%/*}/lib.sh"

start
python3 - "$MNT" "${FULL:+1000}" <<'END'
import os, sys
os.chdir(sys.argv[1])
rounds, racers = int(sys.argv[2] or 200), 8
def race(who):
    won = [[], [], []]
    for n in range(rounds):
        try:
            os.close(os.open("file-%d" % n, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            won[0].append(n)
        except FileExistsError:
            pass
        try:
            os.mkdir("dir-%d" % n)
            won[1].append(n)
        except FileExistsError:
            pass
        try:
            os.rename("prize-%d" % n, "won-%d" % n)
            won[2].append(n)
        except FileNotFoundError:
            pass
    return won
for n in range(rounds):
    os.close(os.open("prize-%d" % n, os.O_CREAT | os.O_WRONLY))
pipes = []
for who in range(racers):
    out, into = os.pipe()
    if os.fork() == 0:
        try:
            os.write(into, repr(race(who)).encode())
        finally:
            os._exit(0)
    os.close(into)
    pipes.append(out)
results = []
for out in pipes:
    with os.fdopen(out) as f:
        results.append(eval(f.read()))
for kind, what in enumerate(("create", "mkdir", "rename")):
    wins = sorted(n for won in results for n in won[kind])
    assert wins == list(range(rounds)), f"{what}: {len(wins)} wins for {rounds} names"
END
stop
