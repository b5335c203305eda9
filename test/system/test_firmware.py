# SPDX-License-Identifier: MIT
"""What becomes of firmware tables, right and wrong: docs/design.md, section "Firmware tables"."""

import re

import acpi_tables as a
import pytest
from acpi_tables import MiB
from machine import BUILD, OK, plain

HELLO = BUILD / "guest/hello.elf"
CFG = "[domain a]\nimage = hello.elf  memory = 16M  privileged = yes\n"
WARNING = re.compile(r"\(allod\) ((?:ACPI|SRAT|SLIT|RAM)\b.*)")
NODE = re.compile(r"node (\d+): (\d+) MiB, \d+ MiB free, (\d+) CPU")

FOUR_CPUS = [a.cpu(0, i) for i in range(4)]  # APIC ids 0 to 3


def halves(*more):
    return a.srat(a.memory(0, 0, 512 * MiB), a.memory(1, 512 * MiB, 512 * MiB), *FOUR_CPUS, *more)


# name: tables, {node: (MiB of its RAM, CPUs)}, what the warnings begin with. The machine has 4 CPUs and 1 GiB; the
# firmware keeps some of it, and is not itself the subject: that is why few cases boot. The others are unit tests.
CASES = {
    "zero-length-entry": ([halves(a.raw_entry(7, 0, 16)), a.even_slit(2)], {0: (1024, 4)},
                          ["ACPI: SRAT ignored: entry of type 7"]),
    "strange-but-right": ([a.srat(
        a.memory(0xfffffffe, 512 * MiB, 512 * MiB), a.memory(300, 0, 512 * MiB), a.memory(400, 4096 * MiB, 1 << 40, 3),
        a.x2apic(300, 0), a.x2apic(300, 1), a.cpu(0xfffffffe, 2), a.cpu(0xfffffffe, 3), a.cpu(300, 2), a.cpu(9, 200),
        a.x2apic(8, 70000), a.raw_entry(200, 9, 9))], {0: (512, 2), 1: (512, 2)}, []),
    "overlap": ([a.srat(a.memory(0, 0, 768 * MiB), a.memory(1, 256 * MiB, 768 * MiB), *FOUR_CPUS)],
                {0: (768, 4), 1: (256, 0)}, ["SRAT: 0x0-0x30000000 of domain 0 and 0x10000000-0x40000000 of domain 1"]),
    "outside-every-node": ([a.srat(a.memory(0, 0, 64 * MiB), a.memory(1, 512 * MiB, 512 * MiB), a.cpu(1, 1))],
                           {0: (512, 3), 1: (512, 1)},
                           ["SRAT: 458752 KiB of RAM are in no range", "SRAT: 3 CPUs have no entry"]),
    "interleaved-page-by-page": ([a.srat(a.memory(0, 0, 128 * MiB), *(
        a.memory(1 + i % 2, 128 * MiB + 4096 * i, 4096) for i in range(400)), a.memory(0, 130 * MiB, 894 * MiB), *FOUR_CPUS)],
        {0: (1022, 4), 1: (1, 0), 2: (1, 0)}, ["SRAT: 448 KiB of RAM are in no range"]),
    "without-memory-or-cpus": ([a.srat(a.memory(0, 0, 512 * MiB), a.memory(1, 512 * MiB, 512 * MiB), a.cpu(0, 0), a.cpu(0, 1),
                                       a.cpu(5, 2), a.cpu(5, 3))], {0: (512, 2), 1: (512, 0), 2: (0, 2)}, []),
    "nonsensical-slit": ([halves(), a.slit([[10, 9], [20, 10]])], {0: (512, 4), 1: (512, 0)},
                         ["SLIT ignored: distance 9"]),
}
TOLERANCE = 16  # MiB of a node that the firmware keeps


@pytest.mark.parametrize("name", CASES)
def test_tables(boot, tmp_path, name):
    """The machine starts with the nodes that the tables mean, and one warning for each kind of mistake."""
    tables, nodes, warnings = CASES[name]
    extra = []
    for i, data in enumerate(tables):
        (tmp_path / f"{i}.bin").write_bytes(data)
        extra += ["-acpitable", f"file={tmp_path}/{i}.bin"]
    machine = boot(nodes=1, mem="1G", cpus=4, cfg=CFG, files=[HELLO], extra=extra)
    assert machine.wait() == OK, plain(machine.console)
    text = plain(machine.console)
    seen = {int(n): (int(mib), int(cpus)) for n, mib, cpus in NODE.findall(text)}
    assert {n: cpus for n, (_, cpus) in seen.items()} == {n: cpus for n, (_, cpus) in nodes.items()}, text
    assert all(mib - TOLERANCE <= seen[n][0] <= mib for n, (mib, _) in nodes.items()), text
    said = WARNING.findall(text)
    assert len(said) == len(warnings) and all(s.startswith(w) for s, w in zip(said, warnings)), text


def test_64_nodes(boot, debug):
    machine = boot(nodes=64, mem="4G", cpus=4, debug=debug, cfg=CFG, files=[HELLO])
    assert machine.wait(120) == OK, plain(machine.console)
    text = plain(machine.console)
    assert len(NODE.findall(text)) == 64 and not WARNING.findall(text), text


def test_128_nodes_are_folded(boot):
    """Those beyond the first 64 join the last one; one line says so."""
    machine = boot(nodes=128, mem="4G", cpus=4, cfg=CFG, files=[HELLO])
    assert machine.wait(120) == OK, plain(machine.console)
    text = plain(machine.console)
    nodes = NODE.findall(text)
    assert len(nodes) == 64 and int(nodes[63][1]) > 32 * 60, text
    assert WARNING.findall(text) == ["SRAT: 128 proximity domains, those after the first 64 join node 63"], text


@pytest.mark.parametrize("mem, nodes, cpu", [
    ("256M", 1, "max"), ("256M", 2, "max"), ("900G", 2, "max"), ("1T", 1, "max,phys-bits=42"),
    ("64G", 4, "max,pdpe1gb=off"),
])
def test_memory_sizes(boot, mem, nodes, cpu):
    """From 256 MiB to 1 TiB, above 1010 GiB with a hole before 1 TiB, with and without 1 GiB pages."""
    machine = boot(nodes=nodes, mem=mem, cpu=cpu, cfg=CFG, files=[HELLO])
    assert machine.wait(120) == OK, plain(machine.console)
    total = sum(int(mib) for _, mib, _ in NODE.findall(plain(machine.console)))
    assert machine.mem // MiB - 64 <= total <= machine.mem // MiB
