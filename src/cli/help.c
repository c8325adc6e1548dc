// SPDX-License-Identifier: MIT
/*
 * Help texts, made from the table of verbs.
 */
#include "cli/cli.h"

#include <dokan/fs.h>
#include <string.h>

void print_help(FILE *out)
{
    fputs("usage: dokanctl VERB [OPTIONS] [ARGUMENTS]\n\n", out);
    for (size_t i = 0; i < verb_count; i++)
        fprintf(out, "  %-8s %-21s %s\n", verbs[i].name, verbs[i].arguments, verbs[i].summary);
    fputs("\nMOUNTPOINT is a drive (M:) or a directory. SOURCE is a file, a directory or a URL; behind `!` "
          "stands\n"
          "a path inside of it: photos.zip!/2024. 'dokanctl help VERB' explains a verb.\n"
          "\nAs in Dokany:\n"
          "  /u MOUNTPOINT   unmount, for example /u M\n"
          "  /l              list mounts\n"
          "  /i [d|n|a]      install driver, network provider, all (not on Linux)\n"
          "  /r [d|n|a]      remove driver, network provider, all (nothing to remove on Linux)\n"
          "  /d [0-7]        debug mode of all mounts: odd numbers switch their trace on\n"
          "  /v              versions\n"
          "\nExit status: 0 done, 1 failed, 2 wrong usage, 3 nothing is mounted there, 4 the process that "
          "serves\n"
          "the mount does not answer. 'run' ends as its command does. The forms with a slash know 0 and 1 "
          "only.\n",
          out);
}

static void print_wrapped(FILE *out, const char *text, size_t indent, size_t width)
{
    size_t column = 0;
    while (*text) {
        size_t len = strcspn(text, " ");
        if (column && column + 1 + len > width) {
            fprintf(out, "\n%*s", (int)indent, "");
            column = 0;
        }
        column += (size_t)fprintf(out, "%s%.*s", column ? " " : "", (int)len, text);
        text += len + (text[len] == ' ');
    }
    fputc('\n', out);
}

static void print_usage(FILE *out, const struct verb *verb)
{
    bool own = verb->options[0] != NULL;
    fprintf(out, "usage: dokanctl %s%s%s%s%s\n", verb->name, own ? " [OPTIONS]" : "",
            *verb->arguments ? " " : "", verb->arguments, verb->flags & VERB_JSON ? " [--json]" : "");
}

/* Whether an option before it has its letter. */
static bool letter_taken(const struct verb *verb, const struct cli_option *option)
{
    const struct cli_option *o;
    for (size_t i = 0; (o = verb_option(verb, i)); i++)
        if (o->letter == option->letter)
            return o != option;
    return false;
}

static void print_option(FILE *out, const struct verb *verb, const struct cli_option *option)
{
    enum { COLUMN = 26 };
    char head[64];
    bool letter = option->letter && !letter_taken(verb, option);
    int n = letter ? snprintf(head, sizeof head, "  -%c, ", option->letter)
                   : snprintf(head, sizeof head, "      ");
    n += snprintf(head + n, sizeof head - (size_t)n, "--%s%s%s", option->name, option->argument ? " " : "",
                  option->argument ? option->argument : "");
    fprintf(out, "%-*s%s", COLUMN, head, n >= COLUMN ? "  " : "");
    print_wrapped(out, option->help, COLUMN, 100 - COLUMN);
}

void print_verb_help(FILE *out, const struct verb *verb)
{
    print_usage(out, verb);
    fputc('\n', out);
    print_wrapped(out, verb->details, 0, 78);
    fputc('\n', out);
    const struct cli_option *option;
    for (size_t i = 0; (option = verb_option(verb, i)); i++)
        print_option(out, verb, option);
}

int usage_error(const struct verb *verb)
{
    print_usage(stderr, verb);
    fprintf(stderr, "Try 'dokanctl %s --help'.\n", verb->name);
    return EXIT_USAGE;
}

int unknown_verb(const char *name)
{
    struct near near = {.word = name};
    for (size_t i = 0; i < verb_count; i++)
        near_offer(&near, verbs[i].name);
    fputs("dokanctl: unknown verb '", stderr);
    print_plain(stderr, name);
    if (near.best)
        fprintf(stderr, "'. Did you mean '%s'?\n", near.best);
    else
        fputs("'. Try 'dokanctl --help'.\n", stderr);
    return EXIT_USAGE;
}

/* ---- words for completion ----------------------------------------------------------------------------- */

static void words_verbs(void)
{
    for (size_t i = 0; i < verb_count; i++)
        puts(verbs[i].name);
}

static void words_filters(void)
{
    const struct fs_filter *filter;
    for (size_t i = 0; (filter = fs_filter_at(i)); i++)
        puts(filter->name);
}

static void words_schemes(void)
{
    const struct fs_format *format;
    for (size_t i = 0; (format = fs_format_at(i)); i++)
        for (const char *const *scheme = format->schemes; *scheme; scheme++)
            puts(*scheme);
}

/* One line per option: `--name`, `-n` (`-` for none) and the argument or nothing, with tabs between. */
static void words_options(const struct verb *verb)
{
    const struct cli_option *o;
    for (size_t i = 0; (o = verb_option(verb, i)); i++)
        printf("--%s\t-%.1s\t%s\n", o->name, &o->letter, o->argument ? o->argument : "");
}

static int print_words(const char *what)
{
    static const struct {
        const char *name;
        void (*print)(void);
    } rows[] = {{"verbs", words_verbs}, {"filters", words_filters}, {"schemes", words_schemes}};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (strcmp(rows[i].name, what) == 0)
            return rows[i].print(), EXIT_DONE;
    const struct verb *verb = find_verb(what);
    if (!verb)
        return unknown_verb(what);
    words_options(verb);
    return EXIT_DONE;
}

int run_help(const struct call *call)
{
    const char *words = option_value(call, "words");
    if (words)
        return print_words(words);
    if (!call->argc) {
        print_help(stdout);
        return EXIT_DONE;
    }
    const struct verb *verb = find_verb(call->argv[0]);
    if (!verb)
        return unknown_verb(call->argv[0]);
    print_verb_help(stdout, verb);
    return EXIT_DONE;
}
