// SPDX-License-Identifier: MIT
//
// Intrusive doubly linked list. A head and a node are the same struct, linked to itself when empty or
// unlinked, so list_del is safe to repeat and list_empty(&node) tells whether a node is on a list.
// The caller locks.

#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next;
    struct list *prev;
};

static inline void list_init(struct list *node)
{
    node->next = node;
    node->prev = node;
}

static inline bool list_empty(const struct list *head)
{
    return head->next == head;
}

static inline void list_insert_(struct list *node, struct list *prev, struct list *next)
{
    node->prev = prev;
    node->next = next;
    prev->next = node;
    next->prev = node;
}

// The node must not be on a list.
static inline void list_add_tail(struct list *head, struct list *node)
{
    list_insert_(node, head->prev, head);
}

// The node must not be on a list.
static inline void list_add_head(struct list *head, struct list *node)
{
    list_insert_(node, head, head->next);
}

// Unlinks an initialised node; afterwards it is linked to itself.
static inline void list_del(struct list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    list_init(node);
}

// The first node, or NULL if there is none.
static inline struct list *list_first(const struct list *head)
{
    return list_empty(head) ? NULL : head->next;
}

// The struct of the given type that holds the node as the given member.
#define list_entry(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

#define list_item_(ptr, item, member) list_entry(ptr, __typeof__(*(item)), member)

// Walks all items; the list must not change meanwhile.
#define list_for_each(item, head, member)                                            \
    for ((item) = list_item_((head)->next, item, member); &(item)->member != (head); \
         (item) = list_item_((item)->member.next, item, member))

// Walks all items; the current one (and no other) may be unlinked and freed. `after` is a second cursor.
#define list_for_each_safe(item, after, head, member)            \
    for ((item) = list_item_((head)->next, item, member),        \
        (after) = list_item_((item)->member.next, item, member); \
         &(item)->member != (head);                              \
         (item) = (after), (after) = list_item_((item)->member.next, item, member))

#endif
