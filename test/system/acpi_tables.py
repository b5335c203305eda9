# SPDX-License-Identifier: MIT
"""ACPI tables as bytes, right or deliberately wrong: for QEMU's -acpitable and as seeds for the fuzzers."""

import struct

MiB = 1 << 20


def table(signature, revision, body):
    """Header and checksum around BODY. ACPI 6.5, 5.2.6."""
    head = struct.pack("<4sIBB6s8sI4sI", signature.encode(), 36 + len(body), revision, 0, b"ALLOD ", b"TEST    ", 1,
                       b"TEST", 1)
    data = bytearray(head + body)
    data[9] = -sum(data) & 0xff
    return bytes(data)


def madt(*entries):
    return table("APIC", 5, struct.pack("<II", 0xfee00000, 1) + b"".join(entries))


def madt_cpu(apic_id, flags=1):
    return struct.pack("<BBBBI", 0, 8, apic_id & 0xff, apic_id, flags)


def madt_x2apic(apic_id, flags=1):
    return struct.pack("<BBHIII", 9, 16, 0, apic_id, flags, apic_id)


def srat(*entries, revision=3):
    return table("SRAT", revision, struct.pack("<IQ", 1, 0) + b"".join(entries))


def cpu(domain, apic_id, flags=1):
    return struct.pack("<BBBBIB3sI", 0, 16, domain & 0xff, apic_id, flags, 0, struct.pack("<I", domain >> 8)[:3], 0)


def x2apic(domain, apic_id, flags=1):
    return struct.pack("<BBHIIIII", 2, 24, 0, domain, apic_id, flags, 0, 0)


def memory(domain, start, size, flags=1):
    """Bytes. FLAGS: 1 enabled, 2 can be plugged in."""
    return struct.pack("<BBIHQQIIQ", 1, 40, domain, 0, start, size, 0, flags, 0)


def raw_entry(kind, length, size):
    """An entry that says LENGTH and has SIZE bytes."""
    return bytes([kind, length]) + bytes(size - 2)


def slit(rows):
    return table("SLIT", 1, struct.pack("<Q", len(rows)) + bytes(d for row in rows for d in row))


def even_slit(nodes, far=20):
    return slit([[10 if a == b else far for b in range(nodes)] for a in range(nodes)])


def fadt(port=0x608):
    body = bytearray(244 - 36)
    struct.pack_into("<I", body, 76 - 36, port)
    body[91 - 36] = 4
    return table("FACP", 3, bytes(body))


def rsdp(revision, rsdt, xsdt):
    """5.2.5.3."""
    data = bytearray(struct.pack("<8sB6sBIIQB3s", b"RSD PTR ", 0, b"ALLOD ", revision, rsdt, 36, xsdt, 0, b""))
    data[8] = -sum(data[:20]) & 0xff
    data[32] = -sum(data) & 0xff
    return bytes(data)


def memory_image(base, tables, revision=2):
    """RSDP, RSDT, XSDT and TABLES, one behind the other from address BASE on."""
    roots = base + 36
    first = roots + 2 * 36 + 12 * len(tables)
    addresses = [first + sum(len(t) for t in tables[:i]) for i in range(len(tables))]
    rsdt = table("RSDT", 1, b"".join(struct.pack("<I", a & 0xffffffff) for a in addresses))
    xsdt = table("XSDT", 1, b"".join(struct.pack("<Q", a) for a in addresses))
    return rsdp(revision, roots & 0xffffffff, roots + len(rsdt)) + rsdt + xsdt + b"".join(tables)


# ---- QEMU's own tables replaced ----

TABLES = "etc/acpi/tables"


def loader_entry(command, body):
    """Of QEMU's table loader (hw/acpi/bios-linker-loader.c): 128 bytes."""
    return struct.pack("<I124s", command, body)


def firmware_files(tables):
    """What the firmware gets from a QEMU that has no tables of its own (acpi=off), by name: TABLES, and a script that
    has it load them and follow the pointers of a root table to each."""
    root = 36 + 4 * len(tables)
    offsets = [root + sum(len(t) for t in tables[:i]) for i in range(len(tables))]
    blob = table("RSDT", 1, b"".join(struct.pack("<I", o) for o in offsets)) + b"".join(tables)
    name = TABLES.encode()
    script = loader_entry(1, struct.pack("<56sIB", name, 64, 1))
    script += b"".join(loader_entry(2, struct.pack("<56s56sIB", name, name, 36 + 4 * i, 4)) for i in range(len(tables)))
    return {TABLES: blob, "etc/table-loader": script}
