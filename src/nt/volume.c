// SPDX-License-Identifier: MIT
/*
 * The volume: opening, counting references, stopping.
 *
 * References are held by whoever opened it, by its doors, by every node but the root, by every engine thread
 * and by every stuck request; the last one frees it. `stopping` goes up before `stopped`: after `stopped` no
 * callback starts (dispatch.c checks).
 */
#include "base/random.h"
#include "nt/errand.h"
#include <dokan/dokan_text.h>
#include <stdio.h>
#include <stdlib.h>

static _Atomic uint64_t volume_serial = 1;

static bool usable_unit(ULONG unit)
{
    return unit >= 512 && unit <= 65536 && (unit & (unit - 1)) == 0;
}

/* An older file system's table is shorter: what it does not have is not offered. */
static void take_extended(struct nt_volume *vol, const DOKAN_OPERATIONS_EX *given)
{
    const size_t head = offsetof(DOKAN_OPERATIONS_EX, GetFacts);
    size_t size = given && given->Size >= head ? given->Size : 0;
    if (size > sizeof vol->ex)
        size = sizeof vol->ex;
    if (size)
        memcpy(&vol->ex, given, size - (size - head) % sizeof(void *));
}

static void configure(struct nt_volume *vol, const struct nt_volume_config *config)
{
    const DOKAN_OPTIONS *options = config->options;
    vol->user_options = config->options;
    vol->ops = *config->operations;
    take_extended(vol, config->operations_ex);
    vol->options = options->Options;
    bool usable = usable_unit(options->AllocationUnitSize) && usable_unit(options->SectorSize);
    vol->unit = usable ? options->AllocationUnitSize : 512;
    vol->sector = usable ? options->SectorSize : 512;
    vol->timeout_ns = (uint64_t)config->timeout_ms * 1000000;
    vol->entry_ns = config->entry_ns;
    vol->attr_ns = config->attr_ns;
    vol->negative_ns = config->negative_ns;
    vol->security = config->security;
    vol->owner = config->owner;
    if (!vol->owner.given)
        vol->owner = (struct nt_owner){.uid = getuid(), .gid = getgid()};
    vol->hooks = config->hooks;
    volume_hooks_init(vol);
    vol->case_sensitive = options->Options & DOKAN_OPTION_CASE_SENSITIVE;
    vol->single_thread = options->SingleThread;
    if (options->MountPoint)
        vol->place = path_new(options->MountPoint, DokanWcslenInline(options->MountPoint));
}

static void init_parts(struct nt_volume *vol)
{
    atomic_init(&vol->refs, 1);
    vol->id = atomic_fetch_add(&volume_serial, 1);
    vol->reserved_run = random_u64();
    list_init(&vol->link);
    list_init(&vol->files);
    list_init(&vol->waiting);
    list_init(&vol->held);
    list_init(&vol->parked);
    list_init(&vol->watching.list);
    pthread_mutex_init(&vol->park_lock, NULL);
    pthread_mutex_init(&vol->watching.lock, NULL);
    pthread_mutex_init(&vol->tree, NULL);
    for (int i = 0; i < NT_STRIPES; i++)
        pthread_mutex_init(&vol->stripe[i], NULL);
    exec_init(&vol->exec);
    events_init(&vol->events);
}

static void volume_free(struct nt_volume *vol)
{
    tree_destroy(vol);
    errands_drop(vol);
    path_put(vol->place);
    events_destroy(&vol->events);
    exec_destroy(&vol->exec);
    for (int i = 0; i < NT_STRIPES; i++)
        pthread_mutex_destroy(&vol->stripe[i]);
    pthread_mutex_destroy(&vol->watching.lock);
    pthread_mutex_destroy(&vol->park_lock);
    pthread_mutex_destroy(&vol->tree);
    free(vol);
}

NTSTATUS nt_volume_open(const struct nt_volume_config *config, struct nt_volume **out)
{
    struct nt_volume *vol = calloc(1, sizeof *vol);
    if (!vol)
        return STATUS_INSUFFICIENT_RESOURCES;
    init_parts(vol);
    configure(vol, config);
    if (tree_init(vol) || !errands_reserve(vol) || watchdog_add(vol)) {
        volume_free(vol);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (exec_start(vol)) {
        watchdog_remove(vol);
        nt_volume_put(vol);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *out = vol;
    return STATUS_SUCCESS;
}

void nt_volume_get(struct nt_volume *vol)
{
    atomic_fetch_add_explicit(&vol->refs, 1, memory_order_relaxed);
}

void nt_volume_put(struct nt_volume *vol)
{
    if (vol && atomic_fetch_sub_explicit(&vol->refs, 1, memory_order_acq_rel) == 1)
        volume_free(vol);
}

/* ---- the engine's own calls ---------------------------------------------------------------------------- */

static void errand_mounted(struct errand *e)
{
    call_mounted(&e->rq, e->text ? e->text->text : u"");
}

static void errand_unmounted(struct errand *e)
{
    call_unmounted(&e->rq);
}

static void errand_sweep(struct errand *e)
{
    reserved_sweep(&e->rq);
}

void nt_volume_mounted(struct nt_volume *vol, const WCHAR *mount_point)
{
    errand(vol, errand_mounted, mount_point);
}

void nt_volume_recover(struct nt_volume *vol)
{
    if (!volume_option(vol, DOKAN_OPTION_WRITE_PROTECT))
        errand(vol, errand_sweep, NULL);
}

/* ---- stopping ------------------------------------------------------------------------------------------ */

struct running {
    const struct nt_volume *vol;
    unsigned count;
};

static void count_running(struct nt_request *rq, void *arg)
{
    struct running *r = arg;
    bool ours = rq->volume == r->vol && !(atomic_load(&rq->p.flags) & RQ_STUCK);
    r->count += ours;
}

static void wait_for_running(struct nt_volume *vol)
{
    for (;;) {
        struct running r = {.vol = vol};
        slots_scan(count_running, &r);
        if (!r.count)
            return;
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
}

static struct nt_handle *open_handle_of(struct nt_file *file)
{
    LOCK_SCOPE(&file->lock);
    struct nt_handle *h;
    list_for_each (h, &file->handles, link) {
        if (atomic_load(&h->closed))
            continue;
        nt_handle_get(h);
        return h;
    }
    return NULL;
}

/* A handle that nobody has closed, counted. The search goes on at *file (NULL: at the first), which gets
 * counted as well: so it stays in the list. */
static struct nt_handle *next_open_handle(struct nt_volume *vol, struct nt_file **file)
{
    struct nt_file *from = *file;
    struct nt_handle *h = NULL;
    pthread_mutex_lock(&vol->tree);
    struct list *at = from ? &from->link : vol->files.next;
    for (; at != &vol->files; at = at->next) {
        *file = list_entry(at, struct nt_file, link);
        h = open_handle_of(*file);
        if (h)
            break;
    }
    *file = h ? file_get(*file) : NULL;
    pthread_mutex_unlock(&vol->tree);
    file_put(from);
    return h;
}

/* Each handle has a deadline of its own. The first that hangs ends it: a file system that answers nothing
 * must not hold the stop up once per handle. */
static void errand_end_handles(struct errand *e)
{
    struct nt_volume *vol = e->rq.volume;
    struct nt_file *file = NULL;
    struct nt_handle *h;
    while (request_renew(&e->rq) && (h = next_open_handle(vol, &file)) != NULL) {
        cleanup_handle(&e->rq, h);
        close_handle(&e->rq, h);
        nt_handle_put(h);
    }
    file_put(file);
}

static bool end_open_handles(struct nt_volume *vol)
{
    errand(vol, errand_end_handles, NULL);
    struct nt_file *file = NULL;
    struct nt_handle *left = next_open_handle(vol, &file);
    if (!left)
        return true;
    nt_handle_put(left);
    file_put(file);
    log_warn("the file system hangs in Cleanup: handles still open at unmount are dropped");
    return false;
}

/* A request that is being refused may still hold a handle and have to close it. A stuck one holds his for
 * ever. */
static void wait_for_handles(struct nt_volume *vol)
{
    const unsigned patience = 50;
    for (unsigned i = 0; atomic_load(&vol->handles) && (i < patience || !atomic_load(&vol->stuck)); i++)
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
}

static bool has_reserved(struct nt_volume *vol)
{
    LOCK_SCOPE(&vol->tree);
    return vol->reserved != NULL;
}

static void drop_reserved(struct nt_volume *vol)
{
    pthread_mutex_lock(&vol->tree);
    struct nt_node *reserved = steal_ptr(&vol->reserved);
    pthread_mutex_unlock(&vol->tree);
    nt_node_put(reserved);
}

void nt_volume_stop(struct nt_volume *vol)
{
    if (atomic_exchange(&vol->stopping, true))
        return;
    atomic_thread_fence(memory_order_seq_cst);
    struct list waiting;
    list_init(&waiting);
    token_collect_expired(vol, UINT64_MAX, &waiting);
    token_refuse_all(&waiting, STATUS_CANCELLED);
    park_end_volume(vol);
    events_going_away(vol);
    wait_for_running(vol);
    if (end_open_handles(vol))
        wait_for_handles(vol);
    if (has_reserved(vol))
        errand(vol, errand_sweep, NULL);
    wait_for_running(vol);
    if (!vol->single_thread || !atomic_load(&vol->stuck))
        errand(vol, errand_unmounted, NULL);
    atomic_store(&vol->stopped, true);
    token_wake_stopped(vol);
    exec_stop(vol);
    drop_reserved(vol);
    watchdog_remove(vol);
}

/* ---- questions ----------------------------------------------------------------------------------------- */

bool nt_volume_stopping(const struct nt_volume *vol)
{
    return atomic_load(&vol->stopping);
}

uint64_t nt_volume_id(const struct nt_volume *vol)
{
    return vol->id;
}

struct search {
    uint64_t id;
    bool found;
};

static void find_callback(struct nt_request *rq, void *arg)
{
    struct search *s = arg;
    if (atomic_load(&rq->p.callback) >= 0 && (!s->id || rq->volume->id == s->id))
        s->found = true;
}

bool nt_volume_drained(uint64_t id)
{
    struct search s = {.id = id};
    slots_scan(find_callback, &s);
    return !s.found && !slots_hooked(id);
}

bool nt_volume_case_sensitive(const struct nt_volume *vol)
{
    return vol->case_sensitive;
}

bool nt_volume_write_protected(const struct nt_volume *vol)
{
    return volume_option(vol, DOKAN_OPTION_WRITE_PROTECT);
}

ULONG nt_volume_options(const struct nt_volume *vol)
{
    return vol->options;
}

unsigned nt_volume_offers(const struct nt_volume *vol)
{
    static const struct {
        unsigned offer;
        enum nt_callback needs;
    } rows[] = {
        {NT_OFFERS_FACTS, CB_SET_FACTS},
        {NT_OFFERS_REPARSE, CB_GET_REPARSE},
        {NT_OFFERS_EAS, CB_GET_EA},
        {NT_OFFERS_LINKS, CB_CREATE_HARD_LINK},
        {NT_OFFERS_RANGES, CB_FIND_RANGES},
        {NT_OFFERS_ZERO, CB_ZERO_RANGE},
        {NT_OFFERS_EXCHANGE, CB_EXCHANGE_NAMES},
        {NT_OFFERS_REMOVE, CB_REMOVE_NAME},
        {NT_OFFERS_CONTROL, CB_FS_CONTROL},
        {NT_OFFERS_BACKING, CB_GET_BACKING_FILE},
    };
    unsigned offers = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        offers |= has_callback(vol, rows[i].needs) ? rows[i].offer : 0;
    return offers;
}

void nt_volume_trace(struct nt_volume *vol, bool on)
{
    atomic_store(&vol->trace, on);
}

bool nt_volume_tracing(const struct nt_volume *vol)
{
    return atomic_load_explicit(&vol->trace, memory_order_relaxed);
}

struct nt_node *nt_volume_root(struct nt_volume *vol)
{
    return &vol->root;
}

static void sum_counters(struct nt_volume *vol, int cb, DOKAN_OPERATION_COUNTERS *out)
{
    for (int shard = 0; shard < NT_COUNTER_SHARDS; shard++) {
        struct nt_counter *c = &vol->counters[shard][cb];
        uint64_t longest = atomic_load_explicit(&c->max_ns, memory_order_relaxed);
        out->Calls += atomic_load_explicit(&c->calls, memory_order_relaxed);
        out->Errors += atomic_load_explicit(&c->errors, memory_order_relaxed);
        out->TotalNs += atomic_load_explicit(&c->total_ns, memory_order_relaxed);
        out->MaxNs = longest > out->MaxNs ? longest : out->MaxNs;
    }
}

struct tally {
    const struct nt_volume *vol;
    uint64_t callbacks;
};

static void count_callback(struct nt_request *rq, void *arg)
{
    struct tally *t = arg;
    t->callbacks += rq->volume == t->vol && atomic_load(&rq->p.callback) >= 0;
}

static uint64_t count_waiting(struct nt_volume *vol)
{
    LOCK_SCOPE(&vol->tree);
    uint64_t n = 0;
    const struct nt_request *rq;
    list_for_each (rq, &vol->waiting, p.queue)
        n++;
    return n;
}

/* `out` is zeroed; Size is the caller's. */
void nt_volume_counters(struct nt_volume *vol, DOKAN_VOLUME_COUNTERS *out)
{
    struct tally t = {.vol = vol};
    slots_scan(count_callback, &t);
    out->OperationCount = CB_BASIC_COUNT;
    out->OpenHandles = atomic_load(&vol->handles);
    out->OpenFiles = atomic_load(&vol->file_count);
    out->Nodes = atomic_load(&vol->nodes);
    out->RunningCallbacks = t.callbacks;
    out->StuckCallbacks = atomic_load(&vol->stuck);
    out->ExpiredRequests = atomic_load(&vol->expired);
    out->QueuedRequests = count_waiting(vol);
    out->CacheHits = atomic_load(&vol->cache_hits);
    out->CacheMisses = atomic_load(&vol->cache_misses);
    for (int cb = 0; cb < CB_BASIC_COUNT; cb++)
        sum_counters(vol, cb, &out->Operations[cb]);
    for (int cb = CB_BASIC_COUNT; cb < CB_COUNT; cb++)
        sum_counters(vol, cb, &out->OperationsEx[cb - CB_BASIC_COUNT]);
}

struct report {
    const struct nt_volume *vol;
    uint64_t now;
    char *out;
    size_t cap, len;
};

static void report_one(struct nt_request *rq, void *arg)
{
    struct report *r = arg;
    int cb = atomic_load(&rq->p.callback);
    if (rq->volume != r->vol || cb < 0 || !(atomic_load(&rq->p.flags) & RQ_STUCK))
        return;
    char line[160];
    int n = snprintf(line, sizeof line, "%s pid %u since %.1f s\n", callback_name((enum nt_callback)cb),
                     rq->caller.pid, (double)(r->now - rq->p.started) / 1e9);
    if (r->len + (size_t)n < r->cap)
        memcpy(r->out + r->len, line, (size_t)n + 1);
    r->len += (size_t)n;
}

size_t nt_volume_stuck_report(struct nt_volume *vol, char *out, size_t cap)
{
    struct report r = {.vol = vol, .now = clock_coarse_ns(), .out = out, .cap = cap};
    if (cap)
        out[0] = 0;
    slots_scan(report_one, &r);
    return r.len;
}

struct ask {
    const struct nt_request *rq;
    struct nt_caller *caller;
    bool *in_create;
    uint64_t deadline;
    bool found;
};

static void answer(struct nt_request *rq, void *arg)
{
    struct ask *a = arg;
    int cb = atomic_load(&rq->p.callback);
    if (rq != a->rq || cb < 0)
        return;
    a->found = true;
    if (a->deadline)
        atomic_store(&rq->p.deadline, a->deadline);
    if (a->caller)
        *a->caller = rq->caller;
    if (a->in_create)
        *a->in_create = cb == CB_CREATE;
}

bool nt_reset_timeout(uint64_t dokan_context, uint32_t ms)
{
    const uint32_t most = 300000;
    uint64_t deadline = clock_coarse_ns() + (uint64_t)(ms < most ? ms : most) * 1000000;
    struct ask a = {.rq = (const struct nt_request *)(uintptr_t)dokan_context, .deadline = deadline};
    slots_scan(answer, &a);
    return a.found;
}

bool nt_requestor(uint64_t dokan_context, struct nt_caller *caller, bool *in_create)
{
    struct ask a = {
        .rq = (const struct nt_request *)(uintptr_t)dokan_context, .caller = caller, .in_create = in_create};
    slots_scan(answer, &a);
    return a.found;
}
