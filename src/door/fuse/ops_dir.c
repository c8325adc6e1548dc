// SPDX-License-Identifier: MIT
/*
 * Owns the operations on open directories: OPENDIR, READDIR, READDIRPLUS. Entries are packed into the answer
 * as the engine names them. RELEASEDIR is RELEASE (ops_file.c).
 */
#include "door/fuse/fuse_i.h"
#include <dokan/ntstatus.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum {
    UNKNOWN_INO = 0xffffffff, /* 0 would make the entry invisible to some programs */
    LONGEST_NAME = 1024       /* the kernel ends the whole listing with EIO at a longer one */
};

int fuse_prepare_opendir(struct fuse_request *rq, const void *arg, size_t size)
{
    (void)arg, (void)size;
    struct nt_create_args *create = &rq->nt.create;
    create->name = fuse_name_of_node(rq);
    create->access = FILE_LIST_DIRECTORY | FILE_READ_ATTRIBUTES | SYNCHRONIZE;
    create->options = FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT | fuse_open_itself(rq->door);
    create->disposition = FILE_OPEN;
    create->share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    rq->open_flags = 0;
    return FUSE_SUBMIT;
}

/* The name in bytes at `out`. 0: no such entry for Linux; -1: no room. */
static ptrdiff_t pack_name(const struct fuse_request *rq, const struct nt_dirent *entry, char *out,
                           size_t room)
{
    if (entry->len <= 2 && entry->name[0] == u'.' && (entry->len == 1 || entry->name[1] == u'.')) {
        if (room < entry->len)
            return -1;
        memset(out, '.', entry->len);
        return entry->len;
    }
    char text[NAME_MAX_BYTES];
    ptrdiff_t n = name_to_linux(entry->name, entry->len, text, sizeof text, rq->door->name_flags);
    if (n <= 0 || n > LONGEST_NAME)
        return 0;
    if ((size_t)n > room)
        return -1;
    memcpy(out, text, (size_t)n);
    return n;
}

static void fill_dirent(const struct fuse_door *door, struct fuse_dirent *out, const struct nt_dirent *entry,
                        size_t name_len)
{
    out->ino = entry->attr.ino ? entry->attr.ino : UNKNOWN_INO;
    out->off = entry->position;
    out->namelen = (uint32_t)name_len;
    out->type = fuse_type_of(door, &entry->attr) >> 12;
    size_t used = FUSE_NAME_OFFSET + name_len;
    memset((char *)out + used, 0, FUSE_DIRENT_SIZE(out) - used);
}

/* Packs the name behind `head` bytes. The place of the dirent; NULL: no room, or (*skip) nothing to show. */
static struct fuse_dirent *pack(struct fuse_request *rq, const struct nt_dirent *entry, size_t head,
                                bool *skip)
{
    size_t need = head + FUSE_NAME_OFFSET;
    size_t room = rq->out_cap - rq->out_len;
    *skip = false;
    if (room < need)
        return NULL;
    struct fuse_dirent *out = (struct fuse_dirent *)(rq->out + rq->out_len + head);
    ptrdiff_t n = pack_name(rq, entry, out->name, (room - need) & ~(size_t)7);
    *skip = n == 0;
    if (n <= 0)
        return NULL;
    fill_dirent(rq->door, out, entry, (size_t)n);
    return out;
}

static bool emit_dirent(struct nt_request *nt, const struct nt_dirent *entry)
{
    struct fuse_request *rq = list_entry(nt, struct fuse_request, nt);
    bool skip;
    struct fuse_dirent *out = pack(rq, entry, 0, &skip);
    if (out)
        rq->out_len += FUSE_DIRENT_SIZE(out);
    else if (!skip)
        rq->full = true;
    return out || skip;
}

static bool emit_direntplus(struct nt_request *nt, const struct nt_dirent *entry)
{
    struct fuse_request *rq = list_entry(nt, struct fuse_request, nt);
    bool skip;
    struct fuse_dirent *out = pack(rq, entry, offsetof(struct fuse_direntplus, dirent), &skip);
    if (!out) {
        rq->full |= !skip;
        return skip;
    }
    struct fuse_direntplus *plus = (struct fuse_direntplus *)(rq->out + rq->out_len);
    /* Without a node (or the memory for one) it is a plain entry. */
    if (!entry->node || !fuse_entry_fill(rq->door, entry->node, &entry->attr, 0, 0, &plus->entry_out))
        memset(&plus->entry_out, 0, sizeof plus->entry_out);
    rq->out_len += FUSE_DIRENTPLUS_SIZE(plus);
    return true;
}

static int prepare_list(struct fuse_request *rq, const struct fuse_read_in *in,
                        bool (*emit)(struct nt_request *, const struct nt_dirent *))
{
    if (in->size < rq->out_cap)
        rq->out_cap = in->size;
    rq->nt.list.position = in->offset;
    rq->nt.list.emit = emit;
    return FUSE_SUBMIT;
}

int fuse_prepare_readdir(struct fuse_request *rq, const void *arg, size_t size)
{
    (void)size;
    return prepare_list(rq, arg, emit_dirent);
}

int fuse_prepare_readdirplus(struct fuse_request *rq, const void *arg, size_t size)
{
    (void)size;
    rq->nt.list.want_nodes = true;
    return prepare_list(rq, arg, emit_direntplus);
}

void fuse_reply_readdir(struct fuse_request *rq, NTSTATUS status, uint64_t information)
{
    (void)information;
    if (!NT_SUCCESS(status))
        fuse_reply_status(rq, status);
    else if (rq->full && rq->out_len == 0)
        fuse_reply(rq, -EINVAL, 0);
    else
        rq->delivered = fuse_reply(rq, 0, rq->out_len);
}

/* Calls fn for each packed entry that counts a lookup. */
static void each_node(struct fuse_request *rq, void (*fn)(struct fuse_request *, struct fuse_entry_out *))
{
    for (size_t at = 0; at < rq->out_len;) {
        struct fuse_direntplus *plus = (struct fuse_direntplus *)(rq->out + at);
        if (plus->entry_out.nodeid)
            fn(rq, &plus->entry_out);
        at += FUSE_DIRENTPLUS_SIZE(plus);
    }
}

static void set_valid(struct fuse_request *rq, struct fuse_entry_out *entry)
{
    fuse_valid_fill(rq->nt.list.entry_ns, &entry->entry_valid, &entry->entry_valid_nsec);
    fuse_valid_fill(rq->nt.list.attr_ns, &entry->attr_valid, &entry->attr_valid_nsec);
}

static void forget(struct fuse_request *rq, struct fuse_entry_out *entry)
{
    fuse_node_forget(rq->door, entry->nodeid, 1);
}

void fuse_reply_readdirplus(struct fuse_request *rq, NTSTATUS status, uint64_t information)
{
    if (NT_SUCCESS(status))
        each_node(rq, set_valid);
    fuse_reply_readdir(rq, status, information);
}

/* Whatever the kernel did not take (a late listing too) counts no lookups. */
void fuse_released_readdirplus(struct fuse_request *rq)
{
    if (!rq->delivered)
        each_node(rq, forget);
}
