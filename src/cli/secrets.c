// SPDX-License-Identifier: MIT
/*
 * See secrets.h. Secret is what fs_url_redact() takes out, and the value of every key that is called like a
 * password. What stands behind `--` is a command of the user's.
 */
#include "cli/secrets.h"

#include "cli/cli.h"
#include <dokan/fs.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const keys[] = {"password", "passphrase", "passwd", "pass", "secret", "token"};

/* Whether a key of that name ends at `equals`. */
static bool is_secret_key(const char *text, const char *equals)
{
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        size_t length = strlen(keys[i]);
        if ((size_t)(equals - text) < length || strncasecmp(equals - length, keys[i], length) != 0)
            continue;
        if (equals - length == text || strchr(",?&:-_", equals[-1 - (long)length]))
            return true;
    }
    return false;
}

static bool hide_values(char *text)
{
    bool any = false;
    for (char *equals = text; (equals = strchr(equals, '=')); equals++) {
        size_t length = strcspn(equals + 1, ",&!");
        if (!length || !is_secret_key(text, equals))
            continue;
        memset(equals + 1, '*', length);
        any = true;
    }
    return any;
}

static bool hide_url(char *text)
{
    char *redacted = fs_url_redact(text);
    if (!redacted) { /* no memory: rather nothing than the secret */
        memset(text, '*', strlen(text));
        return true;
    }
    bool secret = strcmp(redacted, text) != 0;
    if (secret) {
        size_t room = strlen(text), length = strlen(redacted);
        explicit_bzero(text, room);
        memcpy(text, redacted, length < room ? length : room);
    }
    free(redacted);
    return secret;
}

char **secrets_hide(int argc, char **argv)
{
    char **words = calloc((size_t)argc + 1, sizeof *words);
    bool secret = false, end = false;
    for (int i = 0; words && i < argc; i++) {
        words[i] = strdup(argv[i]);
        if (!words[i]) {
            secrets_forget(words);
            return NULL;
        }
        end = end || strcmp(argv[i], "--") == 0;
        if (i && !end && strpbrk(argv[i], ":=")) {
            secret |= hide_values(argv[i]);
            secret |= hide_url(argv[i]);
        }
    }
    if (secret)
        warn_text("a password on the command line can be seen by every user of this machine until it is "
                  "overwritten; use --credentials, --password-fd or --ask-password");
    return words;
}

void secrets_forget(char **words)
{
    for (char **word = words; word && *word; word++) {
        explicit_bzero(*word, strlen(*word));
        free(*word);
    }
    free(words);
}

void secrets_unset(const char *name)
{
    char *value = name ? getenv(name) : NULL;
    if (!value)
        return;
    explicit_bzero(value, strlen(value));
    unsetenv(name);
}
