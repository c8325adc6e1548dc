#!/bin/sh
# SPDX-License-Identifier: MIT
# Every hand-written C file is as clang-format leaves it.
set -eu
command -v clang-format >/dev/null || { echo "clang-format is not installed"; exit 77; }
cd "$TEST_SOURCE"
python3 -c 'import sys
sys.dont_write_bytecode = True
sys.path.insert(0, "tests/style")
from sources import files, hand_written
print("\n".join(filter(hand_written, files(".c", ".h"))))' >"$TEST_DIR/files"
[ -s "$TEST_DIR/files" ] || { echo "no C file found"; exit 1; }
xargs clang-format --dry-run --Werror <"$TEST_DIR/files"
echo "$(wc -l <"$TEST_DIR/files") files are formatted"
