#!/bin/sh
# SPDX-License-Identifier: MIT
# Who mounted is held to the modes where they hold for him, whether the kernel checks them or leaves it to the door:
# access(2), execution, what is read-only; default_permissions is on for users, and for root with allow_other.
# volumes: memfs mirror
# user: also
# sanitizers: asan
. "${0%/*}/lib.sh"

# checked: the kernel checks modes
checked() {
    grep -q "^[^ ]* $MNT .*default_permissions" /proc/mounts
}

start
if [ "$(id -u)" = 0 ]; then
    checked && fail "a private mount of root asks for every mode"
else
    checked || fail "the kernel does not check modes"
fi
cd "$MNT"
printf '#!/bin/sh\nexit 7\n' >script
chmod 644 script
[ ! -x script ] || fail "access(2) says that mode 644 is executable"
./script 2>/dev/null && fail "mode 644 was executed"
same "$?" 126 "the shell's status for what cannot be executed"
chmod 755 script
[ -x script ] || fail "access(2) says that mode 755 is not executable"
code=0
./script || code=$?
same "$code" 7 "what the script returns"
mkdir -p folder/inner
chmod 700 folder
[ -r folder ] && [ -w folder ] && [ -x folder ] || fail "one's own folder cannot be used"
(cd folder/inner && echo x >file && mv file ../file)
chmod 400 folder/file
same "$(cat folder/file)" x "a read-only file"
if [ "$(id -u)" != 0 ]; then
    [ ! -w folder/file ] || fail "access(2) says that mode 400 is writable"
    (echo y >folder/file) 2>/dev/null && fail "mode 400 was written by its owner"
fi
rm -f folder/file
[ ! -e folder/file ] || fail "a read-only file cannot be removed"
[ ! -e missing ] && [ ! -x missing ] || fail "something is there"
cd /
stop

[ "$(id -u)" = 0 ] || exit 0
for option in allow_other default_permissions; do
    start --mount-options "$option"
    checked || fail "$option: the kernel does not check modes"
    stop
done
