// SPDX-License-Identifier: MIT
/* The registry: live entries are listed, those of dead processes and garbage are not and go away. */
#include "api/registry.h"
#include "tiny.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct registry_record sample(uint64_t volume)
{
    struct registry_record r = {.volume = volume,
                                .mount_id = 77,
                                .mounted = 1000 - volume,
                                .pid = (uint32_t)getpid(),
                                .minor = 5,
                                .type = 8,
                                .options = 0x40,
                                .session = 0xFFFFFFFFu,
                                .letter = "M",
                                .socket = "1-abc",
                                .device = "\\Device\\Volume{1}",
                                .unc = "\\server\\share",
                                .given = "M:\\",
                                .path = "/run/line\nbreak\\and=equals"};
    return r;
}

static struct registry_record *list(size_t *count)
{
    struct registry_record *found = NULL;
    assert_int_equal(registry_list(&found, count), 0);
    return found;
}

static size_t listed(void)
{
    size_t count;
    free(list(&count));
    return count;
}

static unsigned files_in(const char *name)
{
    char command[600];
    unsigned n = 0;
    snprintf(command, sizeof command, "ls -A '%s' 2>/dev/null | wc -l", sandbox_path(name));
    FILE *p = popen(command, "r");
    assert_int_equal(fscanf(p, "%u", &n), 1);
    pclose(p);
    return n;
}

static void round_trip(void **state)
{
    struct registry_entry entry;
    struct registry_record r = sample(1);
    size_t count;
    assert_int_equal(registry_add(&r, &entry), 0);
    struct registry_record *found = list(&count);
    assert_int_equal(count, 1);
    assert_string_equal(found->path, r.path);
    assert_string_equal(found->given, r.given);
    assert_string_equal(found->unc, r.unc);
    assert_string_equal(found->device, r.device);
    assert_string_equal(found->socket, r.socket);
    assert_string_equal(found->letter, "M");
    assert_int_equal(found->mount_id, 77);
    assert_int_equal(found->options, 0x40);
    assert_int_equal(found->session, 0xFFFFFFFFu);
    assert_int_equal(found->owner, geteuid());
    assert_string_equal(found->runtime, sandbox_path("runtime/dokan"));
    free(found);
    registry_remove(&entry);
    assert_int_equal(listed(), 0);
    assert_int_equal(files_in("runtime/dokan/mounts"), 0);
}

static void order(void **state)
{
    struct registry_entry entries[3];
    size_t count;
    for (uint64_t i = 0; i < 3; i++) {
        struct registry_record r = sample(i + 1); /* the later volume is the older mount */
        assert_int_equal(registry_add(&r, &entries[i]), 0);
    }
    struct registry_record *found = list(&count);
    assert_int_equal(count, 3);
    assert_int_equal(found[0].volume, 3);
    assert_int_equal(found[2].volume, 1);
    free(found);
    for (size_t i = 0; i < 3; i++)
        registry_remove(&entries[i]);
}

/* A child registers and dies without a word. */
static void crash(void **state)
{
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        struct registry_entry entry;
        struct registry_record r = sample(9);
        r.pid = (uint32_t)getpid();
        if (registry_add(&r, &entry) == 0 && write(ready[1], "x", 1) == 1)
            pause();
        _exit(1);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    int fd = open(sandbox_path("runtime/dokan/control/1-abc"), O_CREAT | O_WRONLY, 0600);
    if (fd < 0) {
        assert_int_equal(mkdir(sandbox_path("runtime/dokan/control"), 0700), 0);
        fd = open(sandbox_path("runtime/dokan/control/1-abc"), O_CREAT | O_WRONLY, 0600);
    }
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(listed(), 1);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    assert_int_equal(listed(), 0);
    assert_int_equal(files_in("runtime/dokan/mounts"), 0);
    assert_int_equal(files_in("runtime/dokan/control"), 0);
}

/* A forked child that lets go leaves the parent's entry alone, and does not keep it alive. */
static void fork_does_not_hold(void **state)
{
    struct registry_entry entry;
    struct registry_record r = sample(1);
    int status;
    assert_int_equal(registry_add(&r, &entry), 0);
    pid_t child = fork();
    if (child == 0) {
        registry_forget(&entry);
        _exit(0);
    }
    waitpid(child, &status, 0);
    assert_int_equal(listed(), 1);
    registry_remove(&entry);
}

static void put(const char *name, const char *text, size_t len)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", sandbox_path("runtime/dokan/mounts"), name);
    int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, len), (ssize_t)len);
    close(fd);
}

/* Files that nobody locks are stale whatever they hold; a fresh unfinished one is left to its writer. */
static void garbage(void **state)
{
    static char big[100000];
    memset(big, 'a', sizeof big);
    put("1-1-x", "", 0);
    put("1-2-x", "\0\0\0=\n\n=\n==", 10);
    put("1-3-x", big, sizeof big);
    put("1-4-x", "socket=../../../../etc/passwd\npath=/\nvolume=1\npid=1\n", 52);
    put(".fresh", "volume=1\n", 9);
    assert_int_equal(mkfifo(sandbox_path("runtime/dokan/mounts/pipe"), 0600), 0);
    assert_int_equal(symlink("/etc/passwd", sandbox_path("runtime/dokan/mounts/link")), 0);
    assert_int_equal(mkdir(sandbox_path("runtime/dokan/mounts/dir"), 0700), 0);
    assert_int_equal(listed(), 0);
    assert_int_equal(files_in("runtime/dokan/mounts"), 4); /* .fresh, pipe, link, dir */
    assert_int_equal(access("/etc/passwd", F_OK), 0);
    struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
    assert_int_equal(utimensat(AT_FDCWD, sandbox_path("runtime/dokan/mounts/.fresh"), old, 0), 0);
    assert_int_equal(listed(), 0);
    assert_int_equal(files_in("runtime/dokan/mounts"), 3);
    unlink(sandbox_path("runtime/dokan/mounts/pipe"));
    unlink(sandbox_path("runtime/dokan/mounts/link"));
    rmdir(sandbox_path("runtime/dokan/mounts/dir"));
}

/* A locked file with nonsense in it is not listed and not removed. */
static void locked_garbage(void **state)
{
    struct registry_entry entry;
    struct registry_record r = sample(1);
    assert_int_equal(registry_add(&r, &entry), 0);
    assert_int_equal(ftruncate(entry.fd, 0), 0);
    assert_int_equal(listed(), 0);
    assert_int_equal(files_in("runtime/dokan/mounts"), 1);
    registry_remove(&entry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),         cmocka_unit_test(order),   cmocka_unit_test(crash),
        cmocka_unit_test(fork_does_not_hold), cmocka_unit_test(garbage), cmocka_unit_test(locked_garbage),
    };
    return cmocka_run_group_tests(tests, sandbox_setup, sandbox_teardown);
}
