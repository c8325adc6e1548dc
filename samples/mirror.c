// SPDX-License-Identifier: MIT
/*
 * mirror: the volume as a whole and the program around it. mirror.h says how the sample is laid out. With
 * -DMIRROR_NO_MAIN only the file system is compiled.
 */
#include "mirror_kept.h"

#include <errno.h>
#include <sys/statvfs.h>

#define EXTENDED_FEATURES                                                                          \
    (FILE_SUPPORTS_HARD_LINKS | FILE_SUPPORTS_REPARSE_POINTS | FILE_SUPPORTS_EXTENDED_ATTRIBUTES | \
     FILE_SUPPORTS_SPARSE_FILES | FILE_SUPPORTS_POSIX_UNLINK_RENAME)

/* ---- the volume -------------------------------------------------------------------------------------- */

static NTSTATUS DOKAN_CALLBACK mirror_GetDiskFreeSpace(PULONGLONG FreeBytesAvailable,
                                                       PULONGLONG TotalNumberOfBytes,
                                                       PULONGLONG TotalNumberOfFreeBytes,
                                                       PDOKAN_FILE_INFO DokanFileInfo)
{
    struct statvfs st;
    if (fstatvfs(mirror_of(DokanFileInfo)->root.fd, &st) != 0)
        return status_of(errno);
    *FreeBytesAvailable = (ULONGLONG)st.f_bavail * st.f_frsize;
    *TotalNumberOfBytes = (ULONGLONG)st.f_blocks * st.f_frsize;
    *TotalNumberOfFreeBytes = (ULONGLONG)st.f_bfree * st.f_frsize;
    return STATUS_SUCCESS;
}

static NTSTATUS DOKAN_CALLBACK mirror_GetVolumeInformation(
    LPWSTR VolumeNameBuffer, DWORD VolumeNameSize, LPDWORD VolumeSerialNumber, LPDWORD MaximumComponentLength,
    LPDWORD FileSystemFlags, LPWSTR FileSystemNameBuffer, DWORD FileSystemNameSize,
    PDOKAN_FILE_INFO DokanFileInfo)
{
    const struct mirror *mirror = mirror_of(DokanFileInfo);
    DokanWcscpy(VolumeNameBuffer, VolumeNameSize, mirror->label);
    DokanWcscpy(FileSystemNameBuffer, FileSystemNameSize,
                u"NTFS"); /* programs look for features of this name */
    *VolumeSerialNumber = 0x19831116;
    *MaximumComponentLength = 255;
    *FileSystemFlags = FILE_CASE_PRESERVED_NAMES | FILE_UNICODE_ON_DISK |
                       (mirror->root.case_sensitive ? FILE_CASE_SENSITIVE_SEARCH : 0) |
                       (mirror->basic ? 0 : EXTENDED_FEATURES);
    return STATUS_SUCCESS;
}

/* What is not here has the engine's own behaviour: security descriptors, for example. */
const DOKAN_OPERATIONS mirror_operations = {
    .ZwCreateFile = mirror_ZwCreateFile,
    .Cleanup = mirror_Cleanup,
    .CloseFile = mirror_CloseFile,
    .ReadFile = mirror_ReadFile,
    .WriteFile = mirror_WriteFile,
    .FlushFileBuffers = mirror_FlushFileBuffers,
    .GetFileInformation = mirror_GetFileInformation,
    .FindFiles = mirror_FindFiles,
    .SetFileAttributes = mirror_SetFileAttributes,
    .SetFileTime = mirror_SetFileTime,
    .DeleteFile = mirror_DeleteFile,
    .DeleteDirectory = mirror_DeleteDirectory,
    .MoveFile = mirror_MoveFile,
    .SetEndOfFile = mirror_SetEndOfFile,
    .SetAllocationSize = mirror_SetAllocationSize,
    .LockFile = mirror_LockFile, /* with /f only */
    .UnlockFile = mirror_UnlockFile,
    .GetDiskFreeSpace = mirror_GetDiskFreeSpace,
    .GetVolumeInformation = mirror_GetVolumeInformation,
};

#ifndef MIRROR_NO_MAIN

#include "cmdline.h"
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the program ------------------------------------------------------------------------------------- */

struct settings {
    ULONG options, other, timeout, allocation_unit, sector;
    const char *root, *mount_point, *unc, *label, *mount_options;
};

enum { SHOW_HELP = 1, SINGLE_THREAD = 2, IMPERSONATE = 4, BASIC = 8, KEEP = 16 };

/* A mount inside of what it shows would show itself for ever. (A drive's folder is the library's to choose.)
 */
static bool shows_itself(const struct settings *set)
{
    char root[PATH_MAX], point[PATH_MAX];
    if (!realpath(set->root, root) || !realpath(set->mount_point, point))
        return false;
    size_t len = strlen(root);
    return strncmp(root, point, len) == 0 && (point[len] == '/' || point[len] == 0 || root[len - 1] == '/');
}

/* Why the arguments do not go together, or NULL. */
static const char *objection(const struct settings *set)
{
    if (!set->root)
        return "say which directory to mirror: /r DIR";
    if (!set->mount_point)
        return "say where to mount: /l M: or /l DIR";
    if (set->unc && (set->options & DOKAN_OPTION_MOUNT_MANAGER))
        return "a network drive (/n) cannot go with the mount manager (/o); leave one out";
    if ((set->options & DOKAN_OPTION_MOUNT_MANAGER) && (set->options & DOKAN_OPTION_CURRENT_SESSION))
        return "the mount manager (/o) cannot go with one session (/c); leave one out";
    if ((set->other & BASIC) && (set->other & KEEP))
        return "what is kept beside files is told by extended operations; leave --basic or --keep out";
    if ((set->other & IMPERSONATE) && geteuid() != 0)
        return "acting as the caller (/p) needs root; leave it out or run as root";
    if (shows_itself(set))
        return "the mount point lies in the directory to show; choose one outside of it";
    if (access("/proc/self/fd", X_OK) != 0)
        return "/proc is needed; mount it first: mount -t proc proc /proc";
    return NULL;
}

static bool prepare(const struct settings *set, struct mirror *mirror, DOKAN_OPTIONS *options)
{
    int error = hostdir_init(&mirror->root, set->root, set->options & DOKAN_OPTION_CASE_SENSITIVE);
    if (error) {
        fprintf(stderr, "mirror: cannot use %s: %s; give an existing directory\n", set->root,
                strerror(error));
        return false;
    }
    mirror->basic = set->other & BASIC;
    mirror->impersonate = set->other & IMPERSONATE;
    if (mirror->impersonate && setgroups(0, NULL) != 0) { /* ours must not help the callers */
        perror("mirror: cannot give up our groups; leave /p out");
        return false;
    }
    mirror->label = cmdline_utf16(set->label);
    options->Version = DOKAN_VERSION;
    options->SingleThread = set->other & SINGLE_THREAD ? TRUE : FALSE;
    options->Options = set->options | (set->unc ? DOKAN_OPTION_NETWORK : 0) |
                       (set->other & KEEP ? DOKAN_OPTION_ALT_STREAM : 0);
    options->GlobalContext = (ULONG64)(uintptr_t)mirror;
    options->MountPoint = cmdline_utf16(set->mount_point);
    options->UNCName = set->unc ? cmdline_utf16(set->unc) : NULL;
    options->Timeout = set->timeout;
    options->AllocationUnitSize = set->allocation_unit;
    options->SectorSize = set->sector;
    if (mirror->label && options->MountPoint && (options->UNCName || !set->unc))
        return true;
    fprintf(stderr, "mirror: a name is not UTF-8; give another\n");
    return false;
}

static int run(const struct settings *set)
{
    static DOKAN_OPTIONS options; /* 16 KiB, and it must not move; a stuck callback may still use both */
    static struct mirror mirror = {.root.fd = -1};
    const char *why = objection(set);
    if (why) {
        fprintf(stderr, "mirror: %s\n", why);
        return 1;
    }
    int code = 1;
    const bool keep = set->other & KEEP;
    const DOKAN_OPERATIONS *operations = keep ? &mirror_kept_operations : &mirror_operations;
    const DOKAN_OPERATIONS_EX *more = keep ? &mirror_kept_operations_ex : &mirror_operations_ex;
    if (prepare(set, &mirror, &options))
        code = cmdline_serve(&options, (PDOKAN_OPERATIONS)(uintptr_t)operations, mirror.basic ? NULL : more,
                             keep ? MIRROR_KEPT_FLAGS : 0, set->mount_options);
    if (DokanIsVolumeDrained(0)) {
        close_scope(&mirror.root.fd);
        free(mirror.label);
        free((void *)(uintptr_t)options.MountPoint);
        free((void *)(uintptr_t)options.UNCName);
    }
    return code;
}

int main(int argc, char **argv)
{
    struct settings set = {.label = "Mirror"};
    ULONG *const bits = &set.options;
    const struct cmdline_option table[] = {
        {'r', "root", CMDLINE_TEXT, &set.root, 0, "DIR", "the directory to show"},
        {'l', "mount", CMDLINE_TEXT, &set.mount_point, 0, "POINT", "a drive (M:) or an empty directory"},
        {'b', "case-sensitive", CMDLINE_FLAG, bits, DOKAN_OPTION_CASE_SENSITIVE, NULL,
         "names that differ in case differ"},
        {'w', "write-protect", CMDLINE_FLAG, bits, DOKAN_OPTION_WRITE_PROTECT, NULL, "a read-only volume"},
        {'v', "label", CMDLINE_TEXT, &set.label, 0, "NAME", "label of the volume"},
        {'m', "removable", CMDLINE_FLAG, bits, DOKAN_OPTION_REMOVABLE, NULL, "a removable drive"},
        {'o', "mount-manager", CMDLINE_FLAG, bits, DOKAN_OPTION_MOUNT_MANAGER, NULL,
         "offer the drive to the mount manager"},
        {'c', "session", CMDLINE_FLAG, bits, DOKAN_OPTION_CURRENT_SESSION, NULL, "for this session only"},
        {'n', "unc", CMDLINE_TEXT, &set.unc, 0, "NAME", "a network drive of this name: \\server\\share"},
        {'x', "network-unmount", CMDLINE_FLAG, bits, DOKAN_OPTION_ENABLE_UNMOUNT_NETWORK_DRIVE, NULL,
         "the network drive may be disconnected from outside"},
        {'p', "impersonate", CMDLINE_FLAG, &set.other, IMPERSONATE, NULL,
         "act as the calling user; needs root"},
        {'f', "user-mode-locks", CMDLINE_FLAG, bits, DOKAN_OPTION_FILELOCK_USER_MODE, NULL,
         "lock byte ranges on the host"},
        {'a', "allocation-unit", CMDLINE_NUMBER, &set.allocation_unit, 0, "BYTES",
         "a power of two from 512 to 65536"},
        {'k', "sector", CMDLINE_NUMBER, &set.sector, 0, "BYTES", "a power of two from 512 to 65536"},
        {'t', "single-thread", CMDLINE_FLAG, &set.other, SINGLE_THREAD, NULL, "one callback at a time"},
        {'g', "batching", CMDLINE_FLAG, bits, DOKAN_OPTION_ALLOW_IPC_BATCHING, NULL,
         "accepted, without effect"},
        {'i', "timeout", CMDLINE_NUMBER, &set.timeout, 0, "MS", "time limit of a callback"},
        {'d', "debug", CMDLINE_FLAG, bits, DOKAN_OPTION_DEBUG, NULL, "trace"},
        {'s', "stderr", CMDLINE_FLAG, bits, DOKAN_OPTION_DEBUG | DOKAN_OPTION_STDERR, NULL,
         "trace on stderr"},
        {'e', "engine-log", CMDLINE_FLAG, bits, DOKAN_OPTION_DISPATCH_DRIVER_LOGS, NULL,
         "more trace, with /d"},
        {0, "basic", CMDLINE_FLAG, &set.other, BASIC, NULL,
         "nothing that Dokany has no callback for: no links, modes, owners, extended attributes"},
        {0, "keep", CMDLINE_FLAG, &set.other, KEEP, NULL,
         "keep Windows' attributes, descriptors and streams in extended attributes of the host"},
        {0, "mount-options", CMDLINE_TEXT, &set.mount_options, 0, "LIST",
         "Linux mount options, for example allow_other"},
        {0, "help", CMDLINE_FLAG, &set.other, SHOW_HELP, NULL, "show this text"},
        {0},
    };
    bool understood = cmdline_parse(table, argv, true), help = argc < 2 || (set.other & SHOW_HELP);
    if (!understood)
        return 1;
    if (!help)
        return run(&set);
    fputs("mirror /r DIR /l POINT [options]: shows a directory as a drive\n", argc < 2 ? stderr : stdout);
    cmdline_usage(argc < 2 ? stderr : stdout, table);
    return argc < 2 ? 1 : 0;
}

#endif
