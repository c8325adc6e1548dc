# SPDX-License-Identifier: MIT
# Sourced after lib.sh by the tests of dokanctl: an archive, a terminal, a service manager.
# shellcheck shell=sh disable=SC2034

# Archives need a cache folder that is the test's own.
export XDG_CACHE_HOME="$TEST_DIR/cache" TERM=xterm LC_ALL=C.UTF-8
unset NO_COLOR LS_COLORS NOTIFY_SOCKET
SCREEN=$TEST_DIR/screen

# photos FILE: a small zip archive.
photos() {
    python3 - "$1" <<'END'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as z:
    z.writestr("a.txt", "hello\n")
    z.writestr("sub/b.txt", "inner\n")
    z.writestr("sub/big", bytes(range(256)) * 4000)
    z.writestr("evil\x1b[2Jname", "x")
END
}

# slow FILE: a small tar.gz that takes long to look through: 96 files of 64 MiB zeros.
slow() {
    python3 - "$1" <<'END'
import sys, zlib
def member(data):
    z = zlib.compressobj(6, zlib.DEFLATED, 31)
    return z.compress(data) + z.flush()
def header(number):
    head = bytearray(512)
    for at, text in ((0, b"zeros%02d" % number), (100, b"0000644\0"), (108, b"0000000\0"), (116, b"0000000\0"),
                     (124, b"%011o\0" % (1 << 26)), (136, b"14000000000\0"), (148, b" " * 8), (156, b"0"), (257, b"ustar\00000")):
        head[at:at + len(text)] = text
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head)
zeros = member(bytes(1 << 26))
with open(sys.argv[1], "wb") as f:
    for number in range(96):
        f.write(member(header(number)) + zeros)
    f.write(member(bytes(1024)))
END
}

# on_terminal [--see PATTERN --send TEXT]... COMMAND...: runs it on a terminal of its own, types TEXT when PATTERN has
# appeared (one after the other; \3 is Ctrl-C), keeps what was shown in $SCREEN, and returns the command's status.
on_terminal() {
    python3 - "$SCREEN" "$@" <<'END'
import os, pty, re, select, signal, sys, time
screen, args, steps = sys.argv[1], sys.argv[2:], []
while args[0] == "--see":
    steps.append((re.compile(args[1].encode()), args[3].encode().decode("unicode_escape").encode("latin-1")))
    args = args[4:]
pid, fd = pty.fork()
if pid == 0:
    os.execvp(args[0], args)
shown, seen, limit, status = b"", 0, time.monotonic() + 40, None
while True:
    ready, _, _ = select.select([fd], [], [], 0.1)
    if not ready and status is None:
        ended, status = os.waitpid(pid, os.WNOHANG)
        status = status if ended else None
    elif not ready:
        break  # what it left in the background may keep the terminal open
    if not ready and time.monotonic() > limit:
        os.kill(pid, signal.SIGKILL)
        print("nothing more happened on the terminal; it shows:", shown, file=sys.stderr)
        sys.exit(99)
    if not ready:
        continue
    try:
        data = os.read(fd, 65536)
    except OSError:
        data = b""
    if not data:
        break
    shown += data
    match = steps and steps[0][0].search(shown, seen)
    if match:
        seen = match.end()
        time.sleep(0.1)
        os.write(fd, steps.pop(0)[1])
with open(screen, "wb") as file:
    file.write(shown)
if steps:
    print("never seen on the terminal:", steps[0][0].pattern, "but:", shown, file=sys.stderr)
    sys.exit(98)
if status is None:
    status = os.waitpid(pid, 0)[1]
sys.exit(128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))
END
}

shows() {
    grep -q -- "$1" "$SCREEN" || {
        cat -v "$SCREEN" >&2
        fail "the terminal does not show '$1'"
    }
}

# listen SOCKET FILE: a service manager that writes what it is told into FILE, line by line.
listen() {
    python3 - "$1" "$2" <<'END' &
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
s.settimeout(40)
with open(sys.argv[2], "w", buffering=1) as out:
    while True:
        text = s.recv(4096).decode()
        out.write(text + "\n")
        if "STOPPING" in text:
            break
END
    LISTENER=$!
    wait_for 10 test -S "$1" || fail "no service manager"
}

# status_of COMMAND...: its exit status into $code, what it said into $TEST_DIR/said.
status_of() {
    code=0
    "$@" >"$TEST_DIR/said" 2>&1 || code=$?
}

# What is left of the folder of the registry: nothing but empty folders and locks.
nothing_registered() {
    runtime=${DOKAN_RUNTIME:-$XDG_RUNTIME_DIR/dokan}
    same "$(find "$runtime" -mindepth 2 ! -name '.*.lock' 2>/dev/null)" '' "left in the runtime folder"
}
