#!/bin/sh
# SPDX-License-Identifier: MIT
# gcc builds a small project on the volume: objects, a static and a shared library; what was built runs from there.
# volumes: memfs mirror
# masks: yes
# user: also
. "${0%/*}/lib.sh"
need gcc

start
cd "$MNT"
mkdir src out
n=0
while [ $n -lt 12 ]; do
    echo "int part_$n(int x) { return x * 3 + $n; }" >src/part_$n.c
    n=$((n + 1))
done
{
    echo '#include <stdio.h>'
    n=0
    while [ $n -lt 12 ]; do
        echo "int part_$n(int);"
        n=$((n + 1))
    done
    echo 'int main(void) { int x = 1;'
    n=0
    while [ $n -lt 12 ]; do
        echo "x = part_$n(x) % 10007;"
        n=$((n + 1))
    done
    printf '%s\n' 'printf("%d\n", x); return 0; }'
} >src/main.c
for file in src/*.c; do
    gcc -O2 -g -fPIC -c "$file" -o "out/$(basename "$file" .c).o"
done
ar rcs out/libparts.a out/part_*.o
gcc -shared -o out/libparts.so out/part_*.o
gcc -o out/static out/main.o out/libparts.a
gcc -o out/dynamic out/main.o -Lout -lparts -Wl,-rpath,"$MNT/out"
gcc -save-temps=obj -pipe -o out/whole src/*.c
want=1
n=0
while [ $n -lt 12 ]; do
    want=$(((want * 3 + n) % 10007))
    n=$((n + 1))
done
same "$(out/static)" "$want" "the static program's answer"
same "$(out/dynamic)" "$want" "the dynamic program's answer"
same "$(out/whole)" "$want" "the answer of the one built in one go"
cp out/static "$TEST_DIR/outside"
cmp out/static "$TEST_DIR/outside"
printf '#!/bin/sh\necho script $1\n' >script
chmod +x script
same "$(./script ran)" "script ran" "a script on the volume"
cd "$TEST_DIR"
stop
