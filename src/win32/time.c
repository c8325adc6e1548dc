// SPDX-License-Identifier: MIT
/* Times: 100 ns steps since 1 January 1601, and the calendar. No state, no locks. */
#include "win32.h"

#include <time.h>

#define TICKS_PER_MS     10000ll
#define TICKS_PER_SECOND (1000 * TICKS_PER_MS)
#define TICKS_PER_DAY    (86400 * TICKS_PER_SECOND)

enum {
    FIRST_YEAR = 1601,
    LAST_YEAR = 30827,
    DAYS_PER_YEAR = 365,
    DAYS_PER_4 = 1461,
    DAYS_PER_100 = 36524,
    DAYS_PER_400 = 146097,
    MONDAY = 1 /* 1 January 1601 */
};

static const WORD days_before[2][13] = {{0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365},
                                        {0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335, 366}};

static bool is_leap(unsigned year)
{
    return year % 4 == 0 && (year % 100 || year % 400 == 0);
}

static LONGLONG ticks_of(const FILETIME *time)
{
    return (LONGLONG)((ULONGLONG)time->dwHighDateTime << 32 | time->dwLowDateTime);
}

static FILETIME filetime(LONGLONG ticks)
{
    return (FILETIME){.dwLowDateTime = (DWORD)ticks, .dwHighDateTime = (DWORD)((ULONGLONG)ticks >> 32)};
}

/* The last year of a cycle is the longer one, so a day may seem to belong to one too many. */
static unsigned at_most(unsigned n, unsigned most)
{
    return n < most ? n : most;
}

static void put_date(LONGLONG days, LPSYSTEMTIME out)
{
    unsigned rest = (unsigned)(days % DAYS_PER_400);
    unsigned centuries = at_most(rest / DAYS_PER_100, 3);
    rest -= centuries * DAYS_PER_100;
    unsigned fours = rest / DAYS_PER_4;
    rest -= fours * DAYS_PER_4;
    unsigned years = at_most(rest / DAYS_PER_YEAR, 3);
    rest -= years * DAYS_PER_YEAR;
    out->wYear = (WORD)(FIRST_YEAR + days / DAYS_PER_400 * 400 + centuries * 100 + fours * 4 + years);
    const WORD *before = days_before[is_leap(out->wYear)];
    WORD month = 1;
    while (rest >= before[month])
        month++;
    out->wMonth = month;
    out->wDay = (WORD)(rest - before[month - 1] + 1);
    out->wDayOfWeek = (WORD)((days + MONDAY) % 7);
}

BOOL DOKANAPI DokanWinFileTimeToSystemTime(const FILETIME *FileTime, LPSYSTEMTIME SystemTime)
{
    LONGLONG ticks = ticks_of(FileTime);
    if (ticks < 0)
        return fail(ERROR_INVALID_PARAMETER);
    unsigned ms = (unsigned)(ticks % TICKS_PER_DAY / TICKS_PER_MS);
    put_date(ticks / TICKS_PER_DAY, SystemTime);
    SystemTime->wHour = (WORD)(ms / 3600000);
    SystemTime->wMinute = (WORD)(ms / 60000 % 60);
    SystemTime->wSecond = (WORD)(ms / 1000 % 60);
    SystemTime->wMilliseconds = (WORD)(ms % 1000);
    return TRUE;
}

static bool is_date(const SYSTEMTIME *time)
{
    if (time->wYear < FIRST_YEAR || time->wYear > LAST_YEAR || !time->wMonth || time->wMonth > 12)
        return false;
    const WORD *before = days_before[is_leap(time->wYear)];
    return time->wDay && time->wDay <= before[time->wMonth] - before[time->wMonth - 1];
}

BOOL DOKANAPI DokanWinSystemTimeToFileTime(const SYSTEMTIME *SystemTime, LPFILETIME FileTime)
{
    const SYSTEMTIME *t = SystemTime;
    if (!is_date(t) || t->wHour > 23 || t->wMinute > 59 || t->wSecond > 59 || t->wMilliseconds > 999)
        return fail(ERROR_INVALID_PARAMETER);
    LONGLONG years = t->wYear - FIRST_YEAR;
    LONGLONG days = years * DAYS_PER_YEAR + years / 4 - years / 100 + years / 400;
    days += days_before[is_leap(t->wYear)][t->wMonth - 1] + t->wDay - 1;
    LONGLONG seconds = (t->wHour * 60 + t->wMinute) * 60 + t->wSecond;
    *FileTime = filetime(days * TICKS_PER_DAY + seconds * TICKS_PER_SECOND + t->wMilliseconds * TICKS_PER_MS);
    return TRUE;
}

BOOL DOKANAPI DokanWinFileTimeToLocalFileTime(const FILETIME *FileTime, LPFILETIME LocalFileTime)
{
    time_t now = time(NULL);
    struct tm local;
    LONGLONG ticks = ticks_of(FileTime);
    tzset();
    if (!localtime_r(&now, &local))
        return fail(ERROR_INVALID_PARAMETER);
    if (ticks < 0 || __builtin_add_overflow(ticks, local.tm_gmtoff * TICKS_PER_SECOND, &ticks) || ticks < 0)
        return fail(ERROR_INVALID_PARAMETER);
    *LocalFileTime = filetime(ticks);
    return TRUE;
}
