// SPDX-License-Identifier: MIT
/*
 * Reading the words behind a verb, by the verb's lists of options. Options may stand between arguments; `--`
 * ends them, and so does the command of `run`.
 */
#include "cli/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct cli_option common_options[] = {
    {"json", 0, NULL, "print JSON"},
    {"help", 'h', NULL, "explain the verb"},
    {0},
};

static bool is_offered(const struct verb *verb, const struct cli_option *option)
{
    return option != &common_options[0] || verb->flags & VERB_JSON;
}

const struct cli_option *verb_option(const struct verb *verb, size_t index)
{
    const struct cli_option *lists[COUNT_OF(verb->options) + 1] = {0};
    memcpy(lists, verb->options, sizeof verb->options);
    lists[COUNT_OF(verb->options)] = common_options;
    for (size_t i = 0; i < COUNT_OF(lists); i++)
        for (const struct cli_option *o = lists[i]; o && o->name; o++)
            if (is_offered(verb, o) && index-- == 0)
                return o;
    return NULL;
}

/* `name` is not terminated. */
static const struct cli_option *by_name(const struct verb *verb, const char *name, size_t length)
{
    const struct cli_option *o;
    for (size_t i = 0; (o = verb_option(verb, i)); i++)
        if (strlen(o->name) == length && strncmp(o->name, name, length) == 0)
            return o;
    return NULL;
}

static const struct cli_option *by_letter(const struct verb *verb, char letter)
{
    const struct cli_option *o;
    for (size_t i = 0; (o = verb_option(verb, i)); i++)
        if (o->letter == letter)
            return o;
    return NULL;
}

static bool add(struct call *call, const struct cli_option *option, const char *value)
{
    if (option == &common_options[0])
        call->json = true;
    else if (option == &common_options[1])
        call->help = true;
    else
        call->given[call->given_count++] = (struct given){option, value};
    return true;
}

bool call_add(struct call *call, const char *name, const char *value)
{
    const struct cli_option *option = by_name(call->verb, name, strlen(name));
    if (!option || !option->argument != !value)
        return false;
    struct given *grown = realloc(call->given, (call->given_count + 1) * sizeof *grown);
    if (!grown)
        return false;
    call->given = grown;
    return add(call, option, value);
}

/* What was behind '=' is not repeated: it may be a secret. */
static int unknown_option(const struct verb *verb, const char *dashes, const char *name, size_t length)
{
    char *word = strndup(name, length);
    struct near near = {.word = word ? word : ""};
    const struct cli_option *o;
    for (size_t i = 0; dashes[1] && (o = verb_option(verb, i)); i++)
        near_offer(&near, o->name);
    fprintf(stderr, "dokanctl: unknown option '%s", dashes);
    print_plain(stderr, near.word);
    if (near.best)
        fprintf(stderr, "'; did you mean '--%s'?\n", near.best);
    else
        fprintf(stderr, "'\nTry 'dokanctl %s --help'.\n", verb->name);
    free(word);
    return EXIT_USAGE;
}

static int bad_use(const struct cli_option *option)
{
    fprintf(stderr,
            option->argument ? "dokanctl: option '--%s' needs %s behind it\n"
                             : "dokanctl: option '--%s' takes no value\n",
            option->name, option->argument);
    return EXIT_USAGE;
}

/* `next` is the following word, or NULL; *used tells that it was taken. */
static int take_long(struct call *call, const char *word, const char *next, bool *used)
{
    size_t length = strcspn(word, "=");
    const struct cli_option *option = by_name(call->verb, word, length);
    const char *value = word[length] ? word + length + 1 : NULL;
    if (!option)
        return unknown_option(call->verb, "--", word, length);
    if (!option->argument && value)
        return bad_use(option);
    if (option->argument && !value) {
        *used = next != NULL;
        value = next;
    }
    if (option->argument && !value)
        return bad_use(option);
    add(call, option, value);
    return 0;
}

static int take_letters(struct call *call, const char *word, const char *next, bool *used)
{
    for (; *word; word++) {
        const struct cli_option *option = by_letter(call->verb, *word);
        if (!option)
            return unknown_option(call->verb, "-", word, 1);
        if (!option->argument) {
            add(call, option, NULL);
            continue;
        }
        *used = !word[1] && next;
        const char *value = word[1] ? word + 1 : next;
        if (!value)
            return bad_use(option);
        add(call, option, value);
        return 0;
    }
    return 0;
}

int call_parse(struct call *call, const struct verb *verb, int argc, char **argv)
{
    /* One letter of a word is at most one option. */
    size_t most = 1;
    for (int i = 0; i < argc; i++)
        most += strlen(argv[i]) + 1;
    *call = (struct call){.verb = verb, .json = call->json, .help = call->help};
    call->argv = calloc((size_t)argc + 1, sizeof *call->argv);
    call->given = calloc(most, sizeof *call->given);
    if (!call->argv || !call->given)
        return complain(NULL, -ENOMEM, NULL);
    bool end = false;
    int code = 0;
    for (int i = 0; i < argc && code == 0; i++) {
        char *word = argv[i], *next = argv[i + 1];
        bool used = false, command = (verb->flags & VERB_COMMAND) && call->argc > 1;
        if (end || command || word[0] != '-' || !word[1])
            call->argv[call->argc++] = word;
        else if (strcmp(word, "--") == 0)
            end = true;
        else if (word[1] == '-')
            code = take_long(call, word + 2, next, &used);
        else
            code = take_letters(call, word + 1, next, &used);
        i += used;
    }
    return code;
}

void call_free(struct call *call)
{
    free(call->argv);
    free(call->given);
}

bool option_on(const struct call *call, const char *name)
{
    for (size_t i = 0; i < call->given_count; i++)
        if (strcmp(call->given[i].option->name, name) == 0)
            return true;
    return false;
}

const char *option_value(const struct call *call, const char *name)
{
    const char *value = NULL;
    for (size_t i = 0; i < call->given_count; i++)
        if (strcmp(call->given[i].option->name, name) == 0)
            value = call->given[i].value;
    return value;
}

int option_number(const struct call *call, const char *name, unsigned least, unsigned most, unsigned *value)
{
    const char *text = option_value(call, name);
    if (!text)
        return 0;
    char *end;
    unsigned long number = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || number < least || number > most) {
        fprintf(stderr, "dokanctl: option '--%s' needs a number from %u to %u\n", name, least, most);
        return EXIT_USAGE;
    }
    *value = (unsigned)number;
    return 0;
}
