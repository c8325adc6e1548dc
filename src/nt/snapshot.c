// SPDX-License-Identifier: MIT
/*
 * One directory listing: what a file system filled in, checked, in the order in which it came.
 *
 * Entries lie packed in blocks that double up to 1 MiB and never move; an array of pointers gives them their
 * order. A million names of 16 units take about 85 MB. No locks: a snapshot belongs to the callback that
 * fills it, then to the handle, whose dir_lock guards it.
 */
#include "nt/snapshot.h"
#include <stdlib.h>

enum { FIRST_BLOCK = 4096, LAST_BLOCK = 1 << 20, FIRST_INDEX = 32 };

struct block {
    struct block *older;
    size_t used, size;
    _Alignas(struct nt_entry) unsigned char data[];
};

struct nt_snapshot {
    struct block *blocks;
    struct nt_entry **index;
    size_t count, room;
    size_t bad;
    bool out_of_memory;
    uint64_t taken;
};

struct nt_snapshot *snapshot_new(void)
{
    struct nt_snapshot *s = calloc(1, sizeof *s);
    if (s)
        s->taken = clock_ns();
    return s;
}

uint64_t snapshot_taken(const struct nt_snapshot *s)
{
    return s->taken;
}

void snapshot_free(struct nt_snapshot *s)
{
    if (!s)
        return;
    for (struct block *block = s->blocks, *older; block; block = older) {
        older = block->older;
        free(block);
    }
    free(s->index);
    free(s);
}

static bool add_block(struct nt_snapshot *s, size_t least)
{
    size_t size = s->blocks ? s->blocks->size * 2 : FIRST_BLOCK;
    if (size > LAST_BLOCK)
        size = LAST_BLOCK;
    if (size < least)
        size = least;
    struct block *block = malloc(sizeof *block + size);
    if (!block)
        return false;
    *block = (struct block){.older = s->blocks, .size = size};
    s->blocks = block;
    return true;
}

static void *new_piece(struct nt_snapshot *s, size_t size)
{
    size_t align = _Alignof(struct nt_entry);
    size = (size + align - 1) / align * align;
    if ((!s->blocks || s->blocks->size - s->blocks->used < size) && !add_block(s, size))
        return NULL;
    void *piece = s->blocks->data + s->blocks->used;
    s->blocks->used += size;
    return piece;
}

static struct nt_entry *new_entry(struct nt_snapshot *s, size_t len)
{
    return new_piece(s, offsetof(struct nt_entry, name) + len * sizeof(WCHAR));
}

static bool grow_index(struct nt_snapshot *s)
{
    if (s->count < s->room)
        return true;
    size_t room = s->room ? s->room * 2 : FIRST_INDEX;
    struct nt_entry **index = realloc(s->index, room * sizeof(struct nt_entry *));
    if (!index)
        return false;
    s->index = index;
    s->room = room;
    return true;
}

static uint64_t wide(DWORD high, DWORD low)
{
    return (uint64_t)high << 32 | low;
}

static uint64_t time_of(FILETIME time)
{
    return wide(time.dwHighDateTime, time.dwLowDateTime);
}

static void fill_entry(struct nt_entry *entry, const WIN32_FIND_DATAW *data, size_t len)
{
    *entry = (struct nt_entry){
        .size = wide(data->nFileSizeHigh, data->nFileSizeLow),
        .creation = time_of(data->ftCreationTime),
        .access = time_of(data->ftLastAccessTime),
        .write = time_of(data->ftLastWriteTime),
        .attributes = data->dwFileAttributes,
        .reparse_tag = data->dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT ? data->dwReserved0 : 0,
        .change = time_of(data->ftLastWriteTime),
        .links = 1,
        .len = (uint16_t)len,
    };
    memcpy(entry->name, data->cFileName, len * sizeof(WCHAR));
}

static struct nt_entry *make_entry(struct nt_snapshot *s, const WIN32_FIND_DATAW *data, size_t len)
{
    struct nt_entry *entry = grow_index(s) ? new_entry(s, len) : NULL;
    if (entry)
        fill_entry(entry, data, len);
    else
        s->out_of_memory = true;
    return entry;
}

/* Length of the name, 0 when no directory can hold it. */
static size_t name_length(const WCHAR *name)
{
    size_t len = 0;
    while (len <= NT_NAME_MAX && name[len]) {
        if (name[len] == u'\\' || name[len] == u'/')
            return 0;
        len++;
    }
    return len <= NT_NAME_MAX ? len : 0;
}

bool snapshot_add(struct nt_snapshot *s, const WIN32_FIND_DATAW *data)
{
    size_t len = name_length(data->cFileName);
    if (!len || data->nFileSizeHigh > INT32_MAX) {
        s->bad++;
        return false;
    }
    struct nt_entry *entry = make_entry(s, data, len);
    if (!entry)
        return false;
    s->index[s->count++] = entry;
    return true;
}

bool snapshot_add_facts(struct nt_snapshot *s, const WCHAR *name, const DOKAN_FACTS *facts)
{
    size_t len = name_length(name);
    if (!len || !facts) {
        s->bad++;
        return false;
    }
    struct nt_facts *kept = grow_index(s) ? new_piece(s, sizeof *kept) : NULL;
    struct nt_entry *entry = kept ? new_entry(s, len) : NULL;
    if (!entry) {
        s->out_of_memory = true;
        return false;
    }
    *kept = facts_kept(facts);
    *entry = (struct nt_entry){
        .facts = kept,
        .size = fact_value(facts, DOKAN_FACT_SIZE, facts->FileSize),
        .creation = fact_value(facts, DOKAN_FACT_CREATION, facts->CreationTime),
        .access = fact_value(facts, DOKAN_FACT_ACCESS, facts->LastAccessTime),
        .write = fact_value(facts, DOKAN_FACT_WRITE, facts->LastWriteTime),
        .change = fact_value(facts, DOKAN_FACT_CHANGE, facts->ChangeTime),
        .attributes = facts->FileAttributes,
        .reparse_tag = facts->ReparseTag,
        .file_id = facts->Valid & DOKAN_FACT_ID ? facts->FileId : 0,
        .links = facts->Valid & DOKAN_FACT_LINKS && !(facts->FileAttributes & FILE_ATTRIBUTE_DIRECTORY)
                     ? facts->NumberOfLinks
                     : 1,
        .len = (uint16_t)len,
    };
    memcpy(entry->name, name, len * sizeof(WCHAR));
    s->index[s->count++] = entry;
    return true;
}

bool snapshot_add_front(struct nt_snapshot *s, const WIN32_FIND_DATAW *data)
{
    struct nt_entry *entry = make_entry(s, data, name_length(data->cFileName));
    if (!entry)
        return false;
    memmove(s->index + 1, s->index, s->count * sizeof(struct nt_entry *));
    s->index[0] = entry;
    s->count++;
    return true;
}

void snapshot_keep(struct nt_snapshot *s, bool (*keep)(const struct nt_entry *entry, const void *arg),
                   const void *arg)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->count; i++)
        if (keep(s->index[i], arg))
            s->index[kept++] = s->index[i];
    s->count = kept;
}

void snapshot_clear(struct nt_snapshot *s)
{
    s->count = s->bad = 0;
}

NTSTATUS snapshot_error(const struct nt_snapshot *s)
{
    return s->out_of_memory ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

size_t snapshot_bad(const struct nt_snapshot *s)
{
    return s->bad;
}

size_t snapshot_count(const struct nt_snapshot *s)
{
    return s->count;
}

const struct nt_entry *snapshot_at(const struct nt_snapshot *s, size_t index)
{
    return s->index[index];
}
