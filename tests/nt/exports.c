// SPDX-License-Identifier: MIT
/* What samples/memfs.c calls of the library, over src/base: these tests link the engine without the façade.
 */
#include "base/clock.h"
#include "base/expr.h"
#include "base/fold.h"
#include "harness.h"

WCHAR DOKANAPI DokanUpcase(WCHAR Unit)
{
    return fold_unit(Unit);
}

VOID DOKANAPI DokanWin32GetSystemTimeAsFileTime(LPFILETIME Time)
{
    uint64_t now = filetime_now();
    *Time = (FILETIME){.dwLowDateTime = (DWORD)now, .dwHighDateTime = (DWORD)(now >> 32)};
}

BOOL DOKANAPI DokanIsNameInExpression(LPCWSTR Expression, LPCWSTR Name, BOOL IgnoreCase)
{
    return expr_match(Expression, text_length(Expression), Name, text_length(Name), IgnoreCase);
}
