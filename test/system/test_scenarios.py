# SPDX-License-Identifier: MIT
"""The conformance scenarios, played by the builder guest through real hypercalls."""

import pytest
from conftest import ROOT
from run import Tap, scenario_machine

# hole.scn is for the host only: firmware numbers the nodes of a real machine without holes.
SCENARIOS = {"1node": 1, "2node": 2, "4node": 4, "fixture": 2, "exchange": 2, "offline": 2, "lessons": 2,
             "unprivileged": 2, "vcpus": 1}


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario(name, debug):
    machine = scenario_machine(ROOT / f"test/scenarios/{name}.scn", SCENARIOS[name], None, None, debug=debug)
    tap = Tap()
    status = machine.start(tap.feed).wait(180)
    assert tap.verdict(status) is None, f"see {machine.log_path}"
    assert tap.good == (ROOT / f"test/scenarios/{name}.scn").read_text().count("\ntest ")


@pytest.mark.parametrize("text, says", [
    ("test T-1 wrong number\ndomain d1\nhost 64 64\nclaim d1 0:65 => ok\n", "not ok 1"),
    ("test T-2 wrong state\nhost 64 64\nstate total=127 claimed=0 free=64,64 node-claimed=0,0\n", "not ok 1"),
    ("test T-3 no such command\nfly d1\n", "line 2"),
    ("test T-5 another machine\nhost 64 64\ntest T-6 the same\nhost 1 1 1\ntest T-7 the same\nhost 1 1 1\n",
     "Bail out! bad.scn: line 4: this needs 3 nodes, the machine has 2: play it with NODES=3\n"),
    ("test T-4 why not\ndomain d1\nhost 64 64\nclaim d1 0:65 => ok\n",
     "expected ok, saw ENOMEM\n#     (allod) refused (ENOMEM): claim d1: 65 pages of node 0, room for 64"),
])
def test_a_scenario_can_fail(tmp_path, capsys, text, says):
    """What fails or cannot be parsed is said, with why the hypervisor refused, and is no success."""
    (tmp_path / "bad.scn").write_text(text)
    machine = scenario_machine(tmp_path / "bad.scn", 2, None, None)
    tap = Tap()
    status = machine.start(tap.feed).wait(60)
    assert tap.verdict(status) is not None
    assert says in capsys.readouterr().out


def test_watched_by_traces_and_checks():
    """`trace =` reports calls and claims; `checks = yes` verifies all invariants after each hypercall."""
    machine = scenario_machine(ROOT / "test/scenarios/4node.scn", 4, None, None, debug=True)
    machine.cfg = machine.cfg.replace("loglvl = debug", "loglvl = info  trace = call,claim  checks = yes")
    tap = Tap()
    status = machine.start(tap.feed).wait(180)
    assert tap.verdict(status) is None, f"see {machine.log_path}"
    assert "domctl claim_memory (36, 91): 0" in machine.log
    assert "claims 12 pages, 8 of them on nodes" in machine.log
    assert "redeems for 4 pages of node 0, 5 stay claimed" in machine.log
