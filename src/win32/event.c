// SPDX-License-Identifier: MIT
/* Events: what tells that an overlapped request has ended. Each has a lock of its own, held over no call. */
#include "win32.h"

#include <time.h>

struct event {
    struct object o;
    pthread_mutex_t lock;
    pthread_cond_t set_now;
    bool manual, set;
};

static void destroy(struct object *o)
{
    struct event *event = (struct event *)o;
    pthread_cond_destroy(&event->set_now);
    pthread_mutex_destroy(&event->lock);
    free(event);
}

HANDLE DOKANAPI DokanWinCreateEventW(LPSECURITY_ATTRIBUTES Attributes, BOOL ManualReset, BOOL InitialState,
                                     LPCWSTR Name)
{
    (void)Attributes;
    struct event *event = Name ? NULL : calloc(1, sizeof *event);
    pthread_condattr_t monotonic;
    if (!event) {
        fail(Name ? ERROR_NOT_SUPPORTED : ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    event->o = (struct object){.kind = KIND_EVENT, .destroy = destroy};
    atomic_init(&event->o.refs, 1);
    event->manual = ManualReset != 0;
    event->set = InitialState != 0;
    pthread_mutex_init(&event->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&event->set_now, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return handle_open(&event->o);
}

static BOOL change(HANDLE handle, bool set)
{
    SCOPED_OBJECT *o = handle_get(handle, KIND_EVENT);
    if (!o)
        return FALSE;
    struct event *event = (struct event *)o;
    LOCK_SCOPE(&event->lock);
    event->set = set;
    if (set)
        pthread_cond_broadcast(&event->set_now);
    return TRUE;
}

BOOL DOKANAPI DokanWinSetEvent(HANDLE Event)
{
    return change(Event, true);
}

BOOL DOKANAPI DokanWinResetEvent(HANDLE Event)
{
    return change(Event, false);
}

/* On a thread of the library, whose last error is nobody's business; an event that was closed stays so. */
void event_set(HANDLE event)
{
    change(event, true);
}

static struct timespec deadline_in(DWORD ms)
{
    enum { MS_PER_S = 1000, NS_PER_MS = 1000000, NS_PER_S = 1000000000 };
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(ms / MS_PER_S);
    until.tv_nsec += (long)(ms % MS_PER_S) * NS_PER_MS;
    if (until.tv_nsec >= NS_PER_S) {
        until.tv_nsec -= NS_PER_S;
        until.tv_sec++;
    }
    return until;
}

DWORD DOKANAPI DokanWinWaitForSingleObject(HANDLE Event, DWORD Milliseconds)
{
    SCOPED_OBJECT *o = handle_get(Event, KIND_EVENT);
    if (!o)
        return WAIT_FAILED;
    struct event *event = (struct event *)o;
    struct timespec until = deadline_in(Milliseconds == INFINITE ? 0 : Milliseconds);
    LOCK_SCOPE(&event->lock);
    int error = 0;
    while (!event->set && !error)
        error = Milliseconds == INFINITE ? pthread_cond_wait(&event->set_now, &event->lock)
                                         : pthread_cond_timedwait(&event->set_now, &event->lock, &until);
    if (!event->set)
        return WAIT_TIMEOUT;
    event->set = event->manual;
    return WAIT_OBJECT_0;
}
