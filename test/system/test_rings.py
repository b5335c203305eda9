# SPDX-License-Identifier: MIT
"""Console and xenstore rings, whose other end is the hypervisor, and who has the console: guest/rings checks and echoes."""

import re

import pytest
from conftest import tap_passed
from machine import BUILD, OK, plain

RINGS = BUILD / "guest/rings.elf"
CFG = "[allod]\nconsole = com1  log = {log}  loglvl = info\n"
DOMAIN = '[domain {name}]\nimage = rings.elf  memory = 16M  vcpus = 2  privileged = {privileged}  cmdline = "{words}"\n'


def start(boot, *domains, log="com2", privileged="no", **machine):
    cfg = CFG.format(log=log) + "".join(DOMAIN.format(name=n, words=w, privileged=privileged) for n, w in domains)
    return boot(nodes=1, mem="256M", cfg=cfg, files=[RINGS], **machine)


@pytest.mark.parametrize("cpus", [1, 2])
def test_rings(boot, cpus, debug):
    machine = start(boot, ("rings", ""), cpus=cpus, debug=debug)
    text = tap_passed(machine, 60)
    for line in ("by the ring", "and it works again", "around the end", "from where it is told"):
        assert re.search(rf"^{line}$", text, re.M), text
    assert len(re.findall(r"^f{63}$", text, re.M)) == 32, text


def test_target(boot, debug):
    """A domain that watches memory/target is told when its builder, here itself, changes what it may own."""
    machine = start(boot, ("rings", "target"), privileged="yes", debug=debug)
    status = machine.wait(60)
    text = plain(machine.console)
    assert re.findall(r"^(?:not ok|ok|#|exception|1\.\.).*", text, re.M) == [
        "ok 1 - target: who watches is told", "ok 2 - target: many are", "1..2"], text
    assert status == OK, machine.log[-3000:]


def test_prefix(boot):
    """Whole lines of a domain that has not the console are in the log."""
    machine = start(boot, ("first", "echo"), ("second", "console"))
    machine.expect("listens")
    machine.send("end\n")
    assert machine.wait(60) == OK
    assert "by the ring" not in plain(machine.console)
    for line in ("by the ring", "and it works again", "f" * 63):
        assert re.search(rf"^\(d1\) {line}$", machine.log, re.M), machine.log


def test_input(boot, debug):
    machine = start(boot, ("echo", "echo"), debug=debug)
    machine.expect("listens")
    for text in ("one", "", "x" * 79, "\x01a\x01\x01b", "end"):
        machine.send(text + "\n")
        machine.expect(re.escape(f"heard <{text}>"))
    assert machine.wait(60) == OK


def test_switching(boot, debug):
    """Ctrl-a three times: d0, d1, the hypervisor, d0; who ends gives the console back."""
    machine = start(boot, ("first", "echo"), ("second", "echo"), log="com1", debug=debug)
    machine.expect(r"\(d1\) listens")
    machine.send("a\n")
    machine.expect(r"(?m)^heard <a>")
    machine.send("b\x01\x01\x01c\n")  # b was typed for d0, but nobody has read it yet
    machine.expect(r"Serial input to d1 ")
    machine.expect(r"(?m)^heard <c>")
    machine.send("\x01\x01\x01m")
    machine.expect(r"Serial input to the hypervisor")
    machine.expect(r"heap: \d+ pages")
    machine.send("\x01\x01\x01d\n")
    machine.expect(r"Serial input to d0 ")
    machine.expect(r"heard <b?d>")
    machine.send("\x01\x01\x01end\n")
    machine.expect(r"d1 shut down")
    machine.send("end\n")  # the console is d0's again
    assert machine.wait(60) == OK
