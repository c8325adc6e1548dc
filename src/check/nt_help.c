// SPDX-License-Identifier: MIT
/*
 * What the checks of a volume share: expectations on statuses, files made and looked at in one line. A helper
 * that only leads up to what is checked works with `setup` raised: where it fails, nothing has been checked.
 */
#include "check/nt_i.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- texts --------------------------------------------------------------------------------------------- */

size_t wide_length(const WCHAR *text)
{
    size_t n = 0;
    while (text[n])
        n++;
    return n;
}

void wide_append(WCHAR *to, size_t room, const WCHAR *text)
{
    size_t at = wide_length(to);
    while (*text && at + 1 < room)
        to[at++] = *text++;
    to[at] = 0;
}

void wide_from(WCHAR *to, size_t room, const char *text)
{
    size_t at = 0;
    while (*text && at + 1 < room)
        to[at++] = (unsigned char)*text++;
    to[at] = 0;
}

void narrow(char *to, size_t room, const WCHAR *text)
{
    size_t at = 0;
    for (; *text && at + 1 < room; text++)
        to[at++] = *text >= 0x20 && *text < 0x7f ? (char)*text : '?';
    to[at] = 0;
}

/* ---- expectations -------------------------------------------------------------------------------------- */

bool must_either(struct probe *p, NTSTATUS given, NTSTATUS expected, NTSTATUS or_else, const char *rule)
{
    char want[TEXT_MAX], names[3][16];
    if (given == expected || given == or_else || !probe_live(p))
        return probe_live(p);
    const char *first = status_name(expected, names[0], sizeof names[0]);
    const char *second = status_name(or_else, names[1], sizeof names[1]);
    snprintf(want, sizeof want, expected == or_else ? "%s" : "%s or %s", first, second);
    probe_wrong(p, rule, want, status_name(given, names[2], sizeof names[2]));
    return false;
}

bool must(struct probe *p, NTSTATUS given, NTSTATUS expected, const char *rule)
{
    return must_either(p, given, expected, expected, rule);
}

bool must_fail(struct probe *p, NTSTATUS given, const char *rule)
{
    char name[16];
    if (!NT_SUCCESS(given) || !probe_live(p))
        return probe_live(p);
    probe_wrong(p, rule, "a failure", status_name(given, name, sizeof name));
    return false;
}

bool made(struct probe *p, NTSTATUS status)
{
    char name[16];
    if (!NT_SUCCESS(status))
        probe_blocked(p, status_name(status, name, sizeof name));
    return probe_live(p);
}

bool is_offered(struct probe *p, NTSTATUS status)
{
    static const NTSTATUS none[] = {STATUS_NOT_IMPLEMENTED, STATUS_NOT_SUPPORTED,
                                    STATUS_INVALID_DEVICE_REQUEST, STATUS_EAS_NOT_SUPPORTED,
                                    STATUS_INVALID_INFO_CLASS};
    char name[16];
    for (size_t i = 0; i < COUNT_OF(none); i++)
        if (status == none[i])
            probe_not_offered(p, "%s: %s", p->call, status_name(status, name, sizeof name));
    return probe_live(p);
}

void volume_can(struct probe *p, ULONG flag, bool works)
{
    struct nt_world *world = ((struct nt_place *)p->world)->world;
    if (!probe_live(p))
        return;
    if (works)
        world->offered |= flag;
    else
        world->refused |= flag;
}

/* ---- files --------------------------------------------------------------------------------------------- */

static struct file *open_as(struct probe *p, const WCHAR *name, ULONG disposition, ULONG options)
{
    struct file *file = NULL;
    ACCESS_MASK access = options & FILE_DIRECTORY_FILE
                             ? FILE_LIST_DIRECTORY | FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | DELETE
                             : ALL_DATA;
    const struct opening how = {
        .name = name, .access = access, .share = SHARE_ALL, .disposition = disposition, .options = options};
    p->setup++;
    made(p, nt_open(p, &how, &file));
    p->setup--;
    return file;
}

struct file *open_file(struct probe *p, const WCHAR *name)
{
    return open_as(p, name, FILE_OPEN, FILE_NON_DIRECTORY_FILE);
}

struct file *open_folder(struct probe *p, const WCHAR *name)
{
    return open_as(p, name, FILE_OPEN, FILE_DIRECTORY_FILE);
}

struct file *make_folder(struct probe *p, const WCHAR *name)
{
    return open_as(p, name, FILE_CREATE, FILE_DIRECTORY_FILE);
}

struct file *make_file(struct probe *p, const WCHAR *name, const char *text)
{
    ULONG length = (ULONG)strlen(text), got = 0;
    struct file *file = open_as(p, name, FILE_CREATE, FILE_NON_DIRECTORY_FILE);
    p->setup++;
    if (length && made(p, nt_write(p, file, 0, text, length, &got)) && got != length)
        probe_not_checked(p, "%s: only %u bytes were written", p->call, got);
    p->setup--;
    return file;
}

void close_file(struct probe *p, struct file *file)
{
    p->setup++;
    nt_close(p, file);
    p->setup--;
}

void make_closed(struct probe *p, const WCHAR *name, const char *text)
{
    close_file(p, make_file(p, name, text));
}

NTSTATUS open_status(struct probe *p, const WCHAR *name)
{
    struct file *file = NULL;
    const struct opening how = {
        .name = name, .access = FILE_READ_ATTRIBUTES, .share = SHARE_ALL, .disposition = FILE_OPEN};
    NTSTATUS status = nt_open(p, &how, &file);
    close_file(p, file);
    return status;
}

/* Whatever a missing file is told by: that is a check of its own. */
static bool is_there(NTSTATUS status)
{
    return NT_SUCCESS(status) || status == STATUS_DELETE_PENDING || status == STATUS_ACCESS_DENIED ||
           status == STATUS_SHARING_VIOLATION;
}

void must_exist(struct probe *p, const WCHAR *name, bool exists, const char *rule)
{
    NTSTATUS status = open_status(p, name);
    if (exists || is_there(status))
        must(p, status, exists ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND, rule);
}

void must_hold(struct probe *p, struct file *file, const char *text, const char *rule)
{
    char buf[1024] = {0};
    ULONG got = 0, length = (ULONG)strlen(text);
    p->setup++;
    NTSTATUS status = nt_read(p, file, 0, buf, sizeof buf, &got);
    if (status == STATUS_END_OF_FILE)
        got = 0;
    else
        made(p, status);
    p->setup--;
    must_equal(p, "bytes", got, length, rule);
    must_bytes(p, buf, text, length < sizeof buf ? length : sizeof buf, rule);
}

int64_t size_of(struct probe *p, struct file *file)
{
    FILE_STANDARD_INFORMATION standard = {0};
    p->setup++;
    made(p, nt_query(p, file, FileStandardInformation, &standard, sizeof standard, NULL));
    p->setup--;
    return standard.EndOfFile.QuadPart;
}

bool basic_of(struct probe *p, struct file *file, FILE_BASIC_INFORMATION *basic)
{
    p->setup++;
    made(p, nt_query(p, file, FileBasicInformation, basic, sizeof *basic, NULL));
    p->setup--;
    return probe_live(p);
}

NTSTATUS set_attributes(struct probe *p, struct file *file, ULONG attributes)
{
    FILE_BASIC_INFORMATION basic = {.FileAttributes = attributes};
    return nt_set(p, file, FileBasicInformation, &basic, sizeof basic);
}

NTSTATUS set_deletion(struct probe *p, struct file *file, bool on)
{
    FILE_DISPOSITION_INFORMATION disposition = {.DeleteFile = on};
    return nt_set(p, file, FileDispositionInformation, &disposition, sizeof disposition);
}

NTSTATUS set_name(struct probe *p, struct file *file, ULONG info_class, const WCHAR *name, bool replace)
{
    struct nt_place *place = p->world;
    _Alignas(8) BYTE buf[sizeof(FILE_RENAME_INFORMATION) + PATH_UNITS * sizeof(WCHAR)] = {0};
    FILE_RENAME_INFORMATION *info = (void *)buf;
    WCHAR path[PATH_UNITS] = {0};
    char text[NOTE_MAX];
    wide_append(path, PATH_UNITS, place->folder);
    wide_append(path, PATH_UNITS, u"\\");
    wide_append(path, PATH_UNITS, name);
    info->ReplaceIfExists = replace;
    info->FileNameLength = (ULONG)(wide_length(path) * sizeof(WCHAR));
    memcpy(buf + offsetof(FILE_RENAME_INFORMATION, FileName), path, info->FileNameLength);
    ULONG length = (ULONG)offsetof(FILE_RENAME_INFORMATION, FileName) + info->FileNameLength;
    NTSTATUS status = nt_set(p, file, info_class, buf, length < sizeof *info ? (ULONG)sizeof *info : length);
    narrow(text, sizeof text, name);
    if (probe_live(p))
        probe_call(p, "%s(%s to %s%s)", info_class == FileLinkInformation ? "link" : "rename",
                   file ? file->name : "no file", text, replace ? ", replace" : "");
    return status;
}

/* ---- listings ------------------------------------------------------------------------------------------ */

static void take_names(struct listing *out, const BYTE *buf, ULONG length)
{
    for (ULONG at = 0; at + offsetof(FILE_NAMES_INFORMATION, FileName) <= length && out->count < LIST_MOST;) {
        FILE_NAMES_INFORMATION head;
        memcpy(&head, buf + at, offsetof(FILE_NAMES_INFORMATION, FileName));
        size_t units = head.FileNameLength / sizeof(WCHAR);
        size_t room = sizeof out->names[0] / sizeof(WCHAR) - 1;
        WCHAR *name = out->names[out->count++];
        units = units < room ? units : room;
        memcpy(name, buf + at + offsetof(FILE_NAMES_INFORMATION, FileName), units * sizeof(WCHAR));
        name[units] = 0;
        if (!head.NextEntryOffset)
            break;
        at += head.NextEntryOffset;
    }
}

/* Ends with STATUS_NO_MORE_FILES, or STATUS_NO_SUCH_FILE when there was nothing. */
NTSTATUS list_names(struct probe *p, struct file *folder, const WCHAR *pattern, ULONG flags,
                    struct listing *out)
{
    _Alignas(8) BYTE buf[4096];
    NTSTATUS status;
    ULONG got;
    out->count = 0;
    do {
        status = nt_list(p, folder, FileNamesInformation, pattern, flags, buf, sizeof buf, &got);
        if (NT_SUCCESS(status))
            take_names(out, buf, got);
        flags &= ~DOKAN_NT_RESTART;
    } while (NT_SUCCESS(status) && out->count < LIST_MOST);
    return status;
}

bool listing_has(const struct listing *listing, const WCHAR *name)
{
    size_t length = wide_length(name) + 1;
    for (size_t i = 0; i < listing->count; i++)
        if (memcmp(listing->names[i], name, length * sizeof(WCHAR)) == 0)
            return true;
    return false;
}

struct listing *listing_of(struct probe *p, const WCHAR *folder, const WCHAR *pattern)
{
    struct listing *listing = calloc(1, sizeof *listing);
    struct file *file = open_folder(p, folder);
    if (!listing) {
        probe_not_checked(p, "out of memory");
        return NULL;
    }
    p->setup++;
    NTSTATUS status = list_names(p, file, pattern, DOKAN_NT_RESTART, listing);
    if (status != STATUS_NO_MORE_FILES && status != STATUS_NO_SUCH_FILE)
        made(p, NT_SUCCESS(status) ? STATUS_UNSUCCESSFUL : status);
    p->setup--;
    close_file(p, file);
    if (probe_live(p))
        return listing;
    free(listing);
    return NULL;
}
