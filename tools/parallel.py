#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What `make bench-parallel` does: one builder against one on each of four CPUs, in one run of a machine on two host cores."""

import argparse
import json
import os
import re
import statistics

from machine import BUILD, Machine, run_main

CPUS = 4
BAR = 1.6
CFG = """\
[allod]
console = com1  log = com2  loglvl = info  idle-scrub = {idle}
[domain parallel]
image = parallel.elf  memory = 64M  vcpus = {cpus}  privileged = yes  console = yes  cmdline = "{order} {pages} {clean}"
"""
# What is populated. Between builds memory is dirty, as a domain left it; clean memory costs next to nothing in large
# extents, and in small ones mostly the turn of heap_lock: that case is shown, the bar is for the others.
CASES = [
    {"name": "2 MiB extents, memory as a domain left it", "order": 9, "pages": 65536, "clean": "", "bar": True},
    {"name": "single pages, memory as a domain left it", "order": 0, "pages": 65536, "clean": "", "bar": True},
    {"name": "single pages, scrubbed before", "order": 0, "pages": 65536, "clean": "clean", "bar": False},
]


def rates(text):
    """Pages per second in each round, by the number of builders; the first round warms up."""
    found = {}
    for builders, pages, ns in re.findall(r"^parallel: (\d+) builders (\d+) pages (\d+) ns", text, re.M):
        found.setdefault(int(builders), []).append(int(pages) / int(ns) * 1e9)
    return {n: r[1:] for n, r in found.items()}


def run(case, limit, debug):
    cfg = CFG.format(cpus=CPUS, idle="yes" if case["clean"] else "no", **case)
    machine = Machine("bench-parallel", 4, 2 << 30, CPUS, debug=debug, cfg=cfg, files=[BUILD / "guest/parallel.elf"])
    return rates(machine.printed("parallel: end", limit))


def report(case, found):
    """Prints and returns what was found; rounds are compared with their neighbours: what else the host does weighs on both."""
    median = {n: statistics.median(r) for n, r in found.items()}
    ratio = statistics.median(many / one for one, many in zip(found[1], found[CPUS]))
    verdict = "" if not case["bar"] else f", the bar is {BAR}: {'good' if ratio >= BAR else 'TOO LOW'}"
    print(case["name"])
    for n in sorted(median):
        print(f"  {n} builder{'s' * (n > 1)} on {n} CPU{'s' * (n > 1)}: {median[n]:10,.0f} pages/s (from {min(found[n]):,.0f} to {max(found[n]):,.0f})")
    print(f"  ratio {ratio:.2f}{verdict}", flush=True)
    return {**case, "bar": BAR if case["bar"] else None, "ratio": ratio, "pages_per_second": median, "all": found}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=float, default=300, help="seconds for each case, stretched by ALLOD_TIME_SCALE")
    parser.add_argument("--debug", action="store_true", help="the debug build, for its locks' statistics: not what the bar is about")
    args = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))[:2]
    os.sched_setaffinity(0, cores)
    results = [report(case, run(case, args.limit, args.debug)) for case in CASES]
    (BUILD / "bench-parallel.json").write_text(json.dumps({"host_cores": len(cores), "cases": results}, indent=1) + "\n")
    return int(any(r["bar"] and r["ratio"] < BAR for r in results))


if __name__ == "__main__":
    run_main(main)
