// SPDX-License-Identifier: MIT

#include "base/testing.h"

#include "base/list.h"

struct item {
    int value;
    struct list node;
};

// The values in the list as decimal digits of one number.
static int digits(struct list *head)
{
    int number = 0;
    struct item *item;
    list_for_each (item, head, node)
        number = 10 * number + item->value;
    return number;
}

static void keeps_order(void **state)
{
    struct list head;
    struct item a = {.value = 1}, b = {.value = 2}, c = {.value = 3};
    list_init(&head);
    assert_true(list_empty(&head));
    assert_null(list_first(&head));
    assert_int_equal(digits(&head), 0);
    list_add_tail(&head, &b.node);
    list_add_tail(&head, &c.node);
    list_add_head(&head, &a.node);
    assert_int_equal(digits(&head), 123);
    assert_ptr_equal(list_entry(list_first(&head), struct item, node), &a);
    list_del(&b.node);
    assert_int_equal(digits(&head), 13);
}

static void deletion_is_repeatable(void **state)
{
    struct list head;
    struct item a = {.value = 1};
    list_init(&head);
    list_add_tail(&head, &a.node);
    assert_false(list_empty(&a.node));
    list_del(&a.node);
    list_del(&a.node);
    assert_true(list_empty(&a.node));
    assert_true(list_empty(&head));
}

static void safe_walk_allows_freeing(void **state)
{
    struct list head;
    list_init(&head);
    for (int i = 0; i < 5; i++) {
        struct item *item = malloc(sizeof *item);
        assert_non_null(item);
        item->value = i;
        list_add_tail(&head, &item->node);
    }
    int sum = 0;
    struct item *item, *after;
    list_for_each_safe (item, after, &head, node) {
        sum += item->value;
        list_del(&item->node);
        free(item);
    }
    assert_int_equal(sum, 10);
    assert_true(list_empty(&head));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_order),
        cmocka_unit_test(deletion_is_repeatable),
        cmocka_unit_test(safe_walk_allows_freeing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
