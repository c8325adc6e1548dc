// SPDX-License-Identifier: MIT
/*
 * fs_serve: mounts an FS object as a program of a user would, and says what happens.
 *
 * usage: fs_serve [OPTION...] URL MOUNTPOINT     (MOUNTPOINT `-`: any drive)
 *     --mode threads|process|foreground    who serves it (foreground)
 *     --filter SPEC                        may be repeated
 *     -o TEXT                              mount options
 *     --timeout MS                         time limit of a callback, without bounds
 *     --unmount-timeout MS                 how long to wait for the object to be closed
 *     --threads N, --volname NAME, --securityfolder DIR
 *     --used                               uses the library before: mounts and unmounts something
 *
 * The URL `odd` stands for an object of files that misbehave: `dead` never answers a read, `slow` answers
 * late but tells that it is alive, `busy` burns processor time for ever, `late` answers late without a word;
 * its close fails with ENOSPC. `odd:hang` hangs in its close.
 *
 * With --mode threads and process, a line from standard input says what to do: `wait`, `unmount`, `free`,
 * `write TEXT` (into /from-host of the object itself), `read` (what /from-mount of the object holds),
 * `read-own NAME` (reads that file of the mount).
 */
#include "fs/mount/mount_i.h"

#include "base/cleanup.h"
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void sleep_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

/* ---- the odd object -------------------------------------------------------------------------------- */

static volatile uint32_t limit_ms = 1000; /* the time limit, that slowness is measured by */
static bool hang_at_close;

static ssize_t read_dead(void)
{
    while (limit_ms)
        pause();
    return 0;
}

static ssize_t read_slow(void)
{
    for (uint32_t ms = 0; ms < 3 * limit_ms; ms += limit_ms / 10) {
        sleep_ms(limit_ms / 10);
        fs_progress();
    }
    return 1;
}

static ssize_t read_busy(void)
{
    volatile uint32_t n = 0;
    while (limit_ms)
        n = n + 1;
    return (ssize_t)n;
}

static ssize_t read_late(void)
{
    sleep_ms(3 * limit_ms);
    return 1;
}

static const struct odd {
    const char *name;
    ssize_t (*read)(void);
} odd_files[] = {{"dead", read_dead}, {"slow", read_slow}, {"busy", read_busy}, {"late", read_late}};

enum { ODD_FILES = sizeof odd_files / sizeof *odd_files };

static int odd_index(const char *path)
{
    for (int i = 0; i < ODD_FILES; i++)
        if (strcmp(path + 1, odd_files[i].name) == 0)
            return i;
    return -ENOENT;
}

static int odd_getinfo(struct fs *fs, const char *path, uint32_t want, struct fs_info *info)
{
    int i = odd_index(path);
    info->type = path[1] ? FS_TYPE_FILE : FS_TYPE_DIRECTORY;
    info->valid = FS_INFO_SIZE;
    info->size = 1;
    return path[1] && i < 0 ? i : 0;
}

static int odd_scandir(struct fs *fs, const char *path, uint32_t want, uint64_t cursor, fs_fill fill,
                       void *ctx)
{
    const struct fs_info info = {.type = FS_TYPE_FILE, .valid = FS_INFO_SIZE, .size = 1};
    for (uint64_t i = cursor; i < ODD_FILES; i++)
        if (fill(ctx, odd_files[i].name, &info, i + 1))
            break;
    return 0;
}

static int odd_open(struct fs *fs, const char *path, int flags, uint32_t mode, struct fs_file *file)
{
    int i = odd_index(path);
    if (i >= 0)
        *fs_file_slot(fs, file) = (void *)(uintptr_t)&odd_files[i];
    return i < 0 ? i : 0;
}

static ssize_t odd_f_pread(struct fs *fs, struct fs_file *file, void *buf, size_t size, uint64_t offset)
{
    const struct odd *odd = *fs_file_slot(fs, file);
    if (offset > 0 || size == 0)
        return 0;
    *(char *)buf = 'x';
    return odd->read();
}

static int odd_close(struct fs *fs)
{
    while (hang_at_close)
        pause();
    return -ENOSPC;
}

static struct fs *odd_new(void)
{
    static const struct fs_table table = {
        .size = sizeof table,
        .version = FS_API_VERSION,
        .flags = FS_THREAD_SAFE | FS_FILE_THREAD_SAFE,
        .name = "odd",
        .close = odd_close,
        .getinfo = odd_getinfo,
        .scandir = odd_scandir,
        .open = odd_open,
        .f_pread = odd_f_pread,
    };
    struct fs *fs = NULL;
    if (fs_new(&table, NULL, NULL, &fs) != 0)
        errx(1, "odd cannot be made");
    return fs;
}

/* ---- the program ----------------------------------------------------------------------------------- */

static struct {
    const char *url, *point;
    const char *filters[8];
    size_t filter_count;
    bool used;
    struct fs_mount_options options;
} set = {.url = "", .options = {.size = sizeof set.options, .mode = FS_MOUNT_FOREGROUND}};

static void say_ready(void *ctx, const struct mount_process *mount)
{
    printf("ready %s '%s' %d\n", mount->path, mount->drive, (int)mount->pid);
    fflush(stdout);
}

static int out = STDOUT_FILENO; /* a copy: a child gives its standard output up */

static void say_unmounted(void *ctx)
{
    dprintf(out, "unmounted\n");
}

static enum fs_mount_mode mode_of(const char *text)
{
    static const char *const names[] = {"threads", "process", "foreground"};
    for (int i = 0; i < 3; i++)
        if (strcmp(text, names[i]) == 0)
            return (enum fs_mount_mode)i;
    errx(2, "no mode %s", text);
}

static uint32_t number(const char *text)
{
    return (uint32_t)strtoul(text, NULL, 10);
}

static void take_option(const char *key, const char *value)
{
    if (strcmp(key, "--mode") == 0)
        set.options.mode = mode_of(value);
    else if (strcmp(key, "--filter") == 0 && set.filter_count < 8)
        set.filters[set.filter_count++] = value;
    else if (strcmp(key, "-o") == 0)
        set.options.options = value;
    else if (strcmp(key, "--timeout") == 0)
        mount_test_timeout_ms = limit_ms = number(value);
    else if (strcmp(key, "--unmount-timeout") == 0)
        set.options.unmount_timeout_ms = number(value);
    else if (strcmp(key, "--threads") == 0)
        set.options.numthreads = number(value);
    else if (strcmp(key, "--volname") == 0)
        set.options.volname = value;
    else if (strcmp(key, "--securityfolder") == 0)
        set.options.securityfolder = value;
    else
        errx(2, "no option %s", key);
}

static void parse(char **argv)
{
    for (argv++; *argv && **argv == '-' && argv[0][1]; argv++) {
        if (strcmp(*argv, "--used") == 0) {
            set.used = true;
            continue;
        }
        if (!argv[1])
            errx(2, "%s wants a value", *argv);
        take_option(argv[0], argv[1]);
        argv++;
    }
    if (!argv[0] || !argv[1])
        errx(2, "usage: fs_serve [OPTION...] URL MOUNTPOINT");
    set.url = argv[0];
    set.point = strcmp(argv[1], "-") == 0 ? NULL : argv[1];
}

static struct fs *open_object(void)
{
    struct fs *fs = NULL;
    struct fs_error error = {0};
    hang_at_close = strcmp(set.url, "odd:hang") == 0;
    if (strncmp(set.url, "odd", 3) == 0)
        fs = odd_new();
    else if (fs_open_url(set.url, NULL, &fs, NULL, &error) < 0)
        errx(1, "%s", error.text);
    for (size_t i = 0; i < set.filter_count; i++)
        if (fs_add_filter(set.filters[i], &fs, &error) < 0)
            errx(1, "%s", error.text);
    return fs;
}

/* As a program does that has served another volume before, and still serves one. */
static struct fs *use_library(struct mount_process **mount)
{
    struct fs_mount_options options = FS_MOUNT_OPTIONS;
    struct fs_error error = {0};
    struct fs *fs = NULL;
    for (int i = 0; i < 2; i++) {
        if (!fs && fs_memory_new(&fs) < 0)
            errx(1, "no memory object");
        if (fs_mount(fs, NULL, &options, mount, &error) < 0)
            errx(1, "first use: %s", error.text);
        if (i == 0 && mount_process_unmount(*mount) != 0)
            errx(1, "first use: cannot unmount");
    }
    return fs;
}

static void write_host(struct fs *fs, const char *text)
{
    struct fs_file *file;
    int rc = fs_open(fs, "/from-host", O_WRONLY | O_CREAT, 0644, &file);
    if (rc == 0) {
        ssize_t n = fs_f_pwrite(fs, file, text, strlen(text), 0);
        rc = n < 0 ? (int)n : 0;
        fs_f_close(fs, file);
    }
    printf("write %d\n", rc);
}

static void read_host(struct fs *fs)
{
    struct fs_file *file;
    char text[256];
    ssize_t n = fs_open(fs, "/from-mount", O_RDONLY, 0, &file);
    if (n == 0) {
        n = fs_f_pread(fs, file, text, sizeof text, 0);
        fs_f_close(fs, file);
    }
    printf("read %.*s\n", (int)(n > 0 ? n : 0), text);
}

/* Reads a file of the mount that it serves itself. */
static void read_own(const struct mount_process *mount, const char *name)
{
    char path[4096], byte;
    snprintf(path, sizeof path, "%s/%s", mount->path, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        err(1, "%s", path);
    printf("reading\n");
    printf("read-own %zd\n", read(fd, &byte, 1));
    close(fd);
}

/* False when there is no mount any more. */
static bool obey(struct fs *fs, struct mount_process *mount, const char *line)
{
    if (strcmp(line, "wait") == 0) {
        printf("wait %d\n", mount_process_wait(mount, -1));
    } else if (strncmp(line, "write ", 6) == 0) {
        write_host(fs, line + 6);
    } else if (strncmp(line, "read-own ", 9) == 0) {
        read_own(mount, line + 9);
    } else if (strcmp(line, "read") == 0) {
        read_host(fs);
    } else if (strcmp(line, "unmount") == 0) {
        printf("unmount %d\n", mount_process_unmount(mount));
        return false;
    } else {
        mount_process_free(mount);
        return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    struct fs_error error = {0};
    struct mount_process *mount = NULL, *other = NULL;
    char line[256];
    (void)argc;
    parse(argv);
    setvbuf(stdout, NULL, _IOLBF, 0);
    out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10);
    struct fs *first = set.used ? use_library(&other) : NULL;
    struct fs *fs = open_object();
    set.options.ready = say_ready;
    set.options.unmounted = say_unmounted;
    bool foreground = set.options.mode == FS_MOUNT_FOREGROUND;
    int rc = fs_mount(fs, set.point, &set.options, foreground ? NULL : &mount, &error);
    if (rc < 0) {
        fprintf(stderr, "fs_serve: %d %s\n", rc, error.text);
        fs_close(fs);
        return 1;
    }
    if (set.options.mode == FS_MOUNT_THREADS || foreground) /* the mount's reference shall be the last one */
        rc = fs_close(fs);
    if (rc < 0) {
        fprintf(stderr, "fs_serve: the object was not closed properly: %d\n", rc);
        return 1;
    }
    while (mount && fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        if (!obey(fs, mount, line))
            mount = NULL;
    }
    mount_process_free(mount);
    if (other)
        printf("other %d\n", mount_process_unmount(other));
    fs_close(first);
    hang_at_close = false; /* this is our copy, not the child's */
    if (set.options.mode == FS_MOUNT_PROCESS)
        fs_close(fs);
    return 0;
}
