#!/bin/sh
# SPDX-License-Identifier: MIT
# One redirection, many programs: each close of a duplicate sends a FLUSH, and none of them may end the handle.
# volumes: memfs mirror memfs-ci
# masks: yes
# user: also
. "${0%/*}/lib.sh"

start
n=0
{
    while [ $n -lt 60 ]; do
        echo "line $n from the shell"
        /bin/echo "line $n from a program"
        (echo "line $n from a subshell")
        n=$((n + 1))
    done
    seq 1 1000 | cat
} >"$MNT/out"
n=0
while [ $n -lt 60 ]; do
    printf 'line %s from the shell\nline %s from a program\nline %s from a subshell\n' $n $n $n
    n=$((n + 1))
done >want
seq 1 1000 >>want
cmp "$MNT/out" want

for word in a b c; do
    /bin/echo "$word" >>"$MNT/appended"
done
{ /bin/echo d; cat want; /bin/echo e; } >>"$MNT/appended"
{ printf 'a\nb\nc\nd\n'; cat want; echo e; } | cmp - "$MNT/appended"

# Reading through one shared offset, by turns.
{
    read -r first
    /bin/head -c 0
    read -r second
    rest=$(cat | wc -l)
} <"$MNT/out"
same "$first/$second/$rest" "line 0 from the shell/line 0 from a program/$(($(wc -l <want) - 2))" "what a shared reader got"

# Read and write through one descriptor, flushed in between.
exec 5<>"$MNT/both"
/bin/echo one >&5
/bin/true 5>&5
/bin/echo two >&5
exec 6<"$MNT/both"
same "$(cat <&6)" "one
two" "what was written through a descriptor that stayed open"
exec 5>&- 6<&-
stop
