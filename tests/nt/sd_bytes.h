// SPDX-License-Identifier: MIT
/* Security descriptors written down byte by byte, as [MS-DTYP] 2.4 lays them out. */
#ifndef TESTS_NT_SD_BYTES_H
#define TESTS_NT_SD_BYTES_H

#define LE16(v) (unsigned char)((v)&0xFF), (unsigned char)((v) >> 8 & 0xFF)
#define LE32(v) LE16((uint32_t)(v)&0xFFFF), LE16((uint32_t)(v) >> 16)
/* 12 and 16 bytes. */
#define SID1(authority, a)    1, 1, 0, 0, 0, 0, 0, authority, LE32(a)
#define SID2(authority, a, b) 1, 2, 0, 0, 0, 0, 0, authority, LE32(a), LE32(b)
#define WORLD                 SID1(1, 0)
#define SYSTEM                SID1(5, 18)
#define ADMINS                SID2(5, 32, 544)
/* 20 bytes; size is 8 + the bytes of the SID. */
#define HEAD(control, owner, group, sacl, dacl) \
    1, 0, LE16(control), LE32(owner), LE32(group), LE32(sacl), LE32(dacl)
#define ACL_HEAD(revision, size, count) revision, 0, LE16(size), LE16(count), 0, 0
#define ACE(type, flags, size, mask)    type, flags, LE16(size), LE32(mask)

#define RELATIVE 0x8000
#define DACL     0x0004
#define SACL     0x0010

#endif
