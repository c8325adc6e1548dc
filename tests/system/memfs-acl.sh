#!/bin/sh
# SPDX-License-Identifier: MIT
# memfs with its security descriptors enforced: the default lets everybody on the mount work as before.
# user: also
. "${0%/*}/lib.sh"

launch memfs /l "$MNT" --acl
mkdir "$MNT/d"
echo one >"$MNT/d/f"
echo two >>"$MNT/d/f"
same "$(cat "$MNT/d/f")" "one
two" "what was written"
cp "$MNT/d/f" "$MNT/d/g"
mv "$MNT/d/g" "$MNT/h"
: >"$MNT/h"
same "$(wc -c <"$MNT/h")" 0 "the size after an overwrite"
rm "$MNT/h" "$MNT/d/f"
rmdir "$MNT/d"
refused sh -c 'echo x >"$1/no/f"' - "$MNT"
stop
