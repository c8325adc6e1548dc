// SPDX-License-Identifier: MIT
/*
 * What the tests of the samples share: a volume whose callbacks they call directly, as the engine does, and
 * handles on it. To be included once per program.
 */
#ifndef SAMPLES_TESTING_H
#define SAMPLES_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <dokan/dokan_ex.h>
#include <string.h>

#define READS    (FILE_GENERIC_READ)
#define WRITES   (FILE_GENERIC_WRITE)
#define COUNT(x) (sizeof(x) / sizeof *(x))

static struct volume {
    DOKAN_OPTIONS options;
    const DOKAN_OPERATIONS *ops;
} volume;

struct handle {
    DOKAN_FILE_INFO info;
    LPCWSTR name;
};

static inline NTSTATUS try_open(struct handle *h, LPCWSTR name, ACCESS_MASK access, ULONG attributes,
                                ULONG disposition, ULONG options)
{
    *h = (struct handle){.info = {.DokanOptions = &volume.options}, .name = name};
    h->info.IsDirectory = options & FILE_DIRECTORY_FILE ? TRUE : FALSE;
    return volume.ops->ZwCreateFile(name, NULL, access, attributes, 7, disposition, options, &h->info);
}

/* What the engine takes for success. */
static inline bool is_open(const struct handle *h, NTSTATUS status, ULONG disposition)
{
    bool success =
        status >= 0 ||
        (status == STATUS_OBJECT_NAME_COLLISION &&
         (disposition == FILE_OPEN_IF || disposition == FILE_OVERWRITE_IF || disposition == FILE_SUPERSEDE));
    assert_int_equal(success, h->info.Context != 0);
    return success;
}

static inline void cleanup(struct handle *h, bool delete)
{
    h->info.DeletePending = delete;
    volume.ops->Cleanup(h->name, &h->info);
    h->info.DeletePending = FALSE;
}

static inline void close_file(struct handle *h)
{
    volume.ops->CloseFile(h->name, &h->info);
    assert_int_equal(h->info.Context, 0);
}

static inline void shut(struct handle *h)
{
    cleanup(h, false);
    close_file(h);
}

/* Opens and closes; the status. */
static inline NTSTATUS probe(LPCWSTR name, ACCESS_MASK access, ULONG attributes, ULONG disposition,
                             ULONG options)
{
    struct handle h;
    NTSTATUS status = try_open(&h, name, access, attributes, disposition, options);
    if (is_open(&h, status, disposition))
        shut(&h);
    return status;
}

static inline struct handle must_open(LPCWSTR name, ULONG disposition, ULONG options)
{
    struct handle h;
    NTSTATUS status = try_open(&h, name, READS | WRITES | DELETE, 0, disposition, options);
    assert_true(is_open(&h, status, disposition));
    return h;
}

static inline void make(LPCWSTR name)
{
    assert_int_equal(probe(name, WRITES, 0, FILE_CREATE, 0), STATUS_SUCCESS);
}

static inline void make_directory(LPCWSTR name)
{
    assert_int_equal(probe(name, 0, 0, FILE_CREATE, FILE_DIRECTORY_FILE), STATUS_SUCCESS);
}

static inline NTSTATUS look(LPCWSTR name)
{
    return probe(name, 0, 0, FILE_OPEN, 0);
}

static inline void delete_name(LPCWSTR name)
{
    struct handle h = must_open(name, FILE_OPEN, 0);
    cleanup(&h, true);
    close_file(&h);
}

static inline NTSTATUS write_to(struct handle *h, const void *data, DWORD length, LONGLONG offset)
{
    DWORD written = 77;
    NTSTATUS status = volume.ops->WriteFile(h->name, data, length, &written, offset, &h->info);
    assert_int_equal(written, status == STATUS_SUCCESS ? length : 0);
    return status;
}

static inline DWORD read_from(struct handle *h, void *data, DWORD length, LONGLONG offset)
{
    DWORD got = 77;
    assert_int_equal(volume.ops->ReadFile(h->name, data, length, &got, offset, &h->info), STATUS_SUCCESS);
    return got;
}

static inline BY_HANDLE_FILE_INFORMATION ask(struct handle *h)
{
    BY_HANDLE_FILE_INFORMATION info = {0};
    assert_int_equal(volume.ops->GetFileInformation(h->name, &info, &h->info), STATUS_SUCCESS);
    return info;
}

static inline uint64_t size_of(struct handle *h)
{
    BY_HANDLE_FILE_INFORMATION info = ask(h);
    return (uint64_t)info.nFileSizeHigh << 32 | info.nFileSizeLow;
}

static inline uint64_t time_of(FILETIME time)
{
    return (uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime;
}

static inline BY_HANDLE_FILE_INFORMATION ask_name(LPCWSTR name)
{
    struct handle h = must_open(name, FILE_OPEN, 0);
    BY_HANDLE_FILE_INFORMATION info = ask(&h);
    shut(&h);
    return info;
}

static inline NTSTATUS move(LPCWSTR from, LPCWSTR to, BOOL replace)
{
    struct handle h;
    assert_int_equal(try_open(&h, from, DELETE, 0, FILE_OPEN, 0), STATUS_SUCCESS);
    NTSTATUS status = volume.ops->MoveFile(from, to, replace, &h.info);
    shut(&h);
    return status;
}

/* A tiny file whose one letter tells it from others. */
static inline void put_letter(LPCWSTR name, char letter)
{
    struct handle h = must_open(name, FILE_OVERWRITE_IF, 0);
    assert_int_equal(write_to(&h, &letter, 1, 0), STATUS_SUCCESS);
    shut(&h);
}

static inline char get_letter(LPCWSTR name)
{
    char letter = 0;
    struct handle h = must_open(name, FILE_OPEN, 0);
    read_from(&h, &letter, 1, 0);
    shut(&h);
    return letter;
}

/* Listings end up here. */
static _Thread_local struct {
    unsigned count;
    WCHAR last[MAX_PATH];
    uint64_t sizes;
} listed;

static inline int WINAPI collect(PWIN32_FIND_DATAW entry, PDOKAN_FILE_INFO info)
{
    assert_ptr_equal(info->DokanOptions, &volume.options);
    listed.count++;
    listed.sizes += entry->nFileSizeLow;
    DokanWcscpy(listed.last, COUNT(listed.last), entry->cFileName);
    return 0;
}

static inline unsigned list(LPCWSTR name, LPCWSTR pattern)
{
    struct handle h = must_open(name, FILE_OPEN, FILE_DIRECTORY_FILE);
    memset(&listed, 0, sizeof listed);
    NTSTATUS status = pattern ? volume.ops->FindFilesWithPattern(name, pattern, collect, &h.info)
                              : volume.ops->FindFiles(name, collect, &h.info);
    assert_int_equal(status, STATUS_SUCCESS);
    shut(&h);
    return listed.count;
}

#endif
