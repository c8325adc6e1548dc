// SPDX-License-Identifier: MIT
/*
 * Every nth callback of the scenario fails: once, and for ever from there on, up to the stop and through it,
 * with a failure that says so, one that does not, and a success that nobody has defined. What must hold is
 * that of fail_alloc_test.c.
 *
 * With DOKAN_FAIL_AT=N only that one is tried; an argument names the only test to run. Under a sanitizer
 * every STRIDE-th is tried unless DOKAN_TEST_FULL=1.
 */
#include "harness.h"
#include "show.h"

enum { STRIDE = SANITIZED ? 17 * SHOW_LESS : 1 };

static struct {
    pthread_mutex_t lock;
    bool armed, for_ever;
    NTSTATUS status;
    unsigned nth, count, failed;
} plan = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool fails_now(void)
{
    pthread_mutex_lock(&plan.lock);
    bool fails = false;
    if (plan.armed) {
        plan.count++;
        fails = plan.for_ever ? plan.count >= plan.nth : plan.count == plan.nth;
        plan.failed += fails;
    }
    pthread_mutex_unlock(&plan.lock);
    return fails;
}

/* It is not even begun. */
static NTSTATUS before(unsigned op)
{
    return fails_now() ? plan.status : STATUS_SUCCESS;
}

/* It did what it should, and then says something odd of it. */
static NTSTATUS after(unsigned op, NTSTATUS status)
{
    return fails_now() && status == STATUS_SUCCESS ? plan.status : status;
}

static void arm(void)
{
    pthread_mutex_lock(&plan.lock);
    plan.armed = true;
    plan.count = plan.failed = 0;
    pthread_mutex_unlock(&plan.lock);
}

static void disarm(void)
{
    pthread_mutex_lock(&plan.lock);
    plan.armed = false;
    pthread_mutex_unlock(&plan.lock);
}

static const struct {
    NTSTATUS status;
    const char *name;
} failures[] = {
    {STATUS_INSUFFICIENT_RESOURCES, "INSUFFICIENT_RESOURCES"},
    {STATUS_UNSUCCESSFUL, "UNSUCCESSFUL"},
    {0x12345678, "0x12345678"},
};

static void try_one(struct show *show, unsigned nth, const char *status)
{
    plan.nth = nth;
    show_title("%s, callback %u says %s%s%s", show_kind_name(show->kind), nth, status,
               plan.for_ever ? ", and all after" : "", show->to_the_end ? ", to the end" : "");
    assert_true(show_run(show).right);
}

static void try_all(struct show *show, size_t failure)
{
    const char *only = getenv("DOKAN_FAIL_AT");
    unsigned step = testing_full() ? 1 : STRIDE, tried = 0;
    plan.status = failures[failure].status;
    if (plan.status < 0)
        show->plan.before = before;
    else
        show->plan.after = after;
    plan.failed = 1;
    for (unsigned n = only ? (unsigned)atoi(only) : 1; plan.failed && !(only && tried); n += step, tried++)
        try_one(show, n, failures[failure].name);
    print_message("%s: %u callbacks said %s%s\n", show_kind_name(show->kind), tried, failures[failure].name,
                  plan.for_ever ? " for ever" : "");
}

static void try_kinds(bool for_ever, bool to_the_end)
{
    plan.for_ever = for_ever;
    for (enum show_kind kind = 0; kind < SHOW_KINDS; kind++)
        for (size_t i = 0; i < COUNT_OF(failures); i++)
            try_all(&(struct show){.kind = kind, .begin = arm, .end = disarm, .to_the_end = to_the_end}, i);
}

static void test_once(void **state)
{
    try_kinds(false, false);
}

static void test_for_ever(void **state)
{
    try_kinds(true, false);
}

static void test_to_the_end(void **state)
{
    try_kinds(true, true);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_once),
        cmocka_unit_test(test_for_ever),
        cmocka_unit_test(test_to_the_end),
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    show_prepare();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
