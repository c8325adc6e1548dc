// SPDX-License-Identifier: MIT

#include "base/testing.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char last[4096];
static int lines;

static void capture(enum log_level level, const char *line, size_t length, void *arg)
{
    assert_int_equal(strlen(line), length);
    assert_string_equal(arg, "arg");
    snprintf(last, sizeof last, "%d %s", (int)level, line);
    lines++;
    errno = EIO;
}

static int set_up(void **state)
{
    lines = 0;
    log_set_debug(false);
    log_set_stderr(false);
    log_set_sink(capture, "arg");
    return 0;
}

static int log_all(void)
{
    lines = 0;
    log_error("e");
    log_warn("w");
    log_info("i");
    log_debug("d");
    return lines;
}

static void switches(void **state)
{
    assert_int_equal(log_all(), 2);
    log_set_stderr(true);
    assert_int_equal(log_all(), 3);
    log_set_debug(true);
    assert_int_equal(log_all(), 4);
    log_set_stderr(false);
    assert_int_equal(log_all(), 4);
}

static void off_lines_do_not_evaluate(void **state)
{
    int evaluated = 0;
    log_debug("%d", ++evaluated);
    assert_int_equal(evaluated, 0);
}

static void formats(void **state)
{
    errno = ENOENT;
    log_error("%s: %m\n", "a\nb\x1b[31m");
    assert_string_equal(last, "0 dokan: a?b?[31m: No such file or directory");
    assert_int_equal(errno, ENOENT);
    log_warn("%s", "");
    assert_string_equal(last, "1 dokan: ");
}

static void cuts_long_lines(void **state)
{
    static char text[5000];
    memset(text, 'x', sizeof text - 1);
    log_error("%s", text);
    assert_in_range(strlen(last), 2000, 2048);
    assert_int_equal(last[strlen(last) - 1], 'x');
}

static void writes_one_line_to_stderr(void **state)
{
    int fds[2], saved = dup(STDERR_FILENO);
    char text[100];
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    log_set_sink(NULL, NULL);
    dup2(fds[1], STDERR_FILENO);
    log_error("no %d", 7);
    log_info("hidden");
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(fds[1]);
    ssize_t n = read(fds[0], text, sizeof text);
    close(fds[0]);
    assert_int_equal(n, 12);
    assert_memory_equal(text, "dokan: no 7\n", 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(switches, set_up),
        cmocka_unit_test_setup(off_lines_do_not_evaluate, set_up),
        cmocka_unit_test_setup(formats, set_up),
        cmocka_unit_test_setup(cuts_long_lines, set_up),
        cmocka_unit_test_setup(writes_one_line_to_stderr, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
