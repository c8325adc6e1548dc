// SPDX-License-Identifier: MIT
/* Plays the steps of a scenario: one function per kind of step, each of which says what is wrong. */
#include "rules.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_ROOM = 300, PATH_UNITS = 600 };

/* ---- tools --------------------------------------------------------------------------------------------- */

const char *narrow(LPCWSTR text)
{
    static _Thread_local char ring[8][PATH_UNITS];
    static _Thread_local unsigned next;
    char *out = ring[next++ % COUNT_OF(ring)];
    size_t i = 0;
    for (; text && text[i] && i < PATH_UNITS - 1; i++)
        out[i] = text[i] < 0x7F && text[i] >= 0x20 ? (char)text[i] : '~';
    out[i] = 0;
    return out;
}

struct outcome world_create(struct world *world, const struct opening *how)
{
    return world->door->create(world->handle, how);
}

NTSTATUS end_file(struct world *world, void *file)
{
    NTSTATUS status = world->door->cleanup(file);
    world->door->close(file);
    return status;
}

static void *must_open(struct world *world, LPCWSTR path, ACCESS_MASK access, ULONG disposition,
                       ULONG options)
{
    struct opening how = {.path = path,
                          .access = access | SYNCHRONIZE,
                          .share = ALL,
                          .disposition = disposition,
                          .options = options};
    struct outcome out = world_create(world, &how);
    row_check(world, out.status == STATUS_SUCCESS, "%s cannot be opened: %s", narrow(path),
              status_name(out.status));
    return out.file;
}

bool make_file(struct world *world, LPCWSTR path)
{
    const char *text = narrow(path);
    void *file = must_open(world, path, FILE_GENERIC_WRITE, FILE_CREATE, FILE_NON_DIRECTORY_FILE);
    if (!file)
        return false;
    NTSTATUS status = world->door->write(file, text, (ULONG)strlen(text), 0, NULL);
    end_file(world, file);
    return row_status(world, "filling a file", STATUS_SUCCESS, status);
}

bool make_folder(struct world *world, LPCWSTR path)
{
    void *file = must_open(world, path, FILE_READ_ATTRIBUTES, FILE_CREATE, FILE_DIRECTORY_FILE);
    if (file)
        end_file(world, file);
    return file;
}

static NTSTATUS query(struct world *world, void *file, ULONG info_class, void *buffer, ULONG length)
{
    ULONG done;
    memset(buffer, 0, length);
    return world->door->query(file, info_class, buffer, length, &done);
}

/* ---- files --------------------------------------------------------------------------------------------- */

static void step_file(struct world *world, const struct step *s)
{
    make_file(world, s->path);
}

static void step_folder(struct world *world, const struct step *s)
{
    make_folder(world, s->path);
}

static NTSTATUS set_attributes(struct world *world, void *file, ULONG attributes)
{
    FILE_BASIC_INFORMATION basic = {.FileAttributes = attributes};
    return world->door->set(file, FileBasicInformation, &basic, sizeof basic);
}

static void step_mark(struct world *world, const struct step *s)
{
    void *file = must_open(world, s->path, FILE_WRITE_ATTRIBUTES, FILE_OPEN, 0);
    if (!file)
        return;
    row_status(world, "setting attributes", STATUS_SUCCESS, set_attributes(world, file, (ULONG)s->a));
    end_file(world, file);
}

static void *open_step(struct world *world, const struct step *s)
{
    struct opening how = {.path = s->path,
                          .access = (ACCESS_MASK)s->a | (s->a & MAXIMUM_ALLOWED ? 0 : SYNCHRONIZE),
                          .attributes = s->attributes,
                          .share = (ULONG)s->b,
                          .disposition = s->c,
                          .options = s->d};
    struct outcome out = world_create(world, &how);
    if (row_status(world, "open", s->want, out.status) && out.file && !world->door->bare &&
        s->information != ANY_INFORMATION)
        row_check(world, out.information == s->information, "Information %u, not %u",
                  (unsigned)out.information, s->information);
    return out.file;
}

static void step_open(struct world *world, const struct step *s)
{
    world->slots[s->slot] = open_step(world, s);
}

static void step_try(struct world *world, const struct step *s)
{
    void *file = open_step(world, s);
    if (file)
        end_file(world, file);
}

static void step_cleanup(struct world *world, const struct step *s)
{
    row_status(world, "cleanup", STATUS_SUCCESS, world->door->cleanup(world->slots[s->slot]));
}

static void step_close(struct world *world, const struct step *s)
{
    NTSTATUS status = end_file(world, world->slots[s->slot]);
    world->slots[s->slot] = NULL;
    row_status(world, "close", STATUS_SUCCESS, status);
}

/* ---- deleting and renaming ----------------------------------------------------------------------------- */

static void step_delete(struct world *world, const struct step *s)
{
    FILE_DISPOSITION_INFORMATION in = {.DeleteFile = s->a != 0};
    row_status(world, "disposition", s->want,
               world->door->set(world->slots[s->slot], FileDispositionInformation, &in, sizeof in));
}

static void step_delete_ex(struct world *world, const struct step *s)
{
    FILE_DISPOSITION_INFORMATION_EX in = {.Flags = (ULONG)s->a};
    row_status(world, "disposition ex", s->want,
               world->door->set(world->slots[s->slot], FileDispositionInformationEx, &in, sizeof in));
}

/* All three classes have one layout behind their first member. */
static void name_step(struct world *world, const struct step *s, ULONG info_class)
{
    union {
        FILE_RENAME_INFORMATION_EX in;
        char bytes[sizeof(FILE_RENAME_INFORMATION_EX) + NAME_ROOM * sizeof(WCHAR)];
    } u;
    const ULONG at = offsetof(FILE_RENAME_INFORMATION_EX, FileName);
    size_t units = 0;
    memset(&u, 0, sizeof u);
    while (units < NAME_ROOM && s->path[units])
        units++;
    u.in.Flags = (ULONG)s->a;
    u.in.RootDirectory = s->b ? world->slots[s->b - 1] : NULL;
    u.in.FileNameLength = (ULONG)(units * sizeof(WCHAR));
    memcpy(u.bytes + at, s->path, units * sizeof(WCHAR));
    ULONG length = at + u.in.FileNameLength;
    length = length < sizeof u.in ? (ULONG)sizeof u.in : length;
    row_status(world, "naming", s->want,
               world->door->set(world->slots[s->slot], info_class, u.bytes, length));
}

static void step_rename(struct world *world, const struct step *s)
{
    name_step(world, s, FileRenameInformation);
}

static void step_rename_ex(struct world *world, const struct step *s)
{
    name_step(world, s, FileRenameInformationEx);
}

static void step_link(struct world *world, const struct step *s)
{
    name_step(world, s, FileLinkInformation);
}

/* ---- looking ------------------------------------------------------------------------------------------- */

static void open_gives(struct world *world, LPCWSTR path, NTSTATUS want)
{
    struct opening how = {
        .path = path, .access = FILE_READ_ATTRIBUTES | SYNCHRONIZE, .share = ALL, .disposition = FILE_OPEN};
    struct outcome out = world_create(world, &how);
    if (out.file)
        end_file(world, out.file);
    row_status(world, narrow(path), want, out.status);
}

static void step_present(struct world *world, const struct step *s)
{
    open_gives(world, s->path, STATUS_SUCCESS);
}

static void step_absent(struct world *world, const struct step *s)
{
    open_gives(world, s->path, STATUS_OBJECT_NAME_NOT_FOUND);
}

static void reads(struct world *world, void *file, const char *text)
{
    char buffer[128];
    ULONG done = 0;
    NTSTATUS status = world->door->read(file, buffer, sizeof buffer - 1, 0, &done);
    buffer[done] = 0;
    row_check(world, NT_SUCCESS(status) || !*text, "read: %s", status_name(status));
    row_check(world, strcmp(buffer, text) == 0, "reads \"%s\", not \"%s\"", buffer, text);
}

static void step_holds(struct world *world, const struct step *s)
{
    void *file = must_open(world, s->path, FILE_GENERIC_READ, FILE_OPEN, FILE_NON_DIRECTORY_FILE);
    if (!file)
        return;
    reads(world, file, s->text);
    end_file(world, file);
}

static void step_reads(struct world *world, const struct step *s)
{
    char byte;
    ULONG done;
    if (s->text)
        reads(world, world->slots[s->slot], s->text);
    else
        row_status(world, "read", s->want, world->door->read(world->slots[s->slot], &byte, 1, 0, &done));
}

static void step_writes(struct world *world, const struct step *s)
{
    row_status(world, "write", s->want,
               world->door->write(world->slots[s->slot], s->text, (ULONG)strlen(s->text), s->a, NULL));
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void step_lists(struct world *world, const struct step *s)
{
    enum { MOST = 32 };
    WCHAR name[NAME_ROOM];
    char *seen[MOST], line[1024] = "";
    size_t count = 0;
    void *file = must_open(world, s->path, FILE_LIST_DIRECTORY, FILE_OPEN, FILE_DIRECTORY_FILE);
    if (!file)
        return;
    while (count < MOST && world->door->next_name(file, NULL, false, name, NAME_ROOM) == STATUS_SUCCESS)
        if (strcmp(narrow(name), ".") != 0 && strcmp(narrow(name), "..") != 0)
            seen[count++] = strdup(narrow(name));
    end_file(world, file);
    qsort(seen, count, sizeof *seen, by_name);
    for (size_t i = 0; i < count; i++) {
        size_t at = strlen(line);
        snprintf(line + at, sizeof line - at, "%s%s", i ? "|" : "", seen[i]);
        free(seen[i]);
    }
    row_check(world, strcmp(line, s->text) == 0, "%s lists \"%s\", not \"%s\"", narrow(s->path), line,
              s->text);
}

static void step_named(struct world *world, const struct step *s)
{
    union {
        FILE_NAME_INFORMATION name;
        WCHAR units[PATH_UNITS];
    } u;
    NTSTATUS status = query(world, world->slots[s->slot], FileNameInformation, &u, sizeof u - sizeof(WCHAR));
    const char *name = narrow(u.units + offsetof(FILE_NAME_INFORMATION, FileName) / sizeof(WCHAR));
    if (row_status(world, "its name", STATUS_SUCCESS, status))
        row_check(world, strcmp(name, narrow(s->path)) == 0, "it is called %s, not %s", name,
                  narrow(s->path));
}

/* ---- facts --------------------------------------------------------------------------------------------- */

static void standard_is(struct world *world, const struct step *s, const char *what,
                        int64_t (*part)(const FILE_STANDARD_INFORMATION *info))
{
    FILE_STANDARD_INFORMATION info;
    NTSTATUS status = query(world, world->slots[s->slot], FileStandardInformation, &info, sizeof info);
    if (row_status(world, what, STATUS_SUCCESS, status))
        row_check(world, part(&info) == s->a, "%s is %lld, not %lld", what, (long long)part(&info),
                  (long long)s->a);
}

static int64_t part_pending(const FILE_STANDARD_INFORMATION *info)
{
    return info->DeletePending;
}

static int64_t part_links(const FILE_STANDARD_INFORMATION *info)
{
    return info->NumberOfLinks;
}

static int64_t part_size(const FILE_STANDARD_INFORMATION *info)
{
    return info->EndOfFile.QuadPart;
}

static void step_pending(struct world *world, const struct step *s)
{
    standard_is(world, s, "DeletePending", part_pending);
}

static void step_links(struct world *world, const struct step *s)
{
    standard_is(world, s, "NumberOfLinks", part_links);
}

static void step_size(struct world *world, const struct step *s)
{
    standard_is(world, s, "EndOfFile", part_size);
}

static void step_set_attr(struct world *world, const struct step *s)
{
    row_status(world, "setting attributes", s->want,
               set_attributes(world, world->slots[s->slot], (ULONG)s->a));
}

static FILE_BASIC_INFORMATION basic_of(struct world *world, unsigned slot)
{
    FILE_BASIC_INFORMATION info;
    NTSTATUS status = query(world, world->slots[slot], FileBasicInformation, &info, sizeof info);
    row_status(world, "basic information", STATUS_SUCCESS, status);
    return info;
}

static void step_attr(struct world *world, const struct step *s)
{
    FILE_BASIC_INFORMATION info = basic_of(world, s->slot);
    row_check(world, info.FileAttributes == (ULONG)s->a, "attributes are %#x, not %#x",
              (unsigned)info.FileAttributes, (unsigned)s->a);
}

static LARGE_INTEGER *time_at(FILE_BASIC_INFORMATION *info, int64_t which)
{
    LARGE_INTEGER *times[] = {&info->CreationTime, &info->LastAccessTime, &info->LastWriteTime,
                              &info->ChangeTime};
    return times[which];
}

static void step_set_time(struct world *world, const struct step *s)
{
    FILE_BASIC_INFORMATION info = {0};
    time_at(&info, s->a)->QuadPart = s->b;
    row_status(world, "setting a time", s->want,
               world->door->set(world->slots[s->slot], FileBasicInformation, &info, sizeof info));
}

static void step_time(struct world *world, const struct step *s)
{
    FILE_BASIC_INFORMATION info = basic_of(world, s->slot);
    int64_t is = time_at(&info, s->a)->QuadPart;
    row_check(world, is == s->b, "time %d is %lld, not %lld", (int)s->a, (long long)is, (long long)s->b);
}

static void step_time_not(struct world *world, const struct step *s)
{
    FILE_BASIC_INFORMATION info = basic_of(world, s->slot);
    row_check(world, time_at(&info, s->a)->QuadPart != s->b, "time %d is still %lld", (int)s->a,
              (long long)s->b);
}

static void step_set_size(struct world *world, const struct step *s)
{
    row_status(world, "setting a size", s->want,
               world->door->set(world->slots[s->slot], (ULONG)s->a, &s->b, sizeof s->b));
}

/* ---- the players --------------------------------------------------------------------------------------- */

static void (*const kinds[STEP_KINDS])(struct world *world, const struct step *s) = {
    [STEP_FILE] = step_file,
    [STEP_FOLDER] = step_folder,
    [STEP_MARK] = step_mark,
    [STEP_OPEN] = step_open,
    [STEP_TRY] = step_try,
    [STEP_CLOSE] = step_close,
    [STEP_CLEANUP] = step_cleanup,
    [STEP_DELETE] = step_delete,
    [STEP_DELETE_EX] = step_delete_ex,
    [STEP_RENAME] = step_rename,
    [STEP_RENAME_EX] = step_rename_ex,
    [STEP_LINK] = step_link,
    [STEP_PRESENT] = step_present,
    [STEP_ABSENT] = step_absent,
    [STEP_HOLDS] = step_holds,
    [STEP_LISTS] = step_lists,
    [STEP_NAMED] = step_named,
    [STEP_READS] = step_reads,
    [STEP_WRITES] = step_writes,
    [STEP_PENDING] = step_pending,
    [STEP_LINKS] = step_links,
    [STEP_SIZE] = step_size,
    [STEP_SET_ATTR] = step_set_attr,
    [STEP_ATTR] = step_attr,
    [STEP_TIME_NOT] = step_time_not,
    [STEP_SET_TIME] = step_set_time,
    [STEP_TIME] = step_time,
    [STEP_SET_SIZE] = step_set_size,
};

void play_steps(struct world *world, const struct step *steps, size_t count)
{
    for (size_t i = 0; i < count && steps[i].kind != STEP_END; i++) {
        kinds[steps[i].kind](world, &steps[i]);
        if (world->row_cannot)
            return;
        if (!row_check(world, !world->row_failed, "in step %zu", i + 1))
            return;
    }
}

void play_rows(struct world *world, const char *group, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        row_begin(world, group, rows[i].name);
        if (row_check(world, world_open(world), "the volume does not start")) {
            play_steps(world, rows[i].steps, STEPS);
            world_close(world);
        }
        row_end(world);
    }
}
