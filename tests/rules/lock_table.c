// SPDX-License-Identifier: MIT
/*
 * Byte-range locks: whether a second lock is granted beside a first, by overlap, kind and owner; whether
 * bytes under a lock can be read and written; and what unlocks what.
 */
#include "rules.h"

enum { FIRST_OFFSET = 10, FIRST_LENGTH = 10, STRANGER = 4711 };

enum owner { SAME, OTHER_HANDLE, OTHER_KEY, OTHER_PROCESS, OWNERS };
static const char *const owner_names[OWNERS] = {"the same", "another handle", "another key",
                                                "another process"};

static const struct overlap {
    const char *name;
    LONGLONG offset, length;
    bool touches; /* of a lock: in conflict if the kinds are */
} overlaps[] = {
    {"the same range", 10, 10, true},
    {"inside", 12, 3, true},
    {"around", 0, 100, true},
    {"its first byte", 10, 1, true},
    {"its last byte", 19, 1, true},
    {"from before", 5, 6, true},
    {"until behind", 19, 6, true},
    {"before", 0, 10, false},
    {"behind", 20, 5, false},
    /* FsRtl: nothing at a range's ends, but in conflict inside */
    {"nothing inside", 15, 0, true},
    {"nothing at its beginning", 10, 0, false},
    {"nothing at its end", 20, 0, false},
    {"to the end of all offsets", 0, INT64_MAX, true},
};

/* A shared lock may lie over one's own exclusive one; nothing else stands beside an exclusive lock. */
static bool granted(const struct overlap *overlap, bool first, bool second, enum owner owner)
{
    if (!overlap->touches || (!first && !second))
        return true;
    return first && !second && owner == SAME;
}

struct pair {
    void *a, *b; /* two handles of one file */
};

static bool pair_open(struct world *world, struct pair *pair)
{
    struct opening how = {.path = u"\\f",
                          .access = FILE_GENERIC_READ | FILE_GENERIC_WRITE,
                          .share = ALL,
                          .disposition = FILE_OPEN};
    struct outcome a = world_create(world, &how), b = world_create(world, &how);
    *pair = (struct pair){a.file, b.file};
    return row_status(world, "open", STATUS_SUCCESS, a.status) &&
           row_status(world, "open again", STATUS_SUCCESS, b.status);
}

static void pair_close(struct world *world, const struct pair *pair)
{
    if (pair->a)
        end_file(world, pair->a);
    if (pair->b)
        end_file(world, pair->b);
}

static struct range range_of(LONGLONG offset, LONGLONG length, bool exclusive, enum owner owner)
{
    return (struct range){.offset = offset,
                          .length = length,
                          .exclusive = exclusive,
                          .key = owner == OTHER_KEY,
                          .process = owner == OTHER_PROCESS ? STRANGER : 0};
}

static void *handle_for(const struct pair *pair, enum owner owner)
{
    return owner == OTHER_HANDLE ? pair->b : pair->a;
}

static void beside(struct world *world, const struct pair *pair, bool first, bool second, enum owner owner)
{
    struct range held = range_of(FIRST_OFFSET, FIRST_LENGTH, first, SAME);
    for (size_t i = 0; i < COUNT_OF(overlaps); i++) {
        const struct overlap *o = &overlaps[i];
        struct range asked = range_of(o->offset, o->length, second, owner);
        void *file = handle_for(pair, owner);
        NTSTATUS want = granted(o, first, second, owner) ? STATUS_SUCCESS : STATUS_LOCK_NOT_GRANTED;
        if (!row_status(world, "the first lock", STATUS_SUCCESS, world->door->lock(pair->a, &held)))
            return;
        NTSTATUS given = world->door->lock(file, &asked);
        row_status(world, o->name, want, given);
        if (given == STATUS_SUCCESS)
            row_status(world, "unlocking", STATUS_SUCCESS, world->door->unlock(file, &asked));
        row_status(world, "unlocking the first", STATUS_SUCCESS, world->door->unlock(pair->a, &held));
    }
}

static void beside_rows(struct world *world, const struct pair *pair)
{
    char name[96];
    for (int kinds = 0; kinds < 4; kinds++)
        for (enum owner owner = SAME; owner < OWNERS; owner++) {
            bool first = kinds & 1, second = kinds & 2;
            snprintf(name, sizeof name, "%s beside %s, of %s", second ? "exclusive" : "shared",
                     first ? "exclusive" : "shared", owner_names[owner]);
            row_begin(world, "beside", name);
            if (world->door->bare && owner > OTHER_HANDLE)
                world->row_cannot = true;
            else
                beside(world, pair, first, second, owner);
            row_end(world);
        }
}

/* Reads and writes carry key 0 and this process: another key is another owner for them too. */
static const struct io_row {
    const char *name;
    bool exclusive, through_b;
    enum owner locker;
    bool reads, writes; /* allowed */
} io_rows[] = {
    {"under one's own exclusive lock", true, false, SAME, true, true},
    {"under one's own shared lock", false, false, SAME, true, false},
    {"under another handle's exclusive lock", true, true, SAME, false, false},
    {"under another handle's shared lock", false, true, SAME, true, false},
    {"under another key's exclusive lock", true, false, OTHER_KEY, false, false},
    {"under another key's shared lock", false, false, OTHER_KEY, true, false},
};

static const struct {
    const char *name;
    LONGLONG offset;
    ULONG length;
    bool touches;
} transfers[] = {
    {"inside", 12, 3, true}, {"over its beginning", 8, 4, true}, {"over its end", 18, 4, true},
    {"before", 5, 5, false}, {"behind", 20, 4, false},
};

static void transfer_under(struct world *world, const struct pair *pair, const struct io_row *r)
{
    struct range held = range_of(FIRST_OFFSET, FIRST_LENGTH, r->exclusive, r->locker);
    void *file = r->through_b ? pair->b : pair->a;
    char buffer[16] = "0123456789abcde";
    if (world->door->bare && r->locker != SAME) {
        world->row_cannot = true;
        return;
    }
    if (!row_status(world, "the lock", STATUS_SUCCESS, world->door->lock(pair->a, &held)))
        return;
    for (size_t i = 0; i < COUNT_OF(transfers); i++) {
        ULONG n;
        bool touches = transfers[i].touches;
        row_status(world, transfers[i].name,
                   touches && !r->reads ? STATUS_FILE_LOCK_CONFLICT : STATUS_SUCCESS,
                   world->door->read(file, buffer, transfers[i].length, transfers[i].offset, &n));
        row_status(world, transfers[i].name,
                   touches && !r->writes ? STATUS_FILE_LOCK_CONFLICT : STATUS_SUCCESS,
                   world->door->write(file, buffer, transfers[i].length, transfers[i].offset, &n));
    }
    row_status(world, "unlocking", STATUS_SUCCESS, world->door->unlock(pair->a, &held));
}

static const struct unlock_row {
    const char *name;
    LONGLONG offset, length;
    enum owner owner;
    NTSTATUS want;
} unlock_rows[] = {
    {"the range", 10, 10, SAME, STATUS_SUCCESS},
    {"a part of it", 10, 5, SAME, STATUS_RANGE_NOT_LOCKED},
    {"more than it", 10, 20, SAME, STATUS_RANGE_NOT_LOCKED},
    {"another beginning", 11, 9, SAME, STATUS_RANGE_NOT_LOCKED},
    {"through another handle", 10, 10, OTHER_HANDLE, STATUS_RANGE_NOT_LOCKED},
    {"with another key", 10, 10, OTHER_KEY, STATUS_RANGE_NOT_LOCKED},
    {"from another process", 10, 10, OTHER_PROCESS, STATUS_RANGE_NOT_LOCKED},
};

static void unlocks(struct world *world, const struct pair *pair, const struct unlock_row *r)
{
    struct range held = range_of(FIRST_OFFSET, FIRST_LENGTH, true, SAME),
                 asked = range_of(r->offset, r->length, true, r->owner);
    if (world->door->bare && r->owner > OTHER_HANDLE) {
        world->row_cannot = true;
        return;
    }
    if (!row_status(world, "the lock", STATUS_SUCCESS, world->door->lock(pair->a, &held)))
        return;
    NTSTATUS given = world->door->unlock(handle_for(pair, r->owner), &asked);
    row_status(world, "unlocking", r->want, given);
    row_status(world, "unlocking it after that",
               given == STATUS_SUCCESS ? STATUS_RANGE_NOT_LOCKED : STATUS_SUCCESS,
               world->door->unlock(pair->a, &held));
}

/* Two equal locks are two; a handle's locks go with it; a directory has none. */
static void the_rest(struct world *world)
{
    struct pair pair;
    struct range shared = range_of(0, 5, false, SAME), exclusive = range_of(0, 5, true, SAME);
    if (!pair_open(world, &pair))
        return;
    for (int i = 0; i < 2; i++)
        row_status(world, "one of two shared locks", STATUS_SUCCESS, world->door->lock(pair.a, &shared));
    row_status(world, "unlocking one", STATUS_SUCCESS, world->door->unlock(pair.a, &shared));
    row_status(world, "the other holds", STATUS_LOCK_NOT_GRANTED, world->door->lock(pair.b, &exclusive));
    end_file(world, pair.a);
    pair.a = NULL;
    row_status(world, "closing unlocks", STATUS_SUCCESS, world->door->lock(pair.b, &exclusive));
    pair_close(world, &pair);
    struct opening how = {
        .path = u"\\d", .access = FILE_GENERIC_READ, .share = ALL, .disposition = FILE_OPEN};
    struct outcome dir = world_create(world, &how);
    if (dir.file) {
        row_status(world, "a directory", STATUS_INVALID_PARAMETER, world->door->lock(dir.file, &shared));
        end_file(world, dir.file);
    }
}

static void play_all(struct world *world)
{
    struct pair pair = {0};
    row_begin(world, "lock", "its files are made");
    bool ready = make_file(world, u"\\f") && make_folder(world, u"\\d") && pair_open(world, &pair);
    const struct step fill = WRITES(0, "..............................", 0);
    world->slots[0] = pair.a;
    play_steps(world, &fill, ready);
    world->slots[0] = NULL;
    row_end(world);
    if (!ready)
        return;
    beside_rows(world, &pair);
    for (size_t i = 0; i < COUNT_OF(io_rows); i++) {
        row_begin(world, "transfer", io_rows[i].name);
        transfer_under(world, &pair, &io_rows[i]);
        row_end(world);
    }
    for (size_t i = 0; i < COUNT_OF(unlock_rows); i++) {
        row_begin(world, "unlock", unlock_rows[i].name);
        unlocks(world, &pair, &unlock_rows[i]);
        row_end(world);
    }
    pair_close(world, &pair);
    row_begin(world, "lock", "the rest");
    the_rest(world);
    row_end(world);
}

void lock_play(struct world *world)
{
    if (!world_open(world)) {
        world->failed++;
        return;
    }
    play_all(world);
    world_close(world);
}
