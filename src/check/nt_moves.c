// SPDX-License-Identifier: MIT
/*
 * Renaming, replacing, deleting.
 */
#include "check/nt_i.h"

#include <stdlib.h>
#include <string.h>

/* ---- rename -------------------------------------------------------------------------------------------- */

static NTSTATUS rename_to(struct probe *p, struct file *file, const WCHAR *name, bool replace)
{
    return set_name(p, file, FileRenameInformation, name, replace);
}

static void rename_file(struct probe *p)
{
    struct file *file = make_file(p, u"old", "text");
    must(p, rename_to(p, file, u"new", false), STATUS_SUCCESS, "a file can be renamed");
    close_file(p, file);
    must_exist(p, u"old", false, "a renamed file has no old name");
    must_exist(p, u"new", true, "a renamed file has its new name");
    must_hold(p, open_file(p, u"new"), "text", "renaming changes no contents");
}

static void rename_open(struct probe *p)
{
    struct file *file = make_file(p, u"old", "text");
    must(p, rename_to(p, file, u"new", false), STATUS_SUCCESS, "an open file can be renamed");
    must_hold(p, file, "text", "the handle goes on after a rename");
    made(p, nt_write(p, file, 4, "more", 4, NULL));
    close_file(p, file);
    must_hold(p, open_file(p, u"new"), "textmore", "what is written after a rename is under the new name");
}

static void rename_elsewhere(struct probe *p)
{
    close_file(p, make_folder(p, u"a"));
    close_file(p, make_folder(p, u"b"));
    struct file *file = make_file(p, u"a\\file", "text");
    must(p, rename_to(p, file, u"b\\file", false), STATUS_SUCCESS,
         "a file can be moved to another directory");
    close_file(p, file);
    must_exist(p, u"a\\file", false, "what was moved is gone from where it was");
    must_hold(p, open_file(p, u"b\\file"), "text", "what was moved is where it should be");
    struct listing *l = listing_of(p, u"a", NULL);
    if (l)
        must_be(p, !listing_has(l, u"file"), "no entry file", "an entry file",
                "what was moved is no longer listed");
    free(l);
}

static void rename_collides(struct probe *p)
{
    struct file *file = make_file(p, u"old", "text");
    make_closed(p, u"there", "other");
    must(p, rename_to(p, file, u"there", false), STATUS_OBJECT_NAME_COLLISION,
         "a rename without replacing leaves what is there");
    close_file(p, file);
    must_hold(p, open_file(p, u"there"), "other", "a rename without replacing leaves what is there");
    must_exist(p, u"old", true, "a rename that fails changes nothing");
}

static void rename_replaces(struct probe *p)
{
    struct file *file = make_file(p, u"old", "text");
    make_closed(p, u"there", "other, and longer");
    must(p, rename_to(p, file, u"there", true), STATUS_SUCCESS, "a rename may replace a file");
    close_file(p, file);
    must_exist(p, u"old", false, "a renamed file has no old name");
    must_hold(p, open_file(p, u"there"), "text", "the renamed file stands where the replaced one was");
}

static void rename_over_folder(struct probe *p)
{
    struct file *file = make_file(p, u"old", "text");
    close_file(p, make_folder(p, u"folder"));
    close_file(p, make_folder(p, u"folder\\inner"));
    must_fail(p, rename_to(p, file, u"folder", true), "a file replaces no directory that has entries");
    must_exist(p, u"folder\\inner", true, "a rename that fails changes nothing");
}

static void rename_folder(struct probe *p)
{
    struct file *folder = make_folder(p, u"old");
    make_closed(p, u"old\\file", "text");
    must(p, rename_to(p, folder, u"new", false), STATUS_SUCCESS, "a directory can be renamed");
    close_file(p, folder);
    must(p, open_status(p, u"old\\file"), STATUS_OBJECT_PATH_NOT_FOUND, "nothing is below the old name");
    must_hold(p, open_file(p, u"new\\file"), "text", "what is below a directory moves with it");
}

static void rename_nowhere(struct probe *p)
{
    struct file *file = make_file(p, u"old", "text");
    must(p, rename_to(p, file, u"none\\file", false), STATUS_OBJECT_PATH_NOT_FOUND,
         "nothing is moved to a directory that is not there");
    must_exist(p, u"old", true, "a rename that fails changes nothing");
}

static void rename_into_itself(struct probe *p)
{
    struct file *folder = make_folder(p, u"folder");
    must_fail(p, rename_to(p, folder, u"folder\\inner", false), "a directory is not moved into itself");
    must_exist(p, u"folder", true, "a rename that fails changes nothing");
}

static void rename_case(struct probe *p)
{
    struct file *file = make_file(p, u"name", "text");
    must(p, rename_to(p, file, u"NAME", false), STATUS_SUCCESS, "the case of a name can be changed");
    close_file(p, file);
    struct listing *l = listing_of(p, u"", NULL);
    if (l)
        must_be(p, listing_has(l, u"NAME") && !listing_has(l, u"name"), "the entry NAME alone",
                "another spelling", "the case of a name can be changed");
    free(l);
}

static const struct check rename_checks[] = {
    {"rename", "file", WRITES | BASIC, rename_file},
    {"rename", "open-file", WRITES | BASIC, rename_open},
    {"rename", "elsewhere", WRITES | BASIC, rename_elsewhere},
    {"rename", "collision", WRITES | BASIC, rename_collides},
    {"rename", "replace", WRITES | BASIC, rename_replaces},
    {"rename", "over-directory", WRITES | BASIC, rename_over_folder},
    {"rename", "directory", WRITES | BASIC, rename_folder},
    {"rename", "missing-parent", WRITES | BASIC, rename_nowhere},
    {"rename", "into-itself", WRITES | BASIC, rename_into_itself},
    {"rename", "case", WRITES | BASIC, rename_case},
};
const struct check_table nt_rename = {rename_checks, COUNT_OF(rename_checks)};

/* ---- delete -------------------------------------------------------------------------------------------- */

static void delete_file(struct probe *p)
{
    struct file *file = make_file(p, u"file", "x");
    must(p, set_deletion(p, file, true), STATUS_SUCCESS, "a file can be marked for deletion");
    close_file(p, file);
    must_exist(p, u"file", false, "a marked file goes with its last handle");
    make_closed(p, u"file", "new");
    must_hold(p, open_file(p, u"file"), "new", "its name is free again");
}

static void delete_pending(struct probe *p)
{
    FILE_STANDARD_INFORMATION standard = {0};
    struct file *file = make_file(p, u"file", "text"), *other = open_file(p, u"file");
    must(p, set_deletion(p, file, true), STATUS_SUCCESS, "a file can be marked for deletion");
    must(p, open_status(p, u"file"), STATUS_DELETE_PENDING, "a marked file is not opened any more");
    must_hold(p, other, "text", "handles of a marked file go on");
    made(p, nt_query(p, other, FileStandardInformation, &standard, sizeof standard, NULL));
    must_equal(p, "delete pending", standard.DeletePending, 1, "a marked file says so");
    close_file(p, file);
    must_hold(p, other, "text", "handles of a marked file go on");
    close_file(p, other);
    must_exist(p, u"file", false, "a marked file goes with its last handle");
}

static void delete_undone(struct probe *p)
{
    struct file *file = make_file(p, u"file", "text");
    must(p, set_deletion(p, file, true), STATUS_SUCCESS, "a file can be marked for deletion");
    must(p, set_deletion(p, file, false), STATUS_SUCCESS, "the mark can be taken back");
    close_file(p, file);
    must_hold(p, open_file(p, u"file"), "text", "a file whose mark was taken back stays");
}

static void delete_on_close(struct probe *p)
{
    struct file *file = NULL;
    const struct opening how = {.name = u"file",
                                .share = SHARE_ALL,
                                .disposition = FILE_CREATE,
                                .options = FILE_DELETE_ON_CLOSE | FILE_NON_DIRECTORY_FILE};
    must(p, nt_open(p, &how, &file), STATUS_SUCCESS, "a file can be made that goes when it is closed");
    close_file(p, file);
    must_exist(p, u"file", false, "FILE_DELETE_ON_CLOSE deletes at the last close");
}

static void delete_read_only(struct probe *p)
{
    struct file *file = make_file(p, u"file", "x");
    FILE_BASIC_INFORMATION basic = {0};
    p->setup++;
    NTSTATUS status = set_attributes(p, file, FILE_ATTRIBUTE_READONLY);
    p->setup--;
    basic_of(p, file, &basic);
    if (!NT_SUCCESS(status) || !(basic.FileAttributes & FILE_ATTRIBUTE_READONLY))
        probe_not_offered(p, "there are no read-only files");
    must(p, set_deletion(p, file, true), STATUS_CANNOT_DELETE, "a read-only file is not deleted");
    close_file(p, file);
    must_exist(p, u"file", true, "a read-only file is not deleted");
}

static void delete_folder(struct probe *p)
{
    struct file *folder = make_folder(p, u"folder");
    must(p, set_deletion(p, folder, true), STATUS_SUCCESS, "an empty directory can be deleted");
    close_file(p, folder);
    must_exist(p, u"folder", false, "a marked directory goes with its last handle");
}

static void delete_full_folder(struct probe *p)
{
    struct file *folder = make_folder(p, u"folder");
    make_closed(p, u"folder\\file", "text");
    NTSTATUS status = set_deletion(p, folder, true);
    if (NT_SUCCESS(status))
        nt_close(p, folder);
    must(p, status, STATUS_DIRECTORY_NOT_EMPTY, "a directory with entries is not deleted");
    close_file(p, folder);
    must_hold(p, open_file(p, u"folder\\file"), "text", "a directory with entries is not deleted");
}

static void delete_not_listed(struct probe *p)
{
    struct file *file = make_file(p, u"file", "x");
    make_closed(p, u"other", "x");
    must(p, set_deletion(p, file, true), STATUS_SUCCESS, "a file can be marked for deletion");
    close_file(p, file);
    struct listing *l = listing_of(p, u"", NULL);
    if (l)
        must_be(p, !listing_has(l, u"file"), "no entry file", "an entry file",
                "a deleted file is not listed");
    free(l);
}

static void delete_at_once(struct probe *p)
{
    FILE_DISPOSITION_INFORMATION_EX ex = {FILE_DISPOSITION_DELETE | FILE_DISPOSITION_POSIX_SEMANTICS};
    struct file *file = make_file(p, u"file", "text");
    struct nt_place *place = p->world;
    NTSTATUS status = nt_set(p, file, FileDispositionInformationEx, &ex, sizeof ex);
    if (!is_offered(p, status))
        return;
    if (!(place->world->flags & FILE_SUPPORTS_POSIX_UNLINK_RENAME) && !NT_SUCCESS(status))
        probe_not_offered(p, "the volume does not say FILE_SUPPORTS_POSIX_UNLINK_RENAME");
    must(p, status, STATUS_SUCCESS, "a file can be deleted at once");
    must_hold(p, file, "text", "handles of a deleted file go on");
}

static const struct check delete_checks[] = {
    {"delete", "file", WRITES | BASIC, delete_file},
    {"delete", "pending", WRITES | BASIC, delete_pending},
    {"delete", "taken-back", WRITES | BASIC, delete_undone},
    {"delete", "on-close", WRITES | BASIC, delete_on_close},
    {"delete", "read-only", WRITES | BASIC, delete_read_only},
    {"delete", "directory", WRITES | BASIC, delete_folder},
    {"delete", "not-empty", WRITES | BASIC, delete_full_folder},
    {"delete", "not-listed", WRITES | BASIC, delete_not_listed},
    {"delete", "at-once", WRITES | BASIC, delete_at_once},
};
const struct check_table nt_delete = {delete_checks, COUNT_OF(delete_checks)};
