// SPDX-License-Identifier: MIT
/*
 * Rows: what fails in one is collected, and told at its end unless known.c has the reason. The statuses have
 * their names in reports.
 */
#include "rules.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define NAMED_STATUS(name)   \
    {                        \
        STATUS_##name, #name \
    }

static const struct {
    NTSTATUS status;
    const char *name;
} names[] = {
    NAMED_STATUS(SUCCESS),
    NAMED_STATUS(ACCESS_DENIED),
    NAMED_STATUS(BUFFER_OVERFLOW),
    NAMED_STATUS(BUFFER_TOO_SMALL),
    NAMED_STATUS(CANNOT_DELETE),
    NAMED_STATUS(DELETE_PENDING),
    NAMED_STATUS(DIRECTORY_NOT_EMPTY),
    NAMED_STATUS(END_OF_FILE),
    NAMED_STATUS(FILE_DELETED),
    NAMED_STATUS(FILE_IS_A_DIRECTORY),
    NAMED_STATUS(FILE_LOCK_CONFLICT),
    NAMED_STATUS(INFO_LENGTH_MISMATCH),
    NAMED_STATUS(INVALID_DEVICE_REQUEST),
    NAMED_STATUS(INVALID_INFO_CLASS),
    NAMED_STATUS(INVALID_PARAMETER),
    NAMED_STATUS(LOCK_NOT_GRANTED),
    NAMED_STATUS(MEDIA_WRITE_PROTECTED),
    NAMED_STATUS(NOT_A_DIRECTORY),
    NAMED_STATUS(NOT_IMPLEMENTED),
    NAMED_STATUS(NOT_SUPPORTED),
    NAMED_STATUS(NO_MORE_FILES),
    NAMED_STATUS(NO_SUCH_FILE),
    NAMED_STATUS(OBJECT_NAME_COLLISION),
    NAMED_STATUS(OBJECT_NAME_INVALID),
    NAMED_STATUS(OBJECT_NAME_NOT_FOUND),
    NAMED_STATUS(OBJECT_PATH_NOT_FOUND),
    NAMED_STATUS(RANGE_NOT_LOCKED),
    NAMED_STATUS(SHARING_VIOLATION),
};

const char *status_name(NTSTATUS status)
{
    static _Thread_local char numbers[4][12];
    static _Thread_local unsigned next;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (names[i].status == status)
            return names[i].name;
    char *number = numbers[next++ % COUNT_OF(numbers)];
    snprintf(number, sizeof numbers[0], "0x%08X", (unsigned)status);
    return number;
}

void row_begin(struct world *world, const char *group, const char *name)
{
    snprintf(world->row, sizeof world->row, "%s: %s", group, name);
    world->row_failed = world->row_cannot = false;
    world->text = NULL;
    world->report = open_memstream(&world->text, &world->text_length);
    if (!world->report)
        abort();
}

bool row_check(struct world *world, bool ok, const char *format, ...)
{
    va_list args;
    if (ok)
        return true;
    world->row_failed = true;
    va_start(args, format);
    fprintf(world->report, "    ");
    vfprintf(world->report, format, args);
    fprintf(world->report, "\n");
    va_end(args);
    return false;
}

bool row_status(struct world *world, const char *what, NTSTATUS wanted, NTSTATUS given)
{
    if (given == DOOR_CANNOT) {
        world->row_cannot = true;
        return false;
    }
    return row_check(world, world->door->same(wanted, given), "%s: %s, not %s", what, status_name(given),
                     status_name(wanted));
}

void row_end(struct world *world)
{
    fclose(world->report);
    world->rows++;
    const char *reason = known_failure(world);
    bool expected = reason != NULL;
    if (world->row_cannot) {
        world->left_out++;
    } else if (world->row_failed != expected) {
        world->failed++;
        printf("FAIL %s %s/%s: %s%s%s\n%s", world->table, world->door->name, world->volume->name, world->row,
               expected ? ": passes, although known.c says: " : "", expected ? reason : "", world->text);
    } else if (expected) {
        world->known++;
        if (world->verbose)
            printf("known %s %s/%s: %s\n%s", world->table, world->door->name, world->volume->name, world->row,
                   world->text);
    }
    free(world->text);
}
