#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Show which lines and branches of mm/ and hypercall/ were gone through, and compare what was not with uncovered.txt.

usage: check.py, from the Makefile after test/coverage/run. Fails when a line is neither gone through nor listed, when a
listed one is gone through, and below BAR. Two things do not count: a line that is one call of panic(), for which nothing
may go on, and branches of BUG_ON, ASSERT and IS_DEBUG, which are the same for a build or end it."""
import collections
import json
import os
import subprocess
import sys

BUILD = "build/coverage"
LIST = os.path.join(os.path.dirname(os.path.relpath(__file__)), "uncovered.txt")
BAR = 95.0  # per cent of lines
Row = collections.namedtuple("Row", "name lines hit branches taken")


def is_excluded(line):
    """By the options below, or without code: versions of gcovr before 6 have such lines, too, and one name for both."""
    return line.get("gcovr/noncode") or line.get("gcovr/excluded")


def measure():
    """Let gcovr write the HTML report, and return what its JSON says of each file."""
    out = f"{BUILD}/coverage.json"
    subprocess.run(["gcovr", "--root", ".", "--object-directory", f"{BUILD}/obj", "--filter", "mm/", "--filter", "hypercall/",
                    "--exclude-lines-by-pattern", r"\s*panic\(", "--exclude-branches-by-pattern", r".*\b(BUG_ON|ASSERT|IS_DEBUG)\b",
                    "--html-details", f"{BUILD}/index.html", "--json", out, f"{BUILD}/obj"], check=True)
    with open(out) as f:
        return [{**file, "lines": [x for x in file["lines"] if not is_excluded(x)]} for file in json.load(f)["files"]]


def row(file):
    branches = [b["count"] for line in file["lines"] for b in line["branches"]]
    return Row(file["file"], len(file["lines"]), sum(x["count"] > 0 for x in file["lines"]), len(branches), sum(b > 0 for b in branches))


def share(part, whole):
    return 100.0 * part / whole if whole else 100.0


def show(rows):
    print(f"{'':28}{'lines':>7}{'gone':>7}{'%':>7}{'branches':>10}{'gone':>7}{'%':>7}")
    for r in rows:
        print(f"{r.name:28}{r.lines:7}{r.hit:7}{share(r.hit, r.lines):7.1f}{r.branches:10}{r.taken:7}{share(r.taken, r.branches):7.1f}")


def not_gone_through(file):
    """(file, function, text) of each line: what stays when lines move."""
    with open(file["file"]) as f:
        text = f.read().splitlines()
    starts = sorted((fn["lineno"], fn["name"]) for fn in file["functions"])
    for line in file["lines"]:
        if line["count"] == 0:
            number = line["line_number"]
            name = max((s for s in starts if s[0] <= number), default=(0, "?"))[1]
            yield file["file"], name, text[number - 1].strip()


def read_list():
    """The same of the lines in LIST; a list without a reason above it is refused."""
    listed, reason = [], False
    with open(LIST) as f:
        for line in f.read().splitlines():
            if not line.startswith("    "):
                reason = bool(line) and not line.startswith("#")
                continue
            if not reason:
                sys.exit(f"coverage: {LIST}: no reason above: {line.strip()}")
            listed.append(tuple(line.strip().split(": ", 2)))
    return listed


def complain(found, what):
    for entry in found.elements():
        print(f"not ok: {what}:\n    {': '.join(entry)}")
    return bool(found)


def main():
    files = measure()
    rows = [row(f) for f in files]
    total = Row("all", *(sum(column) for column in list(zip(*rows))[1:]))
    show([*rows, total])
    seen = collections.Counter(entry for f in files for entry in not_gone_through(f))
    listed = collections.Counter(read_list())
    wrong = complain(seen - listed, f"no test goes through this line, and {LIST} gives no reason")
    wrong |= complain(listed - seen, f"{LIST} lists a line that tests go through, or that is not there")
    lines = share(total.hit, total.lines)
    print(f"allod: coverage: {lines:.1f} % of lines, {share(total.taken, total.branches):.1f} % of branches, "
          f"{sum(listed.values())} lines with a reason; report: {BUILD}/index.html")
    if lines < BAR:
        print(f"not ok: below {BAR} % of lines")
    sys.exit(wrong or lines < BAR)


if __name__ == "__main__":
    main()
