// SPDX-License-Identifier: MIT
/*
 * ~/.netrc: words `machine HOST`, `default`, `login USER`, `password WORD`; a word may stand in double
 * quotes. The first entry that fits and has a password wins.
 */
#include "fs/url/credentials.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

enum { WORD_MAX = 1024 };

struct words {
    const char *rest;
    char word[WORD_MAX];
};

static void skip_space(struct words *words)
{
    for (;;) {
        while (isspace((unsigned char)*words->rest))
            words->rest++;
        if (*words->rest != '#')
            return;
        words->rest += strcspn(words->rest, "\n");
    }
}

/* The next word; false at the end. What is too long for a word becomes empty. */
static bool next_word(struct words *words)
{
    size_t length = 0;
    skip_space(words);
    if (!*words->rest)
        return false;
    bool quoted = *words->rest == '"';
    words->rest += quoted;
    while (*words->rest && (quoted ? *words->rest != '"' : !isspace((unsigned char)*words->rest))) {
        if (quoted && *words->rest == '\\' && words->rest[1])
            words->rest++;
        if (length < WORD_MAX)
            words->word[length++] = *words->rest;
        words->rest++;
    }
    words->rest += quoted && *words->rest == '"';
    words->word[length < WORD_MAX ? length : 0] = 0;
    return true;
}

struct entry {
    bool fits; /* host */
    bool user_fits;
    bool has;
    char password[WORD_MAX];
};

static bool is_complete(const struct entry *entry)
{
    return entry->fits && entry->user_fits && entry->has;
}

static void begin(struct entry *entry, bool fits)
{
    *entry = (struct entry){.fits = fits, .user_fits = true};
}

/* A macro goes on to the next empty line. */
static void skip_macro(struct words *words)
{
    const char *end = strstr(words->rest, "\n\n");
    words->rest = end ? end : words->rest + strlen(words->rest);
}

/* One word and what belongs to it. False: a new entry begins and the last one was complete. */
static bool take(struct words *words, struct entry *entry, const char *host, const char *user)
{
    bool machine = strcmp(words->word, "machine") == 0;
    if (machine || strcmp(words->word, "default") == 0) {
        if (is_complete(entry))
            return false;
        begin(entry, !machine || (next_word(words) && strcasecmp(words->word, host) == 0));
    } else if (strcmp(words->word, "login") == 0) {
        entry->user_fits = next_word(words) && (!user || strcmp(words->word, user) == 0);
    } else if (strcmp(words->word, "password") == 0 && next_word(words)) {
        entry->has = true;
        memcpy(entry->password, words->word, sizeof entry->password);
    } else if (strcmp(words->word, "macdef") == 0) {
        skip_macro(words);
    }
    return true;
}

int netrc_find(const struct secret_file *file, const char *host, const char *user, char *buf, size_t size)
{
    struct words words = {.rest = file->text};
    struct entry entry = {0};
    int rc = -ENOENT;
    while (next_word(&words) && take(&words, &entry, host, user))
        ;
    if (is_complete(&entry))
        rc = strlen(entry.password) < size ? 0 : -ENAMETOOLONG;
    if (rc == 0)
        strcpy(buf, entry.password);
    explicit_bzero(&words, sizeof words);
    explicit_bzero(&entry, sizeof entry);
    return rc;
}
