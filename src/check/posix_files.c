// SPDX-License-Identifier: MIT
/*
 * Files by POSIX: opening, reading, writing, sizes, mappings, locks, several processes.
 */
#include "check/posix_i.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const char ten[] = "0123456789";

/* ---- opening ------------------------------------------------------------------------------------------- */

static void opens(struct probe *p)
{
    long rc = DO(p, open("file", O_RDWR | O_CREAT | O_EXCL, 0666), "open(file, O_RDWR|O_CREAT|O_EXCL)");
    px_ok(p, rc, "a file can be made");
    rc = DO(p, open("file", O_RDWR | O_CREAT | O_EXCL, 0666), "open(file, O_RDWR|O_CREAT|O_EXCL)");
    px_error(p, rc, EEXIST, "O_EXCL makes a file once");
    px_ok(p, DO(p, open("file", O_RDONLY | O_CREAT, 0666), "open(file, O_RDONLY|O_CREAT)"),
          "O_CREAT opens what is there");
    px_error(p, DO(p, open("none", O_RDONLY), "open(none, O_RDONLY)"), ENOENT,
             "a file that is not there is not found");
    px_error(p, DO(p, open("none/file", O_RDONLY | O_CREAT, 0666), "open(none/file, O_CREAT)"), ENOENT,
             "a missing parent is not found");
    px_error(p, DO(p, open("file/below", O_RDONLY), "open(file/below, O_RDONLY)"), ENOTDIR,
             "nothing lies below a file");
    px_error(p, DO(p, open("file", O_RDONLY | O_DIRECTORY), "open(file, O_DIRECTORY)"), ENOTDIR,
             "O_DIRECTORY opens no file");
    px_folder(p, "folder");
    px_error(p, DO(p, open("folder", O_WRONLY), "open(folder, O_WRONLY)"), EISDIR,
             "a directory is not written");
}

static void truncating_open(struct probe *p)
{
    px_closed_file(p, "file", ten);
    px_ok(p, DO(p, open("file", O_WRONLY | O_TRUNC), "open(file, O_WRONLY|O_TRUNC)"),
          "a file can be emptied when it is opened");
    px_holds(p, "file", "", "O_TRUNC empties a file");
}

static void reads_and_writes(struct probe *p)
{
    char buf[16] = {0};
    int fd = px_open(p, "file", O_RDWR | O_CREAT);
    px_count(p, DO(p, write(fd, ten, 10), "write(file, 10 bytes)"), 10, "a file can be written");
    px_count(p, DO(p, pread(fd, buf, 4, 3), "pread(file, 4 bytes, offset 3)"), 4, "a file can be read");
    must_bytes(p, buf, "3456", 4, "what was written is read");
    px_count(p, DO(p, pread(fd, buf, 16, 7), "pread(file, 16 bytes, offset 7)"), 3,
             "a read across the end gives what there is");
    px_count(p, DO(p, pread(fd, buf, 16, 10), "pread(file, 16 bytes, offset 10)"), 0,
             "a read at the end gives nothing");
    px_count(p, DO(p, pread(fd, buf, 16, 5000), "pread(file, 16 bytes, offset 5000)"), 0,
             "a read behind the end gives nothing");
    px_count(p, DO(p, pwrite(fd, "abc", 3, 8), "pwrite(file, 3 bytes, offset 8)"), 3,
             "a write may cross the end");
    px_close(p, fd);
    px_holds(p, "file", "01234567abc", "a write changes its own bytes only");
}

static void appends(struct probe *p)
{
    px_closed_file(p, "file", ten);
    int first = px_open(p, "file", O_WRONLY | O_APPEND), second = px_open(p, "file", O_WRONLY | O_APPEND);
    px_count(p, DO(p, write(first, "abc", 3), "write(file, O_APPEND, 3 bytes)"), 3,
             "a file can be appended to");
    px_count(p, DO(p, write(second, "de", 2), "write(file, O_APPEND, 2 bytes)"), 2,
             "a file can be appended to");
    px_count(p, DO(p, write(first, "f", 1), "write(file, O_APPEND, 1 byte)"), 1, "a file can be appended to");
    px_holds(p, "file", "0123456789abcdef", "O_APPEND writes at the end, wherever that is by now");
}

static void rights_of_descriptors(struct probe *p)
{
    char c;
    px_closed_file(p, "file", ten);
    int reader = px_open(p, "file", O_RDONLY), writer = px_open(p, "file", O_WRONLY);
    px_error(p, DO(p, write(reader, "x", 1), "write(file, O_RDONLY)"), EBADF,
             "what is open for reading is not written");
    px_error(p, DO(p, read(writer, &c, 1), "read(file, O_WRONLY)"), EBADF,
             "what is open for writing is not read");
}

static void big_blocks(struct probe *p)
{
    enum { SIZE = 1 << 20, PIECE = 70001 };
    static unsigned char data[SIZE], back[SIZE];
    int fd = px_file(p, "file", "");
    for (size_t i = 0; i < SIZE; i++)
        data[i] = (unsigned char)(i * 7 + i / 253);
    px_count(p, DO(p, write(fd, data, SIZE), "write(file, 1 MiB)"), SIZE,
             "a large block is written as a whole");
    px_close(p, fd);
    fd = px_open(p, "file", O_RDONLY);
    for (size_t at = 0; at < SIZE && probe_live(p); at += PIECE) {
        size_t want = SIZE - at < PIECE ? SIZE - at : PIECE;
        px_count(p,
                 DO(p, pread(fd, back + at, want, (off_t)at), "pread(file, %zu bytes, offset %zu)", want, at),
                 want, "it can be read in pieces");
    }
    must_bytes(p, back, data, SIZE, "what was written is read");
}

static void syncs(struct probe *p)
{
    int fd = px_file(p, "file", ten);
    px_ok(p, DO(p, fsync(fd), "fsync(file)"), "a file can be brought to the medium");
    px_ok(p, DO(p, fdatasync(fd), "fdatasync(file)"), "a file can be brought to the medium");
    px_close(p, fd);
    px_holds(p, "file", ten, "what was written is there after closing");
}

static const struct check file_checks[] = {
    {"files", "open", WRITES | BASIC, opens},
    {"files", "read-write", WRITES | BASIC, reads_and_writes},
    {"files", "truncating-open", WRITES | BASIC, truncating_open},
    {"files", "append", WRITES | BASIC, appends},
    {"files", "descriptors", WRITES | BASIC, rights_of_descriptors},
    {"files", "big-blocks", WRITES | BASIC, big_blocks},
    {"files", "sync", WRITES | BASIC, syncs},
};
const struct check_table px_files = {file_checks, COUNT_OF(file_checks)};

/* ---- sizes --------------------------------------------------------------------------------------------- */

static void must_size(struct probe *p, const char *name, off_t size, const char *rule)
{
    must_equal(p, "size", (uint64_t)px_stat(p, name).st_size, (uint64_t)size, rule);
}

static void truncates(struct probe *p)
{
    static const char wanted[16] = "0123";
    char buf[16];
    int fd = px_file(p, "file", ten);
    px_ok(p, DO(p, ftruncate(fd, 4), "ftruncate(file, 4)"), "a file can be made shorter");
    must_size(p, "file", 4, "a file can be made shorter");
    px_ok(p, DO(p, ftruncate(fd, 16), "ftruncate(file, 16)"), "a file can be made longer");
    must_size(p, "file", 16, "a file can be made longer");
    px_count(p, DO(p, pread(fd, buf, 16, 0), "pread(file, 16 bytes)"), 16, "what was added can be read");
    must_bytes(p, buf, wanted, 16, "what was added reads as zeros, also where data was before");
    px_ok(p, DO(p, truncate("file", 0), "truncate(file, 0)"), "a file can be emptied by its name");
    must_size(p, "file", 0, "a file can be emptied");
}

static void gap(struct probe *p)
{
    enum { GAP = 70000 };
    static char buf[GAP + 3], wanted[GAP + 3];
    int fd = px_file(p, "file", "");
    px_count(p, DO(p, pwrite(fd, "end", 3, GAP), "pwrite(file, 3 bytes, offset %d)", GAP), 3,
             "a write may begin behind the end");
    must_size(p, "file", GAP + 3, "a write behind the end makes a file longer");
    px_count(p, DO(p, pread(fd, buf, sizeof buf, 0), "pread(file)"), sizeof buf, "a gap can be read");
    memcpy(wanted + GAP, "end", 3);
    must_bytes(p, buf, wanted, sizeof buf, "a gap reads as zeros");
}

static void sizes_follow(struct probe *p)
{
    struct stat st = {0};
    int fd = px_file(p, "file", ten);
    px_ok(p, DO(p, fstat(fd, &st), "fstat(file)"), "an open file tells its facts");
    must_equal(p, "size", (uint64_t)st.st_size, 10, "a write makes a file longer");
    must_size(p, "file", 10, "a name and a descriptor tell the same size");
    px_count(p, DO(p, lseek(fd, 0, SEEK_END), "lseek(file, 0, SEEK_END)"), 10,
             "the end is where the size says");
}

static void allocates(struct probe *p)
{
    int fd = px_file(p, "file", ten);
    long rc = DO(p, fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 65536), "fallocate(file, KEEP_SIZE, 64 KiB)");
    if (!px_offered(p, rc))
        return;
    px_ok(p, rc, "space can be reserved");
    must_size(p, "file", 10, "FALLOC_FL_KEEP_SIZE keeps the size");
}

static void holes(struct probe *p)
{
    int fd = px_file(p, "file", "");
    px_made(p, DO(p, pwrite(fd, "x", 1, 1 << 20), "pwrite(file, 1 byte, offset 1 MiB)"));
    long data = DO(p, lseek(fd, 0, SEEK_DATA), "lseek(file, 0, SEEK_DATA)");
    if (!px_offered(p, data))
        return;
    must_be(p, data >= 0 && data <= 1 << 20, "up to where data is", "behind it",
            "SEEK_DATA passes over no data");
    px_count(p, DO(p, lseek(fd, 1 << 20, SEEK_HOLE), "lseek(file, 1 MiB, SEEK_HOLE)"), (1 << 20) + 1,
             "the end is a hole");
    if (data == 0)
        probe_not_offered(p, "everything holds data");
}

static const struct check size_checks[] = {
    {"sizes", "follow-writes", WRITES | BASIC, sizes_follow},
    {"sizes", "truncate", WRITES | BASIC, truncates},
    {"sizes", "gap", WRITES | BASIC, gap},
    {"sizes", "allocate", WRITES | BASIC, allocates},
    {"sizes", "holes", WRITES | BASIC, holes},
};
const struct check_table px_sizes = {size_checks, COUNT_OF(size_checks)};

/* ---- mappings ------------------------------------------------------------------------------------------ */

static char *map(struct probe *p, int fd, int protection, int flags)
{
    char *at = NULL;
    long rc = DO(p, (at = mmap(NULL, 4096, protection, flags, fd, 0)) == MAP_FAILED ? -1 : 0,
                 "mmap(file, %s)", flags == MAP_SHARED ? "MAP_SHARED" : "MAP_PRIVATE");
    if (px_offered(p, rc))
        px_ok(p, rc, "a file can be mapped");
    return probe_live(p) ? at : NULL;
}

static void reads_mapped(struct probe *p)
{
    int fd = px_file(p, "file", ten);
    char *at = map(p, fd, PROT_READ, MAP_PRIVATE);
    if (at)
        must_bytes(p, at, ten, 10, "a mapping shows what the file has");
}

static void writes_mapped(struct probe *p)
{
    int fd = px_file(p, "file", ten);
    char *at = map(p, fd, PROT_READ | PROT_WRITE, MAP_SHARED);
    if (!at)
        return;
    memcpy(at + 2, "abc", 3);
    px_ok(p, DO(p, msync(at, 4096, MS_SYNC), "msync(file)"), "a mapping can be written back");
    px_made(p, munmap(at, 4096));
    px_close(p, fd);
    px_holds(p, "file", "01abc56789", "what is written into a shared mapping is in the file");
}

static const struct check mapping_checks[] = {
    {"mappings", "read", WRITES, reads_mapped},
    {"mappings", "write", WRITES, writes_mapped},
};
const struct check_table px_mappings = {mapping_checks, COUNT_OF(mapping_checks)};

/* ---- locks --------------------------------------------------------------------------------------------- */

static long lock(struct probe *p, int fd, short type, off_t start, off_t length)
{
    struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
    return DO(p, fcntl(fd, F_OFD_SETLK, &l), "fcntl(file, F_OFD_SETLK, type %d, offset %lld, %lld bytes)",
              type, (long long)start, (long long)length);
}

static void range_locks(struct probe *p)
{
    int first = px_file(p, "file", ten), second = px_open(p, "file", O_RDWR);
    long rc = lock(p, first, F_WRLCK, 2, 4);
    if (!px_offered(p, rc))
        return;
    px_ok(p, rc, "a range can be locked");
    px_either(p, lock(p, second, F_WRLCK, 4, 4), EAGAIN, EACCES, "locks do not overlap");
    px_ok(p, lock(p, second, F_WRLCK, 6, 4), "ranges that only touch do not overlap");
    px_ok(p, lock(p, first, F_UNLCK, 2, 4), "a lock can be taken back");
    px_ok(p, lock(p, second, F_WRLCK, 2, 4), "a range that is unlocked can be locked");
    px_close(p, second);
    px_ok(p, lock(p, first, F_WRLCK, 0, 10), "locks go with their descriptor");
}

static void shared_locks(struct probe *p)
{
    int first = px_file(p, "file", ten), second = px_open(p, "file", O_RDWR);
    long rc = lock(p, first, F_RDLCK, 0, 4);
    if (!px_offered(p, rc))
        return;
    px_ok(p, rc, "a range can be locked");
    px_ok(p, lock(p, second, F_RDLCK, 0, 4), "shared locks may overlap");
    px_either(p, lock(p, second, F_WRLCK, 0, 4), EAGAIN, EACCES, "an exclusive lock overlaps no other");
}

static void whole_locks(struct probe *p)
{
    int first = px_file(p, "file", ten), second = px_open(p, "file", O_RDWR);
    long rc = DO(p, flock(first, LOCK_EX | LOCK_NB), "flock(file, LOCK_EX)");
    if (!px_offered(p, rc))
        return;
    px_ok(p, rc, "a file can be locked as a whole");
    px_error(p, DO(p, flock(second, LOCK_SH | LOCK_NB), "flock(file, LOCK_SH)"), EWOULDBLOCK,
             "an exclusive lock is the only one");
    px_ok(p, DO(p, flock(first, LOCK_UN), "flock(file, LOCK_UN)"), "a lock can be taken back");
    px_ok(p, DO(p, flock(second, LOCK_EX | LOCK_NB), "flock(file, LOCK_EX)"),
          "a file that is unlocked can be locked");
}

static const struct check lock_checks[] = {
    {"locks", "ranges", WRITES, range_locks},
    {"locks", "shared", WRITES, shared_locks},
    {"locks", "whole", WRITES, whole_locks},
};
const struct check_table px_locks = {lock_checks, COUNT_OF(lock_checks)};

/* ---- several processes --------------------------------------------------------------------------------- */

enum { WORKERS = 4, ROUNDS = 25, BLOCK = 512 };

/* Exit status 0 for each worker whose work went well. */
static void in_processes(struct probe *p, bool (*work)(int number), const char *what, const char *rule)
{
    pid_t pids[WORKERS];
    bool right = true;
    if (!px_begin(p, "%s, %d processes", what, WORKERS))
        return;
    for (int i = 0; i < WORKERS; i++)
        if ((pids[i] = fork()) == 0)
            _exit(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && work(i) ? 0 : 1);
    for (int i = 0; i < WORKERS; i++) {
        int status = 1;
        right &= pids[i] > 0 && waitpid(pids[i], &status, 0) == pids[i] && status == 0;
    }
    must_be(p, right, "success in all of them", "a failure", rule);
}

static bool append_some(int number)
{
    char block[BLOCK];
    int fd = open("shared", O_WRONLY | O_APPEND | O_CLOEXEC);
    bool right = fd >= 0;
    memset(block, 'A' + number, sizeof block);
    for (int i = 0; i < ROUNDS && right; i++)
        right = write(fd, block, BLOCK) == BLOCK;
    return right;
}

static void one_end(struct probe *p)
{
    static char back[WORKERS * ROUNDS * BLOCK + 1];
    int counts[WORKERS] = {0};
    px_closed_file(p, "shared", "");
    in_processes(p, append_some, "append(shared)", "processes may append to one file");
    int fd = px_open(p, "shared", O_RDONLY);
    px_count(p, DO(p, read(fd, back, sizeof back), "read(shared)"), WORKERS * ROUNDS * BLOCK,
             "appends at the same time are not lost");
    for (int i = 0; i < WORKERS * ROUNDS && probe_live(p); i++) {
        const char *block = back + (size_t)i * BLOCK;
        for (int k = 1; k < BLOCK; k++)
            must_be(p, block[k] == block[0], "whole blocks", "a mixed one",
                    "appends at the same time are not mixed");
        if (block[0] >= 'A' && block[0] < 'A' + WORKERS)
            counts[block[0] - 'A']++;
    }
    for (int i = 0; i < WORKERS; i++)
        must_equal(p, "blocks", (uint64_t)counts[i], ROUNDS, "appends at the same time are not lost");
}

static bool come_and_go(int number)
{
    bool right = true;
    for (int i = 0; i < ROUNDS && right; i++) {
        char a[32], b[32];
        snprintf(a, sizeof a, "a-%d-%d", number, i);
        snprintf(b, sizeof b, "b-%d-%d", number, i);
        int fd = open(a, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        right = fd >= 0 && write(fd, a, 3) == 3 && close(fd) == 0 && rename(a, b) == 0 &&
                (i % 2 == 0 || unlink(b) == 0);
    }
    return right;
}

static void one_folder(struct probe *p)
{
    size_t count = 0;
    in_processes(p, come_and_go, "create, rename, unlink", "processes may work in one directory");
    px_lists(p, ".", NULL, &count);
    must_equal(p, "entries", count, WORKERS * ((ROUNDS + 1) / 2), "nothing is lost and nothing stays behind");
}

static const struct check thread_checks[] = {
    {"processes", "append", WRITES | BASICS, one_end},
    {"processes", "one-directory", WRITES | BASICS, one_folder},
};
const struct check_table px_threads = {thread_checks, COUNT_OF(thread_checks)};
