#!/bin/sh
# SPDX-License-Identifier: MIT
# dokanctl check on what is mounted: memfs, mirror and the machine's own tmpfs are all right; nothing is left behind.
# volumes: memfs memfs-ci memfs-basic mirror mirror-basic
# user: also
# time: 120
. "${0%/*}/lib.sh"

start
refused_nothing() {
    code=0
    dokanctl check --verbose "$1" >report 2>said || code=$?
    [ "$code" = 0 ] || {
        cat report said >&2
        fail "dokanctl check $1: exit status $code"
    }
}
refused_nothing "$MNT"
same "$(find "$MNT" -mindepth 1 | wc -l)" 0 "entries left on the mount"
for feature in files sizes mappings directories rename unlink times names inodes locks processes space; do
    grep -q "^$feature  *supported" report || {
        cat report >&2
        fail "$feature is not supported"
    }
done
dokanctl check --json --only files,space "$MNT" >report.json
python3 -c 'import json, sys
r = json.load(open("report.json"))
assert r["checked_as"] == "mount" and r["wrong"] == 0 and r["right"] > 7, r
assert [f["name"] for f in r["features"]] == ["files", "space"], r'
dokanctl check --read-only "$MNT" >report || fail "--read-only: $(cat report)"
same "$(find "$MNT" -mindepth 1 | wc -l)" 0 "entries made with --read-only"
stop

# The control: a file system that is right by definition.
mkdir control
if [ -n "$FULL" ] && mount -t tmpfs none control 2>/dev/null; then
    refused_nothing "$PWD/control"
    same "$(find control -mindepth 1 | wc -l)" 0 "entries left on tmpfs"
    umount control
fi
