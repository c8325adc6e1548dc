// SPDX-License-Identifier: MIT
/*
 * Passwords on the command line and in the environment: they are taken out of the memory that other processes
 * can read before anything else happens.
 */
#ifndef XDOKAN_CLI_SECRETS_H
#define XDOKAN_CLI_SECRETS_H

/* A copy of all arguments; what is secret in argv itself is overwritten, with a warning. NULL: no memory. */
char **secrets_hide(int argc, char **argv);
/* Wipes and frees the copy. */
void secrets_forget(char **words);
/* Wipes a variable of the environment, where it lies, and removes it. `name` may be NULL. */
void secrets_unset(const char *name);

#endif
