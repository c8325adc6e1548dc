// SPDX-License-Identifier: MIT
/* The control socket: what it answers, and that clients which hang or send garbage disturb nobody. */
#include "api/control.h"
#include "api/instance.h"
#include "api/process.h"
#include "tiny.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static struct registry_record record;

static int start(void **state)
{
    if (sandbox_setup(state) < 0 || control_use(record.socket, sizeof record.socket) < 0)
        return -1;
    record.owner = geteuid();
    snprintf(record.runtime, sizeof record.runtime, "%s", sandbox_path("runtime/dokan"));
    DokanInit();
    return 0;
}

static int stop(void **state)
{
    DokanShutdown();
    control_unuse();
    return sandbox_teardown(state);
}

static int client(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char name[100];
    snprintf(name, sizeof name, "runtime/dokan/control/%s", record.socket);
    int dir = open(sandbox_path("runtime/dokan/control"), O_PATH | O_CLOEXEC);
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", dir, record.socket);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    close(dir);
    return fd;
}

static void expect(const char *line, int rc, const char *text)
{
    char *reply = NULL;
    assert_int_equal(control_ask(&record, line, 5000, &reply), rc);
    assert_non_null(reply);
    if (text)
        assert_string_equal(reply, text);
    else
        assert_true(strlen(reply) > 0);
    free(reply);
}

static void private_socket(void **state)
{
    struct stat st;
    char name[100];
    snprintf(name, sizeof name, "runtime/dokan/control/%s", record.socket);
    assert_int_equal(stat(sandbox_path(name), &st), 0);
    assert_true(S_ISSOCK(st.st_mode));
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(sandbox_path("runtime/dokan/control"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
}

static void wrong_requests(void **state)
{
    static const char *const lines[] = {"",           "status",  "status x", "status 1x",     "status -1",
                                        "nonsense 1", "unmount", "trace 1",  "trace maybe 1", "status  ",
                                        "list 1",     " ",       "STATUS 1"};
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        expect(lines[i], -EINVAL, NULL);
    expect("status 99999999", -ENOENT, NULL);
    expect("unmount 99999999", -ENOENT, NULL);
    expect("list", 0, "");
}

static void garbage_on_the_wire(void **state)
{
    char noise[3000], answer[4000];
    uint64_t seed = 99;
    for (int round = 0; round < 50; round++) {
        for (size_t i = 0; i < sizeof noise; i++)
            noise[i] = (char)testing_random(&seed);
        int fd = client();
        assert_true(send(fd, noise, sizeof noise, MSG_NOSIGNAL) > 0);
        ssize_t n = recv(fd, answer, sizeof answer, 0);
        assert_true(n < 0 || strncmp(answer, "error ", 6) == 0);
        close(fd);
    }
    int fd = client();
    assert_int_equal(send(fd, "list\nand more of it\n", 20, MSG_NOSIGNAL), 20);
    assert_int_equal(recv(fd, answer, sizeof answer, MSG_WAITALL), 5);
    assert_memory_equal(answer, "ok 0\n", 5);
    close(fd);
    expect("list", 0, "");
}

static void slow_clients(void **state)
{
    int fds[8];
    for (size_t i = 0; i < COUNT_OF(fds); i++)
        fds[i] = client();
    assert_int_equal(send(fds[0], "li", 2, 0), 2);
    assert_int_equal(send(fds[1], "l", 1, 0), 1);
    expect("list", 0, "");
    close(fds[1]);
    assert_int_equal(send(fds[0], "st\n", 3, 0), 3);
    char answer[10];
    assert_int_equal(recv(fds[0], answer, 5, MSG_WAITALL), 5);
    close(fds[0]);
    expect("list", 0, "");
    for (size_t i = 2; i < COUNT_OF(fds); i++)
        close(fds[i]);
}

/* All places are taken by clients that say nothing: they are thrown out, and the next one is served. */
static void full_house(void **state)
{
    int fds[24];
    char *reply = NULL;
    for (size_t i = 0; i < COUNT_OF(fds); i++)
        fds[i] = client();
    assert_int_equal(control_ask(&record, "list", 15000, &reply), 0);
    free(reply);
    for (size_t i = 0; i < COUNT_OF(fds); i++)
        close(fds[i]);
}

/* A server that never answers: the asking side gives up in time. */
static void deaf_server(void **state)
{
    struct registry_record deaf = record;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char *reply = NULL;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(deaf.socket, sizeof deaf.socket, "deaf");
    int dir = open(sandbox_path("runtime/dokan/control"), O_PATH | O_CLOEXEC);
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/deaf", dir);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(control_ask(&deaf, "list", 300, &reply), -ECONNREFUSED);
    assert_int_equal(listen(fd, 0), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(control_ask(&deaf, "list", 300, &reply), -ETIMEDOUT);
        assert_null(reply);
    }
    close(fd);
    unlink(sandbox_path("runtime/dokan/control/deaf"));
    close(dir);
    assert_int_equal(control_ask(&deaf, "list", 300, &reply), -ENOENT);
    deaf.socket[0] = 0;
    assert_int_equal(control_ask(&deaf, "list", 300, &reply), -ECONNREFUSED);
}

/* Answers that do not keep to the form are refused. */
static void lying_server(void **state)
{
    static const char *const lies[] = {"",
                                       "ok",
                                       "ok\n",
                                       "ok 5\nab",
                                       "ok 1\nabc",
                                       "ok -1\n",
                                       "ok 1 2\nab",
                                       "error 0 0\n",
                                       "error 99999 0\n",
                                       "error x 0\n",
                                       "okay 0\n",
                                       "error 2 3\nab",
                                       "\n\n\n"};
    struct registry_record liar = record;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(liar.socket, sizeof liar.socket, "liar");
    int dir = open(sandbox_path("runtime/dokan/control"), O_PATH | O_CLOEXEC);
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/liar", dir);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 1), 0);
    pid_t child = fork();
    if (child == 0) {
        for (size_t i = 0; i < COUNT_OF(lies); i++) {
            char line[100];
            int one = accept(fd, NULL, NULL);
            if (recv(one, line, sizeof line, 0) <= 0 || send(one, lies[i], strlen(lies[i]), MSG_NOSIGNAL) < 0)
                _exit(1);
            close(one);
        }
        _exit(0);
    }
    for (size_t i = 0; i < COUNT_OF(lies); i++) {
        char *reply = NULL;
        assert_int_equal(control_ask(&liar, "list", 5000, &reply), -EPROTO);
        assert_null(reply);
    }
    close(fd);
    close(dir);
    unlink(sandbox_path("runtime/dokan/control/liar"));
}

static void status_and_trace(void **state)
{
    char line[64];
    DOKAN_HANDLE handle = tiny_open(tiny_options(NULL, 0));
    ULONG64 id = DokanGetVolumeId(handle);
    struct instance *inst = process_find(handle);
    snprintf(line, sizeof line, "status %llu", id);
    char *reply = NULL;
    assert_int_equal(control_ask(&record, line, 5000, &reply), 0);
    assert_non_null(strstr(reply, "state mounted\n"));
    assert_non_null(strstr(reply, "trace off\n"));
    assert_non_null(strstr(reply, "open_handles 0\n"));
    assert_non_null(strstr(reply, "operation Mounted 1 0 "));
    free(reply);
    snprintf(line, sizeof line, "trace on %llu", id);
    expect(line, 0, "");
    assert_true(nt_volume_tracing(inst->vol));
    snprintf(line, sizeof line, "trace off %llu", id);
    expect(line, 0, "");
    assert_false(nt_volume_tracing(inst->vol));
    instance_put(inst);
    snprintf(line, sizeof line, "unmount %llu", id);
    expect(line, 0, "");
    assert_int_equal(DokanWaitForFileSystemClosed(handle, 5000), WAIT_OBJECT_0);
    DokanCloseHandle(handle);
    expect(line, -ENOENT, NULL);
}

/* The answer to `unmount` does not wait for callbacks. */
static void unmount_does_not_wait_for_callbacks(void **state)
{
    char line[64];
    tiny_reset();
    tiny_unmounted_delay_ms = 2000;
    DOKAN_HANDLE handle = tiny_open(tiny_options(NULL, 0));
    snprintf(line, sizeof line, "unmount %llu", DokanGetVolumeId(handle));
    expect(line, 0, "");
    assert_int_equal(tiny_unmounted, 0);
    assert_int_equal(DokanWaitForFileSystemClosed(handle, 0), WAIT_TIMEOUT);
    assert_int_equal(DokanWaitForFileSystemClosed(handle, INFINITE), WAIT_OBJECT_0);
    assert_int_equal(tiny_unmounted, 1);
    DokanCloseHandle(handle);
    tiny_reset();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(private_socket),
        cmocka_unit_test(wrong_requests),
        cmocka_unit_test(garbage_on_the_wire),
        cmocka_unit_test(slow_clients),
        cmocka_unit_test(full_house),
        cmocka_unit_test(deaf_server),
        cmocka_unit_test(lying_server),
        cmocka_unit_test(status_and_trace),
        cmocka_unit_test(unmount_does_not_wait_for_callbacks),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
