# SPDX-License-Identifier: MIT
"""The servers that are compared: how each is found, started, filled, made cold, pinned and ended.

Everything is mounted below one private folder, in a mount and PID namespace of our own (see `run`), so nothing is left
behind whatever happens. A server that cannot be had is left out and says why.
"""

import ctypes
import glob
import os
import re
import shutil
import signal
import subprocess
import time

LIBC = ctypes.CDLL(None, use_errno=True)
MS_NOSUID, MS_NODEV, MS_REMOUNT = 2, 4, 32
EXAMPLE = "/usr/share/doc/libfuse3-dev/examples/passthrough_fh.c"
START_SECONDS = 10
MODES = ("strict", "cached")


class Unavailable(Exception):
    pass


def mount(source, target, fstype, flags=0, data=None):
    args = [None if a is None else os.fsencode(a) for a in (source, target, fstype)]
    if LIBC.mount(*args, ctypes.c_ulong(flags), None if data is None else data.encode()) != 0:
        err = ctypes.get_errno()
        raise OSError(err, os.strerror(err), target)


def thread_ids(pid):
    try:
        return [int(name) for name in os.listdir(f"/proc/{pid}/task")]
    except OSError:
        return []


class Server:
    """One mount. `mode` is "strict" (the kernel may remember nothing) or "cached" (everything, for a minute)."""

    name = ""
    ours = False
    backed = False      # shows a folder of a tmpfs that must be filled first
    prefilled = False   # has the files already

    def __init__(self, setup, mode):
        self.setup, self.mode, self.process = setup, mode, None
        self.seconds = setup.timeout if mode == "cached" else 0
        self.point = os.path.join(setup.scratch, f"{self.name}-{mode}")
        self.log = self.point + ".log"

    def command(self):
        """The server's command line; None: no process."""
        raise NotImplementedError

    def described(self):
        return f"timeouts {self.seconds:g} s"

    def start(self):
        os.makedirs(self.point, exist_ok=True)
        before = os.stat(self.point).st_dev
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=self.setup.environment, cwd="/")
        end = time.monotonic() + START_SECONDS
        while os.stat(self.point).st_dev == before:
            if self.process.poll() is not None or time.monotonic() > end:
                raise Unavailable(self.complaint())
            time.sleep(0.01)
        self.fill()

    def complaint(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            lines = log.read().strip().splitlines()
        return lines[-1] if lines else "it did not mount, without a word"

    def fill(self):
        if not (self.backed or self.prefilled):
            self.setup.work(self.point, "fill")

    def make_cold(self):
        """Has the kernel forget every name and every page of this mount alone."""
        if not self.setup.may_remount:
            raise Unavailable("cold caches need root")
        mount(None, self.point, None, MS_REMOUNT | MS_NOSUID | MS_NODEV)
        time.sleep(0.05)  # what was forgotten is told the server meanwhile

    def pin(self, cpus):
        """All threads; again while there are new ones."""
        seen = set()
        while self.process and set(thread_ids(self.process.pid)) - seen:
            for tid in thread_ids(self.process.pid):
                seen.add(tid)
                try:
                    os.sched_setaffinity(tid, cpus)
                except ProcessLookupError:
                    pass

    def cpu_ns(self):
        """Processor time of all its threads so far."""
        total = 0
        for tid in thread_ids(self.process.pid) if self.process else []:
            try:
                with open(f"/proc/{self.process.pid}/task/{tid}/schedstat", encoding="ascii") as stat:
                    total += int(stat.read().split()[0])
            except OSError:
                pass
        return total

    def stop(self):
        if not self.process:
            return
        self.process.send_signal(signal.SIGTERM)
        LIBC.umount2(os.fsencode(self.point), 2)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def options(server):
    """Mount options that all servers get; ours checks permissions in the kernel, so the peers do too."""
    return f"entry_timeout={server.seconds:g},attr_timeout={server.seconds:g},default_permissions"


def built(setup, name):
    path = os.path.join(setup.build, name)
    if not os.access(path, os.X_OK):
        raise Unavailable(f"{path} is not there: build it with ninja")
    return path


class Memfs(Server):
    name, ours = "memfs", True

    def command(self):
        return [built(self.setup, "samples/memfs"), "/b", "/l", self.point, "--mount-options", options(self)]


class Mirror(Server):
    name, ours, backed = "mirror", True, True

    def command(self):
        return [built(self.setup, "samples/mirror"), "/r", self.setup.backing, "/l", self.point, "/b",
                "--mount-options", options(self)]


class Object(Server):
    """An FS object, mounted by dokanctl: is the layer above the Dokan API as quick as the sample that does the same?"""

    ours = True

    def command(self):
        return [built(self.setup, "src/cli/dokanctl"), "mount", "--foreground", "-o", options(self), self.source(),
                self.point]


class FsMem(Object):
    name = "fs-mem"

    def source(self):
        return "mem://"


class FsFile(Object):
    name, backed = "fs-file", True

    def source(self):
        return self.setup.backing


class Nullfs(Server):
    name, prefilled = "nullfs", True

    def command(self):
        return [built(self.setup, "bench/nullfs"), "--timeout", f"{self.seconds:g}", "--files", str(self.setup.files),
                "--size", str(self.setup.size), self.point]


class Bindfs(Server):
    name, backed = "bindfs", True

    def command(self):
        path = shutil.which("bindfs")
        if not path:
            raise Unavailable("bindfs is not installed")
        extra = ",big_writes" if "libfuse.so.2" in linked(path) else ""
        return [path, "-f", "-o", options(self) + extra, self.setup.backing, self.point]

    def described(self):
        return f"timeouts {self.seconds:g} s, one thread, as Debian ships it"


class PassthroughFh(Server):
    name, backed = "passthrough_fh", True

    def command(self):
        return [compile_example(self.setup, self.seconds), "-f", "-o",
                f"default_permissions,modules=subdir,subdir={self.setup.backing}", self.point]

    def described(self):
        return f"timeouts {self.seconds:g} s (set in its source), libfuse's worker threads"


class Tmpfs(Server):
    """No server at all: the speed of the kernel itself. It has no timeouts."""

    name = "tmpfs"

    def start(self):
        os.makedirs(self.point, exist_ok=True)
        mount("tmpfs", self.point, "tmpfs")
        self.fill()

    def make_cold(self):
        pass  # its names live in the kernel's cache and nowhere else

    def described(self):
        return "the kernel's own"

    def stop(self):
        LIBC.umount2(os.fsencode(self.point), 2)


CLASSES = {c.name: c for c in (Memfs, Mirror, FsMem, FsFile, Nullfs, Tmpfs, Bindfs, PassthroughFh)}


def linked(path):
    return subprocess.run(["ldd", path], capture_output=True, text=True, check=False).stdout


def compile_example(setup, seconds):
    """libfuse's example, from the documentation that is installed here; its timeouts are constants in the source."""
    out = os.path.join(setup.scratch, f"passthrough_fh-{seconds:g}.bin")
    if os.path.exists(out):
        return out
    if not os.path.exists(EXAMPLE) and not glob.glob(EXAMPLE + ".gz"):
        raise Unavailable(f"{EXAMPLE} is not there: install libfuse3-dev")
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "fuse3"], capture_output=True, text=True, check=False)
    if flags.returncode != 0:
        raise Unavailable("pkg-config does not know fuse3: install libfuse3-dev")
    opener = ["cat", EXAMPLE] if os.path.exists(EXAMPLE) else ["zcat", EXAMPLE + ".gz"]
    source = subprocess.run(opener, capture_output=True, text=True, check=True).stdout
    source, n = re.subn(r"(cfg->(?:entry|attr)_timeout) = 0;", rf"\1 = {seconds:g};", source)
    if n != 2:
        raise Unavailable("the example's timeouts are not where they were; look at servers.py")
    # The options that its authors' build finds out on Linux.
    done = subprocess.run(["cc", "-O2", "-x", "c", "-", "-o", out, "-DHAVE_UTIMENSAT", "-DHAVE_POSIX_FALLOCATE",
                           *flags.stdout.split()], input=source, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unavailable("the example does not compile: " + (done.stderr.strip().splitlines() or ["?"])[0])
    return out
