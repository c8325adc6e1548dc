// SPDX-License-Identifier: MIT
/* What actors do, see schedule.h. */
#include "schedule.h"
#include <sched.h>
#include <stddef.h>

enum { PATH = 24, LOCK_BYTES = 100 };

uint64_t draw(struct actor *a, unsigned below)
{
    return testing_random(&a->random) % below;
}

/* One of five files and two directories in three places, or a stream of one of the files. */
static void draw_path(struct actor *a, WCHAR *out, bool *directory)
{
    unsigned dir = (unsigned)draw(a, 3), name = (unsigned)draw(a, 12);
    size_t n = 0;
    *directory = name >= 10;
    if (dir && !*directory) {
        out[n++] = u'\\';
        out[n++] = u'd';
        out[n++] = (WCHAR)(u'0' + dir);
    }
    out[n++] = u'\\';
    out[n++] = *directory ? u'd' : u'f';
    out[n++] = (WCHAR)(u'1' + (*directory ? name - 10 : name % 5));
    if (!*directory && draw(a, 8) == 0) {
        out[n++] = u':';
        out[n++] = u's';
    }
    out[n] = 0;
}

static struct nt_name name_of(const WCHAR *path)
{
    return (struct nt_name){NULL, path, (uint16_t)text_length(path)};
}

static struct held *draw_held(struct actor *a)
{
    struct held *held = &a->held[draw(a, HELD)];
    return held->h ? held : NULL;
}

/* ---- opening and ending ------------------------------------------------------------------------------ */

static void forget_wishes(struct held *held, bool cancel)
{
    struct wish *under_way[] = {held->lock, held->waits};
    for (size_t i = 0; cancel && i < COUNT_OF(under_way); i++)
        if (under_way[i])
            wish_cancel(under_way[i]);
    held->lock = held->waits = NULL;
}

static void end(struct actor *a, struct held *held)
{
    model_closing(held);
    if (draw(a, 2))
        forget_wishes(held, true);
    if (draw(a, 4)) /* some doors only close */
        wish_do(wish_new(a, NT_CLEANUP, held->h));
    if (draw(a, 4) == 0)
        sched_yield();
    wish_do(wish_new(a, NT_CLOSE, held->h));
    *held = (struct held){0};
}

static bool do_open(struct actor *a)
{
    static const ACCESS_MASK rights[] = {
        FILE_READ_DATA,       FILE_WRITE_DATA, FILE_READ_DATA | FILE_WRITE_DATA,
        FILE_APPEND_DATA,     DELETE,          DELETE | FILE_READ_DATA,
        FILE_READ_ATTRIBUTES, FILE_ALL_ACCESS};
    WCHAR path[PATH];
    bool directory;
    draw_path(a, path, &directory);
    struct held *held = &a->held[draw(a, HELD)];
    if (held->h)
        end(a, held);
    ULONG share = draw(a, 3) ? SHARE_ALL : (ULONG)draw(a, 8);
    struct opening how = {.path = path,
                          .access = rights[draw(a, COUNT_OF(rights))] | SYNCHRONIZE,
                          .share = share ? share : NO_SHARE,
                          .disposition =
                              directory ? FILE_OPEN_IF : (ULONG)draw(a, FILE_MAXIMUM_DISPOSITION + 1),
                          .options = directory ? FILE_DIRECTORY_FILE : 0};
    if (how.access & DELETE && draw(a, 6) == 0)
        how.options |= FILE_DELETE_ON_CLOSE;
    struct wish *w = wish_new(a, NT_CREATE, NULL);
    fill_create(&w->rq, &how);
    if (wish_do(w))
        return false;
    *held = (struct held){.h = w->rq.create.out.handle,
                          .access = how.access,
                          .share = share,
                          .directory = nt_node_is_directory(w->rq.create.out.node)};
    held->node = nt_node_identity(nt_handle_node(held->h));
    nt_node_put(w->rq.create.out.node);
    model_opened(held);
    return true;
}

static bool do_end(struct actor *a)
{
    struct held *held = draw_held(a);
    if (held)
        end(a, held);
    return held != NULL;
}

/* ---- data and facts ---------------------------------------------------------------------------------- */

static bool do_data(struct actor *a)
{
    struct held *held = draw_held(a);
    if (!held)
        return false;
    static const enum nt_op ops[] = {NT_READ, NT_WRITE, NT_READ, NT_WRITE, NT_FLUSH};
    struct wish *w = wish_new(a, ops[draw(a, COUNT_OF(ops))], held->h);
    if (w->rq.op != NT_FLUSH)
        w->rq.io = (struct nt_io_args){.buffer = w->buffer,
                                       .length = (uint32_t)draw(a, sizeof w->buffer),
                                       .offset = (int64_t)draw(a, 9000)};
    return wish_do(w) == STATUS_SUCCESS;
}

static bool do_query(struct actor *a)
{
    static const int classes[] = {FileBasicInformation, FileStandardInformation, FileAllInformation,
                                  FileStreamInformation, FileNameInformation};
    struct held *held = draw_held(a);
    if (!held)
        return false;
    bool list = held->directory && draw(a, 2);
    struct wish *w = wish_new(a, list ? NT_QUERY_DIRECTORY : NT_QUERY_INFORMATION, held->h);
    if (list)
        w->rq.directory = (struct nt_directory_args){.info_class = FileNamesInformation,
                                                     .buffer = w->buffer,
                                                     .length = sizeof w->buffer,
                                                     .restart = draw(a, 2)};
    else
        w->rq.info = (struct nt_info_args){.info_class = classes[draw(a, COUNT_OF(classes))],
                                           .buffer = w->buffer,
                                           .length = sizeof w->buffer};
    return wish_do(w) == STATUS_SUCCESS;
}

/* ---- names ------------------------------------------------------------------------------------------- */

static NTSTATUS set(struct actor *a, struct held *held, int info_class, const void *in, size_t length)
{
    struct wish *w = wish_new(a, NT_SET_INFORMATION, held->h);
    memcpy(w->buffer, in, length);
    w->rq.info =
        (struct nt_info_args){.info_class = info_class, .buffer = w->buffer, .length = (uint32_t)length};
    return wish_do(w);
}

static bool do_dispose(struct actor *a)
{
    struct held *held = draw_held(a);
    FILE_DISPOSITION_INFORMATION_EX in = {.Flags = (ULONG)draw(a, 4)}; /* delete or not, POSIX or not */
    return held && set(a, held, FileDispositionInformationEx, &in, sizeof in) == STATUS_SUCCESS;
}

static bool do_rename_open(struct actor *a)
{
    WCHAR path[PATH];
    bool directory;
    struct {
        FILE_RENAME_INFORMATION_EX head;
        WCHAR room[PATH];
    } in = {.head.Flags = (ULONG)draw(a, 4)};
    struct held *held = draw_held(a);
    draw_path(a, path, &directory);
    if (!held)
        return false;
    in.head.FileNameLength = (ULONG)text_length(path) * 2;
    size_t at = offsetof(FILE_RENAME_INFORMATION_EX, FileName);
    memcpy((char *)&in + at, path, in.head.FileNameLength);
    size_t length = at + in.head.FileNameLength;
    return set(a, held, FileRenameInformationEx, &in, length < sizeof in.head ? sizeof in.head : length) ==
           STATUS_SUCCESS;
}

static bool do_rename(struct actor *a)
{
    WCHAR from[PATH], to[PATH];
    bool directory;
    draw_path(a, from, &directory);
    draw_path(a, to, &directory);
    struct wish *w = wish_new(a, NT_RENAME, NULL);
    w->rq.rename = (struct nt_rename_args){
        .from = name_of(from), .to = name_of(to), .flags = draw(a, 2) ? NT_RENAME_REPLACE : 0};
    return wish_do(w) == STATUS_SUCCESS;
}

static bool do_remove(struct actor *a)
{
    WCHAR path[PATH];
    struct wish *w = wish_new(a, NT_REMOVE, NULL);
    draw_path(a, path, &w->rq.remove.directory);
    w->rq.remove.name = name_of(path);
    return wish_do(w) == STATUS_SUCCESS;
}

static bool do_look_up(struct actor *a)
{
    WCHAR path[PATH];
    bool directory;
    draw_path(a, path, &directory);
    struct wish *w = wish_new(a, NT_LOOKUP, NULL);
    w->rq.lookup.name = name_of(path);
    if (wish_do(w))
        return false;
    nt_node_put(w->rq.lookup.out.node);
    return true;
}

/* ---- waiting ----------------------------------------------------------------------------------------- */

static bool ended(struct wish **w)
{
    if (*w && wish_ended(*w))
        *w = NULL;
    return !*w;
}

static bool do_lock(struct actor *a)
{
    struct held *held = draw_held(a);
    if (!held || held->directory || !ended(&held->lock))
        return false;
    struct wish *w = wish_new(a, NT_LOCK, held->h);
    w->locks = true;
    w->place = held->place;
    w->serial = held->serial;
    w->rq.wait_ns = draw(a, 2) ? 0 : PATIENCE_MS * 1000000ull;
    w->rq.lock =
        (struct nt_lock_args){.length = LOCK_BYTES, .exclusive = draw(a, 2), .fail_immediately = draw(a, 2)};
    held->lock = w;
    wish_submit(w);
    return true;
}

static bool do_unlock(struct actor *a)
{
    struct held *held = draw_held(a);
    if (!held || !ended(&held->lock))
        return false;
    model_unlocking(held);
    struct wish *w = wish_new(a, NT_UNLOCK, held->h);
    w->rq.lock = (struct nt_lock_args){.all = true};
    return wish_do(w) == STATUS_SUCCESS;
}

static bool do_watch(struct actor *a)
{
    struct held *held = draw_held(a);
    if (!held || !held->directory || !ended(&held->waits))
        return false;
    struct wish *w = wish_new(a, NT_NOTIFY, held->h);
    w->rq.wait_ns = 0;
    w->rq.notify = (struct nt_notify_args){
        .buffer = w->buffer, .length = sizeof w->buffer, .filter = 0xfff, .tree = draw(a, 2)};
    held->waits = w;
    wish_submit(w);
    return true;
}

static bool do_oplock(struct actor *a)
{
    static const uint32_t codes[] = {FSCTL_REQUEST_OPLOCK_LEVEL_1, FSCTL_REQUEST_OPLOCK_LEVEL_2,
                                     FSCTL_REQUEST_BATCH_OPLOCK, FSCTL_REQUEST_FILTER_OPLOCK};
    struct held *held = draw_held(a);
    if (!a->oplocks || !held || !ended(&held->waits))
        return false;
    struct wish *w = wish_new(a, NT_FS_CONTROL, held->h);
    w->rq.wait_ns = 0;
    w->rq.control = (struct nt_control_args){.node = held->node, .code = codes[draw(a, COUNT_OF(codes))]};
    held->waits = w;
    wish_submit(w);
    return true;
}

/* To a break that may or may not have come. */
static bool acknowledge(struct actor *a, struct held *held)
{
    static const uint32_t codes[] = {FSCTL_OPLOCK_BREAK_ACKNOWLEDGE, FSCTL_OPLOCK_BREAK_ACK_NO_2,
                                     FSCTL_OPBATCH_ACK_CLOSE_PENDING};
    struct wish *w = wish_new(a, NT_FS_CONTROL, held->h);
    w->rq.wait_ns = 0;
    w->rq.control = (struct nt_control_args){.node = held->node, .code = codes[draw(a, COUNT_OF(codes))]};
    held->waits = w;
    wish_submit(w);
    return true;
}

static bool do_acknowledge(struct actor *a)
{
    struct held *held = draw_held(a);
    return a->oplocks && held && !held->directory && ended(&held->waits) && acknowledge(a, held);
}

static bool do_cancel(struct actor *a)
{
    struct held *held = draw_held(a);
    if (!held || !held->waits)
        return false;
    wish_cancel(held->waits);
    return true;
}

/* ---- all of it --------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    unsigned weight;
    bool (*run)(struct actor *a);
} acts[] = {
    {"open", 20, do_open},      {"end", 8, do_end},
    {"data", 10, do_data},      {"query", 6, do_query},
    {"dispose", 4, do_dispose}, {"rename open", 5, do_rename_open},
    {"rename", 6, do_rename},   {"remove", 5, do_remove},
    {"look up", 6, do_look_up}, {"lock", 6, do_lock},
    {"unlock", 4, do_unlock},   {"watch", 5, do_watch},
    {"oplock", 5, do_oplock},   {"acknowledge", 4, do_acknowledge},
    {"cancel", 4, do_cancel},
};

const char *act_name(unsigned number)
{
    return number < COUNT_OF(acts) ? acts[number].name : NULL;
}

/* Others wait for the answer to a break. */
static void answer_breaks(struct actor *a)
{
    for (int i = 0; i < HELD; i++) {
        struct held *held = &a->held[i];
        if (held->h && held->waits && held->waits->rq.op == NT_FS_CONTROL && ended(&held->waits) &&
            draw(a, 4))
            acknowledge(a, held);
    }
}

void act(struct actor *a)
{
    unsigned all = 0;
    if (a->oplocks)
        answer_breaks(a);
    for (size_t i = 0; i < COUNT_OF(acts); i++)
        all += acts[i].weight;
    unsigned drawn = (unsigned)draw(a, all), i = 0;
    while (drawn >= acts[i].weight)
        drawn -= acts[i++].weight;
    a->done[i] += acts[i].run(a);
}

void act_last(struct actor *a)
{
    for (int i = 0; i < HELD; i++)
        if (a->held[i].h)
            end(a, &a->held[i]);
}
