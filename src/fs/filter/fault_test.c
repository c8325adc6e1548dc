// SPDX-License-Identifier: MIT
// error, delay, pause: what is hit, when, and what is not.
#include "fs/filter/fixture.h"

#include "base/clock.h"
#include <pthread.h>
#include <sys/stat.h>

static struct fs *tree(const char *spec)
{
    struct fs *fs = memory();
    WANT(0, fs_makedir(fs, "/d", 0755));
    WANT(0, put(fs, "/a.txt", "aaa"));
    WANT(0, put(fs, "/d/b.txt", "bbb"));
    add(&fs, spec);
    return fs;
}

/* How many of `n` calls fail, and with what. */
static int failures(struct fs *fs, int n, int code)
{
    int failed = 0;
    for (int i = 0; i < n; i++) {
        int rc = look(fs, "/a.txt");
        assert_true(rc == 0 || rc == code);
        failed += rc != 0;
    }
    return failed;
}

static void everything_fails_unless_told_otherwise(void **state)
{
    struct fs *fs = tree("error");
    struct fs_file *file;
    struct fs_space space;
    assert_int_equal(failures(fs, 10, -EIO), 10);
    WANT(-EIO, fs_open(fs, "/a.txt", O_RDONLY, 0, &file));
    WANT(-EIO, fs_makedir(fs, "/e", 0755));
    WANT(-EIO, fs_statfs(fs, &space));
    fs_close(fs);
}

static void errno_by_name(void **state)
{
    struct fs *fs = tree("error:errno=ENOSPC");
    assert_int_equal(failures(fs, 3, -ENOSPC), 3);
    fs_close(fs);
    fs = tree("error:errno=etimedout");
    assert_int_equal(failures(fs, 3, -ETIMEDOUT), 3);
    fs_close(fs);
}

static void methods_by_name(void **state)
{
    struct fs *fs = tree("error:methods=pread+f_pwrite");
    struct fs_file *file;
    char c;
    WANT(0, look(fs, "/a.txt"));
    WANT(0, fs_open(fs, "/a.txt", O_RDWR, 0, &file));
    WANT(-EIO, fs_f_pread(fs, file, &c, 1, 0));
    WANT(-EIO, fs_f_pwrite(fs, file, "x", 1, 0));
    WANT(0, fs_f_truncate(fs, file, 1));
    WANT(0, fs_f_close(fs, file));
    fs_close(fs);
}

static void a_close_that_fails_has_closed(void **state)
{
    struct fs *fs = tree("error:methods=close");
    struct fs_file *file;
    WANT(0, fs_open(fs, "/a.txt", O_RDONLY, 0, &file));
    WANT(-EIO, fs_f_close(fs, file)); /* a sanitizer sees it when the layers below do not hear of it */
    fs_close(fs);
}

static void rate_is_kept_and_repeats(void **state)
{
    char first[1000], again[1000];
    struct fs *fs = tree("error:rate=10%,seed=7");
    int failed = 0;
    for (int i = 0; i < 1000; i++)
        failed += first[i] = look(fs, "/a.txt") != 0;
    assert_in_range(failed, 60, 140);
    fs_close(fs);
    fs = tree("error:rate=0.1,seed=7");
    for (int i = 0; i < 1000; i++)
        again[i] = look(fs, "/a.txt") != 0;
    assert_memory_equal(first, again, sizeof first);
    fs_close(fs);
    fs = tree("error:rate=10%,seed=8");
    for (int i = 0; i < 1000; i++)
        again[i] = look(fs, "/a.txt") != 0;
    assert_memory_not_equal(first, again, sizeof first);
    fs_close(fs);
    fs = tree("error:rate=0%");
    assert_int_equal(failures(fs, 100, -EIO), 0);
    fs_close(fs);
}

static void after_and_count(void **state)
{
    struct fs *fs = tree("error:methods=getinfo,after=3,count=2");
    int got[8];
    for (int i = 0; i < 8; i++)
        got[i] = look(fs, i == 1 ? "/d" : "/a.txt") != 0;
    const int want[8] = {0, 0, 0, 1, 1, 0, 0, 0};
    assert_memory_equal(got, want, sizeof got);
    fs_close(fs);
}

static void path_is_a_pattern(void **state)
{
    struct fs *fs = tree("error:path=/d/*.txt");
    struct fs_file *file;
    WANT(0, look(fs, "/a.txt"));
    WANT(0, look(fs, "/d"));
    WANT(-EIO, look(fs, "/d/b.txt"));
    WANT(-EIO, look(fs, "/d/x/y.txt"));
    WANT(-EIO, fs_open(fs, "/d/b.txt", O_RDONLY, 0, &file));
    fs_close(fs);
    fs = tree("error:path=/d/*,methods=pread");
    char c;
    WANT(0, fs_open(fs, "/d/b.txt", O_RDONLY, 0, &file));
    WANT(-EIO, fs_f_pread(fs, file, &c, 1, 0)); /* by the path with which it was opened */
    WANT(0, fs_f_close(fs, file));
    fs_close(fs);
}

static char trigger[] = "/tmp/xdokan-fault-XXXXXX";

static int make_trigger(void **state)
{
    int fd = mkstemp(trigger);
    return fd < 0 ? -1 : close(fd);
}

static int remove_trigger(void **state)
{
    unlink(trigger);
    return 0;
}

static void pull(bool on)
{
    if (on)
        close(open(trigger, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    else
        unlink(trigger);
}

static void a_file_switches_errors(void **state)
{
    char spec[128];
    snprintf(spec, sizeof spec, "error:file=%s,after=1", trigger);
    pull(false);
    struct fs *fs = tree(spec);
    assert_int_equal(failures(fs, 5, -EIO), 0);
    pull(true);
    assert_int_equal(failures(fs, 5, -EIO), 4); /* calls before it was there were not counted */
    pull(false);
    assert_int_equal(failures(fs, 5, -EIO), 0);
    fs_close(fs);
}

static void *a_hundred(void *arg)
{
    return (void *)(intptr_t)failures(arg, 100, -EIO); // NOLINT(performance-no-int-to-ptr)
}

static void threads_share_the_count(void **state)
{
    struct fs *fs = tree("error:rate=50%,count=70");
    pthread_t threads[4];
    intptr_t sum = 0;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, a_hundred, fs), 0);
    for (int i = 0; i < 4; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        sum += (intptr_t)failed;
    }
    assert_int_equal(sum, 70);
    fs_close(fs);
}

static void wrong_parameters(void **state)
{
    struct fs *fs = memory();
    refuse(fs, "error:rate=110%", -EINVAL, "110%");
    refuse(fs, "error:rate=-1", -EINVAL, "-1");
    refuse(fs, "error:rate=", -EINVAL, "rate=");
    refuse(fs, "error:rate=0x1", -EINVAL, "0x1");
    refuse(fs, "error:rate=10%%", -EINVAL, "10%%");
    refuse(fs, "error:rate=nan", -EINVAL, "nan");
    refuse(fs, "error:errno=EWHAT", -EINVAL, "EWHAT");
    refuse(fs, "error:errno=", -EINVAL, "errno=");
    refuse(fs, "error:methods=pread+peek", -EINVAL, "'peek'");
    refuse(fs, "error:methods=", -EINVAL, "methods");
    refuse(fs, "error:after=soon", -EINVAL, "after");
    refuse(fs, "delay:ms=3600001", -EINVAL, "ms");
    refuse(fs, "delay:reed=1", -EINVAL, "read");
    refuse(fs, "pause", -EINVAL, "pause:file=");
    refuse(fs, "pause:file=", -EINVAL, "pause:file=");
    refuse(fs, "pause:file=/x,methods=y", -EINVAL, "'y'");
    fs_close(fs);
}

/* ---- delay and pause -------------------------------------------------------------------------------------
 */

static uint64_t ms_since(uint64_t start)
{
    return (clock_ns() - start) / 1000000;
}

static const char *const classes[] = {"open", "read", "write", "list", "meta"};

/* How long a call of that class takes. */
static uint64_t ms_of_class(struct fs *fs, size_t class)
{
    struct fs_file *file = NULL;
    struct names names;
    char c = 'x';
    if (class == 1 || class == 2)
        WANT(0, fs_open(fs, "/a.txt", O_RDWR, 0, &file));
    uint64_t start = clock_ns();
    if (class == 0)
        WANT(0, fs_open(fs, "/a.txt", O_RDWR, 0, &file));
    else if (class == 1)
        WANT(1, fs_f_pread(fs, file, &c, 1, 0));
    else if (class == 2)
        WANT(1, fs_f_pwrite(fs, file, &c, 1, 0));
    else if (class == 3)
        list(fs, "/", &names);
    else
        WANT(0, look(fs, "/"));
    uint64_t ms = ms_since(start);
    if (file)
        WANT(0, fs_f_close(fs, file));
    return ms;
}

enum { DELAY_MS = 50 };

/* A busy machine makes any call slow once, but not always. */
static bool is_quick(struct fs *fs, size_t class)
{
    for (int i = 0; i < 50; i++)
        if (ms_of_class(fs, class) < DELAY_MS)
            return true;
    return false;
}

static void classes_of_delay(void **state)
{
    for (size_t slow = 0; slow < COUNT_OF(classes); slow++) {
        char spec[64];
        snprintf(spec, sizeof spec, "delay:%s=%d", classes[slow], DELAY_MS);
        struct fs *fs = tree(spec);
        for (size_t class = 0; class < COUNT_OF(classes); class ++)
            if (class == slow)
                assert_true(ms_of_class(fs, class) >= DELAY_MS);
            else
                assert_true(is_quick(fs, class));
        fs_close(fs);
    }
}

static void ms_is_for_all_that_is_not_named(void **state)
{
    struct fs *fs = tree("delay:ms=50,list=0");
    for (size_t class = 0; class < COUNT_OF(classes); class ++)
        if (class == 3)
            assert_true(is_quick(fs, class));
        else
            assert_true(ms_of_class(fs, class) >= DELAY_MS);
    fs_close(fs);
}

static void *one_look(void *arg)
{
    look(arg, "/");
    return NULL;
}

static void calls_wait_side_by_side(void **state)
{
    struct fs *fs = tree("delay:ms=400");
    pthread_t threads[8];
    uint64_t start = clock_ns();
    for (int i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, one_look, fs), 0);
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    assert_in_range(ms_since(start), 400, 8 * 400 - 1);
    fs_close(fs);
}

static unsigned signs_of_life(const char *spec)
{
    struct fs *fs = tree(spec);
    atomic_uint signs = 0;
    fs_progress_to(&signs);
    WANT(0, look(fs, "/"));
    fs_progress_to(NULL);
    fs_close(fs);
    return signs;
}

static void progress_is_told_when_asked(void **state)
{
    assert_int_equal(signs_of_life("delay:ms=90"), 0);
    assert_true(signs_of_life("delay:ms=90,progress") > 0);
}

struct paused {
    struct fs *fs;
    atomic_bool done;
    atomic_uint signs;
};

static void *look_once(void *arg)
{
    struct paused *paused = arg;
    fs_progress_to(&paused->signs);
    look(paused->fs, "/");
    paused->done = true;
    return NULL;
}

static void wait_ms(long ms)
{
    nanosleep(&(struct timespec){0, ms * 1000000}, NULL);
}

static void pause_with(const char *more, bool signs)
{
    char spec[128];
    pthread_t thread;
    snprintf(spec, sizeof spec, "pause:file=%s%s", trigger, more);
    pull(true);
    struct paused paused = {.fs = tree(spec)};
    assert_int_equal(pthread_create(&thread, NULL, look_once, &paused), 0);
    for (int i = 0; i < (signs ? 500 : 6) && paused.signs == 0; i++)
        wait_ms(20);
    assert_false(paused.done);
    assert_int_equal(paused.signs > 0, signs);
    pull(false);
    pthread_join(thread, NULL);
    assert_true(paused.done);
    WANT(0, look(paused.fs, "/"));
    fs_close(paused.fs);
}

static void calls_wait_while_the_file_is_there(void **state)
{
    pause_with("", false);
    pause_with(",progress", true);
    pause_with(",methods=getinfo", false);
}

static void other_methods_do_not_pause(void **state)
{
    char spec[128];
    snprintf(spec, sizeof spec, "pause:methods=pread+scandir,file=%s", trigger);
    pull(true);
    struct fs *fs = tree(spec);
    WANT(0, look(fs, "/"));
    WANT(0, put(fs, "/new", "x"));
    pull(false);
    WANT(0, holds(fs, "/new", "x"));
    fs_close(fs);
}

static void a_relative_file_stays_where_it_was(void **state)
{
    char here[256];
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir("/tmp"), 0);
    char spec[128];
    snprintf(spec, sizeof spec, "error:file=%s", trigger + strlen("/tmp/"));
    struct fs *fs = tree(spec);
    assert_int_equal(chdir("/"), 0);
    pull(true);
    assert_int_equal(failures(fs, 2, -EIO), 2);
    fs_close(fs);
    assert_int_equal(chdir(here), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_fails_unless_told_otherwise),
        cmocka_unit_test(errno_by_name),
        cmocka_unit_test(methods_by_name),
        cmocka_unit_test(a_close_that_fails_has_closed),
        cmocka_unit_test(rate_is_kept_and_repeats),
        cmocka_unit_test(after_and_count),
        cmocka_unit_test(path_is_a_pattern),
        cmocka_unit_test(a_file_switches_errors),
        cmocka_unit_test(threads_share_the_count),
        cmocka_unit_test(wrong_parameters),
        cmocka_unit_test(classes_of_delay),
        cmocka_unit_test(ms_is_for_all_that_is_not_named),
        cmocka_unit_test(calls_wait_side_by_side),
        cmocka_unit_test(progress_is_told_when_asked),
        cmocka_unit_test(calls_wait_while_the_file_is_there),
        cmocka_unit_test(other_methods_do_not_pause),
        cmocka_unit_test(a_relative_file_stays_where_it_was),
    };
    return cmocka_run_group_tests(tests, make_trigger, remove_trigger);
}
