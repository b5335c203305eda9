# SPDX-License-Identifier: MIT
"""Several vCPUs in one domain: guest/vcpus checks in TAP what they, their events, timers and clocks do."""

import re

import pytest
from machine import BUILD, OK, plain

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
