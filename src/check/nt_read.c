// SPDX-License-Identifier: MIT
/*
 * Volumes that are not written: what is there already, and that changes are refused as Windows refuses them.
 */
#include "check/nt_i.h"

#include <stdlib.h>
#include <string.h>

static struct file *open_reading(struct probe *p, const WCHAR *name, ULONG options)
{
    struct file *file = NULL;
    const struct opening how = {.name = name,
                                .access = FILE_GENERIC_READ,
                                .share = SHARE_ALL,
                                .disposition = FILE_OPEN,
                                .options = options};
    if (!*name)
        probe_not_checked(p, "there is no such thing on the volume");
    made(p, nt_open(p, &how, &file));
    return file;
}

static struct file *sample(struct probe *p)
{
    return open_reading(p, ((struct nt_place *)p->world)->world->sample_file, FILE_NON_DIRECTORY_FILE);
}

/* ---- reading ------------------------------------------------------------------------------------------- */

static void sample_end(struct probe *p)
{
    char buf[16];
    ULONG got = 0;
    struct file *file = sample(p);
    int64_t size = size_of(p, file);
    must(p, nt_read(p, file, size, buf, 1, &got), STATUS_END_OF_FILE,
         "a read at the end of a file finds the end");
    must(p, nt_read(p, file, size - 1, buf, sizeof buf, &got), STATUS_SUCCESS,
         "a read across the end gives what there is");
    must_equal(p, "bytes read", got, 1, "a read across the end gives what there is");
}

/* The first megabyte as a whole and in odd pieces, backwards. */
static void sample_pieces(struct probe *p)
{
    enum { MOST = 1 << 20, PIECE = 4099 };
    BYTE *whole = malloc(MOST), *piece = malloc(PIECE);
    ULONG total = 0, got = 0;
    struct file *file = sample(p);
    if (!whole || !piece)
        probe_not_checked(p, "out of memory");
    must(p, nt_read(p, file, 0, whole, MOST, &total), STATUS_SUCCESS, "a file can be read");
    int64_t size = size_of(p, file);
    if (probe_live(p))
        must_equal(p, "bytes read", total, (uint64_t)(size < MOST ? size : MOST),
                   "as much is read as there is");
    for (ULONG n = (total + PIECE - 1) / PIECE; n-- > 0 && probe_live(p);) {
        ULONG at = n * PIECE, want = total - at < PIECE ? total - at : PIECE;
        must(p, nt_read(p, file, at, piece, want, &got), STATUS_SUCCESS, "a file can be read in any order");
        must_equal(p, "bytes read", got, want, "a file can be read in any order");
        must_bytes(p, piece, whole + at, want, "every read tells the same contents");
    }
    free(whole);
    free(piece);
}

static void sample_missing(struct probe *p)
{
    struct file *file = NULL;
    const struct opening how = {.name = u"\\no-such-file-here",
                                .access = FILE_GENERIC_READ,
                                .share = SHARE_ALL,
                                .disposition = FILE_OPEN};
    must(p, nt_open(p, &how, &file), STATUS_OBJECT_NAME_NOT_FOUND, "a file that is not there is not found");
    probe_note(p, "%s", p->suite->refused ? "read-only: only reading is checked" : "only reading is checked");
}

static void sample_listing(struct probe *p)
{
    struct listing *first = listing_of(p, u"\\", NULL), *second = listing_of(p, u"\\", NULL);
    if (first && second)
        must_equal(p, "entries", second->count, first->count,
                   "two listings of what does not change are the same");
    for (size_t i = 0; first && second && i < first->count && probe_live(p); i++)
        must_be(p, listing_has(second, first->names[i]), "the same entries", "others",
                "two listings of what does not change are the same");
    for (size_t i = 0; first && i < first->count && i < 50 && probe_live(p); i++) {
        WCHAR path[PATH_UNITS] = u"\\";
        if (first->names[i][0] == u'.')
            continue;
        wide_append(path, PATH_UNITS, first->names[i]);
        must(p, open_status(p, path), STATUS_SUCCESS, "what is listed can be opened");
    }
    free(first);
    free(second);
}

static void sample_facts(struct probe *p)
{
    FILE_BASIC_INFORMATION basic = {0}, again = {0};
    struct file *file = sample(p);
    basic_of(p, file, &basic);
    int64_t size = size_of(p, file);
    close_file(p, file);
    file = sample(p);
    must_equal(p, "size", (uint64_t)size_of(p, file), (uint64_t)size, "facts of what does not change stay");
    if (basic_of(p, file, &again))
        must_equal(p, "time", (uint64_t)again.LastWriteTime.QuadPart, (uint64_t)basic.LastWriteTime.QuadPart,
                   "facts of what does not change stay");
}

static void sample_kind(struct probe *p)
{
    struct nt_world *world = ((struct nt_place *)p->world)->world;
    struct file *file = NULL;
    struct opening how = {.name = world->sample_file,
                          .access = FILE_GENERIC_READ,
                          .share = SHARE_ALL,
                          .disposition = FILE_OPEN,
                          .options = FILE_DIRECTORY_FILE};
    if (!*world->sample_file)
        probe_not_checked(p, "there is no file on the volume");
    must(p, nt_open(p, &how, &file), STATUS_NOT_A_DIRECTORY, "FILE_DIRECTORY_FILE opens no file");
}

static const struct check reading_checks[] = {
    {"reading", "end", READS, sample_end},         {"reading", "pieces", READS, sample_pieces},
    {"reading", "missing", READS, sample_missing}, {"reading", "listing", READS, sample_listing},
    {"reading", "facts", READS, sample_facts},     {"reading", "kind", READS, sample_kind},
};
const struct check_table nt_reading = {reading_checks, COUNT_OF(reading_checks)};

/* ---- refusing ------------------------------------------------------------------------------------------ */

/* What is there belongs to somebody, and a volume may only claim to be read-only: nothing is tried that could
 * not be taken back, and what succeeds is. */

static void mark(struct probe *outer, struct file *file, bool deleted)
{
    struct probe p = {.suite = outer->suite, .check = outer->check, .world = outer->world, .setup = 1};
    set_deletion(&p, file, deleted);
}

static void refuses_create(struct probe *p)
{
    struct file *file = NULL, *folder = NULL;
    struct opening how = {.name = u"\\dokan-check-new", .share = SHARE_ALL, .disposition = FILE_CREATE};
    must(p, nt_open(p, &how, &file), STATUS_MEDIA_WRITE_PROTECTED, "nothing is made on a read-only volume");
    mark(p, file, true);
    how.options = FILE_DIRECTORY_FILE;
    must(p, nt_open(p, &how, &folder), STATUS_MEDIA_WRITE_PROTECTED, "nothing is made on a read-only volume");
    mark(p, folder, true);
}

/* The sample; true when it is open, which is allowed as long as it cannot be used. */
static bool opens_for(struct probe *p, ACCESS_MASK access, struct file **file, const char *rule)
{
    struct nt_world *world = ((struct nt_place *)p->world)->world;
    const struct opening how = {
        .name = world->sample_file, .access = access, .share = SHARE_ALL, .disposition = FILE_OPEN};
    if (!*world->sample_file)
        probe_not_checked(p, "there is no file on the volume");
    NTSTATUS status = nt_open(p, &how, file);
    if (!NT_SUCCESS(status))
        must_either(p, status, STATUS_MEDIA_WRITE_PROTECTED, STATUS_ACCESS_DENIED, rule);
    return *file && probe_live(p);
}

static void refuses_deleting(struct probe *p)
{
    static const char rule[] = "nothing is deleted from a read-only volume";
    struct file *file = NULL;
    if (!opens_for(p, DELETE, &file, rule))
        return;
    must_fail(p, set_deletion(p, file, true), rule);
    mark(p, file, false);
}

/* The size that it has already. */
static void refuses_changing(struct probe *p)
{
    static const char rule[] = "nothing is changed on a read-only volume";
    FILE_END_OF_FILE_INFORMATION end = {0};
    struct file *file = NULL;
    if (!opens_for(p, FILE_WRITE_DATA | FILE_READ_ATTRIBUTES, &file, rule))
        return;
    end.EndOfFile.QuadPart = size_of(p, file);
    must_fail(p, nt_set(p, file, FileEndOfFileInformation, &end, sizeof end), rule);
}

static const struct check refusing_checks[] = {
    {"refusing", "create", REFUSES, refuses_create},
    {"refusing", "delete", REFUSES, refuses_deleting},
    {"refusing", "change", REFUSES, refuses_changing},
};
const struct check_table nt_refusing = {refusing_checks, COUNT_OF(refusing_checks)};
