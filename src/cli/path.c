// SPDX-License-Identifier: MIT
/*
 * dokanctl path MOUNTPOINT
 */
#include "cli/cli.h"

int run_path(const struct call *call)
{
    char *reply = NULL;
    int code = control(call->argv[0], "path", &reply);
    if (code)
        return code;
    if (call->json) {
        struct json j = {.out = stdout};
        json_open(&j, NULL, '{');
        json_text(&j, "path", reply);
        json_close(&j, '}');
        json_end(&j);
    } else {
        puts(reply);
    }
    DokanFreeReply(reply);
    return EXIT_DONE;
}
