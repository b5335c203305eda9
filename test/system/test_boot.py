# SPDX-License-Identifier: MIT
"""How Allod starts, or says clearly why it does not."""

import subprocess

import pytest
from conftest import ROOT
from machine import BOOT, BUILD, OK, plain

HELLO = BUILD / "guest/hello.elf"
GOOD = "[domain a]\nimage = hello.elf  memory = 16M  privileged = yes\n"


def test_smallest_configuration(boot, debug):
    machine = boot(nodes=1, mem="512M", debug=debug, cfg=GOOD, files=[HELLO])
    assert machine.wait() == OK, plain(machine.console)


@pytest.mark.parametrize("cfg, says", [
    ("[allod]\nconsole = com9\n" + GOOD, "allod.cfg:2:"),
    ("[domain a]\nimage = hello.elf\nmemroy = 16M\n", "allod.cfg:3:"),
    ("[domain a]\nimage = hello.elf  memory = lots\n", "allod.cfg:2:"),
    ("[domain a]\nimage = absent.elf  memory = 16M\n", "absent.elf"),
    ("[domain a]\nimage = hello.elf  memory = 900G\n", "900"),
    ("[allod]\nloglvl = info\n", "domain"),
])
def test_wrong_configuration_starts_nothing(boot, cfg, says):
    machine = boot(nodes=1, mem="512M", cfg=cfg, files=[HELLO])
    assert machine.wait() == BOOT, plain(machine.console)
    assert says in plain(machine.console)
    assert "hello from" not in plain(machine.console)


def test_no_configuration(boot):
    machine = boot(nodes=1, mem="512M", files=[HELLO])
    assert machine.wait() == BOOT
    assert "allod.cfg" in plain(machine.console)


@pytest.mark.parametrize("size", [0, 40, 700])
def test_truncated_image(boot, tmp_path, size):
    (tmp_path / "cut.elf").write_bytes(HELLO.read_bytes()[:size])
    machine = boot(nodes=1, mem="512M", cfg="[domain a]\nimage = cut.elf  memory = 16M\n", files=[tmp_path / "cut.elf"])
    assert machine.wait() == BOOT
    assert "cut.elf" in plain(machine.console)


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
