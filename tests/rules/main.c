// SPDX-License-Identifier: MIT
/* rules TABLE DOOR VOLUME [-v]: plays one table; exit status 1 when a row fails, 77 when the
 * host cannot have the volume. */
#include "rules.h"
#include <string.h>

static const struct table tables[] = {
    {"share", share_play},   {"create", create_play},   {"delete", delete_play}, {"rename", rename_play},
    {"lock", lock_play},     {"pattern", pattern_play}, {"basic", basic_play},   {"length", length_play},
    {"access", access_play}, {"stream", stream_play},
};

static const struct door *const doors[] = {&nt_door, &win_door};

static const struct table *table_of(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(tables); i++)
        if (strcmp(tables[i].name, name) == 0)
            return &tables[i];
    return NULL;
}

static const struct door *door_of(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(doors); i++)
        if (strcmp(doors[i]->name, name) == 0)
            return doors[i];
    return NULL;
}

enum { SKIPPED = 77 };

int main(int argc, char **argv)
{
    static struct world world;
    const struct table *table = argc > 3 ? table_of(argv[1]) : NULL;
    world.door = argc > 3 ? door_of(argv[2]) : NULL;
    world.volume = argc > 3 ? volume_of(argv[3]) : NULL;
    if (!table || !world.door || !world.volume) {
        fprintf(stderr, "usage: rules TABLE DOOR VOLUME [-v]; the tables are in main.c\n");
        return 2;
    }
    if (world.volume->fits && !world.volume->fits()) {
        printf("the temporary folder's file system has no extended attributes\n");
        return SKIPPED;
    }
    world.table = table->name;
    world.verbose = argc > 4 && strcmp(argv[4], "-v") == 0;
    DokanInit();
    table->play(&world);
    DokanShutdown();
    unsigned unmet = known_unmet(&world);
    printf("%s %s/%s: %u rows, %u failed, %u known to fail, %u beyond this door\n", table->name,
           world.door->name, world.volume->name, world.rows, world.failed + unmet, world.known,
           world.left_out);
    return world.failed + unmet > 0 || world.rows == 0;
}
