#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How long the hypervisor takes from leaving boot services to the first guest, by size of memory."""

import argparse
import re
import statistics
import sys

from machine import BUILD, OK, Machine, plain, size_bytes

CFG = "[allod]\nloglvl = debug\n[domain a]\nimage = hello.elf  memory = 16M  privileged = yes\n"
SHIFT = 6  # of -icount: one instruction takes 64 ns of the machine's time
RELOCATED = 1010 << 30  # from here on RAM needs more than the 40 address bits of the CPU model


class Measured(Machine):
    """Deterministic with COUNTED: one thread, and a clock that counts instructions."""

    counted = False

    def command(self, serial, gdb=False):
        cmd = super().command(serial, gdb)
        if self.counted:
            cmd[cmd.index("tcg,thread=multi")] = "tcg,thread=single"
            cmd += ["-icount", f"shift={SHIFT}"]
        return cmd


def boot(args, size, counted):
    """The whole way and each step of it, in ms."""
    cpu = "max" if size < RELOCATED else "max,phys-bits=42"
    machine = Measured("measure-boot", args.nodes, size, 1, debug=args.debug, cpu=cpu + args.cpu, cfg=CFG,
                       files=[BUILD / "guest/hello.elf"])
    machine.counted = counted
    status = machine.start().wait(300)
    text = plain(machine.console)
    if status != OK:
        sys.exit(f"allod: {size >> 20} MiB: status {status}\n{text[-2000:]}")
    steps = {name: int(us) / 1000 for name, us in re.findall(r"\(allod\) +(.+) took (\d+) us", text)}
    return int(re.search(r"first guest: (\d+) ms", text)[1]), steps


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", default=["256M", "4G", "64G", "512G", "1T"])
    parser.add_argument("--nodes", type=int, default=1)
    parser.add_argument("--runs", type=int, default=5, help="boots for each size, the median counts")
    parser.add_argument("--debug", action="store_true", help="the debug build")
    parser.add_argument("--cpu", default="", help="more of QEMU's -cpu, such as ,pdpe1gb=off")
    args = parser.parse_args()
    print(f"{'memory':>8} {'ms':>7} {'counted ms':>11}  of the counted: steps of 1 ms and more")
    for text in args.sizes:
        size = size_bytes(text)
        wall = statistics.median(boot(args, size, False)[0] for _ in range(args.runs))
        counted, steps = boot(args, size, True)
        shown = ", ".join(f"{name} {ms:.1f}" for name, ms in steps.items() if ms >= 1)
        print(f"{text:>8} {wall:7.0f} {counted:11d}  {shown}", flush=True)


if __name__ == "__main__":
    main()
