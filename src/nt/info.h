// SPDX-License-Identifier: MIT
/* What the files of information classes share (info.c, infofill.c, stream.c, setinfo.c, dirquery.c,
 * volinfo.c, names.c). */
#ifndef XDOKAN_NT_INFO_H
#define XDOKAN_NT_INFO_H

#include "nt/nt_internal.h"

/* What a fill function is given: what its row asked for, the rest is zero. */
struct info_facts {
    struct nt_handle *handle;
    struct nt_attr attr;
    uint64_t index; /* the file system's number of the file */
    uint32_t serial;
    uint32_t ea_size; /* as NTFS tells it: of all EAs packed */
    uint32_t name_bytes;
};

/* The fixed part of an answer. */
union info_answer {
    FILE_BASIC_INFORMATION basic;
    FILE_STANDARD_INFORMATION standard;
    FILE_INTERNAL_INFORMATION internal;
    FILE_EA_INFORMATION ea;
    FILE_ACCESS_INFORMATION access;
    FILE_NAME_INFORMATION name;
    FILE_POSITION_INFORMATION position;
    FILE_MODE_INFORMATION mode;
    FILE_ALIGNMENT_INFORMATION alignment;
    FILE_ALL_INFORMATION all;
    FILE_COMPRESSION_INFORMATION compression;
    FILE_NETWORK_OPEN_INFORMATION network;
    FILE_ATTRIBUTE_TAG_INFORMATION tag;
    FILE_NETWORK_PHYSICAL_NAME_INFORMATION physical;
    FILE_IS_REMOTE_DEVICE_INFORMATION remote;
    FILE_STANDARD_LINK_INFORMATION links;
    FILE_ID_INFORMATION id;
    FILE_STAT_INFORMATION stat;
    FILE_STAT_LX_INFORMATION stat_lx;
    FILE_CASE_SENSITIVE_INFORMATION case_sensitive;
    FILE_STAT_BASIC_INFORMATION stat_basic;
};

/* infofill.c; `out` is zeroed. */
typedef void info_fill(const struct info_facts *f, union info_answer *out);
info_fill fill_basic, fill_standard, fill_internal, fill_ea, fill_access, fill_name, fill_position, fill_mode,
    fill_nothing, fill_all, fill_compression, fill_network, fill_tag, fill_remote, fill_links, fill_id,
    fill_stat, fill_stat_lx, fill_case, fill_stat_basic;

/* A size rounded up to the volume's allocation unit; at most INT64_MAX. */
int64_t allocation_size(const struct nt_volume *vol, uint64_t size);
/* What the file system says, or the size rounded up. */
int64_t allocation_of(const struct nt_volume *vol, const struct nt_facts *facts, uint64_t size);
/* FILE_REMOVABLE_MEDIA and its kin. */
uint32_t device_characteristics(const struct nt_volume *vol);
/* FileStreamInformation (stream.c). */
NTSTATUS query_streams(struct nt_request *rq);
/* FileHardLinkInformation, FileHardLinkFullIdInformation (names.c). */
NTSTATUS query_names(struct nt_request *rq);
NTSTATUS query_names_full(struct nt_request *rq);
/* The whole length of a file's EAs, packed; 0: none, or they cannot be had (ea.c). */
uint32_t ea_packed_size(struct nt_request *rq, struct nt_handle *h);

/* Names of the classes, for the trace and the tests; NULL: the engine does not know the class. */
const char *query_class_name(int info_class);
const char *set_class_name(int info_class);
const char *directory_class_name(int info_class);
const char *volume_class_name(int info_class);

#endif
