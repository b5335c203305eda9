# SPDX-License-Identifier: MIT
"""Boot storms in QEMU: the machine for guest/storm, and what it says, as Python objects."""

import json
import re

from machine import BUILD, Machine, kind, plain

MIB = 1 << 20
LEAST = 8 * MIB  # of the machine's memory for each domain
SHIFT = 6  # under -icount the TSC counts 64 for each instruction

CFG = """\
[allod]
console = com1  log = com2  loglvl = debug{checks}
[domain storm]
image = storm.elf  memory = 32M  vcpus = {builders}  privileged = yes  console = yes
modules = storm.elf  cmdline = "{words}"
"""


def default_memory(nodes, domains):
    """Bytes: 128 MiB for a node, 20 MiB for a domain, whichever is more."""
    return max(256 * MIB, nodes * 128 * MIB, domains * 20 * MIB)


def storm_machine(name, words, nodes=4, mem=None, cpus=4, builders=None, domains=24, debug=None, icount=None):
    """WORDS: guest/storm/main.c's command line without the number of domains. Debug builds check all invariants after
    each hypercall when `checks` is among them."""
    checked = kind(debug) == "debug" and "checks" in words.split()
    words = " ".join(w for w in words.split() if w != "checks")
    cfg = CFG.format(checks="  checks = yes" if checked else "", builders=builders or cpus,
                     words=f"domains={domains} {words}")
    return Machine(name, nodes, mem or default_memory(nodes, domains), cpus, debug=debug, cfg=cfg, icount=icount,
                   files=[BUILD / "guest/storm.elf"])


def objects(text):
    """The guest's lines that are JSON; the firmware says other things before."""
    for line in plain(text).splitlines():
        if line.startswith("{"):
            try:
                yield json.loads(line)
            except ValueError:
                continue


def by_number(counts):
    """JSON's keys are text."""
    return {int(k): v for k, v in counts.items()}


def collect(text):
    """The machine, and its storms in the order in which they were played."""
    machine, storms, domains, stripes = None, [], [], []
    for o in objects(text):
        if "machine" in o:
            machine = o["machine"]
        elif "stripes" in o:
            stripes.append(o)
        elif "domain" in o:
            domains.append(o | {"wanted": by_number(o["wanted"]), "on": by_number(o["on"])})
        elif "storm" in o:
            storms.append(o | {"of": domains, "stripes": stripes})
            domains, stripes = [], []
    return machine, storms


def add_log_reasons(storms, log):
    """What the hypervisor says about its refusals (loglvl=debug), counted by the sentence without its numbers. Each
    storm has domain ids of its own."""
    for s in storms:
        ids = [d["domid"] for d in s["of"]]
        s["log"] = {}
        for line, domid in re.findall(r"^\(allod\) refused(?: \(\w+\))?: (.*?\bd(\d+)\b.*)$", log, re.M):
            if ids and min(ids) <= int(domid) <= max(ids):
                what = re.sub(r"-?\b\d+\b", "#", re.sub(r"\bd\d+\b", "d#", line))
                s["log"][what] = s["log"].get(what, 0) + 1
