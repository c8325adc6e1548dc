// SPDX-License-Identifier: MIT
/*
 * Share access: every combination of what two openers want and leave to others, by the rule in shares_well(),
 * which is IoCheckShareAccess in one line; and the rows where an open wants something in another way.
 */
#include "rules.h"
#include <string.h>

enum { CLASSES = 3, SUBSETS = 8 };

struct opener {
    unsigned access, share; /* subsets of read, write, delete */
};

static const ACCESS_MASK rights[CLASSES] = {FILE_READ_DATA, FILE_WRITE_DATA, DELETE};
static const ULONG shares[CLASSES] = {FILE_SHARE_READ, FILE_SHARE_WRITE, FILE_SHARE_DELETE};

/* Who wants none of the three is not asked and does not count. */
static bool shares_well(struct opener first, struct opener second)
{
    bool counted = first.access && second.access;
    return !counted || !((second.access & ~first.share) | (first.access & ~second.share));
}

static struct opening opening_of(LPCWSTR path, struct opener who)
{
    struct opening how = {
        .path = path, .access = FILE_READ_ATTRIBUTES | SYNCHRONIZE, .disposition = FILE_OPEN};
    for (unsigned i = 0; i < CLASSES; i++) {
        how.access |= who.access >> i & 1 ? rights[i] : 0;
        how.share |= who.share >> i & 1 ? shares[i] : 0;
    }
    return how;
}

static const char *letters(unsigned subset)
{
    static _Thread_local char ring[4][CLASSES + 1];
    static _Thread_local unsigned next;
    char *out = ring[next++ % COUNT_OF(ring)];
    for (unsigned i = 0; i < CLASSES; i++)
        out[i] = subset >> i & 1 ? "rwd"[i] : '-';
    out[CLASSES] = 0;
    return out;
}

static void second_opens(struct world *world, LPCWSTR path, struct opener first, struct opener second)
{
    struct opening how = opening_of(path, second);
    struct outcome out = world_create(world, &how);
    NTSTATUS want = shares_well(first, second) ? STATUS_SUCCESS : STATUS_SHARING_VIOLATION;
    char what[64];
    snprintf(what, sizeof what, "then %s sharing %s", letters(second.access), letters(second.share));
    row_status(world, what, want, out.status);
    if (out.file)
        end_file(world, out.file);
}

/* The first opener, and all that the second can be; then the same after his close. */
static void matrix_row(struct world *world, LPCWSTR path, struct opener first)
{
    struct opening how = opening_of(path, first);
    struct outcome held = world_create(world, &how);
    if (!row_status(world, "the first open", STATUS_SUCCESS, held.status))
        return;
    for (unsigned i = 0; i < SUBSETS * SUBSETS; i++)
        second_opens(world, path, first, (struct opener){i / SUBSETS, i % SUBSETS});
    end_file(world, held.file);
    const struct opener everything = {SUBSETS - 1, 0};
    second_opens(world, path, (struct opener){0, 0}, everything);
}

/* Cleanup ends it, whether or not the file is closed. */
static void cleanup_row(struct world *world, LPCWSTR path)
{
    const struct opener everything = {SUBSETS - 1, 0}, nobody = {0, 0};
    struct opening how = opening_of(path, everything);
    struct outcome held = world_create(world, &how);
    if (!row_status(world, "the first open", STATUS_SUCCESS, held.status))
        return;
    second_opens(world, path, everything, everything);
    world->door->cleanup(held.file);
    second_opens(world, path, nobody, everything);
    world->door->close(held.file);
    second_opens(world, path, nobody, everything);
}

static void matrix(struct world *world, const char *group, LPCWSTR path)
{
    char name[64];
    for (unsigned i = 0; i < SUBSETS * SUBSETS; i++) {
        struct opener first = {i / SUBSETS, i % SUBSETS};
        snprintf(name, sizeof name, "%s sharing %s", letters(first.access), letters(first.share));
        row_begin(world, group, name);
        matrix_row(world, path, first);
        row_end(world);
    }
    row_begin(world, group, "share access ends with cleanup");
    cleanup_row(world, path);
    row_end(world);
}

static const struct row others[] = {
    {"execution is reading",
     {FILE_AT("f"), OPEN(0, "f", FILE_EXECUTE, SW | SD, OK),
      TRY("f", RD, ALL, FILE_OPEN, 0, STATUS_SHARING_VIOLATION), CLOSE(0), OPEN(0, "f", RD, SW | SD, OK),
      TRY("f", FILE_EXECUTE, ALL, FILE_OPEN, 0, STATUS_SHARING_VIOLATION)}},
    {"appending is writing",
     {FILE_AT("f"), OPEN(0, "f", FILE_APPEND_DATA, SR | SD, OK),
      TRY("f", WR, ALL, FILE_OPEN, 0, STATUS_SHARING_VIOLATION), CLOSE(0), OPEN(0, "f", WR, SR | SD, OK),
      TRY("f", FILE_APPEND_DATA, ALL, FILE_OPEN, 0, STATUS_SHARING_VIOLATION)}},
    {"attributes and descriptors are nobody's business",
     {FILE_AT("f"), OPEN(0, "f", RWD, 0, OK),
      TRY("f", FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | READ_CONTROL | WRITE_DAC | WRITE_OWNER, 0,
          FILE_OPEN, 0, OK)}},
    {"extended attributes are not either",
     {FILE_AT("f"), OPEN(0, "f", RWD, 0, OK), TRY("f", FILE_READ_EA | FILE_WRITE_EA, 0, FILE_OPEN, 0, OK)}},
    {"generic rights are what they stand for",
     {FILE_AT("f"), OPEN(0, "f", GENERIC_READ, SR, OK), TRY("f", GENERIC_READ, SR, FILE_OPEN, 0, OK),
      TRY("f", GENERIC_WRITE, SR | SW, FILE_OPEN, 0, STATUS_SHARING_VIOLATION),
      TRY("f", GENERIC_ALL, ALL, FILE_OPEN, 0, STATUS_SHARING_VIOLATION),
      TRY("f", GENERIC_EXECUTE, ALL, FILE_OPEN, 0, OK)}},
    {"a third opener meets both",
     {FILE_AT("f"), OPEN(0, "f", RD, SR | SW, OK), OPEN(1, "f", RD, SR | SD, OK),
      TRY("f", WR, ALL, FILE_OPEN, 0, STATUS_SHARING_VIOLATION),
      TRY("f", DEL, ALL, FILE_OPEN, 0, STATUS_SHARING_VIOLATION), TRY("f", RD, SR, FILE_OPEN, 0, OK),
      CLOSE(1), TRY("f", WR, ALL, FILE_OPEN, 0, OK)}},
    {"a refused opener leaves nothing behind",
     {FILE_AT("f"), OPEN(0, "f", RD, SR, OK), TRY("f", WR, 0, FILE_OPEN, 0, STATUS_SHARING_VIOLATION),
      TRY("f", RD, SR, FILE_OPEN, 0, OK), CLOSE(0), TRY("f", RWD, 0, FILE_OPEN, 0, OK)}},
    {"the same file by its other case",
     {FILE_AT("f"), OPEN(0, "f", RD, 0, OK), TRY("F", RD, ALL, FILE_OPEN, 0, STATUS_SHARING_VIOLATION)}},
    {"the same file after a rename",
     {FILE_AT("f"), OPEN(0, "f", RD | DEL, 0, OK), RENAME(0, "g", 0, OK),
      TRY("g", RD, ALL, FILE_OPEN, 0, STATUS_SHARING_VIOLATION), FILE_AT("f"),
      TRY("f", RD, 0, FILE_OPEN, 0, OK)}},
    {"OPEN_IF is refused too",
     {FILE_AT("f"), OPEN(0, "f", RD, SR, OK), TRY("f", WR, ALL, FILE_OPEN_IF, 0, STATUS_SHARING_VIOLATION)}},
    {"CREATE meets the name first",
     {FILE_AT("f"), OPEN(0, "f", RD, 0, OK), TRY("f", RD, 0, FILE_CREATE, 0, STATUS_OBJECT_NAME_COLLISION)}},
    {"a new file is shared as its creator says",
     {OPENX(0, "f", RD | WR, SR, FILE_CREATE, 0, OK),
      TRY("f", WR, ALL, FILE_OPEN, 0, STATUS_SHARING_VIOLATION), TRY("f", RD, SR | SW, FILE_OPEN, 0, OK)}},
    {"a directory's openers do not bind those of its files",
     {FOLDER_AT("d"), FILE_AT("d\\f"), OPEN(0, "d", RWD, 0, OK), TRY("d\\f", RWD, 0, FILE_OPEN, 0, OK)}},
    /* [MS-FSA] 2.1.5.1.2.2 looks at the file's opens. Dokan's driver knows names only. */
    {"another name of the same file",
     {FILE_AT("f"), OPEN(0, "f", RWD, ALL, OK), LINK(0, "g", 0, OK), CLOSE(0), OPEN(0, "f", RD, 0, OK),
      TRY("g", RD, ALL, FILE_OPEN, 0, STATUS_SHARING_VIOLATION), CLOSE(0),
      TRY("g", RD, 0, FILE_OPEN, 0, OK)}},
    /* [MS-FSA] 2.1.5.1.2.2 has each stream share by itself; deletion is the file's. */
    {"a stream shares by itself",
     {FILE_AT("f"), FILE_AT("f:s"), OPEN(0, "f", RD | WR, 0, OK), TRY("f:s", RD | WR, 0, FILE_OPEN, 0, OK)}},
};

void share_play(struct world *world)
{
    if (!world_open(world)) {
        world->failed++;
        return;
    }
    row_begin(world, "matrix", "its files are made");
    make_file(world, u"\\f");
    make_folder(world, u"\\d");
    row_end(world);
    matrix(world, "file", u"\\f");
    matrix(world, "directory", u"\\d");
    world_close(world);
    play_rows(world, "other", others, COUNT_OF(others));
}
