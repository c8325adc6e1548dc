// SPDX-License-Identifier: MIT
/*
 * See colour.h. LS_COLORS is a list `key=codes:...`; a key is two letters or `*` and the end of a name. Codes
 * other than digits and semicolons are left out: they go to a terminal.
 */
#include "cli/colour.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static struct {
    bool on;
    const char *rules;
} colour;

static const char fallback[] = "di=01;34:ln=01;36:pi=33:so=01;35:bd=01;33:cd=01;33:ex=01;32";

int colour_start(const struct call *call)
{
    const char *when = option_value(call, "color"), *off = getenv("NO_COLOR"), *term = getenv("TERM");
    if (!when || strcmp(when, "auto") == 0) {
        colour.on = isatty(STDOUT_FILENO) && !(off && *off) && term && strcmp(term, "dumb") != 0;
    } else if (strcmp(when, "always") == 0 || strcmp(when, "never") == 0) {
        colour.on = when[0] == 'a';
    } else {
        fputs("dokanctl: option '--color' is auto, always or never\n", stderr);
        return EXIT_USAGE;
    }
    const char *rules = getenv("LS_COLORS");
    colour.rules = rules && *rules ? rules : fallback;
    return 0;
}

static const char *key_of(const struct fs_info *info)
{
    static const char *const keys[FS_TYPE_COUNT] = {
        [FS_TYPE_DIRECTORY] = "di", [FS_TYPE_SYMLINK] = "ln", [FS_TYPE_FIFO] = "pi",
        [FS_TYPE_SOCKET] = "so",    [FS_TYPE_BLOCK] = "bd",   [FS_TYPE_CHARACTER] = "cd",
    };
    if (info->type < FS_TYPE_COUNT && keys[info->type])
        return keys[info->type];
    return info->valid & FS_INFO_MODE && info->mode & 0111 ? "ex" : NULL;
}

static bool rule_fits(const char *rule, size_t length, const char *key, const char *name)
{
    if (rule[0] != '*')
        return key && strlen(key) == length && strncmp(rule, key, length) == 0;
    size_t end = length - 1, have = strlen(name);
    return !key && have >= end && strncasecmp(name + have - end, rule + 1, end) == 0;
}

/* The codes for a name, and their length; 0: none. */
static size_t find_codes(const char *key, const char *name, const char **codes)
{
    size_t found = 0;
    for (const char *rule = colour.rules; *rule;) {
        size_t length = strcspn(rule, "=:"), rest = rule[length] == '=' ? length + 1 : length;
        size_t n = strcspn(rule + rest, ":");
        if (length && rule_fits(rule, length, key, name) && strspn(rule + rest, "0123456789;") == n) {
            *codes = rule + rest;
            found = n;
        }
        rule += rest + n;
        rule += *rule == ':';
    }
    return found;
}

void colour_name(const char *name, const struct fs_info *info)
{
    const char *codes = NULL;
    size_t length = colour.on ? find_codes(key_of(info), name, &codes) : 0;
    if (!length) {
        print_name(stdout, name);
        return;
    }
    printf("\033[%.*sm", (int)length, codes);
    print_plain(stdout, name);
    fputs("\033[0m", stdout);
}
