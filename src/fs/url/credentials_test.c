// SPDX-License-Identifier: MIT
/* Where passwords come from, in which order, and what is refused. */
#include "base/testing.h"
#include "fs/url/credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char home[PATH_MAX / 2];
static char file[PATH_MAX];

static void write_file(const char *path, const char *text, mode_t mode)
{
    unlink(path);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
    assert_int_equal(0, chmod(path, mode));
}

static void write_netrc(const char *text, mode_t mode)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/.netrc", home);
    write_file(path, text, mode);
}

static int set_up(void **state)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(home, sizeof home, "%s/fs-credentials-test.XXXXXX", tmp && *tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(home));
    snprintf(file, sizeof file, "%s/credentials", home);
    setenv("HOME", home, 1);
    return 0;
}

static int tear_down(void **state)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/.netrc", home);
    unlink(path);
    unlink(file);
    return rmdir(home);
}

static int warned;
static char warning[1024];

static void warn(void *ctx, const char *text)
{
    warned++;
    snprintf(warning, sizeof warning, "%s", text);
}

static int questions;
static char question[1024];

static int ask(void *ctx, const char *what, char *buf, size_t size)
{
    questions++;
    snprintf(question, sizeof question, "%s", what);
    if (strcmp(ctx, "no") == 0)
        return -EACCES;
    snprintf(buf, size, "%s%d", (const char *)ctx, questions);
    return 0;
}

/* Everything in a line, and the passwords that come out, one per attempt. */
struct row {
    const char *url_password, *user, *resource, *container_path;
    const char *file, *netrc, *environment, *descriptor, *ask;
    const char *gives[10];
};

static int pipe_with(const char *text)
{
    int fds[2];
    assert_int_equal(0, pipe(fds));
    assert_int_equal((ssize_t)strlen(text), write(fds[1], text, strlen(text)));
    close(fds[1]);
    return fds[0];
}

static void check_row(const struct row *row, size_t number)
{
    struct fs_open_options options = FS_OPEN_OPTIONS;
    struct fs_request request = {.size = sizeof request,
                                 .user = row->user,
                                 .password = row->url_password,
                                 .resource = row->resource ? row->resource : "",
                                 .container_path = row->container_path,
                                 .options = &options};
    options.warn = warn;
    questions = 0;
    setenv("FS_TEST_PASSWORD", row->environment ? row->environment : "", 1);
    if (row->file)
        write_file(file, row->file, 0600);
    if (row->netrc)
        write_netrc(row->netrc, 0600);
    options.credentials.file = row->file ? file : NULL;
    options.credentials.netrc = row->netrc != NULL;
    options.credentials.environment = row->environment ? "FS_TEST_PASSWORD" : NULL;
    options.credentials.password_fd = row->descriptor ? pipe_with(row->descriptor) : -1;
    options.credentials.ask = row->ask ? ask : NULL;
    options.credentials.ask_ctx = (void *)(uintptr_t)row->ask;
    for (unsigned attempt = 0;; attempt++) {
        char buf[64] = "untouched";
        int rc = fs_request_password(&request, "it", attempt, buf, sizeof buf);
        if (!row->gives[attempt]) {
            if (rc != -EACCES || buf[0])
                fail_msg("row %zu, attempt %u: %d, '%s'", number, attempt, rc, buf);
            break;
        }
        if (rc || strcmp(buf, row->gives[attempt]) != 0)
            fail_msg("row %zu, attempt %u: %d, '%s'", number, attempt, rc, buf);
    }
    if (row->descriptor)
        close(options.credentials.password_fd);
}

static void check_rows(const struct row *rows, size_t count)
{
    warned = 0;
    for (size_t i = 0; i < count; i++)
        check_row(&rows[i], i);
    assert_int_equal(0, warned);
}

static void test_order(void **state)
{
    static const struct row rows[] = {
        {.gives = {NULL}},
        {.url_password = "u", .gives = {"u"}},
        {.url_password = "", .gives = {""}},
        {.environment = "e", .gives = {"e"}},
        {.environment = "", .gives = {""}},
        {.descriptor = "d\n", .gives = {"d"}},
        {.ask = "q", .gives = {"q1", "q2", "q3"}},
        {.ask = "no", .gives = {NULL}},
        {.url_password = "u", .ask = "q", .gives = {"u", "q1", "q2", "q3"}},
        {.resource = "host/x",
         .url_password = "u",
         .file = "[host]\npassword=f\n",
         .netrc = "machine host password n",
         .environment = "e",
         .descriptor = "d\n",
         .ask = "q",
         .gives = {"u", "f", "n", "e", "d", "q1", "q2", "q3"}},
        /* the same word is not offered twice */
        {.resource = "host",
         .url_password = "u",
         .file = "[host]\npassword=u\n",
         .netrc = "machine host password u",
         .environment = "u",
         .ask = "q",
         .gives = {"u", "q1", "q2", "q3"}},
        {.url_password = "u", .environment = "e", .gives = {"u", "e"}},
    };
    check_rows(rows, COUNT_OF(rows));

    /* an empty descriptor gives its turn to the question */
    struct fs_open_options options = FS_OPEN_OPTIONS;
    struct fs_request request = {.options = &options, .resource = ""};
    char buf[16];
    options.credentials.password_fd = pipe_with("");
    options.credentials.ask = ask;
    options.credentials.ask_ctx = "q";
    questions = 0;
    assert_int_equal(0, fs_request_password(&request, "it", 0, buf, sizeof buf));
    assert_string_equal("q1", buf);
    assert_string_equal("password for it", question);
    close(options.credentials.password_fd);
}

static void test_file(void **state)
{
    static const char text[] = "# comment\n"
                               "password=nobody's\n"
                               "[photos*.zip]\n"
                               " password = with = and blanks \n"
                               "[ftp.example.org]\r\n"
                               "user=me\r\n"
                               "password=mine\r\n"
                               "[ftp.example.org]\n"
                               "user=you\n"
                               "password=yours\n"
                               "[*.example.org]\n"
                               "nonsense\n"
                               "[*.example.org]\n"
                               "password=any\n"
                               "[broken\n"
                               "password=broken\n"
                               "[last]\n"
                               "password=";
    static const struct row rows[] = {
        {.container_path = "/dir/photos 1.zip", .file = text, .gives = {" with = and blanks "}},
        {.container_path = "/dir/PHOTOS.ZIP", .file = text, .gives = {" with = and blanks "}},
        {.container_path = "/photos.zip/other", .file = text, .gives = {NULL}},
        {.resource = "ftp.example.org/x", .file = text, .gives = {"mine"}},
        {.resource = "ftp.example.org:21", .user = "me", .file = text, .gives = {"mine"}},
        {.resource = "ftp.example.org", .user = "you", .file = text, .gives = {"yours"}},
        {.resource = "ftp.example.org", .user = "she", .file = text, .gives = {"any"}},
        {.resource = "www.example.org", .file = text, .gives = {"any"}},
        {.resource = "broken", .file = text, .gives = {NULL}},
        {.resource = "last", .file = text, .gives = {""}},
        {.resource = "other", .file = text, .gives = {NULL}},
        {.resource = "other", .file = "", .gives = {NULL}},
        {.resource = "a", .file = "[a]\npassword", .gives = {NULL}},
        {.resource = "[::1]:21/x", .file = "[::1]\npassword=six\n", .gives = {"six"}},
    };
    check_rows(rows, COUNT_OF(rows));
}

static void test_netrc(void **state)
{
    static const char text[] = "# a comment machine host password wrong\n"
                               "machine other login me password o\n"
                               "machine host\n\tlogin me\n\tpassword m\n"
                               "macdef init\nmachine host login you password wrong\n\n"
                               "machine HOST login you account x password \"y \\\" z\"\n"
                               "machine bare login me\n"
                               "default login anonymous password d\n";
    static const struct row rows[] = {
        {.resource = "host/x", .netrc = text, .gives = {"m"}},
        {.resource = "host", .user = "me", .netrc = text, .gives = {"m"}},
        {.resource = "host", .user = "you", .netrc = text, .gives = {"y \" z"}},
        {.resource = "host", .user = "anonymous", .netrc = text, .gives = {"d"}},
        {.resource = "host", .user = "nobody", .netrc = text, .gives = {NULL}},
        {.resource = "bare", .netrc = text, .gives = {"d"}},
        {.resource = "unknown", .netrc = text, .gives = {"d"}},
        {.container_path = "/unknown", .netrc = text, .gives = {NULL}},
        {.resource = "", .netrc = text, .gives = {NULL}},
        {.resource = "host", .netrc = "machine", .gives = {NULL}},
        {.resource = "host", .netrc = "machine host password", .gives = {NULL}},
        {.resource = "host", .netrc = "machine host password \"x", .gives = {"x"}},
    };
    check_rows(rows, COUNT_OF(rows));
}

static void test_descriptor(void **state)
{
    static const struct row rows[] = {
        {.descriptor = "one\r\ntwo\n", .gives = {"one"}},
        {.descriptor = "no newline", .gives = {"no newline"}},
        {.descriptor = "\n", .gives = {""}},
        {.descriptor = "d\n", .ask = "q", .gives = {"d", "q1", "q2", "q3"}},
    };
    check_rows(rows, COUNT_OF(rows));

    /* one line and no byte more */
    struct fs_open_options options = FS_OPEN_OPTIONS;
    struct fs_request request = {.options = &options, .resource = ""};
    char buf[16], rest[16] = "";
    options.credentials.password_fd = pipe_with("one\ntwo\n");
    assert_int_equal(0, fs_request_password(&request, "it", 0, buf, sizeof buf));
    assert_int_equal(4, read(options.credentials.password_fd, rest, sizeof rest));
    assert_string_equal("two\n", rest);
    close(options.credentials.password_fd);
}

static void test_too_long(void **state)
{
    struct fs_open_options options = FS_OPEN_OPTIONS;
    struct fs_request request = {.options = &options, .resource = "", .password = "12345678"};
    char buf[9];
    assert_int_equal(-ENAMETOOLONG, fs_request_password(&request, "it", 0, buf, 8));
    assert_int_equal(0, fs_request_password(&request, "it", 0, buf, 9));
    assert_string_equal("12345678", buf);
    request.password = NULL;
    options.credentials.password_fd = pipe_with("12345678\n");
    memset(buf, 'x', sizeof buf);
    assert_int_equal(-ENAMETOOLONG, fs_request_password(&request, "it", 0, buf, 8));
    for (int i = 0; i < 8; i++) /* wiped */
        assert_int_equal(0, buf[i]);
    close(options.credentials.password_fd);
    assert_int_equal(-EINVAL, fs_request_password(NULL, "it", 0, buf, 8));
    assert_int_equal(-EINVAL, fs_request_password(&request, "it", 0, buf, 0));
}

static void test_refused(void **state)
{
    static const mode_t modes[] = {0604, 0640, 0620, 0602, 0610, 0601, 0644, 0666};
    struct fs_open_options options = FS_OPEN_OPTIONS;
    struct fs_request request = {.options = &options, .resource = "host"};
    struct fs_error error;
    char buf[16];
    options.warn = warn;
    options.credentials.file = file;
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        write_file(file, "[host]\npassword=f\n", modes[i]);
        warned = 0;
        assert_int_equal(-EACCES, fs_request_password(&request, "it", 0, buf, sizeof buf));
        assert_int_equal(1, warned);
        assert_non_null(strstr(warning, "chmod 600"));
        assert_int_equal(-EACCES, credentials_check(&options.credentials, &error));
        assert_non_null(strstr(error.text, file));
        assert_non_null(strstr(error.text, "chmod 600"));
    }
    unlink(file);
    assert_int_equal(-EACCES, credentials_check(&options.credentials, &error));
    assert_non_null(strstr(error.text, "No such file"));
    options.credentials.file = home;
    assert_int_equal(-EACCES, credentials_check(&options.credentials, &error));
    assert_non_null(strstr(error.text, "plain file"));
    options.credentials.file = NULL;
    assert_int_equal(0, credentials_check(&options.credentials, &error));
    if (geteuid() == 0) {
        write_file(file, "[host]\npassword=f\n", 0600);
        options.credentials.file = file;
        if (chown(file, 12345, 12345) == 0)
            assert_int_equal(-EACCES, credentials_check(&options.credentials, &error));
        else
            assert_int_equal(EINVAL, errno); /* root of a user namespace that knows nobody else */
    }
}

/* A netrc that others may read is passed over with a warning. */
static void test_netrc_refused(void **state)
{
    struct fs_open_options options = FS_OPEN_OPTIONS;
    struct fs_request request = {.options = &options, .resource = "host"};
    char buf[16];
    options.warn = warn;
    options.credentials.netrc = true;
    options.credentials.ask = ask;
    options.credentials.ask_ctx = "q";
    write_netrc("machine host password n", 0644);
    warned = questions = 0;
    assert_int_equal(0, fs_request_password(&request, "a\x1b[2Jb", 0, buf, sizeof buf));
    assert_string_equal("q1", buf);
    assert_string_equal("password for a?[2Jb", question);
    assert_int_equal(1, warned);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_netrc, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_descriptor, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_too_long, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_netrc_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
