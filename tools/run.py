#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What `make run`, `make scenario` and `make debug` do once everything is built."""

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from machine import BUILD, MORE_TIME, OK, ROOT, TIMEOUT, Machine, explain, kind, plain, print_no_more, run_main
from parameters import choice, number, size

GUEST = BUILD / "guest"

RUN_CFG = """\
[allod]
console = com1  log = com1  loglvl = info
[domain builder]
image = builder.elf  memory = 64M  vcpus = 1  privileged = yes
modules = "{modules}"  cmdline = "{cmdline}"
"""

# The builder has the console for itself; the hypervisor and other domains print on COM2. What the firmware says
# on COM1 before that is no TAP and is dropped.
SCENARIO_CFG = """\
[allod]
console = com1  log = com2  loglvl = debug
{idle}[domain builder]
image = builder.elf  memory = 64M  vcpus = 1  privileged = {privileged}  console = yes
modules = "{file}"  cmdline = "run {file}"
"""
IDLE_DOMAIN = """\
[domain idle]
image = hello.elf  memory = 16M  privileged = yes
"""

# A bystander watches over its own memory while another domain makes calls at random: one beside it with privilege, or
# one after the other without, which it builds itself. The privileged one is domain 0: that is the domain which zeroes
# name, and results of one call of a list may become the argument of another.
HYPERFUZZ_CFG = """\
[allod]
console = com1  log = com2  loglvl = info{checks}
{caller}[domain watch]
image = hyperfuzz.elf  memory = 64M  privileged = yes  console = yes  modules = hyperfuzz.elf
cmdline = "watch {watch}"
"""
PRIVILEGED_CALLER = """\
[domain caller]
image = hyperfuzz.elf  memory = 16M  privileged = yes  cmdline = "{calls}"
"""

# "share" is for two domains together: the second one's TAP is among the messages on COM2.
RACE_CFG = """\
[allod]
console = com1  log = com2  loglvl = info{checks}
[domain race]
image = race.elf  memory = 64M  vcpus = 8  privileged = yes  console = yes  modules = "race.elf hello.elf"
cmdline = "{words}"
"""
RACE_SECOND = """\
[domain second]
image = race.elf  memory = 64M  vcpus = 4  privileged = yes  cmdline = "second {words}"
"""

RACE_TIMES = 4  # as many rounds as in `make test`


def race_cases():
    """The names that guest/race knows; "share" is the last one."""
    known = re.search(r"cases\[\] = \{(.*?)\};", (ROOT / "guest/race/main.c").read_text(), re.S)[1]
    return [*re.findall(r"&case_(\w+)", known), "share"]

def demo_modules():
    """Every guest that was built, but the builder itself and those of targets of their own, and the builder's scenarios."""
    others = ("builder", "bench", "hyperfuzz", "parallel", "race", "storm")
    guests = [f for f in sorted(GUEST.glob("*.elf")) if f.stem not in others]
    return guests + sorted((ROOT / "guest/builder").glob("*.scn"))


def run_machine(args, cmdline, name):
    files = demo_modules()
    cfg = RUN_CFG.format(modules=" ".join(f.name for f in files), cmdline=cmdline)
    return Machine(name, args.nodes or 4, args.mem or "4G", args.cpus, cfg=cfg, files=[GUEST / "builder.elf", *files])


def finish(status, limit=None):
    if status == OK:
        return 0
    why = f"no end within {limit:.0f} s: hung? {MORE_TIME}" if status == TIMEOUT else explain(status)
    print(f"allod: {why}", file=sys.stderr)
    return 1


def warn_of_swapping(mem):
    host = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if mem > host:
        print(f"allod: the machine has more memory ({mem >> 30} GiB) than this host ({host >> 30} GiB), and all of it is wiped: "
              "the host will swap, or end QEMU", file=sys.stderr)


def cmd_run(args):
    """On a terminal: the demonstration, then the prompt. Without one: the demonstration, then the end."""
    if sys.stdin.isatty() and sys.stdout.isatty():
        machine = run_machine(args, "demo shell", "run")
        warn_of_swapping(machine.mem)
        print("allod: QEMU's own keys: Ctrl-a x ends it, Ctrl-a h helps; the builder's: help, quit; Ctrl-a six times: the keyboard goes to the next domain", file=sys.stderr)
        status = subprocess.call(machine.command(["-serial", "mon:stdio"]))
        if status == 0:
            print("allod: QEMU was left with Ctrl-a x, or the machine reset itself", file=sys.stderr)
        return finish(status) if status else 0
    machine = run_machine(args, "demo", "run")
    warn_of_swapping(machine.mem)
    args.limit += 15 * (machine.mem >> 30)  # every page is wiped once

    try:
        status = machine.play(args.limit, Lines(lambda line: print(line, flush=True)).feed)
    except BrokenPipeError:  # whoever reads has seen enough
        print_no_more()
        return 0
    if status == OK:
        print("allod: done; on a terminal you would be at the builder's prompt now (try help)", file=sys.stderr)
    return finish(status, args.limit)


def cmd_debug(args):
    """QEMU waits for gdb, which stops at the hypervisor's entry."""
    machine = run_machine(args, "demo", "debug")
    qemu = subprocess.Popen(machine.command(["-serial", f"file:{machine.dir}/com1.log", "-monitor", "none"], gdb=True),
                            stdin=subprocess.DEVNULL)
    print(f"allod: console in {machine.dir}/com1.log", file=sys.stderr)
    gdb = ["gdb", "-q", str(BUILD / machine.kind / "allod.elf"), "-ex", "set arch i386:x86-64", "-ex", "set confirm off",
           "-ex", "target remote 127.0.0.1:1234", "-ex", "hbreak kernel_main", "-ex", "continue", *args.gdb]
    try:
        return subprocess.call(gdb)
    finally:
        qemu.kill()


class Lines:
    """Cuts what arrives in pieces into whole lines."""

    def __init__(self, on_line):
        self.on_line, self.rest = on_line, ""

    def feed(self, text):
        *lines, self.rest = (self.rest + text).split("\n")
        for line in lines:
            self.on_line(plain(line))


class Tap(Lines):
    """Passes plain TAP on, and remembers what it means."""

    def __init__(self):
        super().__init__(self.line)
        self.plan, self.good, self.bad, self.bail = None, 0, 0, False

    def line(self, line):
        if not re.match(r"(TAP version|1\.\.\d+|ok |not ok |#|Bail out!)", line):
            return
        print(line, flush=True)
        if line.startswith("1.."):
            self.plan = int(line[3:].split()[0])
        self.good += line.startswith("ok ")
        self.bad += line.startswith("not ok ")
        self.bail |= line.startswith("Bail out!")

    def verdict(self, status):
        """One sentence on what went wrong, or None."""
        if status == TIMEOUT:
            return f"the guest did not finish within the time limit; {MORE_TIME}"
        if self.bail:
            return "the scenario could not be played"
        if self.plan is None and status != OK:
            return explain(status) + "; the log says more"
        if self.plan is None or self.plan != self.good + self.bad:
            return f"planned {self.plan} tests, saw {self.good + self.bad}: the guest did not finish"
        if self.bad:
            return f"{self.bad} of {self.plan} tests failed"
        return None if status == OK else explain(status)


def host_lines(text):
    """The numbers of a scenario's `host` lines."""
    lines = re.findall(r"^[ \t]*host[ \t]+([^#=\n]*)", text, re.M)
    return [[int(n, 0) for n in line.split() if re.fullmatch(r"\d+|0x[0-9a-fA-F]+", n)] for line in lines]


def scenario_nodes(text):
    return min(max([2] + [len(line) for line in host_lines(text)]), 64)


def scenario_memory(text, nodes):
    """Bytes that a scenario's machine needs: its `host` lines and orders decide, not more, since the filler takes the
    rest page by page."""
    pages = [n for line in host_lines(text) for n in line]
    orders = [int(n, 0) for n in re.findall(r"\border=(\w+)", text) if n.isdigit() and int(n) <= 18]
    largest = max(max(pages, default=0), 1 << max(orders, default=0)) << 12
    return nodes * max(384 << 20, min(3 * largest, 16 << 30))


def scenario_machine(scn, nodes, mem, cpus, debug=None, boot="disk"):
    """unprivileged.scn is played by a domain without privilege, beside an idle domain 0."""
    scn = Path(scn)
    text = scn.read_text(errors="replace")
    nodes = nodes or scenario_nodes(text)
    name = re.sub(r"[^\w.-]", "_", scn.name, flags=re.A)
    unprivileged = name == "unprivileged.scn"
    cfg = SCENARIO_CFG.format(file=name, privileged="no" if unprivileged else "yes",
                              idle=IDLE_DOMAIN if unprivileged else "")
    files = [GUEST / "builder.elf", (scn, name)] + ([GUEST / "hello.elf"] if unprivileged else [])
    return Machine(f"scenario-{Path(name).stem}-{nodes}", nodes, mem or scenario_memory(text, nodes), cpus, debug=debug,
                   cfg=cfg, files=files, boot=boot)


def cmd_scenario(args):
    if not Path(args.file).is_file():
        sys.exit(f"allod: no file \"{args.file}\"; say make scenario SCN=FILE")
    machine = scenario_machine(args.file, args.nodes, args.mem, args.cpus)
    tap = Tap()
    status = machine.play(args.limit, tap.feed)
    tap.line(plain(tap.rest))
    why = tap.verdict(status)
    if why:
        print(f"# {why}")
    shutil.copyfile(machine.log_path, machine.dir / "log.txt")
    print(f"# log: {machine.dir / 'log.txt'}")
    return 1 if why else 0


def hyperfuzz_machine(name, seed, count, runs=0, debug=None):
    """runs: how many unprivileged callers, with seeds from SEED on; 0: one privileged caller. Debug builds check all
    invariants after each call."""
    calls = f"seed={seed} count={count}"
    checks = "  checks = yes" if kind(debug) == "debug" else ""
    cfg = HYPERFUZZ_CFG.format(checks=checks, watch=f"runs={runs} {calls}" if runs else "",
                               caller="" if runs else PRIVILEGED_CALLER.format(calls=calls))
    return Machine(name, 2, "512M", 2, debug=debug, cfg=cfg, files=[GUEST / "hyperfuzz.elf"])


def hyperfuzz_report(machine, runs=0):
    """What watcher and callers have said in TAP, and one sentence on what went wrong, or None."""
    lines = re.findall(r"^(?:# |ok |not ok |1\.\.).*", plain(machine.console), re.M)
    lines += re.findall(r"^\(d\d+\) ((?:# |ok |not ok |1\.\.).*)", machine.log, re.M)
    plans = [int(line[3:]) for line in lines if re.fullmatch(r"1\.\.\d+", line)]
    good = sum(line.startswith("ok ") for line in lines)
    bad = [line for line in lines if line.startswith("not ok ")]
    if bad:
        return lines, "; ".join(bad)
    if len(plans) != 1 + max(runs, 1) or good != sum(plans):
        return lines, f"planned {plans} tests, saw {good}: a guest did not finish"
    return lines, None


def race_machine(name, cases="", seed=1, rounds=0, debug=None, checks=False, threads="multi", times=1):
    """cases: names with blanks between them, "" means all but share. rounds=0: TIMES as many as each case has itself. Debug builds: checks after every hypercall."""
    words = f"{cases} seed={seed} rounds={rounds} times={times}".strip()
    cfg = RACE_CFG.format(words=words, checks="  checks = yes" if checks else "")
    cfg += RACE_SECOND.format(words=words) if "share" in cases.split() else ""
    return Machine(name, 2, "1G", 4, debug=debug, cfg=cfg, files=[GUEST / "race.elf", GUEST / "hello.elf"],
                   threads=threads)


def race_report(machine, cases=""):
    """What the racers have said in TAP, and one sentence on what went wrong, or None."""
    lines = re.findall(r"^(?:# |ok |not ok |1\.\.|Bail out!).*", plain(machine.console), re.M)
    lines += re.findall(r"^\(d1\) ((?:# |ok |not ok |1\.\.).*)", machine.log, re.M) if "share" in cases.split() else []
    plans = [int(line[3:]) for line in lines if re.fullmatch(r"1\.\.\d+", line)]
    good = sum(line.startswith("ok ") for line in lines)
    bad = [line for line in lines if line.startswith(("not ok ", "Bail out!"))]
    if bad:
        return lines, "; ".join(bad)
    if len(plans) != 1 + ("share" in cases.split()) or good != sum(plans):
        return lines, f"planned {plans} cases, saw {good}: the racers did not finish"
    return lines, None


def cmd_race(args):
    """All cases, or some; "share" with two privileged domains."""
    chosen = " ".join(choice("CASE", c, race_cases()) for c in args.case.split())
    choice("THREADS", args.threads, ["multi", "single"])
    seed, rounds = number("SEED", args.seed, 0, (1 << 64) - 1), number("ROUNDS", args.rounds, 0, 10**9)
    result = 0
    for case in [chosen] if chosen else ["", "share"]:
        machine = race_machine(f"race-{case.replace(' ', '-') or 'all'}", case, seed, rounds, checks=args.checks, threads=args.threads,
                               times=1 if chosen else RACE_TIMES)
        tap = Tap()
        status = machine.play(args.limit * 10, tap.feed)
        _, why = race_report(machine, case)
        why = why if status == OK else f"{explain(status) if status != TIMEOUT else MORE_TIME}; {why}"
        print(f"# {why or 'all is well'}; log: {machine.log_path}", flush=True)
        result |= why is not None
    return result


def cmd_hyperfuzz(args):
    """First with privilege, then without."""
    seed, count = number("SEED", args.seed, 0, (1 << 64) - 1), number("COUNT", args.count, 1, 10**9)
    limit = args.limit + count / 100
    result = 0
    for name, runs in (("privileged", 0), ("unprivileged", 1)):
        machine = hyperfuzz_machine(f"hyperfuzz-{name}", seed, count, runs)
        status = machine.play(limit)
        lines, why = hyperfuzz_report(machine, runs)
        why = why if status == OK else f"{explain(status) if status != TIMEOUT else MORE_TIME}; {why}"
        print("\n".join(lines))
        print(f"# {name}: {why or 'all is well'}; log: {machine.log_path}", flush=True)
        result |= why is not None
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", help="default: what the scenario needs, else 4")
    parser.add_argument("--mem", help="default: what the scenario needs")
    parser.add_argument("--cpus")
    parser.add_argument("--limit", type=float, default=120, help="seconds, stretched by ALLOD_TIME_SCALE")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run").set_defaults(call=cmd_run)
    debug = commands.add_parser("debug")
    debug.add_argument("gdb", nargs="*", help="further gdb arguments")
    debug.set_defaults(call=cmd_debug)
    scenario = commands.add_parser("scenario")
    scenario.add_argument("file")
    scenario.set_defaults(call=cmd_scenario)
    hyperfuzz = commands.add_parser("hyperfuzz")
    hyperfuzz.add_argument("--seed", default="1")
    hyperfuzz.add_argument("--count", default="20000")
    hyperfuzz.set_defaults(call=cmd_hyperfuzz)
    race = commands.add_parser("race")
    race.add_argument("--case", default="", help="names with blanks between them; none: all")
    race.add_argument("--seed", default="1")
    race.add_argument("--rounds", default="0", help="of each case; 0: its own number")
    race.add_argument("--checks", action="store_true", help="all invariants after every hypercall")
    race.add_argument("--threads", default="multi", help="QEMU's, for the CPUs: multi or single")
    race.set_defaults(call=cmd_race)
    args = parser.parse_args()
    args.nodes = number("NODES", args.nodes, 1, 128) if args.nodes is not None else 0
    if args.mem is not None:
        size("MEM", args.mem, "48M", "1T")  # with less the firmware does not come up; QEMU's CPUs have addresses for as much
    args.cpus = number("CPUS", args.cpus, 1, 255) if args.cpus is not None else None
    return args.call(args)


if __name__ == "__main__":
    run_main(main)
