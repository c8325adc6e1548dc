// SPDX-License-Identifier: MIT
/*
 * See namespace.h. Without root a user namespace gives the right to mount; the user stays the same one in it.
 * The private folder is a tmpfs over a folder that always exists and is always empty outside, so that nothing
 * has to be removed afterwards, however this ends.
 */
#include "cli/namespace.h"

#include "cli/cli.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    ssize_t n = write(fd, text, strlen(text));
    int rc = n < 0 ? -errno : 0;
    close(fd);
    return rc;
}

static bool file_says(const char *path, char first)
{
    char c = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool says = fd >= 0 && read(fd, &c, 1) == 1 && c == first;
    if (fd >= 0)
        close(fd);
    return says;
}

static int complain_forbidden(int rc)
{
    static const struct {
        const char *path;
        char first;
        const char *hint;
    } rows[] = {
        {"/proc/sys/user/max_user_namespaces", '0', "sysctl user.max_user_namespaces=10000"},
        {"/proc/sys/kernel/unprivileged_userns_clone", '0', "sysctl kernel.unprivileged_userns_clone=1"},
        {"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", '1',
         "sysctl kernel.apparmor_restrict_unprivileged_userns=0"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (file_says(rows[i].path, rows[i].first))
            return complain_text(0,
                                 "user namespaces are forbidden here; root can allow them with `%s`, or use "
                                 "`dokanctl mount`",
                                 rows[i].hint),
                   EXIT_RUN;
    complain_text(
        0,
        "no namespaces can be made here (%s): a container has to allow them (--cap-add SYS_ADMIN, or a "
        "seccomp profile that permits unshare); or use `dokanctl mount`",
        reason(rc));
    return EXIT_RUN;
}

/* The same user and group, and no other. */
static int map_user(uid_t uid, gid_t gid)
{
    char text[64];
    int rc = write_text("/proc/self/setgroups", "deny");
    snprintf(text, sizeof text, "%u %u 1", uid, uid);
    rc = rc ? rc : write_text("/proc/self/uid_map", text);
    snprintf(text, sizeof text, "%u %u 1", gid, gid);
    return rc ? rc : write_text("/proc/self/gid_map", text);
}

int namespace_enter(void)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();
    int rc = -EPERM;
    if (uid == 0)
        rc = unshare(CLONE_NEWNS | CLONE_NEWPID) < 0 ? -errno : 0;
    if (rc) {
        rc = unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID) < 0 ? -errno : map_user(uid, gid);
        if (rc)
            return complain_forbidden(rc);
    }
    /* What is mounted outside later appears here too; nothing from here appears outside. */
    if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
        return complain("making the mounts private", -errno, NULL), EXIT_RUN;
    return 0;
}

static bool own_directory(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() && !(st.st_mode & 022);
}

/* The folder of the library, found as it does; any other would serve as well. */
static bool find_folder(char *out, size_t size)
{
    const char *chosen = secure_getenv("DOKAN_RUNTIME"), *session = secure_getenv("XDG_RUNTIME_DIR");
    const char *temporary = secure_getenv("TMPDIR");
    char candidates[4][PATH_MAX] = {{0}};
    if (chosen && chosen[0] == '/')
        snprintf(candidates[0], PATH_MAX, "%s", chosen);
    if (session && session[0] == '/' && own_directory(session))
        snprintf(candidates[1], PATH_MAX, "%s/dokan", session);
    if (geteuid() == 0)
        snprintf(candidates[2], PATH_MAX, "/run/dokan");
    snprintf(candidates[3], PATH_MAX, "%s/dokan-%u", temporary && temporary[0] == '/' ? temporary : "/tmp",
             geteuid());
    for (size_t i = 0; i < COUNT_OF(candidates); i++) {
        if (!*candidates[i])
            continue;
        mkdir(candidates[i], geteuid() == 0 && i == 2 ? 0755 : 0700);
        size_t n = (size_t)snprintf(out, size, "%s/run", candidates[i]);
        if (n >= size || !own_directory(candidates[i]))
            continue;
        mkdir(out, 0700);
        if (own_directory(out))
            return true;
    }
    return false;
}

/* A run inside of a run takes a folder in that one's, which it would otherwise hide. */
static bool make_marker(char *out, size_t size)
{
    char mark[PATH_MAX];
    snprintf(mark, sizeof mark, "%s/mount", out);
    while (access(mark, F_OK) == 0) {
        size_t length = strlen(out);
        if ((size_t)snprintf(out + length, size - length, "/run") >= size - length)
            return false;
        mkdir(out, 0700);
        snprintf(mark, sizeof mark, "%s/mount", out);
    }
    return true;
}

int namespace_folder(char *out, size_t size)
{
    char mount_folder[PATH_MAX];
    if (!find_folder(out, size) || !make_marker(out, size))
        return complain_text(0, "no private folder can be had: set DOKAN_RUNTIME to a directory of your own"),
               EXIT_RUN;
    if (mount("dokanctl", out, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0700,size=4m") < 0)
        return complain(out, -errno, NULL), EXIT_RUN;
    snprintf(mount_folder, sizeof mount_folder, "%s/mount", out);
    if (mkdir(mount_folder, 0700) < 0)
        return complain(mount_folder, -errno, NULL), EXIT_RUN;
    setenv("DOKAN_RUNTIME", out, 1);
    unsetenv("DOKAN_DRIVES");
    /* Where that is forbidden, /proc shows the processes outside as well. */
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
        errno = 0;
    return 0;
}

void namespace_share_power(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
    if (syscall(SYS_capget, &head, sets) < 0)
        return;
    sets[CAP_TO_INDEX(CAP_SYS_ADMIN)].inheritable |= CAP_TO_MASK(CAP_SYS_ADMIN);
    if (syscall(SYS_capset, &head, sets) < 0 ||
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_ADMIN, 0, 0) < 0)
        errno = 0; /* they say themselves that they cannot mount */
}
