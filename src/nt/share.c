// SPDX-License-Identifier: MIT
/*
 * Share access of one file: how many openers read, write and delete, and how many let others do so. An opener
 * that does none of the three neither is checked nor counts. All under file->lock.
 */
#include "nt/nt_internal.h"

enum { READ_RIGHTS = FILE_READ_DATA | FILE_EXECUTE, WRITE_RIGHTS = FILE_WRITE_DATA | FILE_APPEND_DATA };

struct wishes {
    bool read, write, delete, any;
};

static struct wishes wishes_of(ACCESS_MASK access)
{
    struct wishes w = {
        .read = access & READ_RIGHTS, .write = access & WRITE_RIGHTS, .delete = access & DELETE};
    w.any = w.read || w.write || w.delete;
    return w;
}

bool share_allows(const struct nt_share *s, ACCESS_MASK access, ULONG share)
{
    struct wishes w = wishes_of(access);
    if (!w.any)
        return true;
    bool they_mind = (w.read && s->share_read < s->openers) || (w.write && s->share_write < s->openers) ||
                     (w.delete &&s->share_delete < s->openers);
    bool we_mind = (s->readers && !(share & FILE_SHARE_READ)) ||
                   (s->writers && !(share & FILE_SHARE_WRITE)) ||
                   (s->deleters && !(share & FILE_SHARE_DELETE));
    return !they_mind && !we_mind;
}

static void apply(struct nt_share *s, ACCESS_MASK access, ULONG share, uint32_t step)
{
    struct wishes w = wishes_of(access);
    if (!w.any)
        return;
    s->openers += step;
    s->readers += w.read ? step : 0;
    s->writers += w.write ? step : 0;
    s->deleters += w.delete ? step : 0;
    s->share_read += share & FILE_SHARE_READ ? step : 0;
    s->share_write += share & FILE_SHARE_WRITE ? step : 0;
    s->share_delete += share & FILE_SHARE_DELETE ? step : 0;
}

void share_add(struct nt_share *s, ACCESS_MASK access, ULONG share)
{
    apply(s, access, share, 1);
}

void share_remove(struct nt_share *s, ACCESS_MASK access, ULONG share)
{
    apply(s, access, share, (uint32_t)-1);
}
