// SPDX-License-Identifier: MIT
/*
 * model: random steps on an FS object and on a model of it.
 *
 *     model [--mount] [--filter SPEC]... [--seed N] [--steps N] URL [URL]
 *
 * With two URLs both objects follow the same steps. When object and model differ, the sequence is made short
 * by leaving parts out as long as it still fails, and printed with its seed.
 */
#include "model.h"

#include <getopt.h>
#include <time.h>

enum { OBJECTS = 2, ALL_KINDS = (1 << STEP_KINDS) - 1 };

struct run {
    struct source sources[OBJECTS];
    int objects;
    uint32_t kinds;
    bool exchange, noreplace;
};

static unsigned serial;

/* Leaves nothing: the folder may hold anything after a failure. */
static void clean(struct test *t, const char *dir) // NOLINT(misc-no-recursion)
{
    struct names names = {0};
    list(t, dir, 0, 0, &names);
    for (size_t i = 0; i < names.count; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%.3000s/%.800s", dir, names.at[i]);
        if (fs_remove(t->fs, path) == -EISDIR)
            clean(t, path);
    }
    names_free(&names);
    fs_removedir(t->fs, dir);
}

/* Runs steps on a fresh folder; gives how many went well, and why the next did not. */
static size_t follow(struct run *run, int object, const struct step *steps, size_t count, char why[600])
{
    static struct model model;
    struct follower f = {.t.fs = run->sources[object].fs};
    size_t done = 0;
    model_reset(&model);
    snprintf(f.t.dir, sizeof f.t.dir, "/m%06u", serial++);
    bool good = WORKS(&f.t, fs_makedir(f.t.fs, f.t.dir, 0755));
    while (good && done < count && (good = step_do(&steps[done], &model, &f)))
        done++;
    if (good) {
        good = steps_end(&model, &f);
        done = good ? count : count - 1;
    }
    for (int i = 0; i < HANDLES; i++)
        if (model.handles[i] >= 0)
            fs_f_close(f.t.fs, f.files[i]);
    memcpy(why, f.t.why, sizeof f.t.why);
    clean(&f.t, f.t.dir);
    return good ? count : done < count ? done : count - 1;
}

/* Leaves out halves, quarters... and then single steps, as long as the rest still fails. */
static size_t shorten(struct run *run, int object, struct step *steps, size_t count)
{
    char why[600];
    struct step *less = malloc(count * sizeof *less);
    for (size_t part = count / 2; part > 0 && less; part = part > 1 ? part / 2 : 0)
        for (size_t start = 0; start < count;) {
            size_t end = start + part < count ? start + part : count, rest = count - (end - start);
            memcpy(less, steps, start * sizeof *less);
            memcpy(less + start, steps + end, (count - end) * sizeof *less);
            size_t good = follow(run, object, less, rest, why);
            if (rest && good < rest) {
                count = good + 1;
                memcpy(steps, less, count * sizeof *less);
            } else {
                start = end;
            }
        }
    free(less);
    return count;
}

static int report(struct run *run, int object, struct step *steps, size_t good, uint64_t seed,
                  const char *first)
{
    char why[600];
    size_t count = shorten(run, object, steps, good + 1);
    fprintf(stderr, "seed %llu, step %zu: %s\nThe shortest that fails:\n", (unsigned long long)seed, good,
            first);
    for (size_t i = 0; i < count; i++)
        step_print(&steps[i], stderr);
    follow(run, object, steps, count, why);
    fprintf(stderr, "%s\n", why);
    return 1;
}

static bool offers(struct test *t, bool (*ask)(struct test *t))
{
    t->skipped = false;
    return ask(t);
}

static void ask_features(struct run *run)
{
    run->kinds = ALL_KINDS;
    run->exchange = run->noreplace = true;
    for (int i = 0; i < run->objects; i++) {
        struct test t = {.fs = run->sources[i].fs, .dir = "/ask"};
        fs_makedir(t.fs, t.dir, 0755);
        if (!offers(&t, offers_links))
            run->kinds &= ~(1u << STEP_LINK);
        if (!offers(&t, offers_symlinks))
            run->kinds &= ~(1u << STEP_SYMLINK | 1u << STEP_READLINK);
        run->exchange = offers_rename_flag(&t, FS_RENAME_EXCHANGE) && run->exchange;
        run->noreplace = offers_rename_flag(&t, FS_RENAME_NOREPLACE) && run->noreplace;
        fs_removedir(t.fs, t.dir);
    }
}

static void without_flags(struct run *run, struct step *step)
{
    bool lacks = (step->flags & FS_RENAME_EXCHANGE && !run->exchange) ||
                 (step->flags & FS_RENAME_NOREPLACE && !run->noreplace);
    if (step->kind == STEP_RENAME && lacks)
        step->flags = 0;
}

/* Sequences of a few hundred: from an empty folder more different things happen. */
static int go(struct run *run, uint64_t seed, size_t steps)
{
    enum { LENGTH = 500 };
    struct step list_of[LENGTH];
    char why[600];
    uint64_t state = seed;
    for (size_t done = 0; done < steps; done += LENGTH) {
        for (int i = 0; i < LENGTH; i++) {
            list_of[i] = step_random(&state, run->kinds);
            without_flags(run, &list_of[i]);
        }
        for (int object = 0; object < run->objects; object++) {
            size_t good = follow(run, object, list_of, LENGTH, why);
            if (good < LENGTH)
                return report(run, object, list_of, good, seed, why);
        }
    }
    printf("%zu steps, seed %llu: as the model\n", steps, (unsigned long long)seed);
    return 0;
}

struct settings {
    char *filters[16];
    size_t count, steps;
    uint64_t seed;
    bool mounted;
};

static bool parse(int argc, char **argv, struct settings *set)
{
    static const struct option options[] = {{"mount", no_argument, NULL, 'm'},
                                            {"filter", required_argument, NULL, 'f'},
                                            {"seed", required_argument, NULL, 's'},
                                            {"steps", required_argument, NULL, 'n'},
                                            {0}};
    int letter;
    while ((letter = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (letter == 'm')
            set->mounted = true;
        else if (letter == 'f' && set->count < COUNT_OF(set->filters))
            set->filters[set->count++] = optarg;
        else if (letter == 's')
            set->seed = strtoull(optarg, NULL, 10);
        else if (letter == 'n')
            set->steps = strtoull(optarg, NULL, 10);
        else
            return false;
    }
    return optind < argc && argc - optind <= OBJECTS;
}

int main(int argc, char **argv)
{
    struct settings set = {.steps = 20000, .seed = (uint64_t)time(NULL)};
    if (!parse(argc, argv, &set)) {
        fputs("model [--mount] [--filter SPEC]... [--seed N] [--steps N] URL [URL]\n", stderr);
        return 2;
    }
    struct run run = {0};
    for (; optind + run.objects < argc; run.objects++)
        if (source_open(&run.sources[run.objects], argv[optind + run.objects], set.filters, set.count, false,
                        set.mounted) != 0)
            return 1;
    ask_features(&run);
    int rc = go(&run, set.seed, set.steps);
    for (int i = 0; i < run.objects; i++)
        rc = source_close(&run.sources[i]) || rc;
    return rc;
}
