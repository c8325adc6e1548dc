// SPDX-License-Identifier: MIT
/*
 * dokanctl cp FILE... TARGET
 */
#include "cli/copy.h"

int run_cp(const struct call *call)
{
    struct opening o;
    struct copy copy;
    int code = copy_start(&copy, call);
    int other = opening_start(&o, call, false);
    code = code ? code : other;
    code = code ? code : copy_arguments(&copy, &o, call, 0, copy_source);
    copy_end(&copy);
    opening_close(&o);
    return code;
}
