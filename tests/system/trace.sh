#!/bin/sh
# SPDX-License-Identifier: MIT
# dokanctl trace on|off works on a running mount; status counts what happened.
# volumes: memfs mirror
# user: also
# sanitizers: asan
. "${0%/*}/lib.sh"

start
echo quiet >"$MNT/before"
! grep -q before "$SERVER_LOG" || fail "it traces without being asked"
dokanctl trace on "$MNT"
echo loud >"$MNT/traced-name"
cat "$MNT/traced-name" >/dev/null
traced() { grep -q traced-name "$SERVER_LOG"; }
wait_for 5 traced || fail "no trace of an operation"
dokanctl trace off "$MNT"
sleep 0.2
lines=$(wc -l <"$SERVER_LOG")
echo quiet >"$MNT/after"
cat "$MNT/after" >/dev/null
sleep 0.2
same "$(wc -l <"$SERVER_LOG")" "$lines" "lines of the trace after it was switched off"
dokanctl status "$MNT"
counters | python3 -c 'import json, sys
x = json.load(sys.stdin)
x = x[0] if isinstance(x, list) else x
text = json.dumps(x)
for word in ("open_handles", "stuck", "cache_hits", "ReadFile", "WriteFile", "ZwCreateFile"):
    assert word in text, word'
stop
