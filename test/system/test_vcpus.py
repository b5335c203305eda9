# SPDX-License-Identifier: MIT
"""Several vCPUs in one domain: guest/vcpus checks in TAP what they, their events, timers and clocks do."""

import re

import pytest
from conftest import tap_passed
from machine import BUILD, FAIL

VCPUS = BUILD / "guest/vcpus.elf"
CFG = "[allod]\nconsole = com1  log = com2  loglvl = info\n"
DOMAIN = '[domain {name}]\nimage = vcpus.elf  memory = 32M  vcpus = {vcpus}  privileged = {privileged}  cmdline = "{words}"\n'


def domain(name, words, vcpus=4, privileged=False):
    return DOMAIN.format(name=name, words=words, vcpus=vcpus, privileged="yes" if privileged else "no")


def check(boot, *domains, **machine):
    """The first domain plays its topics: each case is good, and none is missing; all domains end well."""
    machine = boot(nodes=1, mem="512M", cfg=CFG + "".join(domains), files=[VCPUS], **machine)
    tap_passed(machine, 300)
    return machine


@pytest.mark.parametrize("cpus, threads", [(4, "multi"), (4, "single"), (1, "multi")])
def test_vcpus(boot, cpus, threads, debug):
    check(boot, domain("vcpus", ""), cpus=cpus, threads=threads, debug=debug)


@pytest.mark.parametrize("vcpus", [4, 40])
def test_registering(boot, vcpus):
    """From vCPU 32 on there is no place in the shared info page."""
    check(boot, domain("vcpus", "info", vcpus), cpus=2)


def test_many_vcpus(boot, debug):
    """Far more than CPUs: whoever waits for another one lets it run."""
    check(boot, domain("vcpus", "starting library clocks delivery", 16), cpus=2, debug=debug)


@pytest.mark.parametrize("cpus", [4, 1])
def test_two_domains(boot, cpus, debug):
    machine = check(boot, domain("vcpus", "peer"), domain("other", "other", 1), cpus=cpus, debug=debug)
    assert re.search(r"^\(d1\) answered 1000, then its port was 1$", machine.log, re.M), machine.log[-3000:]


@pytest.mark.parametrize("threads", ["multi", "single"])
def test_fair_shares(boot, threads):
    """Eight vCPUs on two CPUs."""
    check(boot, domain("vcpus", "fairness", 8), cpus=2, threads=threads)


@pytest.mark.parametrize("cpus", [4, 1])
def test_affinity(boot, cpus, debug):
    check(boot, domain("vcpus", "affinity", privileged=True), cpus=cpus, debug=debug)


def test_a_page_that_is_gone(boot):
    """The vCPU that writes to it without ever leaving the guest is stopped."""
    machine = boot(nodes=1, mem="512M", cpus=4, cfg=CFG + domain("vcpus", "lose"), files=[VCPUS])
    assert machine.wait(120) == FAIL, machine.log[-3000:]
    assert re.search(r"d0 crashed: (read from|write to) guest address 0x[0-9a-f]+, where nothing is mapped \(vCPU 1\)", machine.log), machine.log
