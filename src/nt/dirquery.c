// SPDX-License-Identifier: MIT
/*
 * NtQueryDirectoryFile: a handle's listing in NT's directory classes.
 *
 * The first query fixes the pattern of the handle. A scan asks the file system once and leaves a snapshot
 * that is already filtered and has `.` and `..` where they belong; queries then go through it by index until
 * a restart. handle->dir_lock guards pattern, snapshot and index, and is not held while the file system is
 * asked: of two scans at a time the later one stays.
 */
#include "base/expr.h"
#include "nt/info.h"
#include "nt/snapshot.h"

enum { PATTERN_MAX = 1024 };

struct directory_row {
    int info_class;
    const char *name;
    uint32_t size; /* of the struct: every entry takes that much and its name */
    uint32_t name_offset;
    uint32_t tag_at, id_at; /* 0: the class has none */
    void (*fill)(const struct nt_volume *vol, const struct nt_entry *entry, uint32_t ordinal,
                 unsigned char *out);
};

/* The head that all classes but Names have in common. */
static void fill_full(const struct nt_volume *vol, const struct nt_entry *entry, uint32_t ordinal,
                      unsigned char *out)
{
    FILE_DIRECTORY_INFORMATION head = {
        .FileIndex = ordinal,
        .CreationTime.QuadPart = (LONGLONG)entry->creation,
        .LastAccessTime.QuadPart = (LONGLONG)entry->access,
        .LastWriteTime.QuadPart = (LONGLONG)entry->write,
        .ChangeTime.QuadPart = (LONGLONG)(entry->facts && entry->change ? entry->change : entry->write),
        .EndOfFile.QuadPart = (LONGLONG)entry->size,
        .AllocationSize.QuadPart = allocation_of(vol, entry->facts, entry->size),
        .FileAttributes = entry->attributes,
        .FileNameLength = entry->len * (ULONG)sizeof(WCHAR),
    };
    memcpy(out, &head, offsetof(FILE_DIRECTORY_INFORMATION, FileName));
}

static void fill_names(const struct nt_volume *vol, const struct nt_entry *entry, uint32_t ordinal,
                       unsigned char *out)
{
    (void)vol;
    FILE_NAMES_INFORMATION head = {.FileIndex = ordinal, .FileNameLength = entry->len * (ULONG)sizeof(WCHAR)};
    memcpy(out, &head, offsetof(FILE_NAMES_INFORMATION, FileName));
}

/* What only FindFacts tells; the rest (short names, lengths of EAs) stays zero. A reparse point has its tag
 * where the length of the EAs would stand. */
static void fill_facts(const struct directory_row *row, const struct nt_entry *entry, unsigned char *out)
{
    if (!entry->facts)
        return;
    if (row->tag_at)
        memcpy(out + row->tag_at, &entry->reparse_tag, sizeof entry->reparse_tag);
    if (row->id_at)
        memcpy(out + row->id_at, &entry->file_id, sizeof entry->file_id);
}

#define LAYOUT(type)    sizeof(type), offsetof(type, FileName)
#define AT(type, field) offsetof(type, field)

static const struct directory_row rows[] = {
    {FileDirectoryInformation, "Directory", LAYOUT(FILE_DIRECTORY_INFORMATION), 0, 0, fill_full},
    {FileFullDirectoryInformation, "FullDirectory", LAYOUT(FILE_FULL_DIR_INFORMATION),
     AT(FILE_FULL_DIR_INFORMATION, EaSize), 0, fill_full},
    {FileBothDirectoryInformation, "BothDirectory", LAYOUT(FILE_BOTH_DIR_INFORMATION),
     AT(FILE_BOTH_DIR_INFORMATION, EaSize), 0, fill_full},
    {FileNamesInformation, "Names", LAYOUT(FILE_NAMES_INFORMATION), 0, 0, fill_names},
    {FileIdBothDirectoryInformation, "IdBothDirectory", LAYOUT(FILE_ID_BOTH_DIR_INFORMATION),
     AT(FILE_ID_BOTH_DIR_INFORMATION, EaSize), AT(FILE_ID_BOTH_DIR_INFORMATION, FileId), fill_full},
    {FileIdFullDirectoryInformation, "IdFullDirectory", LAYOUT(FILE_ID_FULL_DIR_INFORMATION),
     AT(FILE_ID_FULL_DIR_INFORMATION, EaSize), AT(FILE_ID_FULL_DIR_INFORMATION, FileId), fill_full},
    {FileIdExtdDirectoryInformation, "IdExtdDirectory", LAYOUT(FILE_ID_EXTD_DIR_INFORMATION),
     AT(FILE_ID_EXTD_DIR_INFORMATION, ReparsePointTag), AT(FILE_ID_EXTD_DIR_INFORMATION, FileId), fill_full},
    {FileIdExtdBothDirectoryInformation, "IdExtdBothDirectory", LAYOUT(FILE_ID_EXTD_BOTH_DIR_INFORMATION),
     AT(FILE_ID_EXTD_BOTH_DIR_INFORMATION, ReparsePointTag), AT(FILE_ID_EXTD_BOTH_DIR_INFORMATION, FileId),
     fill_full},
};

static const struct directory_row *row_of(int info_class)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].info_class == info_class)
            return &rows[i];
    return NULL;
}

const char *directory_class_name(int info_class)
{
    const struct directory_row *row = row_of(info_class);
    return row ? row->name : NULL;
}

/* ---- the pattern --------------------------------------------------------------------------------------- */

static bool pattern_valid(const WCHAR *text, size_t len)
{
    if (len > PATTERN_MAX)
        return false;
    for (size_t i = 0; i < len; i++)
        if (text[i] == 0 || text[i] == u'\\' || text[i] == u'/')
            return false;
    return true;
}

/* Lock held. The handle's pattern is terminated; NULL means everything. */
static NTSTATUS fix_pattern(struct nt_handle *h, const struct nt_directory_args *args)
{
    if (h->pattern_set)
        return STATUS_SUCCESS;
    size_t len = args->pattern ? args->pattern_len : 0;
    if (!pattern_valid(args->pattern, len))
        return STATUS_OBJECT_NAME_INVALID;
    if (len) {
        h->pattern = calloc(len + 1, sizeof(WCHAR));
        if (!h->pattern)
            return STATUS_INSUFFICIENT_RESOURCES;
        memcpy(h->pattern, args->pattern, len * sizeof(WCHAR));
        h->pattern_len = (uint16_t)len;
    }
    h->pattern_set = true;
    return STATUS_SUCCESS;
}

static bool matches_all(const struct nt_handle *h)
{
    return !h->pattern || (h->pattern_len == 1 && h->pattern[0] == u'*');
}

/* ---- scanning ------------------------------------------------------------------------------------------ */

struct filter {
    const struct nt_handle *handle;
    bool by_pattern;
};

static bool shown(const struct nt_entry *entry, const void *arg)
{
    const struct filter *filter = arg;
    const struct nt_handle *h = filter->handle;
    if (name_is_reserved(h->vol, h->node, entry->name, entry->len))
        return false;
    return !filter->by_pattern ||
           expr_match(h->pattern, h->pattern_len, entry->name, entry->len, !h->vol->case_sensitive);
}

static bool has_name(const struct nt_snapshot *s, const WCHAR *name, size_t len)
{
    for (size_t i = 0; i < snapshot_count(s); i++) {
        const struct nt_entry *entry = snapshot_at(s, i);
        if (entry->len == len && memcmp(entry->name, name, len * sizeof(WCHAR)) == 0)
            return true;
    }
    return false;
}

static void add_dots(struct nt_snapshot *s)
{
    uint64_t now = filetime_now();
    FILETIME time = {.dwLowDateTime = (DWORD)now, .dwHighDateTime = (DWORD)(now >> 32)};
    WIN32_FIND_DATAW data = {
        .dwFileAttributes = FILE_ATTRIBUTE_DIRECTORY,
        .ftCreationTime = time,
        .ftLastAccessTime = time,
        .ftLastWriteTime = time,
        .cFileName = u"..",
    };
    if (!has_name(s, data.cFileName, 2))
        snapshot_add_front(s, &data);
    data.cFileName[1] = 0;
    if (!has_name(s, data.cFileName, 1))
        snapshot_add_front(s, &data);
}

/* Asks the file system and puts the new listing in place. */
static NTSTATUS scan(struct nt_request *rq)
{
    struct nt_handle *h = rq->handle;
    struct nt_snapshot *fresh = snapshot_new();
    if (!fresh)
        return STATUS_INSUFFICIENT_RESOURCES;
    bool filtered = false;
    NTSTATUS status = call_find(rq, h, h->pattern, fresh, &filtered);
    if (status == STATUS_SUCCESS) {
        struct filter filter = {.handle = h, .by_pattern = !filtered && !matches_all(h)};
        snapshot_keep(fresh, shown, &filter);
        if (h->node != &h->vol->root && matches_all(h))
            add_dots(fresh);
        status = snapshot_error(fresh);
    }
    if (status != STATUS_SUCCESS) {
        snapshot_free(fresh);
        fresh = NULL;
    }
    pthread_mutex_lock(&h->dir_lock);
    struct nt_snapshot *old = h->queried;
    h->queried = fresh;
    pthread_mutex_unlock(&h->dir_lock);
    snapshot_free(old);
    return status;
}

/* ---- answering ----------------------------------------------------------------------------------------- */

/* Writes entries from `index` on; the number written. */
static uint32_t emit(struct nt_request *rq, const struct directory_row *row, uint32_t index)
{
    const struct nt_directory_args *args = &rq->directory;
    const struct nt_snapshot *list = rq->handle->queried;
    unsigned char *at = args->buffer, *last = NULL;
    uint32_t room = args->length, written = 0;
    while (index + written < snapshot_count(list) && !(args->single && written)) {
        const struct nt_entry *entry = snapshot_at(list, index + written);
        uint32_t stride = (row->size + entry->len * (uint32_t)sizeof(WCHAR) + 7) & ~(uint32_t)7;
        if (stride > room)
            break;
        memset(at, 0, stride);
        row->fill(rq->volume, entry, index + written + 1, at);
        fill_facts(row, entry, at);
        memcpy(at + row->name_offset, entry->name, entry->len * sizeof(WCHAR));
        if (last) {
            ULONG step = (ULONG)(at - last);
            memcpy(last, &step, sizeof step);
        }
        last = at;
        at += stride;
        room -= stride;
        written++;
    }
    rq->p.information = args->length - room;
    return written;
}

/* Lock held. */
static NTSTATUS answer(struct nt_request *rq, const struct directory_row *row, uint32_t index, bool scanned)
{
    struct nt_handle *h = rq->handle;
    if (!h->queried || index >= snapshot_count(h->queried))
        return scanned && index == 0 ? STATUS_NO_SUCH_FILE : STATUS_NO_MORE_FILES;
    uint32_t written = emit(rq, row, index);
    if (!written)
        return STATUS_BUFFER_OVERFLOW;
    h->dir_index = index + written;
    return STATUS_SUCCESS;
}

NTSTATUS run_query_directory(struct nt_request *rq)
{
    const struct nt_directory_args *args = &rq->directory;
    struct nt_handle *h = rq->handle;
    const struct directory_row *row = row_of(args->info_class);
    if (!row || !h->directory)
        return STATUS_INVALID_PARAMETER;
    if (rq->strict && !(h->access & FILE_LIST_DIRECTORY))
        return STATUS_ACCESS_DENIED;
    pthread_mutex_lock(&h->dir_lock);
    NTSTATUS status = fix_pattern(h, args);
    bool again = args->restart && !args->index_specified;
    bool scans = !h->queried || again;
    uint32_t index = args->index_specified ? args->index : again ? 0 : h->dir_index;
    pthread_mutex_unlock(&h->dir_lock);
    if (status == STATUS_SUCCESS && scans)
        status = scan(rq);
    if (status != STATUS_SUCCESS)
        return status;
    LOCK_SCOPE(&h->dir_lock);
    return answer(rq, row, index, scans);
}
