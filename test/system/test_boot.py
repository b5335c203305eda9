# SPDX-License-Identifier: MIT
"""How Allod starts, or says clearly why it does not."""

import json
import struct
import subprocess
import sys

import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "test/fuzz"))
from seeds import elf_image  # noqa: E402  (needs the path above)
from machine import BOOT, BUILD, OK, plain

HELLO = BUILD / "guest/hello.elf"
GOOD = "[domain a]\nimage = hello.elf  memory = 16M  privileged = yes\n"


def test_smallest_configuration(boot, debug):
    machine = boot(nodes=1, mem="512M", debug=debug, cfg=GOOD, files=[HELLO])
    assert machine.wait() == OK, plain(machine.console)
    # That is asked of CPUID, and what hangs on it shows only in long runs (docs/design.md, "Two flaws of QEMU's").
    assert "QEMU's, which may repeat interrupts: guests exit after each" in plain(machine.console)


@pytest.mark.parametrize("cfg, says", [
    ("[allod]\nconsole = com9\n" + GOOD, 'allod.cfg:2: read "console = com9", expected com1 or com2'),
    ("[domain a]\nimage = hello.elf\nmemroy = 16M\n", 'allod.cfg:3: read "memroy = 16M", expected one of: image, memory'),
    ("[domain a]\nimage = hello.elf memory = 16M\n", 'allod.cfg:2: read "image = hello.elf memory = 16M", expected two blanks'),
    ("[domain a]\nimage = absent.elf  memory = 16M\n", "allod.cfg:1: domain a: its image absent.elf is not on the boot volume"),
    ("[domain a]\nimage = hello.elf  memory = 900G\n", "allod.cfg:1: domain a: memory = 900G, but only"),
    (GOOD + "# \0\n", 'allod.cfg:3: read "# ?", expected text without NUL bytes'),
    (GOOD + "#" * 65536, "allod.cfg has 655"),
    ("[allod]\nloglvl = info\n", 'allod.cfg:2: read "end of file", expected at least one [domain NAME]'),
])
def test_wrong_configuration_starts_nothing(boot, cfg, says):
    machine = boot(nodes=1, mem="512M", cfg=cfg, files=[HELLO])
    assert machine.wait() == BOOT, plain(machine.console)
    assert says in plain(machine.console)
    assert "hello from" not in plain(machine.console).lower()


@pytest.mark.parametrize("cpu, says", [
    ("max,svm=off", "SVM: this CPU does not have it"),
    ("qemu64,svm=on", "SVM: this CPU has no nested paging"),
    *((model, "FPU: QEMU does not let CPUs without XSAVEOPT switch XSAVE on") for model in ("Opteron_G4", "Opteron_G5")),
    ("Opteron_G5,xsaveopt=on", None),
])
def test_cpu_models(boot, cpu, says):
    """What lacks something says so; what it says of an Opteron helps."""
    machine = boot(nodes=1, mem="512M", cpu=cpu, cfg=GOOD, files=[HELLO])
    assert machine.wait() == (BOOT if says else OK), plain(machine.console)
    assert (says or "hello from").lower() in plain(machine.console).lower()


def test_no_configuration(boot):
    machine = boot(nodes=1, mem="512M", files=[HELLO])
    assert machine.wait() == BOOT
    assert "allod.cfg" in plain(machine.console)


NOTE = struct.pack("<III4sI", 4, 4, 18, b"Xen\0", 0x100000)
CODE = (1, 0x100000, b"\xf4" * 32, 4096)
# name of the file: its bytes, what is said about it. Every mistake of a kind: test/unit/test_pvh.c.
IMAGES = {
    "empty.elf": (b"", "(0 bytes): too short for an ELF header"),
    "cut.elf": (HELLO, "(700 bytes): section headers lie outside the ELF image"),
    "text.elf": (b"#!/bin/sh\n" * 99, "not an ELF image"),
    "arm.elf": (b"\x7fELF\2\1\1" + bytes(9) + b"\2\0\xb7\0" + bytes(200), "made for another machine"),
    "overlap.elf": (elf_image(1, 0, [CODE, (1, 0x100800, b"", 4096), (4, 0, NOTE, 20)]), "two segments overlap"),
    "entry.elf": (elf_image(1, 0, [(1, 0x200000, b"", 4096), (4, 0, NOTE, 20)]), "entry point lies outside the segments"),
    "large.elf": (elf_image(1, 0, [CODE, (1, 0x200000, b"", 64 << 20), (4, 0, NOTE, 20)]), "too large for the domain's memory"),
    "note.elf": (elf_image(1, 0, [CODE]), "no PVH entry point"),
}


def write_images(folder):
    for name, (data, _) in IMAGES.items():
        (folder / name).write_bytes(data if isinstance(data, bytes) else data.read_bytes()[:700])
    return [folder / name for name in IMAGES]


def test_bad_images(boot, tmp_path):
    """One boot with all of them, eight domains at most: each has its sentence with the file's name, nothing starts."""
    cfg = "".join(f"[domain d{i}]\nimage = {name}  memory = 16M\n" for i, name in enumerate(IMAGES))
    machine = boot(nodes=1, mem="512M", cfg=cfg, files=write_images(tmp_path))
    assert machine.wait() == BOOT
    lines = plain(machine.console).splitlines()
    for i, (name, (_, says)) in enumerate(IMAGES.items()):
        assert any(f"allod.cfg:{2 * i + 1}: domain d{i}: its image {name} " in line and says in line for line in lines), lines


def test_bad_images_for_the_builder(boot, tmp_path):
    """`boot` refuses them with the file's name, and leaves no domain and no page behind."""
    images = write_images(tmp_path)[:7]
    cfg = (f'[domain builder]\nimage = builder.elf  memory = 64M  privileged = yes\n'
           f'modules = "{" ".join(f.name for f in images)}"\n')
    machine = boot(nodes=1, mem="512M", cfg=cfg, files=[BUILD / "guest/builder.elf", *images])

    def say(line):
        start = len(plain(machine.console))
        machine.send(line + "\r")
        machine.expect(r"allod> $", start=start)
        return plain(machine.console)[start:]

    machine.expect(r"allod> $")
    before = say("heap"), say("domains")
    for f in images:
        answer = say(f"boot x {f.name} mem=16M")
        assert f.name in answer.split("\n", 1)[1] and IMAGES[f.name][1].split("): ")[-1] in answer, answer
    assert "no file" in say("boot x absent.elf mem=16M")
    assert "no file" not in say("boot x large.elf mem=900G")
    after = say("heap"), say("domains")
    assert before[0] == after[0] and len(before[1].splitlines()) == len(after[1].splitlines())
    machine.send("quit\r")
    assert machine.wait() == OK


def test_file_larger_than_the_memory(boot, tmp_path):
    with open(tmp_path / "big", "wb") as f:
        f.truncate(400 << 20)
    machine = boot(nodes=1, mem="256M", cfg=GOOD + "modules = big\n", files=[HELLO, tmp_path / "big"])
    assert machine.wait() == BOOT
    assert "boot: big has 409600 KiB, there is no such memory below 4 GiB" in plain(machine.console)


@pytest.fixture(scope="module")
def iso():
    subprocess.run(["make", "iso"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return BUILD / "allod.iso"


@pytest.mark.parametrize("how", ["cdrom", "stick"])
def test_image_boots(boot, iso, how):
    machine = boot(nodes=2, mem="1G", boot=f"{how}:{iso}")
    machine.expect(r"allod> $", limit=120)
    machine.send("quit\r")
    assert machine.wait() == OK


def test_virtual_nodes(boot, debug):
    """A boot domain's memory lies where its virtual nodes do; a node that is not there is named."""
    cfg = "[domain builder]\nimage = builder.elf  memory = 64M  vcpus = 2  privileged = yes  vnodes = 1,0\n"
    machine = boot(nodes=2, mem="512M", debug=debug, cfg=cfg, files=[BUILD / "guest/builder.elf"])
    machine.expect("allod> ")
    machine.send("map @0 -j\r")
    machine.expect(r'(?s)\{"gfn".*allod> ')
    runs = [json.loads(line) for line in plain(machine.console).splitlines() if line.startswith("{")]
    assert [(r["gfn"], r["pages"], r["node"]) for r in runs[:2]] == [(0, 8192, 1), (8192, 8192, 0)]
    machine.send("quit\r")
    assert machine.wait() == OK, plain(machine.console)


def test_a_virtual_node_on_no_node(boot):
    machine = boot(nodes=2, mem="512M", cfg=GOOD + "vnodes = 0,5\n", files=[HELLO])
    assert machine.wait() == BOOT, plain(machine.console)
    assert "domain a: there is no node 5 for its virtual node 1" in plain(machine.console)
