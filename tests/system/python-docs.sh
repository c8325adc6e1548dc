#!/bin/sh
# SPDX-License-Identifier: MIT
# docs/python.md is typed and docs/python.ipynb executed, cell by cell; what they say is printed must be printed.
# files: tests/system/python-lib.sh tests/system/guide.py tests/python/notebook.py docs/python.md docs/python.ipynb python
# time: 120
. "${0%/*}/lib.sh"
. "${0%/*}/python-lib.sh"

# A virtual environment that has the package, as the page tells to make one, but from the tree.
cd "$TEST_DIR"
"$PYTHON" -m venv --system-site-packages --without-pip env >log 2>&1 || skip "apt-get install python3-venv"
site=$(echo env/lib/python3*/site-packages)
cp "$TEST_SOURCE/python/xdokan.pth" "$site"
echo "$TEST_SOURCE/python" >"$site/tree.pth"
PATH=$TEST_DIR/env/bin:$PATH
PYTHONWARNINGS=ignore::DeprecationWarning,ignore::UserWarning
export PATH PYTHONWARNINGS
unset PYTHONPATH DOKAN_PYTHON DOKAN_DRIVES
umask 022

mkdir -p page/home page/here page/run
chmod 700 page/run
python3 "$TEST_SOURCE/tests/system/guide.py" script "$TEST_SOURCE/docs/python.md" "$TEST_DIR/page" >page/script
code=0
(cd page/here && HOME=$TEST_DIR/page/home DOKAN_RUNTIME=$TEST_DIR/page/run exec bash "$TEST_DIR/page/script") || code=$?
python3 "$TEST_SOURCE/tests/system/guide.py" check "$TEST_SOURCE/docs/python.md" "$TEST_DIR/page" && [ "$code" = 0 ] || fail "docs/python.md"

mkdir notebook
(cd notebook && exec python3 "$PYTHON_TESTS/notebook.py" "$TEST_SOURCE/docs/python.ipynb") || fail "docs/python.ipynb"
