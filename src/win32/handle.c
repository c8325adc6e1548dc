// SPDX-License-Identifier: MIT
/*
 * The table of handles. A value says slot and generation, so that one used after it was closed is refused
 * instead of hitting another; its highest bit keeps it apart from the values of libdokan2. Lock: `lock`, held
 * over no call.
 */
#include "win32.h"

enum { FIRST_SLOTS = 64, SLOT_BITS = 24, GENERATION_BITS = 20, STEP_BITS = 2 };

#define OURS ((uintptr_t)1 << 60)

struct slot {
    struct object *object;
    uint32_t generation;
    uint32_t next_free; /* slot number + 1 */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct slot *slots;
static uint32_t slot_count, first_free;

void object_get(struct object *o)
{
    atomic_fetch_add_explicit(&o->refs, 1, memory_order_relaxed);
}

void object_put(struct object *o)
{
    if (o && atomic_fetch_sub_explicit(&o->refs, 1, memory_order_acq_rel) == 1)
        o->destroy(o);
}

void put_object_scope(void *variable)
{
    object_put(*(struct object **)variable);
}

void free_scope(void *variable)
{
    free(*(void **)variable);
}

void close_nt_scope(const DOKAN_NT_FILE *file)
{
    if (*file)
        DokanNtClose(*file);
}

void unlock_scope(pthread_mutex_t **mutex)
{
    pthread_mutex_unlock(*mutex);
}

/* Lock held. */
static bool grow(void)
{
    uint32_t count = slot_count ? slot_count * 2 : FIRST_SLOTS;
    struct slot *more = count < 1u << SLOT_BITS ? realloc(slots, count * sizeof *more) : NULL;
    if (!more)
        return false;
    for (uint32_t i = slot_count; i < count; i++)
        more[i] = (struct slot){.next_free = i + 2 > count ? 0 : i + 2};
    first_free = slot_count + 1;
    slots = more;
    slot_count = count;
    return true;
}

static HANDLE put_in(struct object *o)
{
    LOCK_SCOPE(&lock);
    if (!first_free && !grow())
        return NULL;
    uintptr_t index = first_free - 1;
    struct slot *slot = &slots[index];
    first_free = slot->next_free;
    slot->object = o;
    slot->generation = (slot->generation + 1) & ((1u << GENERATION_BITS) - 1);
    return (HANDLE)(OURS | (uintptr_t)slot->generation << (SLOT_BITS + STEP_BITS) | index << STEP_BITS);
}

HANDLE handle_open(struct object *o)
{
    HANDLE handle = put_in(o);
    if (!handle) {
        object_put(o);
        fail(ERROR_NOT_ENOUGH_MEMORY);
    }
    return handle;
}

/* Lock held. */
static struct slot *find(HANDLE handle, unsigned kinds)
{
    uintptr_t value = (uintptr_t)handle;
    uintptr_t index = value >> STEP_BITS & ((1u << SLOT_BITS) - 1);
    uintptr_t generation = value >> (SLOT_BITS + STEP_BITS) & ((1u << GENERATION_BITS) - 1);
    uintptr_t rest = value & ~(OURS - 1);
    if (rest != OURS || value & ((1u << STEP_BITS) - 1) || index >= slot_count)
        return NULL;
    struct slot *slot = &slots[index];
    return slot->object && slot->generation == generation && slot->object->kind & kinds ? slot : NULL;
}

static struct object *look_up(HANDLE handle, unsigned kinds)
{
    LOCK_SCOPE(&lock);
    const struct slot *slot = find(handle, kinds);
    if (!slot)
        return NULL;
    object_get(slot->object);
    return slot->object;
}

struct object *handle_get(HANDLE handle, unsigned kinds)
{
    struct object *o = look_up(handle, kinds);
    if (!o)
        fail(ERROR_INVALID_HANDLE);
    return o;
}

static struct object *take_out(HANDLE handle, unsigned kinds)
{
    LOCK_SCOPE(&lock);
    struct slot *slot = find(handle, kinds);
    if (!slot)
        return NULL;
    struct object *o = slot->object;
    slot->object = NULL;
    slot->next_free = first_free;
    first_free = (uint32_t)(slot - slots) + 1;
    return o;
}

bool handle_close(HANDLE handle, unsigned kinds)
{
    struct object *o = take_out(handle, kinds);
    if (!o)
        return false;
    if (o->close)
        o->close(o);
    object_put(o);
    return true;
}

BOOL DOKANAPI DokanWinCloseHandle(HANDLE Object)
{
    return handle_close(Object, KIND_FILE | KIND_EVENT) || DokanWin32CloseHandle(Object);
}

BOOL DOKANAPI DokanWinFindClose(HANDLE FindFile)
{
    return handle_close(FindFile, KIND_FIND | KIND_STREAMS) || fail(ERROR_INVALID_HANDLE);
}
