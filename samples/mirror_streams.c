// SPDX-License-Identifier: MIT
/*
 * mirror: named streams, each an extended attribute of its file. A handle of a stream has the O_PATH
 * descriptor of the file and the attribute's name. What changes contents reads them all and writes them back;
 * `contents` keeps two such changes apart.
 */
#include "mirror_kept.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { PREFIX = sizeof STREAM_PREFIX - 1, LARGEST = 65536, LIST_BYTES = 65536 };

static pthread_mutex_t contents = PTHREAD_MUTEX_INITIALIZER;

/* ---- names -----------------------------------------------------------------------------------------------
 */

LPCWSTR stream_in(LPCWSTR name)
{
    LPCWSTR last = DokanWcsrchr(name, u'\\');
    return DokanWcschr(last ? last : name, u':');
}

/* A type behind the name is `$DATA`: the engine knows no other. */
bool stream_split(LPCWSTR name, struct stream_name *out)
{
    LPCWSTR colon = stream_in(name);
    if (!colon || (size_t)(colon - name) >= sizeof out->base / sizeof *out->base)
        return false;
    LPCWSTR type = DokanWcschr(colon + 1, u':');
    SIZE_T units = type ? (SIZE_T)(type - colon - 1) : DokanWcslen(colon + 1);
    memcpy(out->base, name, (size_t)(colon - name) * sizeof *name);
    out->base[colon - name] = 0;
    memcpy(out->attribute, STREAM_PREFIX, PREFIX);
    return units && DokanUtf16ToUtf8(colon + 1, units, out->attribute + PREFIX,
                                     sizeof out->attribute - PREFIX) < sizeof out->attribute - PREFIX;
}

static char *list_names(int fd, ssize_t *length)
{
    char *names = malloc(LIST_BYTES);
    *length = names ? listxattr(fd_path(fd).text, names, LIST_BYTES) : -1;
    return names;
}

/* Whether there is such a stream; the attribute gets the host's spelling. */
static bool find_stream(const struct mirror *mirror, int fd, char attribute[256])
{
    WCHAR wanted[256], have[256];
    bool found = getxattr(fd_path(fd).text, attribute, NULL, 0) >= 0;
    if (found || mirror->root.case_sensitive ||
        DokanUtf8ToUtf16(attribute, DOKAN_TERMINATED, wanted, 256) == DOKAN_MALFORMED)
        return found;
    ssize_t length;
    char *names = list_names(fd, &length);
    for (const char *at = names; at && at < names + length && !found; at += strlen(at) + 1) {
        found = strncmp(at, STREAM_PREFIX, PREFIX) == 0 &&
                DokanUtf8ToUtf16(at, DOKAN_TERMINATED, have, 256) < 256 && DokanWcsicmp(wanted, have) == 0;
        if (found)
            memcpy(attribute, at, strlen(at) + 1);
    }
    free(names);
    return found;
}

/* ---- opening ---------------------------------------------------------------------------------------------
 */

static NTSTATUS status_of_attribute(int error)
{
    return error == ENOSPC || error == E2BIG || error == ERANGE ? STATUS_DISK_FULL : status_of(error);
}

static NTSTATUS put(int fd, const char *attribute, const void *data, size_t length)
{
    return setxattr(fd_path(fd).text, attribute, data, length, 0) == 0 ? STATUS_SUCCESS
                                                                       : status_of_attribute(errno);
}

static NTSTATUS decide(int fd, const char *attribute, bool exists, ULONG disposition)
{
    bool creates = disposition != FILE_OPEN && disposition != FILE_OVERWRITE;
    bool keeps = disposition == FILE_OPEN || disposition == FILE_OPEN_IF;
    if (exists && disposition == FILE_CREATE)
        return STATUS_OBJECT_NAME_COLLISION;
    if (!exists && !creates)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    return exists && keeps ? STATUS_SUCCESS : put(fd, attribute, "", 0);
}

static NTSTATUS new_handle(int *fd, const char *attribute, PDOKAN_FILE_INFO info)
{
    struct file *file = calloc(1, sizeof *file);
    char *stream = strdup(attribute);
    if (!file || !stream) {
        free(file);
        free(stream);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    file->fd = *fd;
    file->stream = stream;
    *fd = -1;
    info->Context = (ULONG64)(uintptr_t)file;
    info->IsDirectory = FALSE;
    return STATUS_SUCCESS;
}

NTSTATUS stream_open(LPCWSTR name, ACCESS_MASK access, ULONG disposition, PDOKAN_FILE_INFO info)
{
    const ACCESS_MASK writes = FILE_WRITE_DATA | FILE_APPEND_DATA | GENERIC_WRITE | GENERIC_ALL;
    const struct mirror *mirror = mirror_of(info);
    char path[PATH_MAX];
    struct stat st;
    struct stream_name *parts = malloc(sizeof *parts);
    if (!parts || !stream_split(name, parts)) {
        free(parts);
        return STATUS_OBJECT_NAME_INVALID;
    }
    SCOPED_FD fd = hostdir_find(&mirror->root, parts->base, false, path, &st);
    bool exists = fd >= 0 && find_stream(mirror, fd, parts->attribute);
    bool read_only = fd >= 0 && attributes_of(st.st_mode) & FILE_ATTRIBUTE_READONLY;
    NTSTATUS status = fd < 0                           ? status_of(fd)
                      : read_only && (access & writes) ? STATUS_ACCESS_DENIED
                                                       : decide(fd, parts->attribute, exists, disposition);
    if (status == STATUS_SUCCESS)
        status = new_handle(&fd, parts->attribute, info);
    free(parts);
    bool creates = disposition != FILE_OPEN && disposition != FILE_OVERWRITE;
    return status == STATUS_SUCCESS && exists && creates ? STATUS_OBJECT_NAME_COLLISION : status;
}

/* ---- contents --------------------------------------------------------------------------------------------
 */

LONG64 stream_size(const struct file *file)
{
    ssize_t n = getxattr(fd_path(file->fd).text, file->stream, NULL, 0);
    return n < 0 ? 0 : n;
}

/* All of it, in a buffer of LARGEST bytes that is zero behind it; to be freed. NULL with errno: what cannot
 * be read is not written over. */
static char *load(const struct file *file, size_t *length)
{
    char *data = calloc(1, LARGEST);
    ssize_t n = data ? getxattr(fd_path(file->fd).text, file->stream, data, LARGEST) : 0;
    *length = n < 0 ? 0 : (size_t)n;
    if (n >= 0 || errno == ENODATA)
        return data;
    free(data);
    return NULL;
}

NTSTATUS stream_read(const struct file *file, void *buffer, DWORD length, DWORD *got, LONGLONG offset)
{
    size_t size;
    char *data = load(file, &size);
    *got = 0;
    if (data && offset >= 0 && (size_t)offset < size) {
        *got = (DWORD)(size - (size_t)offset < length ? size - (size_t)offset : length);
        memcpy(buffer, data + offset, *got);
    }
    free(data);
    return data ? STATUS_SUCCESS : status_of(errno);
}

NTSTATUS stream_write(const struct file *file, const void *data, DWORD length, DWORD *written,
                      LONGLONG offset, PDOKAN_FILE_INFO info)
{
    size_t size;
    pthread_mutex_lock(&contents);
    char *all = load(file, &size);
    size_t at = info->WriteToEndOfFile || offset < 0 ? size : (size_t)offset;
    size_t room = info->PagingIo ? size : LARGEST;
    size_t count = info->PagingIo && at + length > room ? (at < room ? room - at : 0) : length;
    NTSTATUS status = all ? STATUS_SUCCESS : status_of(errno);
    if (all && (at > room || count > room - at))
        status = info->PagingIo ? STATUS_SUCCESS : STATUS_DISK_FULL;
    else if (all && count) {
        memcpy(all + at, data, count);
        status = put(file->fd, file->stream, all, at + count > size ? at + count : size);
    }
    pthread_mutex_unlock(&contents);
    free(all);
    *written = status == STATUS_SUCCESS ? (DWORD)count : 0;
    return status;
}

NTSTATUS stream_resize(const struct file *file, LONGLONG size)
{
    size_t present;
    if (size < 0 || size > LARGEST)
        return size < 0 ? STATUS_INVALID_PARAMETER : STATUS_DISK_FULL;
    pthread_mutex_lock(&contents);
    char *all = load(file, &present);
    NTSTATUS status = all ? put(file->fd, file->stream, all, (size_t)size) : status_of(errno);
    pthread_mutex_unlock(&contents);
    free(all);
    return status;
}

/* ---- names that change -----------------------------------------------------------------------------------
 */

NTSTATUS stream_remove(const struct file *file)
{
    return status_of_call(removexattr(fd_path(file->fd).text, file->stream));
}

NTSTATUS stream_rename(struct file *file, LPCWSTR name, bool replace)
{
    struct stream_name *parts = malloc(sizeof *parts);
    size_t size;
    char *stream = parts && stream_split(name, parts) ? strdup(parts->attribute) : NULL;
    free(parts);
    if (!stream)
        return STATUS_OBJECT_NAME_INVALID;
    if (strcmp(stream, file->stream) == 0) { /* copied onto itself it would be removed */
        free(stream);
        return STATUS_SUCCESS;
    }
    pthread_mutex_lock(&contents);
    char *all = load(file, &size);
    bool fails = !all || setxattr(fd_path(file->fd).text, stream, all, size, replace ? 0 : XATTR_CREATE) != 0;
    NTSTATUS status = !fails            ? stream_remove(file)
                      : errno == EEXIST ? STATUS_OBJECT_NAME_COLLISION
                                        : status_of_attribute(errno);
    pthread_mutex_unlock(&contents);
    free(all);
    char *unused = status == STATUS_SUCCESS ? file->stream : stream;
    if (status == STATUS_SUCCESS)
        file->stream = stream;
    free(unused);
    return status;
}

void streams_remove(const struct file *file)
{
    ssize_t length;
    char *names = list_names(file->fd, &length);
    for (const char *at = names; at && at < names + length; at += strlen(at) + 1)
        if (strncmp(at, STREAM_PREFIX, PREFIX) == 0)
            removexattr(fd_path(file->fd).text, at);
    free(names);
}

/* ---- listing ---------------------------------------------------------------------------------------------
 */

static bool tell(const char *attribute, LONG64 size, PFillFindStreamData fill, PVOID context)
{
    WIN32_FIND_STREAM_DATA data = {.StreamSize.QuadPart = size};
    return DokanSwprintf(data.cStreamName, sizeof data.cStreamName / sizeof(WCHAR), ":%s:$DATA",
                         attribute ? attribute + PREFIX : "") > 0 &&
           fill(&data, context);
}

NTSTATUS DOKAN_CALLBACK mirror_FindStreams(LPCWSTR FileName, PFillFindStreamData FillFindStreamData,
                                           PVOID FindStreamContext, PDOKAN_FILE_INFO DokanFileInfo)
{
    const struct file *file = file_of(DokanFileInfo);
    struct stat st;
    ssize_t length;
    UNREFERENCED_PARAMETER(FileName);
    if (!file || fstat(file->fd, &st) != 0)
        return file ? status_of(errno) : STATUS_INVALID_HANDLE;
    bool more = S_ISDIR(st.st_mode) || tell(NULL, st.st_size, FillFindStreamData, FindStreamContext);
    char *names = list_names(file->fd, &length);
    for (const char *at = names; at && at < names + length && more; at += strlen(at) + 1) {
        ssize_t n =
            strncmp(at, STREAM_PREFIX, PREFIX) == 0 ? getxattr(fd_path(file->fd).text, at, NULL, 0) : -1;
        more = n < 0 || tell(at, n, FillFindStreamData, FindStreamContext);
    }
    free(names);
    return STATUS_SUCCESS;
}
