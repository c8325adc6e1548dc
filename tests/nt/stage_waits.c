// SPDX-License-Identifier: MIT
/* The scenario's locks and watched directories: requests that wait inside the engine, see stage.h. */
#include "fail.h"
#include "stage.h"

enum { FILE_SLOT = 1, OTHER_SLOT = 20, DIRECTORY_SLOT = 0, TREE_SLOT = 21, SCRATCH = 23, NEWS = 256 };

static struct ask *lock(struct stage *s, int slot, struct nt_lock_args args)
{
    struct ask *a = stage_ask(s, NT_LOCK, slot);
    if (!a)
        return NULL;
    a->rq.wait_ns = 0;
    a->rq.lock = args;
    stage_submit(s, a);
    return a;
}

static void unlock(struct stage *s, int slot, struct nt_lock_args args)
{
    struct ask *a = stage_ask(s, NT_UNLOCK, slot);
    if (a)
        a->rq.lock = args;
    stage_run(s, a);
}

static void play_locks(struct stage *s)
{
    const struct nt_lock_args whole = {.length = 100, .exclusive = true, .fail_immediately = true},
                              shared = {.length = 50, .fail_immediately = true, .offset = 200, .key = 7};
    struct nt_lock_args waiting = whole;
    waiting.fail_immediately = false;
    stage_open(s, OTHER_SLOT, &(struct opening){.path = u"\\f", .disposition = FILE_OPEN_IF});
    stage_wait(s, lock(s, FILE_SLOT, whole));
    stage_wait(s, lock(s, OTHER_SLOT, whole));
    stage_wait(s, lock(s, FILE_SLOT, shared));
    stage_wait(s, lock(s, OTHER_SLOT, shared));
    struct ask *granted = lock(s, OTHER_SLOT, waiting);
    struct ask *cancelled = lock(s, OTHER_SLOT, waiting);
    stage_cancel(s, cancelled);
    struct ask *read = stage_ask(s, NT_READ, OTHER_SLOT);
    if (read)
        read->rq.io = (struct nt_io_args){.buffer = s->buffer, .length = 10, .offset = 5};
    stage_run(s, read);
    unlock(s, FILE_SLOT, whole);
    unlock(s, FILE_SLOT, whole);
    unlock(s, FILE_SLOT, (struct nt_lock_args){.all = true, .by_key = true, .key = 7});
    unlock(s, FILE_SLOT, (struct nt_lock_args){.all = true});
    stage_wait(s, cancelled);
    stage_cancel(s, granted); /* an unlock may have failed */
    stage_wait(s, granted);
    stage_end(s, OTHER_SLOT);
    lock(s, FILE_SLOT, waiting); /* until the end */
    lock(s, FILE_SLOT, waiting);
}

static struct ask *watch(struct stage *s, int slot, bool tree, uint32_t length)
{
    struct ask *a = stage_ask(s, NT_NOTIFY, slot);
    if (!a)
        return NULL;
    a->rq.wait_ns = 0;
    fail_spare_me(true);
    a->buffer = malloc(length);
    fail_spare_me(false);
    a->rq.notify = (struct nt_notify_args){
        .buffer = a->buffer, .length = length, .filter = FILE_NOTIFY_CHANGE_FILE_NAME, .tree = tree};
    stage_submit(s, a);
    return a;
}

static void make(struct stage *s, const WCHAR *path)
{
    stage_open(s, SCRATCH, &(struct opening){.path = path, .disposition = FILE_OPEN_IF});
    stage_end(s, SCRATCH);
}

static void play_watches(struct stage *s)
{
    stage_open(s, TREE_SLOT,
               &(struct opening){.path = u"\\", .disposition = FILE_OPEN, .options = FILE_DIRECTORY_FILE});
    watch(s, DIRECTORY_SLOT, false, NEWS);
    watch(s, TREE_SLOT, true, NEWS);
    make(s, u"\\d\\seen1");
    make(s, u"\\d\\dd\\seen2");
    watch(s, DIRECTORY_SLOT, false, NEWS);
    make(s, u"\\d\\seen3");
    make(s, u"\\d\\a-name-that-is-longer-than-what-is-left-of-the-room");
    watch(s, DIRECTORY_SLOT, false, 16);
    stage_cancel(s, watch(s, TREE_SLOT, true, NEWS));
    watch(s, TREE_SLOT, true, NEWS); /* until the end */
    watch(s, DIRECTORY_SLOT, false, NEWS);
}

void stage_play_waits(struct stage *s)
{
    play_locks(s);
    play_watches(s);
}
