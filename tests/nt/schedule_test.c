// SPDX-License-Identifier: MIT
/*
 * Randomised schedules: four threads open, share, lock, watch, rename and delete a handful of files on memfs,
 * in half of the runs while the volume is stopped under them. A hook at every callback yields and sleeps at
 * random. Checked: one answer to each request, Cleanup and CloseFile of every open, no callback after the
 * stop, no two opens that do not share, no two locks that exclude each other, no name twice in a directory,
 * nothing left over.
 *
 * DOKAN_SEED=N runs only that seed, which fixes what every thread does and how often it is held up.
 */
#include "base/log.h"
#include "memfs.h"
#include "schedule.h"
#include "shim.h"
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum {
    THREADS = 4,
    ROUNDS = SANITIZED ? 250 : 500,
    SEEDS = SANITIZED ? 24 : 96,
    WITH_OPLOCKS = 12, /* of so many seeds one: they make actors wait for each other */
    HANG_SECONDS = 120,
    LISTING = 8192
};

static uint64_t seed;
static _Atomic uint64_t points;

/* ---- yield points ------------------------------------------------------------------------------------ */

static void hold_up(void)
{
    uint64_t random = (seed + atomic_fetch_add(&points, 1)) * 0x9e3779b97f4a7c15u | 1;
    unsigned chance = (unsigned)(testing_random(&random) % 64);
    if (chance < 16)
        sched_yield();
    else if (chance == 16)
        nanosleep(&(struct timespec){.tv_nsec = (long)(testing_random(&random) % 300000)}, NULL);
}

static NTSTATUS before(unsigned op)
{
    hold_up();
    return STATUS_SUCCESS;
}

static NTSTATUS after(unsigned op, NTSTATUS status)
{
    hold_up();
    return status;
}

static void passing(unsigned op)
{
    hold_up();
}

/* ---- one run ----------------------------------------------------------------------------------------- */

static void *play(void *arg)
{
    struct actor *a = arg;
    for (unsigned i = 0; i < a->rounds; i++)
        act(a);
    act_last(a);
    return NULL;
}

/* Directories and files that actors start with. */
static void furnish(struct rig *rig)
{
    static const WCHAR *const paths[] = {u"\\d1", u"\\d2", u"\\f1", u"\\d1\\f2"};
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        struct opened o = rig_create(rig, &(struct opening){.path = paths[i],
                                                            .disposition = FILE_CREATE,
                                                            .options = i < 2 ? FILE_DIRECTORY_FILE : 0});
        assert_status(STATUS_SUCCESS, o.status);
        rig_end(rig, o.handle);
    }
}

static void check_names(struct rig *rig, const WCHAR *path)
{
    static char names[LISTING], all[LISTING];
    struct opened o = rig_create(rig, &(struct opening){.path = path, .disposition = FILE_OPEN});
    if (o.status)
        return;
    struct dir_query q = {.restart = true};
    rig_names(rig, o.handle, &q, names, sizeof names);
    rig_end(rig, o.handle);
    char *rest = NULL;
    snprintf(all, sizeof all, "|");
    for (char *name = strtok_r(names, "|", &rest); name; name = strtok_r(NULL, "|", &rest)) {
        char sought[64];
        snprintf(sought, sizeof sought, "|%s|", name);
        if (strstr(all, sought))
            contradiction("%s is there twice", name);
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s|", name);
    }
}

static void check_end(struct rig *rig)
{
    DOKAN_VOLUME_COUNTERS left = rig_counters(rig);
    if (left.OpenHandles || left.OpenFiles || left.Nodes)
        contradiction("left over: %llu handles, %llu files, %llu nodes", (unsigned long long)left.OpenHandles,
                      (unsigned long long)left.OpenFiles, (unsigned long long)left.Nodes);
    if (shim_left_open())
        contradiction("%u of %u opens were not ended", shim_left_open(), shim_opens());
    if (shim_violations())
        contradiction("%u violations", shim_violations());
}

static void tell(const struct actor *actors, unsigned opens, unsigned calls)
{
    char text[400] = "";
    for (unsigned i = 0; act_name(i); i++) {
        unsigned sum = 0;
        for (unsigned k = 0; k < THREADS; k++)
            sum += actors[k].done[i];
        snprintf(text + strlen(text), sizeof text - strlen(text), " %s %u", act_name(i), sum);
    }
    print_message("seed %llu: %u callbacks, %u opens;%s\n", (unsigned long long)seed, calls, opens, text);
}

static void run(struct rig *rig, bool stop_early)
{
    struct actor actors[THREADS] = {0};
    pthread_t threads[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        actors[i].rig = rig;
        actors[i].number = i;
        actors[i].rounds = ROUNDS;
        actors[i].oplocks = seed % WITH_OPLOCKS == 1;
        actors[i].random = (seed + 1) * 0x9e3779b97f4a7c15u ^ ((uint64_t)(i + 1) << 32 | 1);
        assert_int_equal(0, pthread_create(&threads[i], NULL, play, &actors[i]));
    }
    if (stop_early) {
        long most = (seed % WITH_OPLOCKS == 1 ? 500 : 15) * (SANITIZED ? 10 : 1) * 1000000l;
        nanosleep(&(struct timespec){.tv_nsec = (long)(seed * 7919777 % (uint64_t)most) % 999999999}, NULL);
        nt_volume_stop(rig->vol);
        shim_end();
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (unsigned i = 0; i < THREADS; i++)
        wishes_check(&actors[i]);
    tell(actors, shim_opens(), shim_calls());
}

static void run_seed(bool stop_early)
{
    bool sensitive = seed % 3 == 0, extended = seed % 4 != 0;
    void *memfs = memfs_new((sensitive ? MEMFS_CASE_SENSITIVE : 0) | (extended ? MEMFS_EXTENDED : 0), 0);
    assert_non_null(memfs);
    alarm(HANG_SECONDS);
    model_reset();
    shim_begin(&(struct shim_plan){.below = memfs_operations(),
                                   .below_ex = extended ? memfs_operations_ex() : NULL,
                                   .before = before,
                                   .after = after,
                                   .passing = passing});
    struct rig *rig = rig_open(&(struct rig_spec){.operations = shim_operations(),
                                                  .operations_ex = shim_operations_ex(),
                                                  .context = memfs,
                                                  .attr_ns = seed % 2 ? 1000000000 : 0,
                                                  .single_thread = seed % 5 == 4,
                                                  .options = DOKAN_OPTION_ALT_STREAM |
                                                             (sensitive ? DOKAN_OPTION_CASE_SENSITIVE : 0)});
    furnish(rig);
    run(rig, stop_early);
    if (!stop_early) {
        check_names(rig, u"\\");
        check_names(rig, u"\\d1");
        check_names(rig, u"\\d2");
        nt_volume_stop(rig->vol);
        shim_end();
    }
    check_end(rig);
    rig_close(rig);
    memfs_free(memfs);
    alarm(0);
    if (model_contradictions())
        fail_msg("run it again with DOKAN_SEED=%llu", (unsigned long long)seed);
}

static void run_seeds(bool stop_early)
{
    const char *only = getenv("DOKAN_SEED");
    unsigned count = testing_full() ? 10 * SEEDS : SEEDS;
    seed = only ? strtoull(only, NULL, 10) : 1;
    for (unsigned i = 0; i < (only ? 1 : count); i++, seed++)
        run_seed(stop_early);
}

static void test_to_the_end(void **state)
{
    run_seeds(false);
}

static void test_stopped_meanwhile(void **state)
{
    run_seeds(true);
}

static void on_alarm(int number)
{
    static const char text[] = "it hangs\n";
    if (write(2, text, sizeof text - 1) >= 0)
        abort();
}

static void drop_line(enum log_level level, const char *line, size_t length, void *arg)
{
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_to_the_end),
        cmocka_unit_test(test_stopped_meanwhile),
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    signal(SIGALRM, on_alarm);
    log_set_sink(drop_line, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
