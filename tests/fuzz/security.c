// SPDX-License-Identifier: MIT
/*
 * Target: security descriptors. The first byte says what the rest is: bytes of a descriptor, which is then
 * cut, merged, asked and inherited from; or text, which is read. What was taken must come back from what was
 * made of it.
 */
#include "fuzz.h"

#include "nt/access.h"
#include "nt/inherit.h"
#include "nt/sddl.h"
#include <dokan/ntstatus.h>
#include <stdlib.h>
#include <string.h>

static const unsigned char user[] = {1, 2, 0, 0, 0, 0, 0, 22, 1, 0, 0, 0, 0xE8, 3, 0, 0};
static const DOKAN_ACCESS_TOKEN token = {.Size = sizeof token, .User = (PSID)user};

static void must_be_good(const struct sd *sd)
{
    struct sd again;
    unsigned char *bytes = malloc(sd_size(sd));
    if (!bytes)
        abort();
    sd_write(sd, bytes);
    fuzz_must(sd_parse(bytes, sd_size(sd), &again), "what was made is a descriptor");
    fuzz_must(again.dacl.length == sd->dacl.length && again.sacl.length == sd->sacl.length,
              "of the same lists");
    free(bytes);
}

static void try_text(const struct sd *sd)
{
    struct sd_buffer text = {0}, bytes = {0};
    struct sd again;
    if (sddl_write(sd, BACKUP_SECURITY_INFORMATION, &text) == STATUS_SUCCESS) {
        struct sddl_text reading = {(const char *)text.at, (const char *)text.at + text.used};
        fuzz_must(sddl_read(&reading, &bytes) == STATUS_SUCCESS, "text that was written can be read");
        fuzz_must(sd_parse(bytes.at, bytes.used, &again), "and is a descriptor");
    }
    sd_buffer_free(&text);
    sd_buffer_free(&bytes);
}

static void try_descriptor(const uint8_t *data, size_t size, SECURITY_INFORMATION what)
{
    struct sd_store store = {0}, normal = {0}, merged = {0}, inherited = {0};
    struct sd sd, cut, given, out;
    ACCESS_MASK granted;
    if (!sd_parse(data, size, &sd))
        return;
    fuzz_must(sd_cut(&sd, what, &store, &cut), "memory suffices");
    must_be_good(&cut);
    if (sd_given(&sd, what, &normal, &given) == STATUS_SUCCESS && sd_merge(&sd, &given, what, &merged, &out))
        must_be_good(&out);
    NTSTATUS status = access_check(&sd, &token, MAXIMUM_ALLOWED, 0, &granted);
    fuzz_must(status == STATUS_SUCCESS || granted == 0, "who is refused gets nothing");
    const struct inherit_args args = {
        .parent = &sd, .creator = what & 1 ? &sd : NULL, .token = &token, .directory = what & 2};
    if (inherit(&args, &inherited, &out) == STATUS_SUCCESS)
        must_be_good(&out);
    try_text(&sd);
    sd_store_free(&store);
    sd_store_free(&normal);
    sd_store_free(&merged);
    sd_store_free(&inherited);
}

static void try_sddl(const uint8_t *data, size_t size)
{
    struct sd_buffer bytes = {0};
    struct sd sd;
    struct sddl_text reading = {(const char *)data, (const char *)data + size};
    if (sddl_read(&reading, &bytes) == STATUS_SUCCESS) {
        fuzz_must(sd_parse(bytes.at, bytes.used, &sd), "what was read is a descriptor");
        try_text(&sd);
    }
    sd_buffer_free(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    if (data[0] & 0x80)
        try_sddl(data + 1, size - 1);
    else
        try_descriptor(data + 1, size - 1, data[0]);
    return 0;
}
