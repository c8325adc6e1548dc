// SPDX-License-Identifier: MIT
/* memfs with its extended callbacks under test. To be included once per program. */
#ifndef SAMPLES_MEMFS_EX_TESTING_H
#define SAMPLES_MEMFS_EX_TESTING_H

#include "memfs_testing.h"

static const DOKAN_OPERATIONS_EX *ex;

static inline int setup_extended(void **state)
{
    (void)state;
    volume_open(MEMFS_EXTENDED, 0);
    ex = memfs_operations_ex();
    return 0;
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_extended, teardown)

static inline DOKAN_FACTS facts_of_handle(struct handle *h)
{
    DOKAN_FACTS facts = {.Size = sizeof facts};
    assert_int_equal(ex->GetFacts(h->name, &facts, &h->info), STATUS_SUCCESS);
    return facts;
}

#endif
