// SPDX-License-Identifier: MIT
/*
 * The formats and filters that are always there. A new one is one extern and one row.
 */
#include "fs/builtin.h"

#define ROOM __attribute__((weak)) /* until every room stands */
extern const struct fs_format format_mem ROOM, format_file ROOM, format_temp ROOM, format_userdata ROOM,
    format_userconf ROOM, format_usercache ROOM, format_userlog ROOM, format_sitedata ROOM, format_siteconf ROOM,
    format_zip ROOM, format_libarchive ROOM;
extern const struct fs_filter filter_readonly ROOM, filter_sub ROOM, filter_safe ROOM, filter_limit ROOM,
    filter_log ROOM, filter_stats ROOM, filter_error ROOM, filter_delay ROOM, filter_pause ROOM;

const struct fs_format *const builtin_formats[] = {
    &format_file,     &format_mem,       &format_temp,    &format_userdata, &format_userconf, &format_usercache,
    &format_userlog,  &format_sitedata,  &format_siteconf, &format_zip,      &format_libarchive,
};
const size_t builtin_format_count = sizeof builtin_formats / sizeof *builtin_formats;

const struct fs_filter *const builtin_filters[] = {
    &filter_readonly, &filter_sub,   &filter_safe,  &filter_limit, &filter_log,
    &filter_stats,    &filter_error, &filter_delay, &filter_pause,
};
const size_t builtin_filter_count = sizeof builtin_filters / sizeof *builtin_filters;
