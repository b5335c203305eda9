#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What `make run`, `make scenario` and `make debug` do once everything is built."""

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path

from machine import BUILD, OK, ROOT, TIMEOUT, Machine, explain, plain

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


def demo_modules():
    return [GUEST / "hello.elf"] + sorted((ROOT / "guest/builder").glob("*.scn"))


def run_machine(args, cmdline, name):
    files = demo_modules()
    cfg = RUN_CFG.format(modules=" ".join(f.name for f in files), cmdline=cmdline)
    return Machine(name, args.nodes, args.mem or "4G", args.cpus, cfg=cfg, files=[GUEST / "builder.elf", *files])


def finish(status, limit=None):
    if status == OK:
        return 0
    why = f"no end within {limit} s: hung?" if status == TIMEOUT else explain(status)
    print(f"allod: {why}", file=sys.stderr)
    return 1


def cmd_run(args):
    """On a terminal: the demonstration, then the prompt. Without one: the demonstration, then the end."""
    if sys.stdin.isatty() and sys.stdout.isatty():
        machine = run_machine(args, "demo shell", "run")
        print("allod: QEMU's own keys: Ctrl-a x ends it, Ctrl-a h helps; the builder's: help, quit", file=sys.stderr)
        return finish(subprocess.call(machine.command(["-serial", "mon:stdio"])))
    machine = run_machine(args, "demo", "run")

    return finish(machine.start(Lines(lambda line: print(line, flush=True)).feed).wait(args.limit), args.limit)


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
            return "the guest did not finish within the time limit"
        if self.bail:
            return "the scenario could not be played"
        if self.plan is None or self.plan != self.good + self.bad:
            return f"planned {self.plan} tests, saw {self.good + self.bad}: the guest did not finish"
        if self.bad:
            return f"{self.bad} of {self.plan} tests failed"
        return None if status == OK else explain(status)


def scenario_memory(text, nodes):
    """Bytes that a scenario's machine needs: its `host` lines and orders decide, not more, since the filler takes the
    rest page by page."""
    pages = [int(n, 0) for line in re.findall(r"^\s*host\s+([^#=\n]*)", text, re.M) for n in line.split() if n[0].isdigit()]
    orders = [int(n, 0) for n in re.findall(r"\border=(\w+)", text) if n.isdigit() and int(n) <= 18]
    largest = max(max(pages, default=0), 1 << max(orders, default=0)) << 12
    return nodes * max(384 << 20, min(3 * largest, 16 << 30))


def scenario_machine(scn, nodes, mem, cpus, debug=None, boot="disk"):
    """unprivileged.scn is played by a domain without privilege, beside an idle domain 0."""
    scn = Path(scn)
    mem = mem or scenario_memory(scn.read_text(errors="replace"), nodes)
    unprivileged = scn.name == "unprivileged.scn"
    cfg = SCENARIO_CFG.format(file=scn.name, privileged="no" if unprivileged else "yes",
                              idle=IDLE_DOMAIN if unprivileged else "")
    files = [GUEST / "builder.elf", scn] + ([GUEST / "hello.elf"] if unprivileged else [])
    return Machine(f"scenario-{scn.stem}-{nodes}", nodes, mem, cpus, debug=debug, cfg=cfg, files=files, boot=boot)


def cmd_scenario(args):
    if not Path(args.file).is_file():
        sys.exit(f"allod: no file {args.file}; say make scenario SCN=FILE")
    machine = scenario_machine(args.file, args.nodes, args.mem, args.cpus)
    tap = Tap()
    status = machine.start(tap.feed).wait(args.limit)
    tap.line(plain(tap.rest))
    why = tap.verdict(status)
    if why:
        print(f"# {why}")
    shutil.copyfile(machine.log_path, machine.dir / "log.txt")
    print(f"# log: {machine.dir / 'log.txt'}")
    return 1 if why else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=4)
    parser.add_argument("--mem", help="default: what the scenario needs")
    parser.add_argument("--cpus", type=int)
    parser.add_argument("--limit", type=float, default=120, help="seconds, stretched by ALLOD_TIME_SCALE")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run").set_defaults(call=cmd_run)
    debug = commands.add_parser("debug")
    debug.add_argument("gdb", nargs="*", help="further gdb arguments")
    debug.set_defaults(call=cmd_debug)
    scenario = commands.add_parser("scenario")
    scenario.add_argument("file")
    scenario.set_defaults(call=cmd_scenario)
    args = parser.parse_args()
    return args.call(args)


if __name__ == "__main__":
    sys.exit(main())
