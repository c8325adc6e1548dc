// SPDX-License-Identifier: MIT
/*
 * The three ways to attach a connection to a folder: a detached mount that is moved onto the folder's
 * descriptor, mount(2) through that descriptor, and fusermount3, which gets the path and gives back a
 * connection.
 */
#include "base/cleanup.h"
#include "base/io.h"
#include "base/spawn.h"
#include "door/fuse/mount_i.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* fsopen(2) and its family, as the kernel numbers them. */
enum { FSOPEN_CLOSE_ON_EXEC = 1, FSMOUNT_CLOSE_ON_EXEC = 1 };
enum { SET_FLAG = 0, SET_STRING = 1, CMD_CREATE = 6 };
enum { FROM_EMPTY_PATH = 0x04, TO_EMPTY_PATH = 0x40 };

/* ---- fsmount(2) --------------------------------------------------------------------------------------- */

static int set_string(int fs, const char *key, const char *value)
{
    return syscall(SYS_fsconfig, fs, SET_STRING, key, value, 0) < 0 ? -errno : 0;
}

static int set_number(int fs, const char *key, const char *format, unsigned value)
{
    char text[16];
    snprintf(text, sizeof text, format, value);
    return set_string(fs, key, text);
}

static int set_flags(int fs, const struct mount_options *options)
{
    static const struct {
        enum mount_row_name row;
        const char *key;
    } flags[] = {{MOUNT_RO, "ro"},
                 {MOUNT_SYNC, "sync"},
                 {MOUNT_DIRSYNC, "dirsync"},
                 {MOUNT_ALLOW_OTHER, "allow_other"},
                 {MOUNT_DEFAULT_PERMISSIONS, "default_permissions"}};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (mount_option_on(options, flags[i].row) &&
            syscall(SYS_fsconfig, fs, SET_FLAG, flags[i].key, NULL, 0) < 0)
            return -errno;
    return 0;
}

static int configure(int fs, int device, const struct mount_options *options)
{
    int rc = set_string(fs, "source", options->fsname);
    rc = rc ? rc : set_string(fs, "subtype", options->subtype);
    rc = rc ? rc : set_number(fs, "fd", "%u", (unsigned)device);
    rc = rc ? rc : set_number(fs, "rootmode", "%o", S_IFDIR);
    rc = rc ? rc : set_number(fs, "user_id", "%u", getuid());
    rc = rc ? rc : set_number(fs, "group_id", "%u", getgid());
    if (rc == 0 && options->max_read)
        rc = set_number(fs, "max_read", "%u", options->max_read);
    rc = rc ? rc : set_flags(fs, options);
    return rc ? rc : syscall(SYS_fsconfig, fs, CMD_CREATE, NULL, NULL, 0) < 0 ? -errno : 0;
}

static int mount_by_fsmount(struct opening *o)
{
    CLEANUP_FD int fs = (int)syscall(SYS_fsopen, "fuse", FSOPEN_CLOSE_ON_EXEC);
    if (fs < 0)
        return -errno;
    int rc = configure(fs, o->mount->fd, &o->options);
    if (rc)
        return rc;
    CLEANUP_FD int made =
        (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOSE_ON_EXEC, mount_options_attr(&o->options));
    if (made < 0)
        return -errno;
    struct statx st;
    if (statx(made, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, 0, &st) < 0)
        return -errno;
    o->mount->id = mountinfo_fd_mount(made);
    o->mount->unique = mountinfo_fd_unique(made);
    o->mount->minor = st.stx_dev_minor;
    mount_introduce(o->mount);
    if (syscall(SYS_move_mount, made, "", o->point_fd, "", FROM_EMPTY_PATH | TO_EMPTY_PATH) < 0)
        return -errno;
    return 0;
}

/* ---- mount(2) and fusermount3 ------------------------------------------------------------------------- */

static int mount_by_mount(struct opening *o)
{
    char type[48], target[64], data[256];
    snprintf(type, sizeof type, "fuse.%s", o->options.subtype);
    snprintf(target, sizeof target, "/proc/self/fd/%d", o->point_fd);
    int n =
        snprintf(data, sizeof data, "fd=%d,rootmode=%o,user_id=%u,group_id=%u%s%s", o->mount->fd, S_IFDIR,
                 getuid(), getgid(), mount_option_on(&o->options, MOUNT_ALLOW_OTHER) ? ",allow_other" : "",
                 mount_option_on(&o->options, MOUNT_DEFAULT_PERMISSIONS) ? ",default_permissions" : "");
    if (o->options.max_read)
        snprintf(data + n, sizeof data - (size_t)n, ",max_read=%u", o->options.max_read);
    return mount(o->options.fsname, target, type, mount_options_flags(&o->options), data) < 0 ? -errno : 0;
}

static bool other_users_allowed(void)
{
    char text[8192];
    if (read_file_small("/etc/fuse.conf", text, sizeof text) < 0)
        return false;
    char *save = NULL;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        line += strspn(line, " \t");
        size_t len = strlen("user_allow_other");
        if (strncmp(line, "user_allow_other", len) == 0 && line[len + strspn(line + len, " \t\r")] == 0)
            return true;
    }
    return false;
}

static int receive_fd(int sock)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    char byte;
    struct iovec iov = {&byte, 1};
    struct msghdr msg = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t n;
    do
        n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    const struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&msg) : NULL;
    if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS ||
        c->cmsg_len != CMSG_LEN(sizeof(int)))
        return -EIO;
    int fd;
    memcpy(&fd, CMSG_DATA(c), sizeof fd);
    return fd;
}

static int run_fusermount(struct opening *o, const char *helper, const char *options)
{
    int ends[2], status = 0;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return mount_fail(o, -errno, "cannot make a socket pair: %s", strerror(errno));
    char comm[32];
    snprintf(comm, sizeof comm, "_FUSE_COMMFD=%d", ends[0]);
    char *const argv[] = {"fusermount3", "-o", (char *)options, "--", (char *)o->config->point, NULL};
    char *const envp[] = {comm, "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL};
    const int keep[] = {ends[0], -1};
    int rc = spawn_run(helper, argv, envp, keep, &status);
    close(ends[0]);
    int fd = rc || status ? -1 : receive_fd(ends[1]);
    close(ends[1]);
    if (rc)
        return mount_fail(o, -ENODEV, "cannot run %s: %s", helper, strerror(-rc));
    if (fd < 0)
        return mount_fail(o, -EPERM,
                          "%s refused to mount on %s (its own message stands above; in a container it needs "
                          "--cap-add SYS_ADMIN%s)",
                          helper, o->config->point,
                          mount_option_on(&o->options, MOUNT_NOSYMFOLLOW)
                              ? "; many do not know nosymfollow: mount as root, or without it"
                              : "");
    close(steal_fd(&o->mount->fd));
    o->mount->fd = fd;
    return 0;
}

static int mount_by_helper(struct opening *o)
{
    CLEANUP_FREE char *helper = fusermount_path();
    char options[1024];
    if (!helper)
        return mount_fail(
            o, -ENODEV,
            "mounting without root needs fusermount3, which is not installed: run apt-get install "
            "fuse3 as root");
    if (mount_option_on(&o->options, MOUNT_ALLOW_OTHER) && geteuid() != 0 && !other_users_allowed())
        return mount_fail(o, -EPERM,
                          "allow_other is not permitted to normal users here: root can put the line "
                          "user_allow_other into /etc/fuse.conf");
    if (mount_options_text(&o->options, options, sizeof options) < 0)
        return mount_fail(o, -ENAMETOOLONG, "the mount options are too long");
    return run_fusermount(o, helper, options);
}

/* Finds the mount that was just made by path. */
static int identify(struct opening *o)
{
    struct mountinfo_top top;
    unsigned minor = mountinfo_fuse_minor(o->mount->fd);
    if (!mountinfo_top(o->config->point, &top) || strncmp(top.type, "fuse", 4) != 0 ||
        (minor && minor != top.minor))
        return mount_fail(o, -EIO, "mounted on %s, but the mount is not to be found in /proc/self/mountinfo",
                          o->config->point);
    CLEANUP_FD int fd = open(o->config->point, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    o->mount->id = top.id;
    o->mount->unique = mountinfo_fd_mount(fd) == top.id ? mountinfo_fd_unique(fd) : 0;
    o->mount->minor = top.minor;
    mount_introduce(o->mount);
    return 0;
}

int mount_attach(struct opening *o)
{
    int rc = mount_by_fsmount(o);
    if (rc == 0)
        return 0;
    if (rc == -ENOSYS)
        rc = mount_by_mount(o);
    if (rc == -EPERM || rc == -EACCES)
        rc = mount_by_helper(o);
    else if (rc)
        return mount_fail(o, rc, "cannot mount on %s: %s", o->config->point, strerror(-rc));
    return rc ? rc : identify(o);
}
