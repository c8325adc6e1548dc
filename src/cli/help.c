// SPDX-License-Identifier: MIT
/*
 * Help texts, made from the table of verbs.
 */
#include "cli/cli.h"

#include <string.h>

void print_help(FILE *out)
{
    fputs("usage: dokanctl VERB [ARGUMENTS] [--json]\n\n", out);
    for (size_t i = 0; i < verb_count; i++)
        fprintf(out, "  %-8s %-21s %s\n", verbs[i].name, verbs[i].arguments, verbs[i].summary);
    fputs("\nMOUNTPOINT is a drive (M:) or a directory. --json prints JSON, --help explains a verb.\n"
          "\nAs in Dokany:\n"
          "  /u MOUNTPOINT   unmount, for example /u M\n"
          "  /l              list mounts\n"
          "  /i [d|n|a]      install driver, network provider, all (not on Linux)\n"
          "  /r [d|n|a]      remove driver, network provider, all (nothing to remove on Linux)\n"
          "  /d [0-7]        debug mode of all mounts: odd numbers switch their trace on\n"
          "  /v              versions\n"
          "\nExit status: 0 done, 1 failed, 2 wrong usage, 3 nothing is mounted there, 4 the process that "
          "serves\n"
          "the mount does not answer. The forms with a slash know 0 and 1 only.\n",
          out);
}

static void print_wrapped(FILE *out, const char *text, size_t width)
{
    size_t column = 0;
    while (*text) {
        size_t len = strcspn(text, " ");
        if (column && column + 1 + len > width) {
            fputc('\n', out);
            column = 0;
        }
        column += (size_t)fprintf(out, "%s%.*s", column ? " " : "", (int)len, text);
        text += len + (text[len] == ' ');
    }
    fputc('\n', out);
}

void print_verb_help(FILE *out, const struct verb *verb)
{
    fprintf(out, "usage: dokanctl %s%s%s [--json]\n\n", verb->name, *verb->arguments ? " " : "",
            verb->arguments);
    print_wrapped(out, verb->details, 78);
}

/* Number of insertions, removals and replacements between two short words. */
static size_t distance(const char *a, const char *b)
{
    size_t row[32], n = strlen(b);
    if (n >= sizeof row / sizeof *row)
        return sizeof row;
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            best = row[j] + 1 < best ? row[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[n];
}

int unknown_verb(const char *name)
{
    const char *nearest = NULL;
    size_t best = 4;
    for (size_t i = 0; i < verb_count; i++) {
        size_t d = strncmp(verbs[i].name, name, strlen(name)) == 0 ? 0 : distance(name, verbs[i].name);
        if (d < best) {
            best = d;
            nearest = verbs[i].name;
        }
    }
    fputs("dokanctl: unknown verb '", stderr);
    print_plain(stderr, name);
    if (nearest)
        fprintf(stderr, "'. Did you mean '%s'?\n", nearest);
    else
        fputs("'. Try 'dokanctl --help'.\n", stderr);
    return EXIT_USAGE;
}
