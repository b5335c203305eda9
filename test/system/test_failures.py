# SPDX-License-Identifier: MIT
"""A hypervisor that must stop and a debugger that looks: guests that go wrong are in test_guests.py."""

import re
import subprocess

import pytest
from conftest import ROOT
from machine import BUILD, PANIC, plain

ROGUE = BUILD / "guest/rogue.elf"
PAIR = """\
[domain rogue]
image = rogue.elf  memory = 16M  privileged = yes  cmdline = "{what}"
[domain good]
image = rogue.elf  memory = 16M  cmdline = "count"
"""


def test_panic_has_status_registers_and_symbols(boot, debug, tmp_path):
    """An NMI from outside is not survivable by design: it shows the whole panic path."""
    sock = tmp_path / "qmp"
    machine = boot(nodes=1, mem="512M", debug=debug, cfg=PAIR.format(what="spin"), files=[ROGUE],
                   extra=["-qmp", f"unix:{sock},server=on,wait=off"])
    machine.expect("counted to the end")
    inject_nmi(sock)
    assert machine.wait() == PANIC, plain(machine.console)
    text = plain(machine.console)
    assert "NMI" in text
    assert re.search(r"rip\W+0?x?ffff", text, re.I), text
    assert re.search(r"\w+\+0x[0-9a-f]+", text), text


def inject_nmi(path):
    import json
    import socket
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(str(path))
        f = s.makefile("rw")
        f.readline()
        for command in ("qmp_capabilities", "inject-nmi"):
            f.write(json.dumps({"execute": command}) + "\n")
            f.flush()
            f.readline()


def test_debugger_stops_at_the_entry():
    out = subprocess.run(["python3", "tools/run.py", "--nodes", "2", "--mem", "1G", "debug", "--", "-ex", "bt", "-ex", "kill",
                          "-batch"], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert "kernel_main (bi=" in out.stdout, out.stdout + out.stderr
