// SPDX-License-Identifier: MIT
/* A shared object that is no plugin, for plugin_test.c. */
int fs_plugin_bare(void);

int fs_plugin_bare(void)
{
    return 0;
}
