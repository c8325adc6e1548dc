// SPDX-License-Identifier: MIT
/*
 * dokanctl mount SOURCE [MOUNTPOINT], and the same as mount(8) asks for it.
 */
#include "cli/serve.h"

#include "cli/cancel.h"
#include "cli/progress.h"
#include "cli/python.h"
#include "cli/secrets.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void print_json(const struct mount_process *mount, const char *source)
{
    struct json j = {.out = stdout};
    char *shown = fs_url_redact(source);
    json_open(&j, NULL, '{');
    json_text(&j, "source", shown ? shown : "");
    json_text(&j, "drive", mount->drive);
    json_text(&j, "mount_point", mount->path);
    json_u64(&j, "pid", (uint64_t)mount->pid);
    json_close(&j, '}');
    json_end(&j);
    free(shown);
}

static void print_mount(const struct call *call, const struct mount_process *mount, bool foreground)
{
    if (call->json) {
        print_json(mount, call->argv[0]);
    } else {
        printf("%s%s", mount->drive, *mount->drive ? " " : "");
        print_name(stdout, mount->path);
        fputc('\n', stdout);
        if (isatty(STDOUT_FILENO)) {
            fputs(foreground ? "unmount with Ctrl-C or: dokanctl unmount "
                             : "unmount with: dokanctl unmount ",
                  stdout);
            print_plain(stdout, *mount->drive ? mount->drive : mount->path);
            fputc('\n', stdout);
        }
    }
    fflush(stdout);
}

static int mount_background(const struct call *call, struct fs *fs, const char *point,
                            struct fs_mount_options *options, bool quiet)
{
    struct mount_process *mount = NULL;
    struct fs_error error = {0};
    options->mode = FS_MOUNT_PROCESS;
    cancel_unwatch(); /* the child shall be killed by what kills others */
    int rc = fs_mount(fs, point, options, &mount, &error);
    if (rc)
        return mount_complain(point, rc, &error);
    if (!quiet)
        print_mount(call, mount, false);
    mount_process_free(mount);
    return EXIT_DONE;
}

static sigset_t ending_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    return set;
}

static int mount_foreground(const struct call *call, struct fs *fs, const char *point,
                            struct fs_mount_options *options)
{
    struct served served;
    sigset_t set = ending_signals();
    siginfo_t info;
    int code = serve_start(&served, fs, point, options, &set);
    if (code)
        return code;
    print_mount(call, served.mount, true);
    service_notify("READY=1");
    bool asked = cancelled() || serve_wait(&served, &set, &info);
    if (asked)
        service_notify("STOPPING=1");
    return serve_stop(&served);
}

/* A process of its own, in the background or until somebody wants it to end. */
static int mount_python(const struct opening *o, const char *point, bool quiet)
{
    struct python python;
    siginfo_t info;
    sigset_t set = ending_signals();
    bool foreground = option_on(&o->call, "foreground");
    int code = python_start(&python, o, point, foreground);
    if (code)
        return code;
    const struct mount_process mount = {python.path, python.drive, python.pid};
    const struct served served = {.event = python.status};
    sigprocmask(SIG_BLOCK, &set, NULL);
    if (!quiet)
        print_mount(&o->call, &mount, foreground);
    if (!foreground)
        return python_leave(&python), EXIT_DONE;
    service_notify("READY=1");
    if (cancelled() || serve_wait(&served, &set, &info))
        service_notify("STOPPING=1");
    return python_stop(&python);
}

/* Whose words these are may have come from a table that others fill in: code is loaded if it says so there.
 */
static int check_python(const struct opening *o, bool helper)
{
    if (!helper || option_on(&o->call, "allow-python"))
        return 0;
    return complain_text(0, "the source is Python code; the option allow-python lets it be loaded"),
           EXIT_USAGE;
}

/* `quiet`: mount(8) prints what there is to print. */
static int mount_source(const struct call *call, bool sloppy, bool quiet)
{
    struct opening o;
    struct fs_mount_options options;
    struct fs *fs = NULL;
    const char *point = call->argc > 1 ? call->argv[1] : NULL;
    int code = opening_start(&o, call, sloppy);
    code = code ? code : mount_options_read(&o, &options);
    if (python_source(call->argv[0])) {
        code = code ? code : check_python(&o, quiet);
        code = code ? code : mount_python(&o, point, quiet);
        opening_close(&o);
        return code;
    }
    code = code ? code : source_mount(&o, call->argv[0], &fs);
    progress_hide();
    if (code == 0 && cancelled())
        code = complain(NULL, -ECANCELED, NULL);
    secrets_unset(o.options.credentials.environment);
    if (code == 0)
        code = option_on(&o.call, "foreground") ? mount_foreground(call, fs, point, &options)
                                                : mount_background(call, fs, point, &options, quiet);
    int rc = fs_close(fs);
    if (rc && code == 0)
        code = complain("closing the source", rc, NULL);
    opening_close(&o);
    return code;
}

int run_mount(const struct call *call)
{
    return mount_source(call, false, false);
}

/* ---- mount.fuse.dokan --------------------------------------------------------------------------------- */

static const struct cli_option helper_options[] = {
    {"sloppy", 's', NULL, "pass over options that are not known"},
    {"fake", 'f', NULL, "do everything but mounting"},
    {"no-mtab", 'n', NULL, "without effect"},
    {"verbose", 'v', NULL, "without effect"},
    {"type", 't', "TYPE", "without effect"},
    {"namespace", 'N', "NAMESPACE", "without effect: mount(8) has gone into it"},
    {0},
};

int run_mount_helper(int argc, char **argv)
{
    struct verb verb = *find_verb("mount"), helper = verb;
    struct call words = {0}, call = {0};
    complain_from("mount.fuse.dokan");
    helper.least = helper.most = 2;
    helper.arguments = "SOURCE DIRECTORY";
    helper.options[1] = helper.options[0];
    helper.options[0] = helper_options;
    int code = call_parse(&words, &helper, argc - 1, argv + 1);
    if (code == 0 && (words.help || words.argc != 2)) {
        fputs("usage: mount.fuse.dokan SOURCE DIRECTORY [-sfnv] [-o OPTIONS]\n"
              "mount(8) calls it for 'mount -t fuse.dokan'; see mount.fuse.dokan(8).\n",
              words.help ? stdout : stderr);
        code = words.help ? EXIT_DONE : EXIT_USAGE;
    } else if (code == 0 && !option_on(&words, "fake")) {
        /* The options of the helper are not those of the verb, but for -o. */
        bool sloppy = option_on(&words, "sloppy");
        code = call_parse(&call, &verb, words.argc, words.argv);
        for (size_t i = 0; i < words.given_count && code == 0; i++)
            if (!strchr("sfnvtN", words.given[i].option->letter ? words.given[i].option->letter : 'o') &&
                !call_add(&call, words.given[i].option->name, words.given[i].value))
                code = complain(NULL, -ENOMEM, NULL);
        code = code ? code : mount_source(&call, sloppy, true);
        call_free(&call);
    }
    call_free(&words);
    return code;
}
