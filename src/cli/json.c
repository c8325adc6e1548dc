// SPDX-License-Identifier: MIT
/*
 * JSON on one line. A path is bytes, and a byte that is not UTF-8 becomes \udcXX, as Python's surrogateescape
 * has it.
 */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

static void print_unit(FILE *out, unsigned unit)
{
    if (unit == '"' || unit == '\\')
        fprintf(out, "\\%c", unit);
    else if (unit >= 0x20 && unit < 0x7f)
        fputc((int)unit, out);
    else
        fprintf(out, "\\u%04x", unit);
}

static void print_string(FILE *out, const char *s)
{
    SIZE_T n = DokanUtf8ToUtf16(s, DOKAN_TERMINATED, NULL, 0);
    WCHAR *wide = n == DOKAN_MALFORMED ? NULL : calloc(n + 1, sizeof *wide);
    fputc('"', out);
    if (wide) {
        DokanUtf8ToUtf16(s, DOKAN_TERMINATED, wide, n + 1);
        for (SIZE_T i = 0; i < n; i++)
            print_unit(out, wide[i]);
    } else {
        for (; *s; s++)
            print_unit(out, (unsigned char)*s < 0x80 ? (unsigned char)*s : 0xdc00u | (unsigned char)*s);
    }
    fputc('"', out);
    free(wide);
}

static void begin(struct json *j, const char *key)
{
    if (j->more)
        fputs(", ", j->out);
    j->more = true;
    if (!key)
        return;
    print_string(j->out, key);
    fputs(": ", j->out);
}

void json_open(struct json *j, const char *key, char bracket)
{
    begin(j, key);
    fputc(bracket, j->out);
    j->more = false;
}

void json_close(struct json *j, char bracket)
{
    fputc(bracket, j->out);
    j->more = true;
}

void json_text(struct json *j, const char *key, const char *value)
{
    begin(j, key);
    print_string(j->out, value);
}

void json_number(struct json *j, const char *key, const char *digits)
{
    begin(j, key);
    fputs(*digits ? digits : "0", j->out);
}

void json_u64(struct json *j, const char *key, uint64_t value)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%llu", (unsigned long long)value);
    json_number(j, key, digits);
}

void json_bool(struct json *j, const char *key, bool value)
{
    begin(j, key);
    fputs(value ? "true" : "false", j->out);
}

void json_end(struct json *j)
{
    fputc('\n', j->out);
}
