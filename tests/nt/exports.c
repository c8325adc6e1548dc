// SPDX-License-Identifier: MIT
/* What samples/memfs.c calls of the library, over src/base: these tests link the engine without the façade.
 */
#include "base/clock.h"
#include "base/expr.h"
#include "base/fold.h"
#include "base/utf.h"
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

SIZE_T DOKANAPI DokanUtf8ToUtf16(const char *Source, SIZE_T SourceLength, WCHAR *Target, SIZE_T TargetSize)
{
    ptrdiff_t n = utf8_to_utf16(Source, SourceLength, Target, TargetSize);
    return n < 0 ? DOKAN_MALFORMED : (SIZE_T)n;
}

SIZE_T DOKANAPI DokanGetSymbolicLink(const void *Buffer, ULONG Length, char *Target, SIZE_T Size)
{
    return nt_reparse_check(Buffer, Length) ? nt_reparse_link_target(Buffer, Length, Target, Size) : 0;
}
