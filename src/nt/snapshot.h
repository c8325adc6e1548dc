// SPDX-License-Identifier: MIT
/* What only the NT directory query does with a snapshot; the rest of its interface is in nt_internal.h. */
#ifndef XDOKAN_NT_SNAPSHOT_H
#define XDOKAN_NT_SNAPSHOT_H

#include "nt/nt_internal.h"

/* Puts an entry of the engine's own before all others. False: no memory. */
bool snapshot_add_front(struct nt_snapshot *s, const WIN32_FIND_DATAW *data);
/* Drops the entries for which `keep` says no. */
void snapshot_keep(struct nt_snapshot *s, bool (*keep)(const struct nt_entry *entry, const void *arg),
                   const void *arg);
/* Forgets what was filled in so far. */
void snapshot_clear(struct nt_snapshot *s);
/* How many entries snapshot_add() refused for what they were. */
size_t snapshot_bad(const struct nt_snapshot *s);

#endif
