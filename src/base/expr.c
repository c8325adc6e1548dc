// SPDX-License-Identifier: MIT
//
// The expression is a chain of positions 0..elen; a set of positions is carried through the name, one
// character after the other, as a nondeterministic automaton with elen + 1 states. Two byte arrays hold the
// sets.

#include "base/expr.h"

#include "base/cleanup.h"
#include "base/fold.h"

#include <string.h>

#define DOS_STAR u'<'
#define DOS_QM   u'>'
#define DOS_DOT  u'"'

#define STACK_STATES 512

struct matcher {
    const WCHAR *expr;
    size_t elen;
    bool ignore_case;
    unsigned char *now;  // now[i]: position i is reached
    unsigned char *next; // the same after the current character
};

// Whether a wildcard can match nothing at the end of a name.
static bool may_be_empty(WCHAR c)
{
    return c == u'*' || c == DOS_STAR || c == DOS_QM || c == DOS_DOT;
}

bool expr_has_wildcard(const WCHAR *expr, size_t elen)
{
    for (size_t i = 0; i < elen; i++) {
        if (expr[i] == u'?' || may_be_empty(expr[i]))
            return true;
    }
    return false;
}

static bool same_unit(WCHAR a, WCHAR b, bool ignore_case)
{
    return a == b || (ignore_case && fold_unit(a) == fold_unit(b));
}

static bool same_text(const WCHAR *a, const WCHAR *b, size_t n, bool ignore_case)
{
    if (ignore_case)
        return fold_compare(a, n, b, n) == 0;
    return memcmp(a, b, n * sizeof *a) == 0;
}

// Takes one character at position i; sets what it leads to. Returns whether the character may also be tried
// at position i + 1, because position i matches nothing before it.
static bool step(struct matcher *m, size_t i, WCHAR c, bool last_period)
{
    switch (m->expr[i]) {
    case u'*':
        m->next[i] = 1;
        return true;
    case DOS_STAR:
        m->next[last_period ? i + 1 : i] = 1;
        return true;
    case DOS_QM:
        if (c == u'.')
            return true;
        m->next[i + 1] = 1;
        return false;
    case DOS_DOT:
        if (c == u'.')
            m->next[i + 1] = 1;
        return false;
    case u'?':
        m->next[i + 1] = 1;
        return false;
    default:
        if (same_unit(m->expr[i], c, m->ignore_case))
            m->next[i + 1] = 1;
        return false;
    }
}

// Carries the whole set over one character. Returns whether anything is left. A chain of empty matches that
// runs off the end of the expression accepts the character: so in NT "a>" matches "a.".
static bool advance(struct matcher *m, WCHAR c, bool last_period)
{
    memset(m->next, 0, m->elen + 1);
    bool through = false;
    for (size_t i = 0; i < m->elen; i++)
        through = (through || m->now[i]) && step(m, i, c, last_period);
    if (through)
        m->next[m->elen] = 1;

    unsigned char *swap = m->now;
    m->now = m->next;
    m->next = swap;
    return memchr(m->now, 1, m->elen + 1) != NULL;
}

// Whether, at the end of the name, the rest behind some position of the set can match nothing.
static bool accepts(const struct matcher *m)
{
    for (size_t i = m->elen; !m->now[i]; i--) {
        if (i == 0 || !may_be_empty(m->expr[i - 1]))
            return false;
    }
    return true;
}

static bool run(struct matcher *m, const WCHAR *name, size_t nlen)
{
    size_t last = nlen;
    while (last > 0 && name[last - 1] != u'.')
        last--;
    m->now[0] = 1;
    for (size_t i = 0; i < nlen; i++) {
        if (!advance(m, name[i], i + 1 == last))
            return false;
    }
    return accepts(m);
}

static bool match_states(const WCHAR *expr, size_t elen, const WCHAR *name, size_t nlen, bool ignore_case)
{
    unsigned char states[2 * STACK_STATES];
    CLEANUP_FREE unsigned char *heap = NULL;
    unsigned char *now = states;
    size_t count = elen + 1;
    if (count > STACK_STATES) {
        heap = calloc(count, 2);
        if (!heap)
            return false;
        now = heap;
    }
    memset(now, 0, count);
    struct matcher m = {expr, elen, ignore_case, now, now + count};
    return run(&m, name, nlen);
}

bool expr_match(const WCHAR *expr, size_t elen, const WCHAR *name, size_t nlen, bool ignore_case)
{
    if (elen == 0)
        return nlen == 0;
    if (expr[0] == u'*' && !expr_has_wildcard(expr + 1, elen - 1)) {
        size_t tail = elen - 1;
        return nlen >= tail && same_text(expr + 1, name + nlen - tail, tail, ignore_case);
    }
    if (!expr_has_wildcard(expr, elen))
        return nlen == elen && same_text(expr, name, elen, ignore_case);
    return match_states(expr, elen, name, nlen, ignore_case);
}
