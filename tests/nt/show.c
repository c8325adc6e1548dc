// SPDX-License-Identifier: MIT
/* See show.h. What belongs to the test itself is allocated while the thread is spared. */
#include "show.h"
#include "base/log.h"
#include "fail.h"
#include "memfs.h"
#include "stage.h"
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

enum { HANG_SECONDS = SANITIZED ? 120 : 60, MINUTE_MS = 60000, SETTLE_MS = 5000 };

static char title[200];
static struct stage stage;
static struct rig rig;

/* ---- the process ------------------------------------------------------------------------------------- */

static void on_alarm(int number)
{
    static const char text[] = " hangs\n";
    (void)number;
    if (write(2, title, strlen(title)) < 0 || write(2, text, sizeof text - 1) < 0)
        _exit(1);
    abort();
}

static void drop_line(enum log_level level, const char *line, size_t length, void *arg)
{
    (void)level, (void)line, (void)length, (void)arg;
}

/* What an engine's thread of this process needs once, and keeps, is there afterwards. */
static void prime(void)
{
    struct rig *first = rig_open(&(struct rig_spec){0});
    rig_end(first, rig_must_open(first, u"\\"));
    rig_close(first);
    for (long alive = -1; alive != fail_alive(); sleep_ms(50))
        alive = fail_alive();
}

void show_prepare(void)
{
    signal(SIGALRM, on_alarm);
    log_set_sink(drop_line, NULL);
    prime();
}

void show_title(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(title, sizeof title, fmt, args);
    va_end(args);
}

const char *show_kind_name(enum show_kind kind)
{
    static const char *const names[] = {"memfs", "memfs without extended operations", "the fake"};
    return names[kind];
}

static bool wrong(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static bool wrong(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fprintf(stderr, "%s: ", title);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
    return false;
}

/* ---- the volume -------------------------------------------------------------------------------------- */

static void *build(const struct show *show)
{
    struct shim_plan plan = show->plan;
    memset(&rig, 0, sizeof rig);
    fake_init(&rig.fs);
    rig.fs.quiet = true;
    fake_adds_entry(&rig.fs, u"one", FILE_ATTRIBUTE_NORMAL, 5);
    fake_adds_entry(&rig.fs, u"dtwo", FILE_ATTRIBUTE_DIRECTORY, 0);
    fake_adds_stream(&rig.fs, u"::$DATA", 5);
    void *memfs = NULL;
    plan.below = &fake_operations;
    if (show->kind != SHOW_FAKE) {
        memfs = memfs_new(show->kind == SHOW_MEMFS ? MEMFS_EXTENDED : 0, 0);
        plan.below = memfs_operations();
    }
    plan.below_ex = show->kind == SHOW_MEMFS ? memfs_operations_ex() : NULL;
    shim_begin(&plan);
    rig.options = (DOKAN_OPTIONS){.Version = DOKAN_VERSION,
                                  .Options = DOKAN_OPTION_ALT_STREAM,
                                  .AllocationUnitSize = 512,
                                  .SectorSize = 512,
                                  .GlobalContext = (ULONG64)(uintptr_t)(memfs ? memfs : &rig.fs)};
    return memfs;
}

static NTSTATUS open_volume(const struct show *show)
{
    const struct nt_volume_config config = {
        .options = &rig.options,
        .operations = shim_operations(),
        .operations_ex = shim_operations_ex(),
        .timeout_ms = MINUTE_MS,
        .entry_ns = 1000000000,
        .attr_ns = 1000000000,
        .security = show->kind == SHOW_MEMFS ? NT_SECURITY_INHERIT | NT_SECURITY_WHOLE : 0,
    };
    return nt_volume_open(&config, &rig.vol);
}

/* A file is made, written, read and removed as if nothing had been. */
static bool works(const struct show *show)
{
    const WCHAR *path = u"\\proof";
    char text[6] = {0};
    uint32_t n = 0;
    struct opened o = rig_create(&rig, &(struct opening){.path = path, .disposition = FILE_CREATE});
    if (o.status)
        return wrong("afterwards no file can be made: 0x%08x", (unsigned)o.status);
    NTSTATUS status = rig_write(&rig, o.handle, "proof", 5, 0, &n);
    if (!status)
        status = rig_read(&rig, o.handle, text, 5, 0, &n);
    rig_end(&rig, o.handle);
    if (status || n != 5 || (show->kind != SHOW_FAKE && strcmp(text, "proof") != 0))
        return wrong("afterwards a file cannot be read: 0x%08x, %u bytes", (unsigned)status, n);
    status = rig_remove(&rig, path, false);
    return status == STATUS_SUCCESS || wrong("afterwards it cannot be removed: 0x%08x", (unsigned)status);
}

static bool volume_ended_well(const struct show *show)
{
    DOKAN_VOLUME_COUNTERS left = rig_counters(&rig);
    bool right = true;
    if (left.OpenHandles || left.OpenFiles || left.Nodes)
        right = wrong("left over: %llu handles, %llu files, %llu nodes", (unsigned long long)left.OpenHandles,
                      (unsigned long long)left.OpenFiles, (unsigned long long)left.Nodes);
    if (shim_left_open())
        right = wrong("%u of %u opens were not ended", shim_left_open(), shim_opens());
    if (shim_violations())
        right = wrong("%u violations", shim_violations());
    if (show->kind == SHOW_FAKE && (rig.fs.violations || !fake_all_closed(&rig.fs)))
        right = wrong("the fake saw %u violations", rig.fs.violations);
    return right;
}

/* Threads of the engine that have ended give their memory back a little later. */
static bool all_freed(long before)
{
    for (uint64_t until = now_ms() + SETTLE_MS; fail_alive() != before && now_ms() < until;)
        sleep_ms(1);
    return fail_alive() == before || wrong("%ld allocations leaked", fail_alive() - before);
}

static bool play(const struct show *show, struct show_result *r)
{
    stage_begin(&stage, &rig);
    stage_play(&stage);
    if (!show->to_the_end)
        show->end();
    bool over = !show->to_the_end || (show->over && show->over());
    bool right = !over || works(show);
    stage_leave(&stage);
    nt_volume_stop(rig.vol);
    shim_end();
    if (show->to_the_end)
        show->end();
    right &= stage_check(&stage);
    right &= volume_ended_well(show);
    nt_volume_put(rig.vol);
    r->asked = stage.count;
    r->succeeded = stage.succeeded;
    return right;
}

struct show_result show_run(const struct show *show)
{
    struct show_result r = {.right = true};
    long before = fail_alive();
    alarm(HANG_SECONDS);
    fail_spare_me(true);
    void *memfs = build(show);
    fail_spare_me(false);
    show->begin();
    r.opened = open_volume(show) == STATUS_SUCCESS;
    if (r.opened)
        r.right = play(show, &r);
    else
        show->end();
    r.calls = shim_calls();
    r.opens = shim_opens();
    fail_spare_me(true);
    fake_destroy(&rig.fs);
    if (memfs)
        memfs_free(memfs);
    fail_spare_me(false);
    r.right &= all_freed(before);
    alarm(0);
    return r;
}
