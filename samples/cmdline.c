// SPDX-License-Identifier: MIT
/*
 * Command line and foreground loop of the samples. Signals are blocked in all threads; one thread waits for
 * them, so that unmounting is done in ordinary code and not in a signal handler.
 */
#include "cmdline.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static const char *program = "";

/* ---- options ----------------------------------------------------------------------------------------- */

static bool complain(const char *what, const char *argument)
{
    fprintf(stderr, "%s: %s '%s'; run '%s --help' for the list\n", program, what, argument, program);
    return false;
}

static bool same_letter(char a, char b, bool ignore_case)
{
    return ignore_case ? tolower((unsigned char)a) == tolower((unsigned char)b) : a == b;
}

/* The row of an argument. `value` gets what follows the '=' of "--name=value", else NULL. */
static const struct cmdline_option *find_option(const struct cmdline_option *options, const char *argument,
                                                bool ignore_case, const char **value)
{
    bool is_long = strncmp(argument, "--", 2) == 0;
    size_t length = strcspn(argument, "=");
    *value = is_long && argument[length] ? argument + length + 1 : NULL;
    for (; options->name; options++) {
        if (is_long && strlen(options->name) == length - 2 &&
            strncmp(options->name, argument + 2, length - 2) == 0)
            return options;
        if (!is_long && argument[0] == '/' && argument[1] && !argument[2] && options->letter &&
            same_letter(argument[1], options->letter, ignore_case))
            return options;
    }
    return NULL;
}

static bool read_number(const char *text, bool suffix, uint64_t most, uint64_t *out)
{
    static const char suffixes[] = "KMGT";
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 0);
    if (!isdigit((unsigned char)*text) || errno != 0)
        return false;
    const char *unit = suffix && *end ? strchr(suffixes, toupper((unsigned char)*end)) : NULL;
    unsigned shift = unit ? 10 * (unsigned)(unit - suffixes + 1) : 0;
    if (unit)
        end++;
    if (*end || number > most >> shift)
        return false;
    *out = number << shift;
    return true;
}

static bool take_value(const struct cmdline_option *option, const char *value)
{
    uint64_t number = 0;
    if (option->kind == CMDLINE_TEXT) {
        *(const char **)option->target = value;
        return true;
    }
    bool size = option->kind == CMDLINE_SIZE;
    if (!read_number(value, size, size ? INT64_MAX : UINT32_MAX, &number))
        return complain(size ? "not a size (examples: 4096, 64M, 2G):" : "not a number:", value);
    if (size)
        *(uint64_t *)option->target = number;
    else
        *(ULONG *)option->target = (ULONG)number;
    return true;
}

bool cmdline_parse(const struct cmdline_option *options, char **argv, bool ignore_case)
{
    program = argv[0] && strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0] ? argv[0] : "";
    for (char **at = argv[0] ? argv + 1 : argv; *at; at++) {
        const char *value;
        const struct cmdline_option *option = find_option(options, *at, ignore_case, &value);
        if (!option)
            return complain("unknown option", *at);
        if (option->kind == CMDLINE_FLAG) {
            if (value)
                return complain("no value goes with", *at);
            *(ULONG *)option->target |= option->flag;
            continue;
        }
        if (!value && !at[1])
            return complain("a value is missing behind", *at);
        if (!take_value(option, value ? value : *++at))
            return false;
    }
    return true;
}

void cmdline_usage(FILE *out, const struct cmdline_option *options)
{
    for (; options->name; options++) {
        char both[80];
        char letter[] = {'/', options->letter, ',', 0};
        snprintf(both, sizeof both, "%-3s --%s %s", options->letter ? letter : "", options->name,
                 options->value ? options->value : "");
        fprintf(out, "  %-30s %s\n", both, options->help);
    }
}

WCHAR *cmdline_utf16(const char *text)
{
    SIZE_T length = DokanUtf8ToUtf16(text, DOKAN_TERMINATED, NULL, 0);
    if (length == DOKAN_MALFORMED)
        return NULL;
    WCHAR *out = malloc((length + 1) * sizeof *out);
    if (out)
        DokanUtf8ToUtf16(text, DOKAN_TERMINATED, out, length + 1);
    return out;
}

/* ---- running ----------------------------------------------------------------------------------------- */

/* The library has said what was wrong; this says which of its results it was. */
static const char *result_name(int result)
{
    static const char *const names[] = {
        "DOKAN_SUCCESS",     "DOKAN_ERROR",       "DOKAN_DRIVE_LETTER_ERROR", "DOKAN_DRIVER_INSTALL_ERROR",
        "DOKAN_START_ERROR", "DOKAN_MOUNT_ERROR", "DOKAN_MOUNT_POINT_ERROR",  "DOKAN_VERSION_ERROR",
    };
    size_t index = (size_t)-result;
    return index < sizeof names / sizeof *names ? names[index] : "unknown error";
}

static sigset_t stop_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    return set;
}

/* Where the volume really is: a drive that was busy may have become another one. */
static WCHAR *place_of(DOKAN_HANDLE volume)
{
    char path[PATH_MAX] = "";
    DokanGetMountPoint(volume, path, sizeof path);
    return cmdline_utf16(path);
}

static void *wait_for_signal(void *place)
{
    sigset_t set = stop_signals();
    int number;
    bool done = false;
    while (!done && sigwait(&set, &number) == 0) {
        /* serve() cancels this thread; it must not do so inside of the library. */
        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
        done = DokanRemoveMountPoint(place);
        if (!done)
            fprintf(stderr, "%s: cannot unmount; close the files that are open on it and try again\n",
                    program);
        pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
    }
    return NULL;
}

static void say_where(DOKAN_HANDLE volume)
{
    char path[PATH_MAX] = "";
    DokanGetMountPoint(volume, path, sizeof path);
    printf("%s: mounted at %s\nUnmount with Ctrl-C here, or from elsewhere: dokanctl unmount '%s'\n", program,
           path, path);
    fflush(stdout);
}

static void wait_for_end(DOKAN_HANDLE volume, WCHAR *place)
{
    pthread_t watcher;
    bool watched = place && pthread_create(&watcher, NULL, wait_for_signal, place) == 0;
    if (!watched)
        fprintf(stderr, "%s: no thread for Ctrl-C; unmount with dokanctl\n", program);
    DokanWaitForFileSystemClosed(volume, INFINITE);
    if (!watched)
        return;
    pthread_cancel(watcher);
    pthread_join(watcher, NULL);
}

static int serve(PDOKAN_OPTIONS options, PDOKAN_OPERATIONS operations, const DOKAN_MOUNT_OPTIONS_EX *more)
{
    DOKAN_HANDLE volume = NULL;
    int result = DokanCreateFileSystemEx(options, operations, more, &volume);
    if (result != DOKAN_SUCCESS) {
        fprintf(stderr, "%s: not mounted (%s)\n", program, result_name(result));
        return 1;
    }
    WCHAR *place = place_of(volume);
    say_where(volume);
    wait_for_end(volume, place);
    DokanCloseHandle(volume);
    free(place);
    return 0;
}

int cmdline_serve(PDOKAN_OPTIONS options, PDOKAN_OPERATIONS operations, const DOKAN_OPERATIONS_EX *extended,
                  unsigned flags, const char *mount_options)
{
    sigset_t set = stop_signals();
    DOKAN_MOUNT_OPTIONS_EX more = DokanMountOptionsExDefault();
    more.Flags = DOKAN_EX_FLUSH_ON_FSYNC | flags; /* both samples report every error of a write at once */
    more.FuseOptions = mount_options;
    more.OperationsEx = extended;
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    DokanInit();
    int code = serve(options, operations, &more);
    DokanShutdown();
    return code;
}
