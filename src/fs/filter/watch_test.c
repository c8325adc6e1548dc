// SPDX-License-Identifier: MIT
// log and stats, and the layer that they share: every method goes through unchanged and is seen once.
#include "fs/filter/fixture.h"

#include "base/io.h"
#include "fs/filter/tap.h"
#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char folder[] = "/tmp/xdokan-watch-XXXXXX";
static char file_path[64], spec[128];

static int make_folder(void **state)
{
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    unlink(file_path);
    return rmdir(folder);
}

static const char *with_file(const char *filter)
{
    snprintf(file_path, sizeof file_path, "%s/out", folder);
    unlink(file_path);
    snprintf(spec, sizeof spec, "%s%sfile=%s", filter, strchr(filter, ':') ? "," : ":", file_path);
    return spec;
}

static const char *written(void)
{
    static char text[65536];
    if (read_file_small(file_path, text, sizeof text) < 0)
        fail_msg("%s was not written", file_path);
    return text;
}

static int lines(const char *text)
{
    int n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

static uint64_t counter(struct fs *fs, const char *method, const char *column)
{
    char key[64], value[32];
    snprintf(key, sizeof key, "stats.%s.%s", method, column);
    WANT(0, fs_getmeta(fs, key, value, sizeof value));
    return strtoull(value, NULL, 10);
}

/* One call of every kind, on any stack over memory; the results are those of memory alone. */
static void call_everything(struct fs *fs)
{
    struct fs_info info, times = {.valid = FS_INFO_MTIME, .mtime = 5000000000};
    struct fs_space space;
    struct fs_file *file;
    struct names names;
    char buf[64];
    struct flock lock = {.l_type = F_RDLCK};
    WANT(0, fs_makedir(fs, "/d", 0755));
    WANT(0, fs_open(fs, "/d/f", O_RDWR | O_CREAT, 0644, &file));
    WANT(5, fs_f_pwrite(fs, file, "12345", 5, 0));
    WANT(2, fs_f_pread(fs, file, buf, sizeof buf, 3));
    WANT(0, fs_f_truncate(fs, file, 3));
    WANT(0, fs_f_flush(fs, file));
    WANT(0, fs_f_fsync(fs, file));
    WANT(0, fs_f_getinfo(fs, file, FS_INFO_SIZE, &info));
    assert_int_equal(info.size, 3);
    fs_f_lock(fs, file, F_OFD_GETLK, &lock);
    WANT(0, fs_f_close(fs, file));
    WANT(0, fs_setinfo(fs, "/d/f", &times));
    WANT(0, fs_getinfo(fs, "/d/f", FS_INFO_ALL, &info));
    assert_int_equal(info.mtime, 5000000000);
    WANT(0, fs_symlink(fs, "f", "/d/l"));
    WANT(0, fs_readlink(fs, "/d/l", buf, sizeof buf));
    WANT(0, fs_link(fs, "/d/f", "/d/g"));
    assert_string_equal(list(fs, "/d", &names), "f|g|l");
    WANT(0, fs_setxattr(fs, "/d/f", "user.a", "secret", 6, 0));
    WANT(6, fs_getxattr(fs, "/d/f", "user.a", buf, sizeof buf));
    WANT(7, fs_listxattr(fs, "/d/f", buf, sizeof buf));
    WANT(0, fs_removexattr(fs, "/d/f", "user.a"));
    WANT(0, fs_rename(fs, "/d/g", "/d/h", 0));
    WANT(0, fs_access(fs, "/d/h", R_OK));
    WANT(0, fs_statfs(fs, &space));
    WANT(0, fs_remove(fs, "/d/f"));
    WANT(0, fs_remove(fs, "/d/h"));
    WANT(0, fs_remove(fs, "/d/l"));
    WANT(0, fs_removedir(fs, "/d"));
    WANT(-ENOENT, fs_getinfo(fs, "/d", 0, &info));
}

static void every_method_is_counted(void **state)
{
    struct fs *fs = memory();
    add(&fs, with_file("stats"));
    call_everything(fs);
    for (int i = 0; i < TAP_COUNT; i++) {
        uint64_t want = i == TAP_REMOVE ? 3 : i == TAP_GETINFO ? 2 : 1;
        if (counter(fs, tap_names[i], "calls") != want)
            fail_msg("%s: %u calls counted, not %u", tap_names[i],
                     (unsigned)counter(fs, tap_names[i], "calls"), (unsigned)want);
        assert_true(counter(fs, tap_names[i], "total_ns") >= counter(fs, tap_names[i], "longest_ns"));
    }
    assert_int_equal(counter(fs, "getinfo", "errors"), 1);
    assert_int_equal(counter(fs, "remove", "errors"), 0);
    assert_int_equal(counter(fs, "pwrite", "bytes"), 5);
    assert_int_equal(counter(fs, "pread", "bytes"), 2);
    assert_true(counter(fs, "open", "longest_ns") > 0);
    WANT(0, fs_close(fs));
}

static void stats_are_a_text_and_are_written_at_the_end(void **state)
{
    struct fs *fs = memory();
    char text[4096], tiny[8];
    add(&fs, with_file("stats"));
    WANT(0, put(fs, "/a", "12345"));
    WANT(0, fs_getmeta(fs, "stats", text, sizeof text));
    assert_int_equal(lines(text), 4);
    assert_non_null(strstr(text, "pwrite                1          0              5"));
    WANT(-ERANGE, fs_getmeta(fs, "stats", tiny, sizeof tiny));
    WANT(-ERANGE, fs_getmeta(fs, "stats.pwrite.bytes", tiny, 1));
    WANT(-ENODATA, fs_getmeta(fs, "stats.pwrite.colour", text, sizeof text));
    WANT(-ENODATA, fs_getmeta(fs, "stats.colour.calls", text, sizeof text));
    WANT(-ENODATA, fs_getmeta(fs, "statistics", text, sizeof text));
    assert_string_equal(written(), "");
    WANT(0, fs_close(fs));
    assert_string_equal(written(), text);
}

static void stats_that_saw_nothing_say_nothing(void **state)
{
    struct fs *fs = memory();
    add(&fs, with_file("stats"));
    WANT(0, fs_close(fs));
    assert_string_equal(written(), "");
    fs = memory();
    refuse(fs, "stats:file=/missing/folder/x", -ENOENT, "/missing/folder/x");
    fs_close(fs);
}

/* As a mount in the background does: the object is copied into a child, which ends later. */
static void the_copy_that_ends_last_writes_the_table(void **state)
{
    struct fs *fs = memory();
    int gate[2], status;
    char c;
    add(&fs, with_file("stats"));
    look(fs, "/");
    assert_int_equal(pipe(gate), 0);
    pid_t child = fork();
    if (child == 0) {
        close(gate[1]);
        ssize_t n = read(gate[0], &c, 1);
        look(fs, "/");
        _exit(fs_close(fs) == 0 && n == 0 ? 0 : 1);
    }
    WANT(0, fs_close(fs));
    close(gate[0]);
    close(gate[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(lines(written()), 2);
    assert_non_null(strstr(written(), "getinfo               2          0"));
}

static void *count_a_thousand(void *arg)
{
    for (int i = 0; i < 1000; i++)
        look(arg, "/");
    return NULL;
}

static void stats_of_threads_lose_nothing(void **state)
{
    struct fs *fs = memory();
    pthread_t threads[4];
    add(&fs, with_file("stats"));
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_a_thousand, fs), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(counter(fs, "getinfo", "calls"), 4000);
    fs_close(fs);
}

static void a_stack_of_watchers_asks_once(void **state)
{
    struct fs *fs = memory();
    char value[16];
    add(&fs, with_file("stats"));
    for (int i = 0; i < 28; i++)
        add(&fs, i % 2 ? "delay" : "error:rate=0");
    call_everything(fs);
    assert_int_equal(counter(fs, "open", "calls"), 1);
    WANT(-ENODATA, fs_getmeta(fs, "missing", value, sizeof value));
    fs_close(fs);
}

static void nobody_reads_around_a_watcher(void **state)
{
    struct fs *fs = NULL;
    char path[256];
    WANT(0, fs_directory_new(folder, &fs));
    WANT(0, fs_getospath(fs, "/", path, sizeof path));
    add(&fs, "delay:ms=0");
    WANT(-ENODATA, fs_getospath(fs, "/", path, sizeof path));
    fs_close(fs);
}

/* ---- log -------------------------------------------------------------------------------------------------
 */

static void a_line_per_call(void **state)
{
    struct fs *fs = memory();
    add(&fs, with_file("log"));
    call_everything(fs);
    fs_close(fs);
    const char *text = written();
    assert_int_equal(lines(text), TAP_COUNT + 3);
    assert_non_null(strstr(text, " open \"/d/f\" read+write+create -> 0 "));
    assert_non_null(strstr(text, " pwrite \"/d/f\" 5 at 0 -> 5 "));
    assert_non_null(strstr(text, " pread \"/d/f\" 64 at 3 -> 2 "));
    assert_non_null(strstr(text, " truncate \"/d/f\" to 3 -> 0 "));
    assert_non_null(strstr(text, " scandir \"/d\" -> 3 entries "));
    assert_non_null(strstr(text, " rename \"/d/g\" \"/d/h\" -> 0 "));
    assert_non_null(strstr(text, " symlink \"/d/l\" \"f\" -> 0 "));
    assert_non_null(strstr(text, " setxattr \"/d/f\" \"user.a\" -> 0 "));
    assert_non_null(strstr(text, " getinfo \"/d\" -> ENOENT "));
    assert_non_null(strstr(text, " statfs -> 0 "));
    assert_non_null(strstr(text, " us\n"));
    assert_null(strstr(text, "secret"));
    assert_null(strstr(text, "12345"));
    struct stat st;
    assert_int_equal(stat(file_path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void levels(void **state)
{
    struct fs *fs = memory();
    add(&fs, with_file("log:level=errors"));
    look(fs, "/");
    look(fs, "/missing");
    fs_close(fs);
    assert_int_equal(lines(written()), 1);
    assert_non_null(strstr(written(), "\"/missing\" -> ENOENT"));
    fs = memory();
    add(&fs, with_file("log:level=trace"));
    look(fs, "/");
    fs_close(fs);
    assert_int_equal(lines(written()), 2);
    assert_non_null(strstr(written(), " getinfo \"/\" ...\n"));
    fs = memory();
    refuse(fs, "log:level=all", -EINVAL, "trace");
    refuse(fs, "log:file=/missing/folder/x", -ENOENT, "/missing/folder/x");
    fs_close(fs);
}

static void lines_are_appended(void **state)
{
    for (int i = 0; i < 2; i++) {
        struct fs *fs = memory();
        if (i == 0)
            with_file("log");
        add(&fs, spec);
        look(fs, "/");
        fs_close(fs);
    }
    assert_int_equal(lines(written()), 2);
}

static void names_cannot_forge_lines(void **state)
{
    static const struct {
        const char *path, *quoted;
    } rows[] = {
        {"/a b", "\"/a b\""},
        {"/q\"b\\", "\"/q\\\"b\\\\\""},
        {"/x\n12:00:00 open", "\"/x\\x0a12:00:00 open\""},
        {"/\x1b[2J", "\"/\\x1b[2J\""},
        {"/\x7f", "\"/\\x7f\""},
        {"/\xc3\xa4\xe6\x97\xa5", "\"/\xc3\xa4\xe6\x97\xa5\""},
        {"/\xff\xc3", "\"/\\xff\\xc3\""},
        {"/\xc2\x9b"
         "31m",
         "\"/\\xc2\\x9b31m\""},
        {"/\xe2\x80\xae"
         "gpj.exe",
         "\"/\\xe2\\x80\\xaegpj.exe\""},
    };
    struct fs *fs = memory();
    add(&fs, with_file("log"));
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        look(fs, rows[i].path);
    fs_close(fs);
    assert_int_equal(lines(written()), COUNT_OF(rows));
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (!strstr(written(), rows[i].quoted))
            fail_msg("%s is not in the log: %s", rows[i].quoted, written());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_method_is_counted),
        cmocka_unit_test(stats_are_a_text_and_are_written_at_the_end),
        cmocka_unit_test(stats_that_saw_nothing_say_nothing),
        cmocka_unit_test(the_copy_that_ends_last_writes_the_table),
        cmocka_unit_test(stats_of_threads_lose_nothing),
        cmocka_unit_test(a_stack_of_watchers_asks_once),
        cmocka_unit_test(nobody_reads_around_a_watcher),
        cmocka_unit_test(a_line_per_call),
        cmocka_unit_test(levels),
        cmocka_unit_test(lines_are_appended),
        cmocka_unit_test(names_cannot_forge_lines),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
