// SPDX-License-Identifier: MIT
/* The scenario's renames and deletions by handle, and the requests by name as FUSE makes them, see stage.h.
 */
#include "stage.h"
#include <stddef.h>

enum { SCRATCH = 22 };

static struct nt_name name_of(const WCHAR *path)
{
    return (struct nt_name){NULL, path, (uint16_t)text_length(path)};
}

/* ---- by handle --------------------------------------------------------------------------------------- */

static void rename_with(struct stage *s, int slot, int info_class, ULONG flags, const WCHAR *to)
{
    FILE_RENAME_INFORMATION_EX in = {.Flags = flags, .FileNameLength = (ULONG)text_length(to) * 2};
    const size_t at = offsetof(FILE_RENAME_INFORMATION_EX, FileName);
    struct ask *a = stage_ask(s, NT_SET_INFORMATION, slot);
    memcpy(s->buffer, &in, sizeof in);
    memcpy(s->buffer + at, to, in.FileNameLength);
    const size_t length = at + in.FileNameLength;
    if (a)
        a->rq.info = (struct nt_info_args){.info_class = info_class,
                                           .buffer = s->buffer,
                                           .length = (uint32_t)(length < sizeof in ? sizeof in : length)};
    stage_run(s, a);
}

static void dispose(struct stage *s, int slot, ULONG flags)
{
    struct ask *a = stage_ask(s, NT_SET_INFORMATION, slot);
    memcpy(s->buffer, &flags, sizeof flags);
    if (a)
        a->rq.info = (struct nt_info_args){
            .info_class = FileDispositionInformationEx, .buffer = s->buffer, .length = sizeof flags};
    stage_run(s, a);
}

static void make(struct stage *s, int slot, const WCHAR *path, ULONG options)
{
    stage_open(s, slot, &(struct opening){.path = path, .disposition = FILE_OPEN_IF, .options = options});
}

static void play_by_handle(struct stage *s)
{
    make(s, 10, u"\\r1", 0);
    make(s, 11, u"\\r2", 0);
    rename_with(s, 10, FileRenameInformation, 0, u"\\r2");
    rename_with(s, 10, FileRenameInformation, true, u"\\r2");
    rename_with(s, 10, FileRenameInformation, 0, u"\\d\\r3");
    rename_with(s, 10, FileRenameInformation, 0, u"R3");
    rename_with(s, 11, FileRenameInformationEx, FILE_RENAME_REPLACE_IF_EXISTS | FILE_RENAME_POSIX_SEMANTICS,
                u"\\d\\R3");
    rename_with(s, 5, FileRenameInformation, 0, u"\\dmoved");
    rename_with(s, 5, FileRenameInformation, 0, u"\\d\\dd");
    rename_with(s, 7, FileRenameInformation, 0, u":other");
    rename_with(s, 1, FileLinkInformation, 0, u"\\hard");
    rename_with(s, 1, FileLinkInformation, true, u"\\hard");
    make(s, 12, u"\\gone1", 0);
    make(s, 13, u"\\gone1", 0);
    dispose(s, 12, FILE_DISPOSITION_DELETE);
    make(s, SCRATCH, u"\\gone1", 0);
    dispose(s, 13, 0);
    dispose(s, 12, FILE_DISPOSITION_DELETE | FILE_DISPOSITION_POSIX_SEMANTICS);
    make(s, SCRATCH, u"\\gone1", 0);
    stage_end(s, 12);
    stage_end(s, SCRATCH);
    make(s, 14, u"\\dgone", FILE_DIRECTORY_FILE);
    dispose(s, 14, FILE_DISPOSITION_DELETE);
    make(s, SCRATCH, u"\\dgone\\below", 0);
    stage_end(s, 14);
    stage_end(s, 11);
}

/* ---- by name ----------------------------------------------------------------------------------------- */

static void look_up(struct stage *s, const WCHAR *path)
{
    struct ask *a = stage_ask(s, NT_LOOKUP, -1);
    a->rq.lookup.name = name_of(path);
    if (stage_run(s, a) == STATUS_SUCCESS)
        nt_node_put(a->rq.lookup.out.node);
}

static void get_attributes(struct stage *s, int slot, bool through)
{
    struct ask *a = stage_ask(s, NT_GETATTR, slot);
    if (!a)
        return;
    a->rq.getattr.node = nt_handle_node(s->h[slot]);
    if (!through)
        a->rq.handle = NULL;
    stage_run(s, a);
}

static void set_attributes(struct stage *s, int slot, unsigned valid, bool through)
{
    struct ask *a = stage_ask(s, NT_SETATTR, slot);
    if (!a)
        return;
    a->rq.setattr = (struct nt_setattr_args){.node = nt_handle_node(s->h[slot]),
                                             .valid = valid,
                                             .size = 700,
                                             .write = 132000000000000000,
                                             .access = 132000000000000000,
                                             .attributes = FILE_ATTRIBUTE_ARCHIVE,
                                             .mode = 04755,
                                             .uid = 1000,
                                             .gid = 100};
    if (!through)
        a->rq.handle = NULL;
    stage_run(s, a);
}

static void play_attributes(struct stage *s)
{
    static const unsigned sets[] = {NT_SET_SIZE,
                                    NT_SET_SIZE | NT_SET_EXTEND,
                                    NT_SET_ALLOCATION,
                                    NT_SET_ATTRIBUTES,
                                    NT_SET_READONLY,
                                    NT_SET_ACCESS | NT_SET_WRITE,
                                    NT_SET_MODE,
                                    NT_SET_UID | NT_SET_GID | NT_SET_KILL,
                                    NT_SET_CREATION | NT_SET_CHANGE};
    for (size_t i = 0; i < COUNT_OF(sets); i++) {
        set_attributes(s, 1, sets[i], i % 2);
        get_attributes(s, 1, i % 3 == 0);
    }
    set_attributes(s, 0, NT_SET_MODE | NT_SET_WRITE, false);
    set_attributes(s, 0, NT_SET_SIZE, false);
    get_attributes(s, 0, false);
}

static void remove_name(struct stage *s, const WCHAR *path, bool directory)
{
    struct ask *a = stage_ask(s, NT_REMOVE, -1);
    a->rq.remove = (struct nt_remove_args){.name = name_of(path), .directory = directory};
    stage_run(s, a);
}

static void move(struct stage *s, const WCHAR *from, const WCHAR *to, unsigned flags)
{
    struct ask *a = stage_ask(s, NT_RENAME, -1);
    a->rq.rename = (struct nt_rename_args){.from = name_of(from), .to = name_of(to), .flags = flags};
    stage_run(s, a);
}

static void make_at_once(struct stage *s, const WCHAR *path, ULONG options)
{
    struct ask *a = stage_ask(s, NT_CREATE, -1);
    fill_create(&a->rq, &(struct opening){.path = path, .disposition = FILE_CREATE, .options = options});
    a->rq.create.close_at_once = true;
    a->rq.create.want_attr = true;
    if (stage_run(s, a) == STATUS_SUCCESS)
        nt_node_put(a->rq.create.out.node);
}

static void play_by_name(struct stage *s)
{
    static const WCHAR *const paths[] = {
        u"\\",  u"\\f", u"\\d\\dd\\deeply", u"\\missing",   u"\\f:s", u"\\f\\below",
        u"\\d", u"\\F", u"\\hard",          u"\\missing\\x"};
    for (size_t i = 0; i < COUNT_OF(paths); i++)
        look_up(s, paths[i]);
    make_at_once(s, u"\\p1", 0);
    make_at_once(s, u"\\p2", 0);
    make_at_once(s, u"\\dp", FILE_DIRECTORY_FILE);
    make_at_once(s, u"\\dp\\p3", 0);
    move(s, u"\\p1", u"\\p4", 0);
    move(s, u"\\p4", u"\\p2", 0);
    move(s, u"\\p4", u"\\p2", NT_RENAME_REPLACE);
    make(s, 15, u"\\open1", 0);
    make(s, 16, u"\\open2", 0);
    make(s, 17, u"\\open3", 0);
    move(s, u"\\p2", u"\\open1", NT_RENAME_REPLACE); /* the open target makes way */
    move(s, u"\\open2", u"\\dp\\open2", 0);
    move(s, u"\\dp", u"\\dq", 0);
    move(s, u"\\dq", u"\\d\\dd\\dq", 0);
    move(s, u"\\d", u"\\d\\dd\\dq\\into-itself", 0);
    move(s, u"\\d\\dd\\dq", u"\\open3", NT_RENAME_EXCHANGE);
    move(s, u"\\missing", u"\\anything", 0);
    remove_name(s, u"\\open3", false); /* the name is free, the handle goes on */
    make_at_once(s, u"\\open3", 0);
    remove_name(s, u"\\d", true);
    remove_name(s, u"\\f", true);
    remove_name(s, u"\\d\\b", false);
    remove_name(s, u"\\new1", false);
    remove_name(s, u"\\missing", false);
    stage_run(s, stage_ask(s, NT_STATFS, -1));
    stage_run(s, stage_ask(s, NT_STATFS, 1));
}

static void play_outside(struct stage *s)
{
    struct nt_volume *vol = s->rig->vol;
    char report[200];
    nt_volume_mounted(vol, u"M:");
    nt_notify(vol, NT_EVENT_ADDED, FILE_NOTIFY_CHANGE_FILE_NAME, u"\\d\\outside", NULL, false);
    nt_notify(vol, NT_EVENT_RENAMED, FILE_NOTIFY_CHANGE_FILE_NAME, u"\\d\\outside", u"\\d\\moved", false);
    nt_volume_stuck_report(vol, report, sizeof report);
    rig_counters(s->rig);
}

void stage_play_names(struct stage *s)
{
    nt_volume_trace(s->rig->vol, true);
    play_by_handle(s);
    play_by_name(s);
    nt_volume_trace(s->rig->vol, false);
    play_attributes(s);
    play_outside(s);
}
