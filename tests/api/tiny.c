// SPDX-License-Identifier: MIT
/*
 * tiny and its sandbox. `lock` guards `released`.
 */
#include "tiny.h"
#include "door/fuse/mountinfo.h"

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static bool released;

atomic_int tiny_mounted, tiny_unmounted, tiny_reading, tiny_unmounted_delay_ms;
WCHAR tiny_mount_point[MAX_PATH];

void sleep_ms(unsigned ms)
{
    struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};
    nanosleep(&t, NULL);
}

bool wait_until(bool (*condition)(void *arg), void *arg, unsigned ms)
{
    for (unsigned waited = 0; waited < ms; waited += 5) {
        if (condition(arg))
            return true;
        sleep_ms(5);
    }
    return condition(arg);
}

/* ---- the file system ---------------------------------------------------------------------------------- */

static bool same(LPCWSTR a, LPCWSTR b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

static NTSTATUS DOKAN_CALLBACK tiny_create(LPCWSTR name, PDOKAN_IO_SECURITY_CONTEXT context,
                                           ACCESS_MASK access, ULONG attributes, ULONG share,
                                           ULONG disposition, ULONG options, PDOKAN_FILE_INFO info)
{
    if (same(name, u"\\")) {
        info->IsDirectory = TRUE;
        return STATUS_SUCCESS;
    }
    return same(name, u"\\file") || same(name, u"\\slow") ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
}

static NTSTATUS DOKAN_CALLBACK tiny_read(LPCWSTR name, LPVOID buffer, DWORD length, LPDWORD done,
                                         LONGLONG offset, PDOKAN_FILE_INFO info)
{
    tiny_reading++;
    if (same(name, u"\\slow")) {
        pthread_mutex_lock(&lock);
        while (!released)
            pthread_cond_wait(&wake, &lock);
        pthread_mutex_unlock(&lock);
    }
    tiny_reading--;
    *done = offset < 4 && length ? (DWORD)(4 - offset) : 0;
    *done = *done > length ? length : *done;
    memcpy(buffer, &"tiny"[offset < 4 ? offset : 4], *done);
    return STATUS_SUCCESS;
}

static NTSTATUS DOKAN_CALLBACK tiny_info(LPCWSTR name, LPBY_HANDLE_FILE_INFORMATION out,
                                         PDOKAN_FILE_INFO info)
{
    out->dwFileAttributes = same(name, u"\\") ? FILE_ATTRIBUTE_DIRECTORY : FILE_ATTRIBUTE_NORMAL;
    out->nFileSizeLow = same(name, u"\\") ? 0 : 4;
    out->nNumberOfLinks = 1;
    return STATUS_SUCCESS;
}

static NTSTATUS DOKAN_CALLBACK tiny_find(LPCWSTR name, PFillFindData fill, PDOKAN_FILE_INFO info)
{
    WIN32_FIND_DATAW data = {
        .dwFileAttributes = FILE_ATTRIBUTE_NORMAL, .nFileSizeLow = 4, .cFileName = u"file"};
    fill(&data, info);
    memcpy(data.cFileName, u"slow", sizeof u"slow");
    fill(&data, info);
    return STATUS_SUCCESS;
}

static NTSTATUS DOKAN_CALLBACK tiny_on_mounted(LPCWSTR point, PDOKAN_FILE_INFO info)
{
    SIZE_T n = DokanWcslen(point);
    memcpy(tiny_mount_point, point, (n < MAX_PATH - 1 ? n + 1 : MAX_PATH) * sizeof *point);
    tiny_mounted++;
    return STATUS_SUCCESS;
}

static NTSTATUS DOKAN_CALLBACK tiny_on_unmounted(PDOKAN_FILE_INFO info)
{
    sleep_ms((unsigned)tiny_unmounted_delay_ms);
    tiny_unmounted++;
    return STATUS_SUCCESS;
}

DOKAN_OPERATIONS tiny_operations = {
    .ZwCreateFile = tiny_create,
    .ReadFile = tiny_read,
    .GetFileInformation = tiny_info,
    .FindFiles = tiny_find,
    .Mounted = tiny_on_mounted,
    .Unmounted = tiny_on_unmounted,
};

void tiny_reset(void)
{
    tiny_mounted = tiny_unmounted = tiny_unmounted_delay_ms = 0;
    memset(tiny_mount_point, 0, sizeof tiny_mount_point);
    pthread_mutex_lock(&lock);
    released = false;
    pthread_mutex_unlock(&lock);
}

void tiny_release(void)
{
    pthread_mutex_lock(&lock);
    released = true;
    pthread_cond_broadcast(&wake);
    pthread_mutex_unlock(&lock);
}

DOKAN_OPTIONS *tiny_options(LPCWSTR mount_point, ULONG options)
{
    static _Thread_local DOKAN_OPTIONS ring[8];
    static _Thread_local unsigned next;
    DOKAN_OPTIONS *o = &ring[next++ % 8];
    memset(o, 0, sizeof *o);
    o->Version = DOKAN_VERSION;
    o->MountPoint = mount_point;
    o->Options = options;
    return o;
}

DOKAN_MOUNT_OPTIONS_EX tiny_without_mount(void)
{
    DOKAN_MOUNT_OPTIONS_EX ex = DokanMountOptionsExDefault();
    ex.Flags = DOKAN_EX_NO_MOUNT;
    return ex;
}

DOKAN_HANDLE tiny_open(DOKAN_OPTIONS *options)
{
    DOKAN_MOUNT_OPTIONS_EX ex = tiny_without_mount();
    DOKAN_HANDLE handle = NULL;
    assert_int_equal(DokanCreateFileSystemEx(options, &tiny_operations, &ex, &handle), DOKAN_SUCCESS);
    assert_non_null(handle);
    return handle;
}

/* ---- the sandbox -------------------------------------------------------------------------------------- */

static char top[256];

const char *sandbox_path(const char *name)
{
    static _Thread_local char ring[4][512];
    static _Thread_local unsigned next;
    char *path = ring[next++ % 4];
    snprintf(path, sizeof ring[0], "%s%s%s", top, *name ? "/" : "", name);
    return path;
}

LPCWSTR sandbox_wide(const char *name)
{
    static _Thread_local WCHAR ring[4][512];
    static _Thread_local unsigned next;
    WCHAR *wide = ring[next++ % 4];
    DokanUtf8ToUtf16(sandbox_path(name), DOKAN_TERMINATED, wide, 512);
    return wide;
}

int sandbox_setup(void **state)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(top, sizeof top, "%s/dokan-api.XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(top) || mkdir(sandbox_path("runtime"), 0700) < 0 || mkdir(sandbox_path("mnt"), 0700) < 0)
        return -1;
    char real[PATH_MAX];
    if (!realpath(top, real))
        return -1;
    snprintf(top, sizeof top, "%.200s", real);
    setenv("XDG_RUNTIME_DIR", sandbox_path("runtime"), 1);
    setenv("DOKAN_RUNTIME", sandbox_path("runtime/dokan"), 1);
    setenv("TMPDIR", top, 1);
    unsetenv("DOKAN_DRIVES");
    unsetenv("DOKAN_TRACE");
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    return remove(path);
}

int sandbox_teardown(void **state)
{
    return nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

bool is_mounted(const char *path)
{
    struct mountinfo_top found;
    return mountinfo_top(path, &found) && strncmp(found.type, "fuse", 4) == 0;
}

bool can_mount(void)
{
    int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    if (fd >= 0)
        close(fd);
    else
        print_message("no usable /dev/fuse here\n");
    return fd >= 0;
}
