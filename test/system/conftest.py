# SPDX-License-Identifier: MIT
"""System tests: the real hypervisor under the real firmware in QEMU."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from machine import Machine  # noqa: E402  (needs the path above)


def pytest_generate_tests(metafunc):
    """A test that takes `debug` runs on both builds."""
    if "debug" in metafunc.fixturenames:
        metafunc.parametrize("debug", [True, False], ids=["debug", "release"])


@pytest.fixture
def boot(request):
    """boot(**description) starts a machine; all are ended with the test."""
    started = []

    def start(on_text=None, **description):
        name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[:60]
        machine = Machine(f"test-{name}-{len(started)}", **description)
        started.append(machine)
        return machine.start(on_text)

    yield start
    for machine in started:
        machine.kill()
