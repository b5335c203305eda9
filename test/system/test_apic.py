# SPDX-License-Identifier: MIT
"""The local APIC that guests have: guest/apic checks registers, interrupts, timer and starts in TAP."""

import pytest
from conftest import tap_passed
from machine import BUILD

APIC = BUILD / "guest/apic.elf"
CFG = "[allod]\nconsole = com1  log = com2  loglvl = info\n"
DOMAIN = '[domain apic]\nimage = apic.elf  memory = 32M  vcpus = 5  cmdline = "{words}"\n'


@pytest.mark.parametrize("cpus, threads", [(4, "multi"), (4, "single"), (1, "multi")])
def test_apic(boot, cpus, threads, debug):
    """Each case is good, none is missing, and the domain powers off."""
    machine = boot(nodes=1, mem="512M", cfg=CFG + DOMAIN.format(words=""), files=[APIC], cpus=cpus, threads=threads,
                   debug=debug)
    tap_passed(machine, 300)
    assert "SVM: QEMU's, which may repeat interrupts" in machine.log
