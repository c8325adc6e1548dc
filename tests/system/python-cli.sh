#!/bin/sh
# SPDX-License-Identifier: MIT
# dokanctl mount and run of python:// and pyfs+ sources: in the background, in the foreground, what they refuse, and
# that no code is loaded where nobody asked for it.
# user: also
# time: 120
# files: tests/system/cli-lib.sh tests/system/python-lib.sh python
. "${0%/*}/lib.sh"
. "${0%/*}/cli-lib.sh"
. "${0%/*}/python-lib.sh"

cd "$TEST_DIR"
DOKAN_REAPER=$TEST_BUILD/tools/dokan-reaper
DOKAN_PYTHON=$PYTHON
PYTHONWARNINGS=ignore::DeprecationWarning,ignore::UserWarning
export DOKAN_REAPER DOKAN_PYTHON PYTHONWARNINGS
mkdir -p mnt modules
cat >modules/shop.py <<'END'
import os, sys, time
from fs.memoryfs import MemoryFS

class Stubborn(MemoryFS):
    def close(self):
        raise OSError(5, "the shop burnt down")

def stock(year="2024", **more):
    made = MemoryFS()
    made.writetext("stock-" + year, "apples")
    made.writetext("environment", repr((more, os.getcwd(), sys.path)))
    return made

def closes(file):
    made = MemoryFS()
    made.close = lambda: open(file, "w").write("closed")
    return made

def slow():
    print("slow", file=sys.stderr, flush=True)
    time.sleep(60)

def chatty():
    print("a module that talks")
    return MemoryFS()

def broken():
    return undefined_name

def dies():
    os._exit(9)
END
export PYTHONPATH="$PYTHONPATH:$TEST_DIR/modules"

# In the background, and what the other verbs make of it.
same "$(dokanctl mount 'python://shop:stock?year=2031&k=v%20w' mnt)" "$MNT" "what it prints"
same "$(cat mnt/stock-2031)" apples "the module's file"
grep -q "{'k': 'v w'}" mnt/environment || fail "parameters: $(cat mnt/environment)"
grep -q "''" mnt/environment && fail "the current folder is searched: $(cat mnt/environment)"
echo more >mnt/new
same "$(cat mnt/new)" more "writing"
dokanctl list | grep -q "$MNT " || fail "not in the list"
dokanctl status mnt | grep -q mounted || fail "status"
same "$(findmnt -no SOURCE mnt)" 'python://shop:stock?year=2031&k=v%20w' "the source in /proc/mounts"
dokanctl unmount mnt
wait_for 10 not_mounted "$MNT" || fail "still mounted"
dokanctl mount --json "python://$TEST_DIR/modules/shop.py:stock" >json || fail "a file instead of a module"
pid=$(sed -n 's/.*"pid": \([0-9]*\).*/\1/p' json)
grep -q '"drive": "[A-Z]:"' json || fail "JSON: $(cat json)"
[ "$(tr '\0' ' ' <"/proc/$pid/cmdline" | grep -c shop.py)" = 1 ] || fail "another process serves it"
dokanctl unmount "$(sed -n 's/.*"drive": "\(.:\)".*/\1/p' json)"
wait_for 10 ended "$pid" || fail "Python runs on"

# Closed, whoever ends it.
for way in unmount TERM; do
    rm -f closed
    dokanctl mount --json "python://shop:closes?file=$TEST_DIR/closed" mnt >json
    pid=$(sed -n 's/.*"pid": \([0-9]*\).*/\1/p' json)
    if [ "$way" = unmount ]; then dokanctl unmount mnt; else kill "$pid"; fi
    wait_for 10 ended "$pid" || fail "Python runs on after $way"
    same "$(cat closed 2>/dev/null)" closed "the object's close() after $way"
done

# Any URL of PyFilesystem; options; filters.
python3 -c 'import zipfile; zipfile.ZipFile("z.zip", "w").writestr("in.txt", "inside")'
refused dokanctl mount pyfs+zip://z.zip mnt
says 'mount it read-only'
dokanctl mount -r --volname 'a,b\c' --single-thread --timeout 30 -o umask=077,noexec "pyfs+zip://z.zip" mnt >log 2>&1 || fail "$(cat log)"
same "$(cat mnt/in.txt)" inside "a zip file through PyFilesystem"
refused touch mnt/new
findmnt -no OPTIONS mnt | grep -q noexec || fail "mount options"
same "$(stat -c %a mnt)" 700 "umask"
dokanctl unmount mnt
dokanctl mount --filter readonly pyfs+mem:// mnt >log 2>&1 || fail "$(cat log)"
refused touch mnt/new
dokanctl unmount mnt
refused dokanctl mount --filter nonsense pyfs+mem:// mnt
says nonsense

# A password is not in the list of processes.
dokanctl mount 'python://shop:stock?password=hunter2' mnt >log 2>&1 || fail "$(cat log)"
for entry in /proc/[0-9]*/cmdline; do
    tr '\0' ' ' 2>/dev/null <"$entry" | grep -v grep | grep hunter2 && fail "the password can be seen in $entry"
done 2>/dev/null
grep -q hunter2 mnt/environment || fail "the password did not reach the module"
findmnt -no SOURCE mnt | grep hunter2 && fail "the password is in /proc/mounts"
dokanctl unmount mnt

# In the foreground: told when ready, and status 0 after a signal; an error of close() is told.
listen "$TEST_DIR/notify" told
for signal in TERM INT; do
    NOTIFY_SOCKET=$TEST_DIR/notify
    [ "$signal" = TERM ] || NOTIFY_SOCKET=
    export NOTIFY_SOCKET
    launch python3 -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])' dokanctl mount -f python://shop:chatty mnt
    [ "$signal" = INT ] || wait_for 10 grep -q '^READY=1$' told || fail "not told that it is ready"
    wait_for 10 grep -q "^$MNT\$" "$SERVER_LOG" || fail "it does not say where it is: $(cat "$SERVER_LOG")"
    kill -"$signal" "$SERVER"
    finish 10
done
unset NOTIFY_SOCKET
wait "$LISTENER" || true
launch dokanctl mount -f python://shop:stock mnt
stop
launch dokanctl mount -f python://shop:Stubborn mnt
kill -TERM "$SERVER"
code=0
wait "$SERVER" || code=$?
same "$code" 1 "an object that cannot be closed"
tail -n 1 "$SERVER_LOG" | grep -q '^dokanctl: mount: .*the shop burnt down' || fail "it does not say why: $(tail -n 3 "$SERVER_LOG")"
unregistered() {
    [ -z "$(find "$XDG_RUNTIME_DIR/dokan" -mindepth 2 ! -name '.*.lock' 2>/dev/null)" ]
}
# kill -9 of dokanctl ends Python and the mount.
launch dokanctl mount -f python://shop:stock mnt
kill -9 "$SERVER"
wait "$SERVER" 2>/dev/null || true
wait_for 10 not_mounted "$MNT" || fail "mounted after kill -9 of dokanctl"
wait_for 10 unregistered || fail "in the registry after kill -9 of dokanctl: $(ps -eo pid,args | grep xdokan)"
nothing_registered
# What a module prints is not dokanctl's output.
same "$(dokanctl mount python://shop:chatty mnt 2>/dev/null)" "$MNT" "what it prints"
dokanctl unmount mnt

# For one command.
status_of dokanctl run pyfs+mem:// true
if [ "$code" = 0 ] || ! grep -q namespaces said; then
    dokanctl run python://shop:stock true || fail "run"
    same "$(dokanctl run python://shop:stock -- sh -c 'echo x >"$DOKAN_MOUNT/f"; cat "$DOKAN_MOUNT/f" "$DOKAN_MOUNT/stock-2024"')" "x
apples" "run"
    status_of dokanctl run pyfs+mem:// -- sh -c 'exit 7'
    same "$code" 7 "status of the command"
    status_of dokanctl run python://shop:nix -- true
    same "$code" 125 "no such source"
    same "$(dokanctl run pyfs+mem:// -- sh -c 'ls "$DOKAN_MOUNT"; kill -TERM $$' 2>/dev/null || echo $?)" 143 "a signal"
fi

# What goes wrong is said in one line, with what to do.
# wrong TEXT ARGUMENTS...
wrong() {
    text=$1
    shift
    refused timeout 30 dokanctl mount "$@"
    grep '^dokanctl: mount: ' said | grep -q -- "$text" || fail "dokanctl mount $* does not say '$text' but: $(cat said)"
    mounted "$MNT" && fail "mounted all the same: $*"
    nothing_registered
}
wrong 'no module nowhere; PYTHONPATH' python://nowhere:x mnt
wrong "shop has no 'nix'" python://shop:nix mnt
wrong 'no FS object' python://os:getcwd mnt
wrong 'needs a module and a name' python://shop mnt
wrong "NameError: name 'undefined_name' is not defined" python://shop:broken mnt
grep -q '^Traceback' said || fail "no traceback of the module's own mistake"
wrong 'unexpected keyword argument' 'python://shop:slow?x=1' mnt
wrong 'status 9' python://shop:dies mnt
wrong 'gibts' pyfs+gibts://x mnt
wrong 'nowhere.at.all does not exist' pyfs+mem:// nowhere/at/all
wrong 'after 2 seconds; --wait' --wait 2 python://shop:slow mnt
wrong 'into the URL' -o index=off pyfs+mem:// mnt
wrong '--netrc is not for' --netrc pyfs+mem:// mnt
DOKAN_PYTHON=/nowhere/python3 wrong '/nowhere/python3: not found.*DOKAN_PYTHON' pyfs+mem:// mnt
PYTHONPATH='' DOKAN_PYTHON="$PYTHON" status_of "$PYTHON" -c 'import xdokan'
[ "$code" = 0 ] || PYTHONPATH='' wrong 'no module xdokan.*apt install python3-xdokan' pyfs+mem:// mnt
DOKAN_LIBRARY=/nowhere wrong '/nowhere.*DOKAN_LIBRARY' pyfs+mem:// mnt
code=0
timeout -s INT 1 dokanctl mount python://shop:slow mnt 2>log || code=$?
grep -q 'mount: cancelled' log || fail "Ctrl-C: $(cat log)"

# Nobody loads code who did not ask for it: neither the other verbs, nor nested URLs, nor fstab.
cat >modules/trap.py <<'END'
open("trapped", "w").close()
END
for verb in ls cat info du tree; do
    refused dokanctl "$verb" python://trap:x
    says 'can only be mounted'
done
refused dokanctl ls 'zip:python://trap:x!/a'
refused dokanctl mount 'zip:python://trap:x!/a' mnt
ln -s "$(command -v dokanctl)" mount.fuse.dokan
refused ./mount.fuse.dokan python://trap:x "$MNT" -o rw,nofail
says 'allow-python'
refused ./mount.fuse.dokan pyfs+mem:// "$MNT"
[ ! -e trapped ] || fail "code was loaded"
(cd modules && PYTHONPATH=$TEST_SOURCE/python refused dokanctl mount python://trap:x "$MNT")
[ ! -e trapped ] && [ ! -e modules/trapped ] || fail "a module of the current folder was loaded"
./mount.fuse.dokan python://shop:stock "$MNT" -o rw,nofail,allow_python 2>log || fail "mount.fuse.dokan: $(cat log)"
same "$(cat mnt/stock-2024)" apples "mounted as by mount(8)"
dokanctl unmount mnt
wait_for 10 not_mounted "$MNT" || fail "still mounted"
