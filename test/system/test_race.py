# SPDX-License-Identifier: MIT
"""Builders that race on 4 CPUs: every case of guest/race holds, and after each round everything adds up."""

import os
import re
import subprocess
import sys

import pytest
from machine import OK, ROOT, kind
from run import race_cases, race_machine, race_report

*CASES, _ = race_cases()  # share is for two domains


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


@pytest.mark.parametrize("options, sentence", [
    (["--case=eight nonsense"], f"allod: CASE=nonsense: expected {', '.join(CASES)} or share"),
    (["--threads=foo"], "allod: THREADS=foo: expected multi or single"),
    (["--rounds=-1"], "allod: ROUNDS=-1: expected a number from 0 to 1000000000"),
])
def test_mistakes_are_said_in_one_sentence(options, sentence):
    """Before anything starts."""
    done = subprocess.run([sys.executable, ROOT / "tools/run.py", "race", *options], capture_output=True, text=True,
                          env=os.environ | {"PATH": ""}, check=False)
    assert (done.returncode, done.stdout, done.stderr.strip()) == (1, "", sentence)


def test_two_privileged_domains(request):
    """Four vCPUs of each, with one and the same target domain; the first one has the console, the second one the log."""
    assert len(play(request, "share")) == 2
