// SPDX-License-Identifier: MIT
/*
 * See broken.h. `whole` and `whole_ex` are memfs' own callbacks. One volume at a time.
 */
#include "broken.h"

#include "memfs.h"
#include <dokan/fileinfo.h>
#include <dokan/ntstatus.h>
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

static const DOKAN_OPERATIONS *whole;
static const DOKAN_OPERATIONS_EX *whole_ex;
static atomic_bool released;
static atomic_uint counter;

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

static void hang(void)
{
    while (!atomic_load(&released))
        pause_ms(5);
}

void broken_release(void)
{
    atomic_store(&released, true);
}

/* ---- data ---------------------------------------------------------------------------------------------- */

static NTSTATUS DOKAN_CALLBACK read_end_status(LPCWSTR name, LPVOID buf, DWORD length, LPDWORD got,
                                               LONGLONG at, PDOKAN_FILE_INFO info)
{
    NTSTATUS status = whole->ReadFile(name, buf, length, got, at, info);
    return status == STATUS_END_OF_FILE || (status == STATUS_SUCCESS && !*got && length) ? STATUS_UNSUCCESSFUL
                                                                                         : status;
}

static void wrong_end_status(DOKAN_OPERATIONS *o, DOKAN_OPERATIONS_EX *e)
{
    (void)e;
    o->ReadFile = read_end_status;
}

static NTSTATUS DOKAN_CALLBACK read_from_start(LPCWSTR name, LPVOID buf, DWORD length, LPDWORD got,
                                               LONGLONG at, PDOKAN_FILE_INFO info)
{
    return whole->ReadFile(name, buf, length, got, at && at < 8 ? 0 : at, info);
}

static void offset_ignored(DOKAN_OPERATIONS *o, DOKAN_OPERATIONS_EX *e)
{
    (void)e;
    o->ReadFile = read_from_start;
}

static NTSTATUS DOKAN_CALLBACK read_hangs(LPCWSTR name, LPVOID buf, DWORD length, LPDWORD got, LONGLONG at,
                                          PDOKAN_FILE_INFO info)
{
    hang();
    return whole->ReadFile(name, buf, length, got, at, info);
}

static void hanging_read(DOKAN_OPERATIONS *o, DOKAN_OPERATIONS_EX *e)
{
    (void)e;
    o->ReadFile = read_hangs;
}

static NTSTATUS DOKAN_CALLBACK write_no_append(LPCWSTR name, LPCVOID buf, DWORD length, LPDWORD got,
                                               LONGLONG at, PDOKAN_FILE_INFO info)
{
    if (!info->WriteToEndOfFile)
        return whole->WriteFile(name, buf, length, got, at, info);
    *got = length;
    return STATUS_SUCCESS;
}

static void lost_append(DOKAN_OPERATIONS *o, DOKAN_OPERATIONS_EX *e)
{
    (void)e;
    o->WriteFile = write_no_append;
}

/* Where the end is, then some time later a write there. */
static NTSTATUS DOKAN_CALLBACK write_racing(LPCWSTR name, LPCVOID buf, DWORD length, LPDWORD got, LONGLONG at,
                                            PDOKAN_FILE_INFO info)
{
    BY_HANDLE_FILE_INFORMATION facts = {0};
    if (!info->WriteToEndOfFile || whole->GetFileInformation(name, &facts, info))
        return whole->WriteFile(name, buf, length, got, at, info);
    pause_ms(2);
    info->WriteToEndOfFile = FALSE;
    NTSTATUS status = whole->WriteFile(name, buf, length, got,
                                       (LONGLONG)facts.nFileSizeHigh << 32 | facts.nFileSizeLow, info);
    info->WriteToEndOfFile = TRUE;
    return status;
}

static void racing_append(DOKAN_OPERATIONS *o, DOKAN_OPERATIONS_EX *e)
{
    (void)e;
    o->WriteFile = write_racing;
}

static NTSTATUS DOKAN_CALLBACK set_no_end(LPCWSTR name, LONGLONG size, PDOKAN_FILE_INFO info)
{
    (void)name, (void)size, (void)info;
    return STATUS_SUCCESS;
}

static void no_truncation(DOKAN_OPERATIONS *o, DOKAN_OPERATIONS_EX *e)
{
    (void)e;
    o->SetEndOfFile = set_no_end;
}

/* ---- names --------------------------------------------------------------------------------------------- */

static NTSTATUS create_with(LPCWSTR name, PDOKAN_IO_SECURITY_CONTEXT security, ACCESS_MASK access,
                            ULONG attributes, ULONG share, ULONG disposition, ULONG options,
                            PDOKAN_FILE_INFO info)
{
    return whole->ZwCreateFile(name, security, access, attributes, share, disposition, options, info);
}

static NTSTATUS DOKAN_CALLBACK create_failing(LPCWSTR name, PDOKAN_IO_SECURITY_CONTEXT security,
                                              ACCESS_MASK access, ULONG attributes, ULONG share,
                                              ULONG disposition, ULONG options, PDOKAN_FILE_INFO info)
{
    NTSTATUS status = create_with(name, security, access, attributes, share, disposition, options, info);
    return status == STATUS_OBJECT_NAME_NOT_FOUND ? STATUS_UNSUCCESSFUL : status;
}

static void missing_status(DOKAN_OPERATIONS *o, DOKAN_OPERATIONS_EX *e)
{
    (void)e;
    o->ZwCreateFile = create_failing;
}

static NTSTATUS DOKAN_CALLBACK create_errno(LPCWSTR name, PDOKAN_IO_SECURITY_CONTEXT security,
                                            ACCESS_MASK access, ULONG attributes, ULONG share,
                                            ULONG disposition, ULONG options, PDOKAN_FILE_INFO info)
{
    NTSTATUS status = create_with(name, security, access, attributes, share, disposition, options, info);
    return status == STATUS_OBJECT_NAME_NOT_FOUND ? -ENOENT : status;
}

static void errno_returned(DOKAN_OPERATIONS *o, DOKAN_OPERATIONS_EX *e)
{
    (void)e;
    o->ZwCreateFile = create_errno;
}

/* Components of more than 100 units are cut. */
static NTSTATUS DOKAN_CALLBACK create_cutting(LPCWSTR name, PDOKAN_IO_SECURITY_CONTEXT security,
                                              ACCESS_MASK access, ULONG attributes, ULONG share,
                                              ULONG disposition, ULONG options, PDOKAN_FILE_INFO info)
{
    WCHAR cut[4096];
    size_t out = 0, units = 0;
    for (; *name && out + 1 < 4096; name++) {
        units = *name == u'\\' ? 0 : units + 1;
        if (units <= 100)
            cut[out++] = *name;
    }
    cut[out] = 0;
    return create_with(cut, security, access, attributes, share, disposition, options, info);
}

static void cut_names(DOKAN_OPERATIONS *o, DOKAN_OPERATIONS_EX *e)
{
    (void)e;
    o->ZwCreateFile = create_cutting;
}

static NTSTATUS DOKAN_CALLBACK find_no_streams(LPCWSTR name, PFillFindStreamData fill, PVOID context,
                                               PDOKAN_FILE_INFO info)
{
    (void)name, (void)fill, (void)context, (void)info;
    return STATUS_SUCCESS;
}

static void no_streams(DOKAN_OPERATIONS *o, DOKAN_OPERATIONS_EX *e)
{
    (void)e;
    o->FindStreams = find_no_streams;
}

/* Passes over the sixth entry. */
static _Thread_local PFillFindData fill_behind;
static _Thread_local unsigned fill_count;

static int WINAPI fill_but_one(PWIN32_FIND_DATAW data, PDOKAN_FILE_INFO info)
{
    return ++fill_count == 6 ? 0 : fill_behind(data, info);
}

static NTSTATUS DOKAN_CALLBACK find_all_but_one(LPCWSTR name, PFillFindData fill, PDOKAN_FILE_INFO info)
{
    fill_behind = fill;
    fill_count = 0;
    return whole->FindFiles(name, fill_but_one, info);
}

static void omitted_entry(DOKAN_OPERATIONS *o, DOKAN_OPERATIONS_EX *e)
{
    (void)e;
    o->FindFiles = find_all_but_one;
    o->FindFilesWithPattern = NULL;
}

static int WINAPI fill_without_size(PWIN32_FIND_DATAW data, PDOKAN_FILE_INFO info)
{
    WIN32_FIND_DATAW other = *data;
    other.nFileSizeLow = other.nFileSizeHigh = 0;
    return fill_behind(&other, info);
}

static NTSTATUS DOKAN_CALLBACK find_without_sizes(LPCWSTR name, PFillFindData fill, PDOKAN_FILE_INFO info)
{
    fill_behind = fill;
    return whole->FindFiles(name, fill_without_size, info);
}

static void listing_size(DOKAN_OPERATIONS *o, DOKAN_OPERATIONS_EX *e)
{
    (void)e;
    o->FindFiles = find_without_sizes;
    o->FindFilesWithPattern = NULL;
}

static NTSTATUS DOKAN_CALLBACK move_replacing(LPCWSTR name, LPCWSTR other, BOOL replace,
                                              PDOKAN_FILE_INFO info)
{
    (void)replace;
    return whole->MoveFile(name, other, TRUE, info);
}

static void always_replaces(DOKAN_OPERATIONS *o, DOKAN_OPERATIONS_EX *e)
{
    (void)e;
    o->MoveFile = move_replacing;
}

static NTSTATUS DOKAN_CALLBACK delete_anything(LPCWSTR name, PDOKAN_FILE_INFO info)
{
    (void)name, (void)info;
    return STATUS_SUCCESS;
}

static void full_folder_deleted(DOKAN_OPERATIONS *o, DOKAN_OPERATIONS_EX *e)
{
    (void)e;
    o->DeleteDirectory = delete_anything;
}

/* ---- facts --------------------------------------------------------------------------------------------- */

static NTSTATUS DOKAN_CALLBACK set_no_time(LPCWSTR name, const FILETIME *a, const FILETIME *b,
                                           const FILETIME *c, PDOKAN_FILE_INFO info)
{
    (void)name, (void)a, (void)b, (void)c, (void)info;
    return STATUS_SUCCESS;
}

static void times_ignored(DOKAN_OPERATIONS *o, DOKAN_OPERATIONS_EX *e)
{
    (void)e;
    o->SetFileTime = set_no_time;
}

static NTSTATUS DOKAN_CALLBACK set_no_attributes(LPCWSTR name, DWORD attributes, PDOKAN_FILE_INFO info)
{
    (void)name, (void)attributes, (void)info;
    return STATUS_SUCCESS;
}

static void attributes_ignored(DOKAN_OPERATIONS *o, DOKAN_OPERATIONS_EX *e)
{
    (void)e;
    o->SetFileAttributes = set_no_attributes;
}

static NTSTATUS DOKAN_CALLBACK set_attributes_hangs(LPCWSTR name, DWORD attributes, PDOKAN_FILE_INFO info)
{
    hang();
    return whole->SetFileAttributes(name, attributes, info);
}

static void hanging_attributes(DOKAN_OPERATIONS *o, DOKAN_OPERATIONS_EX *e)
{
    (void)e;
    o->SetFileAttributes = set_attributes_hangs;
}

static NTSTATUS DOKAN_CALLBACK one_index(LPCWSTR name, LPBY_HANDLE_FILE_INFORMATION out,
                                         PDOKAN_FILE_INFO info)
{
    NTSTATUS status = whole->GetFileInformation(name, out, info);
    out->nFileIndexHigh = 0;
    out->nFileIndexLow = 7;
    return status;
}

static void same_ids(DOKAN_OPERATIONS *o, DOKAN_OPERATIONS_EX *e)
{
    (void)e;
    o->GetFileInformation = one_index;
}

static NTSTATUS DOKAN_CALLBACK set_no_security(LPCWSTR name, PSECURITY_INFORMATION what,
                                               PSECURITY_DESCRIPTOR descriptor, ULONG length,
                                               PDOKAN_FILE_INFO info)
{
    (void)name, (void)what, (void)descriptor, (void)length, (void)info;
    return STATUS_SUCCESS;
}

static void security_ignored(DOKAN_OPERATIONS *o, DOKAN_OPERATIONS_EX *e)
{
    (void)e;
    o->SetFileSecurity = set_no_security;
}

/* ---- the volume ---------------------------------------------------------------------------------------- */

/* What has more free than it has at all is put right by the engine. */
static NTSTATUS DOKAN_CALLBACK more_for_the_caller(PULONGLONG available, PULONGLONG total,
                                                   PULONGLONG free_bytes, PDOKAN_FILE_INFO info)
{
    (void)info;
    *total = UINT64_C(1) << 40;
    *free_bytes = 1 << 20;
    *available = 1 << 30;
    return STATUS_SUCCESS;
}

static void nonsense_space(DOKAN_OPERATIONS *o, DOKAN_OPERATIONS_EX *e)
{
    (void)e;
    o->GetDiskFreeSpace = more_for_the_caller;
}

static NTSTATUS DOKAN_CALLBACK other_serial(LPWSTR name, DWORD name_size, LPDWORD serial, LPDWORD most,
                                            LPDWORD flags, LPWSTR fs, DWORD fs_size, PDOKAN_FILE_INFO info)
{
    NTSTATUS status = whole->GetVolumeInformation(name, name_size, serial, most, flags, fs, fs_size, info);
    *serial = atomic_fetch_add(&counter, 1);
    return status;
}

static void changing_serial(DOKAN_OPERATIONS *o, DOKAN_OPERATIONS_EX *e)
{
    (void)e;
    o->GetVolumeInformation = other_serial;
}

static NTSTATUS DOKAN_CALLBACK more_flags(LPWSTR name, DWORD name_size, LPDWORD serial, LPDWORD most,
                                          LPDWORD flags, LPWSTR fs, DWORD fs_size, PDOKAN_FILE_INFO info)
{
    NTSTATUS status = whole->GetVolumeInformation(name, name_size, serial, most, flags, fs, fs_size, info);
    *flags |= FILE_SUPPORTS_HARD_LINKS;
    return status;
}

static void lying_flags(DOKAN_OPERATIONS *o, DOKAN_OPERATIONS_EX *e)
{
    (void)e;
    o->GetVolumeInformation = more_flags;
}

static NTSTATUS DOKAN_CALLBACK lock_anything(LPCWSTR name, LONGLONG offset, LONGLONG length,
                                             PDOKAN_FILE_INFO info)
{
    (void)name, (void)offset, (void)length, (void)info;
    return STATUS_SUCCESS;
}

static void locks_ignored(DOKAN_OPERATIONS *o, DOKAN_OPERATIONS_EX *e)
{
    (void)e;
    o->LockFile = o->UnlockFile = lock_anything;
}

/* ---- what Dokany has no callbacks for ------------------------------------------------------------------ */

static NTSTATUS DOKAN_CALLBACK set_no_ea(LPCWSTR file, const char *name, UCHAR flags, const void *value,
                                         ULONG length, PDOKAN_FILE_INFO info)
{
    (void)file, (void)name, (void)flags, (void)value, (void)length, (void)info;
    return STATUS_SUCCESS;
}

static void eas_lost(DOKAN_OPERATIONS *o, DOKAN_OPERATIONS_EX *e)
{
    (void)o;
    e->SetEa = set_no_ea;
}

static NTSTATUS DOKAN_CALLBACK other_target(LPCWSTR name, PVOID buf, ULONG length, PULONG used,
                                            PDOKAN_FILE_INFO info)
{
    NTSTATUS status = whole_ex->GetReparsePoint(name, buf, length, used, info);
    if (status == STATUS_SUCCESS && *used > 12)
        ((char *)buf)[*used - 1] ^= 1;
    return status;
}

static void wrong_target(DOKAN_OPERATIONS *o, DOKAN_OPERATIONS_EX *e)
{
    (void)o;
    e->GetReparsePoint = other_target;
}

static NTSTATUS DOKAN_CALLBACK link_nothing(LPCWSTR name, LPCWSTR other, BOOL replace, PDOKAN_FILE_INFO info)
{
    (void)name, (void)other, (void)replace, (void)info;
    return STATUS_SUCCESS;
}

static void no_link_made(DOKAN_OPERATIONS *o, DOKAN_OPERATIONS_EX *e)
{
    (void)o;
    e->CreateHardLink = link_nothing;
}

static NTSTATUS DOKAN_CALLBACK find_no_ranges(LPCWSTR name, LONGLONG offset, LONGLONG length, PFillRange fill,
                                              PDOKAN_FILE_INFO info)
{
    (void)name, (void)offset, (void)length, (void)fill, (void)info;
    return STATUS_SUCCESS;
}

static void no_ranges(DOKAN_OPERATIONS *o, DOKAN_OPERATIONS_EX *e)
{
    (void)o;
    e->FindRanges = find_no_ranges;
}

static NTSTATUS DOKAN_CALLBACK control_anything(LPCWSTR name, ULONG code, const void *in, ULONG in_length,
                                                PVOID out, ULONG out_length, PULONG returned,
                                                PDOKAN_FILE_INFO info)
{
    (void)name, (void)code, (void)in, (void)in_length, (void)out, (void)out_length, (void)info;
    *returned = 0;
    return STATUS_SUCCESS;
}

static void every_control(DOKAN_OPERATIONS *o, DOKAN_OPERATIONS_EX *e)
{
    (void)o;
    e->FileSystemControl = control_anything;
}

/* ---- all of them --------------------------------------------------------------------------------------- */

// clang-format off
const struct fault faults[] = {
    {"end-status", "files", NULL, 0, wrong_end_status},
    {"offset", "files", NULL, 0, offset_ignored},
    {"append", "files", NULL, 0, lost_append},
    {"missing-status", "files", NULL, 0, missing_status},
    {"hanging-read", "files", NULL, BROKEN_HANGS, hanging_read},
    {"truncation", "sizes", "sizes", 0, no_truncation},
    {"omitted-entry", "directories", "directories", 0, omitted_entry},
    {"listing-size", "directories", NULL, 0, listing_size},
    {"attributes", "attributes", NULL, 0, attributes_ignored},
    {"hanging-attributes", "attributes", NULL, BROKEN_HANGS, hanging_attributes},
    {"times", "times", "times", 0, times_ignored},
    {"replace", "rename", NULL, 0, always_replaces},
    {"full-folder", "delete", NULL, 0, full_folder_deleted},
    {"locks", "locks", NULL, BROKEN_LOCKS, locks_ignored},
    {"cut-names", "names", NULL, 0, cut_names},
    {"streams", "streams", NULL, 0, no_streams},
    {"security", "security", NULL, 0, security_ignored},
    {"eas", "extended-attributes", "extended-attributes", BROKEN_EXTENDED, eas_lost},
    {"target", "links", "symbolic-links", BROKEN_EXTENDED, wrong_target},
    {"hard-link", "hard-links", "hard-links", BROKEN_EXTENDED, no_link_made},
    {"ids", "file-ids", NULL, 0, same_ids},
    {"ranges", "sparse", "sizes", BROKEN_EXTENDED, no_ranges},
    {"racing-append", "threads", NULL, 0, racing_append},
    {"controls", "arguments", NULL, BROKEN_EXTENDED, every_control},
    {"errno", "statuses", NULL, 0, errno_returned},
    {"space", "space", "space", 0, nonsense_space},
    {"serial", "volume", NULL, 0, changing_serial},
    {"flags", "volume", NULL, 0, lying_flags},
};
// clang-format on
const size_t fault_count = sizeof faults / sizeof *faults;

void broken_make(struct broken *b, const struct fault *fault, unsigned flags)
{
    memset(b, 0, sizeof *b);
    atomic_store(&released, false);
    if (fault && fault->flags & BROKEN_EXTENDED)
        flags |= MEMFS_EXTENDED;
    whole = memfs_operations();
    whole_ex = memfs_operations_ex();
    b->memfs = memfs_new(flags, 0);
    b->operations = *whole;
    b->more = *whole_ex;
    if (fault)
        fault->breaks(&b->operations, &b->more);
    b->options.Version = DOKAN_VERSION;
    b->options.GlobalContext = (ULONG64)(uintptr_t)b->memfs;
    b->options.Options = DOKAN_OPTION_ALT_STREAM |
                         (flags & MEMFS_CASE_SENSITIVE ? DOKAN_OPTION_CASE_SENSITIVE : 0) |
                         (fault && fault->flags & BROKEN_LOCKS ? DOKAN_OPTION_FILELOCK_USER_MODE : 0);
    b->mount = DokanMountOptionsExDefault();
    b->mount.OperationsEx = flags & MEMFS_EXTENDED ? &b->more : NULL;
}
