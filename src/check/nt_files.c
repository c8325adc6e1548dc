// SPDX-License-Identifier: MIT
/*
 * Files: dispositions of a create, reading, writing, appending; and their sizes.
 */
#include "check/nt_i.h"

#include <stdlib.h>
#include <string.h>

static const char ten[] = "0123456789";

/* ---- creating ------------------------------------------------------------------------------------------ */

static void dispositions(struct probe *p)
{
    static const struct {
        ULONG disposition;
        bool exists;
        NTSTATUS status;
        ULONG told, size;
    } rows[] = {
        {FILE_CREATE, false, STATUS_SUCCESS, FILE_CREATED, 0},
        {FILE_CREATE, true, STATUS_OBJECT_NAME_COLLISION, FILE_EXISTS, 10},
        {FILE_OPEN, false, STATUS_OBJECT_NAME_NOT_FOUND, FILE_DOES_NOT_EXIST, 0},
        {FILE_OPEN, true, STATUS_SUCCESS, FILE_OPENED, 10},
        {FILE_OPEN_IF, false, STATUS_SUCCESS, FILE_CREATED, 0},
        {FILE_OPEN_IF, true, STATUS_SUCCESS, FILE_OPENED, 10},
        {FILE_OVERWRITE, false, STATUS_OBJECT_NAME_NOT_FOUND, FILE_DOES_NOT_EXIST, 0},
        {FILE_OVERWRITE, true, STATUS_SUCCESS, FILE_OVERWRITTEN, 0},
        {FILE_OVERWRITE_IF, false, STATUS_SUCCESS, FILE_CREATED, 0},
        {FILE_OVERWRITE_IF, true, STATUS_SUCCESS, FILE_OVERWRITTEN, 0},
        {FILE_SUPERSEDE, false, STATUS_SUCCESS, FILE_CREATED, 0},
        {FILE_SUPERSEDE, true, STATUS_SUCCESS, FILE_SUPERSEDED, 0},
    };
    WCHAR name[] = u"a";
    for (size_t i = 0; i < COUNT_OF(rows); i++, name[0]++) {
        struct file *file = NULL;
        ULONG told = 0;
        if (rows[i].exists)
            make_closed(p, name, ten);
        const struct opening how = {.name = name, .share = SHARE_ALL, .disposition = rows[i].disposition};
        NTSTATUS status = nt_open_told(p, &how, &file, &told);
        must(p, status, rows[i].status,
             "each disposition opens, makes, empties or refuses as its table says");
        if (NT_SUCCESS(rows[i].status)) {
            must_equal(p, "information", told, rows[i].told, "a create tells what it did");
            must_equal(p, "size", (uint64_t)size_of(p, file), rows[i].size,
                       "only overwriting and superseding empty a file");
        }
        close_file(p, file);
    }
}

static void missing_parent(struct probe *p)
{
    struct file *file = NULL;
    struct opening how = {.name = u"none\\file", .share = SHARE_ALL, .disposition = FILE_CREATE};
    must(p, nt_open(p, &how, &file), STATUS_OBJECT_PATH_NOT_FOUND,
         "a missing parent is told from a missing file");
    how.disposition = FILE_OPEN;
    must(p, nt_open(p, &how, &file), STATUS_OBJECT_PATH_NOT_FOUND,
         "a missing parent is told from a missing file");
}

static void file_as_parent(struct probe *p)
{
    struct file *file = NULL;
    const struct opening how = {.name = u"file\\below", .share = SHARE_ALL, .disposition = FILE_CREATE};
    make_closed(p, u"file", ten);
    must_either(p, nt_open(p, &how, &file), STATUS_OBJECT_PATH_NOT_FOUND, STATUS_NOT_A_DIRECTORY,
                "nothing lies below a file");
}

static void wrong_kind(struct probe *p)
{
    struct file *file = NULL;
    struct opening how = {
        .name = u"file", .share = SHARE_ALL, .disposition = FILE_OPEN, .options = FILE_DIRECTORY_FILE};
    make_closed(p, u"file", ten);
    close_file(p, make_folder(p, u"folder"));
    must(p, nt_open(p, &how, &file), STATUS_NOT_A_DIRECTORY, "FILE_DIRECTORY_FILE opens no file");
    how.name = u"folder";
    how.options = FILE_NON_DIRECTORY_FILE;
    must(p, nt_open(p, &how, &file), STATUS_FILE_IS_A_DIRECTORY,
         "FILE_NON_DIRECTORY_FILE opens no directory");
}

/* ---- data ---------------------------------------------------------------------------------------------- */

static void read_write(struct probe *p)
{
    char buf[16] = {0};
    ULONG got = 0;
    struct file *file = NULL;
    const struct opening how = {.name = u"file", .share = SHARE_ALL, .disposition = FILE_CREATE};
    must(p, nt_open(p, &how, &file), STATUS_SUCCESS, "a file can be made");
    must(p, nt_write(p, file, 0, ten, 10, &got), STATUS_SUCCESS, "a file can be written");
    must_equal(p, "bytes written", got, 10, "a write tells how much it wrote");
    must(p, nt_read(p, file, 0, buf, 10, &got), STATUS_SUCCESS, "a file can be read");
    must_equal(p, "bytes read", got, 10, "what was written can be read");
    must_bytes(p, buf, ten, 10, "what was written is read");
    must(p, nt_read(p, file, 3, buf, 4, &got), STATUS_SUCCESS, "a part of a file can be read");
    must_equal(p, "bytes read", got, 4, "as many bytes are read as were asked for");
    must_bytes(p, buf, ten + 3, 4, "a read starts at its offset");
}

static void read_at_end(struct probe *p)
{
    char buf[16];
    ULONG got = 0;
    struct file *file = make_file(p, u"file", ten);
    must(p, nt_read(p, file, 10, buf, 1, &got), STATUS_END_OF_FILE,
         "a read at the end of a file finds the end");
    must(p, nt_read(p, file, 1000, buf, 1, &got), STATUS_END_OF_FILE,
         "a read behind the end of a file finds the end");
    must(p, nt_read(p, file, 7, buf, sizeof buf, &got), STATUS_SUCCESS,
         "a read across the end gives what there is");
    must_equal(p, "bytes read", got, 3, "a read across the end gives what there is");
    must_bytes(p, buf, ten + 7, 3, "a read across the end gives what there is");
}

static void read_empty(struct probe *p)
{
    char buf[16];
    ULONG got = 0;
    struct file *file = make_file(p, u"file", "");
    must(p, nt_read(p, file, 0, buf, sizeof buf, &got), STATUS_END_OF_FILE,
         "an empty file has its end at once");
    must(p, nt_read(p, file, 0, buf, 0, &got), STATUS_SUCCESS, "reading nothing succeeds");
}

static void overwrite_middle(struct probe *p)
{
    ULONG got = 0;
    struct file *file = make_file(p, u"file", ten);
    must(p, nt_write(p, file, 3, "abc", 3, &got), STATUS_SUCCESS, "the middle of a file can be written");
    must_hold(p, file, "012abc6789", "a write changes its own bytes only");
    must(p, nt_write(p, file, 8, "wxyz", 4, &got), STATUS_SUCCESS, "a write may cross the end");
    must_hold(p, file, "012abc67wxyz", "a write across the end makes a file longer");
}

static void append(struct probe *p)
{
    ULONG got = 0;
    struct file *file = make_file(p, u"file", ten), *other = NULL;
    must(p, nt_write(p, file, -1, "abc", 3, &got), STATUS_SUCCESS, "offset -1 writes at the end");
    must_equal(p, "bytes written", got, 3, "a write tells how much it wrote");
    must_hold(p, file, "0123456789abc", "offset -1 writes at the end");
    const struct opening how = {
        .name = u"file", .access = FILE_APPEND_DATA, .share = SHARE_ALL, .disposition = FILE_OPEN};
    must(p, nt_open(p, &how, &other), STATUS_SUCCESS, "a file can be opened for appending");
    must(p, nt_write(p, other, -1, "de", 2, &got), STATUS_SUCCESS, "a file can be appended to");
    must_hold(p, file, "0123456789abcde", "appended is behind what is there");
}

static void write_nothing(struct probe *p)
{
    ULONG got = 99;
    struct file *file = make_file(p, u"file", ten);
    must(p, nt_write(p, file, 100, "", 0, &got), STATUS_SUCCESS, "writing nothing succeeds");
    must_equal(p, "bytes written", got, 0, "writing nothing writes nothing");
    must_equal(p, "size", (uint64_t)size_of(p, file), 10, "writing nothing changes no size");
}

static void big_blocks(struct probe *p)
{
    enum { SIZE = 1 << 20, PIECE = 70001 };
    BYTE *data = malloc(SIZE), *back = calloc(1, SIZE + PIECE);
    struct file *file = make_file(p, u"file", "");
    ULONG got = 0;
    for (size_t i = 0; data && i < SIZE; i++)
        data[i] = (BYTE)(i * 7 + i / 253);
    if (!data || !back)
        probe_not_checked(p, "out of memory");
    must(p, nt_write(p, file, 0, data, SIZE, &got), STATUS_SUCCESS, "a large block can be written");
    must_equal(p, "bytes written", got, SIZE, "a large block is written as a whole");
    for (ULONG at = 0; at < SIZE && probe_live(p); at += PIECE) {
        ULONG want = SIZE - at < PIECE ? SIZE - at : PIECE;
        must(p, nt_read(p, file, at, back + at, PIECE, &got), STATUS_SUCCESS, "it can be read in pieces");
        must_equal(p, "bytes read", got, want, "it can be read in pieces");
    }
    if (probe_live(p))
        must_bytes(p, back, data, SIZE, "what was written is read");
    free(data);
    free(back);
}

static void data_stays(struct probe *p)
{
    struct file *file = make_file(p, u"file", ten);
    must_either(p, nt_flush(p, file), STATUS_SUCCESS, STATUS_NOT_SUPPORTED, "a file can be flushed");
    close_file(p, file);
    must_hold(p, open_file(p, u"file"), ten, "what was written is there after closing");
}

static void rights_of_handles(struct probe *p)
{
    char buf[4];
    struct file *reader = NULL, *writer = NULL;
    struct opening how = {
        .name = u"file", .access = FILE_READ_DATA, .share = SHARE_ALL, .disposition = FILE_OPEN};
    make_closed(p, u"file", ten);
    made(p, nt_open(p, &how, &reader));
    how.access = FILE_WRITE_DATA;
    made(p, nt_open(p, &how, &writer));
    must(p, nt_write(p, reader, 0, "x", 1, NULL), STATUS_ACCESS_DENIED,
         "a handle writes only with the right to write");
    must(p, nt_read(p, writer, 0, buf, 1, NULL), STATUS_ACCESS_DENIED,
         "a handle reads only with the right to read");
}

static const struct check file_checks[] = {
    {"files", "read-write", WRITES | BASIC, read_write},
    {"files", "dispositions", WRITES | BASIC, dispositions},
    {"files", "missing-parent", WRITES | BASIC, missing_parent},
    {"files", "file-as-parent", WRITES | BASIC, file_as_parent},
    {"files", "wrong-kind", WRITES | BASIC, wrong_kind},
    {"files", "read-at-end", WRITES | BASIC, read_at_end},
    {"files", "read-empty", WRITES | BASIC, read_empty},
    {"files", "overwrite", WRITES | BASIC, overwrite_middle},
    {"files", "append", WRITES | BASIC, append},
    {"files", "write-nothing", WRITES | BASIC, write_nothing},
    {"files", "big-blocks", WRITES | BASIC, big_blocks},
    {"files", "data-stays", WRITES | BASIC, data_stays},
    {"files", "rights-of-handles", WRITES | BASIC, rights_of_handles},
};
const struct check_table nt_files = {file_checks, COUNT_OF(file_checks)};

/* ---- sizes --------------------------------------------------------------------------------------------- */

static NTSTATUS set_size(struct probe *p, struct file *file, ULONG info_class, LONGLONG size)
{
    return nt_set(p, file, info_class, &size, sizeof size);
}

static void size_follows(struct probe *p)
{
    ULONG got;
    struct file *file = make_file(p, u"file", "");
    must_equal(p, "size", (uint64_t)size_of(p, file), 0, "a new file is empty");
    made(p, nt_write(p, file, 0, ten, 10, &got));
    must_equal(p, "size", (uint64_t)size_of(p, file), 10, "a write makes a file longer");
    made(p, nt_write(p, file, 2, ten, 3, &got));
    must_equal(p, "size", (uint64_t)size_of(p, file), 10, "a write inside of a file changes no size");
}

static void truncates(struct probe *p)
{
    struct file *file = make_file(p, u"file", ten);
    must(p, set_size(p, file, FileEndOfFileInformation, 4), STATUS_SUCCESS, "a file can be made shorter");
    must_equal(p, "size", (uint64_t)size_of(p, file), 4, "the end of a file can be set");
    must_hold(p, file, "0123", "what is before the new end stays");
    must(p, set_size(p, file, FileEndOfFileInformation, 0), STATUS_SUCCESS, "a file can be emptied");
    must_equal(p, "size", (uint64_t)size_of(p, file), 0, "a file can be emptied");
}

static void extends(struct probe *p)
{
    static const char wanted[16] = "0123";
    char buf[16];
    ULONG got = 0;
    struct file *file = make_file(p, u"file", ten);
    made(p, set_size(p, file, FileEndOfFileInformation, 4));
    must(p, set_size(p, file, FileEndOfFileInformation, 16), STATUS_SUCCESS, "a file can be made longer");
    must_equal(p, "size", (uint64_t)size_of(p, file), 16, "the end of a file can be set");
    made(p, nt_read(p, file, 0, buf, sizeof buf, &got));
    must_equal(p, "bytes read", got, 16, "what was added can be read");
    must_bytes(p, buf, wanted, sizeof buf, "what was added reads as zeros, also where data was before");
}

static void hole(struct probe *p)
{
    enum { GAP = 70000 };
    BYTE *buf = malloc(GAP + 3), *wanted = calloc(1, GAP + 3);
    ULONG got = 0;
    struct file *file = make_file(p, u"file", "");
    if (!buf || !wanted)
        probe_not_checked(p, "out of memory");
    must(p, nt_write(p, file, GAP, "end", 3, &got), STATUS_SUCCESS, "a write may begin behind the end");
    must_equal(p, "size", (uint64_t)size_of(p, file), GAP + 3, "a write behind the end makes a file longer");
    made(p, nt_read(p, file, 0, buf, GAP + 3, &got));
    must_equal(p, "bytes read", got, GAP + 3, "a gap can be read");
    if (buf && wanted && probe_live(p)) {
        memcpy(wanted + GAP, "end", 3);
        must_bytes(p, buf, wanted, GAP + 3, "a gap reads as zeros");
    }
    free(buf);
    free(wanted);
}

static void allocation(struct probe *p)
{
    struct file *file = make_file(p, u"file", ten);
    NTSTATUS status = set_size(p, file, FileAllocationInformation, 100000);
    if (!is_offered(p, status))
        return;
    must(p, status, STATUS_SUCCESS, "space can be reserved");
    must_equal(p, "size", (uint64_t)size_of(p, file), 10, "reserving space moves no end");
    must(p, set_size(p, file, FileAllocationInformation, 4), STATUS_SUCCESS, "space can be given back");
    must_equal(p, "size", (uint64_t)size_of(p, file), 4, "a reservation below the end moves the end");
}

static void size_by_name(struct probe *p)
{
    FILE_STANDARD_INFORMATION standard = {0};
    FILE_NETWORK_OPEN_INFORMATION network = {0};
    struct file *file = make_file(p, u"file", ten);
    must(p, nt_query(p, file, FileStandardInformation, &standard, sizeof standard, NULL), STATUS_SUCCESS,
         "facts can be asked for");
    must(p, nt_query(p, file, FileNetworkOpenInformation, &network, sizeof network, NULL), STATUS_SUCCESS,
         "facts can be asked for");
    must_equal(p, "size", (uint64_t)network.EndOfFile.QuadPart, (uint64_t)standard.EndOfFile.QuadPart,
               "every way of asking tells the same size");
    must_be(p, standard.AllocationSize.QuadPart >= 0, "an allocation of 0 bytes or more", "a negative one",
            "no size is negative");
    must_be(p, !standard.Directory, "a file", "a directory", "a file is no directory");
}

static const struct check size_checks[] = {
    {"sizes", "follow-writes", WRITES | BASIC, size_follows},
    {"sizes", "truncate", WRITES | BASIC, truncates},
    {"sizes", "extend", WRITES | BASIC, extends},
    {"sizes", "gap", WRITES | BASIC, hole},
    {"sizes", "allocation", WRITES | BASIC, allocation},
    {"sizes", "agree", WRITES | BASIC, size_by_name},
};
const struct check_table nt_sizes = {size_checks, COUNT_OF(size_checks)};
