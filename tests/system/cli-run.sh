#!/bin/sh
# SPDX-License-Identifier: MIT
# dokanctl run: a mount that the command alone sees, its status, signals, and that nothing stays behind.
# user: also
# sanitizers: asan
# files: tests/system/cli-lib.sh
. "${0%/*}/lib.sh"
. "${0%/*}/cli-lib.sh"

cd "$TEST_DIR"
photos photos.zip
status_of dokanctl run photos.zip true
[ "$code" = 0 ] || ! grep -q 'namespaces' said || skip "$(cat said)"

# What it sees, and what others see of it.
same "$(dokanctl run photos.zip -- sh -c 'cat "$DOKAN_MOUNT/a.txt" "$DOKAN_MOUNT/sub/b.txt"' 2>/dev/null | tr '\n' ' ')" "hello inner " files
same "$(dokanctl run -C photos.zip cat sub/b.txt 2>/dev/null)" inner "-C"
same "$(dokanctl run photos.zip -- id -u 2>/dev/null)" "$(id -u)" "the user"
same "$(dokanctl run photos.zip -m M: -- sh -c 'cat "$DOKAN_MOUNT/a.txt"; basename "$DOKAN_MOUNT"' 2>/dev/null | tr '\n' ' ')" "hello M " "a drive"
mkdir point
same "$(dokanctl run photos.zip -m point -- cat point/a.txt 2>/dev/null)" hello "a folder"
same "$(ls -A point)" '' "the folder outside"
same "$(echo piped | dokanctl run mem:// cat 2>/dev/null)" piped "standard input"
same "$(dokanctl run mem:// -- sh -c 'echo x >"$DOKAN_MOUNT/f" && cat "$DOKAN_MOUNT/f"' 2>/dev/null)" x "writing"
same "$(dokanctl run photos.zip -- dokanctl run mem:// -- sh -c 'cat "'"$TEST_DIR"'/photos.zip" | head -c 2; ls -A "$DOKAN_MOUNT"' 2>/dev/null)" PK "one in another"
same "$(dokanctl run photos.zip -- dokanctl list 2>/dev/null | grep -c photos)" 0 "the list of mounts"

# Status.
status_of dokanctl run photos.zip -- sh -c 'exit 7'
same "$code" 7 "status of the command"
status_of dokanctl run photos.zip -- sh -c 'kill -TERM $$'
same "$code" 143 "a signal"
status_of dokanctl run photos.zip no-such-command
same "$code" 127 "no such command"
says "no-such-command: no such file or directory"
status_of dokanctl run photos.zip "$TEST_DIR/photos.zip"
same "$code" 126 "not executable"
status_of dokanctl run nothing.zip true
same "$code" 125 "no such source"
status_of dokanctl run photos.zip -m nothing/at/all true
same "$code" 125 "no such mount point"

# Signals go to the command, once.
dokanctl run photos.zip -- sh -c 'trap "echo caught; n=1" TERM USR1; echo up; while [ -z "$n" ]; do sleep 0.1; done; exit 5' >out 2>log &
pid=$!
wait_for 20 grep -qs up out || fail "it does not start: $(cat log)"
kill -USR1 "$pid"
code=0
wait "$pid" || code=$?
same "$code $(grep -c caught out)" "5 1" "a forwarded signal"
on_terminal --see 'up' --send '\3' dokanctl run photos.zip -- sh -c 'trap "echo caught; n=1" INT; echo up; while [ -z "$n" ]; do sleep 0.1; done; sleep 0.5; exit 6' || code=$?
same "$code $(grep -c caught "$SCREEN")" "6 1" "Ctrl-C"
on_terminal --see '[$#] $' --send 'cat $DOKAN_MOUNT/a.txt\n' --see 'hello' --send 'exit 9\n' dokanctl run photos.zip sh -i || code=$?
same "$code" 9 "an interactive shell"
if command -v bash >/dev/null; then
    code=0
    on_terminal --see '[$#] $' --send "dokanctl run photos.zip sh -c 'echo u\"\"p; sleep 1; echo don\"\"e; exit 4' 2>log\n" \
        --see 'up' --send '\x1a' --see 'Stopped' --send 'echo aw""ay; fg\n' --see 'away' --send '' --see 'done' \
        --send 'exit $?\n' bash --norc -i || code=$?
    same "$code" 4 "stopped at Ctrl-Z and continued"
fi

# marked: how many processes carry the mark of this test.
marked() {
    count=0
    for entry in /proc/[0-9]*/cmdline; do
        if tr '\0' ' ' 2>/dev/null <"$entry" | grep -q "sleep 98765"; then
            count=$((count + 1))
        fi
    done 2>/dev/null
    [ "$count" = 0 ]
}

# What the command leaves in the background ends with it.
dokanctl run photos.zip -- sh -c 'sleep 98765 & cd "$DOKAN_MOUNT"; sleep 98765 & exit 0' 2>log || fail "a command that leaves something"
wait_for 10 marked || fail "what the command left is still there"

# kill -9 of each part: everything is gone.
for part in outside server command; do
    rm -f out
    dokanctl run photos.zip -- sh -c 'cd "$DOKAN_MOUNT"; sleep 98765 & echo up; sleep 98765' >out 2>log &
    pid=$!
    wait_for 20 grep -qs up out || fail "it does not start: $(cat log)"
    server=$(cat "/proc/$pid/task/$pid/children")
    command=
    for child in $(cat "/proc/${server% }/task/${server% }/children"); do
        grep -q '^sh' "/proc/$child/comm" && command=$child
    done
    case $part in
    outside) kill -9 "$pid" ;;
    server) kill -9 ${server% } ;;
    command) kill -9 "$command" ;;
    esac
    code=0
    wait "$pid" || code=$?
    same "$code" 137 "status after kill -9 of the $part"
    wait_for 10 marked || fail "processes are left after kill -9 of the $part"
done
nothing_registered
same "$(grep -c fuse.dokan /proc/self/mountinfo || true)" 0 "mounts outside"

# Where user namespaces are forbidden, that is said, with what to do.
if unshare -Ur true 2>/dev/null && command -v setpriv >/dev/null; then
    status_of unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_user_namespaces 2>/dev/null &&
        exec setpriv --bounding-set=-all --inh-caps=-all dokanctl run photos.zip true || exit 99'
    if [ "$code" != 99 ]; then
        same "$code" 125 "without user namespaces"
        says "sysctl user.max_user_namespaces"
    fi
fi
