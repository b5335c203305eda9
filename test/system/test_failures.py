# SPDX-License-Identifier: MIT
"""Guests that go wrong, a hypervisor that must stop, and runs that hang: each is reported as what it is."""

import re
import subprocess

import pytest
from conftest import ROOT
from machine import BUILD, FAIL, OK, PANIC, TIMEOUT, plain

HELLO, ROGUE = BUILD / "guest/hello.elf", BUILD / "guest/rogue.elf"
PAIR = """\
[domain rogue]
image = rogue.elf  memory = 16M  privileged = yes  cmdline = "{what}"
[domain good]
image = rogue.elf  memory = 16M  cmdline = "count"
"""


@pytest.mark.parametrize("what", ["triple", "wild", "undefined"])
def test_crashing_guest_hurts_nobody_else(boot, what, debug):
    """It is stopped and reported once; its neighbour finishes its work; the machine's end says that one crashed."""
    machine = boot(nodes=2, mem="512M", debug=debug, cfg=PAIR.format(what=what), files=[ROGUE])
    assert machine.wait() == FAIL, plain(machine.console)
    text = plain(machine.console)
    assert len(re.findall(r"d0 crashed", text)) <= 1
    assert "counted to the end" in text


@pytest.mark.parametrize("what", ["spin", "spin-cli"])
def test_looping_guest_is_preempted(boot, what):
    """Even with interrupts off it does not keep the CPU from its neighbour."""
    machine = boot(nodes=1, mem="512M", cfg=PAIR.format(what=what), files=[ROGUE])
    machine.expect("counted to the end")
    assert machine.wait(2) == TIMEOUT


def test_denied_by_default(boot):
    """Ports read all ones, MSRs fault as on a CPU, SVM's instructions are undefined."""
    machine = boot(nodes=1, mem="512M", cfg=PAIR.format(what="denied"), files=[ROGUE])
    assert machine.wait() == OK, plain(machine.console)


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
