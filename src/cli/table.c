// SPDX-License-Identifier: MIT
/*
 * Tables for people. Widths count characters of UTF-8, not bytes.
 */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

struct table {
    size_t columns, rows, cap;
    char **cells; /* rows * columns; the first row holds the heads */
};

static bool is_number(const char *s)
{
    return *s && strspn(s, "0123456789.") == strlen(s);
}

struct table *table_new(size_t columns, const char *const *heads)
{
    struct table *t = calloc(1, sizeof *t);
    if (t) {
        t->columns = columns;
        table_add(t, heads);
    }
    return t;
}

void table_add(struct table *t, const char *const *cells)
{
    if (!t)
        return;
    if (t->rows == t->cap) {
        size_t cap = t->cap ? 2 * t->cap : 16;
        char **grown = realloc(t->cells, cap * t->columns * sizeof *grown);
        if (!grown)
            return;
        t->cells = grown;
        t->cap = cap;
    }
    for (size_t i = 0; i < t->columns; i++)
        t->cells[t->rows * t->columns + i] = strdup(cells[i]);
    t->rows++;
}

static const char *cell(const struct table *t, size_t row, size_t column)
{
    const char *text = t->cells[row * t->columns + column];
    return text ? text : "";
}

/* A column of numbers, below its head. */
static bool is_numeric(const struct table *t, size_t column)
{
    for (size_t row = 1; row < t->rows; row++)
        if (!is_number(cell(t, row, column)) && *cell(t, row, column))
            return false;
    return t->rows > 1;
}

static void print_cell(const struct table *t, size_t row, size_t column, size_t width, bool right, FILE *out)
{
    const char *text = cell(t, row, column);
    int pad = (int)(width - plain_width(text));
    bool last = column + 1 == t->columns;
    if (right)
        fprintf(out, "%*s", pad, "");
    print_plain(out, text);
    if (!right && !last)
        fprintf(out, "%*s", pad, "");
    fputs(last ? "\n" : "  ", out);
}

static void print_rows(const struct table *t, FILE *out, const char *indent, const size_t *widths,
                       const bool *right)
{
    for (size_t row = 0; row < t->rows; row++) {
        fputs(indent, out);
        for (size_t i = 0; i < t->columns; i++)
            print_cell(t, row, i, widths[i], right[i], out);
    }
}

void table_print(struct table *t, FILE *out, const char *indent)
{
    if (!t)
        return;
    size_t *widths = calloc(t->columns, sizeof *widths);
    bool *right = calloc(t->columns, sizeof *right);
    for (size_t i = 0; widths && right && i < t->columns; i++) {
        right[i] = is_numeric(t, i);
        for (size_t row = 0; row < t->rows; row++)
            widths[i] = plain_width(cell(t, row, i)) > widths[i] ? plain_width(cell(t, row, i)) : widths[i];
    }
    if (widths && right)
        print_rows(t, out, indent, widths, right);
    free(widths);
    free(right);
    for (size_t i = 0; i < t->rows * t->columns; i++)
        free(t->cells[i]);
    free(t->cells);
    free(t);
}
