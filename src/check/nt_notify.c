// SPDX-License-Identifier: MIT
/*
 * Change notification: what is done through the volume is told to who watches, once.
 */
#include "check/nt_i.h"

#include <stdio.h>
#include <string.h>

enum { ROOM = 4096, SHORT_WAIT_MS = 50 };

#define NAMES (FILE_NOTIFY_CHANGE_FILE_NAME | FILE_NOTIFY_CHANGE_DIR_NAME)

/* Whether the changes, as NT packs them, have that action on that name; and their number. */
static bool has_change(const BYTE *buf, ULONG length, ULONG action, const WCHAR *name, size_t *count)
{
    ULONG bytes = (ULONG)(wide_length(name) * sizeof(WCHAR));
    bool found = false;
    *count = 0;
    for (ULONG at = 0; at + offsetof(FILE_NOTIFY_INFORMATION, FileName) <= length;) {
        FILE_NOTIFY_INFORMATION head;
        memcpy(&head, buf + at, offsetof(FILE_NOTIFY_INFORMATION, FileName));
        ++*count;
        found |= head.Action == action && head.FileNameLength == bytes &&
                 memcmp(buf + at + offsetof(FILE_NOTIFY_INFORMATION, FileName), name, bytes) == 0;
        if (!head.NextEntryOffset)
            break;
        at += head.NextEntryOffset;
    }
    return found;
}

/* Waits for changes and wants that one among them. */
static void must_tell(struct probe *p, struct waiting *w, ULONG action, const WCHAR *name, const char *rule)
{
    _Alignas(4) BYTE buf[ROOM] = {0};
    ULONG got = 0;
    size_t count;
    char want[TEXT_MAX], text[NOTE_MAX], given[64];
    NTSTATUS status = nt_finish(p, w, p->suite->options.TimeoutMs, buf, sizeof buf, &got);
    if (!is_offered(p, status))
        return;
    if (status == STATUS_CANCELLED && probe_live(p))
        must_be(p, false, "a change", "none", rule);
    must(p, status, STATUS_SUCCESS, rule);
    if (!probe_live(p))
        return;
    narrow(text, sizeof text, name);
    snprintf(want, sizeof want, "action %u on %s", action, text);
    bool found = has_change(buf, got, action, name, &count);
    snprintf(given, sizeof given, "%zu others", count);
    must_be(p, found, want, given, rule);
}

static void tells_added(struct probe *p)
{
    struct waiting *w = nt_start_notify(p, open_folder(p, u""), NAMES, false, ROOM);
    make_closed(p, u"file", "x");
    must_tell(p, w, FILE_ACTION_ADDED, u"file", "a new file is told");
}

static void tells_removed(struct probe *p)
{
    struct file *file = make_file(p, u"file", "x");
    struct waiting *w = nt_start_notify(p, open_folder(p, u""), NAMES, false, ROOM);
    made(p, set_deletion(p, file, true));
    close_file(p, file);
    must_tell(p, w, FILE_ACTION_REMOVED, u"file", "a file that goes is told");
}

static void tells_renamed(struct probe *p)
{
    struct file *file = make_file(p, u"old", "x");
    struct waiting *w = nt_start_notify(p, open_folder(p, u""), NAMES, false, ROOM);
    made(p, set_name(p, file, FileRenameInformation, u"new", false));
    must_tell(p, w, FILE_ACTION_RENAMED_OLD_NAME, u"old", "a rename is told");
}

static void tells_written(struct probe *p)
{
    struct file *file = make_file(p, u"file", "x");
    struct waiting *w = nt_start_notify(p, open_folder(p, u""),
                                        FILE_NOTIFY_CHANGE_SIZE | FILE_NOTIFY_CHANGE_LAST_WRITE, false, ROOM);
    made(p, nt_write(p, file, 0, "longer", 6, NULL));
    close_file(p, file);
    must_tell(p, w, FILE_ACTION_MODIFIED, u"file", "a write is told");
}

static void tells_below(struct probe *p)
{
    close_file(p, make_folder(p, u"folder"));
    struct waiting *w = nt_start_notify(p, open_folder(p, u""), NAMES, true, ROOM);
    make_closed(p, u"folder\\file", "x");
    must_tell(p, w, FILE_ACTION_ADDED, u"folder\\file", "a tree is watched as a whole");
}

static void waits(struct probe *p)
{
    make_closed(p, u"file", "x");
    struct waiting *w = nt_start_notify(p, open_folder(p, u""), NAMES, false, ROOM);
    (void)open_status(p, u"file");
    NTSTATUS status = nt_finish(p, w, SHORT_WAIT_MS, NULL, 0, NULL);
    if (is_offered(p, status))
        must(p, status, STATUS_CANCELLED, "where nothing changes nothing is told");
}

static const struct check checks[] = {
    {"notification", "added", WRITES, tells_added},     {"notification", "removed", WRITES, tells_removed},
    {"notification", "renamed", WRITES, tells_renamed}, {"notification", "written", WRITES, tells_written},
    {"notification", "tree", WRITES, tells_below},      {"notification", "quiet", WRITES, waits},
};
const struct check_table nt_notify = {checks, COUNT_OF(checks)};
