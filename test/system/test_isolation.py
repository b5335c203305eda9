# SPDX-License-Identifier: MIT
"""No domain reaches what is not its own: a pair of guests tries everything, a third one judges."""

import re

from machine import BUILD, OK, plain

IMAGE = BUILD / "guest/isolation.elf"
CFG = """\
[allod]
console = com1  log = com2  loglvl = info
[domain judge]
image = isolation.elf  memory = 64M  privileged = yes  modules = isolation.elf
"""
TAP = r"(?:\(d\d+\) )?((?:ok|not ok|1\.\.)\b.*)"


def rows_of_the_table():
    """How many calls are not for everybody, counted where the guest's table comes from."""
    text = (BUILD.parent / "hypercall/calls.h").read_text()
    return len(re.findall(r"^\w+\(.*\bHC_(?:PRIVILEGED|TARGET)\b", text, re.M))


def test_isolation(boot, debug):
    """Each role checks and says in TAP what it saw; here, that all three got to their ends."""
    machine = boot(nodes=2, mem="512M", debug=debug, cfg=CFG, files=[IMAGE])
    status = machine.wait(120)
    text = plain(machine.console) + machine.log
    tap = re.findall(rf"^{TAP}", text, re.M)
    assert not [line for line in tap if line.startswith("not ok")], text
    plans = [int(line[3:]) for line in tap if line.startswith("1..")]
    assert len(plans) == 3 and sum(plans) == len([line for line in tap if line.startswith("ok ")]), text
    assert len([line for line in tap if "succeeds with privilege" in line]) == rows_of_the_table()
    assert len([line for line in tap if re.search(r" is refused( for others)?$", line)]) == rows_of_the_table()
    assert status == OK, text
