#!/bin/sh
# SPDX-License-Identifier: MIT
# sqlite in WAL mode: what it acknowledged is there after kill -9 in mid-write, and the file is sound.
# volumes: memfs mirror
# masks: yes
# user: also
# sanitizers: asan
# time: 90
. "${0%/*}/lib.sh"
need sqlite3

start
db=$MNT/test.db
same "$(sqlite3 "$db" 'pragma journal_mode=wal; create table t(n integer primary key, fill blob);')" wal "journal mode"

# Endless inserts, each acknowledged outside the volume once it is committed.
writer() {
    seq "$1" $(($1 + 1000000)) | sed 's/.*/insert into t values(&, randomblob(3000)); select &;/' |
        exec sqlite3 "$db" >>"$TEST_DIR/acknowledged"
}

: >acknowledged
first=0
for round in 1 2 3 4 5; do
    writer "$first" &
    job=$!
    seen=$(wc -l <acknowledged)
    more() { [ "$(wc -l <acknowledged)" -gt $((seen + 50 * round)) ]; }
    wait_for 20 more || fail "sqlite does not get on"
    kill -9 "$(pgrep -P "$job" -x sqlite3)"
    wait "$job" || true
    last=$(tail -n 1 acknowledged)
    same "$(sqlite3 "$db" 'pragma integrity_check')" ok "integrity after kill -9, round $round"
    there=$(sqlite3 "$db" "select count(*) from t where n <= $last")
    same "$there" "$(sort -u acknowledged | wc -l)" "rows that were acknowledged, round $round"
    first=$(sqlite3 "$db" 'select max(n) + 1 from t')
    sqlite3 "$db" "select n from t where n > $last" >>acknowledged
done
same "$(sqlite3 "$db" 'pragma wal_checkpoint(truncate); vacuum; pragma integrity_check' | tail -1)" ok "integrity after vacuum"
stop
