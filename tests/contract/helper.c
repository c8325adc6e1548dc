// SPDX-License-Identifier: MIT
/*
 * Verdicts and shorthands of the contract suite. One lock guards a test's verdict: its threads report too.
 */
#include "contract.h"

#include <pthread.h>

static pthread_mutex_t verdict_lock = PTHREAD_MUTEX_INITIALIZER;

const char *error_name(long long error)
{
    const char *name = strerrorname_np((int)(error < 0 ? -error : error));
    return name ? name : "?";
}

bool check_at(struct test *t, int line, bool good, const char *fmt, ...)
{
    if (good)
        return true;
    char text[500];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    pthread_mutex_lock(&verdict_lock);
    if (t->failures++ == 0)
        snprintf(t->why, sizeof t->why, "line %d: %s", line, text);
    pthread_mutex_unlock(&verdict_lock);
    return false;
}

bool same_at(struct test *t, int line, const char *what, long long actual, long long expected)
{
    return check_at(t, line, actual == expected, "%s is %lld, not %lld", what, actual, expected);
}

static void put_result(char *out, size_t size, long long value)
{
    if (value < 0)
        snprintf(out, size, "-%s", error_name(value));
    else
        snprintf(out, size, "%lld", value);
}

bool gives_at(struct test *t, int line, const char *what, long long actual, long long expected)
{
    char is[40], should[40];
    put_result(is, sizeof is, actual);
    put_result(should, sizeof should, expected);
    return check_at(t, line, actual == expected, "%s gives %s, not %s", what, is, should);
}

void skip(struct test *t, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(t->why, sizeof t->why, fmt, args);
    va_end(args);
    t->skipped = true;
}

const char *at(const struct test *t, const char *name, ...)
{
    static _Thread_local char ring[16][2048];
    static _Thread_local unsigned turn;
    char *out = ring[turn++ % 16];
    int length = snprintf(out, sizeof ring[0], "%s/", t->dir);
    va_list args;
    va_start(args, name);
    vsnprintf(out + length, sizeof ring[0] - (size_t)length, name, args);
    va_end(args);
    return out;
}

int put(struct test *t, const char *path, const void *data, size_t size)
{
    struct fs_file *file;
    int rc = fs_open(t->fs, path, O_WRONLY | O_CREAT | O_TRUNC, 0644, &file);
    if (rc)
        return rc;
    ssize_t done = size ? fs_f_pwrite(t->fs, file, data, size, 0) : 0;
    rc = fs_f_flush(t->fs, file);
    int at_close = fs_f_close(t->fs, file);
    return done < 0 ? (int)done : rc ? rc : at_close;
}

int put_text(struct test *t, const char *path, const char *text)
{
    return put(t, path, text, strlen(text));
}

ssize_t get(struct test *t, const char *path, void *buf, size_t size)
{
    struct fs_file *file;
    int rc = fs_open(t->fs, path, O_RDONLY, 0, &file);
    if (rc)
        return rc;
    ssize_t done = fs_f_pread(t->fs, file, buf, size, 0);
    rc = fs_f_close(t->fs, file);
    return rc ? rc : done;
}

bool holds_text(struct test *t, const char *path, const char *text)
{
    char buf[256];
    ssize_t size = get(t, path, buf, sizeof buf);
    return size == (ssize_t)strlen(text) && memcmp(buf, text, (size_t)size) == 0;
}

int type_of(struct test *t, const char *path)
{
    struct fs_info info;
    int rc = fs_getinfo(t->fs, path, 0, &info);
    return rc ? rc : (int)info.type;
}

int64_t size_of(struct test *t, const char *path)
{
    struct fs_info info;
    int rc = fs_getinfo(t->fs, path, FS_INFO_SIZE, &info);
    return rc ? rc : (int64_t)info.size;
}

struct fs_info info_of(struct test *t, const char *path)
{
    struct fs_info info = {0};
    int rc = fs_getinfo(t->fs, path, FS_INFO_ALL, &info);
    check_at(t, __LINE__, rc == 0, "getinfo of %.200s gives -%s", path, error_name(rc));
    return info;
}

struct fs_file *opened(struct test *t, const char *path, int flags)
{
    struct fs_file *file = NULL;
    int rc = fs_open(t->fs, path, flags, 0644, &file);
    check_at(t, __LINE__, rc == 0, "open of %.200s with 0%o gives -%s", path, (unsigned)flags,
             error_name(rc));
    return rc ? NULL : file;
}

void closed(struct test *t, struct fs_file *file)
{
    if (file)
        WORKS(t, fs_f_close(t->fs, file));
}

void pattern(unsigned char *buf, size_t size, uint64_t offset)
{
    for (size_t i = 0; i < size; i++)
        buf[i] = (unsigned char)((offset + i) * 31 + ((offset + i) >> 11) + 7);
}

int64_t pattern_differs(const unsigned char *buf, size_t size, uint64_t offset)
{
    for (size_t i = 0; i < size; i++)
        if (buf[i] != (unsigned char)((offset + i) * 31 + ((offset + i) >> 11) + 7))
            return (int64_t)i;
    return -1;
}

uint64_t next_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    uint64_t value = *state;
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
    value = (value ^ value >> 27) * 0x94d049bb133111ebu;
    return value ^ value >> 31;
}

/* ---- listings ----------------------------------------------------------------------------------------- */

static int take_name(void *ctx, const char *name, const struct fs_info *info, uint64_t next)
{
    struct names *names = ctx;
    if (names->count == names->room) {
        names->room = names->room ? names->room * 2 : 64;
        names->at = realloc(names->at, names->room * sizeof *names->at);
        names->info = realloc(names->info, names->room * sizeof *names->info);
        names->next = realloc(names->next, names->room * sizeof *names->next);
        if (!names->at || !names->info || !names->next)
            abort();
    }
    snprintf(names->at[names->count], FS_NAME_MAX + 1, "%s", name);
    names->info[names->count] = *info;
    names->next[names->count] = next;
    names->count++;
    return names->stop_after && names->count == names->stop_after;
}

int list(struct test *t, const char *path, uint64_t cursor, uint32_t want, struct names *out)
{
    out->count = 0;
    return fs_scandir(t->fs, path, want, cursor, take_name, out);
}

void names_free(struct names *names)
{
    free(names->at);
    free(names->info);
    free(names->next);
}

size_t names_count(const struct names *names, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < names->count; i++)
        count += strcmp(names->at[i], name) == 0;
    return count;
}

/* ---- what an object offers ---------------------------------------------------------------------------- */

bool not_offered(long long rc)
{
    return rc == -EOPNOTSUPP || rc == -ENOSYS || rc == -EPERM;
}

static bool offered(struct test *t, int rc, const char *what)
{
    if (not_offered(rc))
        skip(t, "the object has no %s (-%s)", what, error_name(rc));
    return !not_offered(rc);
}

bool offers_symlinks(struct test *t)
{
    int rc = fs_symlink(t->fs, "somewhere", at(t, "probe"));
    if (rc == 0)
        fs_remove(t->fs, at(t, "probe"));
    return offered(t, rc, "symbolic links");
}

bool offers_links(struct test *t)
{
    put_text(t, at(t, "probe-1"), "");
    int rc = fs_link(t->fs, at(t, "probe-1"), at(t, "probe-2"));
    if (rc == 0)
        fs_remove(t->fs, at(t, "probe-2"));
    fs_remove(t->fs, at(t, "probe-1"));
    return offered(t, rc, "hard links");
}

bool offers_xattrs(struct test *t)
{
    put_text(t, at(t, "probe"), "");
    int rc = fs_setxattr(t->fs, at(t, "probe"), "user.probe", "1", 1, 0);
    fs_remove(t->fs, at(t, "probe"));
    return offered(t, rc, "extended attributes");
}

bool offers_rename_flag(struct test *t, uint32_t flag)
{
    put_text(t, at(t, "probe-1"), "");
    if (flag == FS_RENAME_EXCHANGE)
        put_text(t, at(t, "probe-2"), "");
    int rc = fs_rename(t->fs, at(t, "probe-1"), at(t, "probe-2"), flag);
    fs_remove(t->fs, at(t, "probe-1"));
    fs_remove(t->fs, at(t, "probe-2"));
    return offered(t, rc == -EINVAL ? -EOPNOTSUPP : rc, "such renaming");
}

bool offers_fact(struct test *t, uint32_t bit, const char *name)
{
    struct fs_info info = {0};
    put_text(t, at(t, "probe"), "");
    fs_getinfo(t->fs, at(t, "probe"), FS_INFO_ALL, &info);
    fs_remove(t->fs, at(t, "probe"));
    if (!(info.valid & bit))
        skip(t, "the object does not tell the %s", name);
    return info.valid & bit;
}

/* ---- threads ------------------------------------------------------------------------------------------ */

struct job {
    struct test *t;
    unsigned number;
    void (*run)(struct test *t, unsigned number);
    pthread_barrier_t *start;
};

static void *run_job(void *arg)
{
    struct job *job = arg;
    pthread_barrier_wait(job->start);
    job->run(job->t, job->number);
    return NULL;
}

void in_threads(struct test *t, void (*run)(struct test *t, unsigned number))
{
    pthread_t threads[THREADS];
    struct job jobs[THREADS];
    pthread_barrier_t start;
    pthread_barrier_init(&start, NULL, THREADS);
    for (unsigned i = 0; i < THREADS; i++) {
        jobs[i] = (struct job){t, i, run, &start};
        if (pthread_create(&threads[i], NULL, run_job, &jobs[i]) != 0)
            abort();
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&start);
}
