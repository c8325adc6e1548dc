// SPDX-License-Identifier: MIT
/* Attributes, times and sizes that are set through a handle. */
#include "rules.h"

#define NORMAL FILE_ATTRIBUTE_NORMAL
#define HID    FILE_ATTRIBUTE_HIDDEN
#define SYS    FILE_ATTRIBUTE_SYSTEM
#define RO     FILE_ATTRIBUTE_READONLY
#define ARCH   FILE_ATTRIBUTE_ARCHIVE
#define DIR    FILE_ATTRIBUTE_DIRECTORY
#define TEMP   FILE_ATTRIBUTE_TEMPORARY
/* What only other operations set. */
#define FOREIGN                                                                              \
    (FILE_ATTRIBUTE_COMPRESSED | FILE_ATTRIBUTE_SPARSE_FILE | FILE_ATTRIBUTE_REPARSE_POINT | \
     FILE_ATTRIBUTE_ENCRYPTED)

enum { CREATION, ACCESS, WRITTEN };
#define SUSPEND   (-1)
#define RESUME    (-2)
#define SOME_TIME 129067776000000000 /* 2010-01-01 */

static const struct row attributes[] = {
    {"each that can be set",
     {FILE_AT("f"), OPEN(0, "f", RWD, ALL, OK), SET_ATTR(0, HID, OK), ATTR_IS(0, HID), SET_ATTR(0, SYS, OK),
      ATTR_IS(0, SYS), SET_ATTR(0, ARCH, OK), ATTR_IS(0, ARCH), SET_ATTR(0, RO, OK), ATTR_IS(0, RO),
      SET_ATTR(0, TEMP, OK), ATTR_IS(0, TEMP)}},
    {"offline and not indexed",
     {FILE_AT("f"), OPEN(0, "f", RWD, ALL, OK), SET_ATTR(0, FILE_ATTRIBUTE_OFFLINE, OK),
      ATTR_IS(0, FILE_ATTRIBUTE_OFFLINE), SET_ATTR(0, FILE_ATTRIBUTE_NOT_CONTENT_INDEXED, OK),
      ATTR_IS(0, FILE_ATTRIBUTE_NOT_CONTENT_INDEXED)}},
    {"they last",
     {FILE_AT("f"), MARK("f", HID | SYS | RO), OPEN(0, "f", ATTR, ALL, OK), ATTR_IS(0, HID | SYS | RO)}},
    {"NORMAL clears all",
     {FILE_AT("f"), MARK("f", HID | RO), OPEN(0, "f", RD | FILE_WRITE_ATTRIBUTES | ATTR, ALL, OK),
      SET_ATTR(0, NORMAL, OK), ATTR_IS(0, NORMAL)}},
    {"NORMAL beside others is nothing",
     {FILE_AT("f"), OPEN(0, "f", RWD, ALL, OK), SET_ATTR(0, NORMAL | HID, OK), ATTR_IS(0, HID)}},
    {"0 leaves them",
     {FILE_AT("f"), MARK("f", HID), OPEN(0, "f", RWD, ALL, OK), SET_ATTR(0, 0, OK), ATTR_IS(0, HID)}},
    {"it needs FILE_WRITE_ATTRIBUTES",
     {FILE_AT("f"), OPEN(0, "f", RD | WR | ATTR, ALL, OK), SET_ATTR(0, HID, STATUS_ACCESS_DENIED)}},
    {"a file is no DIRECTORY",
     {FILE_AT("f"), OPEN(0, "f", RWD, ALL, OK), SET_ATTR(0, DIR, STATUS_INVALID_PARAMETER)}},
    {"a directory may say so",
     {FOLDER_AT("d"), OPEN(0, "d", RWD, ALL, OK), SET_ATTR(0, DIR | HID, OK), ATTR_IS(0, DIR | HID)}},
    {"a directory stays one",
     {FOLDER_AT("d"), OPEN(0, "d", RWD, ALL, OK), SET_ATTR(0, HID, OK), ATTR_IS(0, DIR | HID),
      SET_ATTR(0, NORMAL, OK), ATTR_IS(0, DIR)}},
    {"a directory is not TEMPORARY",
     {FOLDER_AT("d"), OPEN(0, "d", RWD, ALL, OK), SET_ATTR(0, TEMP, STATUS_INVALID_PARAMETER),
      ATTR_IS(0, DIR)}},
    {"what others set is ignored",
     {FILE_AT("f"), OPEN(0, "f", RWD, ALL, OK), SET_ATTR(0, HID | FOREIGN, OK), ATTR_IS(0, HID)}},
    {"writing makes ARCHIVE",
     {FILE_AT("f"), MARK("f", NORMAL), OPEN(0, "f", RWD, ALL, OK), WRITES(0, "x", 0), CLOSE(0),
      OPEN(0, "f", ATTR, ALL, OK), ATTR_IS(0, ARCH)}},
    {"READONLY does not bind who writes already",
     {FILE_AT("f"), OPEN(0, "f", RWD, ALL, OK), SET_ATTR(0, RO, OK), WRITES(0, "x", 0),
      TRY("f", WR, ALL, FILE_OPEN, 0, STATUS_ACCESS_DENIED)}},
    {"a read-only file can be set to NORMAL again",
     {FILE_AT("f"), MARK("f", RO), MARK("f", NORMAL), TRY("f", WR, ALL, FILE_OPEN, 0, OK)}},
};

static const struct row times[] = {
    {"creation",
     {FILE_AT("f"), OPEN(0, "f", RWD, ALL, OK), SET_TIME(0, CREATION, SOME_TIME, OK),
      TIME_IS(0, CREATION, SOME_TIME)}},
    {"last access",
     {FILE_AT("f"), OPEN(0, "f", RWD, ALL, OK), SET_TIME(0, ACCESS, SOME_TIME, OK),
      TIME_IS(0, ACCESS, SOME_TIME)}},
    {"last write",
     {FILE_AT("f"), OPEN(0, "f", RWD, ALL, OK), SET_TIME(0, WRITTEN, SOME_TIME, OK),
      TIME_IS(0, WRITTEN, SOME_TIME)}},
    {"to a tenth of a microsecond",
     {FILE_AT("f"), OPEN(0, "f", RWD, ALL, OK), SET_TIME(0, WRITTEN, SOME_TIME + 7, OK),
      TIME_IS(0, WRITTEN, SOME_TIME + 7)}},
    {"of a directory",
     {FOLDER_AT("d"), OPEN(0, "d", RWD, ALL, OK), SET_TIME(0, WRITTEN, SOME_TIME, OK),
      TIME_IS(0, WRITTEN, SOME_TIME)}},
    {"0 leaves it",
     {FILE_AT("f"), OPEN(0, "f", RWD, ALL, OK), SET_TIME(0, WRITTEN, SOME_TIME, OK),
      SET_TIME(0, WRITTEN, 0, OK), TIME_IS(0, WRITTEN, SOME_TIME)}},
    {"-1 and -2 leave it",
     {FILE_AT("f"), OPEN(0, "f", RWD, ALL, OK), SET_TIME(0, WRITTEN, SOME_TIME, OK),
      SET_TIME(0, WRITTEN, SUSPEND, OK), TIME_IS(0, WRITTEN, SOME_TIME), SET_TIME(0, WRITTEN, RESUME, OK),
      TIME_IS(0, WRITTEN, SOME_TIME), SET_TIME(0, ACCESS, SUSPEND, OK), SET_TIME(0, CREATION, SUSPEND, OK)}},
    {"below -2 there is nothing",
     {FILE_AT("f"), OPEN(0, "f", RWD, ALL, OK), SET_TIME(0, WRITTEN, -3, STATUS_INVALID_PARAMETER),
      SET_TIME(0, ACCESS, INT64_MIN, STATUS_INVALID_PARAMETER),
      SET_TIME(0, CREATION, -4, STATUS_INVALID_PARAMETER)}},
    {"it needs FILE_WRITE_ATTRIBUTES",
     {FILE_AT("f"), OPEN(0, "f", RD | WR | ATTR, ALL, OK),
      SET_TIME(0, WRITTEN, SOME_TIME, STATUS_ACCESS_DENIED)}},
    {"writing changes the time",
     {FILE_AT("f"), OPEN(0, "f", RWD, ALL, OK), SET_TIME(0, WRITTEN, SOME_TIME, OK), CLOSE(0),
      OPEN(0, "f", RWD, ALL, OK), WRITES(0, "x", 0), CLOSE(0), OPEN(0, "f", ATTR, ALL, OK),
      TIME_IS_NOT(0, WRITTEN, SOME_TIME)}},
    /* [MS-FSA] 2.1.5.15.2: UserSetModificationTime. What is copied keeps its time so. */
    {"a time that a handle set stays while it writes",
     {FILE_AT("f"), OPEN(0, "f", RWD, ALL, OK), SET_TIME(0, WRITTEN, SOME_TIME, OK), WRITES(0, "x", 0),
      CLOSE(0), OPEN(0, "f", ATTR, ALL, OK), TIME_IS(0, WRITTEN, SOME_TIME)}},
    {"-1 keeps it while the handle writes",
     {FILE_AT("f"), OPEN(0, "f", RWD, ALL, OK), SET_TIME(0, WRITTEN, SOME_TIME, OK), CLOSE(0),
      OPEN(0, "f", RWD, ALL, OK), SET_TIME(0, WRITTEN, SUSPEND, OK), WRITES(0, "x", 0),
      TIME_IS(0, WRITTEN, SOME_TIME), CLOSE(0), OPEN(0, "f", ATTR, ALL, OK), TIME_IS(0, WRITTEN, SOME_TIME)}},
    {"-2 ends that",
     {FILE_AT("f"), OPEN(0, "f", RWD, ALL, OK), SET_TIME(0, WRITTEN, SOME_TIME, OK),
      SET_TIME(0, WRITTEN, SUSPEND, OK), SET_TIME(0, WRITTEN, RESUME, OK), WRITES(0, "x", 0), CLOSE(0),
      OPEN(0, "f", ATTR, ALL, OK), TIME_IS_NOT(0, WRITTEN, SOME_TIME)}},
    {"attributes alone change no time",
     {FILE_AT("f"), OPEN(0, "f", RWD, ALL, OK), SET_TIME(0, WRITTEN, SOME_TIME, OK), SET_ATTR(0, HID, OK),
      TIME_IS(0, WRITTEN, SOME_TIME)}},
    {"times alone change no attributes",
     {FILE_AT("f"), MARK("f", HID), OPEN(0, "f", RWD, ALL, OK), SET_TIME(0, WRITTEN, SOME_TIME, OK),
      ATTR_IS(0, HID)}},
};

static const struct row sizes[] = {
    {"a shorter end",
     {FILE_AT("file"), OPEN(0, "file", RWD, ALL, OK), SET_SIZE(0, FileEndOfFileInformation, 3, OK),
      SIZE_IS(0, 3), READS(0, "\\fi")}},
    {"a longer end reads as zeros",
     {FILE_AT("f"), OPEN(0, "f", RWD, ALL, OK), SET_SIZE(0, FileEndOfFileInformation, 100, OK),
      SIZE_IS(0, 100), WRITES(0, "x", 50), READS(0, "\\f")}},
    {"allocation below the end cuts it",
     {FILE_AT("file"), OPEN(0, "file", RWD, ALL, OK), SET_SIZE(0, FileAllocationInformation, 2, OK),
      SIZE_IS(0, 2)}},
    {"allocation beyond the end leaves it",
     {FILE_AT("f"), OPEN(0, "f", RWD, ALL, OK), SET_SIZE(0, FileAllocationInformation, 100000, OK),
      SIZE_IS(0, 2)}},
    {"they need FILE_WRITE_DATA",
     {FILE_AT("f"), OPEN(0, "f", RD | FILE_WRITE_ATTRIBUTES, ALL, OK),
      SET_SIZE(0, FileEndOfFileInformation, 0, STATUS_ACCESS_DENIED),
      SET_SIZE(0, FileAllocationInformation, 0, STATUS_ACCESS_DENIED), SIZE_IS(0, 2)}},
    {"appending rights do not cut",
     {FILE_AT("f"), OPEN(0, "f", FILE_APPEND_DATA | ATTR, ALL, OK),
      SET_SIZE(0, FileEndOfFileInformation, 0, STATUS_ACCESS_DENIED), SIZE_IS(0, 2)}},
    {"a negative size",
     {FILE_AT("f"), OPEN(0, "f", RWD, ALL, OK),
      SET_SIZE(0, FileEndOfFileInformation, -1, STATUS_INVALID_PARAMETER),
      SET_SIZE(0, FileAllocationInformation, -1, STATUS_INVALID_PARAMETER), SIZE_IS(0, 2)}},
    {"a directory has none",
     {FOLDER_AT("d"), OPEN(0, "d", RWD, ALL, OK),
      SET_SIZE(0, FileEndOfFileInformation, 0, STATUS_INVALID_PARAMETER),
      SET_SIZE(0, FileAllocationInformation, 0, STATUS_INVALID_PARAMETER)}},
    {"of a marked file",
     {FILE_AT("f"), OPEN(0, "f", RWD, ALL, OK), DISPOSE(0, 1, OK),
      SET_SIZE(0, FileEndOfFileInformation, 0, OK), SIZE_IS(0, 0), CLOSE(0), ABSENT("f")}},
    {"every handle sees it",
     {FILE_AT("f"), OPEN(0, "f", RWD, ALL, OK), OPEN(1, "f", RD | ATTR, ALL, OK),
      SET_SIZE(0, FileEndOfFileInformation, 1, OK), SIZE_IS(1, 1), READS(1, "\\")}},
};

void basic_play(struct world *world)
{
    play_rows(world, "attribute", attributes, COUNT_OF(attributes));
    play_rows(world, "time", times, COUNT_OF(times));
    play_rows(world, "size", sizes, COUNT_OF(sizes));
}
