// SPDX-License-Identifier: MIT
/*
 * The rules of Windows as tables, played through a door on a volume.
 *
 * A door is a way to call the engine (dokan/nt.h, dokan/winfile.h), a volume is a sample that is served
 * without a mount. A row is a scenario on a fresh volume: steps with the status that Windows gives (NTFS;
 * a row's comment says where Dokan's driver differs on purpose). A row that fails is reported and the next
 * one goes on. What a volume or a door cannot do is in known.c; a row listed there that passes fails too.
 */
#ifndef TESTS_RULES_RULES_H
#define TESTS_RULES_RULES_H

#include <dokan/dokan_ex.h>
#include <dokan/fileinfo.h>
#include <dokan/ntstatus.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

enum { SLOTS = 6, STEPS = 16 };
/* A door's answer to what it has no words for: the row is left out. */
#define DOOR_CANNOT ((NTSTATUS)0xE0000001u)

/* ---- doors --------------------------------------------------------------------------------------------- */

struct opening {
    LPCWSTR path;
    void *directory; /* `path` is relative to it */
    ACCESS_MASK access;
    ULONG attributes, share, disposition, options;
};

struct outcome {
    NTSTATUS status;
    ULONG64 information;
    void *file;
};

struct range {
    LONGLONG offset, length;
    ULONG key, process; /* 0: this process */
    bool exclusive;
};

struct door {
    const char *name;
    struct outcome (*create)(DOKAN_HANDLE volume, const struct opening *how);
    NTSTATUS (*cleanup)(void *file); /* the last handle is closed */
    NTSTATUS (*close)(void *file);   /* and the file given up */
    NTSTATUS (*read)(void *file, void *buffer, ULONG length, LONGLONG offset, ULONG *done);
    NTSTATUS (*write)(void *file, const void *buffer, ULONG length, LONGLONG offset, ULONG *done);
    NTSTATUS (*query)(void *file, ULONG info_class, void *buffer, ULONG length, ULONG *done);
    NTSTATUS (*set)(void *file, ULONG info_class, const void *buffer, ULONG length);
    /* One FileNamesInformation entry; pattern and restart as in NtQueryDirectoryFile. */
    NTSTATUS (*next_name)(void *file, LPCWSTR pattern, bool restart, WCHAR *name, size_t room);
    NTSTATUS (*flush)(void *file);
    NTSTATUS (*lock)(void *file, const struct range *range);
    NTSTATUS (*unlock)(void *file, const struct range *range);
    bool (*same)(NTSTATUS wanted, NTSTATUS given);
    bool bare; /* no NTSTATUS, no Information; patterns are Win32's, by find() */
    void (*attach)(DOKAN_HANDLE volume);
    void (*detach)(void);
    /* The next name in the directory `path` by a pattern of Win32. */
    NTSTATUS (*find)(LPCWSTR path_and_pattern, bool first, WCHAR *name, size_t room);
};

extern const struct door nt_door;
extern const struct door win_door;

/* ---- worlds -------------------------------------------------------------------------------------------- */

struct world {
    const struct door *door;
    const struct volume *volume;
    const char *table;
    bool verbose;
    unsigned rows, failed, known, left_out;

    DOKAN_OPTIONS options;
    DOKAN_HANDLE handle;
    void *fs; /* the sample's own */
    char folder[64];
    void *slots[SLOTS];

    /* The row that is played. */
    char row[160]; /* "group: name" */
    bool row_failed, row_cannot;
    char *text;
    size_t text_length;
    FILE *report;
};

struct volume {
    const char *name;
    bool (*open)(struct world *world, DOKAN_MOUNT_OPTIONS_EX *ex, const DOKAN_OPERATIONS **operations);
    void (*close)(struct world *world);
    bool streams;       /* it has named streams */
    bool (*fits)(void); /* whether this host can have it; NULL: all can */
};

const struct volume *volume_of(const char *name);
bool world_open(struct world *world);
void world_close(struct world *world);

/* ---- rows ---------------------------------------------------------------------------------------------- */

void row_begin(struct world *world, const char *group, const char *name);
void row_end(struct world *world);
/* Notes a failure of the row, unless `ok`. */
bool row_check(struct world *world, bool ok, const char *format, ...) __attribute__((format(printf, 3, 4)));
bool row_status(struct world *world, const char *what, NTSTATUS wanted, NTSTATUS given);
const char *status_name(NTSTATUS status);

/* Why the row fails on this volume and through this door, or NULL. */
const char *known_failure(const struct world *world);
/* Tells of listed rows of this table, door and volume that were never met; their number. */
unsigned known_unmet(const struct world *world);

/* ---- scenarios ----------------------------------------------------------------------------------------- */

enum step_kind {
    STEP_END,
    STEP_FILE,    /* makes a file with its path as contents */
    STEP_FOLDER,  /* makes a directory */
    STEP_MARK,    /* gives the thing at `path` attributes `a` */
    STEP_OPEN,    /* into the slot: access a, share b, disposition c, options d */
    STEP_TRY,     /* the same, closed at once */
    STEP_CLOSE,   /* cleanup and close */
    STEP_CLEANUP, /* cleanup alone; STEP_CLOSE then closes */
    STEP_DELETE,  /* FileDispositionInformation a */
    STEP_DELETE_EX,
    STEP_RENAME, /* to `path`, replace a, below the directory in slot b - 1 */
    STEP_RENAME_EX,
    STEP_LINK,
    STEP_PRESENT,  /* `path` can be opened */
    STEP_ABSENT,   /* it cannot: STATUS_OBJECT_NAME_NOT_FOUND */
    STEP_HOLDS,    /* the file at `path` holds `text` */
    STEP_LISTS,    /* the directory at `path` has exactly the names in `text`, sorted, joined by '|' */
    STEP_NAMED,    /* the handle's name is `path` */
    STEP_READS,    /* the handle reads `text` from its beginning; NULL: it fails as wanted */
    STEP_WRITES,   /* writes `text` at a */
    STEP_PENDING,  /* FileStandardInformation.DeletePending is a */
    STEP_LINKS,    /* NumberOfLinks is a */
    STEP_SIZE,     /* EndOfFile is a */
    STEP_SET_ATTR, /* FileBasicInformation with attributes a */
    STEP_ATTR,     /* the handle's attributes are a */
    STEP_SET_TIME, /* FileBasicInformation with time number a := value b */
    STEP_TIME,     /* time number a is value b */
    STEP_TIME_NOT, /* it is not */
    STEP_SET_SIZE, /* class a to value b */
    STEP_KINDS
};

#define ANY_INFORMATION 0xFF

struct step {
    unsigned char kind, slot;
    unsigned char information; /* of a create: FILE_OPENED...; ANY_INFORMATION */
    NTSTATUS want;
    LPCWSTR path;
    const char *text;
    int64_t a, b;
    ULONG c, d, attributes;
};

struct row {
    const char *name;
    struct step steps[STEPS];
};

/* Plays a row's steps in the present world; stops at the first that fails. */
void play_steps(struct world *world, const struct step *steps, size_t count);
/* Plays each row on a volume of its own. */
void play_rows(struct world *world, const char *group, const struct row *rows, size_t count);
struct outcome world_create(struct world *world, const struct opening *how);
bool make_file(struct world *world, LPCWSTR path);
bool make_folder(struct world *world, LPCWSTR path);
NTSTATUS end_file(struct world *world, void *file);
const char *narrow(LPCWSTR text);

/* ---- words of the tables ------------------------------------------------------------------------------- */

#define RD   FILE_READ_DATA
#define WR   FILE_WRITE_DATA
#define DEL  DELETE
#define ATTR FILE_READ_ATTRIBUTES
#define RWD  (FILE_GENERIC_READ | FILE_GENERIC_WRITE | DELETE)
#define SR   FILE_SHARE_READ
#define SW   FILE_SHARE_WRITE
#define SD   FILE_SHARE_DELETE
#define ALL  (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)
#define DOC  FILE_DELETE_ON_CLOSE

#define OK STATUS_SUCCESS
#define FILE_AT(p)                         \
    {                                      \
        .kind = STEP_FILE, .path = u"\\" p \
    }
#define FOLDER_AT(p)                         \
    {                                        \
        .kind = STEP_FOLDER, .path = u"\\" p \
    }
#define MARK(p, attr)                                   \
    {                                                   \
        .kind = STEP_MARK, .path = u"\\" p, .a = (attr) \
    }
#define OPEN(n, p, access, share, status)                                                             \
    {                                                                                                 \
        .kind = STEP_OPEN, .slot = (n), .path = u"\\" p, .a = (access), .b = (share), .c = FILE_OPEN, \
        .want = (status), .information = FILE_OPENED                                                  \
    }
#define OPENX(n, p, access, share, disposition, options, status)                                          \
    {                                                                                                     \
        .kind = STEP_OPEN, .slot = (n), .path = u"\\" p, .a = (access), .b = (share), .c = (disposition), \
        .d = (options), .want = (status), .information = ANY_INFORMATION                                  \
    }
#define TRY(p, access, share, disposition, options, status)                                                 \
    {                                                                                                       \
        .kind = STEP_TRY, .path = u"\\" p, .a = (access), .b = (share), .c = (disposition), .d = (options), \
        .want = (status), .information = ANY_INFORMATION                                                    \
    }
#define CLOSE(n)                        \
    {                                   \
        .kind = STEP_CLOSE, .slot = (n) \
    }
#define CLEANUP(n)                        \
    {                                     \
        .kind = STEP_CLEANUP, .slot = (n) \
    }
#define DISPOSE(n, flag, status)                                        \
    {                                                                   \
        .kind = STEP_DELETE, .slot = (n), .a = (flag), .want = (status) \
    }
#define DISPOSE_EX(n, flags, status)                                        \
    {                                                                       \
        .kind = STEP_DELETE_EX, .slot = (n), .a = (flags), .want = (status) \
    }
#define RENAME(n, to, replace, status)                                                     \
    {                                                                                      \
        .kind = STEP_RENAME, .slot = (n), .path = u"" to, .a = (replace), .want = (status) \
    }
#define RENAME_AT(n, dir, to, replace, status)                                                             \
    {                                                                                                      \
        .kind = STEP_RENAME, .slot = (n), .path = u"" to, .a = (replace), .b = (dir) + 1, .want = (status) \
    }
#define RENAME_EX(n, to, flags, status)                                                     \
    {                                                                                       \
        .kind = STEP_RENAME_EX, .slot = (n), .path = u"" to, .a = (flags), .want = (status) \
    }
#define LINK(n, to, replace, status)                                                     \
    {                                                                                    \
        .kind = STEP_LINK, .slot = (n), .path = u"" to, .a = (replace), .want = (status) \
    }
#define PRESENT(p)                            \
    {                                         \
        .kind = STEP_PRESENT, .path = u"\\" p \
    }
#define ABSENT(p)                            \
    {                                        \
        .kind = STEP_ABSENT, .path = u"\\" p \
    }
#define HOLDS(p, contents)                                    \
    {                                                         \
        .kind = STEP_HOLDS, .path = u"\\" p, .text = contents \
    }
#define LISTS(p, names)                                    \
    {                                                      \
        .kind = STEP_LISTS, .path = u"\\" p, .text = names \
    }
#define NAMED(n, p)                                      \
    {                                                    \
        .kind = STEP_NAMED, .slot = (n), .path = u"\\" p \
    }
#define READS(n, contents)                                \
    {                                                     \
        .kind = STEP_READS, .slot = (n), .text = contents \
    }
#define READ_FAILS(n, status)                             \
    {                                                     \
        .kind = STEP_READS, .slot = (n), .want = (status) \
    }
#define WRITE_FAILS(n, status)                                          \
    {                                                                   \
        .kind = STEP_WRITES, .slot = (n), .text = "x", .want = (status) \
    }
#define WRITES(n, contents, at)                                       \
    {                                                                 \
        .kind = STEP_WRITES, .slot = (n), .text = contents, .a = (at) \
    }
#define PENDING(n, flag)                               \
    {                                                  \
        .kind = STEP_PENDING, .slot = (n), .a = (flag) \
    }
#define LINKS(n, number)                               \
    {                                                  \
        .kind = STEP_LINKS, .slot = (n), .a = (number) \
    }
#define SIZE_IS(n, bytes)                            \
    {                                                \
        .kind = STEP_SIZE, .slot = (n), .a = (bytes) \
    }
#define SET_ATTR(n, attr, status)                                         \
    {                                                                     \
        .kind = STEP_SET_ATTR, .slot = (n), .a = (attr), .want = (status) \
    }
#define ATTR_IS(n, attr)                            \
    {                                               \
        .kind = STEP_ATTR, .slot = (n), .a = (attr) \
    }
#define SET_TIME(n, which, value, status)                                                \
    {                                                                                    \
        .kind = STEP_SET_TIME, .slot = (n), .a = (which), .b = (value), .want = (status) \
    }
#define TIME_IS(n, which, value)                                   \
    {                                                              \
        .kind = STEP_TIME, .slot = (n), .a = (which), .b = (value) \
    }
#define TIME_IS_NOT(n, which, value)                                   \
    {                                                                  \
        .kind = STEP_TIME_NOT, .slot = (n), .a = (which), .b = (value) \
    }
#define SET_SIZE(n, info_class, value, status)                                                \
    {                                                                                         \
        .kind = STEP_SET_SIZE, .slot = (n), .a = (info_class), .b = (value), .want = (status) \
    }

/* ---- tables -------------------------------------------------------------------------------------------- */

struct table {
    const char *name;
    void (*play)(struct world *world);
};

void share_play(struct world *world);
void create_play(struct world *world);
void delete_play(struct world *world);
void rename_play(struct world *world);
void lock_play(struct world *world);
void pattern_play(struct world *world);
void basic_play(struct world *world);
void length_play(struct world *world);
void access_play(struct world *world);
void stream_play(struct world *world);

#endif
