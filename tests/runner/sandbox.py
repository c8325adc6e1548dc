# SPDX-License-Identifier: MIT
"""The first process of one test's sandbox.

Owns: the private mounts, the test's process tree and the verdict. tests/run starts it inside fresh mount and PID
namespaces where it may; everything the test started has ended when this process has written its result. It runs
with as few assumptions as it can: no namespace at all is also a mode ("plain"), where mounts that were left behind
are unmounted by path.
"""

import ctypes
import json
import os
import resource
import signal
import socket
import stat
import subprocess
import sys
import time

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
ADDR_NO_RANDOMIZE = 0x0040000
MS_NOSUID, MS_NODEV, MS_BIND, MNT_DETACH = 2, 4, 4096, 2
SKIP = 77
LINGER_SECONDS = 3.0
DESCRIPTORS = 1 << 18


def mount(source, target, fstype, flags, data=None):
    args = [None if a is None else os.fsencode(a) for a in (source, target, fstype)]
    if LIBC.mount(*args, ctypes.c_ulong(flags), None if data is None else data.encode()) != 0:
        err = ctypes.get_errno()
        raise OSError(err, os.strerror(err), target)


def umount(target, flags=MNT_DETACH):
    return LIBC.umount2(os.fsencode(target), flags)


# ---------------------------------------------------------------- probing

def probe_device():
    try:
        return os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC), ""
    except OSError as err:
        return -1, "/dev/fuse: " + err.strerror


def probe_mount(point):
    """Why a FUSE mount by mount(2) is impossible here, or an empty string."""
    fd, why = probe_device()
    if fd < 0:
        return why
    data = f"fd={fd},rootmode=40000,user_id={os.getuid()},group_id={os.getgid()}"
    try:
        mount("probe", point, "fuse", MS_NOSUID | MS_NODEV, data)
    except OSError as err:
        return "mounting a file system of type fuse: " + err.strerror
    finally:
        os.close(fd)
    umount(point)
    return ""


def probe_helper(point):
    """The same through fusermount3, as an unprivileged program would."""
    fd, why = probe_device()
    if fd < 0:
        return why
    os.close(fd)
    ours, theirs = socket.socketpair()
    env = {"PATH": os.environ["PATH"], "_FUSE_COMMFD": str(theirs.fileno())}
    try:
        done = subprocess.run(["fusermount3", "-o", "fsname=probe", "--", point], env=env,
                              pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=20, check=False)
    except FileNotFoundError:
        return "fusermount3 is not installed"
    if done.returncode != 0:
        return done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "fusermount3 failed"
    ours.settimeout(5)
    for fd in socket.recv_fds(ours, 16, 1)[1]:
        os.close(fd)
    done = subprocess.run(["fusermount3", "-u", "-z", "--", point], capture_output=True, text=True, check=False)
    return f"cannot unmount again: {done.stderr.strip()}" if done.returncode else ""


# ---------------------------------------------------------------- set-up

def open_fuse_to_all(scratch):
    """A device node of our own, so that an unprivileged test works even where /dev/fuse is root's alone."""
    if stat.S_IMODE(os.stat("/dev/fuse").st_mode) & 0o006 == 0o006:
        return
    number = os.stat("/dev/fuse").st_rdev
    mount("tmpfs", scratch, "tmpfs", 0, "mode=0755")
    node = os.path.join(scratch, "fuse")
    os.mknod(node, stat.S_IFCHR | 0o666, number)
    os.chmod(node, 0o666)
    mount(node, "/dev/fuse", None, MS_BIND)


def set_up(spec):
    for source, target in spec.get("binds", []):
        os.makedirs(target, exist_ok=True)
        mount(source, target, None, MS_BIND)
    if spec["mode"] == "drop":
        open_fuse_to_all(spec["scratch"])
    if spec["mode"] != "plain" and not spec["host_run"]:
        mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755")  # mounts of others are registered there


def become(spec):
    """In the child, before exec: limits, randomisation off for TSan, and the unprivileged user."""
    if spec.get("fixed_addresses"):
        LIBC.personality(ADDR_NO_RANDOMIZE)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    for limit in ((DESCRIPTORS, max(hard, DESCRIPTORS)), (hard, hard)):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, limit)
            break
        except (OSError, ValueError):
            pass
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if spec["mode"] == "drop":
        os.setgroups([])
        os.setresgid(spec["gid"], spec["gid"], spec["gid"])
        os.setresuid(spec["uid"], spec["uid"], spec["uid"])
    os.umask(0o022)


def probe_drop(device, scratch, uid, gid):
    point = os.path.join(scratch, "point")
    try:
        os.mkdir(point)
        os.chown(point, int(uid), int(gid))
        os.chmod(scratch, 0o755)
        open_fuse_to_all(device)
        become({"mode": "drop", "uid": int(uid), "gid": int(gid)})
    except OSError as err:
        print(err)
        return 0
    print(probe_helper(point))
    return 0


# ---------------------------------------------------------------- looking at processes and mounts

def read_text(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def parent_of(pid):
    fields = read_text(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return (int(fields[1]), fields[0]) if len(fields) > 2 else (0, "X")


def descendants():
    """Live processes below us; orphans count because we are their reaper."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            parent, state = parent_of(name)
            if state not in "ZX":
                parents[int(name)] = parent
    found, grew = {os.getpid()}, True
    while grew:
        more = {pid for pid, parent in parents.items() if parent in found} - found
        found |= more
        grew = bool(more)
    return sorted(found - {os.getpid()})


def describe(pid):
    return f"{pid} " + (read_text(f"/proc/{pid}/cmdline").replace("\0", " ").strip()
                        or read_text(f"/proc/{pid}/comm").strip())


def executable(pid):
    try:
        return os.readlink(f"/proc/{pid}/exe")
    except OSError:
        return ""


def fuse_mounts():
    found = []
    for line in read_text("/proc/self/mountinfo").splitlines():
        left, _, right = line.partition(" - ")
        if right.split(" ", 1)[0].startswith("fuse") and not right.startswith("fusectl"):
            found.append((left.split()[4].encode().decode("unicode_escape"), right))
    return found


def dump_stacks(out, build):
    """What everything was waiting for: said before the kill, because afterwards nobody can."""
    for pid in descendants():
        out.write(f"--- process {describe(pid)}\n")
        for task in sorted(os.listdir(f"/proc/{pid}/task")):
            base = f"/proc/{pid}/task/{task}/"
            state = [line for line in read_text(base + "status").splitlines() if line.startswith("State")]
            out.write(f"thread {task} {read_text(base + 'comm').strip()}: {' '.join(state)} in "
                      f"{read_text(base + 'wchan') or '?'}\n{read_text(base + 'stack')}")
        if executable(pid).startswith(build):
            gdb = ["gdb", "-nx", "-batch", "-p", str(pid), "-ex", "thread apply all backtrace 24"]
            try:
                seen = subprocess.run(gdb, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=subprocess.DEVNULL, text=True, timeout=40, check=False)
                out.write(seen.stdout[-20000:])
            except (OSError, subprocess.TimeoutExpired):
                out.write("(no backtrace: gdb is not there or did not answer)\n")
    for point, what in fuse_mounts():
        out.write(f"--- mount {point}: {what}\n")
    out.flush()


def reap():
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def kill_all():
    for _ in range(200):
        reap()
        left = descendants()
        if not left:
            return []
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        time.sleep(0.02)
    return [describe(pid) for pid in descendants()]


# ---------------------------------------------------------------- the run

def wait_child(pid, deadline):
    while True:
        try:
            got, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return None
        if got == pid:
            return status
        if got == 0:
            if time.monotonic() > deadline:
                return None
            time.sleep(0.01)


def leftovers(before):
    """Processes and mounts that outlive the test, once it has had a moment to let them end."""
    end = time.monotonic() + LINGER_SECONDS
    while True:
        reap()
        processes, mounts = descendants(), [p for p, _ in fuse_mounts() if p not in before]
        if not (processes or mounts) or time.monotonic() > end:
            return ([f"process left behind: {describe(pid)}" for pid in processes]
                    + [f"mount left behind: {point}" for point in mounts])
        time.sleep(0.02)


def sanitizer_reports(folder):
    texts = []
    for name in sorted(os.listdir(folder)):
        if name.startswith("sanitizer."):
            texts.append(read_text(os.path.join(folder, name)))
    return texts


def sweep(before):
    for point, _ in reversed(fuse_mounts()):
        if point not in before and umount(point) != 0:
            subprocess.run(["fusermount3", "-u", "-z", "--", point], check=False,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def verdict(status, spec, log):
    if status is None:
        log.write(f"\n=== no end after {spec['seconds']} seconds; who waits for what:\n")
        dump_stacks(log, spec["build_inside"])
        return "fail", f"timed out after {spec['seconds']} s"
    code = os.waitstatus_to_exitcode(status)
    if code == SKIP:
        return "skip", ""
    if code < 0:
        return "fail", f"ended by {signal.Signals(-code).name}"
    return ("pass", "") if code == 0 else ("fail", f"exit status {code}")


def start(spec, log):
    pid = os.fork()
    if pid:
        return pid
    try:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        os.setsid()
        os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        become(spec)
        os.chdir(spec["cwd"])
        os.execve(spec["argv"][0], spec["argv"], spec["env"])
    except OSError as err:
        os.write(2, f"cannot start {spec['argv'][0]}: {err}\n".encode())
    os._exit(126)


def run(spec):
    LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1)
    with open(spec["log"], "a", encoding="utf-8", errors="replace") as log:
        before = {point for point, _ in fuse_mounts()}
        set_up(spec)
        pid = start(spec, log)
        result, reason = verdict(wait_child(pid, time.monotonic() + spec["seconds"]), spec, log)
        notes = leftovers(before) if result != "fail" else []
        stuck = kill_all()
        if spec["mode"] == "plain":
            sweep(before)
        notes += [f"process that cannot be killed: {name}" for name in stuck]
        reports = sanitizer_reports(spec["tmp"])
        log.write("".join(f"=== {note}\n" for note in notes) + "".join(reports))
    if reports:
        result, reason = "fail", "sanitizer report" + (f" ({reason})" if reason else "")
    elif notes:
        result, reason = "fail", notes[0]
    return {"result": result, "reason": reason}


def main():
    if sys.argv[1] == "--probe":
        scratch = sys.argv[3]
        point = os.path.join(scratch, "point")
        os.makedirs(point, exist_ok=True)
        how = {"mount": probe_mount, "helper": probe_helper}[sys.argv[2]]
        print(how(point))
        return 0
    if sys.argv[1] == "--probe-drop":
        return probe_drop(*sys.argv[2:])
    with open(sys.argv[1], encoding="utf-8") as file:
        spec = json.load(file)
    try:
        answer = run(spec)
    except OSError as err:
        answer = {"result": "fail", "reason": f"the sandbox could not be set up: {err}"}
    with open(spec["answer"], "w", encoding="utf-8") as file:
        json.dump(answer, file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
