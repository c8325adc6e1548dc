// SPDX-License-Identifier: MIT
/*
 * Target: taking URLs apart, and taking the secrets out of any text.
 */
#include "fuzz.h"

#include "fs/url/url.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char SECRET[] = "HushHush";

static enum url_kind known(const char *scheme, void *ctx)
{
    return strcmp(scheme, "mem") == 0 ? URL_SOURCE : strcmp(scheme, "zip") == 0 ? URL_CONTAINER : URL_UNKNOWN;
}

static void check_part(const struct url *url, const char *part, bool decoded)
{
    if (!part)
        return;
    fuzz_must(part >= url->store && part + strlen(part) < url->store + url->used, "parts lie in the store");
    for (; decoded && *part; part++)
        fuzz_must(!iscntrl((unsigned char)*part), "no control character in a part of a URL");
}

static void parse(const char *text)
{
    struct url url;
    struct fs_error error = {0};
    int rc = url_parse(text, known, NULL, &url, &error);
    fuzz_must(rc <= 0 && (rc == 0) != (error.text[0] != 0), "an error has a text");
    if (rc)
        return;
    fuzz_must(url.resource && url.used <= 2 * strlen(text) + 8, "the store is large enough");
    check_part(&url, url.user, true);
    check_part(&url, url.password, true);
    check_part(&url, url.resource, url.scheme != NULL);
    for (size_t i = 0; i < url.param_count; i++) {
        check_part(&url, url.params[i].key, true);
        check_part(&url, url.params[i].value, true);
    }
    for (unsigned i = 0; i < url.inners; i++)
        check_part(&url, url.inner[i], true);
    url_free(&url);
}

static void redact(const char *text, const char *secret)
{
    char *shown = fs_url_redact(text);
    fuzz_must(shown != NULL, "any text has a form that can be shown");
    for (const char *c = shown; *c; c++)
        fuzz_must(!iscntrl((unsigned char)*c), "what is shown is one line");
    fuzz_must(!secret || !strstr(shown, secret), "a secret is never shown");
    free(shown);
}

/* The input becomes what stands around a secret. */
static void plant(const char *text)
{
    size_t length = strlen(text), third = length / 3;
    char *url = malloc(length + 64);
    if (!url)
        abort();
    if (!strstr(text, SECRET)) {
        sprintf(url, "ftp://%.*s:%s%.*s@%s", (int)third, text, SECRET, (int)third, text + third,
                text + 2 * third);
        redact(url, SECRET);
        parse(url);
        sprintf(url, "%.*s&password=%s%s", (int)third, text, SECRET, text + third);
        redact(url, SECRET);
    }
    free(url);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    parse(text);
    redact(text, NULL);
    plant(text);
    free(text);
    return 0;
}
