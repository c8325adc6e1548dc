// SPDX-License-Identifier: MIT
/*
 * Owns the operations on names: LOOKUP, CREATE, MKNOD, MKDIR, UNLINK, RMDIR, RENAME, RENAME2.
 */
#include "door/fuse/fuse_i.h"
#include <dokan/ntstatus.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>

struct nt_name fuse_name_of_node(const struct fuse_request *rq)
{
    return (struct nt_name){.dir = rq->node, .text = rq->name[0], .len = 0};
}

struct nt_name fuse_name_in_node(const struct fuse_request *rq)
{
    return (struct nt_name){.dir = rq->node, .text = rq->name[0], .len = rq->name_len[0]};
}

/* ---- LOOKUP ------------------------------------------------------------------------------------------- */

int fuse_prepare_lookup(struct fuse_request *rq, const void *arg, size_t size)
{
    (void)arg, (void)size;
    rq->nt.lookup.name = fuse_name_in_node(rq);
    return FUSE_SUBMIT;
}

/* An entry without a node tells the kernel how long to remember that there is none. */
static bool reply_no_entry(struct fuse_request *rq, uint64_t negative_ns)
{
    struct fuse_entry_out *entry = (struct fuse_entry_out *)rq->out;
    *entry = (struct fuse_entry_out){.nodeid = 0};
    fuse_valid_fill(negative_ns, &entry->entry_valid, &entry->entry_valid_nsec);
    return fuse_reply(rq, 0, sizeof *entry);
}

void fuse_reply_lookup(struct fuse_request *rq, NTSTATUS status, uint64_t information)
{
    (void)information;
    const struct nt_lookup_args *lookup = &rq->nt.lookup;
    struct fuse_entry_out *entry = (struct fuse_entry_out *)rq->out;
    if (status == STATUS_OBJECT_NAME_NOT_FOUND && lookup->out.negative_ns) {
        reply_no_entry(rq, lookup->out.negative_ns);
        return;
    }
    if (!NT_SUCCESS(status)) {
        fuse_reply_status(rq, status);
        return;
    }
    if (!fuse_entry_fill(rq->door, lookup->out.node, &lookup->out.attr, lookup->out.entry_ns,
                         lookup->out.attr_ns, entry))
        fuse_reply(rq, -ENOMEM, 0);
    else if (!fuse_reply(rq, 0, sizeof *entry))
        fuse_node_forget(rq->door, entry->nodeid, 1);
    nt_node_put(lookup->out.node);
}

/* ---- making ------------------------------------------------------------------------------------------- */

/*
 * A file that nobody may write is READONLY; the handle that makes it may write all the same, as open(2)
 * wants. Other bits of the mode have no place to be kept.
 */
static ULONG attributes_of_mode(const struct fuse_door *door, uint32_t mode)
{
    if (door->offers & NT_OFFERS_FACTS)
        return FILE_ATTRIBUTE_NORMAL;
    return mode & 0222 ? FILE_ATTRIBUTE_NORMAL : FILE_ATTRIBUTE_READONLY;
}

/* Mode and owner of what the caller makes. */
static void take_facts(struct fuse_request *rq, uint32_t mode)
{
    if (!(rq->door->offers & NT_OFFERS_FACTS))
        return;
    rq->facts = (struct nt_facts){.valid = DOKAN_FACT_MODE | DOKAN_FACT_UID | DOKAN_FACT_GID,
                                  .mode = mode & 07777,
                                  .uid = rq->in->uid,
                                  .gid = rq->in->gid};
    rq->nt.create.facts = &rq->facts;
}

static ULONG disposition_of(uint32_t flags)
{
    if (flags & O_EXCL)
        return FILE_CREATE;
    return flags & O_TRUNC ? FILE_OVERWRITE_IF : FILE_OPEN_IF;
}

int fuse_prepare_create(struct fuse_request *rq, const void *arg, size_t size)
{
    (void)size;
    const struct fuse_create_in *in = arg;
    struct nt_create_args *create = &rq->nt.create;
    create->name = fuse_name_in_node(rq);
    create->access = fuse_open_access(in->flags);
    create->options = fuse_open_options(rq->door, in->flags);
    create->disposition = disposition_of(in->flags);
    create->file_attributes = attributes_of_mode(rq->door, in->mode);
    create->share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    create->want_attr = true;
    take_facts(rq, in->mode);
    create->kill_privileges = fuse_open_kills(rq, in->open_flags);
    rq->open_flags = fuse_open_reply_flags(rq->door, in->flags);
    return FUSE_SUBMIT;
}

/* The two structures that answer CREATE. */
struct created {
    struct fuse_entry_out entry;
    struct fuse_open_out open;
};

static bool fill_created(struct fuse_request *rq, struct created *out)
{
    const struct nt_create_args *create = &rq->nt.create;
    if (!fuse_entry_fill(rq->door, create->out.node, &create->out.attr, create->out.entry_ns,
                         create->out.attr_ns, &out->entry))
        return false;
    out->open = (struct fuse_open_out){.fh = fuse_handle_add(rq->door, create->out.handle),
                                       .open_flags = rq->open_flags};
    if (out->open.fh)
        return true;
    fuse_node_forget(rq->door, out->entry.nodeid, 1);
    return false;
}

void fuse_reply_create(struct fuse_request *rq, NTSTATUS status, uint64_t information)
{
    (void)information;
    const struct nt_create_args *create = &rq->nt.create;
    struct created *out = (struct created *)rq->out;
    if (!NT_SUCCESS(status)) {
        fuse_reply_status(rq, status);
        return;
    }
    bool filled = fill_created(rq, out);
    if (!filled)
        fuse_reply(rq, -ENOMEM, 0);
    if (!filled || !fuse_reply(rq, 0, sizeof *out)) {
        if (filled) {
            fuse_node_forget(rq->door, out->entry.nodeid, 1);
            fuse_handle_take(rq->door, out->open.fh);
        }
        fuse_request_close_later(rq, create->out.handle);
    }
    nt_node_put(create->out.node);
}

int fuse_prepare_made(struct fuse_request *rq, ACCESS_MASK access, ULONG options, uint32_t mode)
{
    struct nt_create_args *create = &rq->nt.create;
    create->name = fuse_name_in_node(rq);
    create->access = access | SYNCHRONIZE;
    create->options = options | FILE_SYNCHRONOUS_IO_NONALERT;
    create->disposition = FILE_CREATE;
    create->file_attributes =
        options & FILE_DIRECTORY_FILE ? FILE_ATTRIBUTE_NORMAL : attributes_of_mode(rq->door, mode);
    take_facts(rq, mode);
    create->share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    create->close_at_once = true;
    create->want_attr = true;
    return FUSE_SUBMIT;
}

int fuse_prepare_mknod(struct fuse_request *rq, const void *arg, size_t size)
{
    const struct fuse_mknod_in *in = arg;
    if ((in->mode & S_IFMT) != S_IFREG && (in->mode & S_IFMT) != 0)
        return fuse_prepare_special(rq, arg, size);
    return fuse_prepare_made(rq, FILE_READ_ATTRIBUTES | FILE_WRITE_DATA, FILE_NON_DIRECTORY_FILE, in->mode);
}

int fuse_prepare_mkdir(struct fuse_request *rq, const void *arg, size_t size)
{
    (void)size;
    const struct fuse_mkdir_in *in = arg;
    return fuse_prepare_made(rq, FILE_LIST_DIRECTORY, FILE_DIRECTORY_FILE, in->mode);
}

void fuse_reply_made(struct fuse_request *rq, NTSTATUS status, uint64_t information)
{
    (void)information;
    const struct nt_create_args *create = &rq->nt.create;
    struct fuse_entry_out *entry = (struct fuse_entry_out *)rq->out;
    if (status == STATUS_NOT_SUPPORTED && create->reparse) {
        fuse_reply(rq, -EPERM, 0); /* as Linux says of what a file system cannot make */
        return;
    }
    if (!NT_SUCCESS(status)) {
        fuse_reply_status(rq, status);
        return;
    }
    if (!fuse_entry_fill(rq->door, create->out.node, &create->out.attr, create->out.entry_ns,
                         create->out.attr_ns, entry))
        fuse_reply(rq, -ENOMEM, 0);
    else if (!fuse_reply(rq, 0, sizeof *entry))
        fuse_node_forget(rq->door, entry->nodeid, 1);
    nt_node_put(create->out.node);
}

/* ---- LINK --------------------------------------------------------------------------------------------- */

/* The header names the directory of the new name. */
int fuse_prepare_link(struct fuse_request *rq, const void *arg, size_t size)
{
    (void)size;
    const struct fuse_link_in *in = arg;
    rq->node2 = fuse_node_get(rq->door, in->oldnodeid);
    if (!rq->node2)
        return -ESTALE;
    rq->nt.link = (struct nt_link_args){.node = rq->node2, .to = fuse_name_in_node(rq)};
    return FUSE_SUBMIT;
}

void fuse_reply_link(struct fuse_request *rq, NTSTATUS status, uint64_t information)
{
    (void)information;
    const struct nt_link_args *link = &rq->nt.link;
    struct fuse_entry_out *entry = (struct fuse_entry_out *)rq->out;
    if (!NT_SUCCESS(status)) {
        fuse_reply_node_status(rq, status);
        return;
    }
    if (!fuse_entry_fill(rq->door, link->out.node, &link->out.attr, link->out.entry_ns, link->out.attr_ns,
                         entry))
        fuse_reply(rq, -ENOMEM, 0);
    else if (!fuse_reply(rq, 0, sizeof *entry))
        fuse_node_forget(rq->door, entry->nodeid, 1);
    nt_node_put(link->out.node);
}

/* ---- removing and renaming ---------------------------------------------------------------------------- */

int fuse_prepare_unlink(struct fuse_request *rq, const void *arg, size_t size)
{
    (void)arg, (void)size;
    rq->nt.remove = (struct nt_remove_args){.name = fuse_name_in_node(rq), .directory = false};
    return FUSE_SUBMIT;
}

int fuse_prepare_rmdir(struct fuse_request *rq, const void *arg, size_t size)
{
    (void)arg, (void)size;
    rq->nt.remove = (struct nt_remove_args){.name = fuse_name_in_node(rq), .directory = true};
    return FUSE_SUBMIT;
}

static int prepare_rename_to(struct fuse_request *rq, uint64_t newdir, unsigned flags)
{
    rq->node2 = fuse_node_get(rq->door, newdir);
    if (!rq->node2)
        return -ESTALE;
    rq->nt.rename = (struct nt_rename_args){
        .from = fuse_name_in_node(rq),
        .to = {.dir = rq->node2, .text = rq->name[1], .len = rq->name_len[1]},
        .flags = flags,
    };
    return FUSE_SUBMIT;
}

int fuse_prepare_rename(struct fuse_request *rq, const void *arg, size_t size)
{
    (void)size;
    const struct fuse_rename_in *in = arg;
    return prepare_rename_to(rq, in->newdir, NT_RENAME_REPLACE);
}

int fuse_prepare_rename2(struct fuse_request *rq, const void *arg, size_t size)
{
    (void)size;
    const struct fuse_rename2_in *in = arg;
    if (in->flags == RENAME_EXCHANGE && rq->door->offers & NT_OFFERS_EXCHANGE)
        return prepare_rename_to(rq, in->newdir, NT_RENAME_EXCHANGE);
    if (in->flags & ~(uint32_t)RENAME_NOREPLACE)
        return -EINVAL;
    return prepare_rename_to(rq, in->newdir, in->flags & RENAME_NOREPLACE ? 0 : NT_RENAME_REPLACE);
}
