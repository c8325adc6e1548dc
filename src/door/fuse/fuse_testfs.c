// SPDX-License-Identifier: MIT
/* Everything is under fs->lock, which hanging callbacks do not hold. */
#include "door/fuse/fuse_testfs.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include <stdlib.h>
#include <string.h>

static struct testfs *fs_of(const DOKAN_FILE_INFO *info)
{
    return (struct testfs *)(uintptr_t)info->DokanOptions->GlobalContext;
}

static size_t length(LPCWSTR s)
{
    size_t n = 0;
    while (s[n])
        n++;
    return n;
}

static bool same(LPCWSTR a, LPCWSTR b, size_t n)
{
    return memcmp(a, b, n * sizeof *a) == 0;
}

static bool holds_hang(LPCWSTR path)
{
    for (; *path; path++)
        if (path[0] == u'h' && path[1] == u'a' && path[2] == u'n' && path[3] == u'g')
            return true;
    return false;
}

static void maybe_hang(struct testfs *fs, LPCWSTR path, enum testfs_op op)
{
    if (!(atomic_load(&fs->hang) & op) || !holds_hang(path))
        return;
    LOCK_SCOPE(&fs->lock);
    atomic_fetch_add(&fs->hanging, 1);
    while (atomic_load(&fs->hang) & op)
        pthread_cond_wait(&fs->go, &fs->lock);
    atomic_fetch_sub(&fs->hanging, 1);
}

void testfs_let_go(struct testfs *fs)
{
    LOCK_SCOPE(&fs->lock);
    atomic_store(&fs->hang, 0);
    pthread_cond_broadcast(&fs->go);
}

static struct testfs_file *find(struct testfs *fs, LPCWSTR path)
{
    size_t n = length(path) + 1;
    for (size_t i = 0; i < TESTFS_FILES; i++)
        if (fs->files[i].path[0] && same(fs->files[i].path, path, n))
            return &fs->files[i];
    return NULL;
}

static struct testfs_file *make(struct testfs *fs, LPCWSTR path, DWORD attributes)
{
    size_t n = length(path) + 1;
    for (size_t i = 0; i < TESTFS_FILES && n <= TESTFS_PATH; i++) {
        struct testfs_file *f = &fs->files[i];
        if (f->path[0])
            continue;
        memcpy(f->path, path, n * sizeof *path);
        f->attributes = attributes;
        f->creation = f->access = f->write = filetime_now();
        return f;
    }
    return NULL;
}

static void drop(struct testfs_file *f)
{
    free(f->data);
    memset(f, 0, sizeof *f);
}

static NTSTATUS resize(struct testfs_file *f, size_t size)
{
    if (size > 64u << 20)
        return STATUS_DISK_FULL;
    uint8_t *data = realloc(f->data, size ? size : 1);
    if (!data)
        return STATUS_DISK_FULL;
    if (size > f->size)
        memset(data + f->size, 0, size - f->size);
    f->data = data;
    f->size = size;
    return STATUS_SUCCESS;
}

static bool parent_exists(struct testfs *fs, LPCWSTR path)
{
    WCHAR parent[TESTFS_PATH];
    size_t cut = length(path);
    while (cut > 0 && path[cut] != u'\\')
        cut--;
    memcpy(parent, path, cut * sizeof *path);
    parent[cut] = 0;
    return cut == 0 || find(fs, parent);
}

static NTSTATUS open_existing(struct testfs_file *f, ULONG disposition, ULONG options, PDOKAN_FILE_INFO info)
{
    bool directory = f->attributes & FILE_ATTRIBUTE_DIRECTORY;
    if (directory && options & FILE_NON_DIRECTORY_FILE)
        return STATUS_FILE_IS_A_DIRECTORY;
    if (!directory && options & FILE_DIRECTORY_FILE)
        return STATUS_NOT_A_DIRECTORY;
    info->IsDirectory = directory;
    if (disposition == FILE_CREATE)
        return STATUS_OBJECT_NAME_COLLISION;
    if (disposition == FILE_OVERWRITE || disposition == FILE_OVERWRITE_IF || disposition == FILE_SUPERSEDE)
        resize(f, 0);
    return disposition == FILE_OPEN || disposition == FILE_OVERWRITE ? STATUS_SUCCESS
                                                                     : STATUS_OBJECT_NAME_COLLISION;
}

static NTSTATUS DOKAN_CALLBACK fs_create(LPCWSTR path, PDOKAN_IO_SECURITY_CONTEXT security,
                                         ACCESS_MASK access, ULONG attributes, ULONG share, ULONG disposition,
                                         ULONG options, PDOKAN_FILE_INFO info)
{
    (void)security, (void)access, (void)share;
    struct testfs *fs = fs_of(info);
    atomic_fetch_add(&fs->creates, 1);
    maybe_hang(fs, path, TESTFS_CREATE);
    LOCK_SCOPE(&fs->lock);
    struct testfs_file *f = find(fs, path);
    if (f)
        return open_existing(f, disposition, options, info);
    if (!parent_exists(fs, path))
        return STATUS_OBJECT_PATH_NOT_FOUND;
    if (disposition == FILE_OPEN || disposition == FILE_OVERWRITE)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    info->IsDirectory = (options & FILE_DIRECTORY_FILE) != 0;
    DWORD kind = info->IsDirectory ? FILE_ATTRIBUTE_DIRECTORY : attributes & FILE_ATTRIBUTE_READONLY;
    return make(fs, path, kind ? kind : FILE_ATTRIBUTE_NORMAL) ? STATUS_SUCCESS : STATUS_DISK_FULL;
}

static void DOKAN_CALLBACK fs_cleanup(LPCWSTR path, PDOKAN_FILE_INFO info)
{
    struct testfs *fs = fs_of(info);
    atomic_fetch_add(&fs->cleanups, 1);
    maybe_hang(fs, path, TESTFS_CLEANUP);
    LOCK_SCOPE(&fs->lock);
    struct testfs_file *f = info->DeletePending ? find(fs, path) : NULL;
    if (f)
        drop(f);
}

static void DOKAN_CALLBACK fs_close(LPCWSTR path, PDOKAN_FILE_INFO info)
{
    struct testfs *fs = fs_of(info);
    atomic_fetch_add(&fs->closes, 1);
    maybe_hang(fs, path, TESTFS_CLOSE);
}

static NTSTATUS DOKAN_CALLBACK fs_read(LPCWSTR path, LPVOID buffer, DWORD size, LPDWORD done, LONGLONG offset,
                                       PDOKAN_FILE_INFO info)
{
    struct testfs *fs = fs_of(info);
    atomic_fetch_add(&fs->reads, 1);
    maybe_hang(fs, path, TESTFS_READ);
    LOCK_SCOPE(&fs->lock);
    struct testfs_file *f = find(fs, path);
    if (!f)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    size_t left = (size_t)offset < f->size ? f->size - (size_t)offset : 0;
    *done = (DWORD)(left < size ? left : size);
    if (*done)
        memcpy(buffer, f->data + offset, *done);
    return STATUS_SUCCESS;
}

static NTSTATUS DOKAN_CALLBACK fs_write(LPCWSTR path, LPCVOID buffer, DWORD size, LPDWORD done,
                                        LONGLONG offset, PDOKAN_FILE_INFO info)
{
    struct testfs *fs = fs_of(info);
    LOCK_SCOPE(&fs->lock);
    struct testfs_file *f = find(fs, path);
    if (!f)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    atomic_fetch_add(&fs->paging_writes, info->PagingIo);
    size_t end = (size_t)offset + size;
    NTSTATUS status = end > f->size ? resize(f, end) : STATUS_SUCCESS;
    if (status)
        return status;
    memcpy(f->data + offset, buffer, size);
    *done = size;
    f->write = filetime_now();
    return STATUS_SUCCESS;
}

static NTSTATUS DOKAN_CALLBACK fs_flush(LPCWSTR path, PDOKAN_FILE_INFO info)
{
    (void)path;
    atomic_fetch_add(&fs_of(info)->flushes, 1);
    return STATUS_SUCCESS;
}

static FILETIME split(uint64_t ft)
{
    return (FILETIME){.dwLowDateTime = (DWORD)ft, .dwHighDateTime = (DWORD)(ft >> 32)};
}

static uint64_t joined(const FILETIME *ft)
{
    return (uint64_t)ft->dwHighDateTime << 32 | ft->dwLowDateTime;
}

static NTSTATUS DOKAN_CALLBACK fs_info(LPCWSTR path, LPBY_HANDLE_FILE_INFORMATION out, PDOKAN_FILE_INFO info)
{
    struct testfs *fs = fs_of(info);
    LOCK_SCOPE(&fs->lock);
    struct testfs_file *f = find(fs, path);
    if (!f)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    *out = (BY_HANDLE_FILE_INFORMATION){.dwFileAttributes = f->attributes,
                                        .ftCreationTime = split(f->creation),
                                        .ftLastAccessTime = split(f->access),
                                        .ftLastWriteTime = split(f->write),
                                        .nFileSizeLow = (DWORD)f->size,
                                        .nNumberOfLinks = 1};
    return STATUS_SUCCESS;
}

/* The last component if the file lies directly in the directory. */
static LPCWSTR child_name(const struct testfs_file *f, LPCWSTR directory)
{
    size_t n = length(directory);
    if (n == 1)
        n = 0; /* the root's own backslash parts the names */
    if (!f->path[0] || !f->path[1] || !same(f->path, directory, n) || f->path[n] != u'\\')
        return NULL;
    LPCWSTR name = f->path + n + 1;
    for (LPCWSTR c = name; *c; c++)
        if (*c == u'\\')
            return NULL;
    return *name ? name : NULL;
}

static NTSTATUS DOKAN_CALLBACK fs_find(LPCWSTR path, PFillFindData fill, PDOKAN_FILE_INFO info)
{
    struct testfs *fs = fs_of(info);
    maybe_hang(fs, path, TESTFS_FIND);
    LOCK_SCOPE(&fs->lock);
    for (size_t i = 0; i < TESTFS_FILES; i++) {
        const struct testfs_file *f = &fs->files[i];
        LPCWSTR name = child_name(f, path);
        WIN32_FIND_DATAW data = {.dwFileAttributes = f->attributes, .nFileSizeLow = (DWORD)f->size};
        if (!name)
            continue;
        data.ftCreationTime = split(f->creation);
        data.ftLastAccessTime = split(f->access);
        data.ftLastWriteTime = split(f->write);
        memcpy(data.cFileName, name, length(name) * sizeof *name);
        fill(&data, info);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS DOKAN_CALLBACK fs_set_attributes(LPCWSTR path, DWORD attributes, PDOKAN_FILE_INFO info)
{
    struct testfs *fs = fs_of(info);
    LOCK_SCOPE(&fs->lock);
    struct testfs_file *f = find(fs, path);
    if (!f)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    f->attributes = attributes | (f->attributes & FILE_ATTRIBUTE_DIRECTORY);
    return STATUS_SUCCESS;
}

static void take_time(uint64_t *to, const FILETIME *from)
{
    if (from && joined(from))
        *to = joined(from);
}

static NTSTATUS DOKAN_CALLBACK fs_set_time(LPCWSTR path, const FILETIME *creation, const FILETIME *access,
                                           const FILETIME *write, PDOKAN_FILE_INFO info)
{
    struct testfs *fs = fs_of(info);
    LOCK_SCOPE(&fs->lock);
    struct testfs_file *f = find(fs, path);
    if (!f)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    take_time(&f->creation, creation);
    take_time(&f->access, access);
    take_time(&f->write, write);
    return STATUS_SUCCESS;
}

static NTSTATUS DOKAN_CALLBACK fs_delete(LPCWSTR path, PDOKAN_FILE_INFO info)
{
    (void)path, (void)info;
    return STATUS_SUCCESS;
}

static NTSTATUS DOKAN_CALLBACK fs_move(LPCWSTR path, LPCWSTR target, BOOL replace, PDOKAN_FILE_INFO info)
{
    struct testfs *fs = fs_of(info);
    LOCK_SCOPE(&fs->lock);
    struct testfs_file *f = find(fs, path), *old = find(fs, target);
    size_t n = length(target) + 1;
    if (!f || n > TESTFS_PATH)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (old && old != f && !replace)
        return STATUS_OBJECT_NAME_COLLISION;
    if (old && old != f)
        drop(old);
    memcpy(f->path, target, n * sizeof *target);
    return STATUS_SUCCESS;
}

static NTSTATUS DOKAN_CALLBACK fs_set_end(LPCWSTR path, LONGLONG size, PDOKAN_FILE_INFO info)
{
    struct testfs *fs = fs_of(info);
    LOCK_SCOPE(&fs->lock);
    struct testfs_file *f = find(fs, path);
    return f ? resize(f, (size_t)size) : STATUS_OBJECT_NAME_NOT_FOUND;
}

const DOKAN_OPERATIONS testfs_operations = {
    .ZwCreateFile = fs_create,
    .Cleanup = fs_cleanup,
    .CloseFile = fs_close,
    .ReadFile = fs_read,
    .WriteFile = fs_write,
    .FlushFileBuffers = fs_flush,
    .GetFileInformation = fs_info,
    .FindFiles = fs_find,
    .SetFileAttributes = fs_set_attributes,
    .SetFileTime = fs_set_time,
    .DeleteFile = fs_delete,
    .DeleteDirectory = fs_delete,
    .MoveFile = fs_move,
    .SetEndOfFile = fs_set_end,
};

struct testfs *testfs_new(void)
{
    struct testfs *fs = calloc(1, sizeof *fs);
    if (!fs)
        return NULL;
    pthread_mutex_init(&fs->lock, NULL);
    pthread_cond_init(&fs->go, NULL);
    make(fs, u"\\", FILE_ATTRIBUTE_DIRECTORY);
    return fs;
}

void testfs_free(struct testfs *fs)
{
    for (size_t i = 0; i < TESTFS_FILES; i++)
        free(fs->files[i].data);
    pthread_cond_destroy(&fs->go);
    pthread_mutex_destroy(&fs->lock);
    free(fs);
}
