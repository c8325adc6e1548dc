#!/bin/sh
# SPDX-License-Identifier: MIT
# A planted password is found nowhere: arguments and environment of processes, mountinfo, registry, trace, error texts.
# sanitizers: asan
# files: tests/system/cli-lib.sh
. "${0%/*}/lib.sh"
. "${0%/*}/cli-lib.sh"
need zip

cd "$TEST_DIR"
secret=pl4nted-s3cret
mkdir mnt store
echo inside >a.txt
zip -q -P "$secret" private.zip a.txt
printf '%s\n' "$secret" >store/line
printf '[private.zip]\npassword=%s\n' "$secret" >store/credentials
chmod 600 store/*

# hunt WHAT FILES...: the secret, in clear or in UTF-16.
hunt() {
    what=$1
    shift
    python3 - "$@" <<'END' || fail "the password is in $what"
import sys
with open("store/line", "rb") as file:
    secret = file.read().strip()
wanted = [secret, secret.decode().encode("utf-16-le")]
found = False
for name in sys.argv[1:]:
    try:
        with open(name, "rb") as file:
            data = file.read()
    except OSError:
        continue
    if any(word in data for word in wanted):
        print("found in", name, file=sys.stderr)
        found = True
sys.exit(found)
END
}

# Everything that others could read while it is mounted.
hunt_all() {
    hunt "the arguments of a process ($1)" /proc/[0-9]*/cmdline /proc/[0-9]*/task/*/comm
    hunt "the environment of a process ($1)" /proc/[0-9]*/environ
    hunt "mountinfo ($1)" /proc/self/mountinfo /proc/self/mounts
    dokanctl list --json >listed
    dokanctl list >>listed
    dokanctl status --json >>listed
    hunt "the list of mounts ($1)" listed
    find "${DOKAN_RUNTIME:-$XDG_RUNTIME_DIR/dokan}" "$XDG_CACHE_HOME" -type f >files 2>/dev/null || true
    while read -r file; do
        hunt "the registry or the index ($1)" "$file"
    done <files
    hunt "messages ($1)" log out
}

export DOKAN_TRACE=1
planted=
# way NAME WORDS...: mounts, looks everywhere, reads through the mount, unmounts.
way() {
    name=$1
    shift
    ${planted:+env "PLANTED=$planted"} dokanctl mount "$@" >out 2>log || fail "mount with $name: $(cat log)"
    same "$(cat mnt/a.txt)" inside "with $name"
    hunt_all "$name"
    dokanctl unmount mnt
    wait_for 10 not_mounted "$MNT" || fail "still mounted"
    hunt "messages at the end ($name)" log out
}
way "a URL" "zip://:$secret@private.zip" mnt
grep -q 'warning: a password on the command line' log || fail "no warning about the command line"
way "a descriptor" --password-fd 3 private.zip mnt 3<store/line
way "a file" private.zip mnt -o credentials=store/credentials
planted=$secret
way "the environment" --password-env PLANTED private.zip mnt
planted=

# In the foreground, and the command of `run`, which must not inherit it.
launch dokanctl mount -f "zip://:$secret@private.zip" mnt
hunt_all "the foreground"
hunt "messages in the foreground" "$SERVER_LOG"
stop
rm -f log out
PLANTED=$secret dokanctl run --password-env PLANTED private.zip -- sh -c 'env; echo; cat "$DOKAN_MOUNT/a.txt"; sleep 3' >out 2>log &
pid=$!
wait_for 20 grep -qs inside out || fail "run: $(cat log)"
hunt_all run
wait "$pid" || fail "run: status $?"

# Its own arguments are overwritten while it still opens: a pause gives time to look.
: >pause
rm -f log out
dokanctl cat --filter pause:file=pause "zip://:$secret@private.zip!/a.txt" >out 2>log &
pid=$!
wait_for 10 grep -qs warning log || fail "no warning"
hunt "the arguments of a waiting dokanctl" "/proc/$pid/cmdline"
rm pause
wait "$pid" || fail "cat: $(cat log)"
same "$(cat out)" inside "cat"

# Errors, with a wrong password and a wrong everything.
for words in "ls zip://u:$secret@nothing.zip" "cat zip://u:$secret@private.zip!/nothing" "mount zip://u:$secret@private.zip nothing" \
    "mount zpi://u:$secret@private.zip mnt" "ls zip://u:$secret@private.zip!/x?y=z" "info zip:zip://u:$secret@a!b" \
    "ls zip://u:$secret@[::" "run zip://u:$secret@nothing.zip true" "cp zip://u:$secret@private.zip!/q ." "ls --password=$secret" \
    "ls -o password=$secret private.zip" "ls -o pasword=$secret private.zip" "ls --filter delay:password=$secret mem://"; do
    # shellcheck disable=SC2086
    refused dokanctl $words </dev/null
    hunt "the error of ${words%%$secret*}" said
done

# On a terminal: what is typed is not shown, and Ctrl-C at the question ends it.
on_terminal --see 'password for private.zip' --send "$secret\\n" dokanctl cat 'private.zip!/a.txt' || fail "asking: status $?"
on_terminal --see 'password for private.zip' --send 'wrong\n' --see 'not that one; password for private.zip' \
    --send "$secret\\n" dokanctl cat 'private.zip!/a.txt' || fail "asking again: status $?"
shows inside
hunt "the terminal" "$SCREEN"
code=0
on_terminal --see 'password for private.zip' --send '\3' dokanctl mount private.zip mnt || code=$?
same "$code" 130 "Ctrl-C at the question"
mounted "$MNT" && fail "mounted without a password"
exit 0
