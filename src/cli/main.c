// SPDX-License-Identifier: MIT
/*
 * dokanctl: mounts, lists, inspects and unmounts Dokan file systems, and works on FS objects without a mount.
 * Here is the reading of the command line up to the verb.
 */
#include "cli/cli.h"

#include "cli/secrets.h"
#include <errno.h>
#include <string.h>

static int run_verb(struct call *call)
{
    const struct verb *verb = call->verb;
    if (call->help) {
        print_verb_help(stdout, verb);
        return EXIT_DONE;
    }
    if (call->argc < verb->least || (verb->most >= 0 && call->argc > verb->most))
        return usage_error(verb);
    complain_as(verb->name);
    int code = verb->run(call);
    if (fflush(stdout) != 0 && errno != EPIPE) {
        perror("dokanctl: standard output");
        return EXIT_FAILED;
    }
    return code;
}

static int unknown_option(const char *word)
{
    fprintf(stderr, "dokanctl: unknown option '");
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
    print_plain(stderr, name);
    fputs("'\nTry 'dokanctl --help'.\n", stderr);
    return EXIT_USAGE;
}

static int print_usage(bool asked)
{
    print_help(asked ? stdout : stderr);
    return asked ? EXIT_DONE : EXIT_FAILED;
}

/* `argv` are the words behind the program's name. */
static int run_words(int argc, char **argv)
{
    struct call call = {0};
    int first = 0;
    for (; first < argc && argv[first][0] == '-' && argv[first][1]; first++) {
        if (strcmp(argv[first], "--json") == 0)
            call.json = true;
        else if (strcmp(argv[first], "--help") == 0 || strcmp(argv[first], "-h") == 0)
            call.help = true;
        else if (strcmp(argv[first], "--version") == 0)
            return call.verb = find_verb("version"), run_verb(&call);
        else if (strcmp(argv[first], "--") != 0)
            return unknown_option(argv[first]);
    }
    if (first == argc)
        return print_usage(call.help);
    const struct verb *verb = find_verb(argv[first]);
    if (!verb)
        return unknown_verb(argv[first]);
    int code = call_parse(&call, verb, argc - first - 1, argv + first + 1);
    code = code ? code : run_verb(&call);
    call_free(&call);
    return code;
}

static bool is_helper(const char *program)
{
    const char *slash = strrchr(program, '/'), *name = slash ? slash + 1 : program;
    return strncmp(name, "mount.", strlen("mount.")) == 0;
}

int main(int argc, char **argv)
{
    if (argc > 1 && argv[1][0] == '/' && !is_helper(argv[0]))
        return run_slash(argc, argv);
    char **words = secrets_hide(argc, argv);
    if (!words)
        return complain(NULL, -ENOMEM, NULL);
    int code = is_helper(words[0]) ? run_mount_helper(argc, words) : run_words(argc - 1, words + 1);
    secrets_forget(words);
    return code;
}
