// SPDX-License-Identifier: MIT
/*
 * dokanctl: lists, inspects and unmounts Dokan mounts. Here are the table of verbs and the reading of the
 * command line.
 */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

const struct verb verbs[] = {
    {"list", "", "list all mounts",
     "One line per mount, oldest first. Root sees the mounts of all users, others their own.", 0, 0,
     run_list},
    {"unmount", "MOUNTPOINT...", "unmount drives or directories",
     "Takes effect although files are open. If the process that serves the mount does not answer, the mount "
     "is removed all the same.",
     1, -1, run_unmount},
    {"path", "MOUNTPOINT", "print the directory of a mount",
     "For a drive (M:) its directory, for M:\\file the path of that file.", 1, 1, run_path},
    {"status", "[MOUNTPOINT...]", "show what mounts are doing",
     "Counters of the volume and of each callback: calls, errors, mean and longest time; callbacks past "
     "their deadline. Without an argument all mounts are shown.",
     0, -1, run_status},
    {"trace", "on|off MOUNTPOINT...", "switch the trace of a running mount",
     "One line into and one out of every callback, on the standard error of the process that serves the "
     "mount.",
     2, -1, run_trace},
    {"version", "", "print versions", "Versions of this tool, of the library and of the protocol.", 0, 0,
     run_version},
};
const size_t verb_count = sizeof verbs / sizeof *verbs;

static const struct verb *find_verb(const char *name)
{
    for (size_t i = 0; i < verb_count; i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}

struct options {
    bool json, help, end;
};

/* True when the argument was an option; *bad when it is an unknown one. */
static bool take_option(struct options *options, const char *arg, bool *bad)
{
    if (options->end || arg[0] != '-' || !arg[1])
        return false;
    if (strcmp(arg, "--") == 0)
        options->end = true;
    else if (strcmp(arg, "--json") == 0)
        options->json = true;
    else if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0)
        options->help = true;
    else
        *bad = true;
    return true;
}

static int usage_error(const struct verb *verb)
{
    fprintf(stderr, "usage: dokanctl %s%s%s [--json]\nTry 'dokanctl %s --help'.\n", verb->name,
            *verb->arguments ? " " : "", verb->arguments, verb->name);
    return EXIT_USAGE;
}

static int run_verb(const struct verb *verb, const struct options *options, int argc, char **argv)
{
    if (options->help) {
        print_verb_help(stdout, verb);
        return EXIT_DONE;
    }
    if (argc < verb->least || (verb->most >= 0 && argc > verb->most))
        return usage_error(verb);
    const struct call call = {argc, argv, options->json};
    int code = verb->run(&call);
    if (fflush(stdout) != 0) {
        perror("dokanctl: standard output");
        return EXIT_FAILED;
    }
    return code;
}

int main(int argc, char **argv)
{
    if (argc > 1 && argv[1][0] == '/')
        return run_slash(argc, argv);
    struct options options = {0};
    char **words = calloc((size_t)argc + 1, sizeof *words);
    int count = 0;
    for (int i = 1; words && i < argc; i++) {
        bool bad = false;
        if (!take_option(&options, argv[i], &bad)) {
            words[count++] = argv[i];
        } else if (bad) {
            fprintf(stderr, "dokanctl: unknown option '%s'\nTry 'dokanctl --help'.\n", argv[i]);
            free(words);
            return EXIT_USAGE;
        }
    }
    const struct verb *verb = words && count ? find_verb(words[0]) : NULL;
    int code = EXIT_DONE;
    if (verb) {
        code = run_verb(verb, &options, count - 1, words + 1);
    } else if (words && count) {
        code = unknown_verb(words[0]);
    } else {
        print_help(options.help ? stdout : stderr);
        code = options.help ? EXIT_DONE : EXIT_FAILED;
    }
    free(words);
    return code;
}
