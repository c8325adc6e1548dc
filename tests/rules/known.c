// SPDX-License-Identifier: MIT
/*
 * Rows that fail today. HOST: the host of the mirrored folder cannot hold the fact. NOT_OFFERED: the volume
 * has no callback for it. WRONG: the engine or the sample is wrong, until somebody mends it. A listed row
 * that passes fails the test, as does one that is never played. `door`, `volume` and `row` are
 * patterns of fnmatch(3).
 */
#include "rules.h"
#include <fnmatch.h>
#include <string.h>

#define HOST          "the host: "
#define NOT_OFFERED   "not offered: "
#define WRONG         "wrong: "
#define NO_STREAMS    NOT_OFFERED "mirror has no named streams"
#define NO_LINKS      NOT_OFFERED "Dokany has no callback for hard links"
#define NO_ATTRIBUTES HOST "it has no attribute like those but READONLY"

static const struct known {
    const char *table, *door, *volume, *row, *reason;
} list[] = {
    {"share", "*", "mirror*", "other: a stream shares by itself", NO_STREAMS},
    {"rename", "*", "mirror*", "stream: *", NO_STREAMS},
    {"length", "*", "mirror*", "query: Stream", NO_STREAMS},
    {"rename", "*", "*-basic", "link: *", NO_LINKS},
    {"delete", "*", "*-basic", "mark: only one of two names goes", NO_LINKS},
    {"create", "*", "mirror*", "attribute: NORMAL is nothing", NO_ATTRIBUTES},
    {"create", "*", "mirror*", "attribute: a new file is archived", NO_ATTRIBUTES},
    {"create", "nt", "mirror*", "attribute: DIRECTORY does not make a directory", NO_ATTRIBUTES},
    {"create", "nt", "mirror*", "attribute: a hidden directory", NO_ATTRIBUTES},
    {"create", "*", "mirror*", "attribute: opening changes no attributes", NO_ATTRIBUTES},
    {"create", "nt", "mirror*", "attribute: overwriting adds the new ones", NO_ATTRIBUTES},
    {"create", "nt", "mirror*", "attribute: superseding replaces them", NO_ATTRIBUTES},
    {"create", "*", "mirror*", "attribute: what is given is added", NO_ATTRIBUTES},
    {"create", "*", "mirror*", "matrix: OVERWRITE_IF a hidden file, attribute not given", NO_ATTRIBUTES},
    {"create", "*", "mirror*", "matrix: OVERWRITE_IF a system file, attribute not given", NO_ATTRIBUTES},
    {"create", "nt", "mirror*", "matrix: OVERWRITE a hidden file, attribute not given", NO_ATTRIBUTES},
    {"create", "nt", "mirror*", "matrix: OVERWRITE a system file, attribute not given", NO_ATTRIBUTES},
    {"create", "nt", "mirror*", "matrix: SUPERSEDE a hidden file, attribute not given", NO_ATTRIBUTES},
    {"create", "nt", "mirror*", "matrix: SUPERSEDE a system file, attribute not given", NO_ATTRIBUTES},
    {"basic", "*", "mirror*", "attribute: 0 leaves them", NO_ATTRIBUTES},
    {"basic", "*", "mirror*", "attribute: NORMAL beside others is nothing", NO_ATTRIBUTES},
    {"basic", "*", "mirror*", "attribute: a directory may say so", NO_ATTRIBUTES},
    {"basic", "*", "mirror*", "attribute: a directory stays one", NO_ATTRIBUTES},
    {"basic", "*", "mirror*", "attribute: each that can be set", NO_ATTRIBUTES},
    {"basic", "*", "mirror*", "attribute: offline and not indexed", NO_ATTRIBUTES},
    {"basic", "*", "mirror*", "attribute: they last", NO_ATTRIBUTES},
    {"basic", "*", "mirror*", "attribute: what others set is ignored", NO_ATTRIBUTES},
    {"basic", "*", "mirror*", "attribute: writing makes ARCHIVE", NO_ATTRIBUTES},
    {"basic", "*", "mirror*", "time: times alone change no attributes", NO_ATTRIBUTES},
    {"basic", "*", "mirror*", "time: creation", HOST "Linux sets no birth time"},
    {"delete", "*", "mirror*", "directory: a read-only directory",
     HOST "a directory without write permission means something else"},

    {"share", "*", "*-basic", "other: another name of the same file", NO_LINKS},
    {"basic", "*", "kept", "attribute: writing makes ARCHIVE", WRONG "a write leaves the attributes"},
};

static bool met[COUNT_OF(list)];

static bool of_this_run(const struct world *world, const struct known *k)
{
    return strcmp(k->table, world->table) == 0 && fnmatch(k->door, world->door->name, 0) == 0 &&
           fnmatch(k->volume, world->volume->name, 0) == 0;
}

const char *known_failure(const struct world *world)
{
    const char *reason = NULL;
    for (size_t i = 0; i < COUNT_OF(list); i++)
        if (of_this_run(world, &list[i]) && fnmatch(list[i].row, world->row, FNM_NOESCAPE) == 0) {
            met[i] = true;
            reason = reason ? reason : list[i].reason;
        }
    return reason;
}

unsigned known_unmet(const struct world *world)
{
    unsigned unmet = 0;
    for (size_t i = 0; i < COUNT_OF(list); i++)
        if (of_this_run(world, &list[i]) && !met[i]) {
            unmet++;
            printf("FAIL %s: known.c names a row that is not there: %s\n", world->table, list[i].row);
        }
    return unmet;
}
