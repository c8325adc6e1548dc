// SPDX-License-Identifier: MIT
/*
 * dokanctl trace on|off MOUNTPOINT...
 */
#include "cli/cli.h"

#include <string.h>

int run_trace(const struct call *call)
{
    bool on = strcmp(call->argv[0], "on") == 0;
    int first = EXIT_DONE;
    if (!on && strcmp(call->argv[0], "off") != 0) {
        fputs("usage: dokanctl trace on|off MOUNTPOINT...\n", stderr);
        return EXIT_USAGE;
    }
    struct json j = {.out = stdout};
    if (call->json)
        json_open(&j, NULL, '[');
    for (int i = 1; i < call->argc; i++) {
        char *reply = NULL;
        int code = control(call->argv[i], on ? "trace on" : "trace off", &reply);
        DokanFreeReply(reply);
        first = first ? first : code;
        if (!call->json)
            continue;
        json_open(&j, NULL, '{');
        json_text(&j, "mount_point", call->argv[i]);
        json_bool(&j, "done", code == EXIT_DONE);
        json_close(&j, '}');
    }
    if (call->json) {
        json_close(&j, ']');
        json_end(&j);
    }
    return first;
}
