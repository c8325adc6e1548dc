#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the tables of status codes from win32_status.txt.

    gen_status.py           write src/api/status_table.gen.h, include/dokan/ntcodes.gen.h, src/win32/errors.gen.h
    gen_status.py --check   exit 1 if they are not what it would write

ntcodes.gen.h leaves out the codes that include/dokan/ntstatus.h documents by hand. errors.gen.h is the way back,
the smallest error of each status; src/win32/error.c knows those that go back to another one.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCE = ROOT / "tools/win32_status.txt"
HAND = ROOT / "include/dokan/ntstatus.h"
HEAD = "// SPDX-License-Identifier: MIT\n"
MADE = "Made by tools/gen_status.py from tools/win32_status.txt; do not edit."


def read_rows():
    """(error, its name or None, status, its name), strictly rising by error."""
    rows = []
    for number, line in enumerate(SOURCE.read_text().splitlines(), 1):
        if line.startswith("#") or not line.strip():
            continue
        error, error_name, status, status_name = line.split()
        row = (int(error), None if error_name == "-" else error_name, int(status, 16), status_name)
        if rows and row[0] <= rows[-1][0]:
            sys.exit(f"{SOURCE.name}:{number}: {row[0]} is not above {rows[-1][0]}")
        rows.append(row)
    return rows


def table(rows):
    lines = [f"{HEAD}// {MADE}\n"]
    for error, error_name, status, status_name in rows:
        lines.append(f"{{{error}u, 0x{status:08X}u}}, /* {error_name or 'itself'} -> {status_name} */\n")
    return "".join(lines)


def way_back(rows):
    errors = {}
    for error, error_name, status, status_name in rows:
        errors.setdefault(status, (status, error, error_name or "itself", status_name))
    lines = [f"{HEAD}// {MADE}\n"]
    for status, error, error_name, status_name in sorted(errors.values()):
        lines.append(f"{{0x{status:08X}u, {error}u}}, /* {status_name} -> {error_name} */\n")
    return "".join(lines)


def group(title, text, entries):
    body = "".join(f"#define {name} {value} /**< {doc} */\n" for _, name, value, doc in sorted(entries))
    return f"/**\n * @name {title}\n * {text}\n * @{{\n */\n{body}/** @}} */\n"


def codes(rows):
    known = set(re.findall(r"#define (\w+)", HAND.read_text()))
    statuses, errors = {}, {}
    for error, error_name, status, status_name in rows:
        if status_name not in known:
            doc = f"What {error_name or f'0x{error:08X}'} becomes."
            statuses.setdefault(status_name, (status, status_name, f"((NTSTATUS)0x{status:08X}u)", doc))
        if error_name and error_name not in known:
            errors[error_name] = (error, error_name, f"{error}u", f"Becomes {status_name}.")
    return (
        f"{HEAD}/**\n * @file ntcodes.gen.h\n * @brief Further status codes; part of ntstatus.h. {MADE}\n */\n"
        "#ifndef DOKAN_NTCODES_GEN_H_\n#define DOKAN_NTCODES_GEN_H_\n\n"
        + group("Further NTSTATUS codes", "Codes that only the table of Win32 errors names.", statuses.values())
        + "\n"
        + group("Further Win32 errors", "Errors that DokanNtStatusFromWin32() knows.", errors.values())
        + "\n#endif /* DOKAN_NTCODES_GEN_H_ */\n"
    )


def main():
    rows = read_rows()
    stale = 0
    for path, text in (
        ("src/api/status_table.gen.h", table(rows)),
        ("include/dokan/ntcodes.gen.h", codes(rows)),
        ("src/win32/errors.gen.h", way_back(rows)),
    ):
        target = ROOT / path
        if "--check" not in sys.argv[1:]:
            target.write_text(text)
        elif not target.exists() or target.read_text() != text:
            print(f"{path} is stale: run tools/gen_status.py", file=sys.stderr)
            stale = 1
    return stale


if __name__ == "__main__":
    sys.exit(main())
