#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write the seed corpora of the fuzzers: DIRECTORY/acpi, config, elf; the formats are those of the fuzz_*.c."""

import struct
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "test/system"))

import acpi_tables as a  # noqa: E402  (needs the path above)

ACPI_BASE = 0x1_0000_0000
REPAIR = 1


def acpi_input(tables, ranges, revision=2):
    """Flags, RAM ranges of {MiB before it, MiB, type}, the firmware's memory."""
    packed = b"".join(struct.pack("<HBB", gap, size, kind) for gap, size, kind in ranges)
    return bytes([REPAIR, len(ranges)]) + packed + a.memory_image(ACPI_BASE, tables, revision)


def acpi_seeds():
    cpus = a.madt(*(a.madt_cpu(i) for i in range(4)), a.madt_x2apic(300), a.madt_cpu(7, 2))
    srat = a.srat(a.memory(0, 0, 64 * a.MiB), a.memory(1, 64 * a.MiB, 64 * a.MiB), a.memory(0x12345, 128 * a.MiB, 1 << 40, 3),
                  a.cpu(0, 0), a.cpu(1, 1), a.x2apic(0x12345, 300))
    mixed = a.srat(*(a.memory(i % 3, i * 8 * a.MiB, 12 * a.MiB) for i in range(40)), revision=1)
    ram = [(0, 100, 1), (1, 50, 1), (0, 20, 2), (5, 200, 4), (3, 100, 1)]
    return {"whole": acpi_input([cpus, srat, a.even_slit(3), a.fadt()], ram),
            "old": acpi_input([cpus, srat], ram, revision=0),
            "mixed": acpi_input([mixed, cpus, a.slit([[10, 0], [255, 10]])], ram[:2]),
            "many": acpi_input([a.srat(*(a.memory(i, i * a.MiB, a.MiB) for i in range(128))), a.even_slit(128)], ram)}


def config_input(text, cmdline=""):
    return bytes([len(cmdline)]) + cmdline.encode() + text.encode()


def config_seeds():
    full = ("[allod]\nconsole = com1  log = com2  loglvl = debug\n# words\n[domain builder]\t# more\n"
            'image = builder.elf  memory = 64M  vcpus = 2  privileged = yes\nmodules = "a.scn b.elf"  cmdline = "a=b  c"\n'
            "[domain x]\nimage=x.elf\n")
    return {"full": config_input(full), "crlf": config_input(full.replace("\n", "\r\n")),
            "bom": config_input("\ufeff" + full[:-1]),
            "overrides": config_input(full, 'loglvl=err builder.modules="c d" x.image=y.elf x.cmdline=""')}


def elf_image(wide, entry, segments):
    """An ELF file with these (type, address, contents, size in memory)."""
    head, each = (64, 56) if wide else (52, 32)
    at = head + each * len(segments)
    ident = b"\x7fELF" + bytes([2 if wide else 1, 1, 1]) + bytes(9)
    out = ident + struct.pack("<HHIQQQIHHHHHH" if wide else "<HHIIIIIHHHHHH", 2, 62 if wide else 3, 1, entry, head, 0, 0,
                              head, each, len(segments), 64, 0, 0)
    for kind, address, data, size in segments:
        fields = (at, address, address, len(data), size)
        out += struct.pack("<IIQQQQQQ", kind, 5, *fields, 4) if wide else struct.pack("<IIIIIIII", kind, *fields, 5, 4)
        at += len(data)
    return out + b"".join(data for _, _, data, _ in segments)


def elf_seeds():
    note = struct.pack("<III4sI", 4, 4, 18, b"Xen\0", 0x100000)
    segments = [(1, 0x100000, b"\xf4" * 32, 4096), (1, 0x200000, b"data", 8192), (4, 0, note, len(note))]
    return {f"elf{32 << wide}": elf_image(wide, 0x100000, segments) for wide in (0, 1)}


def main():
    for name, seeds in (("acpi", acpi_seeds()), ("config", config_seeds()), ("elf", elf_seeds())):
        folder = Path(sys.argv[1]) / name
        folder.mkdir(parents=True, exist_ok=True)
        for seed, data in seeds.items():
            (folder / seed).write_bytes(data)


if __name__ == "__main__":
    main()
