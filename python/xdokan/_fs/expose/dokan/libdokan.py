# SPDX-License-Identifier: MIT
"""The Dokan 2 API itself: what `xdokan.dokan`, `xdokan.structs` and `xdokan.constants` have. ImportError without the
library."""

from typing import Any

import xdokan
from xdokan.dokan import (DokanCreateFileSystem, DokanDriverVersion, DokanGetMountPointList, DokanIsNameInExpression, DokanMain,
                          DokanNtStatusFromWin32, DokanRemoveMountPoint, DokanResetTimeout, DokanUnmount, DokanVersion)

__all__ = [
    "DokanCreateFileSystem", "DokanDriverVersion", "DokanGetMountPointList", "DokanIsNameInExpression", "DokanMain",
    "DokanNtStatusFromWin32", "DokanRemoveMountPoint", "DokanResetTimeout", "DokanUnmount", "DokanVersion"]


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(xdokan, name)
