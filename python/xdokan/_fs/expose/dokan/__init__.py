# SPDX-License-Identifier: MIT
"""FS objects of Python as drives: what `xdokan.expose` is, under the name that programs know.

    from fs.memoryfs import MemoryFS
    from fs.expose import dokan

    with dokan.mount(MemoryFS(), "Q:") as drive:
        print(drive.path)

Constants (DOKAN_OPTION_*, FILE_*, STATUS_*...) are found here by name as well.
"""

import xdokan.expose as _expose
from xdokan.expose import (DATETIME_STARTUP, DATETIME_ZERO, FILETIME_UNIX_EPOCH, FSOperations, LiveMount, MIN_FH, MountProcess,
                           NATIVE_ENCODING, Win32SafetyFS, handle_fs_errors, is_available, logger, mount, timeout_protect,
                           unmount)

if is_available:
    from . import libdokan
else:
    libdokan = None  # type: ignore[assignment]

__all__ = [
    "DATETIME_STARTUP", "DATETIME_ZERO", "FILETIME_UNIX_EPOCH", "FSOperations", "LiveMount", "MIN_FH", "MountProcess",
    "NATIVE_ENCODING", "Win32SafetyFS", "handle_fs_errors", "is_available", "libdokan", "logger", "mount",
    "timeout_protect", "unmount"]

__getattr__ = _expose.__getattr__
__dir__ = _expose.__dir__
