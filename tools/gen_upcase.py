#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes src/base/fold_table.gen.h: the upcase table of file names.

NTFS compares names by a table of one 16-bit unit for each 16-bit unit, without regard to the locale. The table
made here maps exactly as the one that Microsoft publishes as "Windows 8 Upper Case Mapping Table" (974 rows). It is
Unicode's simple uppercase mapping with these departures, all of which that table shows:

1. Only the Basic Multilingual Plane; surrogates stay as they are.
2. A letter is mapped only if its capital maps back to it. So these stay: dotless i (U+0131, its capital is I, whose
   small letter is i), long s (U+017F), micro sign (U+00B5), the titlecase digraphs (U+01C5 and the like), the Greek
   symbol forms (U+03D0 and the like), U+0345, U+1E9B and U+1FBE. Sharp s has no simple capital and stays; the
   Kelvin, Ohm and Angstrom signs are capitals and stay, unequal to K, Omega and A with ring.
3. Except final sigma (U+03C2), which becomes capital sigma although that one's small letter is U+03C3.
4. Nothing younger than Unicode 5.1 (NEWER below). A newer Unicode must never change which names are equal.

usage: gen_upcase.py > src/base/fold_table.gen.h
       gen_upcase.py --check src/base/fold_table.gen.h   fails if the file is not what would be written
"""

import sys
import unicodedata

FINAL_SIGMA = 0x03C2

# Small letters whose pair came with Unicode 5.2 or later (until 17.0).
NEWER = """
019B 023F-0240 0252 025C 0261 0264-0266 026A 026C 0282 0287 029D-029E 03F3 0525-052F 10D0-10FF 13F8-13FD 1C80-1C8A 1D8E
2C5F 2CEC-2CF3 2D27-2D2D A661 A699-A69B A791-A7F6 AB53 AB70-ABBF
"""

EXPECTED_COUNT = 974


def newer():
    units = set()
    for item in NEWER.split():
        first, _, last = item.partition("-")
        units.update(range(int(first, 16), int(last or first, 16) + 1))
    return units


def single(text, unit):
    return ord(text) if len(text) == 1 and ord(text) < 0x10000 else unit


def simple_upper(unit):
    """Python offers only the full mappings; where that is longer than one character, the titlecase is the simple one."""
    upper = single(chr(unit).upper(), unit)
    return upper if upper != unit else single(chr(unit).title(), unit)


def simple_lower(unit):
    return single(chr(unit).lower(), unit)


def table():
    skip = newer() | set(range(0xD800, 0xE000))
    result = list(range(0x10000))
    for unit in range(0x10000):
        upper = simple_upper(unit)
        if unit not in skip and (simple_lower(upper) == unit or unit == FINAL_SIGMA):
            result[unit] = upper
    return result


def rows(values, per_row, form):
    for start in range(0, len(values), per_row):
        yield "    " + " ".join(form % v + "," for v in values[start : start + per_row])


def header(upcase):
    # A page holds what to add to a unit (modulo 65536), so that all pages without a mapping are one.
    pages, index = [], []
    for high in range(256):
        page = tuple((upcase[high << 8 | low] - (high << 8 | low)) & 0xFFFF for low in range(256))
        if page not in pages:
            pages.append(page)
        index.append(pages.index(page))

    yield "// SPDX-License-Identifier: MIT"
    yield "//"
    yield "// Made by tools/gen_upcase.py; do not edit."
    yield ""
    yield "const unsigned char fold_page_[256] = {"
    yield from rows(index, 16, "%2d")
    yield "};"
    yield ""
    yield f"const WCHAR fold_pages_[{len(pages)}][256] = {{"
    for page in pages:
        yield "    {"
        yield from ("    " + row for row in rows(page, 12, "0x%04x"))
        yield "    },"
    yield "};"


def main():
    upcase = table()
    count = sum(1 for unit, upper in enumerate(upcase) if unit != upper)
    if count != EXPECTED_COUNT:
        sys.exit(f"{count} mappings instead of {EXPECTED_COUNT}: extend NEWER for Unicode {unicodedata.unidata_version}")
    text = "".join(line + "\n" for line in header(upcase))
    if sys.argv[1:2] != ["--check"]:
        sys.stdout.write(text)
    elif open(sys.argv[2], encoding="ascii").read() != text:
        sys.exit(f"{sys.argv[2]} is stale: run tools/gen_upcase.py again")


if __name__ == "__main__":
    main()
