# SPDX-License-Identifier: MIT
"""Takes the pages of the guide apart: blocks that are typed, files that are saved, what must be printed.

    guide.py needs PAGE             the programs that the page wants, one per line
    guide.py script PAGE FOLDER     a bash script that types the page, one output file per block
    guide.py check PAGE FOLDER      compares the outputs

A fence says what a block is: `sh` is typed and must succeed, `sh fails` must fail, `text` behind it is what it prints,
`LANGUAGE NAME` is saved as the file NAME, anything else is only read. In `text`, a line of three dots stands for any
lines and three dots inside a line for any characters.
"""

import os
import re
import shlex
import sys

FENCE = re.compile(r"^```(.*)$")
NEEDS = re.compile(r"^<!-- needs: (.*) -->$")


def blocks(page):
    """(line, fence, text) of every block of the page."""
    fence, first, lines = None, 0, []
    with open(page, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            match = FENCE.match(line)
            if match and fence is None:
                fence, first, lines = match[1].strip(), number, []
            elif match:
                yield first, fence, "".join(lines)
                fence = None
            elif fence is not None:
                lines.append(line)
    if fence is not None:
        sys.exit(f"{page}:{first}: a block without an end")


def needs(page):
    with open(page, encoding="utf-8") as file:
        for line in file:
            match = NEEDS.match(line)
            for word in match[1].split() if match else ():
                print(word)


def script(page, folder):
    """What is typed runs in one shell: variables and the working directory last from block to block."""
    print("exec 8>&1 </dev/null")
    for line, fence, text in blocks(page):
        words = fence.split()
        out = shlex.quote(os.path.join(folder, f"out.{line}"))
        if words[:1] == ["sh"]:
            failing = words[1:] == ["fails"]
            print(f"exec >{out} 2>&1\n{'set +e' if failing else 'set -e'}\n{text}guide_status=$?\nset +e")
            print(f"exec >&8 2>&8\necho $guide_status >{out}.status")
        elif len(words) == 2 and words[0] != "sh":
            path = shlex.quote(words[1])
            print(f"mkdir -p \"$(dirname {path})\"\ncat >{path} <<'GUIDE-END'\n{text}GUIDE-END")


def pattern(text):
    """Lines of three dots match any lines, three dots in a line any characters."""
    parts = []
    for line in text.splitlines():
        if line.strip() == "...":
            parts.append(r"(?:[^\n]*\n)*")
        else:
            parts.append(".*".join(map(re.escape, line.rstrip().split("..."))) + r"[ \t]*\n")
    return re.compile("".join(parts))


def complaint(page, folder, line, fence, wanted):
    out = os.path.join(folder, f"out.{line}")
    if not os.path.exists(out):
        return f"{page}:{line}: was not reached"
    with open(out, encoding="utf-8", errors="replace") as file:
        said = file.read()
    said = said if said.endswith("\n") or not said else said + "\n"
    if not os.path.exists(out + ".status"):
        return f"{page}:{line}: a command failed; it said:\n{said}"
    with open(out + ".status", encoding="ascii") as file:
        status = int(file.read())
    if (status != 0) != (fence == "sh fails"):
        return f"{page}:{line}: ended with status {status}; it said:\n{said}"
    if wanted is not None and not pattern(wanted).fullmatch(said):
        return f"{page}:{line}: the page says\n{wanted}but this was printed:\n{said}"
    return None


def check(page, folder):
    found = list(blocks(page))
    typed = 0
    for index, (line, fence, _) in enumerate(found):
        if fence.split()[:1] != ["sh"]:
            continue
        follows = found[index + 1] if index + 1 < len(found) else None
        wanted = follows[2] if follows and follows[1] == "text" else None
        problem = complaint(page, folder, line, fence, wanted)
        if problem:
            sys.exit(problem)
        typed += 1
    print(f"{os.path.basename(page)}: {typed} blocks")


if __name__ == "__main__":
    {"needs": needs, "script": script, "check": check}[sys.argv[1]](*sys.argv[2:])
