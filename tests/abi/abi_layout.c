// SPDX-License-Identifier: MIT
//
// The layout table holds (layout.h asserts it at compile time), and it is whole: it names every member of
// every structure, so that nothing but padding lies between two rows.

#include "base/testing.h"

#include "layout.h"
#include <string.h>

struct row {
    const char *type, *member; // member NULL: the structure itself
    size_t at, size;           // of the structure: alignment, size
};

static const struct row rows[] = {
#define STRUCT(type, size, alignment)     {#type, NULL, alignment, size},
#define FIELD(type, member, offset, size) {#type, #member, offset, size},
#include "layout.def"
};

// Padding is smaller than the alignment of what follows it, which is at most its size and 8.
static void check_gap(const char *type, size_t end, size_t next, size_t alignment)
{
    if (next < end)
        fail_msg("%s: what is at %zu lies over its predecessor", type, next);
    if (next != end && next - end >= (alignment < 8 ? alignment : 8))
        fail_msg("%s: nothing is said of bytes %zu to %zu", type, end, next);
}

static void test_table_is_whole(void **state)
{
    const struct row *open = NULL;
    size_t end = 0;

    for (size_t i = 0; i <= COUNT_OF(rows); i++) {
        const struct row *row = i < COUNT_OF(rows) ? &rows[i] : NULL;

        if (open && (!row || !row->member))
            check_gap(open->type, end, open->size, open->at);
        if (!row)
            break;
        if (!row->member) {
            open = row;
            end = 0;
            continue;
        }
        if (!open || strcmp(row->type, open->type) != 0)
            fail_msg("%s.%s stands under no STRUCT of its own", row->type, row->member);
        check_gap(row->type, end, row->at, row->size);
        end = row->at + row->size;
    }
}

static void test_callbacks_are_25_pointers(void **state)
{
    size_t count = 0;

    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (rows[i].member && strcmp(rows[i].type, "DOKAN_OPERATIONS") == 0)
            assert_int_equal(rows[i].at, 8 * count++);
    assert_int_equal(count, 25);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_is_whole),
        cmocka_unit_test(test_callbacks_are_25_pointers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
