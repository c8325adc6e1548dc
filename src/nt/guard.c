// SPDX-License-Identifier: MIT
/*
 * Security at create. A new file gets its first descriptor: what the creator gave, and on a volume that wants
 * it (NT_SECURITY_INHERIT) what the directory passes on. On a volume that wants checks (NT_SECURITY_CHECK)
 * the descriptor of what is opened decides.
 *
 * Where the check stands: a plain open is checked on its own handle, and a refusal ends in Cleanup and
 * CloseFile. What could change something by itself (overwrite, create, delete on close) is checked before,
 * through an internal open. To make a file needs the right to add one to the directory; whoever made it has
 * the rights he asked for, whatever its descriptor says. Who may delete the children of a directory, or list
 * it, needs no right of the child to delete it, or to read its attributes. Nobody needs the right to traverse
 * directories: on Windows everybody has the privilege to do without.
 */
#include "nt/access.h"
#include "nt/inherit.h"
#include "nt/security.h"

enum { SEEN = OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION };

/* A READONLY file is never granted these to who asks for as much as he may have. */
#define CHANGES (FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_DELETE_CHILD)
/* Nor these on a write-protected volume. */
#define ALL_CHANGES (CHANGES | FILE_WRITE_EA | FILE_WRITE_ATTRIBUTES | DELETE | WRITE_DAC | WRITE_OWNER)

/* What is opened, and the names above it. All counted. */
struct place {
    struct nt_node *file;      /* itself, or the file of a stream */
    struct nt_node *directory; /* NULL: the root has none */
    bool stream;
};

static struct place place_of(struct nt_node *node)
{
    struct place p = {.stream = node_has(node, NODE_STREAM)};
    if (p.stream) {
        p.file = tree_place(node, NULL);
    } else {
        nt_node_get(node);
        p.file = node;
    }
    if (p.file && p.file != &p.file->vol->root)
        p.directory = tree_place(p.file, NULL);
    return p;
}

static void place_end(struct place *p)
{
    if (p->file)
        nt_node_put(p->file);
    if (p->directory)
        nt_node_put(p->directory);
}

/* ---- asking -------------------------------------------------------------------------------------------- */

/* The descriptor of a node, through an internal open. */
static NTSTATUS fetch_of(struct nt_request *rq, struct nt_node *node, bool directory, struct fetched *out)
{
    struct nt_handle h;
    NTSTATUS status = internal_open(rq, node, READ_CONTROL | FILE_READ_ATTRIBUTES,
                                    directory ? FILE_DIRECTORY_FILE : FILE_OPEN_FOR_BACKUP_INTENT, &h);
    if (status < 0)
        return status;
    status = security_fetch(rq, &h, SEEN, out);
    internal_close(rq, &h, false);
    return status;
}

static NTSTATUS broken(NTSTATUS status)
{
    return status == STATUS_INVALID_PARAMETER || status == STATUS_BUFFER_OVERFLOW || status > 0
               ? STATUS_INVALID_SECURITY_DESCR
               : status;
}

static unsigned flags_of(const struct nt_request *rq)
{
    return rq->op == NT_CREATE && rq->create.options & FILE_OPEN_FOR_BACKUP_INTENT ? ACCESS_BACKUP_INTENT : 0;
}

NTSTATUS guard_granted(struct nt_request *rq, struct nt_node *node, bool directory,
                       const DOKAN_ACCESS_TOKEN *token, ACCESS_MASK *allowed)
{
    CLEANUP_FETCHED struct fetched got = {0};
    *allowed = 0;
    NTSTATUS status = fetch_of(rq, node, directory, &got);
    if (!status)
        *allowed = access_granted(&got.sd, token, flags_of(rq));
    return status;
}

/* What the directory adds to the rights of a file in it, when they do not suffice. */
static void add_from_directory(struct nt_request *rq, const struct place *p, const DOKAN_ACCESS_TOKEN *token,
                               ACCESS_MASK wanted, ACCESS_MASK *allowed)
{
    ACCESS_MASK above, missing = wanted & MAXIMUM_ALLOWED ? DELETE | FILE_READ_ATTRIBUTES : wanted;
    if (!p->directory || !(missing & ~*allowed & (DELETE | FILE_READ_ATTRIBUTES)))
        return;
    if (guard_granted(rq, p->directory, true, token, &above))
        return;
    *allowed |= above & FILE_DELETE_CHILD ? DELETE : 0;
    *allowed |= above & FILE_LIST_DIRECTORY ? FILE_READ_ATTRIBUTES : 0;
}

/* Rights beyond those he named that the open as such needs. */
static ACCESS_MASK implied(const struct nt_create_args *a)
{
    ACCESS_MASK rights = a->options & FILE_DELETE_ON_CLOSE ? DELETE : 0;
    if (a->disposition == FILE_SUPERSEDE)
        rights |= DELETE;
    if (a->disposition == FILE_OVERWRITE || a->disposition == FILE_OVERWRITE_IF)
        rights |= FILE_WRITE_DATA | FILE_WRITE_EA | FILE_WRITE_ATTRIBUTES;
    return rights;
}

static NTSTATUS check_existing(struct nt_request *rq, const struct place *p, const DOKAN_ACCESS_TOKEN *token,
                               ACCESS_MASK also, ACCESS_MASK *allowed)
{
    ACCESS_MASK wanted = rq->create.access | also, granted;
    add_from_directory(rq, p, token, wanted, allowed);
    return access_verdict(*allowed, wanted, &granted);
}

/* May the caller make a file here? Then he has every right to it but to system lists. */
static NTSTATUS check_new(struct nt_request *rq, const struct place *p, const DOKAN_ACCESS_TOKEN *token,
                          ACCESS_MASK *allowed)
{
    const struct nt_create_args *a = &rq->create;
    ACCESS_MASK above, granted;
    if (!p->directory)
        return STATUS_ACCESS_DENIED;
    NTSTATUS status = guard_granted(rq, p->directory, true, token, &above);
    if (status)
        return status == STATUS_OBJECT_NAME_NOT_FOUND ? STATUS_OBJECT_PATH_NOT_FOUND : broken(status);
    bool directory = a->options & FILE_DIRECTORY_FILE && !p->stream;
    if (!(above & (directory ? FILE_ADD_SUBDIRECTORY : FILE_ADD_FILE)))
        return STATUS_ACCESS_DENIED;
    bool lists = token->Flags & (DOKAN_TOKEN_SUPERUSER | DOKAN_TOKEN_SECURITY);
    *allowed = FILE_ALL_ACCESS | (lists ? ACCESS_SYSTEM_SECURITY : 0);
    return access_verdict(*allowed, a->access, &granted);
}

static bool missing(NTSTATUS status)
{
    return status == STATUS_OBJECT_NAME_NOT_FOUND || status == STATUS_NO_SUCH_FILE;
}

static bool creates(const struct nt_create_args *a)
{
    return a->disposition != FILE_OPEN && a->disposition != FILE_OVERWRITE;
}

/* Asks what is there before anything can change. */
static NTSTATUS check_before(struct nt_request *rq, struct nt_node *node, const struct place *p,
                             const DOKAN_ACCESS_TOKEN *token, struct guard *g)
{
    NTSTATUS status = guard_granted(rq, node, false, token, &g->allowed);
    g->checked = true;
    g->found = !missing(status);
    if (!status)
        return rq->create.disposition == FILE_CREATE
                   ? STATUS_SUCCESS /* it will fail, and the file system says how */
                   : check_existing(rq, p, token, implied(&rq->create), &g->allowed);
    if (g->found)
        return broken(status);
    if (!creates(&rq->create))
        return STATUS_SUCCESS;
    if (!p->stream)
        return check_new(rq, p, token, &g->allowed);
    status = guard_granted(rq, p->file, false, token, &g->allowed);
    if (missing(status))
        return check_new(rq, p, token, &g->allowed);
    return status ? broken(status) : check_existing(rq, p, token, FILE_WRITE_DATA, &g->allowed);
}

/* ---- the first descriptor ------------------------------------------------------------------------------ */

static NTSTATUS first_descriptor(struct nt_request *rq, const struct place *p,
                                 const DOKAN_ACCESS_TOKEN *token, struct guard *g)
{
    const struct nt_create_args *a = &rq->create;
    CLEANUP_FETCHED struct fetched above = {0};
    CLEANUP_SD_STORE struct sd_store store = {0};
    struct sd creator, made;
    if (a->security && !sd_parse(a->security, a->security_length, &creator))
        return STATUS_INVALID_SECURITY_DESCR;
    bool inherits = rq->volume->security & NT_SECURITY_INHERIT && creates(a) && p->directory;
    if (!a->security && !inherits)
        return STATUS_SUCCESS;
    NTSTATUS status = inherits ? fetch_of(rq, p->directory, true, &above) : STATUS_SUCCESS;
    if (status)
        return status == STATUS_OBJECT_NAME_NOT_FOUND ? STATUS_OBJECT_PATH_NOT_FOUND : broken(status);
    const struct inherit_args args = {.parent = inherits ? &above.sd : NULL,
                                      .creator = a->security ? &creator : NULL,
                                      .token = token,
                                      .directory = a->options & FILE_DIRECTORY_FILE && !p->stream,
                                      .checked = rq->volume->security & NT_SECURITY_CHECK};
    status = inherit(&args, &store, &made);
    if (status)
        return status;
    g->security = malloc(sd_size(&made));
    if (!g->security)
        return STATUS_INSUFFICIENT_RESOURCES;
    sd_write(&made, g->security);
    return STATUS_SUCCESS;
}

NTSTATUS guard_before(struct nt_request *rq, struct nt_node *node, struct create_call *c, struct guard *g)
{
    const struct nt_create_args *a = &rq->create;
    CLEANUP_CALLER struct caller_token who = {0};
    bool checks = rq->volume->security & NT_SECURITY_CHECK;
    if (!rq->volume->security && !a->security)
        return STATUS_SUCCESS;
    NTSTATUS status = caller_token_init(&who, rq);
    if (status)
        return status;
    struct place p = place_of(node);
    if (checks && (a->disposition != FILE_OPEN || a->options & FILE_DELETE_ON_CLOSE))
        status = check_before(rq, node, &p, who.use, g);
    if (!status && !(g->checked && g->found))
        status = first_descriptor(rq, &p, who.use, g);
    place_end(&p);
    c->security = g->security;
    return status;
}

/* ---- afterwards ---------------------------------------------------------------------------------------- */

/* The handle has these rights; others see them, too. */
static NTSTATUS grant(struct nt_request *rq, struct nt_handle *h, ACCESS_MASK granted)
{
    struct nt_create_args *a = &rq->create;
    struct nt_file *file = h->file;
    if (granted == a->access)
        return STATUS_SUCCESS;
    LOCK_SCOPE(&file->lock);
    share_remove(&file->share, a->access, a->share);
    bool allowed = share_allows(&file->share, granted, a->share);
    if (allowed)
        a->access = granted;
    share_add(&file->share, a->access, a->share);
    h->access = a->access;
    return allowed ? STATUS_SUCCESS : STATUS_SHARING_VIOLATION;
}

static NTSTATUS check_handle(struct nt_request *rq, struct nt_handle *h, struct guard *g)
{
    CLEANUP_CALLER struct caller_token who = {0};
    CLEANUP_FETCHED struct fetched got = {0};
    NTSTATUS status = caller_token_init(&who, rq);
    if (!status)
        status = security_fetch(rq, h, SEEN, &got);
    if (status)
        return broken(status);
    g->allowed = access_granted(&got.sd, who.use, flags_of(rq));
    struct place p = place_of(h->node);
    status = check_existing(rq, &p, who.use, 0, &g->allowed);
    place_end(&p);
    return status;
}

NTSTATUS guard_after(struct nt_request *rq, struct nt_handle *h, struct guard *g)
{
    ACCESS_MASK wanted = rq->create.access, granted;
    bool made = rq->p.information == FILE_CREATED, checks = rq->volume->security & NT_SECURITY_CHECK;
    NTSTATUS status = STATUS_SUCCESS;
    if (!checks && !(wanted & MAXIMUM_ALLOWED))
        return STATUS_SUCCESS;
    if (!checks)
        g->allowed = FILE_ALL_ACCESS | (wanted & ACCESS_SYSTEM_SECURITY);
    else if (!g->checked || (!g->found && !made))
        status = check_handle(rq, h, g);
    if (status)
        return status;
    struct nt_attr attr;
    if (wanted & MAXIMUM_ALLOWED && !made && !h->directory && !attr_query(rq, h, &attr, false) &&
        attr.attributes & FILE_ATTRIBUTE_READONLY)
        g->allowed &= ~CHANGES | wanted;
    if (wanted & MAXIMUM_ALLOWED && volume_option(rq->volume, DOKAN_OPTION_WRITE_PROTECT))
        g->allowed &= ~(ACCESS_MASK)ALL_CHANGES | wanted;
    status = access_verdict(g->allowed, wanted, &granted);
    return status ? status : grant(rq, h, granted);
}

void guard_end(struct guard *g)
{
    free(g->security);
}
