// SPDX-License-Identifier: MIT
/* Plugins: real shared objects, in safe and unsafe folders. Each case is a process of its own, because
 * plugins are loaded once per process. */
#include "base/testing.h"
#include "fs/url/registry.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char top[PATH_MAX / 4];
static char built[PATH_MAX]; /* folder with the built plugins */

static void run(const char *fmt, ...)
{
    char command[4096];
    va_list args;
    va_start(args, fmt);
    vsnprintf(command, sizeof command, fmt, args);
    va_end(args);
    if (system(command) != 0) /* NOLINT: a test's own words */
        fail_msg("%s", command);
}

static int set_up(void **state)
{
    ssize_t length = readlink("/proc/self/exe", built, sizeof built - 32);
    assert_true(length > 0);
    built[length] = 0;
    strcpy(strrchr(built, '/'), "/url");
    const char *tmp = getenv("TMPDIR");
    snprintf(top, sizeof top, "%s/fs-plugin-test.XXXXXX", tmp && *tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(top));
    run("mkdir -m 755 %s/good %s/more && install -m 644 %s/fs-plugin-sample.so %s/good/b.so", top, top, built,
        top);
    return 0;
}

static int tear_down(void **state)
{
    run("rm -rf %s", top);
    return 0;
}

static char warnings[8192];
static int warned;

static void warn(void *ctx, const char *text)
{
    strncat(warnings, text, sizeof warnings - strlen(warnings) - 2);
    strcat(warnings, "\n");
    warned++;
}

static int loaded(void)
{
    const char *text = getenv("SAMPLE_LOADED");
    return text ? atoi(text) : 0;
}

/* Runs the case in a child with the folders given. */
static void in_child(void (*body)(struct fs_open_options *), const char *folders)
{
    int status;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        char list[4096];
        snprintf(list, sizeof list, folders, top, top, top);
        setenv("DOKAN_FS_PLUGINS", list, 1);
        unsetenv("SAMPLE_LOADED");
        struct fs_open_options options = FS_OPEN_OPTIONS;
        options.warn = warn;
        body(&options);
        _exit(0);
    }
    assert_true(pid > 0);
    assert_int_equal(pid, waitpid(pid, &status, 0));
    if (status)
        fail_msg("the child ended with %#x", status);
}

/* cmocka's own assertions would return into the parent's test. */
#define CHECK(what)                                                                        \
    do {                                                                                   \
        if (!(what)) {                                                                     \
            fprintf(stderr, "%s:%d: not so: %s\n%s", __FILE__, __LINE__, #what, warnings); \
            _exit(1);                                                                      \
        }                                                                                  \
    } while (0)

static void by_scheme(struct fs_open_options *options)
{
    CHECK(registry_loaded("sample", options) == NULL);
    CHECK(loaded() == 0);
    CHECK(registry_format("SAMPLE2", options) != NULL);
    CHECK(loaded() == 1);
    CHECK(registry_format("nobody", options) == NULL);
    CHECK(registry_filter("sample") != NULL);
    CHECK(loaded() == 1 && warned == 0);
    options->no_plugins = true;
    CHECK(registry_format("sample", options) == NULL);
}

static void by_listing(struct fs_open_options *options)
{
    size_t found = 0;
    for (size_t i = 0; fs_format_at(i); i++)
        found += strcmp(fs_format_at(i)->schemes[0], "sample") == 0;
    CHECK(found == 1 && loaded() == 1);
}

static void not_at_all(struct fs_open_options *options)
{
    options->no_plugins = true;
    CHECK(registry_format("sample", options) == NULL);
    CHECK(loaded() == 0);
}

static void by_content(struct fs_open_options *options)
{
    struct fs_error error;
    struct fs *fs;
    char file[PATH_MAX];
    snprintf(file, sizeof file, "%s/x.smp", top);
    CHECK(fs_open_url(file, options, &fs, NULL, &error) == -ECANCELED);
    CHECK(strstr(error.text, "the sample was asked for /x.smp"));
}

/* "sample:NAME" is a path when it exists; else somebody may know the scheme. */
static void by_prefix(struct fs_open_options *options)
{
    struct fs_error error;
    struct fs *fs;
    char *path, url[PATH_MAX];
    CHECK(chdir(top) == 0);
    CHECK(fs_open_url("sample2:folder", options, &fs, &path, &error) == 0);
    CHECK(loaded() == 0);
    free(path);
    fs_close(fs);
    snprintf(url, sizeof url, "sample:%s/x.smp", top);
    CHECK(fs_open_url(url, options, &fs, &path, &error) == -ECANCELED);
    CHECK(loaded() == 1);
}

/* Never by a name from a URL. */
static void by_name(struct fs_open_options *options)
{
    static const char *const urls[] = {
        "%s/good/b.so", "%s/good/b.so://x",   "b.so://x", "../good/b://x", "b://x",
        "b:x",          "file://%s/good/b.so"};
    options->no_plugins = true;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        char url[PATH_MAX];
        struct fs *fs;
        snprintf(url, sizeof url, urls[i], top); /* NOLINT: the formats stand above */
        CHECK(fs_open_url(url, options, &fs, NULL, NULL) < 0);
    }
    CHECK(loaded() == 0);
}

static void test_loading(void **state)
{
    in_child(by_scheme, "%s/good");
    in_child(by_listing, "%s/good");
    in_child(not_at_all, "%s/good");
    in_child(by_name, "%s/good");
    run("printf SAMPLE >%s/x.smp", top);
    in_child(by_content, "%s/good");
    run("mkdir %s/sample2:folder", top);
    in_child(by_prefix, "%s/good");
}

static void once(struct fs_open_options *options)
{
    CHECK(registry_format("sample", options) != NULL);
    CHECK(loaded() == 1 && warned == 0);
}

static void test_once(void **state)
{
    run("ln %s/good/b.so %s/good/c.so", top, top);
    in_child(once, "%s/good:%s/good");
}

static void twice(struct fs_open_options *options)
{
    CHECK(registry_format("sample", options) != NULL);
    CHECK(loaded() == 2 && warned == 1);
    CHECK(strstr(warnings, "/more/b.so") && strstr(warnings, "taken"));
}

static void test_taken(void **state)
{
    run("cp %s/good/b.so %s/more/b.so", top, top);
    in_child(twice, "%s/good:%s/more");
}

static void refused(struct fs_open_options *options)
{
    CHECK(registry_format("sample", options) == NULL);
    CHECK(loaded() == 0);
    CHECK(warned == 1);
    CHECK(strstr(warnings, "belong") || strstr(warnings, "absolute"));
    CHECK(registry_format("sample", options) == NULL && warned == 1);
}

static void test_unsafe(void **state)
{
    run("chmod 775 %s/good", top);
    in_child(refused, "%s/good");
    run("chmod 757 %s/good", top);
    in_child(refused, "%s/good");
    run("chmod 755 %s/good; chmod 664 %s/good/b.so", top, top);
    in_child(refused, "%s/good");
    run("chmod 646 %s/good/b.so", top);
    in_child(refused, "%s/good");
    run("mv %s/good/b.so %s/real; chmod 644 %s/real; ln -s ../real %s/good/b.so", top, top, top, top);
    in_child(refused, "%s/good");
    in_child(refused, "%s/none");
    in_child(refused, "relative");
}

static void test_unsafe_parent(void **state)
{
    run("mkdir -m 755 %s/open && mv %s/good %s/open/ && chmod 777 %s/open", top, top, top, top);
    in_child(refused, "%s/open/good");
    run("chmod 1777 %s/open", top);
    in_child(once, "%s/open/good");
}

static void test_other_owner(void **state)
{
    if (geteuid() != 0)
        skip();
    run("chown 12345 %s/good/b.so", top);
    in_child(refused, "%s/good");
    run("chown 0 %s/good/b.so; chown 12345 %s/good", top, top);
    in_child(refused, "%s/good");
}

static void broken(struct fs_open_options *options)
{
    CHECK(registry_format("sample", options) != NULL);
    CHECK(warned == 4);
    CHECK(strstr(warnings, "empty.so") && strstr(warnings, "text.so"));
    CHECK(strstr(warnings, "later version"));
    CHECK(strstr(warnings, "no symbol fs_plugin"));
    CHECK(!strchr(warnings, '\x1b'));
}

/* What is wrong with some does not keep the others out. */
static void test_broken(void **state)
{
    run("cd %s/good && : >a-empty.so && echo text >a-text.so && install -m 644 %s/fs-plugin-later.so "
        "a-later.so",
        top, built);
    run("install -m 644 %s/fs-plugin-bare.so %s/good/a-bare.so", built, top);
    run(": >%s/good/.hidden.so; : >%s/good/readme.txt; mkdir %s/more/sub", top, top, top);
    in_child(broken, "%s/good:%s/more");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_loading, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_taken, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unsafe, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unsafe_parent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_other_owner, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_broken, set_up, tear_down),
    };
    struct stat st;
    if (stat("/", &st) || (st.st_uid != 0 && st.st_uid != geteuid())) {
        puts("in this user namespace root's folders are nobody's, so no plugin folder is safe");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
