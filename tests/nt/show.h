// SPDX-License-Identifier: MIT
/*
 * The scenario of stage.h from the opening of a volume to its end, on memfs or the fake, with something that
 * fails in between; and all that must hold nevertheless.
 */
#ifndef TESTS_NT_SHOW_H
#define TESTS_NT_SHOW_H

#include "shim.h"
#include <stdbool.h>

/* ThreadSanitizer takes its time, and looks for what other tests show better. */
#if defined(__SANITIZE_THREAD__)
enum { SHOW_LESS = 12 };
#else
enum { SHOW_LESS = 1 };
#endif

enum show_kind { SHOW_MEMFS, SHOW_MEMFS_BASIC, SHOW_FAKE, SHOW_KINDS };

struct show {
    enum show_kind kind;
    struct shim_plan plan; /* below is filled in */
    void (*begin)(void);   /* from here on things fail */
    void (*end)(void);     /* and to here */
    bool to_the_end;       /* end() comes after the volume's stop, not before */
    bool (*over)(void);    /* with to_the_end: whether nothing fails any more before that; NULL: it does */
};

struct show_result {
    bool right;
    bool opened; /* the volume */
    unsigned asked, succeeded;
    unsigned calls, opens;
};

/* Lines on stderr tell what is not right. Ends the process if it hangs. */
struct show_result show_run(const struct show *show);
/* Says what is being tried, for the lines on stderr. */
void show_title(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
const char *show_kind_name(enum show_kind kind);
/* Warnings of the engine are not printed; prints when a run hangs. Once per process. */
void show_prepare(void);

#endif
