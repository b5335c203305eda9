#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What `make run-linux` does once everything is built: Allod in QEMU, its builder, and Linux in a domain of the builder's."""

import argparse
import fcntl
import re
import shutil
import subprocess
import sys

from linux import DIR, boot_line, linux_machine
from machine import OK, plain, run_main
from parameters import number, size
from run import Lines

PAGE, MIB = 4096, 1 << 20
LEAST = "128M"  # Debian's kernel panics with 64 MiB
MOST = "400G"   # the machine has twice that and more; QEMU addresses 1 TiB
BESIDES = 320 * MIB  # on each node: the builder with its modules may be there, and Allod's own
SHELL = re.escape("/ # ")
LIMIT = 600  # seconds: the start, and each line that is typed


def claims(mem, vnodes):
    """A claim set of even shares on the nodes 0, 1, ..., which become virtual nodes when there are several."""
    pages = mem // PAGE
    share = [pages // vnodes] * vnodes
    share[0] += pages - sum(share)
    return " ".join(["vnuma"] * (vnodes > 1) + [f"{node}:{n}" for node, n in enumerate(share)])


def prepare(vcpus, vnodes, mem, **more):
    """The machine that runs it. Linux has the keyboard from its first words on."""
    columns, rows = shutil.get_terminal_size()
    line = boot_line(mem=f"{mem // MIB}M", vcpus=vcpus, claims=claims(mem, vnodes), words=f"quiet COLUMNS={columns} LINES={rows}")
    nodes = max(2, vnodes)
    host = max(2 * mem + 1024 * MIB, nodes * (mem // vnodes + BESIDES))
    return linux_machine("linux", [line], nodes=nodes, mem=f"{host // MIB}M", log="com1", words="  input = 1",
                         cpus=max(2, min(4, vcpus)), threads="single", **more)


def on_a_terminal(machine):
    print("allod: QEMU's own keys: Ctrl-a x ends it; Ctrl-a six times: the keyboard goes from Linux to the builder and back", file=sys.stderr)
    return subprocess.call(machine.command(["-serial", "mon:stdio"])) not in (0, OK)


def type_lines(machine, lines):
    """Each line at Linux' shell, when the one before has ended; behind the last one Linux is left, and the builder."""
    domain = machine.expect(r"linux is domain (\d+)|(?m:^(?:vmlinux: )?linux: .*$)", LIMIT)[1]
    if not domain:
        return False
    ended = rf"d{domain} shut down"
    machine.expect(rf"\n{SHELL}$|{ended}", LIMIT)
    for line in [*lines, "exit"]:
        start = len(plain(machine.console))
        if not re.search(ended, plain(machine.console)):
            machine.send(f"{line.rstrip()}\n")
            machine.expect(rf"\n{SHELL}$|{ended}", LIMIT, start)
    machine.expect(rf"{ended}, reason [01] ", LIMIT)
    machine.ask("quit", "")
    return machine.wait() == OK


def without_terminal(machine):
    """What comes on the input is typed."""
    try:
        machine.start(Lines(lambda line: print(line, flush=True)).feed)
        return not type_lines(machine, sys.stdin)
    except AssertionError as e:
        sys.exit(f"allod: {str(e).split(';')[0]}")
    finally:
        machine.kill()


def lock_folder():
    """Kept until this program ends: two would write the same boot volume."""
    DIR.mkdir(parents=True, exist_ok=True)
    lock = (DIR / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        sys.exit("allod: another make run-linux is running in this folder; a clone of it can run beside")
    return lock


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vcpus", default="2")
    parser.add_argument("--vnodes", default="2")
    parser.add_argument("--mem", default="512M")
    args = parser.parse_args()
    vcpus, vnodes = number("VCPUS", args.vcpus, 1, 64), number("VNODES", args.vnodes, 1, 16)
    mem, lock = size("MEM", args.mem, LEAST, MOST), lock_folder()
    machine = prepare(vcpus, vnodes, mem)
    with lock:
        return (on_a_terminal if sys.stdin.isatty() and sys.stdout.isatty() else without_terminal)(machine)


if __name__ == "__main__":
    run_main(main)
