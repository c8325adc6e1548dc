// SPDX-License-Identifier: MIT
/*
 * dokanctl formats
 */
#include "cli/cli.h"

#include <dokan/fs.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* One line of a format's description: "name read|write|read,write note". */
struct ability {
    char *name, *can, *note;
};

static char *cut_word(char **rest)
{
    char *word = *rest;
    size_t length = strcspn(word, " ");
    *rest = word + length + (word[length] == ' ');
    word[length] = 0;
    return word;
}

/* What the format tells, as text to be freed; NULL: it tells nothing. */
static char *describe(const struct fs_format *format)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = format->describe ? open_memstream(&text, &size) : NULL;
    if (!out)
        return NULL;
    format->describe(out);
    fclose(out);
    return text;
}

static bool next_ability(char **cursor, struct ability *a)
{
    char *line = *cursor;
    if (!line || !*line)
        return false;
    size_t length = strcspn(line, "\n");
    *cursor = line + length + (line[length] == '\n');
    line[length] = 0;
    a->name = cut_word(&line);
    a->can = cut_word(&line);
    a->note = line;
    return true;
}

static void join_schemes(const struct fs_format *format, char *out, size_t size)
{
    size_t n = 0;
    out[0] = 0;
    for (const char *const *scheme = format->schemes; *scheme && n < size; scheme++)
        n += (size_t)snprintf(out + n, size - n, "%s%s", n ? ", " : "", *scheme);
}

/* ---- text --------------------------------------------------------------------------------------------- */

static void print_params(const struct fs_param_doc *params)
{
    for (; params && params->key; params++) {
        char head[64];
        snprintf(head, sizeof head, "%s%s%s", params->key, params->argument ? "=" : "",
                 params->argument ? params->argument : "");
        fputs("    ", stdout);
        print_plain(stdout, head);
        printf("%*s  ", (int)(plain_width(head) < 20 ? 20 - plain_width(head) : 0), "");
        print_plain(stdout, params->summary);
        fputc('\n', stdout);
    }
}

static void print_format(const struct fs_format *format)
{
    static const char *const heads[] = {"    NAME", "CAN", "NOTE"};
    char schemes[256], name[128];
    char *text = describe(format), *cursor = text;
    struct ability a;
    join_schemes(format, schemes, sizeof schemes);
    print_plain(stdout, schemes);
    fputs(": ", stdout);
    print_plain(stdout, format->summary);
    fputc('\n', stdout);
    struct table *table = text ? table_new(3, heads) : NULL;
    while (table && next_ability(&cursor, &a)) {
        snprintf(name, sizeof name, "    %s", a.name);
        const char *cells[] = {name, a.can, a.note};
        table_add(table, cells);
    }
    table_print(table, stdout, "");
    print_params(format->params);
    free(text);
}

static void print_all(void)
{
    const struct fs_format *format;
    const struct fs_filter *filter;
    for (size_t i = 0; (format = fs_format_at(i)); i++) {
        fputs(i ? "\n" : "", stdout);
        print_format(format);
    }
    fputs("\nFilters (--filter NAME:key=value,key=value):\n", stdout);
    for (size_t i = 0; (filter = fs_filter_at(i)); i++) {
        print_plain(stdout, filter->name);
        fputs(": ", stdout);
        print_plain(stdout, filter->summary);
        fputc('\n', stdout);
        print_params(filter->params);
    }
}

/* ---- JSON --------------------------------------------------------------------------------------------- */

static void json_params(struct json *j, const struct fs_param_doc *params)
{
    json_open(j, "params", '[');
    for (; params && params->key; params++) {
        json_open(j, NULL, '{');
        json_text(j, "key", params->key);
        json_text(j, "argument", params->argument ? params->argument : "");
        json_text(j, "summary", params->summary);
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void json_format(struct json *j, const struct fs_format *format)
{
    char *text = describe(format), *cursor = text;
    struct ability a;
    json_open(j, NULL, '{');
    json_open(j, "schemes", '[');
    for (const char *const *scheme = format->schemes; *scheme; scheme++)
        json_text(j, NULL, *scheme);
    json_close(j, ']');
    json_text(j, "summary", format->summary);
    json_bool(j, "container", format->container);
    json_open(j, "can", '[');
    while (next_ability(&cursor, &a)) {
        json_open(j, NULL, '{');
        json_text(j, "name", a.name);
        json_bool(j, "read", strstr(a.can, "read") != NULL);
        json_bool(j, "write", strstr(a.can, "write") != NULL);
        json_text(j, "note", a.note);
        json_close(j, '}');
    }
    json_close(j, ']');
    json_params(j, format->params);
    json_close(j, '}');
    free(text);
}

static void json_all(void)
{
    struct json j = {.out = stdout};
    const struct fs_format *format;
    const struct fs_filter *filter;
    json_open(&j, NULL, '{');
    json_open(&j, "formats", '[');
    for (size_t i = 0; (format = fs_format_at(i)); i++)
        json_format(&j, format);
    json_close(&j, ']');
    json_open(&j, "filters", '[');
    for (size_t i = 0; (filter = fs_filter_at(i)); i++) {
        json_open(&j, NULL, '{');
        json_text(&j, "name", filter->name);
        json_text(&j, "summary", filter->summary);
        json_params(&j, filter->params);
        json_close(&j, '}');
    }
    json_close(&j, ']');
    json_close(&j, '}');
    json_end(&j);
}

int run_formats(const struct call *call)
{
    if (call->json)
        json_all();
    else
        print_all();
    return EXIT_DONE;
}
