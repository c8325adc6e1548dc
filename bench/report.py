# SPDX-License-Identifier: MIT
"""What the runs say: pairs, their ratios, the table on the terminal and the page in docs/.

A pair is one run of ours and one of a peer, right after each other. Its ratio is above 1 when ours is faster. The
median of the ratios is the result; quartiles and extremes say how far to trust it. The same is done with processor
time per operation, client and server together: there too, above 1 means that ours is cheaper. What the engine costs
without a mount stands in the same file, with "-" for a peer.
"""

import csv
import statistics

FIELDS = ("date", "commit", "machine", "kernel", "op", "mode", "placement", "ours", "peer", "pair", "first", "server",
          "value", "unit", "count", "seconds", "client_cpu_us", "server_cpu_us", "load")
KEY = ("op", "mode", "placement", "ours", "peer")


def write_row(path, row, new):
    with open(path, "w" if new else "a", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, FIELDS, lineterminator="\n")
        if new:
            out.writeheader()
        if row:
            out.writerow(row)


def read_rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def quantile(values, q):
    values = sorted(values)
    at = q * (len(values) - 1)
    low = int(at)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (at - low)


def cpu_of(row):
    return float(row["client_cpu_us"]) + float(row["server_cpu_us"])


class Line:
    """One comparison: all pairs of one operation, mode, placement, ours and peer."""

    def __init__(self, key, pairs):
        self.op, self.mode, self.placement, self.ours, self.peer = key
        self.unit = pairs[0][0]["unit"]
        self.n = len(pairs)
        self.value_ours = statistics.median(float(a["value"]) for a, _ in pairs)
        self.value_peer = statistics.median(float(b["value"]) for _, b in pairs)
        ratios = [float(a["value"]) / float(b["value"]) for a, b in pairs]
        self.ratio = statistics.median(ratios)
        self.low, self.high = min(ratios), max(ratios)
        self.q1, self.q3 = quantile(ratios, 0.25), quantile(ratios, 0.75)
        self.cpu_ratio = statistics.median(cpu_of(b) / cpu_of(a) for a, b in pairs)
        self.cpu_ours = statistics.median(cpu_of(a) for a, _ in pairs)
        self.cpu_peer = statistics.median(cpu_of(b) for _, b in pairs)


def lines(rows):
    pairs = {}
    for row in (row for row in rows if row["peer"] != "-"):
        key = tuple(row[k] for k in KEY)
        pairs.setdefault(key, {}).setdefault(row["pair"], {})[row["server"]] = row
    found = []
    for key, by_number in pairs.items():
        whole = [(pair[key[3]], pair[key[4]]) for pair in by_number.values() if key[3] in pair and key[4] in pair]
        if whole:
            found.append(Line(key, whole))
    return found


def short(value):
    for limit, digits in ((10, 2), (100, 1)):
        if value < limit:
            return f"{value:.{digits}f}"
    return f"{value:,.0f}"


def print_table(found, out):
    head = ("operation", "mode", "cpus", "ours", "peer", "ours", "peer", "unit", "ratio", "quartiles", "min .. max",
            "us cpu", "cpu ratio", "n")
    table = [head] + [(line.op, line.mode, line.placement, line.ours, line.peer, short(line.value_ours),
                       short(line.value_peer), line.unit, f"{line.ratio:.2f}", f"{line.q1:.2f}-{line.q3:.2f}",
                       f"{line.low:.2f} .. {line.high:.2f}", f"{short(line.cpu_ours)}/{short(line.cpu_peer)}",
                       f"{line.cpu_ratio:.2f}", str(line.n)) for line in found]
    widths = [max(len(row[i]) for row in table) for i in range(len(head))]
    for row in table:
        out.write("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() + "\n")


PAGE = """# Performance

`bench/run` made this page; do not edit it. How it is measured and how to read it: bench/README.md.

Measured {date}, commit {commit}, {machine}, Linux {kernel}; load of the machine meanwhile {load}.
{pairs} pairs behind each figure, ours and the peer in turns, caching and permission checks the same for both. A figure is the median ratio
ours / peer (above 1: ours is faster) with its quartiles, then the ratio of processor time per operation, client and
server together (above 1: ours is cheaper). The machine had other work to do: where the two differ, or the quartiles
lie far apart, believe the processor time.

*strict*: the kernel may remember nothing, so each call is a round trip. *cached*: it may remember names and attributes
for a minute. *same*: client and server on one processor; *cross*: on two; *free*: wherever the kernel puts them.
"""

ENGINE = """
## The engine alone

memfs called in the same process, without a mount. *none*: nothing is cached, each answer comes from the file system;
*cached*: it is; *full*: cached, with the extended operations and every open checked against the file's descriptor.
*native*: the time of the same by the kernel on a tmpfs divided by ours, so above 1 ours is cheaper. Per operation:

| operation | volume | ns | allocations | callbacks | native |
|---|---|---|---|---|---|
"""


def figure(line):
    return f"**{line.ratio:.2f}** ({line.q1:.2f}-{line.q3:.2f}), cpu {line.cpu_ratio:.2f}" if line else ""


def write_mounted(out, found, ours):
    """One table: a row per operation, a column per peer."""
    rows = {}
    for line in (line for line in found if line.ours == ours):
        rows.setdefault((line.op, line.mode, line.placement), {})[line.peer] = line
    peers = list(dict.fromkeys(peer for by_peer in rows.values() for peer in by_peer))
    heads = ["operation", "mode", "cpus", ours] + ["to " + peer for peer in peers]
    out.write(f"\n## {ours}\n\n| " + " | ".join(heads) + " |\n")
    out.write("|---" * (len(peers) + 4) + "|\n")
    for (op, mode, placement), by_peer in rows.items():
        lines_of_row = list(by_peer.values())
        value = statistics.median(line.value_ours for line in lines_of_row)
        out.write(f"| {op} | {mode} | {placement} | {short(value)} {lines_of_row[0].unit} | "
                  + " | ".join(figure(by_peer.get(peer)) for peer in peers) + " |\n")


def engine_lines(rows):
    """(operation, caching) -> unit -> value"""
    found = {}
    for row in rows:
        if row["peer"] == "-":
            found.setdefault((row["op"], row["mode"]), {})[row["unit"]] = float(row["value"])
    return found


def write_page(path, rows):
    found = lines(rows)
    loads = sorted(float(row["load"]) for row in rows)
    first, counts = rows[0], sorted({line.n for line in found}) or [0]
    with open(path, "w", encoding="utf-8") as out:
        out.write(PAGE.format(date=first["date"][:10], commit=first["commit"], machine=first["machine"],
                              kernel=first["kernel"], load=f"{loads[0]:.1f} to {loads[-1]:.1f}",
                              pairs=" to ".join(str(n) for n in sorted({counts[0], counts[-1]}))))
        for ours in sorted({line.ours for line in found}):
            write_mounted(out, found, ours)
        engine = engine_lines(rows)
        out.write(ENGINE if engine else "")
        for (op, mode), value in engine.items():
            native = f"**{value['native']:.2f}**" if "native" in value else ""
            out.write(f"| {op} | {mode} | {value['ns']:.0f} | {value['allocations']:g} | {value['callbacks']:g} | "
                      f"{native} |\n")
