// SPDX-License-Identifier: MIT
/*
 * What the verbs of dokanctl share. A verb is one row of the table in verbs.c and one file.
 */
#ifndef XDOKAN_CLI_H
#define XDOKAN_CLI_H

#include <dokan/dokan_ex.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/*
 * What scripts can rely on. The slash forms know 0 and 1 only. `run` ends as its command did: with the
 * command's status, 128 and the number of the signal that ended it, 126 or 127 where it could not be started;
 * and with EXIT_RUN when nothing could be mounted.
 */
enum exit_code {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_NOT_MOUNTED = 3,
    EXIT_NO_ANSWER = 4,
    EXIT_RUN = 125,
    EXIT_CANCELLED = 130
};

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* ---- options (options.c) ------------------------------------------------------------------------------ */

struct cli_option {
    const char *name;     /* "filter"; NULL ends a list */
    char letter;          /* 0: none */
    const char *argument; /* "SPEC"; NULL: none */
    const char *help;
};

struct given {
    const struct cli_option *option;
    const char *value; /* NULL: none */
};

struct call {
    const struct verb *verb;
    int argc; /* arguments behind the verb, without options */
    char **argv;
    bool json, help;
    struct given *given; /* in the order of the command line */
    size_t given_count;
};

enum verb_flags {
    VERB_JSON = 0x1,   /* knows --json */
    VERB_COMMAND = 0x2 /* behind the first argument stands a command, whose options are its own */
};

struct verb {
    const char *name;
    const char *arguments;
    const char *summary;
    const char *details;
    int least, most; /* number of arguments; most -1: any */
    int (*run)(const struct call *call);
    unsigned flags;
    const struct cli_option *options[3]; /* lists; NULL: none */
};

extern const struct verb verbs[];
extern const size_t verb_count;
extern const struct cli_option common_options[]; /* --json, --help */
const struct verb *find_verb(const char *name);

/* Reads the words behind the verb. 0 or an exit code, explained on standard error. call_free() in any case.
 */
int call_parse(struct call *call, const struct verb *verb, int argc, char **argv);
void call_free(struct call *call);
/* Adds an option as if it had been given; false when the verb does not know it. */
bool call_add(struct call *call, const char *name, const char *value);
bool option_on(const struct call *call, const char *name);
/* The last value; NULL when it was not given. */
const char *option_value(const struct call *call, const char *name);
/* A number, or *value as it was. 0 or an exit code, explained. */
int option_number(const struct call *call, const char *name, unsigned least, unsigned most, unsigned *value);
/* The options of a verb, one by one: index 0, 1, ... NULL behind the last. */
const struct cli_option *verb_option(const struct verb *verb, size_t index);

/* ---- verbs -------------------------------------------------------------------------------------------- */

int run_cat(const struct call *call);
int run_check(const struct call *call);
int run_cp(const struct call *call);
int run_du(const struct call *call);
int run_formats(const struct call *call);
int run_help(const struct call *call);
int run_info(const struct call *call);
int run_list(const struct call *call);
int run_ls(const struct call *call);
int run_mkdir(const struct call *call);
int run_mount(const struct call *call);
int run_mv(const struct call *call);
int run_path(const struct call *call);
int run_rm(const struct call *call);
int run_run(const struct call *call);
int run_status(const struct call *call);
int run_trace(const struct call *call);
int run_tree(const struct call *call);
int run_unmount(const struct call *call);
int run_version(const struct call *call);

/* The forms of Dokany's tool: `/u M` and its kin. */
int run_slash(int argc, char **argv);
/* As mount(8) calls its helpers: `SOURCE FOLDER -o LIST`. */
int run_mount_helper(int argc, char **argv);

/* help.c */
void print_help(FILE *out);
void print_verb_help(FILE *out, const struct verb *verb);
int usage_error(const struct verb *verb);
int unknown_verb(const char *name);

/* ---- near matches (near.c) ---------------------------------------------------------------------------- */

/* The candidate nearest to a misspelt word. Start with {.word = word}; offer all; best is NULL for none. */
struct near {
    const char *word;
    const char *best;
    size_t distance;
};
void near_offer(struct near *near, const char *candidate);

/* ---- replies of the library (reply.c) ----------------------------------------------------------------- */

/*
 * Reads the next line of a reply in place. False at its end. An empty line, which ends a block, gives an
 * empty key. Escapes in the value are undone.
 */
bool reply_next(char **cursor, char **key, char **value);

/* DokanControl; on failure says on standard error what went wrong with `point` and returns the exit code. */
int control(const char *point, const char *command, char **reply);

/* ---- output ------------------------------------------------------------------------------------------- */

/* A text for a terminal (plain.c): control characters, and what is no UTF-8, as '?'. */
void print_plain(FILE *out, const char *text);
/* The same on a terminal; into a file or a pipe the bytes as they are. */
void print_name(FILE *out, const char *text);
/* Columns that print_plain() fills. */
size_t plain_width(const char *text);

/*
 * One line "dokanctl: VERB: WHAT: REASON; HINT" on standard error (complain.c). `what` and `hint` may be
 * NULL. Returns EXIT_FAILED, or EXIT_CANCELLED for -ECANCELED.
 */
int complain(const char *what, int rc, const char *hint);
/* "dokanctl: VERB: TEXT". Returns EXIT_FAILED, or EXIT_CANCELLED for -ECANCELED. */
__attribute__((format(printf, 2, 3))) int complain_text(int rc, const char *fmt, ...);
/* "dokanctl: VERB: warning: TEXT". */
__attribute__((format(printf, 1, 2))) void warn_text(const char *fmt, ...);
/* What a negative errno means, in small letters. */
const char *reason(int rc);
/* The names that stand in messages. */
void complain_as(const char *verb);
void complain_from(const char *program);

/* A table with aligned columns (table.c). Cells are copied; numbers go to the right. */
struct table;
struct table *table_new(size_t columns, const char *const *heads);
void table_add(struct table *table, const char *const *cells);
/* Prints and frees it. */
void table_print(struct table *table, FILE *out, const char *indent);

/* JSON (json.c). Keys and elements are separated by the writer. */
struct json {
    FILE *out;
    bool more;
};
void json_open(struct json *j, const char *key, char bracket);
void json_close(struct json *j, char bracket);
void json_text(struct json *j, const char *key, const char *value);
void json_number(struct json *j, const char *key, const char *digits);
void json_u64(struct json *j, const char *key, uint64_t value);
void json_bool(struct json *j, const char *key, bool value);
void json_end(struct json *j);

#endif
