// SPDX-License-Identifier: MIT
/* The scenario's extended operations and controls, see stage.h. */
#include "stage.h"
#include <stddef.h>

enum { FILE_SLOT = 1, DIRECTORY_SLOT = 0, LINK_SLOT = 18 };

static void make_with(struct stage *s, const WCHAR *path, const char *target, ULONG options)
{
    static const struct nt_facts facts = {
        .valid = DOKAN_FACT_MODE | DOKAN_FACT_UID | DOKAN_FACT_GID, .mode = 02750, .uid = 1000, .gid = 100};
    struct ask *a = stage_ask(s, NT_CREATE, -1);
    fill_create(&a->rq, &(struct opening){.path = path, .disposition = FILE_CREATE, .options = options});
    a->rq.create.facts = &facts;
    a->rq.create.close_at_once = true;
    if (target) {
        a->rq.create.reparse = s->buffer;
        a->rq.create.reparse_length = nt_reparse_make_link(target, s->buffer, STAGE_BUFFER);
    }
    if (stage_run(s, a) == STATUS_SUCCESS)
        nt_node_put(a->rq.create.out.node);
}

static void ea(struct stage *s, enum nt_op op, const char *name, uint32_t length, unsigned flags)
{
    struct ask *a = stage_ask(s, op, FILE_SLOT);
    if (a)
        a->rq.ea = (struct nt_ea_args){.node = nt_handle_node(s->h[FILE_SLOT]),
                                       .name = name,
                                       .value = s->buffer,
                                       .length = length,
                                       .flags = flags};
    stage_run(s, a);
}

static void play_eas(struct stage *s)
{
    ea(s, NT_SET_EA, "user.a", 100, NT_EA_CREATE);
    ea(s, NT_SET_EA, "user.a", 200, NT_EA_CREATE);
    ea(s, NT_SET_EA, "user.a", 1000, NT_EA_REPLACE);
    ea(s, NT_SET_EA, "user.bb", 3, 0);
    ea(s, NT_GET_EA, "user.a", 0, 0);
    ea(s, NT_GET_EA, "user.a", STAGE_BUFFER, 0);
    ea(s, NT_GET_EA, "user.missing", STAGE_BUFFER, 0);
    ea(s, NT_LIST_EAS, NULL, STAGE_BUFFER, 0);
    ea(s, NT_LIST_EAS, NULL, 0, 0);
    ea(s, NT_SET_EA, "user.a", 0, NT_EA_REMOVE);
}

/* ---- lists of EAs ------------------------------------------------------------------------------------ */

static uint32_t put_ea(unsigned char *at, const char *name, const char *value, bool last)
{
    FILE_FULL_EA_INFORMATION ea = {.EaNameLength = (UCHAR)strlen(name),
                                   .EaValueLength = (USHORT)strlen(value)};
    const size_t names = offsetof(FILE_FULL_EA_INFORMATION, EaName);
    uint32_t length = (uint32_t)(names + ea.EaNameLength + 1u + ea.EaValueLength + 3) & ~3u;
    ea.NextEntryOffset = last ? 0 : length;
    memset(at, 0, length);
    memcpy(at, &ea, names);
    memcpy(at + names, name, ea.EaNameLength);
    memcpy(at + names + ea.EaNameLength + 1, value, ea.EaValueLength);
    return length;
}

static void play_ea_lists(struct stage *s)
{
    struct ask *a = stage_ask(s, NT_SET_EAS, FILE_SLOT);
    uint32_t length = put_ea(s->buffer, "FIRST", "one", false);
    length += put_ea(s->buffer + length, "SECOND", "two", true);
    if (a)
        a->rq.eas = (struct nt_eas_args){.buffer = s->buffer, .length = length};
    stage_run(s, a);
    for (int i = 0; i < 3; i++) {
        a = stage_ask(s, NT_QUERY_EAS, FILE_SLOT);
        if (a)
            a->rq.eas = (struct nt_eas_args){
                .buffer = s->buffer, .length = STAGE_BUFFER, .restart = i == 2, .single = i != 2};
        stage_run(s, a);
    }
    length = put_ea(s->buffer, "BORN", "with", true);
    a = stage_ask(s, NT_CREATE, -1);
    fill_create(&a->rq, &(struct opening){.path = u"\\eas", .disposition = FILE_CREATE});
    a->rq.create.eas = s->buffer;
    a->rq.create.eas_length = length;
    a->rq.create.close_at_once = true;
    if (stage_run(s, a) == STATUS_SUCCESS)
        nt_node_put(a->rq.create.out.node);
}

/* ---- reparse points ---------------------------------------------------------------------------------- */

static void reparse(struct stage *s, enum nt_op op, uint32_t length, uint32_t tag)
{
    struct ask *a = stage_ask(s, op, LINK_SLOT);
    if (a)
        a->rq.reparse = (struct nt_reparse_args){
            .node = nt_handle_node(s->h[LINK_SLOT]), .buffer = s->buffer, .length = length, .tag = tag};
    stage_run(s, a);
}

static void play_reparse_points(struct stage *s)
{
    make_with(s, u"\\link", "d/a", FILE_OPEN_REPARSE_POINT);
    make_with(s, u"\\with", NULL, 0);
    make_with(s, u"\\dwith", NULL, FILE_DIRECTORY_FILE);
    stage_open(s, LINK_SLOT, &(struct opening){.path = u"\\point", .disposition = FILE_CREATE});
    uint32_t length = nt_reparse_make_link("f", s->buffer, STAGE_BUFFER);
    reparse(s, NT_SET_REPARSE, length, 0);
    reparse(s, NT_GET_REPARSE, STAGE_BUFFER, 0);
    reparse(s, NT_DELETE_REPARSE, 0, IO_REPARSE_TAG_LX_SYMLINK);
    reparse(s, NT_GET_REPARSE, STAGE_BUFFER, 0);
}

static void range(struct stage *s, enum nt_op op, struct nt_range_args args)
{
    struct ask *a = stage_ask(s, op, FILE_SLOT);
    args.node = a ? nt_handle_node(s->h[FILE_SLOT]) : NULL;
    if (a)
        a->rq.range = args;
    stage_run(s, a);
}

static void play_ranges(struct stage *s)
{
    range(s, NT_SEEK, (struct nt_range_args){.offset = 0});
    range(s, NT_SEEK, (struct nt_range_args){.offset = 0, .hole = true});
    range(s, NT_ZERO, (struct nt_range_args){.offset = 100, .length = 100});
    range(s, NT_ZERO, (struct nt_range_args){.offset = 200, .length = 100, .deallocate = true});
    range(s, NT_ZERO, (struct nt_range_args){.offset = 500, .length = 9000, .keep_size = true});
}

static void control(struct stage *s, int slot, uint32_t code, const void *in, uint32_t in_length)
{
    struct ask *a = stage_ask(s, NT_FS_CONTROL, slot);
    if (!a)
        return;
    a->rq.control = (struct nt_control_args){.node = nt_handle_node(s->h[slot]),
                                             .code = code,
                                             .in = in,
                                             .in_length = in_length,
                                             .out = s->buffer,
                                             .out_length = STAGE_BUFFER};
    stage_run(s, a);
}

static void play_controls(struct stage *s)
{
    const int64_t pair[2] = {10, 500};
    uint8_t link[64];
    uint32_t length = nt_reparse_make_link("f", link, sizeof link);
    control(s, FILE_SLOT, FSCTL_SET_SPARSE, NULL, 0);
    control(s, FILE_SLOT, FSCTL_SET_ZERO_DATA, pair, sizeof pair);
    control(s, FILE_SLOT, FSCTL_QUERY_ALLOCATED_RANGES, pair, sizeof pair);
    control(s, FILE_SLOT, FSCTL_IS_VOLUME_MOUNTED, NULL, 0);
    control(s, LINK_SLOT, FSCTL_SET_REPARSE_POINT, link, length);
    control(s, LINK_SLOT, FSCTL_GET_REPARSE_POINT, NULL, 0);
    control(s, LINK_SLOT, FSCTL_DELETE_REPARSE_POINT, link, 8);
    control(s, DIRECTORY_SLOT, 0x00094264, NULL, 0); /* not known */
}

static void link_to(struct stage *s, const WCHAR *to, bool replace)
{
    struct ask *a = stage_ask(s, NT_LINK, FILE_SLOT);
    if (!a)
        return;
    a->rq.handle = NULL;
    a->rq.link = (struct nt_link_args){.node = nt_handle_node(s->h[FILE_SLOT]),
                                       .to = {NULL, to, (uint16_t)text_length(to)},
                                       .replace = replace};
    if (stage_run(s, a) == STATUS_SUCCESS)
        nt_node_put(a->rq.link.out.node);
}

static void play_links(struct stage *s)
{
    link_to(s, u"\\linked1", false);
    link_to(s, u"\\linked1", false);
    link_to(s, u"\\d\\linked2", false);
    stage_open(s, 19, &(struct opening){.path = u"\\linked1", .disposition = FILE_OPEN});
    struct ask *a = stage_ask(s, NT_REMOVE, -1);
    a->rq.remove.name = (struct nt_name){NULL, u"\\linked1", 8};
    stage_run(s, a);
    a = stage_ask(s, NT_REMOVE, -1);
    a->rq.remove.name = (struct nt_name){NULL, u"\\d\\linked2", 10};
    stage_run(s, a);
}

/* ---- ways to a file ---------------------------------------------------------------------------------- */

static void open_by_number(struct stage *s)
{
    uint64_t number = 0;
    struct ask *a = stage_ask(s, NT_QUERY_INFORMATION, FILE_SLOT);
    if (a)
        a->rq.info = (struct nt_info_args){
            .info_class = FileInternalInformation, .buffer = s->buffer, .length = sizeof number};
    stage_run(s, a);
    memcpy(&number, s->buffer, sizeof number);
    a = stage_ask(s, NT_CREATE, -1);
    fill_create(&a->rq,
                &(struct opening){.path = u"", .disposition = FILE_OPEN, .options = FILE_OPEN_BY_FILE_ID});
    a->rq.create.name =
        (struct nt_name){.text = (const WCHAR *)&number, .len = sizeof number / sizeof(WCHAR)};
    a->rq.create.close_at_once = true;
    if (stage_run(s, a) == STATUS_SUCCESS)
        nt_node_put(a->rq.create.out.node);
}

static void open_target_directory(struct stage *s, const WCHAR *path)
{
    struct ask *a = stage_ask(s, NT_CREATE, -1);
    fill_create(&a->rq, &(struct opening){.path = path, .disposition = FILE_OPEN});
    a->rq.create.target_directory = true;
    a->rq.create.close_at_once = true;
    if (stage_run(s, a) == STATUS_SUCCESS)
        nt_node_put(a->rq.create.out.node);
}

static void play_ways(struct stage *s)
{
    static const WCHAR *const through[] = {u"\\link", u"\\dlink\\a", u"\\round"};
    make_with(s, u"\\dlink", "d", FILE_OPEN_REPARSE_POINT);
    make_with(s, u"\\round", "round", FILE_OPEN_REPARSE_POINT);
    s->strict = true; /* links are followed */
    for (size_t i = 0; i < COUNT_OF(through); i++)
        stage_open(s, 19, &(struct opening){.path = through[i], .disposition = FILE_OPEN});
    open_by_number(s);
    open_target_directory(s, u"\\d\\a");
    open_target_directory(s, u"\\d\\missing");
    s->strict = false;
}

static void set_label(struct stage *s)
{
    static const WCHAR label[] = u"NAMED";
    struct ask *a = stage_ask(s, NT_SET_VOLUME, -1);
    ULONG length = sizeof label - sizeof *label;
    memcpy(s->buffer, &length, sizeof length);
    memcpy(s->buffer + sizeof length, label, length);
    a->rq.info = (struct nt_info_args){.info_class = FileFsLabelInformation,
                                       .buffer = s->buffer,
                                       .length = (uint32_t)sizeof length + length};
    stage_run(s, a);
}

void stage_play_extended(struct stage *s)
{
    play_eas(s);
    play_ea_lists(s);
    set_label(s);
    play_reparse_points(s);
    play_ranges(s);
    play_controls(s);
    play_links(s);
    play_ways(s);
}
