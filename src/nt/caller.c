// SPDX-License-Identifier: MIT
/*
 * Who asks, as the access check knows it: the token that the request brings, or one made of the caller's
 * numbers. Supplementary groups are the kernel's own, read from /proc while the caller waits for us: if what
 * stands there is not of this user and group, the process is another one meanwhile, and there are none.
 */
#include "nt/access.h"
#include "nt/security.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

enum { STATUS_BYTES = 16384, GROUPS_MAX = 1024, BASE = 10 };

/* The value of a line, behind its name; NULL: there is none. */
static const char *line_of(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    return at ? at + strlen(name) : NULL;
}

/* The fourth number of a line is the one that counts for files. */
static bool fs_id_is(const char *text, const char *name, uint32_t id)
{
    char *end = NULL;
    unsigned long found = 0;
    const char *at = line_of(text, name);
    for (int i = 0; at && i < 4; i++) {
        found = strtoul(at, &end, BASE);
        at = end == at ? NULL : end;
    }
    return at && found == id;
}

static ssize_t read_status(uint32_t pid, char *text)
{
    char path[32];
    snprintf(path, sizeof path, "/proc/%u/status", pid);
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, STATUS_BYTES - 1) : -1;
    text[n > 0 ? n : 0] = 0;
    return n;
}

/* Numbers up to the end of the line; a list that was cut off is taken as far as it is sure. */
static unsigned parse_groups(const char *at, uint32_t *out)
{
    unsigned count = 0;
    while (at && count < GROUPS_MAX) {
        while (*at == ' ' || *at == '\t')
            at++;
        char *end;
        unsigned long id = strtoul(at, &end, BASE);
        if (end == at || !*end)
            break;
        out[count++] = (uint32_t)id;
        at = end;
    }
    return count;
}

static unsigned groups_of(const struct nt_caller *caller, uint32_t *out)
{
    CLEANUP_FREE char *text = malloc(STATUS_BYTES);
    if (!caller->pid || !text || read_status(caller->pid, text) <= 0 ||
        !fs_id_is(text, "\nUid:", caller->uid) || !fs_id_is(text, "\nGid:", caller->gid))
        return 0;
    return parse_groups(line_of(text, "\nGroups:"), out);
}

static void add_groups(struct caller_token *t, const struct nt_caller *caller)
{
    CLEANUP_FREE uint32_t *ids = malloc(GROUPS_MAX * sizeof *ids);
    unsigned count = ids ? groups_of(caller, ids) : 0;
    if (!count)
        return;
    t->groups = malloc(count * sizeof *t->groups);
    t->list = malloc(count * sizeof *t->list);
    if (!t->groups || !t->list)
        return;
    for (unsigned i = 0; i < count; i++) {
        struct sd_sid sid;
        struct sd_span made = sid_from_unix(&sid, SID_UNIX_GROUP, ids[i]);
        memcpy(t->groups[i].bytes, made.at, sizeof t->groups[i].bytes);
        t->list[i] = t->groups[i].bytes;
    }
    t->made.Groups = t->list;
    t->made.GroupCount = count;
}

NTSTATUS caller_token_init(struct caller_token *t, const struct nt_request *rq)
{
    *t = (struct caller_token){.use = rq->token};
    if (t->use)
        return access_token_valid(t->use) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    sid_from_unix(&t->user, SID_UNIX_USER, rq->caller.uid);
    sid_from_unix(&t->group, SID_UNIX_GROUP, rq->caller.gid);
    t->made = (DOKAN_ACCESS_TOKEN){.Size = sizeof t->made,
                                   .Flags = rq->caller.uid ? 0 : DOKAN_TOKEN_SUPERUSER,
                                   .User = t->user.bytes,
                                   .PrimaryGroup = t->group.bytes};
    if (rq->caller.uid)
        add_groups(t, &rq->caller);
    t->use = &t->made;
    return STATUS_SUCCESS;
}

void caller_token_end(struct caller_token *t)
{
    free(t->groups);
    free(t->list);
}
