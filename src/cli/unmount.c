// SPDX-License-Identifier: MIT
/*
 * dokanctl unmount MOUNTPOINT...
 */
#include "cli/cli.h"

static void report(struct json *j, const char *point, bool done)
{
    json_open(j, NULL, '{');
    json_text(j, "mount_point", point);
    json_bool(j, "unmounted", done);
    json_close(j, '}');
}

/* Goes on after a failure; the first one decides the exit status. */
int run_unmount(const struct call *call)
{
    struct json j = {.out = stdout};
    int first = EXIT_DONE;
    if (call->json)
        json_open(&j, NULL, '[');
    for (int i = 0; i < call->argc; i++) {
        char *reply = NULL;
        int code = control(call->argv[i], "unmount", &reply);
        DokanFreeReply(reply);
        first = first ? first : code;
        if (call->json)
            report(&j, call->argv[i], code == EXIT_DONE);
    }
    if (call->json) {
        json_close(&j, ']');
        json_end(&j);
    }
    return first;
}
