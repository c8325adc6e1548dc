// SPDX-License-Identifier: MIT
/*
 * The rules of oplocks, as tables: what breaks which, to what, and who may have one beside whom. They are
 * those of [MS-FSA] 2.1.4.12 and 2.1.5.18 and of the WDK's "Checking the oplock state" pages. No state, no
 * locks.
 */
#include "nt/oplock.h"
#include <dokan/nt.h>

/* ---- breaks -------------------------------------------------------------------------------------------- */

// clang-format off
#define KEPT          {OPLOCK_KEPT, OPLOCK_NONE}
#define GOES_ON(kind) {OPLOCK_GOES_ON, OPLOCK_##kind}
#define WAITS(kind)   {OPLOCK_WAITS, OPLOCK_##kind}
#define ALWAYS        {OPLOCK_ALWAYS, OPLOCK_NONE}
#define END GOES_ON(NONE)
#define W_0 WAITS(NONE)
#define W_2 WAITS(LEVEL_2)

/* A lease with HANDLE in it that is broken to nothing needs an answer, for which nobody waits, unless it is
 * one with WRITE. Level 2 does not look whose doing it is: what its holder writes would be in nobody else's
 * cache either. */
static const struct oplock_rule breaks[OPLOCK_EVENTS][OPLOCK_KINDS] = {
    /*                        none  level 2  level 1  batch  filter  R     RH           RW           RWH */
    [OPLOCK_ON_OPEN]      = { KEPT, KEPT,    W_2,     W_2,   W_0,    KEPT, KEPT,        WAITS(R),    WAITS(RH) },
    [OPLOCK_ON_OVERWRITE] = { KEPT, END,     W_0,     W_0,   W_0,    END,  END,         W_0,         W_0 },
    [OPLOCK_ON_VIOLATION] = { KEPT, KEPT,    KEPT,    KEPT,  KEPT,   KEPT, WAITS(R),    KEPT,        WAITS(RW) },
    [OPLOCK_ON_READ]      = { KEPT, KEPT,    W_2,     W_2,   KEPT,   KEPT, KEPT,        WAITS(R),    WAITS(RH) },
    [OPLOCK_ON_WRITE]     = { KEPT, ALWAYS,  W_0,     W_0,   W_0,    END,  END,         W_0,         W_0 },
    [OPLOCK_ON_LOCK]      = { KEPT, ALWAYS,  W_0,     W_0,   KEPT,   END,  END,         W_0,         END },
    [OPLOCK_ON_SIZE]      = { KEPT, ALWAYS,  W_0,     W_0,   W_0,    END,  END,         W_0,         W_0 },
    [OPLOCK_ON_RENAME]    = { KEPT, KEPT,    KEPT,    W_0,   W_0,    KEPT, WAITS(R),    KEPT,        WAITS(RW) },
    [OPLOCK_ON_DELETE]    = { KEPT, KEPT,    KEPT,    KEPT,  KEPT,   KEPT, WAITS(R),    KEPT,        WAITS(RW) },
    [OPLOCK_ON_CHILD]     = { KEPT, END,     END,     END,   END,    END,  END,         END,         END },
};
// clang-format on

/* Rights with which nobody disturbs the holder of a filter oplock. */
enum {
    FILTER_RIGHTS = FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | FILE_READ_DATA | FILE_READ_EA |
                    FILE_EXECUTE | SYNCHRONIZE | READ_CONTROL
};

/* It exists to get out of the way: of who writes, and of who would not share with its holder. */
static bool filter_stays(const struct open_modes *modes)
{
    return !(modes->access & ~(ACCESS_MASK)FILTER_RIGHTS) && modes->share & FILE_SHARE_READ;
}

struct oplock_rule oplock_rule(enum oplock_event event, enum oplock_kind kind, const struct open_modes *modes)
{
    if (event == OPLOCK_ON_OPEN && kind == OPLOCK_FILTER && filter_stays(modes))
        return (struct oplock_rule){OPLOCK_KEPT, OPLOCK_NONE};
    return breaks[event][kind];
}

/* ---- grants -------------------------------------------------------------------------------------------- */

static const struct {
    bool lease, exclusive, answer;
    ULONG level;
} kinds[OPLOCK_KINDS] = {
    [OPLOCK_LEVEL_1] = {.exclusive = true, .answer = true},
    [OPLOCK_BATCH] = {.exclusive = true, .answer = true},
    [OPLOCK_FILTER] = {.exclusive = true, .answer = true},
    [OPLOCK_R] = {.lease = true, .level = OPLOCK_LEVEL_CACHE_READ},
    [OPLOCK_RH] = {.lease = true,
                   .answer = true,
                   .level = OPLOCK_LEVEL_CACHE_READ | OPLOCK_LEVEL_CACHE_HANDLE},
    [OPLOCK_RW] = {true, true, true, OPLOCK_LEVEL_CACHE_READ | OPLOCK_LEVEL_CACHE_WRITE},
    [OPLOCK_RWH] = {true, true, true,
                    OPLOCK_LEVEL_CACHE_READ | OPLOCK_LEVEL_CACHE_WRITE | OPLOCK_LEVEL_CACHE_HANDLE},
};

/* `wanted` beside what is held: by another key, by the same. */
static const struct {
    uint8_t wanted, held, other, same;
} grants[] = {
    {OPLOCK_LEVEL_1, OPLOCK_LEVEL_2, OPLOCK_ENDS, OPLOCK_ENDS},
    {OPLOCK_BATCH, OPLOCK_LEVEL_2, OPLOCK_ENDS, OPLOCK_ENDS},
    {OPLOCK_FILTER, OPLOCK_LEVEL_2, OPLOCK_ENDS, OPLOCK_ENDS},
    {OPLOCK_LEVEL_2, OPLOCK_LEVEL_2, OPLOCK_BESIDE, OPLOCK_BESIDE},
    {OPLOCK_LEVEL_2, OPLOCK_R, OPLOCK_BESIDE, OPLOCK_BESIDE},
    {OPLOCK_R, OPLOCK_LEVEL_2, OPLOCK_BESIDE, OPLOCK_BESIDE},
    {OPLOCK_R, OPLOCK_R, OPLOCK_BESIDE, OPLOCK_SWITCH},
    {OPLOCK_R, OPLOCK_RH, OPLOCK_BESIDE, OPLOCK_REFUSE},
    {OPLOCK_RH, OPLOCK_R, OPLOCK_BESIDE, OPLOCK_SWITCH},
    {OPLOCK_RH, OPLOCK_RH, OPLOCK_BESIDE, OPLOCK_SWITCH},
    {OPLOCK_RW, OPLOCK_R, OPLOCK_REFUSE, OPLOCK_SWITCH},
    {OPLOCK_RW, OPLOCK_RW, OPLOCK_REFUSE, OPLOCK_SWITCH},
    {OPLOCK_RWH, OPLOCK_R, OPLOCK_REFUSE, OPLOCK_SWITCH},
    {OPLOCK_RWH, OPLOCK_RH, OPLOCK_REFUSE, OPLOCK_SWITCH},
    {OPLOCK_RWH, OPLOCK_RW, OPLOCK_REFUSE, OPLOCK_SWITCH},
    {OPLOCK_RWH, OPLOCK_RWH, OPLOCK_REFUSE, OPLOCK_SWITCH},
};

enum oplock_grant oplock_beside(enum oplock_kind wanted, enum oplock_kind held, bool same_key)
{
    for (size_t i = 0; i < sizeof grants / sizeof *grants; i++)
        if (grants[i].wanted == wanted && grants[i].held == held)
            return same_key ? grants[i].same : grants[i].other;
    return OPLOCK_REFUSE;
}

bool oplock_is_lease(enum oplock_kind kind)
{
    return kinds[kind].lease;
}

bool oplock_is_exclusive(enum oplock_kind kind)
{
    return kinds[kind].exclusive;
}

bool oplock_needs_answer(enum oplock_kind kind)
{
    return kinds[kind].answer;
}

ULONG oplock_level(enum oplock_kind kind)
{
    return kinds[kind].level;
}

enum oplock_kind oplock_of_level(ULONG level)
{
    for (int kind = OPLOCK_R; kind < OPLOCK_KINDS; kind++)
        if (kinds[kind].level == level)
            return kind;
    return level ? OPLOCK_KINDS : OPLOCK_NONE;
}

/* RH and RW have READ in common. */
enum oplock_kind oplock_meet(enum oplock_kind a, enum oplock_kind b)
{
    if (a == b)
        return a;
    return oplock_of_level(kinds[a].level & kinds[b].level);
}
