#!/bin/sh
# SPDX-License-Identifier: MIT
# Every form of dokanctl, with exit status and the shape of its lines.
# usage: dokanctl.sh DOKANCTL SERVER    (SERVER serve MOUNTPOINT FD: mounts and writes a byte to FD)
. "${0%/*}/lib.sh"

server=$2

# The forms of Dokany. Its first line is always there.
row 1 '^Driver path: ' 'usage: dokanctl' '/?'
row 1 '' 'usage: dokanctl'
row 0 '^  Mount points: 0$' '' /l
row 0 '^  Mount points: 0$' '' /L a
row 0 '^Dokan version : 231$' '' /v
row 0 '^Dokan driver version : 0x' '' /V
row 1 '^Driver path: ' 'Unknown option, use /?' /u
row 1 '^Unmount status = 1$' 'nothing is mounted' /u Q
row 1 '^Unmount status = 1$' - /u ''
row 1 - 'there is no driver on Linux' /i d
row 1 - 'Network provider install failed' /i N
row 1 - 'there is no driver on Linux' /i a
row 1 - 'Unknown option' /i
row 1 - 'Unknown option' /i x
row 0 'remove ok' '' /r d
row 0 'Network provider remove ok' '' /r n
row 0 'Network provider remove ok' '' /R All
row 1 - 'Unknown option' /r
row 1 - 'Unknown option' /r z
row 0 'set debug mode ok' '' /d 0
row 0 'set debug mode ok' '' /d 72
row 1 - 'Unknown option' /d
row 1 - 'Unknown option' /d 8
row 1 - 'Unknown option' /d x
row 1 - 'Unknown option' /x
row 1 - 'Unknown option' /
row 1 - 'Unknown option' /list
row 1 - 'Unknown option' /mnt

# Verbs without a mount.
row 0 '^usage: dokanctl VERB' '' --help
row 0 '^usage: dokanctl VERB' '' -h
row 2 '' "unknown option '--frob'" --frob list
for verb in list unmount path status trace version; do
    row 0 "^usage: dokanctl $verb" '' "$verb" --help
    row 0 "^usage: dokanctl $verb" '' --help "$verb"
done
row 2 '' "unknown verb 'lst'. Did you mean 'list'?" lst
row 2 '' "Did you mean 'unmount'?" umount M:
row 2 '' "Did you mean 'status'?" stat M:
row 2 '' "unknown verb 'frobnicate'. Try" frobnicate
row 2 '' "Try 'dokanctl --help'" "$(printf 'a\033[2Jb')"
row 0 '' 'nothing is mounted' list
row 0 - '' list --json
json 'x == []'
row 2 '' 'usage: dokanctl list' list M:
row 2 '' 'usage: dokanctl path' path
row 2 '' 'usage: dokanctl path' path M: N:
row 3 '' 'M:: nothing is mounted there' path M:
row 3 '' 'nothing is mounted there' path "$top/mnt"
row 3 '' 'nothing is mounted there' path 'M:\file'
row 1 '' 'no usable mount point' path ''
row 2 '' 'usage: dokanctl unmount' unmount
row 3 '' 'M:: nothing is mounted there' unmount M:
row 3 '' 'nothing is mounted there' unmount -- /
row 3 - 'nothing is mounted there' unmount --json M: N:
json '[y["unmounted"] for y in x] == [False, False]'
row 0 '' '' status
row 0 - '' status --json
json 'x == []'
row 3 '' 'nothing is mounted there' status M:
row 2 '' 'usage: dokanctl trace' trace on
row 2 '' 'usage: dokanctl trace' trace maybe M:
row 3 '' 'nothing is mounted there' trace off M:
row 0 '^library   231$' '' version
row 0 - '' version --json
json 'x["library"] == 231 and isinstance(x["can_mount"], bool)'
row 2 '' 'usage: dokanctl version' version now

if [ -c /dev/fuse ] && (: <>/dev/fuse) 2>/dev/null; then
    mkfifo "$top/ready"
    serve() {
        "$server" serve "$1" 9 9>"$top/ready" 2>"$top/log" &
        read -r _ <"$top/ready" || true
    }
    serve M:
    pid=$!
    row 0 "^M: *$top/runtime/dokan/drives/M *$pid " '' list
    row 0 - '' list --json
    json "len(x) == 1 and x[0]['drive'] == 'M:' and x[0]['pid'] == $pid and x[0]['type'] == 'disk'"
    row 0 '^  0# MountPoint: M: - UNC: "" - DeviceName: \\Device\\Volume{' '' /l
    row 0 '^  Mount points: 1$' '' /l
    # shellcheck disable=SC1003 # a backslash at the end of the word is meant
    for form in M m: 'M:\' M:/ '\DosDevices\M:' "$top/runtime/dokan/drives/M/"; do
        row 0 "^$top/runtime/dokan/drives/M\$" '' path "$form"
    done
    row 0 "^$top/runtime/dokan/drives/M/a/b\$" '' path 'M:\a\b'
    row 0 - '' path --json M:
    json "x['path'].endswith('/drives/M')"
    row 0 "^M: on $top/runtime/dokan/drives/M (pid $pid)" '' status
    row 0 '^  open handles ' '' status M:
    row 0 '^  Mounted  *1  *0 ' '' status M:
    row 0 - '' status --json M:
    json "x['open_handles'] == 0 and x['stuck'] == [] and x['operations']['Mounted']['calls'] == 1"
    row 0 - '' status --json
    json 'len(x) == 1'
    row 3 - 'nothing is mounted there' status --json M: N:
    json 'len(x) == 1'
    row 0 '' '' trace on M:
    row 0 'trace  *on' '' status M:
    row 0 '' '' trace off M:
    row 0 'trace  *off' '' status M:
    row 0 'set debug mode ok' '' /d 1
    row 0 'trace  *on' '' status M:
    row 0 'set debug mode ok' '' /d 0
    row 0 'trace  *off' '' status M:
    row 0 '' '' unmount M:
    wait "$pid" || complain "the server ended with status $?"
    row 3 '' 'nothing is mounted there' path M:
    serve "$top/mnt"
    pid=$!
    row 0 "MountPoint: $top/mnt - UNC" '' /l
    row 0 '^Unmount status = 0$' '' /u "$top/mnt"
    wait "$pid" || complain "the server ended with status $?"
else
    echo "no usable /dev/fuse here: the forms that need a mount are left out"
fi
end
