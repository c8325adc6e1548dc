# SPDX-License-Identifier: MIT
"""A MemoryFS served by this tree's xdokan: in a forked child, or by threads of this process.

The kernel is told to remember as long as it is with the peers. It ends with SIGTERM, as the peers do.
"""

import signal
import sys

import xdokan

import content


def main():
    args = content.arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    options = f"entry_timeout={args.timeout:g},attr_timeout={args.timeout:g}"
    process = xdokan.mount(content.filled(args), args.point, background=args.mode, options=options)
    content.say(f"ready {process.pid}")
    try:
        signal.pause()
    finally:
        process.unmount()


if __name__ == "__main__":
    main()
