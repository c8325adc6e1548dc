// SPDX-License-Identifier: MIT
//
// The exported string functions of dokan_text.h that C programs have inline, for bindings.

#include "base/fold.h"
#include <dokan/dokan_text.h>

WCHAR DOKANAPI DokanUpcase(WCHAR Unit)
{
    return fold_unit(Unit);
}

#undef DokanWcslen
SIZE_T DOKANAPI DokanWcslen(const WCHAR *String)
{
    return DokanWcslenInline(String);
}
