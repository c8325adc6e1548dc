// SPDX-License-Identifier: MIT
/*
 * What a running check notes: its last call, and the first verdict, which stays. No locks: a probe belongs to
 * one thread.
 */
#include "check/check_i.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool probe_live(const struct probe *p)
{
    return p->verdict == DokanCheckRight && !p->hung;
}

void probe_call(struct probe *p, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(p->call, sizeof p->call, fmt, args);
    va_end(args);
}

void probe_note(struct probe *p, const char *fmt, ...)
{
    va_list args;
    if (!probe_live(p))
        return;
    va_start(args, fmt);
    vsnprintf(p->note, sizeof p->note, fmt, args);
    va_end(args);
}

void probe_wrong(struct probe *p, const char *rule, const char *expected, const char *given)
{
    if (!probe_live(p))
        return;
    p->verdict = DokanCheckWrong;
    p->rule = rule;
    snprintf(p->expected, sizeof p->expected, "%s", expected);
    snprintf(p->given, sizeof p->given, "%s", given);
}

void probe_not_offered(struct probe *p, const char *fmt, ...)
{
    va_list args;
    if (!probe_live(p))
        return;
    p->verdict = DokanCheckNotOffered;
    va_start(args, fmt);
    vsnprintf(p->given, sizeof p->given, fmt, args);
    va_end(args);
}

void probe_not_checked(struct probe *p, const char *fmt, ...)
{
    va_list args;
    if (!probe_live(p))
        return;
    p->verdict = DokanCheckNotChecked;
    va_start(args, fmt);
    vsnprintf(p->given, sizeof p->given, fmt, args);
    va_end(args);
}

void probe_blocked(struct probe *p, const char *result)
{
    bool hung = p->hung;
    p->hung = false;
    probe_not_checked(p, "%s: %s", p->call, hung ? "no answer" : result);
    p->hung = hung;
}

void probe_hung(struct probe *p)
{
    if (p->setup)
        probe_not_checked(p, "no answer: %s", p->call);
    p->hung = true;
    p->suite->hangs++;
}

bool must_equal(struct probe *p, const char *what, uint64_t given, uint64_t expected, const char *rule)
{
    char want[TEXT_MAX], got[TEXT_MAX];
    if (given == expected || !probe_live(p))
        return probe_live(p);
    snprintf(want, sizeof want, "%s %llu", what, (unsigned long long)expected);
    snprintf(got, sizeof got, "%llu", (unsigned long long)given);
    probe_wrong(p, rule, want, got);
    return false;
}

bool must_be(struct probe *p, bool right, const char *expected, const char *given, const char *rule)
{
    if (!right)
        probe_wrong(p, rule, expected, given);
    return probe_live(p);
}

/* A byte as people read it: 'a' or 0x00. */
static void show_byte(char *buf, size_t size, size_t at, unsigned char byte)
{
    if (isprint(byte))
        snprintf(buf, size, "'%c' at %zu", byte, at);
    else
        snprintf(buf, size, "0x%02x at %zu", byte, at);
}

bool must_bytes(struct probe *p, const void *given, const void *expected, size_t length, const char *rule)
{
    const unsigned char *a = given, *b = expected;
    char want[TEXT_MAX], got[TEXT_MAX];
    for (size_t i = 0; i < length && probe_live(p); i++) {
        if (a[i] == b[i])
            continue;
        show_byte(want, sizeof want, i, b[i]);
        show_byte(got, sizeof got, i, a[i]);
        probe_wrong(p, rule, want, got);
    }
    return probe_live(p);
}
