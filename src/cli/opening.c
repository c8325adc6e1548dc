// SPDX-License-Identifier: MIT
/*
 * How sources are opened: options, passwords, progress.
 */
#include "cli/source.h"

#include "cli/cancel.h"
#include "cli/progress.h"
#include "cli/secrets.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static int report(void *ctx, const char *what, uint64_t done, uint64_t total)
{
    progress_show(what, done, total);
    return cancelled();
}

static void warn(void *ctx, const char *text)
{
    warn_text("%s", text);
}

/* One line without its end; what does not fit is refused. */
static int read_line(int fd, char *buf, size_t size)
{
    size_t length = 0;
    for (char c; read(fd, &c, 1) == 1 && c != '\n';) {
        if (length + 1 >= size)
            return -EACCES;
        buf[length++] = c;
    }
    buf[length] = 0;
    return cancelled() || length == 0 ? -EACCES : 0;
}

/* Asked for the same again, the answer was wrong. */
static void print_question(FILE *out, struct opening *o, const char *what)
{
    char now[sizeof o->asked];
    snprintf(now, sizeof now, "%s", what);
    fputs(strcmp(now, o->asked) == 0 ? "not that one; " : "", out);
    memcpy(o->asked, now, sizeof now);
    print_plain(out, what);
    fputs(": ", out);
    fflush(out);
}

static int ask(void *ctx, const char *what, char *buf, size_t size)
{
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    struct termios before, quiet;
    if (fd < 0 || tcgetattr(fd, &before) < 0) {
        warn_text("there is no terminal to ask for the password");
        if (fd >= 0)
            close(fd);
        return -EACCES;
    }
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
    progress_hide();
    FILE *out = fdopen(fd, "r+");
    if (out)
        print_question(out, ctx, what);
    tcsetattr(fd, TCSAFLUSH, &quiet);
    int rc = read_line(fd, buf, size);
    tcsetattr(fd, TCSAFLUSH, &before);
    if (write(fd, "\n", 1) < 0)
        rc = rc ? rc : -EACCES;
    if (out)
        fclose(out);
    else
        close(fd);
    return rc;
}

static int set_credentials(struct opening *o)
{
    struct fs_credentials *c = &o->options.credentials;
    unsigned fd = 0;
    int code = option_number(&o->call, "password-fd", 0, 65535, &fd);
    if (code)
        return code;
    c->password_fd = option_on(&o->call, "password-fd") ? (int)fd : -1;
    if (c->password_fd >= 0 && fcntl(c->password_fd, F_SETFD, FD_CLOEXEC) < 0)
        return complain_text(0, "there is no open descriptor %d for --password-fd", c->password_fd),
               EXIT_USAGE;
    c->file = option_value(&o->call, "credentials");
    c->environment = option_value(&o->call, "password-env");
    if (c->environment && !getenv(c->environment))
        return complain_text(0, "there is no variable %s for --password-env", c->environment), EXIT_USAGE;
    c->netrc = option_on(&o->call, "netrc");
    if (option_on(&o->call, "ask-password") || (isatty(STDIN_FILENO) && isatty(STDERR_FILENO)))
        c->ask = ask, c->ask_ctx = o;
    return 0;
}

int opening_start(struct opening *o, const struct call *call, bool sloppy)
{
    *o = (struct opening){.options = FS_OPEN_OPTIONS, .call = *call, .list.sloppy = sloppy};
    o->call.given = calloc(call->given_count + 1, sizeof *o->call.given);
    if (!o->call.given)
        return complain(NULL, -ENOMEM, NULL);
    memcpy(o->call.given, call->given, call->given_count * sizeof *call->given);
    int code = olist_read(&o->list, &o->call);
    code = code ? code : set_credentials(o);
    o->options.read_only = option_on(&o->call, "read-only");
    o->options.no_plugins = option_on(&o->call, "no-plugins");
    o->options.params = (struct fs_params){o->list.params, o->list.param_count};
    o->options.report = report;
    o->options.warn = warn;
    progress_start(option_on(&o->call, "progress"));
    cancel_watch();
    return code;
}

void opening_close(struct opening *o)
{
    progress_hide();
    secrets_unset(o->options.credentials.environment);
    fs_close(o->last_fs);
    free(o->last_text);
    olist_free(&o->list);
    free(o->call.given);
    o->call.given = NULL;
    o->last_fs = NULL;
    o->last_text = NULL;
}
