// SPDX-License-Identifier: MIT
/*
 * See cancel.h. The handlers do not restart system calls, so that a question on the terminal ends too.
 */
#include "cli/cancel.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
enum { SIGNALS = sizeof signals / sizeof *signals };

static volatile sig_atomic_t noted;
static struct sigaction before[SIGNALS];
static bool watching;

static void note(int number)
{
    if (noted)
        _exit(128 + number);
    noted = 1;
}

void cancel_watch(void)
{
    struct sigaction action = {.sa_handler = note};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < SIGNALS && !watching; i++)
        if (sigaction(signals[i], NULL, &before[i]) == 0 && before[i].sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
    watching = true;
}

void cancel_unwatch(void)
{
    for (size_t i = 0; i < SIGNALS && watching; i++)
        sigaction(signals[i], &before[i], NULL);
    watching = false;
}

bool cancelled(void)
{
    return noted;
}
