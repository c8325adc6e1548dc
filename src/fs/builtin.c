// SPDX-License-Identifier: MIT
/*
 * The formats and filters that are always there. A new one is one extern and one row.
 */
#include "fs/builtin.h"

extern const struct fs_format format_mem, format_file, format_temp, format_userdata, format_userconf,
    format_usercache, format_userlog, format_sitedata, format_siteconf, format_zip, format_libarchive;
extern const struct fs_filter filter_readonly, filter_sub, filter_safe, filter_limit, filter_log,
    filter_stats, filter_error, filter_delay, filter_pause;

const struct fs_format *const builtin_formats[] = {
    &format_file,     &format_mem,       &format_temp,       &format_userdata,
    &format_userconf, &format_usercache, &format_userlog,    &format_sitedata,
    &format_siteconf, &format_zip,       &format_libarchive,
};
const size_t builtin_format_count = sizeof builtin_formats / sizeof *builtin_formats;

const struct fs_filter *const builtin_filters[] = {
    &filter_readonly, &filter_sub,   &filter_safe,  &filter_limit, &filter_log,
    &filter_stats,    &filter_error, &filter_delay, &filter_pause,
};
const size_t builtin_filter_count = sizeof builtin_filters / sizeof *builtin_filters;
