// SPDX-License-Identifier: MIT
/*
 * Opening and making: six dispositions by what is there and by the kind that is asked for, with status and
 * Information; and the rows for what else an open may be refused for.
 */
#include "rules.h"

#define HID  FILE_ATTRIBUTE_HIDDEN
#define SYS  FILE_ATTRIBUTE_SYSTEM
#define RO   FILE_ATTRIBUTE_READONLY
#define ARCH FILE_ATTRIBUTE_ARCHIVE

#define KIND_ANY  0
#define KIND_DIR  FILE_DIRECTORY_FILE
#define KIND_FILE FILE_NON_DIRECTORY_FILE

enum { DISPOSITIONS = 6 };
static const char *const disposition_names[DISPOSITIONS] = {"SUPERSEDE", "OPEN",      "CREATE",
                                                            "OPEN_IF",   "OVERWRITE", "OVERWRITE_IF"};

/* What comes of a disposition: a status, or with success Information. */
struct result {
    NTSTATUS status;
    unsigned char information;
};

#define CREATED          \
    {                    \
        OK, FILE_CREATED \
    }
#define OPENED          \
    {                   \
        OK, FILE_OPENED \
    }
#define SUPERSEDED          \
    {                       \
        OK, FILE_SUPERSEDED \
    }
#define OVERWRITTEN          \
    {                        \
        OK, FILE_OVERWRITTEN \
    }
#define NOT_FOUND                       \
    {                                   \
        STATUS_OBJECT_NAME_NOT_FOUND, 0 \
    }
#define NO_PATH                         \
    {                                   \
        STATUS_OBJECT_PATH_NOT_FOUND, 0 \
    }
#define COLLISION                       \
    {                                   \
        STATUS_OBJECT_NAME_COLLISION, 0 \
    }
#define NO_PARAMETER                \
    {                               \
        STATUS_INVALID_PARAMETER, 0 \
    }
#define NOT_DIR                   \
    {                             \
        STATUS_NOT_A_DIRECTORY, 0 \
    }
#define IS_DIR                        \
    {                                 \
        STATUS_FILE_IS_A_DIRECTORY, 0 \
    }
#define DENIED                  \
    {                           \
        STATUS_ACCESS_DENIED, 0 \
    }
#define PENDING_GONE             \
    {                            \
        STATUS_DELETE_PENDING, 0 \
    }

/* What stands at \x before. */
enum state { ABSENT_, FILE_, FOLDER_, READ_ONLY_, HIDDEN_, SYSTEM_, OPEN_, MARKED_, OPEN_FOLDER_, STATES };

static const struct step state_steps[STATES][3] = {
    [ABSENT_] = {{.kind = STEP_END}},
    [FILE_] = {FILE_AT("x")},
    [FOLDER_] = {FOLDER_AT("x")},
    [READ_ONLY_] = {FILE_AT("x"), MARK("x", RO)},
    [HIDDEN_] = {FILE_AT("x"), MARK("x", HID)},
    [SYSTEM_] = {FILE_AT("x"), MARK("x", SYS)},
    [OPEN_] = {FILE_AT("x"), OPEN(0, "x", RWD, ALL, OK)},
    [MARKED_] = {FILE_AT("x"), OPEN(0, "x", DEL, ALL, OK), DISPOSE(0, 1, OK)},
    [OPEN_FOLDER_] = {FOLDER_AT("x"), OPEN(0, "x", RWD, ALL, OK)},
};

static const struct matrix_row {
    const char *name;
    enum state state;
    ULONG options, attributes;
    struct result results[DISPOSITIONS]; /* SUPERSEDE, OPEN, CREATE, OPEN_IF, OVERWRITE, OVERWRITE_IF */
} matrix[] = {
    {"absent", ABSENT_, KIND_ANY, 0, {CREATED, NOT_FOUND, CREATED, CREATED, NOT_FOUND, CREATED}},
    {"absent, as a file", ABSENT_, KIND_FILE, 0, {CREATED, NOT_FOUND, CREATED, CREATED, NOT_FOUND, CREATED}},
    /* NtCreateFile: directories are opened and made only */
    {"absent, as a directory",
     ABSENT_,
     KIND_DIR,
     0,
     {NO_PARAMETER, NOT_FOUND, CREATED, CREATED, NO_PARAMETER, NO_PARAMETER}},
    {"absent, as both",
     ABSENT_,
     KIND_DIR | KIND_FILE,
     0,
     {NO_PARAMETER, NO_PARAMETER, NO_PARAMETER, NO_PARAMETER, NO_PARAMETER, NO_PARAMETER}},
    {"a file", FILE_, KIND_ANY, 0, {SUPERSEDED, OPENED, COLLISION, OPENED, OVERWRITTEN, OVERWRITTEN}},
    {"a file, as a file",
     FILE_,
     KIND_FILE,
     0,
     {SUPERSEDED, OPENED, COLLISION, OPENED, OVERWRITTEN, OVERWRITTEN}},
    {"a file, as a directory",
     FILE_,
     KIND_DIR,
     0,
     {NO_PARAMETER, NOT_DIR, COLLISION, NOT_DIR, NO_PARAMETER, NO_PARAMETER}},
    /* What replaces a directory: as the samples of the reference, 2.3. */
    {"a directory", FOLDER_, KIND_ANY, 0, {IS_DIR, OPENED, COLLISION, OPENED, IS_DIR, IS_DIR}},
    {"a directory, as a file", FOLDER_, KIND_FILE, 0, {IS_DIR, IS_DIR, COLLISION, IS_DIR, IS_DIR, IS_DIR}},
    {"a directory, as a directory",
     FOLDER_,
     KIND_DIR,
     0,
     {NO_PARAMETER, OPENED, COLLISION, OPENED, NO_PARAMETER, NO_PARAMETER}},
    {"a read-only file", READ_ONLY_, KIND_ANY, 0, {DENIED, OPENED, COLLISION, OPENED, DENIED, DENIED}},
    {"a hidden file, attribute not given",
     HIDDEN_,
     KIND_ANY,
     0,
     {DENIED, OPENED, COLLISION, OPENED, DENIED, DENIED}},
    {"a hidden file, attribute given",
     HIDDEN_,
     KIND_ANY,
     HID,
     {SUPERSEDED, OPENED, COLLISION, OPENED, OVERWRITTEN, OVERWRITTEN}},
    {"a system file, attribute not given",
     SYSTEM_,
     KIND_ANY,
     HID,
     {DENIED, OPENED, COLLISION, OPENED, DENIED, DENIED}},
    {"a system file, attribute given",
     SYSTEM_,
     KIND_ANY,
     SYS,
     {SUPERSEDED, OPENED, COLLISION, OPENED, OVERWRITTEN, OVERWRITTEN}},
    {"an open file", OPEN_, KIND_ANY, 0, {SUPERSEDED, OPENED, COLLISION, OPENED, OVERWRITTEN, OVERWRITTEN}},
    {"an open file, as a directory",
     OPEN_,
     KIND_DIR,
     0,
     {NO_PARAMETER, NOT_DIR, COLLISION, NOT_DIR, NO_PARAMETER, NO_PARAMETER}},
    {"an open directory, as a directory",
     OPEN_FOLDER_,
     KIND_DIR,
     0,
     {NO_PARAMETER, OPENED, COLLISION, OPENED, NO_PARAMETER, NO_PARAMETER}},
    {"an open directory, as a file",
     OPEN_FOLDER_,
     KIND_FILE,
     0,
     {IS_DIR, IS_DIR, COLLISION, IS_DIR, IS_DIR, IS_DIR}},
    {"a marked file",
     MARKED_,
     KIND_ANY,
     0,
     {PENDING_GONE, PENDING_GONE, PENDING_GONE, PENDING_GONE, PENDING_GONE, PENDING_GONE}},
};

/* A refusal changes nothing, a replacement empties. */
static void look_after(struct world *world, const struct matrix_row *m, struct result want)
{
    bool replaced = want.status == OK && want.information != FILE_OPENED && want.information != FILE_CREATED;
    bool whole = m->state == FILE_ || m->state == READ_ONLY_ || m->state == HIDDEN_ || m->state == SYSTEM_ ||
                 m->state == OPEN_;
    const struct step look = HOLDS("x", "\\x"), empty = HOLDS("x", ""), gone = ABSENT("x");
    if (m->state == ABSENT_ && want.status != OK)
        play_steps(world, &gone, 1);
    else if (replaced || (want.information == FILE_CREATED && !(m->options & KIND_DIR)))
        play_steps(world, &empty, 1);
    else if (whole)
        play_steps(world, &look, 1);
}

static void matrix_play(struct world *world, const struct matrix_row *m, ULONG disposition)
{
    struct result want = m->results[disposition];
    char name[80];
    snprintf(name, sizeof name, "%s %s", disposition_names[disposition], m->name);
    struct step open = {.kind = STEP_TRY,
                        .path = u"\\x",
                        .a = FILE_READ_DATA,
                        .b = ALL,
                        .c = disposition,
                        .d = m->options,
                        .attributes = m->attributes,
                        .want = want.status,
                        .information = want.information};
    row_begin(world, "matrix", name);
    if (row_check(world, world_open(world), "the volume does not start")) {
        play_steps(world, state_steps[m->state], COUNT_OF(state_steps[0]));
        play_steps(world, &open, 1);
        if (!world->row_failed && !world->row_cannot)
            look_after(world, m, want);
        world_close(world);
    }
    row_end(world);
}

/* An open with attributes for a new file. */
#define MAKE(n, p, attr, disposition, options, status)                                           \
    {                                                                                            \
        .kind = STEP_OPEN, .slot = (n), .path = u"\\" p, .a = RWD, .b = ALL, .c = (disposition), \
        .d = (options), .attributes = (attr), .want = (status), .information = ANY_INFORMATION   \
    }

static const struct row rights[] = {
    {"a read-only file is not opened for writing",
     {FILE_AT("f"), MARK("f", RO), TRY("f", WR, ALL, FILE_OPEN, 0, STATUS_ACCESS_DENIED),
      TRY("f", FILE_APPEND_DATA, ALL, FILE_OPEN, 0, STATUS_ACCESS_DENIED),
      TRY("f", GENERIC_WRITE, ALL, FILE_OPEN_IF, 0, STATUS_ACCESS_DENIED),
      TRY("f", RD, ALL, FILE_OPEN, 0, OK), TRY("f", DEL | FILE_WRITE_ATTRIBUTES, ALL, FILE_OPEN, 0, OK)}},
    {"a read-only directory is",
     {FOLDER_AT("d"), MARK("d", RO), TRY("d", FILE_ADD_FILE, ALL, FILE_OPEN, KIND_DIR, OK), FILE_AT("d\\f")}},
    {"a new read-only file can be written by its maker",
     {MAKE(0, "f", RO, FILE_CREATE, 0, OK), WRITES(0, "x", 0), CLOSE(0),
      TRY("f", WR, ALL, FILE_OPEN, 0, STATUS_ACCESS_DENIED), HOLDS("f", "x")}},
    {"MAXIMUM_ALLOWED opens",
     {FILE_AT("f"), OPEN(0, "f", MAXIMUM_ALLOWED, ALL, OK), READS(0, "\\f"), CLOSE(0)}},
    {"without FILE_READ_DATA nothing is read",
     {FILE_AT("f"), OPEN(0, "f", WR, ALL, OK), READ_FAILS(0, STATUS_ACCESS_DENIED), WRITES(0, "new", 0),
      CLOSE(0), HOLDS("f", "new")}},
    {"without FILE_WRITE_DATA nothing is written",
     {FILE_AT("f"), OPEN(0, "f", RD, ALL, OK), WRITE_FAILS(0, STATUS_ACCESS_DENIED), CLOSE(0),
      HOLDS("f", "\\f")}},
    /* NtWriteFile: a handle that may only append writes at the end. */
    {"without FILE_WRITE_DATA what is written is appended",
     {FILE_AT("f"), OPEN(0, "f", FILE_APPEND_DATA, ALL, OK), WRITES(0, "x", 0), WRITES(0, "y", 1), CLOSE(0),
      HOLDS("f", "\\fxy")}},
    {"an absent parent",
     {TRY("d\\f", RD, ALL, FILE_OPEN, 0, STATUS_OBJECT_PATH_NOT_FOUND),
      TRY("d\\f", RD, ALL, FILE_CREATE, 0, STATUS_OBJECT_PATH_NOT_FOUND),
      TRY("d\\f", RD, ALL, FILE_CREATE, KIND_DIR, STATUS_OBJECT_PATH_NOT_FOUND)}},
    {"a file as parent",
     {FILE_AT("f"), TRY("f\\g", RD, ALL, FILE_OPEN, 0, STATUS_OBJECT_PATH_NOT_FOUND),
      TRY("f\\g", RD, ALL, FILE_CREATE, 0, STATUS_OBJECT_PATH_NOT_FOUND), HOLDS("f", "\\f")}},
    {"the root is there",
     {TRY("", RD, ALL, FILE_OPEN, 0, OK), TRY("", RD, ALL, FILE_OPEN, KIND_DIR, OK),
      TRY("", RD, ALL, FILE_OPEN_IF, KIND_DIR, OK),
      TRY("", RD, ALL, FILE_CREATE, KIND_DIR, STATUS_OBJECT_NAME_COLLISION),
      TRY("", RD, ALL, FILE_OPEN, KIND_FILE, STATUS_FILE_IS_A_DIRECTORY)}},
    {"a backslash at the end is a directory's",
     {FOLDER_AT("d"), TRY("d\\", RD, ALL, FILE_OPEN, KIND_DIR, OK),
      TRY("e\\", RD, ALL, FILE_CREATE, KIND_DIR, OK), PRESENT("e")}},
};

#define N50     "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
#define LONG250 N50 N50 N50 N50 N50

static const struct row names[] = {
    {"other case is the same name",
     {FILE_AT("Name"), TRY("nAME", RD, ALL, FILE_CREATE, 0, STATUS_OBJECT_NAME_COLLISION),
      HOLDS("NAME", "\\Name"), LISTS("", "Name")}},
    {"an asterisk", {TRY("a*", RD, ALL, FILE_CREATE, 0, STATUS_OBJECT_NAME_INVALID)}},
    {"a question mark", {TRY("a?", RD, ALL, FILE_OPEN, 0, STATUS_OBJECT_NAME_INVALID)}},
    {"a bar", {TRY("a|b", RD, ALL, FILE_CREATE, 0, STATUS_OBJECT_NAME_INVALID)}},
    {"less and greater",
     {TRY("<a", RD, ALL, FILE_CREATE, 0, STATUS_OBJECT_NAME_INVALID),
      TRY("a>", RD, ALL, FILE_CREATE, 0, STATUS_OBJECT_NAME_INVALID)}},
    {"a quotation mark", {TRY("a\"", RD, ALL, FILE_CREATE, 0, STATUS_OBJECT_NAME_INVALID)}},
    {"a slash", {TRY("a/b", RD, ALL, FILE_CREATE, 0, STATUS_OBJECT_NAME_INVALID)}},
    {"a control character", {TRY("a\x1f", RD, ALL, FILE_CREATE, 0, STATUS_OBJECT_NAME_INVALID)}},
    {"two backslashes inside",
     {FOLDER_AT("d"), TRY("d\\\\f", RD, ALL, FILE_CREATE, 0, STATUS_OBJECT_NAME_INVALID)}},
    {"dots as a component",
     {FOLDER_AT("d"), TRY("d\\..", RD, ALL, FILE_OPEN, 0, STATUS_OBJECT_NAME_INVALID),
      TRY("d\\.", RD, ALL, FILE_OPEN, 0, STATUS_OBJECT_NAME_INVALID)}},
    {"255 units", {FILE_AT(LONG250 "55555"), PRESENT(LONG250 "55555")}},
    {"256 units", {TRY(LONG250 "666666", RD, ALL, FILE_CREATE, 0, STATUS_OBJECT_NAME_INVALID)}},
    {"a dot or a blank at the end tells names apart",
     {FILE_AT("a"), FILE_AT("a."), FILE_AT("a "), FILE_AT("a.."), HOLDS("a", "\\a"), HOLDS("a.", "\\a."),
      LISTS("", "a|a |a.|a..")}},
    {"names of devices are names",
     {FILE_AT("NUL"), FILE_AT("con.txt"), FILE_AT("COM1"), LISTS("", "COM1|NUL|con.txt")}},
    {"beyond the first plane", {FILE_AT("\U0001F600"), PRESENT("\U0001F600")}},
    {"half a pair", {TRY("\xD83D", RD, ALL, FILE_CREATE, 0, OK), PRESENT("\xD83D")}},
    {"other characters are fine",
     {FILE_AT("a b.c,;=+[]{}()!@#$%^&'`~-_"), FILE_AT("\u00e4\u20ac"), PRESENT("\u00c4\u20ac")}},
};

static const struct row attributes[] = {
    {"a new file is archived", {MAKE(0, "f", 0, FILE_CREATE, 0, OK), ATTR_IS(0, ARCH)}},
    {"NORMAL is nothing", {MAKE(0, "f", FILE_ATTRIBUTE_NORMAL, FILE_CREATE, 0, OK), ATTR_IS(0, ARCH)}},
    {"what is given is added",
     {MAKE(0, "f", HID | SYS | FILE_ATTRIBUTE_TEMPORARY, FILE_CREATE, 0, OK),
      ATTR_IS(0, HID | SYS | FILE_ATTRIBUTE_TEMPORARY | ARCH)}},
    {"a new directory is a directory",
     {MAKE(0, "d", 0, FILE_CREATE, KIND_DIR, OK), ATTR_IS(0, FILE_ATTRIBUTE_DIRECTORY)}},
    {"a hidden directory",
     {MAKE(0, "d", HID, FILE_CREATE, KIND_DIR, OK), ATTR_IS(0, FILE_ATTRIBUTE_DIRECTORY | HID)}},
    {"a temporary directory is refused",
     {MAKE(0, "d", FILE_ATTRIBUTE_TEMPORARY, FILE_CREATE, KIND_DIR, STATUS_INVALID_PARAMETER), ABSENT("d")}},
    {"DIRECTORY does not make a directory",
     {MAKE(0, "f", FILE_ATTRIBUTE_DIRECTORY, FILE_CREATE, 0, OK), ATTR_IS(0, ARCH)}},
    {"opening changes no attributes",
     {FILE_AT("f"), MARK("f", HID), MAKE(0, "f", SYS, FILE_OPEN_IF, 0, OK), ATTR_IS(0, HID)}},
    {"overwriting adds the new ones",
     {FILE_AT("f"), MARK("f", HID), MAKE(0, "f", HID | SYS, FILE_OVERWRITE, 0, OK),
      ATTR_IS(0, HID | SYS | ARCH)}},
    {"superseding replaces them",
     {FILE_AT("f"), MARK("f", FILE_ATTRIBUTE_TEMPORARY), MAKE(0, "f", HID, FILE_SUPERSEDE, 0, OK),
      ATTR_IS(0, HID | ARCH)}},
};

void create_play(struct world *world)
{
    for (size_t i = 0; i < COUNT_OF(matrix); i++)
        for (ULONG disposition = 0; disposition < DISPOSITIONS; disposition++)
            matrix_play(world, &matrix[i], disposition);
    play_rows(world, "right", rights, COUNT_OF(rights));
    play_rows(world, "name", names, COUNT_OF(names));
    play_rows(world, "attribute", attributes, COUNT_OF(attributes));
}
