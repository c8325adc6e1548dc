// SPDX-License-Identifier: MIT
/*
 * dokanctl check TARGET. What is mounted is checked by system calls, a source by opening it in this process
 * as a volume without a mount; Python objects live in another process, and are mounted for it. What the suite
 * finds is kept and printed at the end.
 */
#include "cli/source.h"

#include "cli/cancel.h"
#include "cli/progress.h"
#include "cli/python.h"
#include <dokan/check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct finding {
    char *texts[6]; /* feature, name, call, expected, given, rule */
    ULONG verdict, ms;
};

enum { FEATURE, NAME, CALL, EXPECTED, GIVEN, RULE };

struct feature {
    char *name, *note;
    DOKAN_CHECK_FEATURE told;
};

struct report {
    const char *by; /* "volume", "mount" */
    struct finding *findings;
    size_t finding_count;
    struct feature *features;
    size_t feature_count;
    unsigned sums[4]; /* by verdict */
};

static const char *const verdicts[] = {"right", "not offered", "wrong", "not checked"};
static const char *const feature_verdicts[] = {"supported", "not offered", "wrong", "not checked"};

/* ---- collecting ---------------------------------------------------------------------------------------- */

/* Room for one more; NULL without memory, and what was found is not kept. */
static void *grow(void *list, size_t *count, size_t size)
{
    void *old;
    memcpy(&old, list, sizeof old);
    void *grown = reallocarray(old, *count + 1, size);
    if (!grown)
        return NULL;
    memcpy(list, &grown, sizeof grown);
    void *item = (char *)grown + *count * size;
    memset(item, 0, size);
    ++*count;
    return item;
}

static int DOKAN_CALLBACK take_result(const DOKAN_CHECK_RESULT *r, PVOID context)
{
    struct report *report = context;
    const char *const texts[] = {r->Feature, r->Name, r->Call, r->Expected, r->Given, r->Rule};
    struct finding *f = grow(&report->findings, &report->finding_count, sizeof *f);
    report->sums[r->Verdict]++;
    if (f) {
        f->verdict = r->Verdict;
        f->ms = r->Milliseconds;
        for (size_t i = 0; i < COUNT_OF(texts); i++)
            f->texts[i] = strdup(texts[i]);
    }
    return cancelled();
}

static void DOKAN_CALLBACK take_feature(const DOKAN_CHECK_FEATURE *told, PVOID context)
{
    struct report *report = context;
    struct feature *f = grow(&report->features, &report->feature_count, sizeof *f);
    if (!f)
        return;
    f->told = *told;
    f->name = strdup(told->Name);
    f->note = strdup(told->Note);
}

static void DOKAN_CALLBACK take_remark(const char *text, PVOID context)
{
    (void)context;
    complain_text(0, "%s", text);
}

static void report_free(struct report *report)
{
    for (size_t i = 0; i < report->finding_count; i++)
        for (size_t k = 0; k < COUNT_OF(report->findings[i].texts); k++)
            free(report->findings[i].texts[k]);
    for (size_t i = 0; i < report->feature_count; i++) {
        free(report->features[i].name);
        free(report->features[i].note);
    }
    free(report->findings);
    free(report->features);
}

/* ---- text ---------------------------------------------------------------------------------------------- */

static const char *or_nothing(const char *text)
{
    return text ? text : "";
}

static void print_features(const struct report *report)
{
    static const char *const heads[] = {"FEATURE", "RESULT", "CHECKS", "NOTE"};
    struct table *table = table_new(COUNT_OF(heads), heads);
    for (size_t i = 0; i < report->feature_count; i++) {
        const struct feature *f = &report->features[i];
        const DOKAN_CHECK_FEATURE *t = &f->told;
        char counts[48];
        snprintf(counts, sizeof counts, "%u of %u", t->Right,
                 t->Right + t->NotOffered + t->Wrong + t->NotChecked);
        const char *cells[] = {or_nothing(f->name), feature_verdicts[t->Verdict], counts,
                               or_nothing(f->note)};
        table_add(table, cells);
    }
    table_print(table, stdout, "");
}

static void print_finding(const struct finding *f)
{
    char *line = NULL;
    int n =
        f->verdict == DokanCheckWrong
            ? asprintf(&line, "%s.%s: %s: expected %s, got %s; rule: %s", f->texts[FEATURE], f->texts[NAME],
                       f->texts[CALL], f->texts[EXPECTED], f->texts[GIVEN], f->texts[RULE])
            : asprintf(&line, "%s.%s: %s%s%s", f->texts[FEATURE], f->texts[NAME], verdicts[f->verdict],
                       f->texts[GIVEN] && *f->texts[GIVEN] ? ": " : "", or_nothing(f->texts[GIVEN]));
    if (n < 0)
        return;
    print_plain(stdout, line);
    fputc('\n', stdout);
    free(line);
}

static void print_findings(const struct report *report, bool verbose)
{
    bool first = true;
    for (size_t i = 0; i < report->finding_count; i++) {
        const struct finding *f = &report->findings[i];
        if (!verbose && f->verdict != DokanCheckWrong)
            continue;
        if (first)
            fputc('\n', stdout);
        first = false;
        print_finding(f);
    }
}

static void print_text(const struct report *report, bool verbose)
{
    print_features(report);
    print_findings(report, verbose);
    printf("\n%u right, %u not offered, %u wrong, %u not checked\n", report->sums[DokanCheckRight],
           report->sums[DokanCheckNotOffered], report->sums[DokanCheckWrong],
           report->sums[DokanCheckNotChecked]);
}

/* ---- JSON ---------------------------------------------------------------------------------------------- */

static void json_findings(struct json *j, const struct report *report, const char *feature)
{
    static const char *const keys[] = {"feature", "name", "call", "expected", "given", "rule"};
    json_open(j, "checks", '[');
    for (size_t i = 0; i < report->finding_count; i++) {
        const struct finding *f = &report->findings[i];
        if (strcmp(or_nothing(f->texts[FEATURE]), feature) != 0)
            continue;
        json_open(j, NULL, '{');
        json_text(j, "verdict", verdicts[f->verdict]);
        for (size_t k = NAME; k < COUNT_OF(keys); k++)
            if (*or_nothing(f->texts[k]))
                json_text(j, keys[k], f->texts[k]);
        json_u64(j, "ms", f->ms);
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void print_json(const struct report *report, const char *target)
{
    struct json j = {.out = stdout};
    char *shown = fs_url_redact(target);
    json_open(&j, NULL, '{');
    json_text(&j, "target", or_nothing(shown));
    json_text(&j, "checked_as", report->by);
    json_open(&j, "features", '[');
    for (size_t i = 0; i < report->feature_count; i++) {
        const struct feature *f = &report->features[i];
        json_open(&j, NULL, '{');
        json_text(&j, "name", or_nothing(f->name));
        json_text(&j, "verdict", feature_verdicts[f->told.Verdict]);
        json_text(&j, "note", or_nothing(f->note));
        json_findings(&j, report, or_nothing(f->name));
        json_close(&j, '}');
    }
    json_close(&j, ']');
    json_u64(&j, "right", report->sums[DokanCheckRight]);
    json_u64(&j, "not_offered", report->sums[DokanCheckNotOffered]);
    json_u64(&j, "wrong", report->sums[DokanCheckWrong]);
    json_u64(&j, "not_checked", report->sums[DokanCheckNotChecked]);
    json_close(&j, '}');
    json_end(&j);
    free(shown);
}

/* ---- targets ------------------------------------------------------------------------------------------- */

static int check_options(const struct opening *o, struct report *report, DOKAN_CHECK_OPTIONS *out)
{
    unsigned seconds = 10;
    int code = option_number(&o->call, "deadline", 1, 3600, &seconds);
    *out = DokanCheckOptions();
    out->Flags = option_on(&o->call, "read-only") ? DOKAN_CHECK_READ_ONLY : 0;
    out->TimeoutMs = seconds * 1000;
    out->Only = option_value(&o->call, "only");
    out->Result = take_result;
    out->Feature = take_feature;
    out->Remark = take_remark;
    out->Context = report;
    return code;
}

static bool is_mount_point(const char *path)
{
    struct statx s;
    return statx(AT_FDCWD, path, 0, STATX_TYPE, &s) == 0 && s.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT &&
           s.stx_attributes & STATX_ATTR_MOUNT_ROOT && S_ISDIR(s.stx_mode);
}

/* The directory of what is mounted there, to be freed; NULL for a source. */
static char *mounted_path(const struct opening *o, const char *target)
{
    char *reply = NULL, *path = NULL;
    if (DokanControl(target, "path", &reply) && reply)
        path = strdup(reply);
    DokanFreeReply(reply);
    if (!path && (option_on(&o->call, "posix") || is_mount_point(target)))
        path = strdup(target);
    return path;
}

static int check_source(struct opening *o, const char *target, const DOKAN_CHECK_OPTIONS *options)
{
    struct fs *fs = NULL;
    struct fs_volume *volume = NULL;
    struct fs_error error = {0};
    const struct fs_mount_options mount = FS_MOUNT_OPTIONS;
    int code = source_mount(o, target, &fs);
    progress_hide();
    if (code)
        return code == EXIT_CANCELLED ? code : EXIT_USAGE;
    int rc = fs_volume_open(fs, &mount, &volume, &error);
    fs_close(fs);
    if (rc)
        return complain_text(rc, "%s", error.text), EXIT_USAGE;
    code = DokanCheckVolume(fs_volume_handle(volume), options);
    rc = fs_volume_close(volume);
    if (rc && code == DOKAN_CHECK_FINE)
        code = complain("closing the source", rc, NULL);
    return code;
}

static int check_python(struct opening *o, const DOKAN_CHECK_OPTIONS *options)
{
    struct python python;
    int code = python_start(&python, o, NULL, true);
    if (code)
        return code == EXIT_CANCELLED ? code : EXIT_USAGE;
    code = DokanCheckFolder(python.path, options);
    int end = python_stop(&python);
    return code ? code : end;
}

static int check_target(struct opening *o, struct report *report, const DOKAN_CHECK_OPTIONS *options)
{
    const char *target = o->call.argv[0];
    char *path = python_source(target) ? NULL : mounted_path(o, target);
    int code;
    report->by = path || python_source(target) ? "mount" : "volume";
    if (path)
        code = DokanCheckFolder(path, options);
    else if (python_source(target))
        code = check_python(o, options);
    else
        code = check_source(o, target, options);
    free(path);
    return code;
}

int run_check(const struct call *call)
{
    struct opening o;
    struct report report = {0};
    DOKAN_CHECK_OPTIONS options;
    int code = opening_start(&o, call, false);
    code = code ? code : check_options(&o, &report, &options);
    if (code == 0) {
        code = check_target(&o, &report, &options);
        if (report.finding_count && call->json)
            print_json(&report, call->argv[0]);
        else if (report.finding_count)
            print_text(&report, option_on(&o.call, "verbose"));
        if (cancelled())
            code = complain(NULL, -ECANCELED, NULL);
    }
    report_free(&report);
    opening_close(&o);
    return code;
}
