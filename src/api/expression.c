// SPDX-License-Identifier: MIT
/*
 * DokanIsNameInExpression.
 */
#include "base/expr.h"
#include <dokan/dokan_ex.h>

BOOL DOKANAPI DokanIsNameInExpression(LPCWSTR Expression, LPCWSTR Name, BOOL IgnoreCase)
{
    if (!Expression || !Name)
        return FALSE;
    return expr_match(Expression, (DokanWcslen)(Expression), Name, (DokanWcslen)(Name), IgnoreCase);
}
