// SPDX-License-Identifier: MIT
//
// Running a helper program from a library inside any host. The host gets no SIGCHLD and its wait() family
// never sees a child of ours (unless it passes __WALL or __WCLONE).
//
// The helper starts with an empty signal mask, default signal dispositions, descriptors 0, 1, 2 and those of
// keep_fds (ended by -1; NULL: none) under their same numbers, and nothing else. `path` is taken as it is, no
// PATH search. argv and envp end with NULL; envp NULL means the host's environment.

#ifndef BASE_SPAWN_H
#define BASE_SPAWN_H

// Runs the program and waits for it. 0 and *exit_status = its exit code, or 128 + signal if one killed it;
// -errno if it could not be started. exit_status may be NULL.
int spawn_run(const char *path, char *const argv[], char *const envp[], const int *keep_fds,
              int *exit_status);

// Starts the program in a session of its own, as a child of init (or of the nearest subreaper), with 0 and 1
// on /dev/null unless they are in keep_fds. Returns once it executes: 0, or -errno if it could not be
// started.
int spawn_detached(const char *path, char *const argv[], char *const envp[], const int *keep_fds);

#endif
