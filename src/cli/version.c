// SPDX-License-Identifier: MIT
/*
 * dokanctl version
 */
#include "cli/cli.h"

#include <stdlib.h>

int run_version(const struct call *call)
{
    char library[16], driver[16];
    snprintf(library, sizeof library, "%u", DokanVersion());
    snprintf(driver, sizeof driver, "0x%x", DokanDriverVersion());
    if (call->json) {
        struct json j = {.out = stdout};
        json_open(&j, NULL, '{');
        json_text(&j, "dokanctl", XDOKAN_VERSION);
        json_number(&j, "library", library);
        json_text(&j, "driver", driver);
        json_bool(&j, "can_mount", DokanDriverVersion() != 0);
        json_close(&j, '}');
        json_end(&j);
    } else {
        printf("dokanctl  %s\nlibrary   %s\ndriver    %s%s\n", XDOKAN_VERSION, library, driver,
               DokanDriverVersion() ? "" : " (no usable /dev/fuse)");
    }
    return EXIT_DONE;
}
