#!/bin/sh
# SPDX-License-Identifier: MIT
# A mount point that cannot be used: the message names it and says what is wrong, nothing is mounted or changed.
# volumes: memfs mirror
# user: also
. "${0%/*}/lib.sh"

mkdir -p "$ROOT"
try() {
    case $VOLUME in
    memfs) refused timeout 20 memfs /l "$1" /b ;;
    mirror) refused timeout 20 mirror /r "$ROOT" /l "$1" /b ;;
    esac
    [ "$code" != 124 ] || fail "it mounted at $1, or hung"
    says "$1"
}

try "$TEST_DIR/missing"
says 'no such\|does not exist\|missing'
[ ! -e "$TEST_DIR/missing" ] || fail "it made the mount point"

mkdir full
echo precious >full/file
try "$TEST_DIR/full"
says 'not empty'
same "$(cat full/file)" precious "the file below a refused mount point"

echo text >file
try "$TEST_DIR/file"
says 'not a directory'

start
try "$MNT"
says 'mounted\|busy\|in use'
touch "$MNT/still-works"
stop

if [ "$(id -u)" != 0 ]; then
    try /usr/lib
    says 'not empty\|not permitted\|permission\|owner'
    foreign=$(find / -xdev -maxdepth 3 -type d -empty ! -user "$(id -un)" ! -writable -readable 2>/dev/null | head -n 1)
    if [ -n "$foreign" ]; then
        try "$foreign"
        says 'not permitted\|permission\|owner\|write access'
    fi
fi
mkdir link-target
ln -s link-target link
MNT=$TEST_DIR/link-target
launch memfs /l "$TEST_DIR/link" /b
touch link/inside
stop

# A mirror of a folder that holds the mount point would show itself for ever.
mkdir -p "$TEST_DIR/outer/inner"
refused mirror /r "$TEST_DIR/outer" /l "$TEST_DIR/outer/inner"
says 'outside'
