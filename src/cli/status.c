// SPDX-License-Identifier: MIT
/*
 * dokanctl status [MOUNTPOINT...]
 */
#include "cli/list.h"

#include <stdlib.h>
#include <string.h>

/* A line `operation NAME calls errors total_ns max_ns`. */
struct operation {
    char name[32];
    unsigned long long calls, errors, total_ns, max_ns;
};

static bool parse_operation(const char *value, struct operation *o)
{
    return sscanf(value, "%31s %llu %llu %llu %llu", o->name, &o->calls, &o->errors, &o->total_ns,
                  &o->max_ns) == 5 &&
           o->calls;
}

static double mean_us(const struct operation *o)
{
    return (double)o->total_ns / (double)o->calls / 1e3;
}

static bool is_number(const char *s)
{
    return *s && strspn(s, "0123456789") == strlen(s);
}

/* The lines whose key is `key`; all others but operations and stuck callbacks for NULL. `reply` stays whole.
 */
static void each_line(const char *reply, const char *key,
                      void (*take)(void *arg, const char *key, const char *value), void *arg)
{
    char *copy = strdup(reply), *cursor = copy, *k, *v;
    while (reply_next(&cursor, &k, &v)) {
        bool listed = strcmp(k, "operation") == 0 || strcmp(k, "stuck") == 0;
        if (key ? strcmp(k, key) == 0 : !listed && *k)
            take(arg, k, v);
    }
    free(copy);
}

/* ---- JSON --------------------------------------------------------------------------------------------- */

static void json_counter(void *arg, const char *key, const char *value)
{
    if (is_number(value))
        json_number(arg, key, value);
    else
        json_text(arg, key, value);
}

static void json_operation(void *arg, const char *key, const char *value)
{
    struct operation o;
    char number[32];
    if (!parse_operation(value, &o))
        return;
    json_open(arg, o.name, '{');
    snprintf(number, sizeof number, "%llu", o.calls);
    json_number(arg, "calls", number);
    snprintf(number, sizeof number, "%llu", o.errors);
    json_number(arg, "errors", number);
    snprintf(number, sizeof number, "%.3f", mean_us(&o));
    json_number(arg, "mean_us", number);
    snprintf(number, sizeof number, "%.3f", (double)o.max_ns / 1e3);
    json_number(arg, "max_us", number);
    json_close(arg, '}');
}

static void json_stuck(void *arg, const char *key, const char *value)
{
    json_text(arg, NULL, value);
}

static void json_status(struct json *j, const struct mount *mount, const char *reply)
{
    json_open(j, NULL, '{');
    json_mount(j, mount);
    each_line(reply, NULL, json_counter, j);
    json_open(j, "operations", '{');
    each_line(reply, "operation", json_operation, j);
    json_close(j, '}');
    json_open(j, "stuck", '[');
    each_line(reply, "stuck", json_stuck, j);
    json_close(j, ']');
    json_close(j, '}');
}

/* ---- text --------------------------------------------------------------------------------------------- */

static void add_counter(void *arg, const char *key, const char *value)
{
    char name[64];
    snprintf(name, sizeof name, "%s", key);
    for (char *c = name; *c; c++)
        *c = *c == '_' ? ' ' : *c;
    const char *cells[] = {name, value};
    table_add(arg, cells);
}

static void add_operation(void *arg, const char *key, const char *value)
{
    struct operation o;
    char numbers[4][32];
    if (!parse_operation(value, &o))
        return;
    snprintf(numbers[0], sizeof numbers[0], "%llu", o.calls);
    snprintf(numbers[1], sizeof numbers[1], "%llu", o.errors);
    snprintf(numbers[2], sizeof numbers[2], "%.1f", mean_us(&o));
    snprintf(numbers[3], sizeof numbers[3], "%.1f", (double)o.max_ns / 1e3);
    const char *cells[] = {o.name, numbers[0], numbers[1], numbers[2], numbers[3]};
    table_add(arg, cells);
}

static void print_stuck(void *arg, const char *key, const char *value)
{
    fputs("  stuck: ", stdout);
    print_plain(stdout, value);
    fputc('\n', stdout);
}

static void print_status(const struct mount *mount, const char *reply)
{
    static const char *const heads[] = {"OPERATION", "CALLS", "ERRORS", "MEAN US", "MAX US"};
    static const char *const counter_heads[] = {"COUNTER", "VALUE"};
    printf("%s%s", mount->drive, *mount->drive ? " on " : "");
    print_plain(stdout, mount->path);
    printf(" (pid %s)\n", mount->pid);
    struct table *counters = table_new(2, counter_heads), *operations = table_new(5, heads);
    each_line(reply, NULL, add_counter, counters);
    each_line(reply, "operation", add_operation, operations);
    table_print(counters, stdout, "  ");
    fputc('\n', stdout);
    table_print(operations, stdout, "  ");
    each_line(reply, "stuck", print_stuck, NULL);
}

/* ---- the verb ----------------------------------------------------------------------------------------- */

static int show(const struct mount *mount, struct json *j, bool *first)
{
    char *reply = NULL;
    int code = control(mount->path, "status", &reply);
    if (code)
        return code;
    if (j) {
        json_status(j, mount, reply);
    } else {
        fputs(*first ? "" : "\n", stdout);
        print_status(mount, reply);
    }
    *first = false;
    DokanFreeReply(reply);
    return EXIT_DONE;
}

/* All mounts for NULL, else the one. */
static int show_some(const char *point, struct json *j, bool *first)
{
    char *list = NULL;
    struct mount mount;
    int code = control(point, "list", &list);
    char *cursor = list;
    while (next_mount(&cursor, &mount)) {
        int one = show(&mount, j, first);
        code = code ? code : one;
    }
    DokanFreeReply(list);
    return code;
}

int run_status(const struct call *call)
{
    static char *all[] = {NULL};
    char **points = call->argc ? call->argv : all;
    int count = call->argc ? call->argc : 1, code = EXIT_DONE;
    struct json writer = {.out = stdout}, *j = call->json ? &writer : NULL;
    bool array = j && call->argc != 1, first = true;
    if (array)
        json_open(j, NULL, '[');
    for (int i = 0; i < count; i++) {
        int one = show_some(points[i], j, &first);
        code = code ? code : one;
    }
    if (array)
        json_close(j, ']');
    if (j && j->more)
        json_end(j);
    return code;
}
