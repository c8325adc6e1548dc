// SPDX-License-Identifier: MIT
/*
 * Waiting inside the engine without a thread: for a byte-range lock, a change of a directory, the break of an
 * oplock.
 *
 *     RUNNING --park_begin, by run()--> PARKED     run() returns STATUS_PENDING; its thread gives back slot,
 *                                                  reservations and gate and forgets the request
 *     PARKED --park_claim, by one only--> WOKEN    the thing that was waited for, or nt_cancel(), the Cleanup
 *                                                  of the handle, the time limit, the stop of the volume
 *     WOKEN --park_end--> DONE or RUNNING          on an engine thread: the answer, or run() once more
 *
 * Whoever moves the state from PARKED to WOKEN owns the request and must end the wait. The thing keeps its
 * own list of those who wait (p.wait), under a lock of its own; whoever claims a request from outside has
 * left() take it out of there. The thread that parked a request may still be inside when it is woken:
 * `parting` makes the later of the two go on with it.
 *
 * vol->park_lock covers vol->parked and the handles' lists. It is taken under the thing's lock, never the
 * other way round.
 */
#include "nt/nt_internal.h"

static NTSTATUS refusal(const struct nt_request *rq)
{
    if (atomic_load(&rq->p.flags) & RQ_CANCEL || atomic_load(&rq->volume->stopping))
        return STATUS_CANCELLED;
    return rq_uses_handle(rq) && atomic_load(&rq->handle->cleaned) ? STATUS_FILE_CLOSED : STATUS_SUCCESS;
}

/* Those with a time limit stand first. */
static void link_parked(struct nt_request *rq)
{
    if (rq->p.until == PARK_FOREVER)
        list_add_tail(&rq->volume->parked, &rq->p.parked);
    else
        list_add_head(&rq->volume->parked, &rq->p.parked);
    if (rq_uses_handle(rq))
        list_add_tail(&rq->handle->parked, &rq->p.of_handle);
}

NTSTATUS park_begin(struct nt_request *rq, const struct nt_parking *parking, uint64_t until)
{
    LOCK_SCOPE(&rq->volume->park_lock);
    NTSTATUS status = refusal(rq);
    if (status)
        return status;
    rq->p.parking = parking;
    rq->p.until = until;
    atomic_store(&rq->p.parting, 2);
    int running = RQ_RUNNING;
    if (!atomic_compare_exchange_strong(&rq->p.state, &running, RQ_PARKED))
        return STATUS_IO_TIMEOUT;
    link_parked(rq);
    return STATUS_PENDING;
}

uint64_t park_limit(const struct nt_request *rq)
{
    return rq->wait_ns ? clock_coarse_ns() + rq->wait_ns : PARK_FOREVER;
}

/* park_lock is held. */
static bool claim(struct nt_request *rq)
{
    int parked = RQ_PARKED;
    if (!atomic_compare_exchange_strong(&rq->p.state, &parked, RQ_WOKEN))
        return false;
    list_del(&rq->p.parked);
    list_del(&rq->p.of_handle);
    return true;
}

bool park_claim(struct nt_request *rq)
{
    LOCK_SCOPE(&rq->volume->park_lock);
    return claim(rq);
}

static void part(struct nt_request *rq)
{
    if (atomic_fetch_sub(&rq->p.parting, 1) == 1)
        request_go_on(rq);
}

void park_end(struct nt_request *rq, NTSTATUS outcome)
{
    rq->p.outcome = outcome;
    part(rq);
}

void park_leave(struct nt_request *rq)
{
    part(rq);
}

/* ---- ended from outside -------------------------------------------------------------------------------- */

static void end_claimed(struct nt_request *rq, NTSTATUS why)
{
    park_end(rq, rq->p.parking->left(rq, why));
}

bool park_cancel(struct nt_request *rq)
{
    pthread_mutex_lock(&rq->volume->park_lock);
    atomic_fetch_or(&rq->p.flags, RQ_CANCEL);
    bool mine = claim(rq);
    pthread_mutex_unlock(&rq->volume->park_lock);
    if (mine)
        end_claimed(rq, STATUS_CANCELLED);
    return mine;
}

static void end_all(struct list *claimed, NTSTATUS why)
{
    struct nt_request *rq, *next;
    list_for_each_safe (rq, next, claimed, p.parked) {
        list_del(&rq->p.parked);
        end_claimed(rq, why);
    }
}

void park_end_handle(struct nt_handle *h)
{
    struct list claimed;
    struct nt_request *rq, *next;
    list_init(&claimed);
    pthread_mutex_lock(&h->vol->park_lock);
    list_for_each_safe (rq, next, &h->parked, p.of_handle) {
        if (claim(rq))
            list_add_tail(&claimed, &rq->p.parked);
    }
    pthread_mutex_unlock(&h->vol->park_lock);
    end_all(&claimed, STATUS_FILE_CLOSED);
}

void park_end_volume(struct nt_volume *vol)
{
    struct list claimed;
    struct nt_request *rq, *next;
    list_init(&claimed);
    pthread_mutex_lock(&vol->park_lock);
    list_for_each_safe (rq, next, &vol->parked, p.parked) {
        if (claim(rq))
            list_add_tail(&claimed, &rq->p.parked);
    }
    pthread_mutex_unlock(&vol->park_lock);
    end_all(&claimed, STATUS_CANCELLED);
}

void park_expire(struct nt_volume *vol, uint64_t now)
{
    struct list claimed;
    struct nt_request *rq, *next;
    list_init(&claimed);
    pthread_mutex_lock(&vol->park_lock);
    list_for_each_safe (rq, next, &vol->parked, p.parked) {
        if (rq->p.until == PARK_FOREVER)
            break;
        if (rq->p.until < now && claim(rq))
            list_add_tail(&claimed, &rq->p.parked);
    }
    pthread_mutex_unlock(&vol->park_lock);
    end_all(&claimed, STATUS_IO_TIMEOUT);
}
