# SPDX-License-Identifier: MIT
"""Prints the folder in which the Python that runs this looks for what is installed under a prefix; meson.build asks.

usage: site_folder.py PREFIX
"""

import sys
import sysconfig


def site_folder(prefix: str) -> str:
    """Debian looks for its own packages in /usr/lib/python3, for the administrator's in /usr/local/lib/python3.x."""
    schemes = sysconfig.get_scheme_names()
    if prefix == "/usr" and "deb_system" in schemes:
        return sysconfig.get_path("purelib", "deb_system")
    if prefix == "/usr/local" and "posix_local" in schemes:
        return sysconfig.get_path("purelib", "posix_local", {"base": "/usr"})
    return sysconfig.get_path("purelib", "posix_prefix", {"base": prefix})


if __name__ == "__main__":
    print(site_folder(sys.argv[1]))
