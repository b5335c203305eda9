# SPDX-License-Identifier: MIT
"""System tests: the real hypervisor under the real firmware in QEMU."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from machine import OK, Machine, plain  # noqa: E402  (needs the path above)


def pytest_generate_tests(metafunc):
    """A test that takes `debug` runs on both builds."""
    if "debug" in metafunc.fixturenames:
        metafunc.parametrize("debug", [True, False], ids=["debug", "release"])


def tap_passed(machine, limit):
    """The text of a machine whose guest checks itself and prints TAP alone: no case is bad, none is missing, and it ends well."""
    status = machine.wait(limit)
    text = plain(machine.console)
    assert not re.findall(r"^(?:not ok|#|exception).*", text, re.M), text
    assert re.search(r"^1\.\.%d$" % len(re.findall(r"^ok ", text, re.M)), text, re.M), text + machine.log[-3000:]
    assert status == OK, machine.log[-3000:]
    return text


@pytest.fixture
def boot(request):
    """boot(**description) starts a machine; all are ended with the test."""
    started = []

    def start(on_text=None, **description):
        name = re.sub(r"[^a-z0-9]+", "-", f"{request.path.stem}-{request.node.name}".lower())[:65]
        machine = Machine(f"{name}-{len(started)}", **description)
        started.append(machine)
        return machine.start(on_text)

    yield start
    for machine in started:
        machine.kill()
