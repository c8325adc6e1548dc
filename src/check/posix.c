// SPDX-License-Identifier: MIT
/*
 * DokanCheckFolder(): a child process for each check, watched until it has ended or shows no call for as long
 * as a call may take. What it notes is in memory that both share. Removing is done by a child as well, since
 * it may hang like everything else.
 */
#include "check/posix_i.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STEP_NS = 500000, KILL_PATIENCE_MS = 500, DEPTH_MOST = 24, REMOVED_MOST = 20000 };

static const struct check_table *const tables[] = {
    &px_files, &px_sizes,   &px_mappings, &px_folders, &px_rename,   &px_delete,     &px_modes,
    &px_times, &px_names,   &px_ids,      &px_xattrs,  &px_symlinks, &px_hard_links, &px_special,
    &px_locks, &px_threads, &px_space,    &px_reading, &px_refusing,
};

struct posix_world {
    const char *path;
    char folder[64]; /* "" where nothing is made */
    struct shared *shared;
};

/* What parent and child share. */
struct shared {
    struct probe probe;
    char said[CALL_MAX]; /* the parent's copy of probe.call when it looked last */
};

/* ---- children ------------------------------------------------------------------------------------------ */

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool has_ended(pid_t pid, int *status)
{
    pid_t ended;
    do
        ended = waitpid(pid, status, WNOHANG);
    while (ended < 0 && errno == EINTR);
    return ended != 0;
}

/* A new call since it was looked at last. */
static bool has_moved(struct shared *shared)
{
    if (memcmp(shared->said, shared->probe.call, sizeof shared->said) == 0)
        return false;
    memcpy(shared->said, shared->probe.call, sizeof shared->said);
    return true;
}

/* Its exit status, or -1: it hangs, and was killed as far as that goes. */
static int watch(pid_t pid, struct shared *shared, unsigned limit_ms)
{
    int status = 0;
    int64_t since = now_ms();
    while (!has_ended(pid, &status)) {
        if (has_moved(shared))
            since = now_ms();
        if (now_ms() - since > limit_ms) {
            kill(pid, SIGKILL);
            for (since = now_ms(); !has_ended(pid, &status) && now_ms() - since < KILL_PATIENCE_MS;)
                nanosleep(&(struct timespec){.tv_nsec = STEP_NS}, NULL);
            return -1;
        }
        nanosleep(&(struct timespec){.tv_nsec = STEP_NS}, NULL);
    }
    return status;
}

/* Runs it in a child. -1 for one that hangs. */
static int in_child(struct suite *suite, void (*run)(struct probe *p))
{
    struct posix_world *world = suite->world;
    pid_t pid = fork();
    if (pid == 0) {
        run(&world->shared->probe);
        _exit(0);
    }
    if (pid < 0) {
        probe_not_checked(&world->shared->probe, "no process can be started");
        return 0;
    }
    return watch(pid, world->shared, suite->options.TimeoutMs);
}

/* ---- removing ------------------------------------------------------------------------------------------ */

/* No link is followed: a file system that is wrong may show one anywhere, and it leads to other files. One
 * that lists for ever ends too: each child starts with its own count. */

static unsigned removed;

static void remove_entry(struct probe *p, int parent, const char *name, int depth);

static void remove_entries(struct probe *p, int folder, int depth)
{
    DIR *dir = fdopendir(folder);
    struct dirent *entry;
    if (!dir) {
        close(folder);
        return;
    }
    while (removed++ < REMOVED_MOST && (entry = readdir(dir)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            remove_entry(p, dirfd(dir), entry->d_name, depth + 1);
    closedir(dir);
}

static void remove_entry(struct probe *p, int parent, const char *name, int depth)
{
    probe_call(p, "remove(%s)", name);
    if (unlinkat(parent, name, 0) == 0 || depth > DEPTH_MOST)
        return;
    fchmodat(parent, name, 0700, AT_SYMLINK_NOFOLLOW);
    int folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder >= 0)
        remove_entries(p, folder, depth);
    unlinkat(parent, name, AT_REMOVEDIR);
}

/* What the check left, or all of it where the probe's check has no run. */
static void tidy(struct probe *p)
{
    struct posix_world *world = p->suite->world;
    int root = open(world->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int folder = root < 0 ? -1 : openat(root, world->folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder >= 0 && p->check->run)
        remove_entry(p, folder, p->check->name, 0);
    else if (folder >= 0)
        remove_entry(p, root, world->folder, 0);
}

/* ---- one check ----------------------------------------------------------------------------------------- */

/* In the child: into its folder, then on. */
static void enter_and_run(struct probe *p)
{
    struct posix_world *world = p->suite->world;
    p->setup++;
    px_made(p, DO(p, chdir(world->path), "chdir(%s)", world->path));
    if (p->check->needs & WRITES) {
        px_made(p, DO(p, chdir(world->folder), "chdir(%s)", world->folder));
        px_made(p, DO(p, mkdir(p->check->name, 0777), "mkdir(%s)", p->check->name));
        px_made(p, DO(p, chdir(p->check->name), "chdir(%s)", p->check->name));
    }
    p->setup--;
    p->check->run(p);
}

static void judge_end(struct probe *p, int status)
{
    char given[64];
    if (status < 0 && p->setup)
        probe_not_checked(p, "no answer: %s", p->call);
    if (status < 0) {
        p->hung = true;
        p->suite->hangs++;
    } else if (WIFSIGNALED(status)) {
        snprintf(given, sizeof given, "signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
        probe_wrong(p, "no call kills the program that makes it", "an answer", given);
    }
}

static void run_one(struct probe *p)
{
    struct suite *suite = p->suite;
    struct shared *shared = ((struct posix_world *)suite->world)->shared;
    *shared = (struct shared){.probe = *p};
    int status = in_child(suite, enter_and_run);
    judge_end(&shared->probe, status);
    *p = shared->probe;
    if (p->check->needs & WRITES && !p->hung)
        in_child(suite, tidy);
}

/* ---- the whole ----------------------------------------------------------------------------------------- */

/* In the child. The verdict tells: right, or the reason in `given` with the errno in `setup`. */
static void make_folder(struct probe *p)
{
    struct posix_world *world = p->suite->world;
    long rc = DO(p, chdir(world->path), "chdir(%s)", world->path);
    if (rc == 0)
        rc = DO(p, mkdir(world->folder, 0777), "mkdir(%s)", world->folder);
    p->setup = (unsigned)-rc;
}

static int start_folder(struct suite *suite, struct posix_world *world)
{
    static const struct check none = {"files", "make", WRITES | BASIC, NULL};
    struct shared *shared = world->shared;
    suite_folder_name(world->folder, sizeof world->folder);
    *shared = (struct shared){.probe = {.suite = suite, .check = &none}};
    int status = in_child(suite, make_folder), error = (int)shared->probe.setup;
    if (status == 0 && error == 0)
        return DOKAN_CHECK_FINE;
    world->folder[0] = 0;
    if (status == 0 && error == EROFS) {
        suite->read_only = suite->refused = true;
        return DOKAN_CHECK_FINE;
    }
    suite_remark(suite,
                 "no folder can be made in %s: %s; what is there already can be checked with --read-only",
                 world->path, status < 0 ? "no answer" : strerror(error));
    return DOKAN_CHECK_ERROR;
}

/* In the child. */
static void look(struct probe *p)
{
    struct posix_world *world = p->suite->world;
    struct stat st;
    long rc = DO(p, stat(world->path, &st), "stat(%s)", world->path);
    if (rc == 0 && !S_ISDIR(st.st_mode))
        rc = -ENOTDIR;
    p->setup = (unsigned)-rc;
}

static int look_at_path(struct suite *suite, struct posix_world *world)
{
    struct shared *shared = world->shared;
    *shared = (struct shared){.probe = {.suite = suite}};
    int status = in_child(suite, look), error = (int)shared->probe.setup;
    if (status == 0 && error == 0)
        return DOKAN_CHECK_FINE;
    suite_remark(suite, "%s: %s", world->path, status < 0 ? "no answer" : strerror(error));
    return DOKAN_CHECK_ERROR;
}

static void remove_folder(struct suite *suite, struct posix_world *world)
{
    static const struct check all = {"files", "remove", WRITES | BASIC, NULL};
    char path[4200];
    if (!world->folder[0])
        return;
    *world->shared = (struct shared){.probe = {.suite = suite, .check = &all}};
    snprintf(path, sizeof path, "%s/%s", world->path, world->folder);
    if (in_child(suite, tidy) < 0 || access(path, F_OK) == 0)
        suite_remark(suite, "%s could not be removed as a whole; remove it yourself", path);
}

static int check_folder(struct suite *suite, struct posix_world *world)
{
    struct check_table all[COUNT_OF(tables)];
    for (size_t i = 0; i < COUNT_OF(tables); i++)
        all[i] = *tables[i];
    if (!suite_only_is_known(suite, all, COUNT_OF(all))) {
        suite_remark(suite, "no such check: %s", suite->options.Only);
        return DOKAN_CHECK_ERROR;
    }
    int code = look_at_path(suite, world);
    if (code == DOKAN_CHECK_FINE && !suite->read_only)
        code = start_folder(suite, world);
    if (code)
        return code;
    code = suite_run(suite, all, COUNT_OF(all), run_one);
    remove_folder(suite, world);
    return code;
}

int DOKANAPI DokanCheckFolder(const char *Path, const DOKAN_CHECK_OPTIONS *Options)
{
    struct suite suite;
    struct posix_world world = {.path = Path};
    if (suite_start(&suite, Options) || !Path)
        return DOKAN_CHECK_ERROR;
    world.shared =
        mmap(NULL, sizeof *world.shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (world.shared == MAP_FAILED)
        return DOKAN_CHECK_ERROR;
    suite.world = &world;
    int code = check_folder(&suite, &world);
    munmap(world.shared, sizeof *world.shared);
    return code;
}
