// SPDX-License-Identifier: MIT
/*
 * What the verbs of dokanctl share. A verb is one row of the table in main.c and one file.
 */
#ifndef XDOKAN_CLI_H
#define XDOKAN_CLI_H

#include <dokan/dokan_ex.h>
#include <stdbool.h>
#include <stdio.h>

/* What scripts can rely on. The slash forms know 0 and 1 only. */
enum exit_code { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_NOT_MOUNTED = 3, EXIT_NO_ANSWER = 4 };

struct call {
    int argc; /* arguments behind the verb, without options */
    char **argv;
    bool json;
};

struct verb {
    const char *name;
    const char *arguments;
    const char *summary;
    const char *details;
    int least, most; /* number of arguments; most -1: any */
    int (*run)(const struct call *call);
};

extern const struct verb verbs[];
extern const size_t verb_count;

int run_list(const struct call *call);
int run_unmount(const struct call *call);
int run_path(const struct call *call);
int run_status(const struct call *call);
int run_trace(const struct call *call);
int run_version(const struct call *call);

/* The forms of Dokany's tool: `/u M` and its kin. */
int run_slash(int argc, char **argv);

/* help.c */
void print_help(FILE *out);
void print_verb_help(FILE *out, const struct verb *verb);
int unknown_verb(const char *name);

/* ---- replies of the library (reply.c) ----------------------------------------------------------------- */

/*
 * Reads the next line of a reply in place. False at its end. An empty line, which ends a block, gives an
 * empty key. Escapes in the value are undone.
 */
bool reply_next(char **cursor, char **key, char **value);

/* DokanControl; on failure says on standard error what went wrong with `point` and returns the exit code. */
int control(const char *point, const char *command, char **reply);

/* ---- output ------------------------------------------------------------------------------------------- */

/* A text for a terminal: control characters as '?'. */
void print_plain(FILE *out, const char *text);

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
void json_bool(struct json *j, const char *key, bool value);
void json_end(struct json *j);

#endif
