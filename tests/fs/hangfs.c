// SPDX-License-Identifier: MIT
/*
 * hangfs: a file system that misbehaves on request. The name of a file says how: `hang-*` never answers until
 * it is released, `late-*` answers long after its deadline, `nonsense-*` answers what no file system may,
 * `exclusive` may be open once. It uses the public headers alone.
 *
 * usage: hangfs MOUNTPOINT DEADLINE_MS
 *
 * It prints what the system tests wait for: one line per late answer, and at its end how often files were
 * opened, cleaned up and closed. Only after the volume is closed and DokanShutdown() has returned are the
 * stuck callbacks released: whatever they then touch must still be theirs.
 *
 * Owns the table of files and the list of handles. `lock` guards that list, `released` and the printing;
 * counters are atomic.
 */
#include <dokan/dokan.h>
#include <dokan/dokan_ex.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { ON_OPEN = 1, ON_READ = 2, ON_WRITE = 4, ON_INFO = 8, ON_LIST = 16, ON_FLUSH = 32, ON_CLEANUP = 64 };
enum { SIZE = 65536, NAME_BYTES = 1024, LATE_FACTOR = 4, DRAIN_MS = 10000 };

struct odd;
typedef NTSTATUS answer_read(void *buffer, DWORD length, DWORD *done);
typedef void answer_info(BY_HANDLE_FILE_INFORMATION *info);
typedef void answer_list(PFillFindData fill, PDOKAN_FILE_INFO info);

struct odd {
    const char *name;
    bool directory, exclusive, absent;
    unsigned hang, late;
    answer_read *read;
    answer_info *info;
    answer_list *list;
    atomic_int open;
};

/* What DOKAN_FILE_INFO.Context points at: one per successful ZwCreateFile. */
struct handle {
    struct handle *next, *previous;
    struct odd *file;
    bool cleaned, counted; /* counted: keeps an exclusive file to itself until its Cleanup */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static bool released;
static struct handle handles = {&handles, &handles, NULL, false, false};
static unsigned deadline_ms;
static atomic_int opens, cleanups, closes, wrong, inside;
static char mount_point[NAME_BYTES];

static void say(const char *what, const char *name)
{
    pthread_mutex_lock(&lock);
    printf("%s%s%s\n", what, *name ? " " : "", name);
    fflush(stdout);
    pthread_mutex_unlock(&lock);
}

static void sleep_ms(unsigned ms)
{
    struct timespec time = {ms / 1000, (long)(ms % 1000) * 1000000};

    nanosleep(&time, NULL);
}

static void wait_for_release(void)
{
    pthread_mutex_lock(&lock);
    while (!released)
        pthread_cond_wait(&wake, &lock);
    pthread_mutex_unlock(&lock);
}

/* Spends the time that the file's name asks for in this operation. */
static void misbehave(const struct odd *file, unsigned operation)
{
    if (file->hang & operation)
        wait_for_release();
    if (file->late & operation)
        sleep_ms(deadline_ms * LATE_FACTOR);
}

/* ---- answers that no file system may give ---- */

static NTSTATUS read_too_much(void *buffer, DWORD length, DWORD *done)
{
    memset(buffer, 'x', length);
    *done = length + 4096;
    return STATUS_SUCCESS;
}

static NTSTATUS read_negative(void *buffer, DWORD length, DWORD *done)
{
    *done = (DWORD)-5;
    return STATUS_SUCCESS;
}

static NTSTATUS read_pending(void *buffer, DWORD length, DWORD *done)
{
    *done = 0;
    return STATUS_PENDING;
}

static NTSTATUS read_unknown_status(void *buffer, DWORD length, DWORD *done)
{
    *done = 1;
    return (NTSTATUS)0xEABCDEF0;
}

static void info_negative_size(BY_HANDLE_FILE_INFORMATION *info)
{
    info->nFileSizeHigh = 0xFFFFFFFF;
    info->nFileSizeLow = 0xFFFFFF00;
}

static void info_other_type(BY_HANDLE_FILE_INFORMATION *info)
{
    info->dwFileAttributes = FILE_ATTRIBUTE_DIRECTORY;
}

static void info_all_ones(BY_HANDLE_FILE_INFORMATION *info)
{
    memset(info, 0xFF, sizeof(*info));
    info->dwFileAttributes &= ~(DWORD)FILE_ATTRIBUTE_DIRECTORY;
    info->nFileSizeHigh = 0;
    info->nFileSizeLow = 1;
}

static void fill_name(PFillFindData fill, PDOKAN_FILE_INFO info, const WCHAR *name, size_t units)
{
    WIN32_FIND_DATAW found = {.dwFileAttributes = FILE_ATTRIBUTE_NORMAL, .nFileSizeLow = 1};

    memcpy(found.cFileName, name, units * sizeof(WCHAR));
    fill(&found, info);
}

static void list_bad_names(PFillFindData fill, PDOKAN_FILE_INFO info)
{
    WIN32_FIND_DATAW endless;

    fill_name(fill, info, u"good-1", 6);
    fill_name(fill, info, u"a/b", 3);
    fill_name(fill, info, u"a\\b", 3);
    fill_name(fill, info, u"/", 1);
    fill_name(fill, info, u"", 0);
    fill_name(fill, info, u".", 1);
    fill_name(fill, info, u"..", 2);
    fill_name(fill, info, u"twice", 5);
    fill_name(fill, info, u"twice", 5);
    memset(&endless, 0x41, sizeof(endless));
    endless.dwFileAttributes = FILE_ATTRIBUTE_NORMAL;
    fill(&endless, info);
    fill_name(fill, info, u"good-2", 6);
}

/* ---- the files ---- */

enum { HANG_OPEN };
/* hang-open-1, hang-open-2 ...: the kernel looks one name up once at a time. */
static const char any_hang_open[] = "/hang-open-";

static struct odd files[] = {
    [HANG_OPEN] = {.name = "/hang-open", .hang = ON_OPEN},
    {.name = "/plain"},
    {.name = "/exclusive", .exclusive = true},
    {.name = "/hang-read", .hang = ON_READ},
    {.name = "/hang-write", .hang = ON_WRITE},
    {.name = "/hang-info", .hang = ON_INFO},
    {.name = "/hang-flush", .hang = ON_FLUSH},
    {.name = "/hang-cleanup", .hang = ON_CLEANUP},
    {.name = "/hang-list", .hang = ON_LIST, .directory = true},
    {.name = "/late-open", .late = ON_OPEN},
    {.name = "/late-read", .late = ON_READ},
    {.name = "/late-write", .late = ON_WRITE},
    {.name = "/late-create", .late = ON_OPEN, .absent = true},
    {.name = "/nonsense-read-long", .read = read_too_much},
    {.name = "/nonsense-read-negative", .read = read_negative},
    {.name = "/nonsense-read-pending", .read = read_pending},
    {.name = "/nonsense-read-status", .read = read_unknown_status},
    {.name = "/nonsense-write"},
    {.name = "/nonsense-info-size", .info = info_negative_size},
    {.name = "/nonsense-info-type", .info = info_other_type},
    {.name = "/nonsense-info-ones", .info = info_all_ones},
    {.name = "/nonsense-list", .list = list_bad_names, .directory = true},
};
static struct odd root = {.name = "/", .directory = true};

#define FILES (sizeof(files) / sizeof(files[0]))

static void to_utf8(const WCHAR *name, char *target)
{
    size_t length = DokanUtf16ToUtf8(name, DOKAN_TERMINATED, target, NAME_BYTES);

    target[length < NAME_BYTES ? length : NAME_BYTES - 1] = 0;
    for (; *target; target++)
        if (*target == '\\')
            *target = '/';
}

static struct odd *find(const WCHAR *name)
{
    char path[NAME_BYTES];

    to_utf8(name, path);
    if (!strcmp(path, "/"))
        return &root;
    if (!strncmp(path, any_hang_open, sizeof(any_hang_open) - 1))
        return &files[HANG_OPEN];
    for (size_t i = 0; i < FILES; i++)
        if (!strcmp(files[i].name, path))
            return &files[i];
    return NULL;
}

static struct handle *new_handle(struct odd *file, bool counted)
{
    struct handle *handle = calloc(1, sizeof(*handle));

    if (!handle)
        abort();
    handle->file = file;
    handle->counted = counted;
    pthread_mutex_lock(&lock);
    handle->next = &handles;
    handle->previous = handles.previous;
    handles.previous->next = handle;
    handles.previous = handle;
    pthread_mutex_unlock(&lock);
    return handle;
}

static void free_handle(struct handle *handle)
{
    pthread_mutex_lock(&lock);
    handle->next->previous = handle->previous;
    handle->previous->next = handle->next;
    pthread_mutex_unlock(&lock);
    free(handle);
}

static struct handle *handle_of(PDOKAN_FILE_INFO info)
{
    struct handle *handle = (struct handle *)(uintptr_t)info->Context;

    if (!handle || handle->cleaned)
        wrong++;
    return handle;
}

/* ---- callbacks ---- */

static bool only_attributes(ACCESS_MASK access)
{
    return !(access &
             ~(ACCESS_MASK)(FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | SYNCHRONIZE | READ_CONTROL));
}

static NTSTATUS open_status(struct odd *file, ACCESS_MASK access, ULONG disposition, ULONG options)
{
    bool creates =
        disposition == FILE_CREATE || disposition == FILE_OPEN_IF || disposition == FILE_OVERWRITE_IF;

    if (!file || (file->absent && !creates))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (disposition == FILE_CREATE && !file->absent)
        return STATUS_OBJECT_NAME_COLLISION;
    if (file->directory && (options & FILE_NON_DIRECTORY_FILE))
        return STATUS_FILE_IS_A_DIRECTORY;
    if (!file->directory && (options & FILE_DIRECTORY_FILE))
        return STATUS_NOT_A_DIRECTORY;
    if (file->exclusive && !only_attributes(access) && atomic_load(&file->open) > 0)
        return STATUS_SHARING_VIOLATION;
    return STATUS_SUCCESS;
}

static NTSTATUS odd_create(LPCWSTR name, PDOKAN_IO_SECURITY_CONTEXT context, ACCESS_MASK access,
                           ULONG attributes, ULONG share, ULONG disposition, ULONG options,
                           PDOKAN_FILE_INFO info)
{
    struct odd *file = find(name);
    struct handle *handle;
    NTSTATUS status = open_status(file, access, disposition, options);

    if (status != STATUS_SUCCESS)
        return status;
    inside++;
    misbehave(file, ON_OPEN);
    handle = new_handle(file, !only_attributes(access));
    if (handle->counted)
        file->open++;
    info->Context = (ULONG64)(uintptr_t)handle;
    info->IsDirectory = file->directory;
    opens++;
    if (file->late & ON_OPEN)
        say("late open done:", file->name);
    inside--;
    return STATUS_SUCCESS;
}

static void odd_cleanup(LPCWSTR name, PDOKAN_FILE_INFO info)
{
    struct handle *handle = handle_of(info);

    if (!handle)
        return;
    inside++;
    if (handle->counted)
        misbehave(handle->file, ON_CLEANUP);
    handle->cleaned = true;
    if (handle->counted)
        handle->file->open--;
    cleanups++;
    inside--;
}

static void odd_close(LPCWSTR name, PDOKAN_FILE_INFO info)
{
    struct handle *handle = (struct handle *)(uintptr_t)info->Context;

    if (!handle || !handle->cleaned)
        wrong++;
    if (handle)
        free_handle(handle);
    info->Context = 0;
    closes++;
}

static NTSTATUS odd_read(LPCWSTR name, LPVOID buffer, DWORD length, LPDWORD done, LONGLONG offset,
                         PDOKAN_FILE_INFO info)
{
    struct odd *file = find(name);
    DWORD rest = offset < SIZE ? (DWORD)(SIZE - offset) : 0;

    if (!file)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (file->read)
        return file->read(buffer, length, done);
    inside++;
    misbehave(file, ON_READ);
    *done = length < rest ? length : rest;
    memset(buffer, 'p', *done);
    if (file->late & ON_READ)
        say("late read done:", file->name);
    inside--;
    return STATUS_SUCCESS;
}

/* Whether every byte still is the one that the test program wrote. */
static bool intact(const unsigned char *bytes, DWORD length)
{
    for (DWORD i = 0; i < length; i++)
        if (bytes[i] != 'w')
            return false;
    return true;
}

static NTSTATUS odd_write(LPCWSTR name, LPCVOID buffer, DWORD length, LPDWORD done, LONGLONG offset,
                          PDOKAN_FILE_INFO info)
{
    struct odd *file = find(name);

    if (!file)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    inside++;
    misbehave(file, ON_WRITE);
    *done = length;
    if (!strcmp(file->name, "/nonsense-write"))
        *done = length * 2 + 1;
    if (file->late & ON_WRITE)
        say(intact(buffer, length) ? "late write done, bytes intact:" : "late write done, BYTES CHANGED:",
            file->name);
    inside--;
    return STATUS_SUCCESS;
}

static NTSTATUS odd_flush(LPCWSTR name, PDOKAN_FILE_INFO info)
{
    struct odd *file = find(name);

    inside++;
    if (file)
        misbehave(file, ON_FLUSH);
    inside--;
    return STATUS_SUCCESS;
}

static NTSTATUS odd_info(LPCWSTR name, LPBY_HANDLE_FILE_INFORMATION out, PDOKAN_FILE_INFO info)
{
    struct odd *file = find(name);

    if (!file)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    inside++;
    misbehave(file, ON_INFO);
    memset(out, 0, sizeof(*out));
    out->dwFileAttributes = file->directory ? FILE_ATTRIBUTE_DIRECTORY : FILE_ATTRIBUTE_NORMAL;
    out->nFileSizeLow = file->directory ? 0 : SIZE;
    out->nNumberOfLinks = 1;
    if (file->info)
        file->info(out);
    inside--;
    return STATUS_SUCCESS;
}

static NTSTATUS odd_find(LPCWSTR name, PFillFindData fill, PDOKAN_FILE_INFO info)
{
    struct odd *file = find(name);

    if (!file)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    inside++;
    misbehave(file, ON_LIST);
    if (file->list)
        file->list(fill, info);
    for (size_t i = 0; file == &root && i < FILES; i++) {
        WIN32_FIND_DATAW found = {.nFileSizeLow = files[i].directory ? 0 : SIZE};

        found.dwFileAttributes = files[i].directory ? FILE_ATTRIBUTE_DIRECTORY : FILE_ATTRIBUTE_NORMAL;
        DokanUtf8ToUtf16(files[i].name + 1, DOKAN_TERMINATED, found.cFileName, MAX_PATH);
        if (!files[i].absent)
            fill(&found, info);
    }
    inside--;
    return STATUS_SUCCESS;
}

static NTSTATUS odd_set_end(LPCWSTR name, LONGLONG size, PDOKAN_FILE_INFO info)
{
    return STATUS_SUCCESS;
}

/* More free than there is, and a name that nobody terminated. */
static NTSTATUS odd_free_space(PULONGLONG available, PULONGLONG total, PULONGLONG free_bytes,
                               PDOKAN_FILE_INFO info)
{
    *total = 1 << 20;
    *available = *free_bytes = UINT64_MAX;
    return STATUS_SUCCESS;
}

static NTSTATUS odd_volume(LPWSTR label, DWORD label_units, LPDWORD serial, LPDWORD longest, LPDWORD flags,
                           LPWSTR system, DWORD system_units, PDOKAN_FILE_INFO info)
{
    memset(label, 0x41, label_units * sizeof(WCHAR));
    memset(system, 0x42, system_units * sizeof(WCHAR));
    *serial = 1;
    *longest = UINT32_MAX;
    *flags = UINT32_MAX;
    return STATUS_SUCCESS;
}

static DOKAN_OPERATIONS operations = {
    .ZwCreateFile = odd_create,
    .Cleanup = odd_cleanup,
    .CloseFile = odd_close,
    .ReadFile = odd_read,
    .WriteFile = odd_write,
    .FlushFileBuffers = odd_flush,
    .GetFileInformation = odd_info,
    .FindFiles = odd_find,
    .SetEndOfFile = odd_set_end,
    .SetAllocationSize = odd_set_end,
    .GetDiskFreeSpace = odd_free_space,
    .GetVolumeInformation = odd_volume,
};

/* ---- the program ---- */

static void *unmount_on_signal(void *set)
{
    WCHAR point[NAME_BYTES];
    int number;

    sigwait(set, &number);
    DokanUtf8ToUtf16(mount_point, DOKAN_TERMINATED, point, NAME_BYTES);
    DokanRemoveMountPoint(point);
    return NULL;
}

static void release_all(void)
{
    pthread_mutex_lock(&lock);
    released = true;
    pthread_cond_broadcast(&wake);
    pthread_mutex_unlock(&lock);
}

/* Lets the stuck callbacks go and waits until the library agrees that they are gone. */
static bool drain(ULONG64 volume)
{
    release_all();
    for (int i = 0; i < DRAIN_MS / 10; i++) {
        if (DokanIsVolumeDrained(volume))
            return true;
        sleep_ms(10);
    }
    return false;
}

static int serve(void)
{
    WCHAR point[NAME_BYTES];
    DOKAN_OPTIONS options = {
        .Version = DOKAN_VERSION, .Options = DOKAN_OPTION_CASE_SENSITIVE, .MountPoint = point};
    DOKAN_MOUNT_OPTIONS_EX more = DokanMountOptionsExDefault();
    DOKAN_HANDLE volume = NULL;
    ULONG64 id;
    int result, stuck;

    DokanUtf8ToUtf16(mount_point, DOKAN_TERMINATED, point, NAME_BYTES);
    more.TestTimeoutMs = deadline_ms;
    more.EntryTimeoutMs = more.AttrTimeoutMs = 0;
    DokanInit();
    result = DokanCreateFileSystemEx(&options, &operations, &more, &volume);
    if (result != DOKAN_SUCCESS) {
        fprintf(stderr, "hangfs: mount failed: %d\n", result);
        return 1;
    }
    id = DokanGetVolumeId(volume);
    DokanWaitForFileSystemClosed(volume, INFINITE);
    DokanCloseHandle(volume);
    DokanShutdown();
    stuck = inside;
    printf("closed, %d callbacks inside\n", stuck);
    fflush(stdout);
    /* No callback starts once the volume is closed, so those that were stuck then may keep a handle each. */
    result = drain(id) && !wrong && !inside && opens - closes <= stuck && cleanups - closes <= stuck ? 0 : 1;
    while (handles.next != &handles)
        free_handle(handles.next);
    printf("drained, %d opens, %d cleanups, %d closes, %d wrong\n", opens, cleanups, closes, wrong);
    return result;
}

int main(int argc, char **argv)
{
    static sigset_t set;
    pthread_t thread;

    if (argc != 3 || strlen(argv[1]) >= NAME_BYTES) {
        fprintf(stderr, "usage: hangfs MOUNTPOINT DEADLINE_MS\n");
        return 2;
    }
    snprintf(mount_point, sizeof(mount_point), "%s", argv[1]);
    deadline_ms = (unsigned)strtoul(argv[2], NULL, 10);
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (pthread_create(&thread, NULL, unmount_on_signal, &set))
        return 1;
    pthread_detach(thread);
    return serve();
}
