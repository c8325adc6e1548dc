// SPDX-License-Identifier: MIT
/*
 * Facts by POSIX: modes, times, inode numbers, extended attributes, links, special files, space; and what can
 * be checked without writing.
 */
#include "check/posix_i.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

/* ---- modes --------------------------------------------------------------------------------------------- */

static void mode_kept(struct probe *p)
{
    static const mode_t modes[] = {0600, 0640, 0755, 0444};
    px_closed_file(p, "file", "x");
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        long rc = DO(p, chmod("file", modes[i]), "chmod(file, %o)", modes[i]);
        if (!px_offered(p, rc))
            return;
        px_ok(p, rc, "the mode of a file can be changed");
        mode_t now = px_stat(p, "file").st_mode & 07777;
        if (probe_live(p) && now != modes[i] && i == 0)
            probe_not_offered(p, "%s: it is not kept", p->call);
        must_equal(p, "mode", now, modes[i], "a mode that was set is there");
    }
}

static void mode_of_new(struct probe *p)
{
    mode_t before = umask(027);
    long fd = DO(p, open("file", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666),
                 "open(file, O_CREAT, 666), umask 027");
    umask(before);
    px_made(p, fd);
    mode_t mode = px_stat(p, "file").st_mode & 07777;
    if (probe_live(p) && mode != 0640)
        probe_not_offered(p, "new files have mode %o", mode);
}

static void owner_told(struct probe *p)
{
    px_closed_file(p, "file", "x");
    struct stat st = px_stat(p, "file");
    long rc = DO(p, chown("file", st.st_uid, st.st_gid), "chown(file, the owner that it has)");
    px_ok(p, rc, "changing the owner to what it is succeeds");
}

static const struct check mode_checks[] = {
    {"modes", "kept", WRITES, mode_kept},
    {"modes", "new-file", WRITES, mode_of_new},
    {"modes", "owner", WRITES, owner_told},
};
const struct check_table px_modes = {mode_checks, COUNT_OF(mode_checks)};

/* ---- times --------------------------------------------------------------------------------------------- */

enum { SOME_TIME = 981173107, SOME_NS = 123456789 };

static const char *resolution_of(long ns)
{
    return ns == SOME_NS                 ? "1 ns"
           : ns == SOME_NS / 100 * 100   ? "100 ns"
           : ns == SOME_NS / 1000 * 1000 ? "1 us"
           : ns == 123000000             ? "1 ms"
                                         : "1 s or more";
}

static void must_time(struct probe *p, struct timespec given, time_t wanted, const char *rule)
{
    char want[32], got[32];
    snprintf(want, sizeof want, "%lld", (long long)wanted);
    snprintf(got, sizeof got, "%lld", (long long)given.tv_sec);
    must_be(p, given.tv_sec >= wanted - 2 && given.tv_sec <= wanted + 2, want, got, rule);
}

static void write_time(struct probe *p)
{
    const struct timespec times[2] = {{SOME_TIME + 86400, SOME_NS}, {SOME_TIME, SOME_NS}};
    px_closed_file(p, "file", "x");
    px_ok(p, DO(p, utimensat(AT_FDCWD, "file", times, 0), "utimensat(file)"), "times can be set");
    struct stat st = px_stat(p, "file");
    must_time(p, st.st_mtim, SOME_TIME, "a time that was set is there, rounded to two seconds at most");
    probe_note(p, "resolution %s", resolution_of(st.st_mtim.tv_nsec));
}

static void access_time(struct probe *p)
{
    const struct timespec times[2] = {{SOME_TIME, SOME_NS}, {0, UTIME_OMIT}};
    px_closed_file(p, "file", "x");
    struct stat before = px_stat(p, "file");
    px_ok(p, DO(p, utimensat(AT_FDCWD, "file", times, 0), "utimensat(file, access alone)"),
          "times can be set one by one");
    struct stat st = px_stat(p, "file");
    must_time(p, st.st_mtim, before.st_mtim.tv_sec, "UTIME_OMIT leaves a time");
    if (probe_live(p) && (st.st_atim.tv_sec < SOME_TIME - 2 || st.st_atim.tv_sec > SOME_TIME + 2))
        probe_not_offered(p, "%s: it is not kept", p->call);
}

static void write_moves(struct probe *p)
{
    const struct timespec times[2] = {{SOME_TIME, 0}, {SOME_TIME, 0}};
    px_closed_file(p, "file", "x");
    px_made(p, DO(p, utimensat(AT_FDCWD, "file", times, 0), "utimensat(file)"));
    int fd = px_open(p, "file", O_WRONLY);
    px_made(p, DO(p, write(fd, "yz", 2), "write(file, 2 bytes)"));
    px_close(p, fd);
    must_be(p, px_stat(p, "file").st_mtime > SOME_TIME + 86400 || !probe_live(p), "the time of the write",
            "the time before it", "a write moves the time of the last write");
}

static void folder_time(struct probe *p)
{
    const struct timespec times[2] = {{SOME_TIME, 0}, {SOME_TIME, 0}};
    px_folder(p, "folder");
    px_ok(p, DO(p, utimensat(AT_FDCWD, "folder", times, 0), "utimensat(folder)"),
          "times of directories can be set");
    struct stat st = px_stat(p, "folder");
    if (probe_live(p) && (st.st_mtime < SOME_TIME - 2 || st.st_mtime > SOME_TIME + 2))
        probe_not_offered(p, "%s: it is not kept", p->call);
}

static const struct check time_checks[] = {
    {"times", "write", WRITES, write_time},
    {"times", "access", WRITES, access_time},
    {"times", "moves", WRITES, write_moves},
    {"times", "directory", WRITES, folder_time},
};
const struct check_table px_times = {time_checks, COUNT_OF(time_checks)};

/* ---- inode numbers ------------------------------------------------------------------------------------- */

static void inodes_differ(struct probe *p)
{
    enum { COUNT = 12 };
    ino_t numbers[COUNT];
    for (int i = 0; i < COUNT; i++) {
        const char name[2] = {(char)('a' + i), 0};
        px_closed_file(p, name, "x");
        numbers[i] = px_stat(p, name).st_ino;
        for (int j = 0; j < i; j++)
            must_be(p, numbers[i] != numbers[j] || !probe_live(p), "a number for each file",
                    "the same number for two", "files that differ have numbers that differ");
    }
}

static void inodes_stay(struct probe *p)
{
    int fd = px_file(p, "file", "x");
    ino_t first = px_stat(p, "file").st_ino;
    px_made(p, DO(p, write(fd, "more", 4), "write(file)"));
    px_close(p, fd);
    px_made(p, DO(p, rename("file", "other"), "rename(file, other)"));
    must_equal(p, "number", px_stat(p, "other").st_ino, first, "a file keeps its number when it is renamed");
}

static void inodes_listed(struct probe *p)
{
    px_closed_file(p, "file", "x");
    ino_t number = px_stat(p, "file").st_ino, listed = 0;
    DIR *dir = px_begin(p, "readdir(.)") ? opendir(".") : NULL;
    for (struct dirent *e; dir && (e = readdir(dir));)
        if (strcmp(e->d_name, "file") == 0)
            listed = e->d_ino;
    must_equal(p, "number", listed, number, "a listing tells the number that stat tells");
}

static const struct check id_checks[] = {
    {"inodes", "differ", WRITES, inodes_differ},
    {"inodes", "stay", WRITES, inodes_stay},
    {"inodes", "list", WRITES, inodes_listed},
};
const struct check_table px_ids = {id_checks, COUNT_OF(id_checks)};

/* ---- extended attributes ------------------------------------------------------------------------------- */

static void xattr_life(struct probe *p)
{
    char buf[64] = {0}, names[1024];
    px_closed_file(p, "file", "x");
    long rc = DO(p, setxattr("file", "user.check", "value", 5, XATTR_CREATE),
                 "setxattr(file, user.check, XATTR_CREATE)");
    if (!px_offered(p, rc))
        return;
    px_ok(p, rc, "an extended attribute can be set");
    px_count(p, DO(p, getxattr("file", "user.check", buf, sizeof buf), "getxattr(file, user.check)"), 5,
             "an extended attribute can be read");
    must_bytes(p, buf, "value", 5, "an extended attribute that was set is there");
    px_error(p, DO(p, getxattr("file", "user.check", buf, 2), "getxattr(file, user.check, 2 bytes)"), ERANGE,
             "a small buffer is told");
    px_error(p,
             DO(p, setxattr("file", "user.check", "x", 1, XATTR_CREATE),
                "setxattr(file, user.check, XATTR_CREATE)"),
             EEXIST, "XATTR_CREATE makes one once");
    px_error(p,
             DO(p, setxattr("file", "user.none", "x", 1, XATTR_REPLACE),
                "setxattr(file, user.none, XATTR_REPLACE)"),
             ENODATA, "XATTR_REPLACE makes none");
    long length = DO(p, listxattr("file", names, sizeof names), "listxattr(file)");
    px_ok(p, length, "extended attributes can be listed");
    must_be(p, !probe_live(p) || memmem(names, (size_t)length, "user.check", 11), "user.check", "others",
            "every extended attribute is listed");
    px_ok(p, DO(p, removexattr("file", "user.check"), "removexattr(file, user.check)"),
          "an extended attribute can be removed");
    px_error(p, DO(p, getxattr("file", "user.check", buf, sizeof buf), "getxattr(file, user.check)"), ENODATA,
             "what is removed is gone");
}

static const struct check xattr_checks[] = {{"extended-attributes", "life", WRITES, xattr_life}};
const struct check_table px_xattrs = {xattr_checks, COUNT_OF(xattr_checks)};

/* ---- links --------------------------------------------------------------------------------------------- */

static void symlink_life(struct probe *p)
{
    char buf[64] = {0};
    px_closed_file(p, "target", "text");
    long rc = DO(p, symlink("target", "link"), "symlink(target, link)");
    if (!px_offered(p, rc))
        return;
    px_ok(p, rc, "a symbolic link can be made");
    px_count(p, DO(p, readlink("link", buf, sizeof buf), "readlink(link)"), 6, "a link can be read");
    must_bytes(p, buf, "target", 6, "a link leads where it was told to");
    struct stat st = px_stat(p, "link");
    must_be(p, S_ISLNK(st.st_mode) || !probe_live(p), "a symbolic link", "something else",
            "a link says that it is one");
    must_equal(p, "size", (uint64_t)st.st_size, 6, "the size of a link is that of its target's name");
    px_error(p, DO(p, open("link", O_RDONLY | O_NOFOLLOW), "open(link, O_NOFOLLOW)"), ELOOP,
             "O_NOFOLLOW opens no link");
    px_error(p, DO(p, symlink("x", "link"), "symlink(x, link)"), EEXIST, "a name is given once");
    px_error(p, DO(p, readlink("target", buf, sizeof buf), "readlink(target)"), EINVAL, "a file is no link");
    px_ok(p, DO(p, unlink("link"), "unlink(link)"), "a link can be removed");
    px_holds(p, "target", "text", "removing a link leaves its target");
}

static const struct check symlink_checks[] = {{"symbolic-links", "life", WRITES, symlink_life}};
const struct check_table px_symlinks = {symlink_checks, COUNT_OF(symlink_checks)};

static void link_life(struct probe *p)
{
    int fd = px_file(p, "one", "text");
    long rc = DO(p, link("one", "two"), "link(one, two)");
    if (!px_offered(p, rc))
        return;
    px_ok(p, rc, "a file can be given another name");
    struct stat one = px_stat(p, "one"), two = px_stat(p, "two");
    must_equal(p, "names", two.st_nlink, 2, "a file tells the number of its names");
    must_equal(p, "number", two.st_ino, one.st_ino, "both names are the same file");
    px_made(p, DO(p, pwrite(fd, "TE", 2, 0), "pwrite(one)"));
    px_close(p, fd);
    px_holds(p, "two", "TExt", "what is written under one name is there under the other");
    px_error(p, DO(p, link("one", "two"), "link(one, two)"), EEXIST, "a name is given once");
    px_ok(p, DO(p, unlink("one"), "unlink(one)"), "a name can be removed");
    px_holds(p, "two", "TExt", "the other name stays");
    must_equal(p, "names", px_stat(p, "two").st_nlink, 1, "a file tells the number of its names");
}

static const struct check link_checks[] = {{"hard-links", "life", WRITES, link_life}};
const struct check_table px_hard_links = {link_checks, COUNT_OF(link_checks)};

static void fifo_made(struct probe *p)
{
    long rc = DO(p, mkfifo("fifo", 0600), "mkfifo(fifo)");
    if (!px_offered(p, rc))
        return;
    px_ok(p, rc, "a FIFO can be made");
    must_be(p, S_ISFIFO(px_stat(p, "fifo").st_mode) || !probe_live(p), "a FIFO", "something else",
            "a FIFO says that it is one");
}

static const struct check special_checks[] = {{"special-files", "fifo", WRITES, fifo_made}};
const struct check_table px_special = {special_checks, COUNT_OF(special_checks)};

/* ---- space --------------------------------------------------------------------------------------------- */

static void space_makes_sense(struct probe *p)
{
    struct statvfs s = {0};
    px_ok(p, DO(p, statvfs(".", &s), "statvfs(.)"), "a file system tells its space");
    must_be(p, s.f_bfree <= s.f_blocks, "free space up to the size of the volume", "more than the volume has",
            "no volume has more free space than space");
    must_be(p, s.f_bavail <= s.f_bfree, "for the caller up to all that is free", "more than is free",
            "a caller has no more space than there is");
    must_be(p, s.f_ffree <= s.f_files, "free inodes up to all of them", "more",
            "no volume has more free inodes than inodes");
    must_be(p, s.f_bsize > 0 && s.f_namemax > 0, "a block size and a longest name", "0",
            "a file system has blocks and names");
}

static const struct check space_checks[] = {{"space", "sense", 0, space_makes_sense}};
const struct check_table px_space = {space_checks, COUNT_OF(space_checks)};

/* ---- what is there already ----------------------------------------------------------------------------- */

/* The first file that has contents, in the directory itself or one below. */
static bool find_sample(const char *folder, char *out, size_t size, int depth)
{
    DIR *dir = opendir(folder);
    bool found = false;
    for (struct dirent *e; dir && !found && (e = readdir(dir));) {
        struct stat st;
        int n = snprintf(out, size, "%s/%s", folder, e->d_name);
        if (e->d_name[0] == '.' || n >= (int)size || lstat(out, &st) < 0)
            continue;
        char *below = S_ISDIR(st.st_mode) && depth < 4 ? strdup(out) : NULL;
        found = S_ISREG(st.st_mode) ? st.st_size > 0 : below && find_sample(below, out, size, depth + 1);
        free(below);
    }
    if (dir)
        closedir(dir);
    return found;
}

static void sample_read(struct probe *p)
{
    enum { MOST = 1 << 20, PIECE = 4099 };
    static unsigned char whole[MOST], piece[PIECE];
    char path[4096];
    if (!find_sample(".", path, sizeof path, 0))
        probe_not_checked(p, "there is no file that has contents");
    int fd = px_open(p, path, O_RDONLY);
    long total = DO(p, pread(fd, whole, MOST, 0), "pread(%s, 1 MiB)", path),
         size = (long)px_stat(p, path).st_size;
    px_ok(p, total, "a file can be read");
    must_equal(p, "bytes", (uint64_t)total, (uint64_t)(size < MOST ? size : MOST),
               "as much is read as the size says");
    for (long n = (total + PIECE - 1) / PIECE; n-- > 0 && probe_live(p);) {
        long at = n * PIECE, want = total - at < PIECE ? total - at : PIECE;
        px_count(
            p, DO(p, pread(fd, piece, (size_t)want, at), "pread(%s, %ld bytes, offset %ld)", path, want, at),
            (uint64_t)want, "a file can be read in any order");
        must_bytes(p, piece, whole + at, (size_t)want, "every read tells the same contents");
    }
    px_count(p, DO(p, pread(fd, piece, 1, size), "pread(%s, at its end)", path), 0,
             "a read at the end gives nothing");
}

static void sample_listing(struct probe *p)
{
    size_t first = 0, second = 0;
    px_lists(p, ".", NULL, &first);
    px_lists(p, ".", NULL, &second);
    must_equal(p, "entries", second, first, "two listings of what does not change are the same");
    DIR *dir = probe_live(p) ? opendir(".") : NULL;
    for (struct dirent *e; dir && (e = readdir(dir));)
        px_exists(p, e->d_name, true, "what is listed is there");
    px_exists(p, "no-such-file-here", false, "a file that is not there is not found");
    probe_note(p, "%s", p->suite->refused ? "read-only: only reading is checked" : "only reading is checked");
}

static const struct check reading_checks[] = {
    {"reading", "contents", READS, sample_read},
    {"reading", "listing", READS, sample_listing},
};
const struct check_table px_reading = {reading_checks, COUNT_OF(reading_checks)};

static void refuses(struct probe *p)
{
    static const char name[] = "dokan-check-new";
    char path[4096];
    long made = DO(p, open(name, O_RDWR | O_CREAT | O_EXCL, 0666), "open(dokan-check-new, O_CREAT)");
    px_error(p, made, EROFS, "nothing is made on a read-only file system");
    if (made >= 0)
        unlink(name);
    made = DO(p, mkdir(name, 0777), "mkdir(dokan-check-new)");
    px_error(p, made, EROFS, "nothing is made on a read-only file system");
    if (made >= 0)
        rmdir(name);
    if (probe_live(p) && find_sample(".", path, sizeof path, 0))
        px_either(p, DO(p, open(path, O_WRONLY), "open(%s, O_WRONLY)", path), EROFS, EACCES,
                  "nothing is opened for writing on a read-only file system");
}

static const struct check refusing_checks[] = {{"refusing", "all", REFUSES, refuses}};
const struct check_table px_refusing = {refusing_checks, COUNT_OF(refusing_checks)};
