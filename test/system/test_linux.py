# SPDX-License-Identifier: MIT
"""Debian's kernel and busybox, unmodified, in domains of the builder's."""

import json
import re

import pytest
from linux import boot_line, linux_machine
from machine import OK, plain


@pytest.fixture
def linux(request):
    """linux(*LINES) starts a machine whose builder plays them; it is ended with the test."""
    started = []

    def start(*lines, **more):
        name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[:60]
        # One thread: docs/design.md, "A flaw of QEMU's".
        started.append(linux_machine(f"test-{name}", lines, log="com1", threads="single", **more))
        return started[-1].start()

    yield start
    for machine in started:
        machine.kill()


def ask(machine, line, answer):
    """What stands behind the prompt and the line, as far as ANSWER matches."""
    start = len(plain(machine.console))
    machine.send(f"{line}\n")
    return machine.expect(answer, 60, start)


def exits(machine, domain):
    """How often it has left its guest code, by reason."""
    text = ask(machine, f"exits {domain} -j", r'(\{[^\n]*\}\n)*\{"exit":"all"[^\n]*\}').group(0)
    return {row["exit"]: row["count"] for row in map(json.loads, text.splitlines())}


def test_shell(linux, debug):
    """From the builder's prompt to Linux' and back: what is typed there is run there."""
    machine = linux(boot_line(), debug=debug)
    machine.expect(r"\(d1\) Enter 'help' for a list of built-in commands", 240)
    machine.send("\x01\x01\x01")
    machine.expect(r"Serial input to d1")
    ask(machine, "echo $((6 * 7)) of $(uname -s)", r"42 of Linux")
    machine.send("\x01\x01\x01")
    machine.expect(r"Serial input to the hypervisor")
    machine.send("\x01\x01\x01")
    machine.expect(r"Serial input to d0")
    counted = exits(machine, "linux")
    assert counted["all"] == sum(n for name, n in counted.items() if name != "all")
    assert counted["all"] < 6000, counted
    machine.send("quit\n")
    assert machine.wait() == OK
