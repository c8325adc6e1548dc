// SPDX-License-Identifier: MIT
/*
 * Timeout protection: a call that is slow but lives gets its deadline renewed, a dead one runs into it.
 *
 * A thread has one slot, in which its running call stands. Entering and leaving a call are a few atomic
 * operations and read no clock. One monitor per volume calls watch_look() every watch_tick_ms(). A call that
 * was already there at the last look and has lived since then gets another whole time limit. It has lived
 * when fs_progress() was called in it, or its thread used some hundredths of the processor's time; by
 * processor time alone it can go on for ten time limits.
 */
#ifndef XDOKAN_FS_TIMEOUT_H
#define XDOKAN_FS_TIMEOUT_H

#include <dokan/dokan.h>
#include <stdint.h>

struct watch;
struct slot;

/* The running call of this thread, and the one around it. */
struct call {
    struct slot *slot; /* NULL: nobody watches */
    uintptr_t info, outer;
    struct watch *outer_watch;
};

struct watch *watch_new(uint32_t timeout_ms);
void watch_free(struct watch *watch); /* no call of it may run; NULL is fine */
uint32_t watch_tick_ms(const struct watch *watch);
/* Renews what lives. Returns how many calls were renewed. */
unsigned watch_look(struct watch *watch);

/* watch may be NULL. */
struct call call_enter(struct watch *watch, PDOKAN_FILE_INFO info);
void call_leave(struct call *call);

/* In a forked child: there are no other threads. */
void watch_after_fork(void);

#endif
