// SPDX-License-Identifier: MIT
/*
 * Removing one mount by its identity. The folder is opened by O_PATH, which asks the file system nothing; if
 * the descriptor lies in our mount, exactly that mount is detached through it. Shared with the reaper, hence
 * libc and base/spawn only.
 */
#include "base/cleanup.h"
#include "base/spawn.h"
#include "door/fuse/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

char *fusermount_path(void)
{
    static const char *const places[] = {"/usr/bin/fusermount3", "/bin/fusermount3",
                                         "/usr/local/bin/fusermount3", "/run/wrappers/bin/fusermount3",
                                         "/sbin/fusermount3"};
    const char *chosen = secure_getenv("DOKAN_FUSERMOUNT");
    if (chosen)
        return access(chosen, X_OK) == 0 ? strdup(chosen) : NULL;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (access(places[i], X_OK) == 0)
            return strdup(places[i]);
    return NULL;
}

static int remove_by_helper(const char *point)
{
    char *helper = fusermount_path();
    if (!helper)
        return -ENOENT;
    char *const argv[] = {"fusermount3", "-u", "-q", "-z", "--", (char *)point, NULL};
    char *const envp[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL};
    int status = 0;
    int rc = spawn_run(helper, argv, envp, NULL, &status);
    free(helper);
    return rc ? rc : status ? -EPERM : 0;
}

/* -EPERM: only the helper may. */
static int remove_by_fd(const struct mount_identity *identity, const char *point, int flags)
{
    char path[64];
    CLEANUP_FD int fd = open(point, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (mountinfo_fd_mount(fd) != identity->id)
        return -EBUSY;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return umount2(path, MNT_DETACH | flags) == 0 ? 0 : -errno;
}

static int remove_with(const struct mount_identity *identity, int flags)
{
    char *point;
    enum mount_state state = mountinfo_locate(identity, &point);
    if (state != MOUNT_TOPMOST) {
        free(point);
        return state == MOUNT_GONE ? 0 : -EBUSY;
    }
    int rc = remove_by_fd(identity, point, flags);
    if (rc == -EPERM) {
        rc = remove_by_helper(point);
        rc = mountinfo_state(identity) == MOUNT_GONE ? 0 : rc ? rc : -EPERM;
    }
    free(point);
    return rc;
}

int mount_remove(const struct mount_identity *identity)
{
    return remove_with(identity, 0);
}

int mount_remove_dead(const struct mount_identity *identity)
{
    return remove_with(identity, MNT_FORCE);
}
