# SPDX-License-Identifier: MIT
"""What this machine allows: namespaces, /dev/fuse, an unprivileged user. Asked once, before the first test.

Four ways to run a test ("modes"):
  root    root in mount and PID namespaces of its own; mounts by mount(2)
  drop    the same, then down to an unprivileged user; mounts through the setuid fusermount3
  userns  an ordinary user who is root in a user namespace of his own; mounts by mount(2)
  plain   an ordinary user in no namespace, because a setuid program has no power inside one of his own;
          what is left mounted is found in mountinfo and unmounted afterwards
"""

import os
import pwd
import subprocess
import sys
import tempfile

NAMESPACES = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private"]
OWN_USER = ["--user", "--map-root-user"]


class Machine:
    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.root = os.geteuid() == 0
        self.uid, self.gid = self.unprivileged()
        self.prefix = NAMESPACES if self.root else NAMESPACES + OWN_USER
        self.namespaces = self.try_out(self.prefix + ["true"]) == ""
        self.base_mode = ("root" if self.root else "userns") if self.namespaces else "plain"
        self.base_problem = self.probe("mount", "userns" if not self.root else self.base_mode)
        self.helper_problem = self.user_problem(True) or self.probe_user()
        if self.base_mode == "plain" and not self.root and self.base_problem:
            self.base_problem = self.helper_problem

    @staticmethod
    def unprivileged():
        if os.geteuid() != 0:
            return os.getuid(), os.getgid()
        try:
            entry = pwd.getpwnam("nobody")
            return entry.pw_uid, entry.pw_gid
        except KeyError:
            return 65534, 65534

    @staticmethod
    def try_out(command):
        """Empty if it succeeds; else the last thing it said."""
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30,
                                  check=False)
        except (OSError, subprocess.TimeoutExpired) as err:
            return str(err)
        said = (done.stdout + done.stderr).strip().splitlines()
        if done.returncode == 0:
            return said[-1] if said else ""
        return said[-1] if said else f"{command[0]} failed"

    def probe(self, how, mode):
        prefix = self.prefix if mode in ("root", "userns") and self.namespaces else []
        with tempfile.TemporaryDirectory(prefix="xdokan-probe.", ignore_cleanup_errors=True) as scratch:
            problem = self.try_out(prefix + [sys.executable, self.sandbox, "--probe", how, scratch])
        return "no usable /dev/fuse: " + problem if problem else ""

    def probe_user(self):
        if not self.root:
            return self.probe("helper", "plain")
        if not self.namespaces:
            return "no private mount namespace to give an unprivileged user a /dev/fuse in"
        with tempfile.TemporaryDirectory(prefix="xdokan-probe.") as scratch:
            os.mkdir(scratch + "/dev")
            problem = self.try_out(self.prefix + [sys.executable, self.sandbox, "--probe-drop", scratch + "/dev",
                                                  scratch, str(self.uid), str(self.gid)])
        return "no FUSE mount as an unprivileged user: " + problem if problem else ""

    def user_problem(self, user):
        """Why a test cannot run as an unprivileged user of this machine at all."""
        if user and self.root and not self.namespaces:
            return "running as another user needs a private mount namespace"
        return ""

    def fuse_problem(self, user):
        return self.helper_problem if user else self.base_problem

    def mode(self, user):
        if user:
            return "drop" if self.root else "plain"
        return self.base_mode

    def enter(self, user):
        return self.prefix if self.mode(user) != "plain" else []

    def describe(self):
        yield f"running as {'root' if self.root else 'an ordinary user'}, sandbox: {self.base_mode}"
        if self.base_problem:
            yield f"tests that need a mount are skipped ({self.base_problem})"
        if self.helper_problem and self.helper_problem != self.base_problem:
            yield f"mounts as an unprivileged user are skipped ({self.helper_problem})"
