// SPDX-License-Identifier: MIT
/*
 * Contents and sizes. Data go straight between the object and the caller's buffer; nothing is allocated and
 * no name is looked up.
 */
#include "fs/mount/expose_i.h"

#include "base/cleanup.h"
#include <errno.h>
#include <string.h>

/* ---- reading --------------------------------------------------------------------------------------- */

static DWORD read_text(const struct handle *h, void *buffer, DWORD size, uint64_t offset)
{
    size_t length = strlen(h->text);
    size_t part = offset < length ? length - offset : 0;
    part = part < size ? part : size;
    memcpy(buffer, h->text + (part ? offset : 0), part);
    return (DWORD)part;
}

static NTSTATUS check_data(const struct handle *h)
{
    if (!h)
        return STATUS_INVALID_HANDLE;
    if (h->file || h->text)
        return STATUS_SUCCESS;
    return h->directory ? STATUS_INVALID_PARAMETER : STATUS_ACCESS_DENIED;
}

NTSTATUS DOKAN_CALLBACK expose_read(LPCWSTR name, LPVOID buffer, DWORD size, LPDWORD done, LONGLONG offset,
                                    PDOKAN_FILE_INFO info)
{
    struct handle *h = handle_of(info);
    CALL_SCOPE(info);
    (void)name;
    *done = 0;
    NTSTATUS status = offset < 0 ? STATUS_INVALID_PARAMETER : check_data(h);
    if (status != STATUS_SUCCESS)
        return status;
    if (!h->file) {
        *done = read_text(h, buffer, size, (uint64_t)offset);
        return STATUS_SUCCESS;
    }
    ssize_t n = fs_f_pread(expose_of(info)->fs, h->file, buffer, size, (uint64_t)offset);
    if (n < 0)
        return n == -EINVAL ? STATUS_ACCESS_DENIED : status_of((int)n); /* opened for writing only */
    *done = (DWORD)n;
    return STATUS_SUCCESS;
}

/* ---- writing --------------------------------------------------------------------------------------- */

static int size_now(struct expose *ex, struct handle *h, LPCWSTR name, uint64_t *size)
{
    struct fs_info facts;
    int rc = handle_facts(ex, h, name, FS_INFO_SIZE, &facts);
    *size = rc ? 0 : shown_size(&facts);
    return rc;
}

static NTSTATUS write_at(struct expose *ex, struct handle *h, const void *buffer, DWORD size, DWORD *done,
                         uint64_t offset)
{
    ssize_t n = size ? fs_f_pwrite(ex->fs, h->file, buffer, size, offset) : 0;
    note_change(ex);
    if (n < 0)
        return status_of((int)n);
    size_reached(&ex->sizes, h->written, offset + (uint64_t)n);
    *done = (DWORD)n;
    return STATUS_SUCCESS;
}

/* What lies behind the end is left out. */
static NTSTATUS write_inside(struct expose *ex, struct handle *h, LPCWSTR name, const void *buffer,
                             DWORD size, DWORD *done, uint64_t offset)
{
    uint64_t end;
    int rc = size_now(ex, h, name, &end);
    if (rc)
        return status_of(rc);
    uint64_t room = offset < end ? end - offset : 0;
    return write_at(ex, h, buffer, room < size ? (DWORD)room : size, done, offset);
}

static NTSTATUS write_behind(struct expose *ex, struct handle *h, LPCWSTR name, const void *buffer,
                             DWORD size, DWORD *done)
{
    uint64_t end;
    LOCK_SCOPE(&ex->append);
    int rc = size_now(ex, h, name, &end);
    return rc ? status_of(rc) : write_at(ex, h, buffer, size, done, end);
}

NTSTATUS DOKAN_CALLBACK expose_write(LPCWSTR name, LPCVOID buffer, DWORD size, LPDWORD done, LONGLONG offset,
                                     PDOKAN_FILE_INFO info)
{
    struct expose *ex = expose_of(info);
    struct handle *h = handle_of(info);
    bool append = info->WriteToEndOfFile;
    CALL_SCOPE(info);
    *done = 0;
    NTSTATUS status = offset < 0 && !append ? STATUS_INVALID_PARAMETER : check_data(h);
    if (status != STATUS_SUCCESS)
        return status;
    if (!h->file || !(fs_file_flags(h->file) & 3))
        return STATUS_ACCESS_DENIED;
    if (info->PagingIo)
        return append ? STATUS_SUCCESS : write_inside(ex, h, name, buffer, size, done, (uint64_t)offset);
    return append ? write_behind(ex, h, name, buffer, size, done)
                  : write_at(ex, h, buffer, size, done, (uint64_t)offset);
}

/* Comes for fsync(2), and after writes for close(2) where the object wants it (FS_WRITE_ON_CLOSE). The two
 * look the same here, so both get what the stronger one asks for. */
NTSTATUS DOKAN_CALLBACK expose_flush(LPCWSTR name, PDOKAN_FILE_INFO info)
{
    const struct handle *h = handle_of(info);
    CALL_SCOPE(info);
    (void)name;
    return h && h->file ? status_of(fs_f_fsync(expose_of(info)->fs, h->file)) : STATUS_SUCCESS;
}

/* ---- sizes ----------------------------------------------------------------------------------------- */

static NTSTATUS set_size(struct expose *ex, struct handle *h, uint64_t size)
{
    if (!h->file || !(fs_file_flags(h->file) & 3))
        return STATUS_ACCESS_DENIED;
    int rc = fs_f_truncate(ex->fs, h->file, size);
    note_change(ex);
    if (rc == 0)
        size_set(&ex->sizes, h->written, size);
    return status_of(rc);
}

NTSTATUS DOKAN_CALLBACK expose_set_end(LPCWSTR name, LONGLONG size, PDOKAN_FILE_INFO info)
{
    struct handle *h = handle_of(info);
    CALL_SCOPE(info);
    (void)name;
    NTSTATUS status = size < 0 ? STATUS_INVALID_PARAMETER : check_data(h);
    return status == STATUS_SUCCESS ? set_size(expose_of(info), h, (uint64_t)size) : status;
}

NTSTATUS DOKAN_CALLBACK expose_set_allocation(LPCWSTR name, LONGLONG size, PDOKAN_FILE_INFO info)
{
    struct expose *ex = expose_of(info);
    struct handle *h = handle_of(info);
    uint64_t now;
    CALL_SCOPE(info);
    NTSTATUS status = size < 0 ? STATUS_INVALID_PARAMETER : check_data(h);
    if (status != STATUS_SUCCESS)
        return status;
    int rc = size_now(ex, h, name, &now);
    if (rc)
        return status_of(rc);
    return (uint64_t)size < now ? set_size(ex, h, (uint64_t)size) : STATUS_SUCCESS;
}
