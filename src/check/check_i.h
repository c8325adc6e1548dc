// SPDX-License-Identifier: MIT
/*
 * The suite's middle: tables of checks, the probe in which a running check notes what it finds, and the
 * runner that counts. nt*.c check a volume through dokan/nt.h, posix*.c a directory through system calls.
 *
 * A check is a straight line of calls and expectations. The first expectation that fails decides; from then
 * on calls do nothing, so that no check needs a branch for it.
 */
#ifndef XDOKAN_CHECK_I_H
#define XDOKAN_CHECK_I_H

#include <dokan/check.h>
#include <dokan/ntstatus.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

enum {
    CALL_MAX = 512,
    TEXT_MAX = 256,
    NOTE_MAX = 128,
    OPEN_MAX_FILES = 40,
    TIMEOUT_DEFAULT_MS = 10000,
    HANGS_MOST = 8 /* then nothing more is tried */
};

/* When a check is run; 0: always. */
enum check_needs {
    WRITES = 0x1,  /* the volume can be written */
    REFUSES = 0x2, /* it cannot, and refusals may be tried */
    READS = 0x4,   /* it cannot, or nothing may be written: what is there already is looked at */
    BASIC = 0x10,
    BASICS = 0x8 /* nothing that is marked as BASIC was wrong: it would be found a second time */
};

struct probe;

struct check {
    const char *feature, *name;
    unsigned needs;
    void (*run)(struct probe *p);
};

/* Checks of one file of sources; those of a feature stand together. */
struct check_table {
    const struct check *checks;
    size_t count;
};

struct suite {
    DOKAN_CHECK_OPTIONS options;
    bool read_only; /* nothing is written: it was asked for, or it cannot be */
    bool refused;   /* it cannot be */
    bool basics_wrong;
    bool stopped; /* the caller wants no more */
    unsigned hangs;
    unsigned right, not_offered, wrong, not_checked;
    char note[NOTE_MAX]; /* of the feature that is being checked */
    void *world;         /* of nt*.c or posix*.c */
};

struct probe {
    struct suite *suite;
    const struct check *check;
    enum _DOKAN_CHECK_VERDICT verdict;
    bool hung;
    unsigned setup; /* above 0: what fails now is not what is being checked */
    const char *rule;
    char call[CALL_MAX], expected[TEXT_MAX], given[TEXT_MAX], note[NOTE_MAX];
    void *world; /* of nt*.c or posix*.c, for this check */
};

/* ---- what a check notes (probe.c) ---------------------------------------------------------------------- */

/* Nothing has been decided yet: calls are made. */
bool probe_live(const struct probe *p);
__attribute__((format(printf, 2, 3))) void probe_call(struct probe *p, const char *fmt, ...);
/* What was found out; shown beside the feature. */
__attribute__((format(printf, 2, 3))) void probe_note(struct probe *p, const char *fmt, ...);
/* The verdicts; only the first counts. */
void probe_wrong(struct probe *p, const char *rule, const char *expected, const char *given);
__attribute__((format(printf, 2, 3))) void probe_not_offered(struct probe *p, const char *fmt, ...);
__attribute__((format(printf, 2, 3))) void probe_not_checked(struct probe *p, const char *fmt, ...);
/* The last call, a step towards what is checked, gave that, or hung. */
void probe_blocked(struct probe *p, const char *result);
/* The last call did not return in time. */
void probe_hung(struct probe *p);
/* Expectations on values; `what` says what the number is. True when it holds. */
bool must_equal(struct probe *p, const char *what, uint64_t given, uint64_t expected, const char *rule);
bool must_be(struct probe *p, bool right, const char *expected, const char *given, const char *rule);
bool must_bytes(struct probe *p, const void *given, const void *expected, size_t length, const char *rule);

/* "STATUS_END_OF_FILE", or a number; the text lives in the caller's buffer (status.c). */
const char *status_name(NTSTATUS status, char *buf, size_t size);

/* ---- the runner (check.c) ------------------------------------------------------------------------------ */

/* Copies what the caller's options have; DOKAN_CHECK_ERROR when they make no sense. */
int suite_start(struct suite *suite, const DOKAN_CHECK_OPTIONS *options);
/* Runs all tables. `run_one` runs the check of a probe and tidies up behind it. */
int suite_run(struct suite *suite, const struct check_table *tables, size_t count,
              void (*run_one)(struct probe *p));
__attribute__((format(printf, 2, 3))) void suite_remark(struct suite *suite, const char *fmt, ...);
/* Whether Options->Only names nothing that is there. */
bool suite_only_is_known(const struct suite *suite, const struct check_table *tables, size_t count);
/* A name that nobody else uses: "dokan-check-...". */
void suite_folder_name(char *buf, size_t size);

#endif
