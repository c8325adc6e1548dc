// SPDX-License-Identifier: MIT
/*
 * The engine's own threads, per volume: they run requests whose turn has come, offloaded requests and the
 * event queue, and answer those that waited without a thread. A thread is made when a job comes and none is
 * free for it, and ends after IDLE_SECONDS without work. Jobs that are only answers share LIGHT_MAX threads:
 * a thousand who waited for one lock need no thousand. At most THREADS_MAX are not stuck; the watchdog looks
 * whether jobs wait because all of them got stuck. All state is under exec->lock.
 *
 * A thread's last hook runs before exec_stop() returns: what the hooks use may be gone afterwards.
 *
 * A job never waits for a thread to be made in vain: when pthread_create fails and no thread is alive, the
 * pusher cannot run the job itself (it may hold the tree lock), so one thread is made at the volume's
 * opening, with the slot that it needs, and stays. A later one that gets no slot ends at once.
 */
#include "nt/nt_internal.h"
#include <errno.h>

enum { IDLE_SECONDS = 5, LIGHT_MAX = 4, THREADS_MAX = NT_STUCK_MAX + 16 };

void exec_init(struct nt_exec *exec)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&exec->lock, NULL);
    pthread_cond_init(&exec->work, &attr);
    pthread_cond_init(&exec->idle, &attr);
    pthread_condattr_destroy(&attr);
    list_init(&exec->jobs);
}

void exec_destroy(struct nt_exec *exec)
{
    pthread_cond_destroy(&exec->idle);
    pthread_cond_destroy(&exec->work);
    pthread_mutex_destroy(&exec->lock);
}

static struct timespec seconds_from_now(unsigned seconds)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    ts.tv_sec += seconds;
    return ts;
}

/* The next job, or NULL when this thread should end. Called and left with the lock held. */
static struct nt_job *next_job(struct nt_exec *exec)
{
    struct timespec until = seconds_from_now(IDLE_SECONDS);
    while (list_empty(&exec->jobs)) {
        if (exec->stop)
            return NULL;
        exec->sleeping++;
        int rc = pthread_cond_timedwait(&exec->work, &exec->lock, &until);
        exec->sleeping--;
        if (rc == ETIMEDOUT && list_empty(&exec->jobs) && exec->threads > 1)
            return NULL;
        if (rc == ETIMEDOUT)
            until = seconds_from_now(3600);
    }
    struct nt_job *job = list_entry(list_first(&exec->jobs), struct nt_job, link);
    list_del(&job->link);
    exec->waiting--;
    exec->light -= job->light;
    exec->answering += job->light;
    return job;
}

static void *exec_thread(void *arg)
{
    struct nt_volume *vol = arg;
    struct nt_exec *exec = &vol->exec;
    struct nt_job *job;
    bool fit = slot_mine() != NULL; /* else it can run nothing: the others must */
    vol->worker_hooks.start(vol);
    pthread_mutex_lock(&exec->lock);
    exec->starting--;
    pthread_cond_broadcast(&exec->idle);
    while (fit && (job = next_job(exec)) != NULL) {
        bool light = job->light; /* afterwards it may be gone */
        pthread_mutex_unlock(&exec->lock);
        job->run(job);
        pthread_mutex_lock(&exec->lock);
        exec->answering -= light;
    }
    exec->threads--;
    exec->ending++;
    pthread_mutex_unlock(&exec->lock);
    vol->worker_hooks.stop(vol);
    pthread_mutex_lock(&exec->lock);
    exec->ending--;
    pthread_cond_broadcast(&exec->idle);
    pthread_mutex_unlock(&exec->lock);
    nt_volume_put(vol);
    return NULL;
}

/* Lock held. */
static int start_thread(struct nt_volume *vol)
{
    pthread_t thread;
    nt_volume_get(vol);
    vol->exec.threads++;
    vol->exec.starting++;
    int rc = thread_start(&thread, "dokan-engine", 0, NULL, exec_thread, vol);
    if (rc) {
        vol->exec.threads--;
        vol->exec.starting--;
        nt_volume_put(vol);
        return rc;
    }
    pthread_detach(thread);
    return 0;
}

int exec_start(struct nt_volume *vol)
{
    struct nt_exec *exec = &vol->exec;
    LOCK_SCOPE(&exec->lock);
    int rc = start_thread(vol);
    while (!rc && exec->starting)
        pthread_cond_wait(&exec->idle, &exec->lock);
    return rc || exec->threads ? rc : -ENOMEM;
}

/* Lock held. `answering` threads will soon be free for light jobs again. */
static void start_if_short(struct nt_volume *vol, unsigned answering)
{
    struct nt_exec *exec = &vol->exec;
    unsigned room = answering < LIGHT_MAX ? LIGHT_MAX - answering : 0;
    unsigned wanted = exec->waiting - exec->light;
    wanted += exec->light < room ? exec->light : room;
    if (wanted > exec->sleeping + exec->starting && exec->threads < THREADS_MAX + atomic_load(&vol->stuck))
        start_thread(vol);
}

void exec_push(struct nt_volume *vol, struct nt_job *job)
{
    struct nt_exec *exec = &vol->exec;
    LOCK_SCOPE(&exec->lock);
    list_add_tail(&exec->jobs, &job->link);
    exec->waiting++;
    exec->light += job->light;
    start_if_short(vol, exec->answering);
    pthread_cond_signal(&exec->work);
}

void exec_relieve(struct nt_volume *vol)
{
    LOCK_SCOPE(&vol->exec.lock);
    start_if_short(vol, 0); /* a door may be stuck in complete() */
}

void exec_stop(struct nt_volume *vol)
{
    struct nt_exec *exec = &vol->exec;
    LOCK_SCOPE(&exec->lock);
    exec->stop = true;
    pthread_cond_broadcast(&exec->work);
    while (exec->threads > atomic_load(&vol->stuck) || exec->ending || !list_empty(&exec->jobs)) {
        struct timespec until = seconds_from_now(1);
        start_if_short(vol, 0);
        pthread_cond_timedwait(&exec->idle, &exec->lock, &until);
    }
}
