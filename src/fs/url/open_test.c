// SPDX-License-Identifier: MIT
/* Opening by URL: stages, containers in containers, links, parameters. */
#include "base/testing.h"
#include "fs/url/registry.h"
#include "fs/url/url.h"

#include "open_sample.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Linked in for their rows in the table of filters. */
extern const struct fs_filter filter_sub, filter_readonly;

static void gives(const char *url, const char *path, const char *what)
{
    CLEANUP_FS struct fs *fs = NULL;
    char *inside = NULL;
    struct fs_error error = {0};
    if (fs_open_url(url, NULL, &fs, &inside, &error))
        fail_msg("%s: %s", url, error.text);
    if (strcmp(inside, path) != 0 || strncmp(content(fs, inside), what, strlen(what)) != 0)
        fail_msg("%s gave %s: %s", url, inside, content(fs, inside));
    free(inside);
}

static void test_places(void **state)
{
    static const char *const rows[][3] = {
        /* this machine */
        {".", "/", "dir"},
        {"folder", "/", "dir"},
        {"folder/", "/", "dir"},
        {"~/folder", "/", "dir"},
        {"~", "/", "dir"},
        {"plain.txt", "/plain.txt", "just text"},
        {"./plain.txt", "/plain.txt", "just text"},
        {"folder/../plain.txt", "/plain.txt", "just text"},
        {"file:plain.txt", "/plain.txt", "just text"},
        {"file://plain.txt", "/plain.txt", "just text"},
        {"file://%70lain.txt", "/plain.txt", "just text"},
        {"empty", "/empty", ""},
        {"disk.img", "/disk.img", "hsqs"},
        /* inside a folder */
        {"folder!", "/", "dir"},
        {".!/folder", "/folder", "dir"},
        {".!plain.txt", "/plain.txt", "just text"},
        /* an archive */
        {"outer.toy", "/", "dir"},
        {"link.toy", "/", "dir"},
        {"outer.toy!", "/", "dir"},
        {"outer.toy!/", "/", "dir"},
        {"outer.toy!/a.txt", "/a.txt", "hello"},
        {"outer.toy!a.txt", "/a.txt", "hello"},
        {"outer.toy!/dir", "/dir", "dir"},
        {"outer.toy!//dir/./b.txt", "/dir/b.txt", "b"},
        {"outer.toy!/dir/../a.txt", "/a.txt", "hello"},
        {"toy:outer.toy!/a.txt", "/a.txt", "hello"},
        {"toy://outer.toy!/a.txt", "/a.txt", "hello"},
        {"TOY://~/outer.toy!/a.txt", "/a.txt", "hello"},
        {"toy2://outer.toy!/a.txt", "/a.txt", "hello"},
        {"toy:file:outer.toy!/a.txt", "/a.txt", "hello"},
        {"toy:file://outer.toy!/a.txt", "/a.txt", "hello"},
        {"folder!/outer.toy!/a.txt", "/a.txt", "hello"},
        {"file://folder!/outer.toy!/a.txt", "/a.txt", "hello"},
        /* several times `!` in an object that did not end */
        {"outer.toy!/dir!b.txt", "/dir/b.txt", "b"},
        {"toy://outer.toy!/dir!/a.txt", "/a.txt", "hello"},
        /* an archive in an archive */
        {"outer.toy!/dir/in.toy", "/", "dir"},
        {"outer.toy!/dir/in.toy!/deep", "/deep", "deepest"},
        {"toy://outer.toy!/dir/in.toy!/sub/x", "/sub/x", "x"},
        {"toy:toy:outer.toy!dir/in.toy!deep", "/deep", "deepest"},
        {"toy:toy://outer.toy!dir/in.toy!deep", "/deep", "deepest"},
        {"toy:toy:file://outer.toy!dir/in.toy!deep", "/deep", "deepest"},
        {"outer.toy!/to-toy!/deep", "/deep", "deepest"},
        /* names that look like separators */
        {"odd!name.toy", "/", "dir"},
        {"odd!name.toy!/deep", "/deep", "deepest"},
        {"100%.toy!/deep", "/deep", "deepest"},
        {"toy:100%.toy!/deep", "/deep", "deepest"},
        {"toy:odd!name.toy!/deep", "/deep", "deepest"},
        {"toy://odd%21name.toy!/deep", "/deep", "deepest"},
        {"toy://100%25.toy!/deep", "/deep", "deepest"},
        {"outer.toy!/odd!name?50%", "/odd!name?50%", "odd"},
        {"toy://outer.toy!/odd%21name?50%25", "/odd!name?50%", "odd"},
        /* links */
        {"outer.toy!/to-dir/b.txt", "/dir/b.txt", "b"},
        {"outer.toy!/to-dir/up", "/a.txt", "hello"},
        {"outer.toy!/to-dir/../a.txt", "/a.txt", "hello"},
        {"outer.toy!/abs", "/dir/b.txt", "b"},
        {"outer.toy!/dir/abs", "/a.txt", "hello"},
        /* a source that tells where it begins */
        {"host://x", "/", "dir"},
        {"host://x/f.toy", "/", "dir"},
        {"toy:host://x/f.toy!/deep", "/deep", "deepest"},
        {"host://x/f.toy!/deep", "/deep", "deepest"},
        {"host://u:p@x!/f.toy!/deep", "/deep", "deepest"},
        {"toy:host://x!/f.toy!/deep", "/deep", "deepest"},
        {"host:", "/", "dir"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        gives(rows[i][0], rows[i][1], rows[i][2]);
}

static void test_parameters(void **state)
{
    struct fs_param list[] = {{"index", "first"}, {"index", "second"}};
    struct fs_open_options options = FS_OPEN_OPTIONS;
    struct fs *fs;
    options.params = (struct fs_params){list, 2};
    toy_seen[0] = 0;
    assert_int_equal(0, fs_open_url("outer.toy", &options, &fs, NULL, NULL));
    assert_string_equal("index=second", toy_seen);
    fs_close(fs);
    assert_int_equal(0, fs_open_url("toy://outer.toy?index=third", &options, &fs, NULL, NULL));
    assert_string_equal("index=third", toy_seen);
    fs_close(fs);
    /* the source knows one, the container the other */
    assert_int_equal(0, fs_open_url("toy:host://x/f.toy?timeout=3&index=4", NULL, &fs, NULL, NULL));
    assert_string_equal("index=4", toy_seen);
    fs_close(fs);
    list[0].key = "indx";
    fails_with("outer.toy", &options, true, -EINVAL, "did you mean 'index'?");
    fails_with("folder", &options, true, -EINVAL, "no parameter 'indx'");
    /* what is wrong is said before a format that comes last does its work */
    toy_seen[0] = 0;
    fails_with("outer.toy", &options, false, -EINVAL, "did you mean");
    assert_string_equal("", toy_seen);
}

static void test_credentials(void **state)
{
    static const char *const rows[][2] = {
        {"toy://u:p@outer.toy", "toy u:p "},
        {"toy:host://u:p@x/f.toy", "host u:p toy -:- "},
        {"outer.toy", "toy -:- "},
        {"file://u:p@outer.toy", "toy u:p "},
        {"toy://:p@outer.toy!/dir/in.toy", "toy -:p toy -:- "},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct fs *fs;
        toy_users[0] = 0;
        assert_int_equal(0, fs_open_url(rows[i][0], NULL, &fs, NULL, NULL));
        assert_string_equal(rows[i][1], toy_users);
        fs_close(fs);
    }
    struct fs_open_options options = FS_OPEN_OPTIONS;
    options.credentials.file = "plain.txt";
    fails_with("outer.toy", &options, true, -EACCES, "credentials file plain.txt is refused");
}

static void test_root(void **state)
{
    static const char *const rows[][3] = {
        {"outer.toy!/dir", "/b.txt", "b"},
        {"outer.toy!/to-dir", "/b.txt", "b"},
        {"outer.toy!/dir/in.toy!/sub", "/x", "x"},
        {"outer.toy!/dir/in.toy", "/deep", "deepest"},
        {"folder", "/outer.toy", "T"},
        {".!/folder", "/outer.toy", "T"},
        {"outer.toy", "/a.txt", "hello"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CLEANUP_FS struct fs *fs = NULL;
        struct fs_error error = {0};
        if (fs_open_url(rows[i][0], NULL, &fs, NULL, &error))
            fail_msg("%s: %s", rows[i][0], error.text);
        assert_int_equal(0, strncmp(rows[i][2], content(fs, rows[i][1]), strlen(rows[i][2])));
    }
}

static void test_read_only(void **state)
{
    struct fs_open_options options = FS_OPEN_OPTIONS;
    struct fs *fs;
    assert_int_equal(0, fs_open_url("folder", &options, &fs, NULL, NULL));
    assert_int_equal(0, fs_makedir(fs, "/new", 0755));
    fs_close(fs);
    options.read_only = true;
    assert_int_equal(0, fs_open_url("folder", &options, &fs, NULL, NULL));
    assert_true(fs_flags(fs) & FS_READ_ONLY);
    assert_int_equal(-EROFS, fs_makedir(fs, "/newer", 0755));
    fs_close(fs);
    assert_int_equal(0, fs_open_url("outer.toy", &options, &fs, NULL, NULL)); /* which knows nothing of it */
    assert_int_equal(-EROFS, fs_makedir(fs, "/newer", 0755));
    fs_close(fs);
}

static void test_create(void **state)
{
    struct fs_open_options options = FS_OPEN_OPTIONS;
    struct fs *fs;
    struct stat st;
    fails_with("fresh", &options, true, -ENOENT, "no such file");
    options.create = true;
    assert_int_equal(0, fs_open_url("fresh", &options, &fs, NULL, NULL));
    fs_close(fs);
    assert_int_equal(0, stat("fresh", &st));
    assert_true(S_ISDIR(st.st_mode));
    fails_with("fresher!/x", &options, true, -ENOENT, "no such file");
    assert_int_equal(-1, stat("fresher", &st));
}

static void test_options_size(void **state)
{
    struct fs_open_options options = {0};
    fails_with("folder", &options, true, -EINVAL, "FS_OPEN_OPTIONS");
}

static void nest(char *url, int levels)
{
    struct toy_text *toy = toy_new();
    toy_file(toy, "/end", "end", 3);
    for (int i = 1; i < levels; i++) {
        struct toy_text *more = toy_new();
        toy_file(more, "/n.toy", toy->bytes, toy->length);
        toy_free(toy);
        toy = more;
    }
    write_toy("nest.toy", toy);
    toy_free(toy);
    strcpy(url, "nest.toy");
    for (int i = 1; i < levels; i++)
        strcat(url, "!/n.toy");
    strcat(url, "!/end");
}

static void test_depth(void **state)
{
    char url[512];
    nest(url, URL_DEPTH_MAX);
    gives(url, "/end", "end");
    nest(url, URL_DEPTH_MAX + 1);
    fails_with(url, NULL, false, -E2BIG, "more than 8 archives");
}

/* The first 64 KiB, the name and the size are what a format is asked about; the surest wins. */
static void test_recognise(void **state)
{
    struct toy_text *toy = toy_new();
    static char bytes[100000];
    toy_file(toy, "/big", bytes, sizeof bytes);
    write_toy("big.toy", toy);
    gives("big.toy", "/", "dir");
    assert_int_equal(65536, toy_asked.length);
    assert_int_equal(toy->length, toy_asked.size);
    assert_string_equal("big.toy", toy_asked.name);
    gives("outer.toy!/dir/in.toy", "/", "dir");
    assert_string_equal("in.toy", toy_asked.name);
    toy_free(toy);
    toy_other_score = 100; /* the other one is surer now */
    fails_with("outer.toy", NULL, true, -ENOTSUP, "the other");
    toy_other_score = 101; /* and now talks nonsense */
    gives("outer.toy", "/", "dir");
    toy_other_score = -1;
    gives("outer.toy", "/", "dir");
    toy_other_score = 0;
}

static void *open_often(void *arg)
{
    for (int i = 0; i < 30; i++) {
        struct fs *fs;
        char *path;
        assert_int_equal(0, fs_open_url("toy:host://x/f.toy!/deep", NULL, &fs, &path, NULL));
        assert_string_equal("/deep", path);
        free(path);
        fs_close(fs);
        assert_int_equal(0, fs_open_url("outer.toy!/to-toy", NULL, &fs, NULL, NULL));
        fs_close(fs);
        assert_int_equal(-EPROTONOSUPPORT, fs_open_url("nobody://x", NULL, &fs, NULL, NULL));
    }
    return NULL;
}

static void test_threads(void **state)
{
    pthread_t threads[4];
    for (size_t t = 0; t < COUNT_OF(threads); t++)
        assert_int_equal(0, pthread_create(&threads[t], NULL, open_often, NULL));
    for (size_t t = 0; t < COUNT_OF(threads); t++)
        pthread_join(threads[t], NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),       cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_credentials),  cmocka_unit_test(test_root),
        cmocka_unit_test(test_read_only),    cmocka_unit_test(test_create),
        cmocka_unit_test(test_options_size), cmocka_unit_test(test_depth),
        cmocka_unit_test(test_recognise),    cmocka_unit_test(test_threads),
    };
    unsetenv("DOKAN_FS_PLUGINS");
    assert_true(filter_sub.open && filter_readonly.open);
    toy_register();
    return cmocka_run_group_tests(tests, open_set_up, open_tear_down);
}
