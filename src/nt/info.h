// SPDX-License-Identifier: MIT
/* What the files of information classes share (info.c, stream.c, setinfo.c, dirquery.c, volinfo.c). */
#ifndef XDOKAN_NT_INFO_H
#define XDOKAN_NT_INFO_H

#include "nt/nt_internal.h"

/* A size rounded up to the volume's allocation unit; at most INT64_MAX. */
int64_t allocation_size(const struct nt_volume *vol, uint64_t size);
/* FileStreamInformation (stream.c). */
NTSTATUS query_streams(struct nt_request *rq);

/* Names of the classes, for the trace and the tests; NULL: the engine does not know the class. */
const char *query_class_name(int info_class);
const char *set_class_name(int info_class);
const char *directory_class_name(int info_class);
const char *volume_class_name(int info_class);

#endif
