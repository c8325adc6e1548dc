// SPDX-License-Identifier: MIT
/* Links of all forms, made through the engine, and opens that tell what was opened. */
#ifndef TESTS_NT_FOLLOW_KIT_H
#define TESTS_NT_FOLLOW_KIT_H

#include "extended_kit.h"
#include "memfs.h"

struct world {
    void *memfs;
    struct rig *rig;
};

static inline struct world world_open_with(uint64_t attr_ns, bool single_thread)
{
    struct world w = {.memfs = memfs_new(MEMFS_EXTENDED, 0)};
    assert_non_null(w.memfs);
    w.rig = rig_open(&(struct rig_spec){.operations = memfs_operations(),
                                        .operations_ex = memfs_operations_ex(),
                                        .context = w.memfs,
                                        .options = DOKAN_OPTION_ALT_STREAM,
                                        .single_thread = single_thread,
                                        .attr_ns = attr_ns});
    return w;
}

static inline struct world world_open(uint64_t attr_ns)
{
    return world_open_with(attr_ns, false);
}

static inline void world_close(struct world *w)
{
    rig_close(w->rig);
    memfs_free(w->memfs);
}

/* REPARSE_DATA_BUFFER of Windows' forms; the substitute name only. */
static inline uint32_t windows_link(uint32_t tag, const WCHAR *target, uint32_t flags, uint8_t *out)
{
    uint16_t bytes = (uint16_t)(text_length(target) * sizeof(WCHAR)), zero = 0;
    uint16_t head = tag == IO_REPARSE_TAG_SYMLINK ? 12 : 8, data = (uint16_t)(head + bytes);
    uint16_t names[4] = {0, bytes, bytes, 0};
    memcpy(out, &tag, 4);
    memcpy(out + 4, &data, 2);
    memcpy(out + 6, &zero, 2);
    memcpy(out + 8, names, sizeof names);
    memcpy(out + 16, &flags, 4);
    memcpy(out + 8 + head, target, bytes);
    return 8u + data;
}

static inline void make_link(struct rig *rig, const WCHAR *path, const void *buffer, uint32_t length,
                             ULONG options)
{
    struct nt_request rq;
    rig_request(rig, &rq, NT_CREATE, NULL);
    fill_create(&rq, &(struct opening){.path = path,
                                       .disposition = FILE_CREATE,
                                       .options = options | FILE_OPEN_REPARSE_POINT});
    rq.create.close_at_once = true;
    rq.create.reparse = buffer;
    rq.create.reparse_length = length;
    assert_status(STATUS_SUCCESS, nt_call(&rq, NULL));
    nt_node_put(rq.create.out.node);
}

static inline void linux_link(struct rig *rig, const WCHAR *path, const char *target)
{
    assert_status(STATUS_SUCCESS, make_with(rig, path, NULL, target, FILE_OPEN_REPARSE_POINT));
}

static inline void symbolic_link(struct rig *rig, const WCHAR *path, const WCHAR *target, bool relative)
{
    uint8_t buffer[600];
    make_link(rig, path, buffer, windows_link(IO_REPARSE_TAG_SYMLINK, target, relative, buffer), 0);
}

static inline void junction(struct rig *rig, const WCHAR *path, const WCHAR *target)
{
    uint8_t buffer[600];
    uint32_t length = windows_link(IO_REPARSE_TAG_MOUNT_POINT, target, 0, buffer);
    make_link(rig, path, buffer, length, FILE_DIRECTORY_FILE);
}

static inline void make(struct rig *rig, const WCHAR *path, ULONG options, const char *text)
{
    struct opened o =
        rig_create(rig, &(struct opening){.path = path, .disposition = FILE_CREATE, .options = options});
    assert_status(STATUS_SUCCESS, o.status);
    if (text)
        assert_status(STATUS_SUCCESS, rig_write(rig, o.handle, text, (uint32_t)strlen(text), 0, NULL));
    rig_end(rig, o.handle);
}

/* What was opened, or the status. */
struct seen {
    NTSTATUS status;
    uint64_t information;
    char path[200];
};

static inline struct seen open_at(struct rig *rig, const struct opening *how)
{
    struct seen seen = {0};
    WCHAR path[200];
    struct opened o = rig_create(rig, how);
    seen.status = o.status;
    seen.information = o.information;
    if (o.status)
        return seen;
    nt_node_path(nt_handle_node(o.handle), path, COUNT_OF(path));
    strcpy(seen.path, narrow(path));
    rig_end(rig, o.handle);
    return seen;
}

static inline struct seen visit(struct rig *rig, const WCHAR *path, ULONG disposition, ULONG options)
{
    return open_at(rig, &(struct opening){.path = path, .disposition = disposition, .options = options});
}

/* `\a\b\f`, `\t` and links of all forms to them. */
static inline void populate(struct rig *rig)
{
    make(rig, u"\\a", FILE_DIRECTORY_FILE, NULL);
    make(rig, u"\\a\\b", FILE_DIRECTORY_FILE, NULL);
    make(rig, u"\\a\\b\\f", 0, "file");
    make(rig, u"\\a\\b\\f:s", 0, "stream");
    make(rig, u"\\t", 0, "top");
    linux_link(rig, u"\\to-f", "a/b/f");
    linux_link(rig, u"\\to-b", "a/b");
    linux_link(rig, u"\\to-b-dots", "./a//x/../b/");
    linux_link(rig, u"\\a\\up", "../t");
    linux_link(rig, u"\\a\\b\\root", "../../");
    linux_link(rig, u"\\chain", "to-b");
    linux_link(rig, u"\\dangling", "a/new");
    linux_link(rig, u"\\out", "../t");
    linux_link(rig, u"\\abs", "/t");
    linux_link(rig, u"\\abs-in", "/mnt/vol/a/b");
    linux_link(rig, u"\\loop", "loop");
    linux_link(rig, u"\\ping", "pong/x");
    linux_link(rig, u"\\pong", "ping");
    linux_link(rig, u"\\back", "a\\b");
    linux_link(rig, u"\\hidden", ".xdokan-removed");
    linux_link(rig, u"\\in-hidden", ".xdokan-removed/f");
    symbolic_link(rig, u"\\w-rel", u"a\\b", true);
    symbolic_link(rig, u"\\a\\w-up", u"..\\t", true);
    symbolic_link(rig, u"\\a\\w-root", u"\\t", true);
    symbolic_link(rig, u"\\w-abs", u"\\a\\b\\f", false);
    symbolic_link(rig, u"\\w-drive", u"\\??\\C:\\t", false);
    symbolic_link(rig, u"\\w-share", u"\\\\server\\share\\t", false);
    junction(rig, u"\\j", u"\\??\\Volume{0}\\a");
    junction(rig, u"\\j-in", u"\\a\\b");
    assert_status(STATUS_SUCCESS, make_with(rig, u"\\many", NULL, "a", FILE_OPEN_REPARSE_POINT));
}

#endif
