# SPDX-License-Identifier: MIT
"""PyFilesystem's `fs.expose`: FS objects shown to other programs. `fs.expose.dokan` is xdokan's.

Other projects may have parts of `fs.expose` of their own in PyFilesystem's folder; they are found too.
"""

from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)
