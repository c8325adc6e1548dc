// SPDX-License-Identifier: MIT
/*
 * The checksum of gzip and zip (CRC-32, RFC 1952), as fast as the processor can. See crc32.c.
 */
#ifndef XDOKAN_FS_STREAM_CRC32_H
#define XDOKAN_FS_STREAM_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* As zlib's crc32_z(): of nothing it is 0, and it can be continued. */
uint32_t checksum32(uint32_t sum, const void *data, size_t size);

#endif
