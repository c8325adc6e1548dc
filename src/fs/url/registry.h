// SPDX-License-Identifier: MIT
/*
 * The formats and filters of this process.
 */
#ifndef XDOKAN_FS_REGISTRY_H
#define XDOKAN_FS_REGISTRY_H

#include "fs/fs_i.h"

/* By scheme. When none has it the plugins are loaded, unless the options forbid them. NULL: none. */
const struct fs_format *registry_format(const char *scheme, const struct fs_open_options *options);
/* By scheme among those that are there already. */
const struct fs_format *registry_loaded(const char *scheme, const struct fs_open_options *options);
/* The next of those that are there already, *index moves on; NULL behind the last. What came from plugins is
 * passed over when the options forbid them. */
const struct fs_format *registry_walk(size_t *index, const struct fs_open_options *options);
const struct fs_filter *registry_filter(const char *name);

/* -EINVAL, and the text tells the near match or what there is. */
int registry_no_format(const char *scheme, const struct fs_open_options *options, struct fs_error *error);
/* Offers all schemes to `near` (near.h). */
struct near;
void registry_near(struct near *near, const struct fs_open_options *options);
/* The main schemes of all containers, "zip, tar": for messages. */
void registry_containers(const struct fs_open_options *options, char *buf, size_t size);

/* For plugin.c: as fs_register_*, and the row is marked. */
int registry_add_format(const struct fs_format *format, bool plugin);
int registry_add_filter(const struct fs_filter *filter, bool plugin);

/* ---- plugin.c --------------------------------------------------------------------------------------- */

/* Loads what lies in the plugin folders, once per process. */
void plugins_load(const struct fs_open_options *options);

/* ---- params.c --------------------------------------------------------------------------------------- */

/* -EINVAL when a parameter is in none of the tables (`known` of them, NULL entries are empty tables). */
int params_check(const struct fs_params *params, const struct fs_param_doc *const *tables, size_t known,
                 const char *whose, struct fs_error *error);
/* As fs_add_filter, with parameters that are taken apart already. */
int filter_apply(const char *name, const struct fs_params *params, struct fs **fs, struct fs_error *error);

#endif
