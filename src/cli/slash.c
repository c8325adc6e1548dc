// SPDX-License-Identifier: MIT
/*
 * The options of Dokany's dokanctl: `/` and one letter, case ignored; only the first one counts. Lines and
 * exit codes keep their shape where scripts read them. There is no driver and no network provider, and that
 * is what is said.
 */
#include "cli/list.h"

#include <ctype.h>
#include <dokan/dokanc.h>
#include <stdlib.h>
#include <string.h>

static int unknown(void)
{
    fputs("Unknown option, use /? to show usage\n", stderr);
    return EXIT_FAILED;
}

static int slash_help(const char *arg)
{
    print_help(stderr);
    return EXIT_FAILED;
}

static int slash_unmount(const char *arg)
{
    char *reply = NULL;
    int code = control(arg, "unmount", &reply) ? EXIT_FAILED : EXIT_DONE;
    DokanFreeReply(reply);
    printf("Unmount status = %d\n", code);
    return code;
}

static int slash_list(const char *arg)
{
    char *reply = NULL;
    struct mount m;
    unsigned count = 0, index = 0;
    if (control(NULL, "list", &reply))
        return EXIT_FAILED;
    char *copy = reply ? strdup(reply) : NULL, *cursor = copy;
    while (next_mount(&cursor, &m))
        count++;
    free(copy);
    printf("  Mount points: %u\n", count);
    for (cursor = reply; next_mount(&cursor, &m);) {
        printf("  %u# MountPoint: ", index++);
        print_plain(stdout, *m.drive ? m.drive : m.path);
        fputs(" - UNC: \"", stdout);
        print_plain(stdout, m.unc);
        printf("\" - DeviceName: %s\n", m.device);
    }
    DokanFreeReply(reply);
    return EXIT_DONE;
}

static int install_driver(void)
{
    if (DokanServiceInstall(DOKAN_DRIVER_SERVICE, 0, DOKAN_DRIVER_NAME)) {
        puts("Driver install ok");
        return EXIT_DONE;
    }
    fputs("Driver install failed: there is no driver on Linux, mounts go through the kernel's FUSE\n",
          stderr);
    return EXIT_FAILED;
}

static int install_provider(void)
{
    if (DokanNetworkProviderInstall()) {
        puts("Network provider install ok");
        return EXIT_DONE;
    }
    fputs("Network provider install failed: there is none on Linux\n", stderr);
    return EXIT_FAILED;
}

static int remove_driver(void)
{
    bool removed = DokanServiceDelete(DOKAN_DRIVER_SERVICE);
    puts(removed ? "Driver remove ok: there was none" : "Driver remove failed");
    return removed ? EXIT_DONE : EXIT_FAILED;
}

static int remove_provider(void)
{
    bool removed = DokanNetworkProviderUninstall();
    puts(removed ? "Network provider remove ok: there was none" : "Network provider remove failed");
    return removed ? EXIT_DONE : EXIT_FAILED;
}

/* `d` driver, `n` network provider, `a` both; a driver step that fails ends the command. */
static int each_part(const char *arg, int (*driver)(void), int (*provider)(void))
{
    int which = tolower((unsigned char)arg[0]);
    if (!which || !strchr("dna", which))
        return unknown();
    int code = which == 'n' ? EXIT_DONE : driver();
    return code || which == 'd' ? code : provider();
}

static int slash_install(const char *arg)
{
    return each_part(arg, install_driver, install_provider);
}

static int slash_remove(const char *arg)
{
    return each_part(arg, remove_driver, remove_provider);
}

static int slash_debug(const char *arg)
{
    if (arg[0] < '0' || arg[0] > '7')
        return unknown();
    bool set = DokanSetDebugMode((ULONG)(arg[0] - '0'));
    puts(set ? "set debug mode ok" : "set debug mode failed");
    return set ? EXIT_DONE : EXIT_FAILED;
}

static int slash_version(const char *arg)
{
    printf("dokanctl : %s %s\nDokan version : %u\nDokan driver version : 0x%x\n", __DATE__, __TIME__,
           DokanVersion(), DokanDriverVersion());
    return EXIT_DONE;
}

static const struct {
    char letter;
    bool needs_argument;
    int (*run)(const char *arg);
} rows[] = {
    {'?', false, slash_help},    {'u', true, slash_unmount}, {'l', false, slash_list},
    {'i', true, slash_install},  {'r', true, slash_remove},  {'d', true, slash_debug},
    {'v', false, slash_version},
};

int run_slash(int argc, char **argv)
{
    const char *option = argv[1], *arg = argc > 2 ? argv[2] : NULL;
    puts("Driver path: none (Linux mounts through /dev/fuse)");
    DokanUseStdErr(TRUE);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strlen(option) != 2 || tolower((unsigned char)option[1]) != rows[i].letter)
            continue;
        return rows[i].needs_argument && !arg ? unknown() : rows[i].run(arg);
    }
    return unknown();
}
