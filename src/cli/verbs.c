// SPDX-License-Identifier: MIT
/*
 * The table of verbs and of their options.
 */
#include "cli/cli.h"

#include <string.h>

/* How a source is opened. */
static const struct cli_option source_options[] = {
    {"option", 'o', "LIST",
     "parameters of the source, as in its URL: index=off,cache=1G (see `dokanctl formats`)"},
    {"filter", 0, "SPEC", "put a filter on it: readonly, delay:ms=50; can be repeated"},
    {"ask-password", 0, NULL, "ask for the password on the terminal"},
    {"password-fd", 0, "N", "read the password from descriptor N, one line"},
    {"password-env", 0, "NAME", "take the password from a variable of the environment"},
    {"credentials", 0, "FILE", "take passwords from a file that only its owner can read"},
    {"netrc", 0, NULL, "take passwords from ~/.netrc"},
    {"no-plugins", 0, NULL, "use the built-in formats only"},
    {0},
};

/* How it is mounted: `mount` and `run`. */
#define MOUNT_OPTIONS                                                                                    \
    {"read-only", 'r', NULL, "refuse every change"}, {"volname", 0, "NAME", "volume name"},              \
        {"fsname", 0, "NAME", "file system name, default NTFS"},                                         \
        {"timeout", 0, "SECONDS", "time limit of a call that shows no progress, 15 to 300, default 15"}, \
    {                                                                                                    \
        "single-thread", 0, NULL, "one call at a time"                                                   \
    }

static const struct cli_option mount_only[] = {
    {"foreground", 'f', NULL, "stay, and unmount at Ctrl-C"},
    {"wait", 0, "SECONDS", "how long to wait until it is ready, default 20"},
    {"allow-python", 0, NULL, "in fstab: let the source be Python code"},
    MOUNT_OPTIONS,
    {0},
};
static const struct cli_option run_only[] = {
    {"mount-point", 'm', "PATH", "where to mount it: a drive or a directory, for the command alone"},
    {"chdir", 'C', NULL, "start the command in the mounted directory"},
    MOUNT_OPTIONS,
    {0},
};
static const struct cli_option ls_options[] = {
    {"all", 'a', NULL, "names that begin with a dot too"},
    {"long", 'l', NULL, "type, mode, links, owner, size, time"},
    {"one", '1', NULL, "one name per line"},
    {"recursive", 'R', NULL, "directories below too"},
    {"human", 'h', NULL, "sizes as 1.5K, 3.2M"},
    {"color", 0, "WHEN", "auto, always or never"},
    {0},
};
static const struct cli_option tree_options[] = {
    {"all", 'a', NULL, "names that begin with a dot too"},
    {"directories", 'd', NULL, "directories only"},
    {"levels", 'L', "N", "no deeper than N levels"},
    {"color", 0, "WHEN", "auto, always or never"},
    {0},
};
static const struct cli_option cp_options[] = {
    {"recursive", 'r', NULL, "directories and what is in them"},
    {"no-clobber", 'n', NULL, "leave files alone that exist"},
    {"progress", 'p', NULL, "show progress, also where standard error is no terminal"},
    {0},
};
static const struct cli_option mkdir_options[] = {
    {"parents", 'p', NULL, "missing parents too; no error where it exists"},
    {0},
};
static const struct cli_option mv_options[] = {
    {"no-clobber", 'n', NULL, "leave files alone that exist"},
    {"progress", 'p', NULL, "show progress, also where standard error is no terminal"},
    {0},
};
static const struct cli_option rm_options[] = {
    {"recursive", 'r', NULL, "directories and what is in them"},
    {"force", 'f', NULL, "no error for what does not exist"},
    {0},
};
static const struct cli_option du_options[] = {
    {"summary", 's', NULL, "only the sum of each argument"},
    {"human", 'h', NULL, "sizes as 1.5K, 3.2M"},
    {0},
};
static const struct cli_option check_options[] = {
    {"verbose", 'v', NULL, "list every check"},
    {"read-only", 'r', NULL, "write nothing: look at what is there already"},
    {"only", 0, "LIST", "these features or checks only: files,times.write"},
    {"deadline", 0, "SECONDS", "how long a call may take, default 10"},
    {"posix", 'p', NULL, "use the calls of Linux programs, also in a directory where nothing is mounted"},
    {0},
};
static const struct cli_option help_options[] = {
    {"words", 0, "WHAT",
     "one word per line, for completion: verbs, filters, schemes, or a verb for its options"},
    {0},
};

const struct verb verbs[] = {
    {"mount",
     "SOURCE [MOUNTPOINT]",
     "mount a file, a directory or a URL",
     "Mounts an archive, a directory or what a URL names, in the background, and prints where it is. Without "
     "a mount point it becomes the next free drive. -o also takes the options of this verb by their long "
     "names, the mount options of the library (allow_other, noexec, umask=022...), and those of fstab. "
     "python://MODULE:CALLABLE and pyfs+PROTOCOL://... are objects of Python's PyFilesystem (needs "
     "python3-xdokan).",
     1,
     2,
     run_mount,
     VERB_JSON,
     {source_options, mount_only}},
    {"run",
     "SOURCE [--] COMMAND...",
     "run a command that sees a source mounted",
     "Mounts the source in namespaces of its own, which needs no root and no fusermount3, and runs the "
     "command as the same user. $DOKAN_MOUNT names the directory. Nobody else sees the mount; when the "
     "command ends, or dokanctl is killed, the mount and every process that the command left are gone.",
     2,
     -1,
     run_run,
     VERB_COMMAND,
     {source_options, run_only}},
    {"list",
     "",
     "list all mounts",
     "One line per mount, oldest first. Root sees the mounts of all users, others their own.",
     0,
     0,
     run_list,
     VERB_JSON,
     {0}},
    {"unmount",
     "MOUNTPOINT...",
     "unmount drives or directories",
     "Takes effect although files are open. If the process that serves the mount does not answer, the mount "
     "is removed all the same.",
     1,
     -1,
     run_unmount,
     VERB_JSON,
     {0}},
    {"path",
     "MOUNTPOINT",
     "print the directory of a mount",
     "For a drive (M:) its directory, for M:\\file the path of that file.",
     1,
     1,
     run_path,
     VERB_JSON,
     {0}},
    {"status",
     "[MOUNTPOINT...]",
     "show what mounts are doing",
     "Counters of the volume and of each callback: calls, errors, mean and longest time; callbacks past "
     "their deadline. Without an argument all mounts are shown.",
     0,
     -1,
     run_status,
     VERB_JSON,
     {0}},
    {"trace",
     "on|off MOUNTPOINT...",
     "switch the trace of a running mount",
     "One line into and one out of every callback, on the standard error of the process that serves the "
     "mount.",
     2,
     -1,
     run_trace,
     VERB_JSON,
     {0}},
    {"ls",
     "[SOURCE...]",
     "list files",
     "Lists a directory, an archive or a directory in one, without mounting it.",
     0,
     -1,
     run_ls,
     VERB_JSON,
     {ls_options, source_options}},
    {"tree",
     "[SOURCE...]",
     "show a tree of files",
     "Draws the tree below a directory or in an archive.",
     0,
     -1,
     run_tree,
     VERB_JSON,
     {tree_options, source_options}},
    {"cat",
     "FILE...",
     "print files",
     "Writes the bytes of files to standard output.",
     1,
     -1,
     run_cat,
     0,
     {source_options}},
    {"cp",
     "FILE... TARGET",
     "copy files between any two sources",
     "Copies with times and permissions. Symbolic links are copied as links and never followed below an "
     "argument; one from an archive that leads out of what is copied is left out. A file that could not be "
     "copied as a whole is removed again. An archive is copied as a file; photos.zip!/ means what is in it.",
     2,
     -1,
     run_cp,
     0,
     {cp_options, source_options}},
    {"mv",
     "FILE... TARGET",
     "move files",
     "Renames where that is possible, else copies and removes.",
     2,
     -1,
     run_mv,
     0,
     {mv_options, source_options}},
    {"rm",
     "FILE...",
     "remove files",
     "Removes files, and with -r directories.",
     1,
     -1,
     run_rm,
     0,
     {rm_options, source_options}},
    {"mkdir",
     "DIRECTORY...",
     "make directories",
     "Makes directories.",
     1,
     -1,
     run_mkdir,
     0,
     {mkdir_options, source_options}},
    {"info",
     "SOURCE...",
     "facts of a file or a source",
     "Type, size, times, owner, links and extended attributes; of a source also its format, what it can do "
     "and "
     "its space.",
     1,
     -1,
     run_info,
     VERB_JSON,
     {source_options}},
    {"du",
     "[SOURCE...]",
     "sum up sizes",
     "Bytes in each directory and all below; a file with several names counts once.",
     0,
     -1,
     run_du,
     VERB_JSON,
     {du_options, source_options}},
    {"check",
     "TARGET",
     "check a file system by the rules",
     "Checks feature by feature what a file system does. What is mounted is checked with the calls of Linux "
     "programs; a source is opened in this process and checked by the rules of Windows. Everything is done "
     "in a new directory, which is removed afterwards. Exit status: 0 nothing is wrong, 1 something is or "
     "nothing could be checked, 2 it could not begin.",
     1,
     1,
     run_check,
     VERB_JSON,
     {check_options, source_options}},
    {"formats",
     "",
     "list formats and filters",
     "What the libraries found at run time can read and write, and the parameters of each.",
     0,
     0,
     run_formats,
     VERB_JSON,
     {0}},
    {"version",
     "",
     "print versions",
     "Versions of this tool, of the library and of the protocol.",
     0,
     0,
     run_version,
     VERB_JSON,
     {0}},
    {"help",
     "[VERB]",
     "explain a verb",
     "Explains a verb, or lists all of them.",
     0,
     1,
     run_help,
     0,
     {help_options}},
};
const size_t verb_count = COUNT_OF(verbs);

const struct verb *find_verb(const char *name)
{
    for (size_t i = 0; i < verb_count; i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}
