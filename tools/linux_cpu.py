#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What `make bench-linux` does: the CPU time that Debian's kernel and busybox take from the start to the shell, in a domain of
Allod's and, with the same kernel and initrd, in QEMU's smallest machine."""

import argparse
import json
import os
import statistics
import subprocess
import sys
import threading
from pathlib import Path

from linux import boot_line, images, linux_machine
from machine import BUILD, plain, time_scale

BAR = 2.5
SHELL = "Enter 'help' for a list of built-in commands"
LIMIT = 300
RUNS = 3
MICROVM = ["qemu-system-x86_64", "-M", "microvm,pic=off,pit=off,rtc=off", "-accel", "tcg,thread=single", "-cpu", "max", "-m", "512M",
           "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-serial", "stdio"]


def cpu_seconds(pid):
    """All threads of a process, in the kernel and outside (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Watch:
    """Notes a process's CPU time as soon as words appear on its console."""

    def __init__(self, *words):
        self.words, self.text, self.at = words, "", {}

    def see(self, text, pid):
        self.text += plain(text)
        for word in self.words:
            if word not in self.at and word in self.text:
                self.at[word] = cpu_seconds(pid)


def in_allod():
    """From the moment when the builder takes up its line: that it builds the domain counts too."""
    watch = Watch(line := boot_line(), SHELL)
    machine = linux_machine("linux-cpu", [line], debug=False, log="com1", threads="single")
    machine.start(lambda text: watch.see(text, machine.process.pid))
    try:
        machine.expect(SHELL, LIMIT)
    finally:
        machine.kill()
    return watch.at[SHELL] - watch.at[line]


def in_microvm():
    """From QEMU's start, which loads kernel and initrd; it takes next to nothing itself."""
    kernel, initrd = images()
    watch = Watch(SHELL)
    command = [*MICROVM, "-kernel", kernel, "-initrd", initrd, "-append", "console=ttyS0 tsc_early_khz=1000000 panic=-1 quiet"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as qemu:
        limit = threading.Timer(LIMIT * time_scale(), qemu.kill)
        limit.start()
        try:
            for chunk in iter(lambda: os.read(qemu.stdout.fileno(), 4096), b""):
                watch.see(chunk.decode(errors="replace"), qemu.pid)
                if SHELL in watch.at:
                    return watch.at[SHELL]
        finally:
            limit.cancel()
            qemu.kill()
    sys.exit(f"allod: Linux came to no shell in QEMU's microvm:\n{watch.text[-2000:]}")


def report(runs):
    """What RUNS, pairs of the microvm's and Allod's CPU seconds, come to: the median of their ratios counts."""
    ratio = statistics.median(allod / microvm for microvm, allod in runs)
    for what, n in (("microvm", 0), ("Allod", 1)):
        print(f"{what:8} {statistics.median(r[n] for r in runs):.2f} CPU seconds to the shell (from {min(r[n] for r in runs):.2f} to {max(r[n] for r in runs):.2f})")
    print(f"ratio {ratio:.2f}, the bar is {BAR}: {'good' if ratio <= BAR else 'TOO HIGH'}")
    return ratio


def main():
    argparse.ArgumentParser(description=__doc__).parse_args()
    runs = [(in_microvm(), in_allod()) for _ in range(RUNS)]
    ratio = report(runs)
    (BUILD / "bench-linux.json").write_text(json.dumps({"ratio": ratio, "bar": BAR, "microvm_allod": runs}, indent=1) + "\n")
    return ratio > BAR


if __name__ == "__main__":
    sys.exit(main())
