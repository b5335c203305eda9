# SPDX-License-Identifier: MIT
"""Builders that race on 4 CPUs: every case of guest/race holds, and after each round everything adds up."""

import re

from machine import OK, ROOT, kind
from run import race_machine, race_report

CASES = re.findall(r"&case_(\w+)", re.search(r"cases\[\] = \{(.*?)\};", (ROOT / "guest/race/main.c").read_text(), re.S)[1])


def play(request, cases="", **how):
    machine = race_machine("test-" + re.sub(r"\W+", "-", request.node.name), cases, **how)
    status = machine.play(900)
    lines, why = race_report(machine, cases)
    assert why is None and status == OK, f"{why}, status {status}; see {machine.log_path}\n" + "\n".join(lines)
    assert any(line.startswith(f"# {kind(how.get('debug'))} build: ") for line in lines), lines
    return [line for line in lines if line.startswith("ok ")]


def test_all_cases(request):
    """QEMU runs the CPUs in parallel."""
    assert len(play(request)) == len(CASES)


def test_one_thread_for_all_cpus(request):
    """Interleaved otherwise: at any instruction, but never two at the same time."""
    assert len(play(request, rounds=5, seed=2, threads="single")) == len(CASES)


def test_checked_calls(request):
    """All invariants after every single hypercall, and that no call returns an error that it does not declare."""
    assert len(play(request, rounds=2, seed=3, checks=True)) == len(CASES)


def test_release(request):
    """As it is used: without the delays of a debug build's checks, but also without its invariants and interruptions."""
    assert len(play(request, rounds=10, seed=4, debug=False)) == len(CASES)


def test_two_privileged_domains(request):
    """Four vCPUs of each, with one and the same target domain; the first one has the console, the second one the log."""
    assert len(play(request, "share")) == 2
