// SPDX-License-Identifier: MIT
/*
 * Mounting and unmounting; mount.h tells the plan. Invariants: the reaper is running and knows the mount's
 * identity before the mount appears wherever the kernel allows that (fsmount), else right after; a failed
 * open leaves no mount, no reaper and no descriptor behind.
 */
#include "base/cleanup.h"
#include "base/io.h"
#include "base/log.h"
#include "base/spawn.h"
#include "base/thread.h"
#include "door/fuse/mount_i.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define REMOVE_SECONDS 2

int mount_fail(struct opening *o, int rc, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(o->error, o->size, fmt, args);
    va_end(args);
    return rc;
}

/* ---- the mount point ---------------------------------------------------------------------------------- */

static int check_empty(struct opening *o)
{
    CLEANUP_FD int fd = openat(o->point_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir)
        return 0; /* unreadable: mounting itself will tell */
    steal_fd(&fd);
    const struct dirent *entry;
    bool empty = true;
    while (empty && (entry = readdir(dir)))
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    closedir(dir);
    return empty ? 0
                 : mount_fail(
                       o, -ENOTEMPTY,
                       "mount point %s is not empty: choose an empty directory, or give the mount option "
                       "nonempty",
                       o->config->point);
}

static int check_owner(struct opening *o)
{
    struct stat st;
    char path[64];
    if (geteuid() == 0 || fstat(o->point_fd, &st) < 0)
        return 0;
    snprintf(path, sizeof path, "/proc/self/fd/%d", o->point_fd);
    bool sticky = (st.st_mode & S_ISVTX) && st.st_uid != geteuid();
    if (!sticky && eaccess(path, W_OK) == 0)
        return 0;
    return mount_fail(
        o, -EACCES,
        "no permission to mount on %s: it belongs to user %u, and mounting needs write access to it. Choose "
        "a directory of your own",
        o->config->point, st.st_uid);
}

static int check_point(struct opening *o)
{
    const char *point = o->config->point;
    struct mountinfo_top top;
    bool onto = mount_option_on(&o->options, MOUNT_NONEMPTY);
    if (!onto && mountinfo_top(point, &top))
        return mount_fail(
            o, -EBUSY,
            "mount point %s is in use: a file system of type %s (%s) is mounted there. %s another directory",
            point, top.type, top.source,
            strcmp(top.type, "fuse.dokan") == 0 ? "Unmount it with dokanctl unmount, or choose" : "Choose");
    o->point_fd = open(point, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (o->point_fd < 0 && errno == ENOENT)
        return mount_fail(o, -ENOENT, "mount point %s does not exist: make it with mkdir -p %s", point,
                          point);
    if (o->point_fd < 0)
        return mount_fail(o, -errno, "cannot open mount point %s: %s", point, strerror(errno));
    if (onto)
        return 0;
    struct stat st;
    if (fstat(o->point_fd, &st) == 0 && !S_ISDIR(st.st_mode))
        return mount_fail(o, -ENOTDIR, "mount point %s is not a directory", point);
    int rc = check_owner(o);
    return rc ? rc : check_empty(o);
}

/* ---- the device --------------------------------------------------------------------------------------- */

static int open_device(struct opening *o)
{
    const char *chosen = secure_getenv("DOKAN_FUSE_DEVICE"), *device = chosen ? chosen : "/dev/fuse";
    o->mount->fd = open(device, O_RDWR | O_CLOEXEC);
    if (o->mount->fd >= 0)
        return 0;
    if (errno == ENOENT || errno == ENXIO || errno == ENODEV)
        return mount_fail(
            o, -ENODEV,
            "%s is missing: load the kernel module (modprobe fuse), or start the container with --device "
            "/dev/fuse --cap-add SYS_ADMIN",
            device);
    if (errno == EACCES || errno == EPERM)
        return mount_fail(o, -ENODEV, "no permission for %s: root can allow it with chmod 666 %s", device,
                          device);
    return mount_fail(o, -ENODEV, "cannot open %s: %s", device, strerror(errno));
}

/* ---- the reaper --------------------------------------------------------------------------------------- */

static void start_reaper(struct opening *o)
{
    int ends[2];
    const char *chosen = secure_getenv("DOKAN_REAPER"), *path = chosen ? chosen : o->config->reaper;
    if (!o->config->reaper || pipe2(ends, O_CLOEXEC) < 0)
        return;
    char fd_text[16], pid_text[16];
    snprintf(fd_text, sizeof fd_text, "%d", ends[0]);
    snprintf(pid_text, sizeof pid_text, "%d", (int)getpid());
    char *const argv[] = {"dokan-reaper", fd_text, pid_text, (char *)o->config->point, NULL};
    char *const envp[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL};
    const int keep[] = {ends[0], -1};
    int rc = spawn_detached(path, argv, envp, keep);
    close(ends[0]);
    if (rc == 0) {
        o->mount->reaper = ends[1];
        return;
    }
    close(ends[1]);
    log_warn(
        "cannot start %s (%s): if this process is killed, %s stays mounted until dokanctl unmount or umount",
        path, strerror(-rc), o->config->point);
}

/* A write to a pipe whose reader died raises SIGPIPE, which must not reach the host. */
static void tell_reaper(int fd, const char *text, size_t len)
{
    sigset_t pipe_set, pending, old;
    sigemptyset(&pipe_set);
    sigaddset(&pipe_set, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &pipe_set, &old);
    if (write_all(fd, text, len) == -EPIPE && !sigismember(&pending, SIGPIPE)) {
        const struct timespec now = {0};
        sigtimedwait(&pipe_set, NULL, &now);
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void mount_introduce(const struct fuse_mount *mount)
{
    char *text = NULL;
    if (mount->reaper < 0)
        return;
    int n = asprintf(&text, "mount %llu %llu %u %zu\n%s", (unsigned long long)mount->id,
                     (unsigned long long)mount->unique, mount->minor, strlen(mount->point), mount->point);
    if (n > 0)
        tell_reaper(mount->reaper, text, (size_t)n);
    free(text);
}

static void stop_reaper(struct fuse_mount *mount, bool removed)
{
    if (mount->reaper < 0)
        return;
    if (removed)
        tell_reaper(mount->reaper, "quit\n", 5);
    close(steal_fd(&mount->reaper));
}

int fuse_mount_open(const struct fuse_mount_config *config, struct fuse_mount *mount, char *error,
                    size_t size)
{
    *mount = (struct fuse_mount){.fd = -1, .reaper = -1};
    struct opening o = {.config = config, .mount = mount, .point_fd = -1, .error = error, .size = size};
    int rc = mount_options_parse(config, geteuid() == 0, &o.options, error, size);
    rc = rc ? rc : check_point(&o);
    rc = rc ? rc : open_device(&o);
    if (rc == 0 && !(mount->point = strdup(config->point)))
        rc = -ENOMEM;
    if (rc == 0) {
        start_reaper(&o);
        rc = mount_attach(&o);
    }
    if (o.point_fd >= 0)
        close(o.point_fd);
    if (rc) {
        stop_reaper(mount, true);
        fuse_mount_forget(mount);
        free(mount->point);
        *mount = (struct fuse_mount){.fd = -1, .reaper = -1};
    }
    return rc;
}

/* ---- taking it away ----------------------------------------------------------------------------------- */

/* The kernel may flush to a hung file system while it unmounts, so this runs on a thread that can be left
 * behind. */
struct removal {
    _Atomic int refs;
    struct mount_identity identity;
    int rc;
    char point[];
};

static void removal_put(struct removal *r)
{
    if (--r->refs == 0)
        free(r);
}

static void *run_removal(void *arg)
{
    struct removal *r = arg;
    r->rc = mount_remove(&r->identity);
    removal_put(r);
    return NULL;
}

int mount_remove_within(const struct mount_identity *identity, unsigned seconds)
{
    size_t len = strlen(identity->point) + 1;
    struct removal *r = malloc(sizeof *r + len);
    pthread_t thread;
    if (!r)
        return -ENOMEM;
    memcpy(r->point, identity->point, len);
    r->identity = (struct mount_identity){identity->id, identity->unique, identity->minor, r->point};
    r->refs = 2;
    int rc = thread_start(&thread, "dokan-unmount", 0, NULL, run_removal, r);
    if (rc) {
        free(r);
        return rc;
    }
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += seconds;
    if (pthread_timedjoin_np(thread, NULL, &until) != 0) {
        pthread_detach(thread);
        rc = -ETIMEDOUT;
    } else {
        rc = r->rc;
    }
    removal_put(r);
    return rc;
}

int fuse_mount_close(struct fuse_mount *mount)
{
    if (!mount->point)
        return 0;
    const struct mount_identity identity = {mount->id, mount->unique, mount->minor, mount->point};
    int rc = mount_remove_within(&identity, REMOVE_SECONDS);
    stop_reaper(mount, rc == 0);
    fuse_mount_forget(mount);
    free(mount->point);
    mount->point = NULL;
    return rc;
}

void fuse_mount_forget(struct fuse_mount *mount)
{
    if (mount->fd >= 0)
        close(steal_fd(&mount->fd));
    if (mount->reaper >= 0)
        close(steal_fd(&mount->reaper));
}
