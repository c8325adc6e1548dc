// SPDX-License-Identifier: MIT
/*
 * contract: one suite for every FS object. See README.md.
 */
#include "contract.h"

#include <fnmatch.h>
#include <getopt.h>
#include <sys/stat.h>

static const struct test_row *const writable_tables[] = {names_tests,  data_tests,  file_tests,  list_tests,
                                                         link_tests,   xattr_tests, facts_tests, rename_tests,
                                                         thread_tests, NULL};
static const struct test_row *const read_only_tables[] = {read_only_tests, NULL};

struct run {
    struct source source;
    bool mounted;
    const char *only; /* pattern of names, or NULL */
    unsigned number, failed, skipped;
};

static void run_on(struct fs *fs, const struct test_row *row, struct test *t)
{
    static unsigned serial;
    *t = (struct test){.fs = fs};
    if (!read_only_golden) {
        snprintf(t->dir, sizeof t->dir, "/t%04u", serial++);
        WORKS(t, fs_makedir(fs, t->dir, 0755));
    }
    if (t->failures == 0)
        row->run(t);
}

static void say(struct run *run, bool good, const char *name, const char *word, const char *why)
{
    run->number++;
    run->failed += !good;
    printf("%sok %u - %s%s%s%s%s\n", good ? "" : "not ", run->number, name, *word ? " # " : "", word,
           *why ? " " : "", why);
    fflush(stdout);
}

/* Through a mount a test may only be skipped when the object itself has it skipped. */
static bool skip_is_fair(struct run *run, const struct test_row *row)
{
    struct test direct;
    if (!run->mounted)
        return true;
    run_on(run->source.direct, row, &direct);
    return direct.skipped;
}

static void judge(struct run *run, const struct test_row *row, const struct test *t)
{
    char why[900];
    bool at_times = false;
    const char *lacks = run->mounted ? mount_lacks(row->name, &at_times) : NULL;
    bool passed = t->failures == 0 && !t->skipped;
    if (lacks && passed && !at_times) {
        snprintf(why, sizeof why, "passes through the mount, but is listed: %s; take its line out", lacks);
        say(run, false, row->name, "unexpected:", why);
    } else if (lacks && !passed) {
        run->skipped++;
        snprintf(why, sizeof why, "%s (%s)", lacks, t->why);
        say(run, true, row->name, "SKIP expected:", why);
    } else if (t->failures) {
        say(run, false, row->name, "failed:", t->why);
    } else if (t->skipped && !skip_is_fair(run, row)) {
        say(run, false, row->name, "lost by the mount:", t->why);
    } else if (t->skipped) {
        run->skipped++;
        say(run, true, row->name, "SKIP", t->why);
    } else {
        say(run, true, row->name, "", "");
    }
}

static void run_all(struct run *run)
{
    struct test t;
    for (const struct test_row *const *table = read_only_golden ? read_only_tables : writable_tables; *table;
         table++)
        for (const struct test_row *row = *table; row->name; row++) {
            if (run->only && fnmatch(run->only, row->name, 0) != 0)
                continue;
            run_on(run->source.fs, row, &t);
            judge(run, row, &t);
        }
    printf("1..%u\n# %u passed, %u failed, %u skipped\n", run->number,
           run->number - run->failed - run->skipped, run->failed, run->skipped);
}

static int usage(void)
{
    fputs("contract [--mount] [--filter SPEC]... [--only PATTERN] [--read-only TREE.txt] URL\n"
          "contract --write-tree URL\n",
          stderr);
    return 2;
}

struct settings {
    char *filters[16];
    size_t count;
    bool mounted, write_tree;
    const char *only;
};

static bool parse(int argc, char **argv, struct settings *set)
{
    static const struct option options[] = {
        {"mount", no_argument, NULL, 'm'},      {"filter", required_argument, NULL, 'f'},
        {"only", required_argument, NULL, 'o'}, {"read-only", required_argument, NULL, 'r'},
        {"write-tree", no_argument, NULL, 'w'}, {0}};
    int letter;
    while ((letter = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (letter == 'm')
            set->mounted = true;
        else if (letter == 'f' && set->count < COUNT_OF(set->filters))
            set->filters[set->count++] = optarg;
        else if (letter == 'o')
            set->only = optarg;
        else if (letter == 'r')
            read_only_golden = optarg;
        else if (letter == 'w')
            set->write_tree = true;
        else
            return false;
    }
    return optind == argc - 1;
}

int main(int argc, char **argv)
{
    struct settings set = {0};
    if (!parse(argc, argv, &set))
        return usage();
    umask(022);
    struct run run = {.mounted = set.mounted, .only = set.only};
    bool read_only = read_only_golden || set.write_tree;
    if (source_open(&run.source, argv[optind], set.filters, set.count, read_only, set.mounted) != 0)
        return 1;
    int failed = 0;
    if (set.write_tree) {
        failed = write_tree(run.source.fs, stdout);
    } else {
        run_all(&run);
        failed = run.failed || run.number == 0;
    }
    return source_close(&run.source) || failed;
}
