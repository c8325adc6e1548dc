// SPDX-License-Identifier: MIT
/*
 * The table of options and its evaluation. fuse_options.c reads the text of further options.
 */
#include "api/options.h"
#include "api/fuse_options.h"
#include "api/mountpoint.h"
#include "api/text.h"
#include "base/io.h"
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TIMEOUT_DEFAULT_MS 15000
#define TIMEOUT_MAX_MS     300000
#define CACHE_DEFAULT_MS   1000
#define SESSION_ALL        0xFFFFFFFFu
#define EX_FLAGS                                                                         \
    (DOKAN_EX_NO_MOUNT | DOKAN_EX_NO_REAPER | DOKAN_EX_FLUSH_ON_FSYNC | DOKAN_EX_QUIET | \
     DOKAN_EX_ACCESS_CHECK | DOKAN_EX_INHERIT_SECURITY | DOKAN_EX_WHOLE_SECURITY)

/* ---- rows --------------------------------------------------------------------------------------------- */

static void apply_trace(struct settings *s)
{
    s->trace = true;
}

static void apply_write_protect(struct settings *s)
{
    s->read_only = true;
}

static void apply_network(struct settings *s)
{
    s->type = FILE_DEVICE_NETWORK_FILE_SYSTEM;
    s->options->Options &= ~DOKAN_OPTION_MOUNT_MANAGER;
}

static void apply_mount_manager(struct settings *s)
{
    s->choose_letter = true;
}

ULONG options_session(void)
{
    char text[32];
    ULONG session = SESSION_ALL;
    if (read_file_small("/proc/self/sessionid", text, sizeof text) > 0)
        session = (ULONG)strtoul(text, NULL, 10);
    return session == SESSION_ALL ? (ULONG)getsid(0) : session;
}

static void apply_current_session(struct settings *s)
{
    s->private_mount = true;
    s->session = options_session();
}

static void apply_batching(struct settings *s)
{
    if (s->options->SingleThread)
        s->options->Options &= ~DOKAN_OPTION_ALLOW_IPC_BATCHING;
}

static bool good_size(ULONG size)
{
    return size >= 512 && size <= 65536 && (size & (size - 1)) == 0;
}

static void apply_sizes(struct settings *s)
{
    if (good_size(s->options->AllocationUnitSize) && good_size(s->options->SectorSize))
        return;
    s->options->AllocationUnitSize = DOKAN_DEFAULT_ALLOCATION_UNIT_SIZE;
    s->options->SectorSize = DOKAN_DEFAULT_SECTOR_SIZE;
}

static void apply_timeout(struct settings *s)
{
    ULONG ms = s->options->Timeout ? s->options->Timeout : TIMEOUT_DEFAULT_MS;
    ms = ms < TIMEOUT_DEFAULT_MS ? TIMEOUT_DEFAULT_MS : ms > TIMEOUT_MAX_MS ? TIMEOUT_MAX_MS : ms;
    s->timeout_ms = s->ex.TestTimeoutMs ? s->ex.TestTimeoutMs : ms;
}

/* A row with a bit is applied when the bit is set, the others always; in this order. */
static const struct option_row rows[] = {
    {DOKAN_OPTION_DEBUG, "DOKAN_OPTION_DEBUG", 0,
     "Prints one line into and one out of every callback on standard error, for this volume. Messages of the "
     "library are switched on or off with it for the whole process; the last mount decides. DOKAN_TRACE=1 in "
     "the environment does the same, and `dokanctl trace on` while the volume is mounted.",
     apply_trace},
    {DOKAN_OPTION_STDERR, "DOKAN_OPTION_STDERR", 0,
     "As DOKAN_OPTION_DEBUG: there is no other place for messages than standard error.", apply_trace},
    {DOKAN_OPTION_ALT_STREAM, "DOKAN_OPTION_ALT_STREAM", DOKAN_EVENT_ALTERNATIVE_STREAM_ON,
     "`name:stream` opens a named stream through the in-process door, and in the mount with the mount option "
     "`streams`; otherwise a colon is an ordinary character of a name.",
     NULL},
    {DOKAN_OPTION_WRITE_PROTECT, "DOKAN_OPTION_WRITE_PROTECT", DOKAN_EVENT_WRITE_PROTECT,
     "The engine refuses every change, and the kernel's mount is read-only as well.", apply_write_protect},
    {DOKAN_OPTION_NETWORK, "DOKAN_OPTION_NETWORK", 0,
     "Listed as a network file system with its UNC name, which is also the source in /proc/mounts. Needs "
     "UNCName; cleared when the mount point is not a drive. Switches DOKAN_OPTION_MOUNT_MANAGER off.",
     apply_network},
    {DOKAN_OPTION_REMOVABLE, "DOKAN_OPTION_REMOVABLE", DOKAN_EVENT_REMOVABLE,
     "Shown in the list of mounts and in the volume's device information; nothing else changes.", NULL},
    {DOKAN_OPTION_MOUNT_MANAGER, "DOKAN_OPTION_MOUNT_MANAGER", DOKAN_EVENT_MOUNT_MANAGER,
     "When the drive asked for is in use, or none is named, the first free one from D: to Z: is taken. "
     "Mounted is told which.",
     apply_mount_manager},
    {DOKAN_OPTION_CURRENT_SESSION, "DOKAN_OPTION_CURRENT_SESSION", DOKAN_EVENT_CURRENT_SESSION,
     "The mount option allow_other is refused, so that only the mounting user reaches the volume. The list "
     "of mounts shows the session and hides the mount from other sessions of the user.",
     apply_current_session},
    {DOKAN_OPTION_FILELOCK_USER_MODE, "DOKAN_OPTION_FILELOCK_USER_MODE", DOKAN_EVENT_FILELOCK_USER_MODE,
     "NT_LOCK requests go to LockFile and UnlockFile. Locks of Linux programs on the mount are kept by the "
     "kernel.",
     NULL},
    {DOKAN_OPTION_CASE_SENSITIVE, "DOKAN_OPTION_CASE_SENSITIVE", DOKAN_EVENT_CASE_SENSITIVE,
     "Names that differ in case are different names. Without it they are one, by NTFS's upper-case table.",
     NULL},
    {DOKAN_OPTION_ENABLE_UNMOUNT_NETWORK_DRIVE, "DOKAN_OPTION_ENABLE_UNMOUNT_NETWORK_DRIVE",
     DOKAN_EVENT_ENABLE_NETWORK_UNMOUNT,
     "Shown in the list of mounts. There is no network provider that could ask, so nothing else changes.",
     NULL},
    {DOKAN_OPTION_DISPATCH_DRIVER_LOGS, "DOKAN_OPTION_DISPATCH_DRIVER_LOGS", DOKAN_EVENT_DISPATCH_DRIVER_LOGS,
     "The engine is the driver: its trace lines are printed as with DOKAN_OPTION_DEBUG, while messages are "
     "on.",
     apply_trace},
    {DOKAN_OPTION_ALLOW_IPC_BATCHING, "DOKAN_OPTION_ALLOW_IPC_BATCHING", DOKAN_EVENT_ALLOW_IPC_BATCHING,
     "Accepted and without effect: how requests are fetched is settled with the kernel. Cleared with "
     "SingleThread.",
     apply_batching},
    {0, "SingleThread", 0, "Never two callbacks at once. Deadlines and unmounting work all the same.", NULL},
    {0, "MountPoint", 0,
     "`M`, `M:`, `M:\\`: the drive, a folder in $DOKAN_DRIVES, else in the user's runtime folder (`dokanctl "
     "path M:` says where). `M:\\rest`: a folder inside a mounted drive. Else a Linux path. The folder must "
     "be empty and not in use. NULL or empty: the mount fails, unless DOKAN_OPTION_MOUNT_MANAGER chooses a "
     "drive.",
     NULL},
    {0, "UNCName", 0,
     "`\\server\\share`, shown in the list of mounts with DOKAN_OPTION_NETWORK. Else ignored.", NULL},
    {0, "Timeout", 0,
     "Time limit of a callback in ms: 0 stands for 15000, other values are brought into 15000 to 300000. The "
     "caller then gets ETIMEDOUT, the volume stays.",
     apply_timeout},
    {0, "AllocationUnitSize, SectorSize", 0,
     "Both become 512 unless both are powers of two from 512 to 65536. statfs reports the first as block "
     "size.",
     apply_sizes},
    {0, "VolumeSecurityDescriptor", 0,
     "At most 16384 bytes. Access to the volume itself is decided by the kernel: the mounting user alone, or "
     "everybody with the mount option allow_other.",
     NULL},
};

const struct option_row *options_table(size_t *count)
{
    *count = sizeof rows / sizeof *rows;
    return rows;
}

static void apply_rows(struct settings *s)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].apply && (!rows[i].bit || (s->options->Options & rows[i].bit)))
            rows[i].apply(s);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (s->options->Options & rows[i].bit)
            s->event |= rows[i].event;
}

/* ---- settling ----------------------------------------------------------------------------------------- */

/* Of the first version; who is older than this library gives less than all. */
enum { EX_SIZE_FIRST = offsetof(DOKAN_MOUNT_OPTIONS_EX, OperationsEx) };

static int take_ex(const DOKAN_MOUNT_OPTIONS_EX *ex, struct settings *s)
{
    s->ex = DokanMountOptionsExDefault();
    if (!ex)
        return 0;
    if (ex->Size < EX_SIZE_FIRST || ex->Size > sizeof *ex || ex->Size % sizeof(void *) ||
        (ex->Flags & ~EX_FLAGS) || ex->Reserved)
        return -1;
    memcpy(&s->ex, ex, ex->Size);
    s->flags = ex->Flags;
    s->door.no_flush = ex->Flags & DOKAN_EX_FLUSH_ON_FSYNC;
    return 0;
}

static uint64_t cache_ns(ULONG ms, ULONG otherwise_ms)
{
    return (uint64_t)(ms == DOKAN_EX_DEFAULT ? otherwise_ms : ms) * 1000000;
}

/* umask(2) can only be read by setting it, which would race with the host's threads. */
static uint32_t current_umask(void)
{
    char text[4096];
    const char *line =
        read_file_small("/proc/self/status", text, sizeof text) > 0 ? strstr(text, "\nUmask:") : NULL;
    return line ? (uint32_t)strtoul(line + 7, NULL, 8) & 0777 : 022;
}

static void apply_ex(struct settings *s)
{
    const DOKAN_MOUNT_OPTIONS_EX *ex = &s->ex;
    uint32_t both = ex->Umask == DOKAN_EX_DEFAULT ? current_umask() : ex->Umask & 0777;
    s->entry_ns = cache_ns(ex->EntryTimeoutMs, CACHE_DEFAULT_MS);
    s->attr_ns = cache_ns(ex->AttrTimeoutMs, CACHE_DEFAULT_MS);
    s->negative_ns = cache_ns(ex->NegativeTimeoutMs, 0);
    s->door.uid = ex->Uid == DOKAN_EX_DEFAULT ? getuid() : ex->Uid;
    s->door.gid = ex->Gid == DOKAN_EX_DEFAULT ? getgid() : ex->Gid;
    /* The door takes `umask` from everything and the masks on top of it. */
    uint32_t file = ex->FileMask == DOKAN_EX_DEFAULT ? both : ex->FileMask & 0777;
    uint32_t dir = ex->DirMask == DOKAN_EX_DEFAULT ? both : ex->DirMask & 0777;
    s->door.force_uid = ex->Uid != DOKAN_EX_DEFAULT;
    s->door.force_gid = ex->Gid != DOKAN_EX_DEFAULT;
    s->door.force_mode = (ex->Umask & ex->FileMask & ex->DirMask) != DOKAN_EX_DEFAULT;
    s->door.umask = file & dir;
    s->door.file_mask = file;
    s->door.dir_mask = dir;
}

static bool is_drive(const char *given)
{
    return mountpoint_classify(given).form == MOUNTPOINT_DRIVE;
}

__attribute__((format(printf, 4, 5))) static int refuse(int result, char *error, size_t size, const char *fmt,
                                                        ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(error, size, fmt, args);
    va_end(args);
    return result;
}

static void set_process_switches(ULONG options, const char *trace)
{
    log_set_debug(options & (DOKAN_OPTION_DEBUG | DOKAN_OPTION_STDERR));
    log_set_stderr((options & DOKAN_OPTION_STDERR) || trace);
}

static int check(struct settings *s, char *error, size_t size)
{
    PDOKAN_OPTIONS o = s->options;
    if ((o->Options & DOKAN_OPTION_NETWORK) && !is_drive(s->given))
        o->Options &= ~DOKAN_OPTION_NETWORK;
    if ((o->Options & DOKAN_OPTION_NETWORK) && !o->UNCName)
        return refuse(DOKAN_MOUNT_POINT_ERROR, error, size,
                      "DOKAN_OPTION_NETWORK needs UNCName, for example \\server\\share");
    if (o->Version < DOKAN_MINIMUM_COMPATIBLE_VERSION)
        return refuse(DOKAN_VERSION_ERROR, error, size,
                      "DOKAN_OPTIONS.Version is %u, but must be %u or more: set it to DOKAN_VERSION",
                      o->Version, DOKAN_MINIMUM_COMPATIBLE_VERSION);
    if (o->VolumeSecurityDescriptorLength > VOLUME_SECURITY_DESCRIPTOR_MAX_SIZE)
        return refuse(DOKAN_START_ERROR, error, size, "VolumeSecurityDescriptorLength is above %u",
                      VOLUME_SECURITY_DESCRIPTOR_MAX_SIZE);
    return DOKAN_SUCCESS;
}

int options_settle(PDOKAN_OPTIONS options, const DOKAN_MOUNT_OPTIONS_EX *ex, struct settings *s, char *error,
                   size_t size)
{
    *s = (struct settings){.options = options, .type = FILE_DEVICE_DISK_FILE_SYSTEM, .session = SESSION_ALL};
    const char *trace = secure_getenv("DOKAN_TRACE"), *mask = secure_getenv("DOKAN_FUSE_MASK");
    if (trace && (!*trace || strcmp(trace, "0") == 0))
        trace = NULL;
    set_process_switches(options->Options, trace);
    if (take_ex(ex, s) < 0)
        return refuse(DOKAN_START_ERROR, error, size,
                      "DOKAN_MOUNT_OPTIONS_EX has a wrong Size or an unknown flag: start from "
                      "DokanMountOptionsExDefault()");
    s->given = text_from_utf16(options->MountPoint);
    s->unc = text_from_utf16(options->UNCName);
    if (!s->given || !s->unc)
        return refuse(DOKAN_ERROR, error, size, "out of memory");
    int rc = check(s, error, size);
    if (rc)
        return rc;
    apply_rows(s);
    apply_ex(s);
    s->trace |= trace != NULL;
    if (fuse_door_parse_mask(mask, &s->door.max_minor) < 0)
        return refuse(DOKAN_START_ERROR, error, size, "DOKAN_FUSE_MASK=%s: write it like 7.38", mask);
    if (fuse_options_split(ex ? ex->FuseOptions : NULL, s, error, size) < 0)
        return DOKAN_START_ERROR;
    return DOKAN_SUCCESS;
}

void options_release(struct settings *s)
{
    free(s->given);
    free(s->unc);
    free(s->fuse_options);
    s->given = s->unc = s->fuse_options = NULL;
}
