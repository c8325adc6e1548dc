// SPDX-License-Identifier: MIT
/* Named streams: what they share with their file and what is their own. For volumes that have them. */
#include "rules.h"

#define HID      FILE_ATTRIBUTE_HIDDEN
#define READONLY FILE_ATTRIBUTE_READONLY

static const struct row names[] = {
    {"the unnamed stream is the file",
     {FILE_AT("f"), HOLDS("f::$DATA", "\\f"), OPEN(0, "f::$DATA", RD, ALL, OK), NAMED(0, "f")}},
    {"the type may be said",
     {FILE_AT("f"), FILE_AT("f:s"), HOLDS("f:s:$DATA", "\\f:s"), HOLDS("f:s:$data", "\\f:s")}},
    {"in other case", {FILE_AT("f"), FILE_AT("f:s"), HOLDS("F:S", "\\f:s")}},
    {"another type",
     {FILE_AT("f"), TRY("f:s:$BAD", RD, ALL, FILE_CREATE, 0, STATUS_OBJECT_NAME_INVALID),
      TRY("f::$BAD", RD, ALL, FILE_OPEN, 0, STATUS_OBJECT_NAME_INVALID)}},
    {"no name",
     {FILE_AT("f"), TRY("f:", RD, ALL, FILE_OPEN, 0, STATUS_OBJECT_NAME_INVALID),
      TRY("f::", RD, ALL, FILE_OPEN, 0, STATUS_OBJECT_NAME_INVALID)}},
    {"more than a type",
     {FILE_AT("f"), TRY("f:s:$DATA:x", RD, ALL, FILE_OPEN, 0, STATUS_OBJECT_NAME_INVALID)}},
    {"nothing lies below one",
     {FOLDER_AT("d"), FILE_AT("d:s"), TRY("d:s\\f", RD, ALL, FILE_OPEN, 0, STATUS_OBJECT_NAME_INVALID)}},
    {"a directory lists none", {FOLDER_AT("d"), FILE_AT("d\\f"), FILE_AT("d\\f:s"), LISTS("d", "f")}},
};

static const struct row opening[] = {
    {"one that is not there",
     {FILE_AT("f"), TRY("f:s", RD, ALL, FILE_OPEN, 0, STATUS_OBJECT_NAME_NOT_FOUND),
      TRY("f:s", RD, ALL, FILE_OVERWRITE, 0, STATUS_OBJECT_NAME_NOT_FOUND)}},
    {"one of a file that is not there", {TRY("f:s", RD, ALL, FILE_OPEN, 0, STATUS_OBJECT_NAME_NOT_FOUND)}},
    {"making one makes its file", {FILE_AT("f:s"), HOLDS("f", ""), HOLDS("f:s", "\\f:s"), LISTS("", "f")}},
    {"one that is there",
     {FILE_AT("f"), FILE_AT("f:s"), TRY("f:s", RD, ALL, FILE_CREATE, 0, STATUS_OBJECT_NAME_COLLISION)}},
    {"it is no directory",
     {FILE_AT("f"), FILE_AT("f:s"),
      TRY("f:s", RD, ALL, FILE_OPEN, FILE_DIRECTORY_FILE, STATUS_NOT_A_DIRECTORY),
      TRY("f:s", RD, ALL, FILE_OPEN, FILE_NON_DIRECTORY_FILE, OK)}},
    {"a directory's is a file",
     {FOLDER_AT("d"), FILE_AT("d:s"), TRY("d:s", RD, ALL, FILE_OPEN, FILE_NON_DIRECTORY_FILE, OK),
      HOLDS("d:s", "\\d:s")}},
    {"overwriting one leaves the file",
     {FILE_AT("f"), FILE_AT("f:s"), FILE_AT("f:t"), TRY("f:s", WR, ALL, FILE_OVERWRITE_IF, 0, OK),
      HOLDS("f:s", ""), HOLDS("f", "\\f"), HOLDS("f:t", "\\f:t")}},
    {"overwriting the file takes them away",
     {FILE_AT("f"), FILE_AT("f:s"), TRY("f", WR, ALL, FILE_OVERWRITE_IF, 0, OK), ABSENT("f:s"),
      HOLDS("f", "")}},
    {"a read-only file's",
     {FILE_AT("f"), FILE_AT("f:s"), MARK("f", READONLY),
      TRY("f:s", WR, ALL, FILE_OPEN, 0, STATUS_ACCESS_DENIED), TRY("f:s", RD, ALL, FILE_OPEN, 0, OK),
      TRY("f:t", WR, ALL, FILE_CREATE, 0, STATUS_ACCESS_DENIED)}},
};

static const struct row facts[] = {
    {"attributes are the file's",
     {FILE_AT("f"), FILE_AT("f:s"), OPEN(0, "f:s", RWD, ALL, OK), SET_ATTR(0, HID, OK), ATTR_IS(0, HID),
      CLOSE(0), OPEN(0, "f", ATTR, ALL, OK), ATTR_IS(0, HID)}},
    {"a directory's shows no DIRECTORY",
     {FOLDER_AT("d"), FILE_AT("d:s"), MARK("d", HID), OPEN(0, "d:s", ATTR, ALL, OK), ATTR_IS(0, HID)}},
    {"the size is its own",
     {FILE_AT("f"), FILE_AT("f:s"), OPEN(0, "f:s", RWD, ALL, OK), SIZE_IS(0, 4),
      SET_SIZE(0, FileEndOfFileInformation, 1, OK), SIZE_IS(0, 1), OPEN(1, "f", ATTR, ALL, OK),
      SIZE_IS(1, 2)}},
    {"links are the file's", {FILE_AT("f"), FILE_AT("f:s"), OPEN(0, "f:s", RD | ATTR, ALL, OK), LINKS(0, 1)}},
};

static const struct row deleting[] = {
    {"one",
     {FILE_AT("f"), FILE_AT("f:s"), OPEN(0, "f:s", DEL, ALL, OK), DISPOSE(0, 1, OK),
      TRY("f:s", RD, ALL, FILE_OPEN, 0, STATUS_DELETE_PENDING), PRESENT("f"), CLOSE(0), ABSENT("f:s"),
      HOLDS("f", "\\f")}},
    {"one on close",
     {FILE_AT("f"), FILE_AT("f:s"), OPENX(0, "f:s", DEL, ALL, FILE_OPEN, DOC, OK), CLOSE(0), ABSENT("f:s"),
      PRESENT("f")}},
    {"the file deletes them",
     {FILE_AT("f"), FILE_AT("f:s"), OPEN(0, "f", DEL, ALL, OK), DISPOSE(0, 1, OK), CLOSE(0), FILE_AT("f"),
      ABSENT("f:s")}},
    {"a directory with some is empty",
     {FOLDER_AT("d"), FILE_AT("d:s"), OPEN(0, "d", DEL, ALL, OK), DISPOSE(0, 1, OK), CLOSE(0), ABSENT("d")}},
    {"one that is open is still read",
     {FILE_AT("f"), FILE_AT("f:s"), OPEN(1, "f:s", RD, ALL, OK), OPEN(0, "f", DEL, ALL, OK),
      DISPOSE(0, 1, OK), CLOSE(0), READS(1, "\\f:s"), CLOSE(1), ABSENT("f:s"), ABSENT("f")}},
};

void stream_play(struct world *world)
{
    play_rows(world, "name", names, COUNT_OF(names));
    play_rows(world, "open", opening, COUNT_OF(opening));
    play_rows(world, "fact", facts, COUNT_OF(facts));
    play_rows(world, "delete", deleting, COUNT_OF(deleting));
}
