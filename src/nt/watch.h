// SPDX-License-Identifier: MIT
/* Between the queue of events (notify.c) and those who watch directories (watch.c). */
#ifndef XDOKAN_NT_WATCH_H
#define XDOKAN_NT_WATCH_H

#include "nt/nt_internal.h"

/* A change as of the moment it happened. */
struct news {
    enum nt_event_kind kind;
    uint32_t filter;
    const struct nt_path *path, *new_path; /* new_path: RENAMED */
    uint64_t serial;
};

static inline bool watches_any(const struct nt_volume *vol)
{
    return atomic_load_explicit(&vol->watching.count, memory_order_relaxed) != 0;
}

void watches_hear(struct nt_volume *vol, const struct news *news);
/* An event was dropped: everybody has to look for himself. */
void watches_lose(struct nt_volume *vol);

#endif
