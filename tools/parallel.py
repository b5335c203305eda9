#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What `make bench-parallel` does: one builder against one on each of four CPUs, in one run of a machine on two host cores."""

import argparse
import json
import os
import re
import statistics
import sys

from machine import BUILD, OK, Machine, explain, plain

CPUS = 4
BAR = 1.6
CFG = """\
[allod]
console = com1  log = com2  loglvl = info
[domain parallel]
image = parallel.elf  memory = 64M  vcpus = {cpus}  privileged = yes  console = yes
"""


def rates(text):
    """Pages per second in each round, by the number of builders; the first round warms up."""
    found = {}
    for builders, pages, ns in re.findall(r"^parallel: (\d+) builders (\d+) pages (\d+) ns", text, re.M):
        found.setdefault(int(builders), []).append(int(pages) / int(ns) * 1e9)
    return {n: r[1:] for n, r in found.items()}


def run(limit, debug):
    machine = Machine("bench-parallel", 4, 2 << 30, CPUS, debug=debug, cfg=CFG.format(cpus=CPUS), files=[BUILD / "guest/parallel.elf"])
    try:
        status = machine.start().wait(limit)
    finally:
        machine.kill()
    text = plain(machine.console)
    if status != OK or "parallel: end" not in text:
        sys.exit(f"allod: the benchmark did not finish: {explain(status)}\n{text[-2000:]}\n{machine.log[-2000:]}")
    return rates(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=float, default=300, help="seconds, stretched by ALLOD_TIME_SCALE")
    parser.add_argument("--debug", action="store_true", help="the debug build, for its locks' statistics: not what the bar is about")
    args = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))[:2]
    os.sched_setaffinity(0, cores)
    found = run(args.limit, args.debug)
    median = {n: statistics.median(r) for n, r in found.items()}
    # Neighbours in time: what else the host does weighs on both.
    ratio = statistics.median(many / one for one, many in zip(found[1], found[CPUS]))
    result = {"host_cores": len(cores), "rounds": len(found[1]), "pages_per_second": median, "ratio": ratio, "bar": BAR, "all": found}
    (BUILD / "bench-parallel.json").write_text(json.dumps(result, indent=1) + "\n")
    for n in sorted(median):
        print(f"{n} builder{'s' * (n > 1)} on {n} CPU{'s' * (n > 1)}: {median[n]:10,.0f} pages/s (from {min(found[n]):,.0f} to {max(found[n]):,.0f})")
    good = ratio >= BAR
    print(f"ratio {ratio:.2f}, the bar is {BAR}: {'good' if good else 'TOO LOW'} ({len(cores)} host cores, {len(found[1])} rounds)")
    sys.exit(not good)


if __name__ == "__main__":
    main()
