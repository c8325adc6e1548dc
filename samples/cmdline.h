// SPDX-License-Identifier: MIT
/*
 * What the samples share: Dokan's command line (`/l M:`, and `--mount M:` beside it) and running a mounted
 * file system in the foreground until Ctrl-C. Nothing of it is needed to write a file system.
 */
#ifndef SAMPLES_CMDLINE_H
#define SAMPLES_CMDLINE_H

#include <dokan/dokan_ex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum cmdline_kind {
    CMDLINE_FLAG,   /* ULONG *: gets `flag` set */
    CMDLINE_NUMBER, /* ULONG * */
    CMDLINE_SIZE,   /* uint64_t *: a number that may end in K, M, G or T */
    CMDLINE_TEXT,   /* const char ** */
};

/* One option. Tables of these end with an empty row. */
struct cmdline_option {
    char letter;      /* "/l"; 0 = long form only */
    const char *name; /* "--mount" */
    enum cmdline_kind kind;
    void *target;
    ULONG flag;
    const char *value; /* what the usage calls the value */
    const char *help;
};

/* Reads the arguments into the targets. On a mistake it says which one on stderr and returns false. */
bool cmdline_parse(const struct cmdline_option *options, char **argv, bool ignore_case);

void cmdline_usage(FILE *out, const struct cmdline_option *options);

/* UTF-16 form of an argument, to be freed; NULL for text that is not UTF-8, or without memory. */
WCHAR *cmdline_utf16(const char *text);

/*
 * Mounts, says where, and waits until the volume is unmounted; SIGINT, SIGTERM and SIGHUP unmount it.
 * `extended` are operations beyond Dokany's or NULL, `flags` are DOKAN_EX_* beside those that both samples
 * want, `mount_options` Linux mount options or NULL. Returns the exit code: 0, or 1 after a line on stderr
 * that says what to do.
 */
int cmdline_serve(PDOKAN_OPTIONS options, PDOKAN_OPERATIONS operations, const DOKAN_OPERATIONS_EX *extended,
                  unsigned flags, const char *mount_options);

#endif
