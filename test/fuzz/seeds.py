#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write the seed corpora of the fuzzers, a folder in DIRECTORY for each; the formats are those of the fuzz_*.c."""

import re
import struct
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "test/system"))

import acpi_tables as a  # noqa: E402  (needs the path above)
import hypercall_seeds  # noqa: E402

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


def walk_input(mode, entries, offset):
    """Registers of MODE with the root in frame 1, entries of (table, index, flags, target), then copies at four
    indexes or a 32-bit address."""
    where = struct.pack("<B5H", 0, 1, 2, 3, 4, offset) if mode & 2 else struct.pack("<BHH", 0, 0x3000, 0x4000 + offset)

    def copy(kind, n):
        return bytes([kind]) + struct.pack("<H", n) + where + b"."
    steps = b"".join(b"\1" + struct.pack("<BHHBB", *e, 0) for e in entries)
    entry = 1 if mode & 4 else 2
    bits = b"".join(b"\x08" + struct.pack("<BH", table, index // entry) + where for table, index, _, _ in entries)
    return bytes([0, mode, 1]) + bytes(2) + steps + copy(5, 300) + copy(6, 300) + copy(6, 8000) + copy(5, 9000) + bits


def walk_seeds():
    paging, long, pae, pse, nx, code64, forget, present, large = 1, 2, 4, 8, 16, 32, 64, 7, 0x80
    tables = [(1, 1, present, 2), (2, 2, present, 3), (3, 3, present, 4), (4, 4, present, 5), (4, 5, 0x8000 | present, 6)]
    return {"long": walk_input(paging | long | pae | nx | code64, tables, 4000),
            "long-again": walk_input(paging | long | pae | code64 | forget, tables[:3] + [(4, 4, 1, 5)], 0),
            "2m": walk_input(paging | long | pae | code64, tables[:2] + [(3, 3, present | large, 0)], 4000),
            "pae": walk_input(paging | pae | nx, [(1, 0, 1, 2), (2, 384, present, 4), (4, 4, present, 5)], 4000),
            "pae-2m": walk_input(paging | pae | nx, [(1, 0, 1, 2), (2, 384, present | large, 0)], 4000),
            "1g": walk_input(paging | long | pae | code64, tables[:1] + [(2, 2, present | large, 0)], 4000),
            "pse": walk_input(paging | pse, [(1, 192, present | large, 12)], 4000),
            "legacy": walk_input(paging, [(1, 192, present, 2), (2, 4, present, 5), (2, 5, 3, 6)], 4000),
            "none": walk_input(0, [], 4000)}


def scenario_seeds():
    """The public scenarios, test by test; some are told as a story, some played without privilege."""
    out = {}
    for file in sorted((ROOT / "test/scenarios").glob("*.scn")) + sorted((ROOT / "guest/builder").glob("*.scn")):
        for i, text in enumerate(re.split(r"(?m)^(?=test )", file.read_text())):
            flags = 2 * (file.stem == "unprivileged") + (i % 8 == 7 or file.stem.startswith("demo"))
            out[f"{file.stem}-{i}"] = bytes([flags]) + text.encode()
    return out


def scenario_words():
    """A dictionary: commands and options of the table, and what only some words may follow."""
    table = (ROOT / "guest/builder/commands.c").read_text()
    words = {"=> ok", "=> ENOMEM", "host:", "legacy:", "self", "@1", "@2", "\\x0a", "#"}
    for name, spec in re.findall(r'{"([a-z-]+)", "([^"]*)"', table):
        words |= {name + " "} | {" " + w.strip("?!") for w in spec.split() if "=" in w or w[0] == "?"}
    return "".join(f'"{word}"\n' for word in sorted(words))


def main():
    for name, seeds in (("acpi", acpi_seeds()), ("config", config_seeds()), ("elf", elf_seeds()), ("hypercall", hypercall_seeds.seeds()),
                        ("walk", walk_seeds()), ("scenario", scenario_seeds())):
        folder = Path(sys.argv[1]) / name
        folder.mkdir(parents=True, exist_ok=True)
        for seed, data in seeds.items():
            (folder / seed).write_bytes(data)
    (Path(sys.argv[1]) / "scenario.dict").write_text(scenario_words())


if __name__ == "__main__":
    main()
