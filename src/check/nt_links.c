// SPDX-License-Identifier: MIT
/*
 * Reparse points, hard links, sparse files: what Dokany has no callbacks for.
 */
#include "check/nt_i.h"

#include <dokan/dokan_ex.h>
#include <stdlib.h>
#include <string.h>

/* ---- reparse points ------------------------------------------------------------------------------------ */

static NTSTATUS make_link(struct probe *p, struct file *file, const char *target)
{
    BYTE buf[1024];
    ULONG length = DokanMakeSymbolicLink(target, buf, sizeof buf);
    NTSTATUS status = nt_control(p, file, FSCTL_SET_REPARSE_POINT, buf, length, NULL, 0, NULL);
    volume_can(p, FILE_SUPPORTS_REPARSE_POINTS, NT_SUCCESS(status));
    return status;
}

static struct file *open_link(struct probe *p, const WCHAR *name)
{
    struct file *file = NULL;
    const struct opening how = {.name = name,
                                .access = FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | DELETE,
                                .share = SHARE_ALL,
                                .disposition = FILE_OPEN,
                                .options = FILE_OPEN_REPARSE_POINT};
    made(p, nt_open(p, &how, &file));
    return file;
}

static void link_round_trip(struct probe *p)
{
    BYTE buf[MAXIMUM_REPARSE_DATA_BUFFER_SIZE];
    char target[256] = "";
    ULONG got = 0;
    FILE_ATTRIBUTE_TAG_INFORMATION tag = {0};
    struct file *file = make_file(p, u"link", "");
    must(p, nt_control(p, file, FSCTL_GET_REPARSE_POINT, NULL, 0, buf, sizeof buf, &got),
         STATUS_NOT_A_REPARSE_POINT, "an ordinary file has no reparse point");
    NTSTATUS status = make_link(p, file, "target/file");
    if (!is_offered(p, status))
        return;
    must(p, status, STATUS_SUCCESS, "a symbolic link can be made");
    close_file(p, file);
    file = open_link(p, u"link");
    must(p, nt_control(p, file, FSCTL_GET_REPARSE_POINT, NULL, 0, buf, sizeof buf, &got), STATUS_SUCCESS,
         "a reparse point can be read");
    if (probe_live(p))
        DokanGetSymbolicLink(buf, got, target, sizeof target);
    must_be(p, strcmp(target, "target/file") == 0, "target/file", target,
            "a link leads where it was told to");
    made(p, nt_query(p, file, FileAttributeTagInformation, &tag, sizeof tag, NULL));
    must_equal(p, "attribute", tag.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT,
               FILE_ATTRIBUTE_REPARSE_POINT, "a file with a reparse point has FILE_ATTRIBUTE_REPARSE_POINT");
}

static void link_deleted(struct probe *p)
{
    struct file *target = make_file(p, u"target", "text");
    struct file *file = make_file(p, u"link", "");
    close_file(p, target);
    NTSTATUS status = make_link(p, file, "target");
    if (!is_offered(p, status))
        return;
    must(p, status, STATUS_SUCCESS, "a symbolic link can be made");
    close_file(p, file);
    file = open_link(p, u"link");
    must(p, set_deletion(p, file, true), STATUS_SUCCESS, "a link can be deleted");
    close_file(p, file);
    must_hold(p, open_file(p, u"target"), "text", "deleting a link leaves its target");
}

static const struct check reparse_checks[] = {
    {"links", "round-trip", WRITES, link_round_trip},
    {"links", "delete", WRITES, link_deleted},
};
const struct check_table nt_reparse = {reparse_checks, COUNT_OF(reparse_checks)};

/* ---- hard links ---------------------------------------------------------------------------------------- */

static struct file *linked(struct probe *p, const WCHAR *name, const WCHAR *other)
{
    struct file *file = make_file(p, name, "text");
    NTSTATUS status = set_name(p, file, FileLinkInformation, other, false);
    if (status == STATUS_INVALID_PARAMETER)
        status = STATUS_NOT_SUPPORTED;
    volume_can(p, FILE_SUPPORTS_HARD_LINKS, NT_SUCCESS(status));
    if (is_offered(p, status))
        must(p, status, STATUS_SUCCESS, "a file can be given another name");
    return file;
}

static void hard_link_same(struct probe *p)
{
    FILE_STANDARD_INFORMATION standard = {0};
    struct file *file = linked(p, u"one", u"two"), *other = open_file(p, u"two");
    must_hold(p, other, "text", "both names have the same contents");
    made(p, nt_write(p, other, 0, "TE", 2, NULL));
    must_hold(p, file, "TExt", "what is written under one name is there under the other");
    made(p, nt_query(p, file, FileStandardInformation, &standard, sizeof standard, NULL));
    must_equal(p, "names", standard.NumberOfLinks, 2, "a file tells the number of its names");
}

static void hard_link_ends(struct probe *p)
{
    struct file *file = linked(p, u"one", u"two");
    close_file(p, file);
    file = open_file(p, u"one");
    made(p, set_deletion(p, file, true));
    close_file(p, file);
    must_exist(p, u"one", false, "a name can be deleted");
    must_hold(p, open_file(p, u"two"), "text", "the other name stays");
}

static void hard_link_collides(struct probe *p)
{
    struct file *file = linked(p, u"one", u"two");
    must(p, set_name(p, file, FileLinkInformation, u"two", false), STATUS_OBJECT_NAME_COLLISION,
         "a name is given once");
}

static const struct check hard_link_checks[] = {
    {"hard-links", "same-file", WRITES, hard_link_same},
    {"hard-links", "delete", WRITES, hard_link_ends},
    {"hard-links", "collision", WRITES, hard_link_collides},
};
const struct check_table nt_hard_links = {hard_link_checks, COUNT_OF(hard_link_checks)};

/* ---- sparse files -------------------------------------------------------------------------------------- */

struct range {
    int64_t offset, length;
};

enum { FAR = 4 << 20 };

/* 64 KiB of data at 0 and at 4 MiB. */
static struct file *make_sparse(struct probe *p)
{
    enum { BLOCK = 65536 };
    void *data = malloc(BLOCK);
    struct file *file = make_file(p, u"file", "");
    NTSTATUS status = nt_control(p, file, FSCTL_SET_SPARSE, NULL, 0, NULL, 0, NULL);
    if (!NT_SUCCESS(status) && probe_live(p) && status != STATUS_INVALID_DEVICE_REQUEST)
        must(p, status, STATUS_SUCCESS, "a file can be marked as sparse");
    if (data)
        memset(data, 'x', BLOCK);
    if (!data)
        probe_not_checked(p, "out of memory");
    made(p, nt_write(p, file, 0, data, BLOCK, NULL));
    made(p, nt_write(p, file, FAR, data, BLOCK, NULL));
    free(data);
    return file;
}

static void ranges(struct probe *p)
{
    struct range all = {0, 2 * FAR}, found[16] = {0};
    ULONG got = 0;
    struct file *file = make_sparse(p);
    NTSTATUS status =
        nt_control(p, file, FSCTL_QUERY_ALLOCATED_RANGES, &all, sizeof all, found, sizeof found, &got);
    if (!is_offered(p, status))
        return;
    must(p, status, STATUS_SUCCESS, "the ranges that hold data can be asked for");
    size_t count = got / sizeof *found;
    bool first = false, second = false;
    int64_t end = 0, sum = 0;
    for (size_t i = 0; i < count && i < COUNT_OF(found); i++) {
        must_be(p, found[i].offset >= end && found[i].length > 0, "ascending ranges", "others",
                "ranges ascend and do not overlap");
        end = found[i].offset + found[i].length;
        sum += found[i].length;
        first |= found[i].offset == 0 && found[i].length >= 65536;
        second |= found[i].offset <= FAR && end >= FAR + 65536;
    }
    must_be(p, first && second, "ranges with both blocks", "others",
            "what was written lies in ranges that hold data");
    volume_can(p, FILE_SUPPORTS_SPARSE_FILES, sum < FAR);
    if (sum >= FAR)
        probe_not_offered(p, "everything holds data");
}

static void zeroed(struct probe *p)
{
    struct range zero = {1000, 3000}; /* offset, and one past the last byte */
    char buf[4096];
    ULONG got = 0;
    struct file *file = make_sparse(p);
    NTSTATUS status = nt_control(p, file, FSCTL_SET_ZERO_DATA, &zero, sizeof zero, NULL, 0, NULL);
    if (!is_offered(p, status))
        return;
    must(p, status, STATUS_SUCCESS, "a range can be zeroed");
    made(p, nt_read(p, file, 0, buf, sizeof buf, &got));
    for (size_t i = 0; i < sizeof buf && probe_live(p); i++)
        must_equal(p, "byte", (BYTE)buf[i], i >= 1000 && i < 3000 ? 0 : 'x',
                   "that range reads as zeros, and nothing else");
    must_equal(p, "size", (uint64_t)size_of(p, file), FAR + 65536, "zeroing changes no size");
}

static const struct check sparse_checks[] = {
    {"sparse", "ranges", WRITES, ranges},
    {"sparse", "zero", WRITES, zeroed},
};
const struct check_table nt_sparse = {sparse_checks, COUNT_OF(sparse_checks)};
