// SPDX-License-Identifier: MIT
/* Oplocks: what breaks which, to what, and whether it waits. Every oplock against every operation. */
#include "oplock_kit.h"
#include <stdio.h>

enum { REQUESTS = 8 };

/* A holder, and another handle that did not disturb him: it was opened for attributes, and gets its rights
 * afterwards. */
struct scene {
    struct rig *rig;
    struct nt_handle *h, *other;
    struct waiting *asked[REQUESTS]; /* the holder's request and his answers */
    unsigned count;
};

enum { OTHER_WAS = FILE_READ_ATTRIBUTES };

/* ---- operations ---------------------------------------------------------------------------------------- */

static const ULONG share_all = SHARE_ALL;

static struct waiting *open_as(struct scene *s, ACCESS_MASK access, ULONG share, ULONG disposition,
                               ULONG options)
{
    return oplock_opening(s->rig, (struct oplock_open){.path = u"\\f",
                                                       .access = access,
                                                       .share = share,
                                                       .disposition = disposition,
                                                       .options = options});
}

static struct waiting *open_attributes(struct scene *s)
{
    return open_as(s, FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | SYNCHRONIZE, NO_SHARE, FILE_OPEN, 0);
}

static struct waiting *open_to_read(struct scene *s)
{
    return open_as(s, FILE_READ_DATA, share_all, FILE_OPEN, 0);
}

static struct waiting *open_alone(struct scene *s)
{
    return open_as(s, FILE_READ_DATA, FILE_SHARE_WRITE, FILE_OPEN, 0);
}

static struct waiting *open_to_write(struct scene *s)
{
    return open_as(s, FILE_WRITE_DATA, share_all, FILE_OPEN_IF, 0);
}

static struct waiting *open_to_delete(struct scene *s)
{
    return open_as(s, DELETE, share_all, FILE_OPEN, FILE_DELETE_ON_CLOSE);
}

static struct waiting *overwrite(struct scene *s)
{
    return open_as(s, FILE_READ_ATTRIBUTES, share_all, FILE_OVERWRITE, 0);
}

static struct waiting *supersede(struct scene *s)
{
    return open_as(s, FILE_READ_DATA, share_all, SUPERSEDE, 0);
}

static struct waiting *overwrite_if(struct scene *s)
{
    return open_as(s, FILE_READ_DATA, share_all, FILE_OVERWRITE_IF, 0);
}

static struct waiting *reserve(struct scene *s)
{
    return open_as(s, FILE_READ_ATTRIBUTES, share_all, FILE_OPEN, FILE_RESERVE_OPFILTER);
}

static struct waiting *transfer(struct scene *s, enum nt_op op, bool paging, bool strict)
{
    struct waiting *w = wait_new(s->rig, op, s->other);
    w->rq.strict = strict;
    w->rq.io = (struct nt_io_args){.buffer = w->buffer, .length = 8, .paging = paging};
    wait_submit(w);
    return w;
}

static struct waiting *read_data(struct scene *s)
{
    return transfer(s, NT_READ, false, true);
}

static struct waiting *write_data(struct scene *s)
{
    return transfer(s, NT_WRITE, false, true);
}

static struct waiting *paging_write(struct scene *s)
{
    return transfer(s, NT_WRITE, true, true);
}

static struct waiting *paging_write_of_door(struct scene *s)
{
    return transfer(s, NT_WRITE, true, false);
}

static struct waiting *flush(struct scene *s)
{
    struct waiting *w = wait_new(s->rig, NT_FLUSH, s->other);
    wait_submit(w);
    return w;
}

static struct waiting *lock(struct scene *s)
{
    return wait_lock(s->rig, s->other, whole_shared);
}

static struct waiting *zero_data(struct scene *s)
{
    static const int64_t range[2] = {0, 1};
    struct waiting *w = wait_new(s->rig, NT_FS_CONTROL, s->other);
    w->rq.control =
        (struct nt_control_args){.code = FSCTL_SET_ZERO_DATA, .in = range, .in_length = sizeof range};
    wait_submit(w);
    return w;
}

/* The buffer is zero but for its first bytes. */
static struct waiting *set(struct scene *s, int info_class, uint32_t length, unsigned char first)
{
    struct waiting *w = wait_new(s->rig, NT_SET_INFORMATION, s->other);
    w->buffer[0] = first;
    w->rq.info = (struct nt_info_args){.info_class = info_class, .buffer = w->buffer, .length = length};
    if (info_class == FileRenameInformation || info_class == FileRenameInformationEx)
        w->rq.info.target = (struct nt_name){NULL, u"\\g", 2};
    wait_submit(w);
    return w;
}

static struct waiting *set_eof(struct scene *s)
{
    return set(s, FileEndOfFileInformation, 8, 9);
}

static struct waiting *set_allocation(struct scene *s)
{
    return set(s, FileAllocationInformation, 8, 9);
}

static struct waiting *set_valid_length(struct scene *s)
{
    return set(s, FileValidDataLengthInformation, 8, 0);
}

static struct waiting *set_position(struct scene *s)
{
    return set(s, FilePositionInformation, 8, 0);
}

static struct waiting *rename_it(struct scene *s)
{
    return set(s, FileRenameInformation, 64, 0);
}

static struct waiting *rename_ex(struct scene *s)
{
    return set(s, FileRenameInformationEx, 64, 0);
}

static struct waiting *dispose(struct scene *s)
{
    return set(s, FileDispositionInformation, 1, 1);
}

static struct waiting *keep(struct scene *s)
{
    return set(s, FileDispositionInformation, 1, 0);
}

static struct waiting *dispose_ex(struct scene *s)
{
    return set(s, FileDispositionInformationEx, 4, FILE_DISPOSITION_DELETE);
}

/* ---- by name, as the FUSE door does it ------------------------------------------------------------------
 */

static struct waiting *by_name(struct scene *s, enum nt_op op)
{
    struct waiting *w = wait_new(s->rig, op, NULL);
    w->rq.strict = false;
    return w;
}

static struct waiting *resize(struct scene *s)
{
    struct waiting *w = by_name(s, NT_SETATTR);
    w->rq.setattr = (struct nt_setattr_args){.node = nt_handle_node(s->h), .valid = NT_SET_SIZE, .size = 3};
    wait_submit(w);
    return w;
}

static struct waiting *touch(struct scene *s)
{
    struct waiting *w = by_name(s, NT_SETATTR);
    w->rq.setattr = (struct nt_setattr_args){.node = nt_handle_node(s->h), .valid = NT_SET_WRITE, .write = 3};
    wait_submit(w);
    return w;
}

static struct waiting *look_up(struct scene *s)
{
    struct waiting *w = by_name(s, NT_LOOKUP);
    w->rq.lookup.name = (struct nt_name){NULL, u"\\f", 2};
    wait_submit(w);
    assert_status(STATUS_SUCCESS, wait_status(w));
    nt_node_put(w->rq.lookup.out.node);
    return w;
}

static struct waiting *zero_range_of(struct scene *s)
{
    struct waiting *w = by_name(s, NT_ZERO);
    w->rq.range = (struct nt_range_args){.node = nt_handle_node(s->h), .length = 1};
    wait_submit(w);
    return w;
}

static struct waiting *unlink_it(struct scene *s)
{
    struct waiting *w = by_name(s, NT_REMOVE);
    w->rq.remove.name = (struct nt_name){NULL, u"\\f", 2};
    wait_submit(w);
    return w;
}

static struct waiting *move(struct scene *s, const WCHAR *from, const WCHAR *to)
{
    struct waiting *w = by_name(s, NT_RENAME);
    w->rq.rename = (struct nt_rename_args){.from = {NULL, from, (uint16_t)text_length(from)},
                                           .to = {NULL, to, (uint16_t)text_length(to)},
                                           .flags = NT_RENAME_REPLACE};
    wait_submit(w);
    return w;
}

static struct waiting *move_away(struct scene *s)
{
    return move(s, u"\\f", u"\\g");
}

static struct waiting *move_over(struct scene *s)
{
    return move(s, u"\\g", u"\\f");
}

/* ---- the table ----------------------------------------------------------------------------------------- */

enum { WITH_OTHER = 1, HOLDER_ALONE = 2 };

static const struct row {
    const char *name;
    struct waiting *(*start)(struct scene *s);
    const char *expected[OPLOCK_KINDS - 1]; /* as oplock_look() right after it was submitted */
    unsigned flags;
    NTSTATUS status;
} rows[] = {
    /* 2    1     B     F     R    RH    RW    RWH */
    {"open attributes", open_attributes, {"-", "-", "-", "-", "-", "-", "-", "-"}, 0, 0},
    {"open to read", open_to_read, {"-", "2w", "2w", "-", "-", "-", "Rw", "RHw"}, 0, 0},
    {"open to read alone",
     open_alone,
     {"-", "-", "2w", "0w", "-", "Rw", "-", "RWw"},
     0,
     STATUS_SHARING_VIOLATION},
    {"open to write", open_to_write, {"-", "2w", "2w", "0w", "-", "-", "Rw", "RHw"}, 0, 0},
    {"open to delete", open_to_delete, {"-", "2w", "2w", "0w", "-", "Rw", "Rw", "RHw"}, 0, 0},
    {"refused open",
     open_to_write,
     {"-", "-", "2w", "0w", "-", "Rw", "-", "RWw"},
     HOLDER_ALONE,
     STATUS_SHARING_VIOLATION},
    {"overwrite", overwrite, {"0", "0w", "0w", "0w", "0", "0?", "0w", "0w"}, 0, 0},
    {"supersede", supersede, {"0", "0w", "0w", "0w", "0", "0?", "0w", "0w"}, 0, 0},
    {"overwrite or create", overwrite_if, {"0", "0w", "0w", "0w", "0", "0?", "0w", "0w"}, 0, 0},
    {"reserve filter", reserve, {"0", "0w", "0w", "0w", "0", "0?", "0w", "0w"}, 0, STATUS_OPLOCK_NOT_GRANTED},
    {"read", read_data, {"-", "2w", "2w", "-", "-", "-", "Rw", "RHw"}, WITH_OTHER, 0},
    {"write", write_data, {"0", "0w", "0w", "0w", "0", "0?", "0w", "0w"}, WITH_OTHER, 0},
    {"paging write", paging_write, {"-", "-", "-", "-", "-", "-", "-", "-"}, WITH_OTHER, 0},
    {"paging write of a door",
     paging_write_of_door,
     {"0", "0?", "0?", "0?", "0", "0?", "0?", "0?"},
     WITH_OTHER,
     0},
    {"flush", flush, {"-", "2w", "2w", "-", "-", "-", "Rw", "RHw"}, WITH_OTHER, 0},
    {"lock", lock, {"0", "0w", "0w", "-", "0", "0?", "0w", "0?"}, WITH_OTHER, 0},
    {"zero data", zero_data, {"0", "0w", "0w", "0w", "0", "0?", "0w", "0w"}, WITH_OTHER, 0},
    {"end of file", set_eof, {"0", "0w", "0w", "0w", "0", "0?", "0w", "0w"}, WITH_OTHER, 0},
    {"allocation", set_allocation, {"0", "0w", "0w", "0w", "0", "0?", "0w", "0w"}, WITH_OTHER, 0},
    {"valid length", set_valid_length, {"0", "0w", "0w", "0w", "0", "0?", "0w", "0w"}, WITH_OTHER, 0},
    {"position", set_position, {"-", "-", "-", "-", "-", "-", "-", "-"}, WITH_OTHER, 0},
    {"rename", rename_it, {"-", "-", "0w", "0w", "-", "Rw", "-", "RWw"}, WITH_OTHER, 0},
    {"rename ex", rename_ex, {"-", "-", "0w", "0w", "-", "Rw", "-", "RWw"}, WITH_OTHER, 0},
    {"delete", dispose, {"-", "-", "-", "-", "-", "Rw", "-", "RWw"}, WITH_OTHER, 0},
    {"undelete", keep, {"-", "-", "-", "-", "-", "-", "-", "-"}, WITH_OTHER, 0},
    {"delete ex", dispose_ex, {"-", "-", "-", "-", "-", "Rw", "-", "RWw"}, WITH_OTHER, 0},
    {"size by name", resize, {"0", "0w", "0w", "0w", "0", "0?", "0w", "0w"}, 0, 0},
    {"times by name", touch, {"-", "-", "-", "-", "-", "-", "-", "-"}, 0, 0},
    {"lookup", look_up, {"-", "-", "-", "-", "-", "-", "-", "-"}, 0, 0},
    {"zero range", zero_range_of, {"0", "0w", "0w", "0w", "0", "0?", "0w", "0w"}, 0, 0},
    {"unlink", unlink_it, {"-", "2w", "2w", "0w", "-", "Rw", "Rw", "RHw"}, 0, 0},
    {"move away", move_away, {"-", "2w", "2w", "0w", "-", "Rw", "Rw", "RHw"}, 0, 0},
    {"move over", move_over, {"-", "2w", "2w", "0w", "-", "Rw", "Rw", "RHw"}, 0, 0},
};

static struct scene scene_begin(const struct row *row, enum oplock_kind kind)
{
    struct scene s = {.rig = rig_open(&(struct rig_spec){0})};
    s.h = oplock_open(s.rig, (struct oplock_open){.path = u"\\f",
                                                  .share = row->flags & HOLDER_ALONE ? FILE_SHARE_READ : 0});
    s.asked[s.count++] = oplock_have(s.rig, s.h, kind);
    if (row->flags & WITH_OTHER) {
        s.other = oplock_open(s.rig, (struct oplock_open){.path = u"\\f", .access = OTHER_WAS});
        s.other->access = ACCESS_ALL;
    }
    return s;
}

/* Until nobody waits for answers any more. */
static void answer(struct scene *s, struct waiting *w)
{
    for (int i = 0; i < 400 && !wait_completed(w); i++) {
        if (oplock_look(s->h)[0] != '-' && oplock_awaited(s->h))
            s->asked[s->count++] = oplock_accept(s->rig, s->h);
        else
            sleep_ms(5);
    }
}

static void scene_end(struct scene *s, struct nt_handle *opened)
{
    if (opened)
        rig_end(s->rig, opened);
    if (s->other) {
        s->other->access = OTHER_WAS;
        rig_end(s->rig, s->other);
    }
    rig_end(s->rig, s->h);
    while (s->count)
        wait_end(s->asked[--s->count]);
    rig_close(s->rig);
}

static void check_cell(const struct row *row, enum oplock_kind kind)
{
    const char *expected = row->expected[kind - 1];
    struct scene s = scene_begin(row, kind);
    struct waiting *w = row->start(&s);
    bool create = w->rq.op == NT_CREATE;
    const char *found = oplock_look(s.h);
    struct nt_handle *opened = NULL;
    if (strcmp(expected, found) != 0)
        fail_msg("%s of %s: expected %s, found %s, 0x%08x", row->name, oplock_name(kind), expected, found,
                 (unsigned)(wait_completed(w) ? wait_status(w) : 0x103));
    if (expected[0] != '-')
        oplock_told(s.asked[0], STATUS_SUCCESS, oplock_of_name(expected));
    if (expected[0] != '-')
        s.count--;
    answer(&s, w);
    NTSTATUS status = create ? oplock_opened(w, &opened) : wait_end(w);
    if (status != row->status)
        fail_msg("%s of %s: status 0x%08x", row->name, oplock_name(kind), (unsigned)status);
    scene_end(&s, opened);
}

static void test_every_pair(void **state)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (int kind = OPLOCK_LEVEL_2; kind < OPLOCK_KINDS; kind++)
            check_cell(&rows[i], kind);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_pair),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
