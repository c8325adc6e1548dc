// SPDX-License-Identifier: MIT
/* See oplock_kit.h. */
#include "oplock_kit.h"
#include <stdio.h>

enum { INPUT_AT = 2048 }; /* in the waiting request's buffer; the output lies at its beginning */

static const struct {
    const char *name;
    uint32_t code;
} kinds[OPLOCK_KINDS] = {
    [OPLOCK_NONE] = {"0", 0},
    [OPLOCK_LEVEL_2] = {"2", FSCTL_REQUEST_OPLOCK_LEVEL_2},
    [OPLOCK_LEVEL_1] = {"1", FSCTL_REQUEST_OPLOCK_LEVEL_1},
    [OPLOCK_BATCH] = {"B", FSCTL_REQUEST_BATCH_OPLOCK},
    [OPLOCK_FILTER] = {"F", FSCTL_REQUEST_FILTER_OPLOCK},
    [OPLOCK_R] = {"R", FSCTL_REQUEST_OPLOCK},
    [OPLOCK_RH] = {"RH", FSCTL_REQUEST_OPLOCK},
    [OPLOCK_RW] = {"RW", FSCTL_REQUEST_OPLOCK},
    [OPLOCK_RWH] = {"RWH", FSCTL_REQUEST_OPLOCK},
};

const char *oplock_name(enum oplock_kind kind)
{
    return kinds[kind].name;
}

enum oplock_kind oplock_of_name(const char *look)
{
    size_t len = strcspn(look, "w?");
    int kind = OPLOCK_KINDS - 1;
    while (kind && (strlen(kinds[kind].name) != len || memcmp(kinds[kind].name, look, len) != 0))
        kind--;
    return kind;
}

struct waiting *oplock_opening(struct rig *rig, struct oplock_open how)
{
    struct waiting *w = wait_new(rig, NT_CREATE, NULL);
    fill_create(&w->rq, &(struct opening){.path = how.path,
                                          .access = how.access,
                                          .share = how.share,
                                          .disposition = how.disposition ? how.disposition & 0xFF : FILE_OPEN,
                                          .options = how.options});
    w->rq.create.oplock_key[0] = how.key;
    w->rq.create.parent_key[1] = how.parent_key;
    wait_submit(w);
    return w;
}

NTSTATUS oplock_opened(struct waiting *w, struct nt_handle **h)
{
    NTSTATUS status = wait_status(w);
    *h = NULL;
    if (status >= 0) {
        *h = w->rq.create.out.handle;
        nt_node_put(w->rq.create.out.node);
    }
    return wait_end(w);
}

struct nt_handle *oplock_open(struct rig *rig, struct oplock_open how)
{
    struct nt_handle *h;
    assert_status(STATUS_SUCCESS, oplock_opened(oplock_opening(rig, how), &h));
    assert_non_null(h);
    return h;
}

static struct waiting *control_new(struct rig *rig, struct nt_handle *h, uint32_t code)
{
    struct waiting *w = wait_new(rig, NT_FS_CONTROL, h);
    w->rq.control = (struct nt_control_args){
        .code = code, .in = w->buffer + INPUT_AT, .out = w->buffer, .out_length = INPUT_AT};
    return w;
}

struct waiting *oplock_control_of(struct rig *rig, struct nt_handle *h, uint32_t code)
{
    struct waiting *w = control_new(rig, h, code);
    wait_submit(w);
    return w;
}

struct waiting *oplock_lease(struct rig *rig, struct nt_handle *h, ULONG level, ULONG flags)
{
    const REQUEST_OPLOCK_INPUT_BUFFER in = {REQUEST_OPLOCK_CURRENT_VERSION, sizeof in, level, flags};
    struct waiting *w = control_new(rig, h, FSCTL_REQUEST_OPLOCK);
    memcpy(w->buffer + INPUT_AT, &in, sizeof in);
    w->rq.control.in_length = sizeof in;
    wait_submit(w);
    return w;
}

struct waiting *oplock_ask(struct rig *rig, struct nt_handle *h, enum oplock_kind kind)
{
    if (kinds[kind].code != FSCTL_REQUEST_OPLOCK)
        return oplock_control_of(rig, h, kinds[kind].code);
    return oplock_lease(rig, h, oplock_level(kind), REQUEST_OPLOCK_INPUT_FLAG_REQUEST);
}

struct waiting *oplock_have(struct rig *rig, struct nt_handle *h, enum oplock_kind kind)
{
    struct waiting *w = oplock_ask(rig, h, kind);
    if (wait_completed(w))
        fail_msg("%s was not granted: 0x%08x", oplock_name(kind), (unsigned)wait_status(w));
    assert_string_equal("-", oplock_look(h));
    return w;
}

NTSTATUS oplock_refused(struct rig *rig, struct nt_handle *h, enum oplock_kind kind)
{
    struct waiting *w = oplock_ask(rig, h, kind);
    if (!wait_completed(w))
        fail_msg("%s was granted", oplock_name(kind));
    return wait_end(w);
}

static struct oplock *find(struct nt_handle *h)
{
    struct oplock *o, *found = NULL;
    list_for_each (o, &h->file->oplocks, link) {
        if (o->handle == h && (!found || o->breaking))
            found = o;
    }
    return found;
}

struct waiting *oplock_accept(struct rig *rig, struct nt_handle *h)
{
    pthread_mutex_lock(&h->file->lock);
    struct oplock *o = find(h);
    assert_true(o && o->breaking);
    bool lease = oplock_is_lease(o->kind);
    ULONG level = oplock_level(o->to);
    pthread_mutex_unlock(&h->file->lock);
    return lease ? oplock_lease(rig, h, level, REQUEST_OPLOCK_INPUT_FLAG_ACK)
                 : oplock_control_of(rig, h, FSCTL_OPLOCK_BREAK_ACKNOWLEDGE);
}

REQUEST_OPLOCK_OUTPUT_BUFFER oplock_output(const struct waiting *w)
{
    REQUEST_OPLOCK_OUTPUT_BUFFER out;
    memcpy(&out, w->buffer, sizeof out);
    return out;
}

const char *oplock_look(struct nt_handle *h)
{
    static _Thread_local char text[8];
    LOCK_SCOPE(&h->file->lock);
    const struct oplock *o = find(h);
    if (!o)
        return "0";
    if (!o->breaking)
        return "-";
    snprintf(text, sizeof text, "%s%s", oplock_name(o->to), list_empty(&h->file->oplock_waiters) ? "?" : "w");
    return text;
}

bool oplock_awaited(struct nt_handle *h)
{
    LOCK_SCOPE(&h->file->lock);
    return !list_empty(&h->file->oplock_waiters);
}

void oplock_told(struct waiting *w, NTSTATUS status, enum oplock_kind to)
{
    assert_status(status, wait_status(w));
    if (w->rq.control.code == FSCTL_REQUEST_OPLOCK) {
        assert_int_equal(sizeof(REQUEST_OPLOCK_OUTPUT_BUFFER), w->information);
        assert_int_equal(oplock_level(to), oplock_output(w).NewOplockLevel);
    } else {
        assert_int_equal(to == OPLOCK_LEVEL_2 ? FILE_OPLOCK_BROKEN_TO_LEVEL_2 : FILE_OPLOCK_BROKEN_TO_NONE,
                         w->information);
    }
    wait_end(w);
}
