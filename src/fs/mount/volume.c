// SPDX-License-Identifier: MIT
/*
 * A volume that this process serves. Its own thread renews deadlines while it is mounted, and when it has
 * ended, however that came, closes the object, calls `unmounted` and tells who waits; in this order.
 *
 * A callback that is stuck for good may still use the object, the table and the options. Then all of that is
 * left behind: a leak, but nobody touches freed memory. References: the thread's, and the one given out.
 * `lock` guards `done` and `result`.
 */
#include "fs/mount/mount_i.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/thread.h"
#include "fs/mount/expose.h"
#include "fs/mount/timeout.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>

enum { CACHE_MS = 60000, DRAIN_MS = 2000, DRAIN_STEP_MS = 10, INSIDE_TICK_MS = 20 };

uint32_t mount_test_timeout_ms;

struct volume {
    struct expose *expose; /* NULL once closed */
    struct watch *watch;
    DOKAN_OPTIONS options;
    DOKAN_OPERATIONS operations;
    DOKAN_HANDLE handle;
    ULONG64 id;
    WCHAR point[PATH_MAX];
    char path[PATH_MAX], drive[4];
    void (*unmounted)(void *ctx);
    void *ctx;
    atomic_uint refs;
    bool stuck;  /* never to be freed */
    bool inside; /* without a mount; ends with `stop` */
    atomic_bool stop;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* CLOCK_MONOTONIC */
    bool done;
    int result;
    int done_fd;
};

/* ---- object ---------------------------------------------------------------------------------------- */

static struct volume *volume_new(void)
{
    struct volume *volume = calloc(1, sizeof *volume);
    pthread_condattr_t attr;
    if (!volume)
        return NULL;
    volume->done_fd = eventfd(0, EFD_CLOEXEC);
    if (volume->done_fd < 0) {
        free(volume);
        return NULL;
    }
    atomic_init(&volume->refs, 1);
    pthread_mutex_init(&volume->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&volume->changed, &attr);
    pthread_condattr_destroy(&attr);
    return volume;
}

void volume_put(struct volume *volume)
{
    if (!volume || atomic_fetch_sub(&volume->refs, 1) != 1 || volume->stuck)
        return;
    if (volume->expose)
        expose_free(volume->expose);
    watch_free(volume->watch);
    close(volume->done_fd);
    pthread_cond_destroy(&volume->changed);
    pthread_mutex_destroy(&volume->lock);
    free(volume);
}

const char *volume_path(const struct volume *volume)
{
    return volume->path;
}

const char *volume_drive(const struct volume *volume)
{
    return volume->drive;
}

int volume_done_fd(const struct volume *volume)
{
    return volume->done_fd;
}

/* ---- the end --------------------------------------------------------------------------------------- */

static bool is_drained(const struct volume *volume)
{
    for (int ms = 0; !DokanIsVolumeDrained(volume->id); ms += DRAIN_STEP_MS) {
        if (ms >= DRAIN_MS)
            return false;
        nanosleep(&(struct timespec){.tv_nsec = DRAIN_STEP_MS * 1000000L}, NULL);
    }
    return true;
}

static int close_object(struct volume *volume)
{
    if (is_drained(volume))
        return expose_free(steal_ptr(&volume->expose));
    volume->stuck = true;
    log_error("%s: a call of the object on %s never came back; the object is left unclosed, data may be lost",
              fs_kind(expose_object(volume->expose)), volume->path);
    return -EBUSY;
}

static void finish(struct volume *volume, int result)
{
    const uint64_t one = 1;
    pthread_mutex_lock(&volume->lock);
    volume->done = true;
    volume->result = result;
    pthread_cond_broadcast(&volume->changed);
    pthread_mutex_unlock(&volume->lock);
    if (write(volume->done_fd, &one, sizeof one) < 0)
        log_error("cannot tell the end of a mount: %s", strerror(errno));
}

static void *run(void *arg)
{
    struct volume *volume = arg;
    uint32_t tick = watch_tick_ms(volume->watch), pause = volume->inside ? INSIDE_TICK_MS : tick, past = 0;
    while (!atomic_load(&volume->stop) &&
           DokanWaitForFileSystemClosed(volume->handle, pause) == WAIT_TIMEOUT) {
        past += pause;
        if (past < tick)
            continue;
        past = 0;
        watch_look(volume->watch);
    }
    DokanCloseHandle(volume->handle);
    int result = close_object(volume);
    DokanShutdown();
    if (result)
        log_error("the object on %s was not closed properly: %s", volume->path, strerror(-result));
    if (volume->unmounted)
        volume->unmounted(volume->ctx);
    finish(volume, result);
    volume_put(volume);
    return NULL;
}

static void remove_mount(const char *path)
{
    char *reply = NULL;
    if (!DokanControl(path, "unmount", &reply))
        log_warn("%s cannot be unmounted: %s", path, reply ? reply : "nobody answers");
    DokanFreeReply(reply);
}

/* By its number: by now something else may be mounted on the path. */
void volume_end(struct volume *volume)
{
    char letter;
    atomic_store(&volume->stop, volume->inside);
    if (!volume->inside && point_listed(volume->id, &letter))
        remove_mount(volume->path);
}

static struct timespec deadline_after(int ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    return t;
}

int volume_wait(struct volume *volume, int timeout_ms)
{
    const struct timespec deadline = deadline_after(timeout_ms < 0 ? 0 : timeout_ms);
    LOCK_SCOPE(&volume->lock);
    while (!volume->done) {
        if (timeout_ms < 0)
            pthread_cond_wait(&volume->changed, &volume->lock);
        else if (pthread_cond_timedwait(&volume->changed, &volume->lock, &deadline) == ETIMEDOUT)
            break;
    }
    return volume->done ? volume->result : -ETIMEDOUT;
}

/* ---- the start ------------------------------------------------------------------------------------- */

static void thread_started(void *arg)
{
    fs_thread_start(arg);
}

static void thread_stops(void *arg)
{
    fs_thread_stop(arg);
}

static ULONG volume_flags(const struct fs *fs, ULONG asked)
{
    /* The engine keeps byte-range locks itself, and an object has no streams. */
    ULONG flags = asked & ~(DOKAN_OPTION_ALT_STREAM | DOKAN_OPTION_FILELOCK_USER_MODE);
    uint32_t features = fs_flags(fs);
    flags |= features & FS_CASE_INSENSITIVE ? 0 : DOKAN_OPTION_CASE_SENSITIVE;
    flags |= features & FS_READ_ONLY ? DOKAN_OPTION_WRITE_PROTECT : 0;
    return flags;
}

/* Whether nothing can change behind the kernel's back. */
static bool may_cache(const struct fs *fs, bool alone)
{
    uint32_t features = fs_flags(fs);
    return (features & FS_CACHEABLE) && (alone || (features & FS_READ_ONLY));
}

static uint32_t test_timeout(const struct fs_mount_options *options)
{
    return mount_test_timeout_ms ? mount_test_timeout_ms : options->test_timeout_ms;
}

/* What the options' text says comes later and wins. */
static int set_extras(struct volume *volume, struct fs *fs, const struct fs_mount_options *options,
                      bool alone, DOKAN_MOUNT_OPTIONS_EX *ex, char **text)
{
    bool cache = may_cache(fs, alone);
    const char *more = options->options ? options->options : "";
    *ex = DokanMountOptionsExDefault();
    ex->Flags = DOKAN_EX_QUIET; /* the caller is told the path */
    ex->Flags |= volume->inside ? DOKAN_EX_NO_MOUNT : 0;
    if (cache)
        ex->EntryTimeoutMs = ex->AttrTimeoutMs = CACHE_MS;
    if (cache && (fs_flags(fs) & FS_READ_ONLY))
        ex->NegativeTimeoutMs = CACHE_MS;
    if (!(fs_flags(fs) & FS_WRITE_ON_CLOSE))
        ex->Flags |= DOKAN_EX_FLUSH_ON_FSYNC;
    if (expose_folder_mode(volume->expose))
        ex->DirMask = ~expose_folder_mode(volume->expose) & 0777;
    ex->TestTimeoutMs = test_timeout(options);
    ex->OperationsEx = expose_operations_ex(volume->expose);
    ex->ThreadStart = thread_started;
    ex->ThreadStop = thread_stops;
    ex->ThreadArg = fs;
    if (asprintf(text, "%s%s%s", cache ? "keep_cache" : "", cache && *more ? "," : "", more) < 0)
        return -ENOMEM;
    ex->FuseOptions = **text ? *text : NULL;
    return 0;
}

static int set_point(struct volume *volume, const char *path, struct fs_error *error)
{
    char any[4] = "";
    if (!path && !volume->inside) {
        any[0] = point_free_letter();
        if (!any[0])
            return fs_fail(error, -EBUSY, "every drive letter from D to Z is in use");
        any[1] = ':';
        volume->options.Options |= DOKAN_OPTION_MOUNT_MANAGER; /* takes another if it is gone by now */
    }
    if (volume->inside)
        return 0;
    DokanUtf8ToUtf16(path ? path : any, DOKAN_TERMINATED, volume->point, PATH_MAX);
    volume->options.MountPoint = volume->point;
    return 0;
}

static int set_up(struct volume *volume, struct fs *fs, const char *path,
                  const struct fs_mount_options *options, struct fs_error *error)
{
    uint32_t timeout = options->timeout_ms ? options->timeout_ms : TIMEOUT_LEAST_MS;
    volume->unmounted = options->unmounted;
    volume->ctx = options->ctx;
    volume->operations = *expose_operations();
    if (options->operations)
        operations_replace(&volume->operations, options->operations);
    volume->watch = watch_new(test_timeout(options) ? test_timeout(options) : timeout);
    if (!volume->watch)
        return fs_fail(error, -ENOMEM, "out of memory");
    const struct expose_config config = {options->fsname, options->volname, options->securityfolder,
                                         volume->watch};
    int rc = expose_new(fs, &config, &volume->expose, error);
    if (rc)
        return rc;
    volume->options = (DOKAN_OPTIONS){.Version = DOKAN_VERSION,
                                      .SingleThread = options->numthreads == 1,
                                      .Options = volume_flags(fs, options->flags),
                                      .GlobalContext = (ULONG64)(uintptr_t)volume->expose,
                                      .UNCName = u"\\dokan\\fs",
                                      .Timeout = timeout,
                                      .AllocationUnitSize = 4096,
                                      .SectorSize = 512};
    return set_point(volume, path, error);
}

static void learn_place(struct volume *volume)
{
    char letter;
    volume->id = DokanGetVolumeId(volume->handle);
    DokanGetMountPoint(volume->handle, volume->path, sizeof volume->path);
    if (point_listed(volume->id, &letter) && letter >= 'A' && letter <= 'Z')
        snprintf(volume->drive, sizeof volume->drive, "%c:", letter);
}

/* From here on the thread ends it. */
static int start_thread(struct volume *volume, struct fs_error *error)
{
    pthread_t thread;
    atomic_fetch_add(&volume->refs, 1);
    int rc = thread_start(&thread, "fs-volume", 0, NULL, run, volume);
    if (rc == 0) {
        pthread_detach(thread);
        return 0;
    }
    atomic_fetch_sub(&volume->refs, 1);
    DokanCloseHandle(volume->handle);
    return fs_fail(error, rc, "no thread can be started: %s", strerror(-rc));
}

static int bring_up(struct volume *volume, struct fs *fs, const char *path,
                    const struct fs_mount_options *options, bool alone, struct fs_error *error)
{
    CLEANUP_FREE char *text = NULL;
    DOKAN_MOUNT_OPTIONS_EX ex;
    int rc = set_up(volume, fs, path, options, error);
    if (rc)
        return rc;
    if (set_extras(volume, fs, options, alone, &ex, &text) != 0)
        return fs_fail(error, -ENOMEM, "out of memory");
    DokanInit();
    int result = DokanCreateFileSystemEx(&volume->options, &volume->operations, &ex, &volume->handle);
    if (result != DOKAN_SUCCESS) {
        DokanShutdown();
        return point_explain(result, path, error);
    }
    learn_place(volume);
    rc = start_thread(volume, error);
    if (rc)
        DokanShutdown();
    return rc;
}

static int start(struct volume *volume, struct fs *fs, const char *path,
                 const struct fs_mount_options *options, bool alone, struct volume **out,
                 struct fs_error *error)
{
    if (!volume)
        return fs_fail(error, -ENOMEM, "out of memory or descriptors");
    int rc = bring_up(volume, fs, path, options, alone, error);
    if (rc)
        volume_put(volume);
    else
        *out = volume;
    return rc;
}

int volume_start(struct fs *fs, const char *path, const struct fs_mount_options *options, bool alone,
                 struct volume **out, struct fs_error *error)
{
    int rc = point_check(path, error);
    return rc ? rc : start(volume_new(), fs, path, options, alone, out, error);
}

int volume_start_inside(struct fs *fs, const struct fs_mount_options *options, struct volume **out,
                        struct fs_error *error)
{
    struct volume *volume = volume_new();
    if (volume)
        volume->inside = true;
    return start(volume, fs, NULL, options, options->exclusive, out, error);
}

DOKAN_HANDLE volume_handle(const struct volume *volume)
{
    return volume->handle;
}
