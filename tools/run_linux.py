#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What `make run-linux` does once everything is built: Allod in QEMU, its builder, and Linux in a domain of the builder's."""

import argparse
import re
import subprocess
import sys

from linux import boot_line, linux_machine, say
from machine import size_bytes

PAGE = 4096


def claims(mem, vnodes):
    """A claim set of even shares on the nodes 0, 1, ..., which become virtual nodes when there are several."""
    pages = mem // PAGE
    share = [pages // vnodes] * vnodes
    share[0] += pages - sum(share)
    return " ".join(["vnuma"] * (vnodes > 1) + [f"{node}:{n}" for node, n in enumerate(share)])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vcpus", default="1")
    parser.add_argument("--vnodes", default="1")
    parser.add_argument("--mem", default="512M")
    args = parser.parse_args()
    for name, text, most in (("VCPUS", args.vcpus, 64), ("VNODES", args.vnodes, 16)):
        if not re.fullmatch(r"\d+", text) or not 1 <= int(text) <= most:
            say(f"{name}={text}: expected a number from 1 to {most}")
    mem, vcpus, vnodes = size_bytes(args.mem), int(args.vcpus), int(args.vnodes)
    line = boot_line(mem=f"{mem >> 20}M", vcpus=vcpus, claims=claims(mem, vnodes))
    machine = linux_machine("linux", [line], nodes=max(2, vnodes), mem=f"{2 * (mem >> 20) + 1024}M", log="com1",
                            cpus=max(2, min(4, vcpus)), threads="single")
    print("allod: QEMU's own keys: Ctrl-a x ends it; the builder's: help, quit", file=sys.stderr)
    return subprocess.call(machine.command(["-serial", "mon:stdio"])) not in (0, 33)


if __name__ == "__main__":
    sys.exit(main())
