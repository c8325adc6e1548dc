// SPDX-License-Identifier: MIT
/*
 * The runner: which checks are wanted, in what order, and what they sum up to.
 */
#include "check/check_i.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const verdict_names[] = {"right", "not offered", "wrong", "not checked"};

/* ---- telling ------------------------------------------------------------------------------------------- */

static int DOKAN_CALLBACK print_result(const DOKAN_CHECK_RESULT *r, PVOID context)
{
    (void)context;
    if (r->Verdict == DokanCheckWrong)
        fprintf(stderr, "%s.%s: %s: %s: expected %s, got %s (%s)\n", r->Feature, r->Name,
                verdict_names[r->Verdict], r->Call, r->Expected, r->Given, r->Rule);
    return 0;
}

static void DOKAN_CALLBACK print_remark(const char *text, PVOID context)
{
    (void)context;
    fprintf(stderr, "%s\n", text);
}

void suite_remark(struct suite *suite, const char *fmt, ...)
{
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    suite->options.Remark(text, suite->options.Context);
}

static void tell_feature(struct suite *s, const char *name)
{
    DOKAN_CHECK_FEATURE feature = {.Size = sizeof feature,
                                   .Name = name,
                                   .Right = s->right,
                                   .NotOffered = s->not_offered,
                                   .Wrong = s->wrong,
                                   .NotChecked = s->not_checked,
                                   .Note = s->note};
    feature.Verdict = s->wrong         ? DokanCheckWrong
                      : s->right       ? DokanCheckRight
                      : s->not_offered ? DokanCheckNotOffered
                                       : DokanCheckNotChecked;
    if (s->options.Feature)
        s->options.Feature(&feature, s->options.Context);
    s->right = s->not_offered = s->wrong = s->not_checked = 0;
    s->note[0] = 0;
}

static void tell_result(struct suite *s, const struct probe *p, ULONG ms)
{
    bool wrong = p->verdict == DokanCheckWrong;
    const char *remark = p->verdict == DokanCheckRight ? p->note : p->given;
    const DOKAN_CHECK_RESULT result = {.Size = sizeof result,
                                       .Verdict = (ULONG)p->verdict,
                                       .Feature = p->check->feature,
                                       .Name = p->check->name,
                                       .Call = wrong ? p->call : "",
                                       .Expected = p->expected,
                                       .Given = wrong ? p->given : remark,
                                       .Rule = p->rule ? p->rule : "",
                                       .Milliseconds = ms};
    s->stopped = s->options.Result(&result, s->options.Context) != 0;
}

static void add_note(struct suite *s, const struct probe *p)
{
    size_t n = strlen(s->note);
    if (p->note[0] && p->verdict == DokanCheckRight)
        snprintf(s->note + n, sizeof s->note - n, "%s%s", n ? ", " : "", p->note);
}

static void count(struct suite *s, const struct probe *p)
{
    unsigned *const counters[] = {&s->right, &s->not_offered, &s->wrong, &s->not_checked};
    ++*counters[p->verdict];
    add_note(s, p);
}

/* ---- which ones ---------------------------------------------------------------------------------------- */

static bool item_names(const char *item, size_t length, const struct check *c)
{
    size_t feature = strlen(c->feature);
    if (length == feature)
        return strncmp(item, c->feature, length) == 0;
    return length == feature + 1 + strlen(c->name) && strncmp(item, c->feature, feature) == 0 &&
           item[feature] == '.' && strncmp(item + feature + 1, c->name, strlen(c->name)) == 0;
}

static bool is_named(const char *only, const struct check *c)
{
    for (size_t length; only && *only; only += length + (only[length] == ',')) {
        length = strcspn(only, ",");
        if (item_names(only, length, c))
            return true;
    }
    return !only;
}

static bool item_is_known(const char *item, size_t length, const struct check_table *tables, size_t n)
{
    for (size_t t = 0; t < n; t++)
        for (size_t i = 0; i < tables[t].count; i++)
            if (item_names(item, length, &tables[t].checks[i]))
                return true;
    return false;
}

bool suite_only_is_known(const struct suite *suite, const struct check_table *tables, size_t n)
{
    const char *only = suite->options.Only;
    for (size_t length; only && *only; only += length + (only[length] == ',')) {
        length = strcspn(only, ",");
        if (!item_is_known(only, length, tables, n))
            return false;
    }
    return !only || *suite->options.Only;
}

/* Whether it makes sense on such a volume at all. */
static bool is_wanted(const struct suite *s, const struct check *c)
{
    bool asked = s->options.Flags & DOKAN_CHECK_READ_ONLY;
    if (!is_named(s->options.Only, c))
        return false;
    if (c->needs & (READS | WRITES))
        return s->read_only == !(c->needs & WRITES);
    return !(c->needs & REFUSES) || (s->refused && !asked);
}

/* ---- running ------------------------------------------------------------------------------------------- */

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A call that hung decides, unless something was wrong before. */
static void judge_hang(struct probe *p)
{
    bool hung = p->hung;
    char given[TEXT_MAX];
    p->hung = false;
    if (!hung || !probe_live(p))
        return;
    snprintf(given, sizeof given, "no answer after %u ms", p->suite->options.TimeoutMs);
    probe_wrong(p, "a call returns, or fails in time", "an answer", given);
}

static void run_check(struct suite *s, const struct check *c, void (*run_one)(struct probe *p))
{
    struct probe p = {.suite = s, .check = c};
    int64_t start = now_ms();
    if ((c->needs & BASICS) && s->basics_wrong)
        probe_not_checked(&p, "what it needs is wrong already");
    else if (s->hangs >= HANGS_MOST)
        probe_not_checked(&p, "too many calls have not returned");
    else
        run_one(&p);
    judge_hang(&p);
    s->basics_wrong |= (c->needs & BASIC) && p.verdict == DokanCheckWrong;
    count(s, &p);
    tell_result(s, &p, (ULONG)(now_ms() - start));
}

int suite_run(struct suite *s, const struct check_table *tables, size_t n, void (*run_one)(struct probe *p))
{
    const char *feature = NULL;
    unsigned wrong = 0, looked_at = 0;
    for (size_t t = 0; t < n; t++) {
        for (size_t i = 0; i < tables[t].count && !s->stopped; i++) {
            const struct check *c = &tables[t].checks[i];
            if (!is_wanted(s, c))
                continue;
            if (feature && strcmp(feature, c->feature) != 0)
                tell_feature(s, feature);
            feature = c->feature;
            unsigned before = s->wrong + s->right;
            unsigned wrong_before = s->wrong;
            run_check(s, c, run_one);
            looked_at += s->wrong + s->right - before;
            wrong += s->wrong - wrong_before;
        }
    }
    if (feature)
        tell_feature(s, feature);
    else
        suite_remark(s, "none of these checks is for what %s", s->read_only ? "is only read" : "is written");
    return wrong || !looked_at ? DOKAN_CHECK_FAULTS : DOKAN_CHECK_FINE;
}

int suite_start(struct suite *suite, const DOKAN_CHECK_OPTIONS *options)
{
    const DOKAN_CHECK_OPTIONS none = DokanCheckOptions();
    *suite = (struct suite){.options = options ? *options : none};
    if (suite->options.Size != sizeof suite->options || suite->options.Flags & ~DOKAN_CHECK_READ_ONLY)
        return DOKAN_CHECK_ERROR;
    if (!suite->options.TimeoutMs)
        suite->options.TimeoutMs = TIMEOUT_DEFAULT_MS;
    if (!suite->options.Result)
        suite->options.Result = print_result;
    if (!suite->options.Remark)
        suite->options.Remark = print_remark;
    suite->read_only = suite->options.Flags & DOKAN_CHECK_READ_ONLY;
    return DOKAN_CHECK_FINE;
}

void suite_folder_name(char *buf, size_t size)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    snprintf(buf, size, "dokan-check-%x-%llx%05lx", (unsigned)getpid(), (unsigned long long)t.tv_sec,
             (unsigned long)t.tv_nsec >> 10);
}
