// SPDX-License-Identifier: MIT
/*
 * Every nth allocation of the scenario fails: once, and for ever from there on, up to the stop and through
 * it. Whatever n: no crash, no hang, no request without its one answer, no open without its Cleanup and
 * CloseFile, no leak, and afterwards the volume works.
 *
 * With DOKAN_FAIL_AT=N only that one is tried; an argument names the only test to run. Under a sanitizer
 * every STRIDE-th is tried unless DOKAN_TEST_FULL=1.
 */
#include "fail.h"
#include "harness.h"
#include "show.h"

enum { STRIDE = SANITIZED ? 7 * SHOW_LESS : 1, LEAST_STEPS = 300 };

static enum fail_mode mode;
static unsigned long nth;

static void begin_failing(void)
{
    fail_from(mode, nth);
}

static unsigned long allocations, failures;

static void end_failing(void)
{
    allocations = fail_count();
    failures = fail_failed();
    fail_from(FAIL_NEVER, 0);
}

static bool has_failed(void)
{
    return fail_failed() != 0;
}

static struct show_result run(enum show_kind kind, enum fail_mode how, unsigned long n, bool to_the_end)
{
    mode = how;
    nth = n;
    return show_run(&(struct show){.kind = kind,
                                   .begin = begin_failing,
                                   .end = end_failing,
                                   .to_the_end = to_the_end,
                                   .over = how == FAIL_ONCE ? has_failed : NULL});
}

/* Nothing fails: the scenario is what it shall be, and its second run, like all after it, needs no more of
 * what is made once for the process. */
static void test_undisturbed(void **state)
{
    for (enum show_kind kind = 0; kind < SHOW_KINDS; kind++) {
        show_title("%s, undisturbed", show_kind_name(kind));
        struct show_result r = run(kind, FAIL_NEVER, 0, true);
        print_message("%s: %u requests, %u of them succeed, %u callbacks, %u opens, %lu allocations\n",
                      show_kind_name(kind), r.asked, r.succeeded, r.calls, r.opens, allocations);
        assert_true(r.right && r.opened);
        assert_true(r.asked >= LEAST_STEPS && r.succeeded * 2 > r.asked);
    }
}

static void try_one(enum show_kind kind, enum fail_mode how, unsigned long n, bool to_the_end)
{
    show_title("%s, allocation %lu fails%s%s", show_kind_name(kind), n,
               how == FAIL_EVER ? " and all after" : "", to_the_end ? ", to the end" : "");
    assert_true(run(kind, how, n, to_the_end).right);
}

static void try_all(enum show_kind kind, enum fail_mode how, bool to_the_end)
{
    const char *only = getenv("DOKAN_FAIL_AT");
    unsigned long step = testing_full() ? 1 : STRIDE, tried = 0;
    if (only) {
        try_one(kind, how, strtoul(only, NULL, 10), to_the_end);
        return;
    }
    for (unsigned long n = 1; tried == 0 || failures; n += step, tried++)
        try_one(kind, how, n, to_the_end);
    print_message("%s: %lu allocations failed%s\n", show_kind_name(kind), tried,
                  how == FAIL_EVER ? " for ever" : "");
}

static void test_once(void **state)
{
    for (enum show_kind kind = 0; kind < SHOW_KINDS; kind++)
        try_all(kind, FAIL_ONCE, true);
}

static void test_for_ever(void **state)
{
    for (enum show_kind kind = 0; kind < SHOW_KINDS; kind++)
        try_all(kind, FAIL_EVER, false);
}

static void test_to_the_end(void **state)
{
    for (enum show_kind kind = 0; kind < SHOW_KINDS; kind++)
        try_all(kind, FAIL_EVER, true);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_undisturbed),
        cmocka_unit_test(test_once),
        cmocka_unit_test(test_for_ever),
        cmocka_unit_test(test_to_the_end),
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    show_prepare();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
