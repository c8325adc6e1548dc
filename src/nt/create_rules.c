// SPDX-License-Identifier: MIT
/*
 * What of an open can be judged without the file system: dispositions, options, rights, the form of the name;
 * and what its answer means.
 *
 * The order is the driver's. What NT's I/O manager and NTFS refuse besides is refused to strict callers only:
 * a door that speaks for a kernel has asked for what it means. Strict callers' names follow NTFS: two leading
 * backslashes count as one, a trailing one means a directory, `:$INDEX_ALLOCATION` the directory itself, and
 * wildcards and control characters stand in no name but a stream's.
 */
#include "base/fold.h"
#include "nt/create.h"
#include "nt/ea.h"
#include "nt/sd.h"

static const struct disposition_row dispositions[] = {
    [FILE_SUPERSEDE] = {true, true, true, FILE_CREATED, FILE_SUPERSEDED},
    [FILE_OPEN] = {false, false, false, FILE_OPENED, 0},
    [FILE_CREATE] = {true, true, false, FILE_CREATED, 0},
    [FILE_OPEN_IF] = {true, false, true, FILE_CREATED, FILE_OPENED},
    [FILE_OVERWRITE] = {false, true, false, FILE_OVERWRITTEN, 0},
    [FILE_OVERWRITE_IF] = {true, true, true, FILE_CREATED, FILE_OVERWRITTEN},
};

const struct disposition_row *disposition_of(const struct nt_create_args *a)
{
    return a->disposition <= FILE_OVERWRITE_IF ? &dispositions[a->disposition] : NULL;
}

/* ---- options ------------------------------------------------------------------------------------------- */

static NTSTATUS check_options(const struct nt_volume *vol, const struct nt_create_args *a)
{
    const struct disposition_row *row = disposition_of(a);
    if (!row)
        return STATUS_INVALID_PARAMETER;
    bool protect = volume_option(vol, DOKAN_OPTION_WRITE_PROTECT);
    if (protect && (row->writes || a->options & FILE_DELETE_ON_CLOSE))
        return STATUS_MEDIA_WRITE_PROTECTED;
    if (a->options & FILE_DIRECTORY_FILE && a->options & FILE_NON_DIRECTORY_FILE)
        return STATUS_INVALID_PARAMETER;
    bool temporary = a->file_attributes & FILE_ATTRIBUTE_TEMPORARY;
    if (a->options & FILE_DIRECTORY_FILE && temporary &&
        (a->disposition == FILE_CREATE || a->disposition == FILE_OPEN_IF))
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

#define SYNCHRONOUS (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT)
#define OF_DIRECTORIES                                                                                       \
    (FILE_DIRECTORY_FILE | SYNCHRONOUS | FILE_WRITE_THROUGH | FILE_OPEN_REMOTE_INSTANCE |                    \
     FILE_COMPLETE_IF_OPLOCKED | FILE_OPEN_FOR_BACKUP_INTENT | FILE_DELETE_ON_CLOSE |                        \
     FILE_OPEN_FOR_FREE_SPACE_QUERY | FILE_OPEN_BY_FILE_ID | FILE_NO_COMPRESSION | FILE_OPEN_REPARSE_POINT | \
     FILE_OPEN_REQUIRING_OPLOCK)
#define OPTIONS 0x00FFFFFFu
#define SHARES  (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)
/* All that have a name, but for the volume label's and the devices'. */
#define ATTRIBUTES 0x005FFFB7u
/* No right has these bits. */
#define NO_RIGHTS 0x0CE0FE00u

/* Options that need another one, or a right. These look at what the caller wrote: generic rights do not
 * count. */
static const struct {
    ULONG options; /* any of them */
    ACCESS_MASK lacks, has;
} pairs[] = {
    {SYNCHRONOUS, SYNCHRONIZE, 0},
    {FILE_DELETE_ON_CLOSE, DELETE, 0},
    {FILE_NO_INTERMEDIATE_BUFFERING, 0, FILE_APPEND_DATA},
};

static bool pairs_fit(const struct nt_create_args *a)
{
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (a->options & pairs[i].options && (pairs[i].lacks & ~a->access || pairs[i].has & a->access))
            return false;
    return true;
}

static bool options_fit(const struct nt_create_args *a)
{
    const ULONG filter = FILE_COMPLETE_IF_OPLOCKED | FILE_RESERVE_OPFILTER;
    bool replaces = a->disposition == FILE_SUPERSEDE || a->disposition == FILE_OVERWRITE ||
                    a->disposition == FILE_OVERWRITE_IF;
    if (a->options & ~OPTIONS || a->share & ~SHARES || a->file_attributes & ~ATTRIBUTES)
        return false;
    if ((a->options & SYNCHRONOUS) == SYNCHRONOUS || (a->options & filter) == filter)
        return false;
    return !(a->options & FILE_DIRECTORY_FILE) || (!replaces && !(a->options & ~OF_DIRECTORIES));
}

static NTSTATUS check_strictly(const struct nt_create_args *a)
{
    bool both = a->options & FILE_DIRECTORY_FILE && a->options & FILE_NON_DIRECTORY_FILE;
    if (!disposition_of(a) || both || !options_fit(a) || !pairs_fit(a))
        return STATUS_INVALID_PARAMETER;
    return !a->access || a->access & NO_RIGHTS ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
}

/* ---- the name, for strict callers ---------------------------------------------------------------------- */

static size_t find_unit(const WCHAR *text, size_t len, WCHAR unit)
{
    size_t i = 0;
    while (i < len && text[i] != unit)
        i++;
    return i;
}

static bool in_no_name(WCHAR unit)
{
    return unit < 0x20 || unit == u'*' || unit == u'?' || unit == u'"' || unit == u'<' || unit == u'>' ||
           unit == u'|';
}

/* Backslashes around the name. */
static NTSTATUS trim(struct nt_create_args *a)
{
    struct nt_name *name = &a->name;
    if (!name->dir && name->len > 1 && name->text[0] == u'\\' && name->text[1] == u'\\') {
        name->text++;
        name->len--;
    }
    if (!name->dir && name->len > 1 && name->text[0] == u'\\' && name->text[1] == u'\\')
        return STATUS_OBJECT_NAME_INVALID;
    if (name->len < 2 || name->text[name->len - 1] != u'\\')
        return STATUS_SUCCESS;
    if (a->options & FILE_NON_DIRECTORY_FILE)
        return STATUS_OBJECT_NAME_INVALID;
    name->len--;
    a->options |= FILE_DIRECTORY_FILE;
    return name->text[name->len - 1] == u'\\' ? STATUS_OBJECT_NAME_INVALID : STATUS_SUCCESS;
}

static bool ends_with(const WCHAR *text, size_t len, const WCHAR *end, size_t end_len)
{
    return len >= end_len && fold_equal(text + len - end_len, end_len, end, end_len);
}

/* `d:$I30:$INDEX_ALLOCATION` and `d::$INDEX_ALLOCATION` are d. */
static NTSTATUS as_index(struct nt_create_args *a, size_t colon, size_t second)
{
    static const WCHAR index[] = u"$I30";
    struct nt_name *name = &a->name;
    size_t units = second - colon - 1;
    if (units && !fold_equal(name->text + colon + 1, units, index, sizeof index / sizeof *index - 1))
        return STATUS_INVALID_PARAMETER;
    name->len = (uint16_t)colon;
    if (!(a->options & FILE_NON_DIRECTORY_FILE))
        a->options |= FILE_DIRECTORY_FILE;
    return STATUS_SUCCESS;
}

/* Types of NTFS' own attributes: they exist, and are nobody's to open. */
static bool is_internal(const WCHAR *type, size_t len)
{
    static const WCHAR *const types[] = {
        u"$STANDARD_INFORMATION",
        u"$ATTRIBUTE_LIST",
        u"$FILE_NAME",
        u"$OBJECT_ID",
        u"$SECURITY_DESCRIPTOR",
        u"$VOLUME_NAME",
        u"$INDEX_ROOT",
        u"$VOLUME_INFORMATION",
        u"$BITMAP",
        u"$REPARSE_POINT",
        u"$EA_INFORMATION",
        u"$EA",
        u"$PROPERTY_SET",
        u"$LOGGED_UTILITY_STREAM",
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        const size_t units = find_unit(types[i], NT_NAME_MAX, 0);
        if (units == len && ends_with(type, len, types[i], units))
            return true;
    }
    return false;
}

/* `colon` is where the last component's stream begins. Its `:$DATA` is taken away when the name is resolved.
 */
static NTSTATUS read_stream(struct nt_create_args *a, size_t colon)
{
    static const WCHAR data[] = u"$DATA", index[] = u"$INDEX_ALLOCATION";
    const WCHAR *text = a->name.text;
    size_t len = a->name.len, second = colon + 1 + find_unit(text + colon + 1, len - colon - 1, u':');
    const WCHAR *type = text + second + 1;
    size_t type_len = second < len ? len - second - 1 : 0;
    bool is_data = type_len == 5 && ends_with(type, type_len, data, 5);
    if (second < len && type_len == 17 && ends_with(type, type_len, index, 17))
        return as_index(a, colon, second);
    if (second < len && !is_data)
        return is_internal(type, type_len) ? STATUS_ACCESS_DENIED : STATUS_OBJECT_NAME_INVALID;
    if (len == colon + 1)
        return STATUS_OBJECT_NAME_INVALID;
    if (a->options & FILE_DIRECTORY_FILE)
        return STATUS_NOT_A_DIRECTORY;
    if (second == colon + 1)
        a->options |= FILE_NON_DIRECTORY_FILE;
    return STATUS_SUCCESS;
}

static NTSTATUS check_name(struct nt_volume *vol, struct nt_create_args *a)
{
    NTSTATUS status = trim(a);
    const WCHAR *text = a->name.text;
    size_t len = a->name.len, last = len;
    if (status)
        return status;
    while (last && text[last - 1] != u'\\')
        last--;
    size_t colon = last + find_unit(text + last, len - last, u':');
    for (size_t i = 0; i < colon; i++)
        if (in_no_name(text[i]))
            return STATUS_OBJECT_NAME_INVALID;
    const struct nt_node *dir = a->name.dir;
    bool file = dir && node_has(dir, NODE_TYPED) && !node_has(dir, NODE_DIRECTORY);
    if (file && colon)
        return STATUS_INVALID_PARAMETER; /* nothing but its streams lies below it */
    if (colon == len || !volume_option(vol, DOKAN_OPTION_ALT_STREAM))
        return STATUS_SUCCESS;
    return read_stream(a, colon);
}

/* ---- all of it ----------------------------------------------------------------------------------------- */

/* The directory of the name is opened, whatever stands there. */
static void aim_at_parent(struct nt_create_args *a)
{
    a->options |= FILE_DIRECTORY_FILE;
    a->options &= ~(ULONG)(FILE_NON_DIRECTORY_FILE | FILE_DELETE_ON_CLOSE);
    a->options &= OF_DIRECTORIES;
    a->disposition = FILE_OPEN;
    a->file_attributes = 0;
}

NTSTATUS create_rules(struct nt_request *rq)
{
    struct nt_create_args *a = &rq->create;
    if (a->target_directory)
        aim_at_parent(a);
    NTSTATUS status = rq->strict ? check_strictly(a) : STATUS_SUCCESS;
    a->access = sd_map_generic(a->access);
    if (!status)
        status = check_options(rq->volume, a);
    uint32_t bad;
    if (!status && a->eas)
        status = ea_check_list(a->eas, a->eas_length, &bad);
    if (!status && a->options & FILE_OPEN_BY_FILE_ID && rq->strict)
        status = byid_rules(rq);
    else if (!status && rq->strict)
        status = check_name(rq->volume, a);
    a->way.ruled = !status;
    return status;
}

/* ---- answers ------------------------------------------------------------------------------------------- */

bool means_missing(NTSTATUS status)
{
    return status == STATUS_OBJECT_NAME_NOT_FOUND || status == STATUS_NO_SUCH_FILE ||
           status == STATUS_OBJECT_PATH_NOT_FOUND;
}

NTSTATUS rules_of_kind(const struct nt_request *rq, const struct nt_handle *h)
{
    const struct nt_create_args *a = &rq->create;
    bool wrong = rq->strict && h->directory && a->options & FILE_NON_DIRECTORY_FILE;
    return wrong && rq->p.information == FILE_OPENED ? STATUS_FILE_IS_A_DIRECTORY : STATUS_SUCCESS;
}

NTSTATUS rules_of_failure(const struct nt_request *rq, NTSTATUS status)
{
    const struct nt_create_args *a = &rq->create;
    if (!rq->strict)
        return status;
    /* Nobody asked for a directory: it is one on the way that is none. */
    if (status == STATUS_NOT_A_DIRECTORY && !(a->options & FILE_DIRECTORY_FILE))
        return STATUS_OBJECT_PATH_NOT_FOUND;
    bool is_missing = means_missing(status) || status == STATUS_NOT_A_DIRECTORY;
    return a->target_directory && is_missing ? STATUS_OBJECT_PATH_NOT_FOUND : status;
}
