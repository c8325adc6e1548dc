# SPDX-License-Identifier: MIT
# Sourced by every system test. The runner has made $TEST_DIR (empty, private, removed afterwards), has gone into it
# and has put the test into namespaces of its own; $VOLUME says what to mount. See tests/README.md.
# shellcheck shell=sh disable=SC2034

set -eu

: "${TEST_DIR:?run system tests through tests/run}" "${TEST_BUILD:?}" "${TEST_SOURCE:?}" "${VOLUME:=}" "${FULL:=}"
MNT=$TEST_DIR/mnt
ROOT=$TEST_DIR/root
PATH=$TEST_BUILD/samples:$TEST_BUILD/src/cli:$TEST_BUILD/tests/fs:$PATH
export PATH
SERVER=
SERVER_LOG=$TEST_DIR/server.log

skip() {
    echo "$*"
    exit 77
}

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

need() {
    for program; do
        command -v "$program" >/dev/null || skip "$program is not installed"
    done
}

# A test that puts a file system of its own over /dev, or writes below /proc/sys, needs the real root.
need_root() {
    if [ "$(id -u)" != 0 ] || ! grep -q "^ *0 *0 *4294967295$" /proc/self/uid_map; then
        skip "needs root"
    fi
}

on_exit() {
    status=$?
    if [ "$status" != 0 ] && [ "$status" != 77 ] && [ -s "$SERVER_LOG" ]; then
        echo "--- what the file system said:" >&2
        tail -n 60 "$SERVER_LOG" >&2
    fi
}
trap on_exit EXIT

# wait_for SECONDS COMMAND...: until the command succeeds; its failure is the caller's to report.
wait_for() {
    tries=$(($1 * 50))
    shift
    until "$@"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 0.02
    done
}

# The mount table never touches the mount itself, so that a hung file system cannot hang the question.
mounted() {
    awk -v point="$1" '$5 == point { for (i = 7; i <= NF; i++) if ($i == "-" && $(i + 1) ~ /^fuse/) found = 1 }
        END { exit !found }' /proc/self/mountinfo
}

not_mounted() {
    ! mounted "$1"
}

running() {
    case $(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null) in
    '' | Z | X) return 1 ;;
    esac
}

ended() {
    ! running "$1"
}

mounted_or_ended() {
    mounted "$MNT" || ended "$SERVER"
}

# The kernel shows a mount before its process serves it; dokanctl finds it from then on.
served_or_ended() {
    dokanctl path "$MNT" >/dev/null 2>&1 || ended "$SERVER"
}

# launch PROGRAM ARGUMENTS...: a foreground file system program, in the background, until $MNT is there and served.
launch() {
    mkdir -p "$MNT"
    "$@" >>"$SERVER_LOG" 2>&1 &
    SERVER=$!
    wait_for 20 mounted_or_ended || fail "no mount at $MNT after 20 s: $*"
    mounted "$MNT" || fail "the file system ended instead of mounting: $*"
    wait_for 20 served_or_ended || fail "dokanctl does not find the mount at $MNT after 20 s: $*"
}

# start [OPTIONS...]: the volume this run is about, mounted at $MNT.
start() {
    case $VOLUME in
    memfs) launch memfs /l "$MNT" /b "$@" ;;
    memfs-ci) launch memfs /l "$MNT" "$@" ;;
    memfs-basic) launch memfs /l "$MNT" /b --basic "$@" ;;
    mirror)
        mkdir -p "$ROOT"
        launch mirror /r "$ROOT" /l "$MNT" /b "$@"
        ;;
    mirror-basic)
        mkdir -p "$ROOT"
        launch mirror /r "$ROOT" /l "$MNT" /b --basic "$@"
        ;;
    *) fail "unknown volume '$VOLUME'" ;;
    esac
}

# finish SECONDS: the program has ended by itself, with success, and its mount with it.
finish() {
    wait_for "$1" ended "$SERVER" || fail "the file system program still runs $1 s later"
    code=0
    wait "$SERVER" || code=$?
    [ "$code" = 0 ] || fail "the file system program ended with status $code"
    mounted "$MNT" && fail "$MNT is still mounted after its program ended"
    SERVER=
}

stop() {
    dokanctl unmount "$MNT" || fail "dokanctl unmount $MNT"
    finish 20
}

# refused COMMAND...: it must fail; its status is kept in $code, what it said in $TEST_DIR/said.
refused() {
    code=0
    "$@" >"$TEST_DIR/said" 2>&1 || code=$?
    [ "$code" != 0 ] || {
        cat "$TEST_DIR/said" >&2
        fail "succeeded, but should not: $*"
    }
}

says() {
    grep -qi -- "$1" "$TEST_DIR/said" || {
        cat "$TEST_DIR/said" >&2
        fail "the message does not say '$1'"
    }
}

same() {
    [ "$1" = "$2" ] || fail "${3:-different}: '$1' is not '$2'"
}

# real_tree DIR [SUBFOLDER]: a real tree without links, of the system's C headers where there are some; with '' as
# SUBFOLDER a large one.
real_tree() {
    from=/usr/include/${2-linux}
    if [ -d "$from" ]; then
        mkdir -p "$1"
        (cd "$from" && find -L . -type f -print0 | sort -z | head -z -n 3000 | tar --null --hard-dereference -chf - -T - 2>/dev/null) | tar -C "$1" --no-same-owner -xf -
    fi
    odd_tree "$1/odd"
}

# odd_tree DIR: small, made from a fixed seed: names, sizes and shapes that break careless file systems.
odd_tree() {
    python3 - "$1" <<'END'
import os, random, sys
top, rng = sys.argv[1], random.Random(7)
names = ["plain", "with space", " lead", "trail ", "dot.", "...", "a:b", "a\\b", 'q"u*o?t|e<s>', "tab\there", "line\nend",
         "\u00e4\u00f6\u00fc", "\u65e5\u672c\u8a9e", "\U0001f600 smile", "e\u0301", "CON", "nul.txt", "-dash", "~tilde#1", "x" * 255, "\u00e9" * 127]
raw = [b"bad-\xff-utf8", b"cut-\xe2\x82"]
sizes = [0, 1, 511, 4095, 4096, 4097, 65535, 131072, 131073, 1048577]
def put(path, size):
    with open(path, "wb") as f:
        f.write(rng.randbytes(size))
os.makedirs(top)
for i, name in enumerate(names):
    put(os.path.join(top, name), sizes[i % len(sizes)])
for name in raw:
    put(os.path.join(os.fsencode(top), name), 100)
os.makedirs(os.path.join(top, "empty"))
deep = os.path.join(top, *["level%d" % n for n in range(40)])
os.makedirs(deep)
put(os.path.join(deep, "bottom"), 12345)
many = os.path.join(top, "many")
os.makedirs(many)
for n in range(500):
    put(os.path.join(many, "file-%04d" % n), rng.randrange(3000))
with open(os.path.join(top, "sparse"), "wb") as f:
    f.seek(3 << 20)
    f.write(b"end")
END
}

# facts DIR: type, size and time (in the 100 ns that NT knows) of everything below it.
facts() {
    (cd "$1" && find . -mindepth 1 -type d -printf '%p d %T@\0' -o -printf '%p %y %s %T@\0') |
        sed -z 's/\(\.[0-9]\{7\}\)[0-9]*$/\1/' | sort -z | tr '\0' '\n'
}

# same_files A B: every name and byte, the times of files but not of folders.
same_files() {
    same_trees "$1" "$2" 's/ d [0-9.]*$/ d/'
}

# same_trees A B: every name, byte and time.
same_trees() {
    diff -r "$1" "$2" >"$TEST_DIR/difference" || {
        head -20 "$TEST_DIR/difference" >&2
        fail "$1 and $2 differ"
    }
    facts "$1" | sed "${3-}" >"$TEST_DIR/facts.1"
    facts "$2" | sed "${3-}" >"$TEST_DIR/facts.2"
    cmp "$TEST_DIR/facts.1" "$TEST_DIR/facts.2" || {
        diff -y --suppress-common-lines -W 160 "$TEST_DIR/facts.1" "$TEST_DIR/facts.2" | head -12 >&2
        fail "$1 and $2 differ in sizes or times"
    }
}

empty() {
    [ -z "$(ls -A "$1")" ] || fail "$1 is not empty: $(find "$1" -mindepth 1 -maxdepth 1 | head -3)"
}

# mount_counters: what `dokanctl status` counts for $MNT, as JSON.
counters() {
    dokanctl status --json "$MNT"
}
