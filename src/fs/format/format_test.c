// SPDX-License-Identifier: MIT
/*
 * What the contract suite cannot ask: limits of `mem`, the walls of `file` with and without openat2 and under
 * attack, what `temp` removes and what it leaves, where application folders are.
 */
#include "base/testing.h"

#include "fs/format/host.h"
#include "fs/format/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern const struct fs_format format_mem, format_file, format_temp, format_userdata, format_userlog,
    format_siteconf;

static const char *folder; /* for temporary files: tests set TMPDIR */
static char top[128];      /* of this test */

static const char *in_top(const char *name)
{
    static char ring[8][512];
    static unsigned turn;
    char *out = ring[turn++ % 8];
    snprintf(out, sizeof ring[0], "%s/%s", top, name);
    return out;
}

static int make_top(void **state)
{
    (void)state;
    snprintf(top, sizeof top, "%.80s/format-test-XXXXXX", folder ? folder : "/tmp");
    return mkdtemp(top) ? 0 : -1;
}

static int remove_top(void **state)
{
    (void)state;
    int fd = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = folder_empty(fd);
    close(fd);
    return rc ? rc : rmdir(top);
}

static struct fs *open_format(const struct fs_format *format, const char *resource, const char *key,
                              const char *value, int *rc)
{
    const struct fs_open_options options = FS_OPEN_OPTIONS;
    const struct fs_param param = {key, value};
    const struct fs_request request = {.size = sizeof request,
                                       .url = "x",
                                       .scheme = format->schemes[0],
                                       .resource = resource,
                                       .container_path = "",
                                       .params = {&param, key ? 1 : 0},
                                       .options = &options};
    struct fs_error error = {0};
    struct fs *fs = NULL;
    *rc = format->open(&request, &fs, &error);
    assert_true(*rc == 0 ? fs != NULL : error.code == *rc && error.text[0]);
    return fs;
}

static int put(struct fs *fs, const char *path, const void *data, size_t size)
{
    struct fs_file *file;
    int rc = fs_open(fs, path, O_RDWR | O_CREAT, 0644, &file);
    if (rc)
        return rc;
    ssize_t done = fs_f_pwrite(fs, file, data, size, 0);
    assert_int_equal(fs_f_close(fs, file), 0);
    return done < 0 ? (int)done : 0;
}

static void put_host(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* ---- mem ---------------------------------------------------------------------------------------------- */

static uint64_t free_bytes(struct fs *fs)
{
    struct fs_space space;
    assert_int_equal(fs_statfs(fs, &space), 0);
    return space.free;
}

static void mem_keeps_its_size(void **state)
{
    (void)state;
    int rc;
    struct fs *fs = open_format(&format_mem, "", "size", "1M", &rc);
    assert_int_equal(rc, 0);
    uint64_t before = free_bytes(fs);
    assert_true(before <= 1 << 20 && before > (1 << 20) - 1000);
    char *data = calloc(1, 1 << 20);
    assert_int_equal(put(fs, "/fits", data, 600000), 0);
    assert_int_equal(put(fs, "/large", data, 600000), -ENOSPC);
    assert_int_equal(fs_remove(fs, "/large"), 0);
    assert_int_equal(fs_symlink(fs, "target", "/link"), 0);
    assert_int_equal(fs_setxattr(fs, "/link", "user.x", data, 1000, 0), 0);
    assert_int_equal(fs_setxattr(fs, "/link", "user.x", data, 10, 0), 0);
    assert_int_equal(fs_rename(fs, "/link", "/another name", 0), 0);
    assert_int_equal(fs_remove(fs, "/another name"), 0);
    assert_int_equal(fs_remove(fs, "/fits"), 0);
    assert_int_equal(free_bytes(fs), before); /* nothing is lost */
    free(data);
    assert_int_equal(fs_close(fs), 0);
}

static void mem_counts_files(void **state)
{
    (void)state;
    int rc;
    struct fs *fs = open_format(&format_mem, "", "files", "3", &rc);
    assert_int_equal(fs_makedir(fs, "/a", 0755), 0);
    assert_int_equal(put(fs, "/a/b", "", 0), 0);
    assert_int_equal(put(fs, "/c", "", 0), -ENOSPC);
    assert_int_equal(fs_link(fs, "/a/b", "/c"), 0);
    assert_int_equal(fs_remove(fs, "/c"), 0);
    assert_int_equal(fs_remove(fs, "/a/b"), 0);
    assert_int_equal(put(fs, "/c", "", 0), 0);
    assert_int_equal(fs_close(fs), 0);
}

static void mem_refuses_nonsense(void **state)
{
    (void)state;
    int rc;
    open_format(&format_mem, "", "size", "1", &rc);
    assert_int_equal(rc, -EINVAL);
    open_format(&format_mem, "", "size", "lots", &rc);
    assert_int_equal(rc, -EINVAL);
}

static int count_one(void *ctx, const char *name, const struct fs_info *info, uint64_t next)
{
    (void)name;
    (void)info;
    (void)next;
    ++*(size_t *)ctx;
    return 0;
}

static void mem_holds_many(void **state)
{
    (void)state;
    const int many = testing_full() ? 1000000 : 50000;
    char path[32];
    struct fs *fs;
    struct fs_info info;
    size_t count = 0;
    assert_int_equal(fs_memory_new(&fs), 0);
    for (int i = 0; i < many; i++) {
        snprintf(path, sizeof path, "/entry-%d", i);
        assert_int_equal(put(fs, path, "", 0), 0);
    }
    assert_int_equal(fs_getinfo(fs, "/entry-777", 0, &info), 0);
    assert_int_equal(fs_scandir(fs, "/", 0, 0, count_one, &count), 0);
    assert_int_equal(count, many);
    for (int i = 0; i < many; i += 3) {
        snprintf(path, sizeof path, "/entry-%d", i);
        assert_int_equal(fs_remove(fs, path), 0);
    }
    assert_int_equal(fs_getinfo(fs, "/entry-3", 0, &info), -ENOENT);
    assert_int_equal(fs_getinfo(fs, "/entry-4", 0, &info), 0);
    assert_int_equal(fs_close(fs), 0); /* with all that is left */
}

static void mem_is_deep(void **state)
{
    (void)state;
    char path[64] = "/d";
    struct fs *fs;
    assert_int_equal(fs_memory_new(&fs), 0);
    assert_int_equal(fs_makedir(fs, "/d", 0755), 0);
    /* Each round puts what is there one deeper. */
    for (int i = 0; i < 20000; i++) {
        assert_int_equal(fs_makedir(fs, "/new", 0755), 0);
        assert_int_equal(fs_rename(fs, path, "/new/d", 0), 0);
        assert_int_equal(fs_rename(fs, "/new", "/d", 0), 0);
    }
    assert_int_equal(fs_close(fs), 0);
}

/* ---- file --------------------------------------------------------------------------------------------- */

static struct fs *open_host(const char *path, bool walks)
{
    struct fs *fs;
    assert_int_equal(fs_directory_new(path, &fs), 0);
    if (walks)
        host_of(fs)->walks = true;
    return fs;
}

static void file_stays_inside(bool walks)
{
    struct fs_info info;
    struct fs_file *file;
    char buf[256];
    assert_int_equal(mkdir(in_top("root"), 0755), 0);
    put_host(in_top("secret"), "secret");
    assert_int_equal(symlink("../secret", in_top("root/out")), 0);
    assert_int_equal(symlink("..", in_top("root/up")), 0);
    assert_int_equal(symlink("/", in_top("root/slash")), 0);
    struct fs *fs = open_host(in_top("root"), walks);
    assert_int_equal(fs_getinfo(fs, "/out", 0, &info), 0);
    assert_int_equal(info.type, FS_TYPE_SYMLINK);
    assert_int_equal(fs_readlink(fs, "/out", buf, sizeof buf), 0);
    assert_string_equal(buf, "../secret");
    assert_int_equal(fs_open(fs, "/out", O_RDONLY, 0, &file), -ELOOP);
    assert_int_equal(fs_open(fs, "/up/secret", O_RDONLY, 0, &file), -ENOTDIR);
    assert_int_equal(fs_open(fs, "/slash/etc/passwd", O_RDONLY, 0, &file), -ENOTDIR);
    assert_int_equal(fs_getinfo(fs, "/up/secret", 0, &info), -ENOTDIR);
    assert_int_equal(fs_remove(fs, "/up/secret"), -ENOTDIR);
    assert_int_equal(fs_rename(fs, "/out", "/up/taken", 0), -ENOTDIR);
    assert_int_equal(fs_link(fs, "/up/secret", "/taken"), -ENOTDIR);
    assert_true(fs_getxattr(fs, "/out", "user.x", buf, sizeof buf) == -ENODATA);
    assert_int_equal(fs_access(fs, "/up/secret", R_OK), -ENOTDIR);
    assert_int_equal(access(in_top("secret"), F_OK), 0);
    assert_int_equal(fs_close(fs), 0);
}

static void file_stays_inside_by_openat2(void **state)
{
    (void)state;
    file_stays_inside(false);
}

static void file_stays_inside_by_walking(void **state)
{
    (void)state;
    file_stays_inside(true);
}

static atomic_bool over;

/* Puts a link to the outside in the place of a directory, and back, as fast as it can. */
static void *swap_directory(void *arg)
{
    (void)arg;
    while (!over) {
        renameat2(AT_FDCWD, in_top("root/d"), AT_FDCWD, in_top("root/link"), RENAME_EXCHANGE);
    }
    return NULL;
}

static void file_under_attack(bool walks)
{
    pthread_t thread;
    int insides = 0;
    assert_int_equal(mkdir(in_top("root"), 0755), 0);
    assert_int_equal(mkdir(in_top("root/d"), 0755), 0);
    assert_int_equal(mkdir(in_top("outside"), 0755), 0);
    put_host(in_top("root/d/f"), "inside");
    put_host(in_top("outside/f"), "outside");
    assert_int_equal(symlink("../outside", in_top("root/link")), 0);
    struct fs *fs = open_host(in_top("root"), walks);
    over = false;
    assert_int_equal(pthread_create(&thread, NULL, swap_directory, NULL), 0);
    for (int i = 0; i < 20000; i++) {
        struct fs_file *file;
        char buf[16];
        int rc = fs_open(fs, "/d/f", O_RDONLY, 0, &file);
        assert_true(rc == 0 || rc == -ENOTDIR || rc == -ENOENT || rc == -EAGAIN);
        if (rc)
            continue;
        assert_int_equal(fs_f_pread(fs, file, buf, sizeof buf, 0), 6);
        assert_memory_equal(buf, "inside", 6);
        insides++;
        fs_f_close(fs, file);
        rc = fs_makedir(fs, "/d/made", 0755);
        assert_true(rc == 0 || rc == -EEXIST || rc == -ENOTDIR || rc == -ENOENT || rc == -EAGAIN);
    }
    over = true;
    pthread_join(thread, NULL);
    assert_true(insides > 0);
    assert_int_equal(access(in_top("outside/made"), F_OK), -1);
    assert_int_equal(fs_close(fs), 0);
}

static void file_under_attack_by_openat2(void **state)
{
    (void)state;
    file_under_attack(false);
}

static void file_under_attack_by_walking(void **state)
{
    (void)state;
    file_under_attack(true);
}

static void file_special(void **state)
{
    (void)state;
    struct fs_file *file;
    struct fs_info info;
    assert_int_equal(mkfifo(in_top("fifo"), 0644), 0);
    struct fs *fs = open_host(top, false);
    assert_int_equal(fs_getinfo(fs, "/fifo", 0, &info), 0);
    assert_int_equal(info.type, FS_TYPE_FIFO);
    assert_int_equal(fs_open(fs, "/fifo", O_RDONLY, 0, &file), -ENXIO); /* and does not wait */
    assert_int_equal(fs_open(fs, "/fifo", O_RDWR, 0, &file), -ENXIO);
    assert_int_equal(fs_close(fs), 0);
}

static void file_creates(void **state)
{
    (void)state;
    int rc;
    open_format(&format_file, in_top("x/y/z"), NULL, NULL, &rc);
    assert_int_equal(rc, -ENOENT);
    struct fs *fs = open_format(&format_file, in_top("x/y/z"), "create", "1", &rc);
    assert_int_equal(rc, 0);
    fs_close(fs);
    fs = open_format(&format_file, in_top("x/y/z"), "create", "", &rc);
    assert_int_equal(rc, 0);
    fs_close(fs);
    open_format(&format_file, in_top("x"), "create", "maybe", &rc);
    assert_int_equal(rc, -EINVAL);
    put_host(in_top("f"), "");
    open_format(&format_file, in_top("f"), NULL, NULL, &rc);
    assert_int_equal(rc, -ENOTDIR);
    open_format(&format_file, "", NULL, NULL, &rc);
    assert_int_equal(rc, -EINVAL);
}

static void file_xattrs_of_users_only(void **state)
{
    (void)state;
    char buf[64];
    struct fs *fs = open_host(top, false);
    assert_int_equal(put(fs, "/f", "", 0), 0);
    assert_int_equal(fs_setxattr(fs, "/f", "trusted.x", "1", 1, 0), -EOPNOTSUPP);
    assert_int_equal(fs_setxattr(fs, "/f", "security.capability", "1", 1, 0), -EOPNOTSUPP);
    assert_true(fs_getxattr(fs, "/f", "security.selinux", buf, sizeof buf) == -ENODATA);
    assert_int_equal(fs_close(fs), 0);
}

/* ---- temp --------------------------------------------------------------------------------------------- */

static struct fs *open_temp(const char *name, char path[256])
{
    int rc;
    setenv("TMPDIR", top, 1);
    struct fs *fs = open_format(&format_temp, name, NULL, NULL, &rc);
    assert_int_equal(rc, 0);
    assert_int_equal(fs_getospath(fs, "/", path, 256), 0);
    return fs;
}

static void temp_goes(void **state)
{
    (void)state;
    char path[256], deep[400];
    struct stat st;
    put_host(in_top("bystander"), "text");
    assert_int_equal(mkdir(in_top("beside"), 0755), 0);
    put_host(in_top("beside/f"), "text");
    struct fs *fs = open_temp("my/name", path);
    assert_non_null(strstr(path, "/my_name-"));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(fs_makedir(fs, "/d", 0755), 0);
    assert_int_equal(put(fs, "/d/f", "x", 1), 0);
    assert_int_equal(fs_symlink(fs, in_top("beside"), "/link"), 0);
    assert_int_equal(fs_symlink(fs, in_top("bystander"), "/d/link"), 0);
    assert_int_equal(fs_makedir(fs, "/locked", 0755), 0);
    assert_int_equal(put(fs, "/locked/f", "x", 1), 0);
    snprintf(deep, sizeof deep, "%s/locked", path);
    assert_int_equal(chmod(deep, 0), 0);
    for (int i = 0; i < 3000; i++) { /* deeper than any path */
        assert_int_equal(fs_makedir(fs, "/new", 0755), 0);
        assert_int_equal(fs_rename(fs, "/d", "/new/d", 0), 0);
        assert_int_equal(fs_rename(fs, "/new", "/d", 0), 0);
    }
    assert_int_equal(fs_close(fs), 0);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(access(in_top("bystander"), F_OK), 0);
    assert_int_equal(access(in_top("beside/f"), F_OK), 0);
}

static void temp_of_two_processes(void **state)
{
    (void)state;
    char path[256];
    int status;
    struct fs *fs = open_temp("", path);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(fs_close(fs) == 0 && access(path, F_OK) == 0 ? 0 : 1); /* not the last: it stays */
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(fs_close(fs), 0);
    assert_int_equal(access(path, F_OK), -1);
}

static void temp_was_replaced(void **state)
{
    (void)state;
    char path[256];
    struct fs *fs = open_temp("swap", path);
    assert_int_equal(put(fs, "/f", "x", 1), 0);
    assert_int_equal(rename(path, in_top("moved")), 0);
    assert_int_equal(mkdir(path, 0755), 0);
    assert_int_equal(fs_close(fs), 0);
    assert_int_equal(access(path, F_OK), 0); /* somebody else's */
    assert_int_equal(access(in_top("moved/f"), F_OK), -1);
}

/* ---- application folders ------------------------------------------------------------------------------ */

static void app_is_at(const struct fs_format *format, const char *resource, const char *tail)
{
    char path[512];
    int rc;
    open_format(format, resource, NULL, NULL, &rc);
    assert_int_equal(rc, -ENOENT);
    struct fs *fs = open_format(format, resource, "create", "1", &rc);
    assert_int_equal(rc, 0);
    assert_int_equal(fs_getospath(fs, "/", path, sizeof path), 0);
    assert_string_equal(path, in_top(tail));
    fs_close(fs);
}

static void app_folders(void **state)
{
    (void)state;
    int rc;
    setenv("HOME", top, 1);
    unsetenv("XDG_DATA_HOME");
    setenv("XDG_CACHE_HOME", in_top("cache"), 1);
    char list[600];
    snprintf(list, sizeof list, "%s:/elsewhere", in_top("etc"));
    setenv("XDG_CONFIG_DIRS", list, 1);
    app_is_at(&format_userdata, "app", ".local/share/app");
    app_is_at(&format_userdata, "two:author", ".local/share/two");
    app_is_at(&format_userdata, "app:author:1.0", ".local/share/app/1.0");
    app_is_at(&format_userlog, "app:author:1.0", "cache/app/1.0/log");
    app_is_at(&format_siteconf, "app", "etc/app");
    static const char *const bad[] = {"", ":author", "..", "a/b", "app:author:..", "app:author:a/b"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        open_format(&format_userdata, bad[i], NULL, NULL, &rc);
        assert_int_equal(rc, -EINVAL);
    }
}

/* ---- listings over a fork ------------------------------------------------------------------------------ */

struct seen {
    unsigned count, most;
    uint64_t cursor;
};

static int see(void *ctx, const char *name, const struct fs_info *info, uint64_t next)
{
    struct seen *seen = ctx;
    (void)name;
    (void)info;
    seen->cursor = next;
    return ++seen->count >= seen->most;
}

/* A listing goes on where it was, also when a child that shares the descriptor has read on. */
static void file_lists_beside_a_child(void **state)
{
    (void)state;
    enum { FILES = 3000, FIRST = 10 };
    struct seen seen = {.most = FIRST};
    struct fs *fs;
    int status;
    assert_int_equal(fs_directory_new(top, &fs), 0);
    for (int i = 0; i < FILES; i++) {
        char path[32];
        snprintf(path, sizeof path, "/%d", i);
        assert_int_equal(put(fs, path, "", 0), 0);
    }
    assert_int_equal(fs_scandir(fs, "/", 0, 0, see, &seen), 0);
    assert_int_equal(seen.count, FIRST);
    seen.most = UINT_MAX;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(fs_scandir(fs, "/", 0, seen.cursor, see, &seen) == 0 && seen.count == FILES ? 0 : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(fs_scandir(fs, "/", 0, seen.cursor, see, &seen), 0);
    assert_int_equal(seen.count, FILES);
    fs_close(fs);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_top, remove_top)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(mem_keeps_its_size),
        TEST(mem_counts_files),
        TEST(mem_refuses_nonsense),
        TEST(mem_holds_many),
        TEST(mem_is_deep),
        TEST(file_stays_inside_by_openat2),
        TEST(file_stays_inside_by_walking),
        TEST(file_under_attack_by_openat2),
        TEST(file_under_attack_by_walking),
        TEST(file_special),
        TEST(file_creates),
        TEST(file_xattrs_of_users_only),
        TEST(file_lists_beside_a_child),
        TEST(temp_goes),
        TEST(temp_of_two_processes),
        TEST(temp_was_replaced),
        TEST(app_folders),
    };
    const char *told = getenv("TMPDIR");
    folder = told ? strdup(told) : NULL;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
