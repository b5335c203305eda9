# SPDX-License-Identifier: MIT
"""Grant tables between two domains: guest/grants checks in TAP what one can do with pages of the other."""

import re

import pytest
from conftest import tap_passed
from machine import BUILD, FAIL, plain

GRANTS = BUILD / "guest/grants.elf"
CFG = """[allod]
console = com1  log = com2  loglvl = info
[domain user]
image = grants.elf  memory = 32M  privileged = yes  cmdline = "{words}"
[domain owner]
image = grants.elf  memory = 32M  cmdline = "owner"
"""


@pytest.mark.parametrize("cpus", [4, 1])
def test_grants(boot, cpus, debug):
    """Each case is good, and none is missing."""
    machine = boot(nodes=1, mem="512M", cpus=cpus, debug=debug, cfg=CFG.format(words=""), files=[GRANTS])
    tap_passed(machine, 120)


def test_write_to_a_page_for_reading(boot):
    """#GP, as in Xen: the guest's own affair."""
    machine = boot(nodes=1, mem="512M", cpus=2, cfg=CFG.format(words="write"), files=[GRANTS])
    assert machine.wait(120) == FAIL, machine.log[-3000:]
    assert re.search(r"^exception 13, error 0x0,|^exception 13, error 0,", plain(machine.console), re.M), machine.console
