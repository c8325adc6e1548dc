// SPDX-License-Identifier: MIT
/*
 * The code behind an entry encrypted with AES, which proves that nothing was changed. It is checked here: a
 * decompressor that stops at its own end never makes libzip look at it, and the second version of the format
 * has no other checksum.
 */
#include "fs/archive/zip.h"

#include "base/cleanup.h"
#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 1000, VERIFIER = 2, CODE = 10, KEY_MOST = 32, SALT_MOST = 16, PART = 64 << 10 };

static int strength_of(const struct zip_record *record)
{
    const unsigned char *at = record->extra;
    uint32_t left = record->extra_length;
    struct zip_extra extra;
    while (zip_extra_next(&at, &left, &extra))
        if (extra.id == ZIP_EXTRA_AES && extra.length >= 7)
            return extra.data[4];
    return 0;
}

static void mac_end(EVP_MAC_CTX **ctx)
{
    EVP_MAC_CTX_free(*ctx);
}

static EVP_MAC_CTX *mac_begin(const unsigned char *key, size_t size)
{
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;
    EVP_MAC_free(mac);
    char digest[] = "SHA1";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                 OSSL_PARAM_construct_end()};
    if (ctx && EVP_MAC_init(ctx, key, size, params))
        return ctx;
    EVP_MAC_CTX_free(ctx);
    return NULL;
}

static int mac_source(EVP_MAC_CTX *ctx, struct bytes *source, uint64_t at, uint64_t size)
{
    CLEANUP_FREE unsigned char *part = malloc(PART);
    int rc = part ? 0 : -ENOMEM;
    while (rc == 0 && size) {
        size_t want = size < PART ? (size_t)size : PART;
        rc = bytes_read_all(source, part, want, at);
        if (rc == 0 && !EVP_MAC_update(ctx, part, want))
            rc = -EIO;
        at += want;
        size -= want;
        fs_progress();
    }
    return rc;
}

static int check_code(struct bytes *source, uint64_t at, uint64_t size, const unsigned char *key,
                      size_t key_size)
{
    unsigned char code[EVP_MAX_MD_SIZE], told[CODE];
    size_t length = 0;
    __attribute__((cleanup(mac_end))) EVP_MAC_CTX *ctx = mac_begin(key, key_size);
    int rc = ctx ? mac_source(ctx, source, at, size) : -ENOMEM;
    if (rc == 0 && !EVP_MAC_final(ctx, code, &length, sizeof code))
        rc = -EIO;
    if (rc == 0)
        rc = bytes_read_all(source, told, sizeof told, at + size);
    return rc ? rc : length >= CODE && CRYPTO_memcmp(code, told, CODE) == 0 ? 0 : -EBADMSG;
}

int zip_authenticate(struct bytes *source, const struct zip_record *record, const char *password)
{
    static const size_t key_sizes[] = {0, 16, 24, 32};
    int strength = strength_of(record);
    if (strength < 1 || strength > 3)
        return -EBADMSG;
    size_t key_size = key_sizes[strength], salt_size = key_size / 2;
    size_t head = salt_size + VERIFIER;
    unsigned char salt[SALT_MOST], keys[KEY_MOST * 2 + VERIFIER];
    uint64_t start;
    int rc = zip_data_start(source, record, &start);
    if (rc == 0 && record->packed < head + CODE)
        rc = -EBADMSG;
    if (rc == 0)
        rc = bytes_read_all(source, salt, salt_size, start);
    if (rc)
        return rc;
    if (PKCS5_PBKDF2_HMAC_SHA1(password, (int)strlen(password), salt, (int)salt_size, ROUNDS,
                               (int)key_size * 2 + VERIFIER, keys))
        rc = check_code(source, start + head, record->packed - head - CODE, keys + key_size, key_size);
    else
        rc = -ENOMEM;
    explicit_bzero(keys, sizeof keys);
    return rc;
}
