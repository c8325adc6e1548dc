# SPDX-License-Identifier: MIT
"""Executes the cells of a notebook as a kernel would, and compares what they show with what the notebook has kept.

usage: notebook.py FILE

No Jupyter is needed: a cell is Python, its last expression is shown by `_repr_html_` or repr. In what was kept, three
dots stand for any characters.
"""

import ast
import contextlib
import io
import json
import re
import sys
import traceback
import types


def shown(value):
    """MIME type and text of a value."""
    html = getattr(value, "_repr_html_", None)
    return ("text/html", html()) if callable(html) else ("text/plain", repr(value))


def execute(source, names):
    """What a cell prints, and the value of its last expression."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(tree, "<cell>", "exec"), names)
        value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), names) if last else None
    return out.getvalue(), value


def kept(cell):
    """What the notebook shows below a cell: printed text, and the last value by MIME type."""
    printed = "".join("".join(output["text"]) for output in cell["outputs"] if output["output_type"] == "stream")
    values = [output["data"] for output in cell["outputs"] if output["output_type"] == "execute_result"]
    return printed, {kind: "".join(text) for kind, text in values[0].items()} if values else {}


def matches(wanted, said):
    return re.fullmatch(".*".join(map(re.escape, wanted.split("..."))), said, re.S)


def complaint(cell, names):
    """None when the cell shows what the notebook has."""
    printed, value = execute("".join(cell["source"]), names)
    wanted, values = kept(cell)
    if not matches(wanted.rstrip("\n"), printed.rstrip("\n")):
        return f"the notebook has {wanted!r}, but it printed {printed!r}"
    if value is None or not values:
        return None if value is None and not values else f"its value is {value!r}, the notebook has {values!r}"
    kind, text = shown(value)
    if not matches(values.get(kind, ""), text):
        return f"the notebook has {values!r}, but it shows {kind} {text!r}"
    return None


def main(path):
    with open(path, encoding="utf-8") as file:
        book = json.load(file)
    assert book["nbformat"] == 4, book["nbformat"]
    sys.modules["ipykernel"] = types.ModuleType("ipykernel")  # what a program in a notebook finds
    names = {"__name__": "__main__"}
    cells = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    for number, cell in enumerate(cells, 1):
        assert isinstance(cell["outputs"], list) and cell["id"] and "execution_count" in cell, f"cell {number}"
        try:
            problem = complaint(cell, names)
        except Exception:
            problem = traceback.format_exc()
        if problem:
            print("".join(cell["source"]), f"cell {number}: {problem}", sep="\n", file=sys.stderr)
            return 1
    print(f"{len(cells)} cells executed")
    return 0 if cells else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
