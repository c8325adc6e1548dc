// SPDX-License-Identifier: MIT
/*
 * What the targets share. A target takes any bytes; it ends the program when a promise does not hold.
 */
#ifndef XDOKAN_TESTS_FUZZ_H
#define XDOKAN_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

_Noreturn void fuzz_broken(const char *what);
static inline void fuzz_must(bool promise, const char *what)
{
    if (!promise)
        fuzz_broken(what);
}

/* A terminated copy without zero bytes, to be freed. */
char *fuzz_text(const uint8_t *data, size_t size);

#endif
