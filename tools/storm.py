#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What `make storm` and `make soak` do once everything is built: boot storms in QEMU, their table, JSON and picture."""

import argparse
import json
import os
import random
import sys
from pathlib import Path

from machine import BUILD, MORE_TIME, OK, TIMEOUT, explain, kind, plain, run_main, size_bytes
from parameters import choice, number
from run import Lines
from storm_run import LEAST, MIB, SHIFT, add_log_reasons, collect, default_memory, objects, storm_machine
from storm_svg import picture
from storm_table import broken_bars, figures, mode, table

OUT = BUILD / "storm"
SOAK_MEM = 64 * MIB  # for a node


def fail(machine, status):
    """The end, with what the machine said last. Its logs are kept."""
    machine.keep()
    why = f"no end within the time limit; {MORE_TIME}" if status == TIMEOUT else explain(status)
    lines = [line for line in plain(machine.console).splitlines() if line.strip() and not line.startswith("{")]
    wrong = [o["wrong"] for o in objects(machine.console) if o.get("wrong")]
    sys.exit("\n".join([*lines[-12:], *wrong, f"allod: {why}; log: {machine.log_path}"]))


def play(args, words, name, icount=None):
    """The machine's description and its storms."""
    machine = storm_machine(name, words, args.nodes, args.mem, args.cpus, args.builders, args.domains, icount=icount)
    limit = 120 + 10 * args.domains + 60 * (machine.mem >> 30)
    status = machine.play(limit)
    described, storms = collect(machine.console)
    if status != OK or not storms:
        fail(machine, status)
    add_log_reasons(storms, machine.log)
    return described, storms


def count_instructions(args, words, storms):
    """The same domains once more on a machine whose TSC counts instructions, of all CPUs together: they take turns
    there, so that the race takes another course."""
    counted = play(args, words, "storm-count", icount=SHIFT)[1]
    for storm, again in zip(storms, counted):
        storm["instructions"] = again["ticks"] >> SHIFT


def title(args, machine, f):
    free = sum(n["free"] for n in machine["nodes"]) / 256
    what = "evacuation" if f["evacuate"] else "boot storm"
    return (f"{what}, seed {f['seed']}: {f['domains']} domains want {f['wanted_pages'] / 256:,.0f} MiB; {free:,.0f} MiB are "
            f"free on {len(machine['nodes'])} node{'s' * (len(machine['nodes']) > 1)}{' before it begins' if f['evacuate'] else ''}; "
            f"{machine['builders']} builder{'s' * (machine['builders'] > 1)} on {args.cpus} CPU{'s' * (args.cpus > 1)}")


def write(path, text):
    path.write_text(text)
    print(f"# {os.path.relpath(path)}")


def cmd_storm(args):
    words = f"seed={args.seed} claims={args.claims} evacuate={'yes' if args.evacuate else 'no'}"
    machine, storms = play(args, words + " warm detail", "storm")
    if args.instructions:
        count_instructions(args, words, storms)
    found = [figures(machine, s) for s in storms]
    print(title(args, machine, found[0]))
    print("\n".join(table(found)))
    OUT.mkdir(parents=True, exist_ok=True)
    for storm, f in zip(storms, found):
        result = {"machine": machine, "figures": f, "domains": storm["of"], "stripes": storm["stripes"]}
        write(OUT / f"claims-{'on' if f['claims'] else 'off'}.json", json.dumps(result, indent=1) + "\n")
    write(OUT / "storm.svg", picture(machine, storms))
    broken = [f"{mode(f)}: {why}" for f in found for why in broken_bars(f)]
    print("\n".join(f"# {b}" for b in broken) or "# all bars are met")
    return 1 if broken else 0


class Soak(Lines):
    """Says how far it is, and remembers which storm failed."""

    def __init__(self, storms):
        super().__init__(self.line)
        self.storms, self.good, self.last, self.wrong = storms, 0, None, None

    def line(self, line):
        for o in objects(line):
            if "storm" in o:
                self.last = o["storm"]
                self.good += o["wrong"] is None
                self.wrong = self.wrong or o["wrong"]
                if self.good % 10 == 0 or self.good == self.storms:
                    print(f"# {self.good} of {self.storms} storms, the last one with seed {self.last}", flush=True)


def again(args, seed):
    """The command that plays the storm with SEED on the same machine."""
    return (f"make soak STORMS=1 SEED={seed} NODES={args.nodes} DOMAINS={args.domains} CPUS={args.cpus} "
            f"BUILDERS={args.builders} MEM={args.mem >> 20}M DEBUG={int(kind() == 'debug')}")


def cmd_soak(args):
    """Many storms in one boot: the seed of each decides about claims and evacuation."""
    seed = random.randrange(1 << 32) if args.seed is None else args.seed
    print(f"# {args.storms} storms, seeds from {seed} on, {args.nodes} nodes, {args.domains} domains each")
    machine = storm_machine("soak", f"seed={seed} storms={args.storms} claims=any evacuate=any checks", args.nodes,
                            args.mem, args.cpus, args.builders, args.domains)
    soak = Soak(args.storms)
    status = machine.play(120 + 20 * args.storms, soak.feed)
    if status == OK and soak.good == args.storms:
        print("# all is well")
        return 0
    at = soak.last if soak.wrong else seed if soak.last is None else soak.last + 1
    print(f"# the storm with seed {at} failed: {soak.wrong or 'it did not end'}\n# again: {again(args, at)}")
    fail(machine, status)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("domains", "nodes", "cpus", "builders", "mem", "seed", "storms", "evacuate", "claims"):
        parser.add_argument(f"--{name}", default="")
    parser.add_argument("--no-instructions", dest="instructions", action="store_false")
    parser.add_argument("command", choices=["storm", "soak"])
    args = parser.parse_args()
    args.domains = number("DOMAINS", args.domains or "24", 2, 256)
    args.nodes = number("NODES", args.nodes or "4", 1, 16)
    args.cpus = number("CPUS", args.cpus or "4", 1, 64)
    args.builders = number("BUILDERS", args.builders or str(args.cpus), 1, 64)
    args.storms = number("STORMS", args.storms or "200", 1, 10**6)
    args.seed = number("SEED", args.seed, 0, (1 << 63) - 1) if args.seed else None if args.command == "soak" else 1
    args.evacuate = number("EVACUATE", args.evacuate or "0", 0, 1)
    args.claims = args.claims or "both"
    return args


def check(args):
    """One clear sentence about what does not fit together."""
    choice("CLAIMS", args.claims, ["on", "off", "both"])
    if args.evacuate and (args.nodes < 2 or args.domains < 6):
        sys.exit(f"allod: EVACUATE=1 needs at least 2 nodes and 6 domains, there are NODES={args.nodes} "
                 f"DOMAINS={args.domains}")
    least = args.nodes * SOAK_MEM if args.command == "soak" else default_memory(args.nodes, args.domains)
    args.mem = size_bytes(args.mem) if args.mem else max(least, args.domains * LEAST)
    if args.mem < args.domains * LEAST + args.nodes * 16 * MIB:
        sys.exit(f"allod: MEM={args.mem >> 20}M is too little for DOMAINS={args.domains} on NODES={args.nodes}: "
                 f"expected at least {(args.domains * LEAST >> 20) + args.nodes * 16}M")


def main():
    args = arguments()
    if args.command == "soak" and args.nodes < 2:
        sys.exit("allod: NODES=1: storms in a row need at least 2 nodes, for some of them are evacuations")
    check(args)
    return cmd_storm(args) if args.command == "storm" else cmd_soak(args)


if __name__ == "__main__":
    run_main(main)
