#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What `make bench` does: count instructions, twice, and set them beside real Xen's."""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from machine import BUILD, Machine, run_main

# Of -icount: an instruction takes 8 ns. More would put ends of slices into what guest/bench measures, less makes
# the firmware's waits long, which are in time.
SHIFT = 3
LIMIT = 300  # seconds for one boot
CFG = """\
[allod]
console = com1  log = com1  loglvl = info  watchdog = 0
[domain bench]
image = bench.elf  memory = 64M  vcpus = 1  privileged = yes  cmdline = "{cmdline}"
"""
# 64 nodes for the claim set; the last one has the 1 GiB blocks, above 4 GiB.
NODES = [32 << 20] * 63 + [(2 << 30) + (32 << 20)]
QUICK_NODES = [32 << 20] * 63 + [288 << 20]
BIG_NODES = [32 << 20] * 63 + [(6 << 30) + (32 << 20)]  # for what the hypervisor keeps of each page
HEAP = BUILD / "host/bench_heap"
HEAP_PAGES = 4096
# Figures by callgrind: the function of test/bench/heap.c, and the program's arguments.
HEAP_RUNS = {
    **{name: (name,) for name in ("heap_alloc", "heap_free", "domheap_alloc", "domheap_free")},
    **{f"heap_{name}": (name,) for name in ("offline", "online", "scrub_used", "scrub_zero")},
    "heap_claims_none": ("domheap_alloc", "1", "0"),
    "heap_claims_1": ("domheap_alloc", "0", "0"),
    "heap_claims_64": ("domheap_alloc", "0", "63"),
    "heap_claims_others": ("domheap_alloc", "0", "63", "other"),
    "heap_claims_far": ("domheap_alloc", "63", "63"),
}
PAGE = 4096

EXIT, PV = "from a PVH guest", "PV: a SYSCALL, no exit"
# name, what is counted, unit, real Xen 4.17's figure, what that is. The order of the table.
FIGURES = [
    ("hypercall", "null hypercall (xen_version), round trip", "instr", 6643, EXIT),
    ("cpuid", "CPUID exit", "instr", 6486, EXIT),
    ("cpuid_most", "... of the leaf that takes most", "instr", None, ""),
    ("msr_read", "RDMSR exit, of the MSR that takes most", "instr", None, ""),
    ("msr_write", "WRMSR exit, likewise, that starts nothing", "instr", None, ""),
    ("port_in", "IN from a port with nothing behind it", "instr", 1104, EXIT),
    ("port_out", "OUT to one", "instr", None, ""),
    ("apic_eoi", "local APIC: EOI, x2APIC", "instr", None, ""),
    ("apic_eoi_memory", "local APIC: EOI, xAPIC", "instr", None, ""),
    ("apic_timer", "local APIC: its timer is started, x2APIC", "instr", None, ""),
    ("apic_self", "local APIC: an IPI to itself, x2APIC", "instr", None, ""),
    ("claim_set_1", "claim set, 1 node", "instr", 12150, "legacy claim, PVH control domain"),
    ("claim_set_64", "claim set, 64 nodes", "instr", None, ""),
    ("claim_get_1", "GET, 1 node claimed", "instr", None, ""),
    ("claim_get_64", "GET, 64 nodes claimed", "instr", None, ""),
    ("claim_legacy_pair", "legacy claim and its release", "instr", 24300, "PVH control domain, computed: 2 x 12,150"),
    ("max_mem", "max_mem", "instr", 537, PV),
    ("getdomaininfo", "getdomaininfo", "instr", 596, PV),
    ("create_destroy", "createdomain + max_mem + destroy, no pool", "instr", 664464, "PVH, HAP, with a pool: see below"),
    ("create_destroy_pool", "the same with a paging pool of 256 pages", "instr", 664464, "256 pages come with create"),
    ("create_destroy_vcpu", "the same with 1 vCPU, no pool", "instr", 729085, "PVH, HAP, with a pool"),
    *[(f"populate_{order}_{how}", f"populate, order {order}, {how.replace('_', ', ')}", "instr/page", xen, "PVH")
      for order, xens in ((0, (2570, 2618, 3597, 3646)), (9, (159.5, 159.6, 1137, 1137.1)), (18, (155, 155, 1128, 1128)))
      for how, xen in zip(("clean", "clean_claimed", "dirty", "dirty_claimed"), xens)],
    ("populate_node_0_clean", "populate, order 0, clean, of one node", "instr/page", None, ""),
    ("populate_node_0_dirty", "populate, order 0, dirty, of one node", "instr/page", None, ""),
    ("populate_0_clean_claimed_64", "populate, order 0, clean, 64 nodes claimed", "instr/page", None, ""),
    *[(f"claim_extent_{name}", f"a claim adds to an extent, {what}", "instr", 48, "") for name, what in
      (("0", "order 0"), ("0_64", "order 0, 64 nodes"), ("9", "order 9"))],
    ("heap_claim_far_adds", "a claim elsewhere adds to a page (callgrind)", "instr", 48, ""),
    ("populate_single_0_clean", "populate of a single page, clean, whole call", "instr", 6251, "PVH"),
    ("populate_single_0_dirty", "populate of a single page, dirty, whole call", "instr", 7222, "PVH"),
    ("release_0", "decrease_reservation, order 0", "instr/page", None, ""),
    ("release_9", "decrease_reservation, order 9", "instr/page", None, ""),
    ("exchange_0", "exchange, order 0, clean", "instr/page", None, ""),
    ("exchange_9", "exchange, order 9, clean", "instr/page", None, ""),
    *[(f"destroy_{order}_dirty", f"destruction, populated at order {order}", "instr/page", 658, "658 to 770")
      for order in (0, 9, 18)],
    ("heap_alloc", "heap: allocate a page (callgrind)", "instr", None, ""),
    ("heap_free", "heap: free a page (callgrind)", "instr", None, ""),
    ("domheap_alloc", "domain heap: allocate a page (callgrind)", "instr", None, ""),
    ("domheap_free", "domain heap: free a page (callgrind)", "instr", None, ""),
    ("heap_claims_none", "domain heap: on node 0 of 64, nothing claimed", "instr", None, ""),
    ("heap_claims_others", "... another domain claims all nodes", "instr", None, ""),
    ("heap_claims_1", "... it claims node 0", "instr", None, ""),
    ("heap_claims_64", "... it claims all nodes", "instr", None, ""),
    ("heap_claims_far", "... it claims node 63 alone", "instr", None, ""),
    ("heap_offline", "heap: offline a free page (callgrind)", "instr", None, ""),
    ("heap_online", "heap: online it (callgrind)", "instr", None, ""),
    ("heap_scrub_used", "idle scrub of a page that was used (callgrind)", "instr", None, ""),
    ("heap_scrub_zero", "idle scrub of one that is zero (callgrind)", "instr", None, ""),
    ("boot_loader", "loader's entry to boot services left", "instr", None, ""),
    ("boot_hypervisor", "boot services left to the builder's main", "instr", 757e6, "start to the begin of dom0's build"),
    ("memory_per_page", "memory: for each page of RAM", "bytes", 40, ""),
    ("memory_fixed", "memory: fixed", "KiB", 3072, "image included"),
]
# What the release build stays under.
BARS = {**dict.fromkeys(("hypercall", "cpuid", "cpuid_most", "msr_read", "msr_write", "port_in", "port_out"), 400),
        "claim_set_1": 1500, "populate_0_clean": 800, "populate_9_clean": 40,
        "claim_extent_0": 48, "claim_extent_0_64": 48, "claim_extent_9": 48, "heap_claim_far_adds": 48,
        "destroy_9_dirty": 100, "create_destroy": 60000, "create_destroy_pool": 60000, "memory_per_page": 16, "memory_fixed": 3072}
NOT_QUICK = re.compile(r"_18|heap|memory")  # 1 GiB blocks, callgrind, a second machine
# Not the same each time, but within so much of it. The loader waits for the disk, which knows nothing of
# instructions: it is not compared at all. So the hypervisor begins at another phase of the timer that it
# calibrates the TSC with.
WAITS = {"boot_loader": float("inf"), "boot_hypervisor": 0.001}


def boot(name, nodes, cmdline):
    """What one machine prints."""
    machine = Machine(f"bench-{name}", len(nodes), sum(nodes), 1, debug=False, node_sizes=nodes, icount=SHIFT,
                      cfg=CFG.format(cmdline=cmdline), files=[BUILD / "guest/bench.elf"],
                      extra=["-rtc", "base=2026-01-01,clock=vm"])
    return machine.printed("bench: end", LIMIT)


def guest_figures(text):
    found = {name: int(ticks) / int(count) / (1 << SHIFT)
             for name, ticks, count in re.findall(r"bench: (\w+) (\d+) (\d+)", text)}
    return found | claim_figures(found) | boot_figures(text, found.pop("first_instruction"))


def claim_figures(found):
    """What each extent of a populate takes more when it is claimed."""
    clean, large = found["populate_0_clean"], found["populate_9_clean"]
    return {"claim_extent_0": found["populate_0_clean_claimed"] - clean,
            "claim_extent_0_64": found["populate_0_clean_claimed_64"] - clean,
            "claim_extent_9": (found["populate_9_clean_claimed"] - large) * (1 << 9)}


def boot_figures(text, first):
    entered, left = (int(t) >> SHIFT for t in re.search(r"TSC: (\d+) when .* (\d+) when", text).groups())
    return {"boot_loader": left - entered, "boot_hypervisor": first - left}


def memory_figures(*texts):
    """From two machines of different size: what grows with each page, and what does not."""
    (kept, ram), (kept2, ram2) = (map(int, re.search(r"memory: (\d+) KiB .* of (\d+) KiB", t).groups()) for t in texts)
    per_kib = (kept2 - kept) / (ram2 - ram)
    return {"memory_per_page": per_kib * PAGE, "memory_fixed": kept - per_kib * ram}


def run_heap(run):
    """Instructions of one function of test/bench/heap.c, for each page."""
    what, *args = run
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        subprocess.run(["valgrind", "-q", "--tool=callgrind", f"--toggle-collect=bench_{what}",
                        f"--callgrind-out-file={out}", HEAP, *args], check=True)
        return int(re.search(r"^totals: (\d+)", out.read_text(), re.M)[1]) / HEAP_PAGES


def run_once(name, quick):
    """All figures by name."""
    if quick:
        return guest_figures(boot(name, QUICK_NODES, ""))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        main = pool.submit(boot, name, NODES, "large")
        big = pool.submit(boot, name + "-memory", BIG_NODES, "nothing")
        heap = dict(zip(HEAP_RUNS, pool.map(run_heap, HEAP_RUNS.values())))
        figures = guest_figures(main.result()) | memory_figures(main.result(), big.result())
        return figures | heap | {"heap_claim_far_adds": heap["heap_claims_far"] - heap["heap_claims_none"]}


def wanted(quick):
    return [f for f in FIGURES if not (quick and NOT_QUICK.search(f[0]))]


def differing(first, second, names):
    """Figures that two runs disagree about."""
    return [n for n in names if abs(first[n] - second[n]) > WAITS.get(n, 0) * first[n]]


def above_bars(figures):
    return [f"{n} takes {figures[n]:.4g}, the bar is {bar}" for n, bar in BARS.items() if n in figures and figures[n] > bar]


def result(figure, value):
    name, _, unit, xen, _ = figure
    value = round(value, 2)
    return {"name": name, "value": value, "unit": unit, "xen": xen, "ratio": round(value / xen, 4) if xen else None}


def number(value):
    return "" if value is None else f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"


def row(figure, r):
    ratio = "" if r["ratio"] is None else f"{r['ratio']:.3f}"
    about = "~" if r["name"] in WAITS else ""
    return (f"{figure[1]:46} {about + number(r['value']):>12} {r['unit']:10} {number(r['xen']):>12} {ratio:>7}  "
            f"{figure[4]}").rstrip()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="without 1 GiB blocks, callgrind and the memory kept")
    parser.add_argument("--out", type=Path, default=BUILD / "bench.json")
    args = parser.parse_args()
    runs = [run_once(f"run{i}", args.quick) for i in (1, 2)]
    figures = wanted(args.quick)
    results = [result(f, runs[0][f[0]]) for f in figures]
    print(f"{'':46} {'Allod':>12} {'':10} {'Xen 4.17':>12} {'ratio':>7}")
    for f, r in zip(figures, results):
        print(row(f, r))
    args.out.write_text("".join(json.dumps(r) + "\n" for r in results))
    different = differing(*runs, [f[0] for f in figures])
    print("# both runs: the same figures" if not different else f"# the runs differ in: {', '.join(different)}")
    above = above_bars(runs[0])
    print("# all bars are met" if not above else "# " + "\n# ".join(above))
    return 1 if different or above else 0


if __name__ == "__main__":
    run_main(main)
