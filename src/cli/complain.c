// SPDX-License-Identifier: MIT
/*
 * Messages on standard error: one line each, nothing in them that a terminal could obey.
 */
#include "cli/cli.h"

#include "cli/progress.h"
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char *program = "dokanctl", *who = "";

void complain_as(const char *verb)
{
    who = verb;
}

void complain_from(const char *name)
{
    program = name;
}

const char *reason(int rc)
{
    static const struct {
        int rc;
        const char *text;
    } own[] = {
        {-EPROTONOSUPPORT, "not an archive that is known here; `dokanctl formats` lists them"},
        {-EBADMSG, "the archive is damaged"},
        {-ECANCELED, "cancelled"},
        {-EROFS, "nothing can be changed there: it is read-only"},
        {-EACCES, "no permission"},
        {-E2BIG, "a limit is exceeded"},
        {-EOPNOTSUPP, "not possible there"},
        {-ENOKEY, "it needs another password"},
        {-ELOOP, "a symbolic link is in the way"},
    };
    static char text[128];
    for (size_t i = 0; i < COUNT_OF(own); i++)
        if (own[i].rc == rc)
            return own[i].text;
    snprintf(text, sizeof text, "%s", strerror(-rc));
    if (islower((unsigned char)text[1]))
        text[0] = (char)tolower((unsigned char)text[0]);
    return text;
}

static int code_for(int rc)
{
    return rc == -ECANCELED ? EXIT_CANCELLED : EXIT_FAILED;
}

static void begin(const char *kind)
{
    progress_hide();
    fprintf(stderr, "%s: %s%s%s", program, who, *who ? ": " : "", kind);
}

int complain(const char *what, int rc, const char *hint)
{
    begin("");
    if (what) {
        print_plain(stderr, what);
        fputs(": ", stderr);
    }
    print_plain(stderr, reason(rc));
    if (hint) {
        fputs("; ", stderr);
        print_plain(stderr, hint);
    }
    fputc('\n', stderr);
    return code_for(rc);
}

__attribute__((format(printf, 2, 0))) static void say(const char *kind, const char *fmt, va_list args)
{
    char *text = NULL;
    if (vasprintf(&text, fmt, args) < 0)
        return;
    begin(kind);
    print_plain(stderr, text);
    fputc('\n', stderr);
    free(text);
}

int complain_text(int rc, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    say("", fmt, args);
    va_end(args);
    return code_for(rc);
}

void warn_text(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    say("warning: ", fmt, args);
    va_end(args);
}
