#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What `make run-linux` does once everything is built: Allod in QEMU, its builder, and Linux in a domain of the builder's."""

import argparse
import subprocess
import sys

from linux import boot_line, linux_machine
from machine import run_main, size_bytes
from parameters import number

PAGE = 4096


def claims(mem, vnodes):
    """A claim set of even shares on the nodes 0, 1, ..., which become virtual nodes when there are several."""
    pages = mem // PAGE
    share = [pages // vnodes] * vnodes
    share[0] += pages - sum(share)
    return " ".join(["vnuma"] * (vnodes > 1) + [f"{node}:{n}" for node, n in enumerate(share)])


def prepare(vcpus, vnodes, mem, **more):
    """The machine that runs it. Linux has the keyboard from its first words on."""
    line = boot_line(mem=f"{mem >> 20}M", vcpus=vcpus, claims=claims(mem, vnodes))
    return linux_machine("linux", [line], nodes=max(2, vnodes), mem=f"{2 * (mem >> 20) + 1024}M", log="com1", words="  input = 1",
                         cpus=max(2, min(4, vcpus)), threads="single", **more)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vcpus", default="2")
    parser.add_argument("--vnodes", default="2")
    parser.add_argument("--mem", default="512M")
    args = parser.parse_args()
    vcpus, vnodes = number("VCPUS", args.vcpus, 1, 64), number("VNODES", args.vnodes, 1, 16)
    machine = prepare(vcpus, vnodes, size_bytes(args.mem))
    print("allod: QEMU's own keys: Ctrl-a x ends it; Ctrl-a six times: the keyboard goes from Linux to the builder and back", file=sys.stderr)
    return subprocess.call(machine.command(["-serial", "mon:stdio"])) not in (0, 33)


if __name__ == "__main__":
    run_main(main)
