# SPDX-License-Identifier: MIT
"""Several vCPUs in one domain: guest/vcpus checks in TAP what they, their events, timers and clocks do."""

import re

import pytest
from machine import BUILD, FAIL, OK, plain

VCPUS = BUILD / "guest/vcpus.elf"
CFG = """\
[allod]
console = com1  log = com2  loglvl = info
[domain vcpus]
image = vcpus.elf  memory = 32M  vcpus = {vcpus}  privileged = {privileged}  cmdline = "{words}"
"""


def check(boot, words="", vcpus=4, privileged="no", **machine):
    """Play the topics of these words; each case is good, and none is missing."""
    cfg = CFG.format(vcpus=vcpus, privileged=privileged, words=words)
    machine = boot(nodes=1, mem="512M", cfg=cfg, files=[VCPUS], **machine)
    status = machine.wait(120)
    text = plain(machine.console)
    assert not re.findall(r"^(?:not ok|#|exception).*", text, re.M), text
    assert re.search(r"^1\.\.%d$" % len(re.findall(r"^ok ", text, re.M)), text, re.M), text
    assert status == OK, machine.log[-3000:]


@pytest.mark.parametrize("cpus", [4, 1])
def test_vcpus(boot, cpus, debug):
    check(boot, cpus=cpus, debug=debug)


def test_a_page_that_is_gone(boot):
    """The vCPU that writes to it without ever leaving the guest is stopped."""
    cfg = CFG.format(vcpus=4, privileged="no", words="lose")
    machine = boot(nodes=1, mem="512M", cpus=4, cfg=cfg, files=[VCPUS])
    assert machine.wait(120) == FAIL, machine.log[-3000:]
    assert re.search(r"d0 crashed: (read from|write to) guest address 0x[0-9a-f]+, where nothing is mapped \(vCPU 1\)", machine.log), machine.log
