# SPDX-License-Identifier: MIT
"""Hypercalls at random from inside QEMU: nothing panics, no page is lost, and no other domain is reached."""

import re

import pytest
from machine import OK
from run import hyperfuzz_machine, hyperfuzz_report

FAMILIES = {"memory_op", "multicall", "xen_version", "console_io", "vcpu_op", "sched_op", "event_channel_op", "hvm_op", "grant_table_op", "sysctl",
            "domctl"}


def play(request, seed, count, runs, debug):
    name = re.sub(r"\W+", "-", request.node.name)
    machine = hyperfuzz_machine(f"test-{name}", seed, count, runs, debug)
    status = machine.play(180)
    lines, why = hyperfuzz_report(machine, runs)
    assert why is None and status == OK, f"{why}, status {status}; see {machine.log_path}\n" + "\n".join(lines)
    return lines


def counts(lines, what):
    """{name: number} of the comments on calls or on results."""
    return {name: int(nr) for name, nr in re.findall(rf"^# {what} (\w+): (\d+)$", "\n".join(lines), re.M)}


@pytest.mark.parametrize("seed", [1, 2])
def test_privileged(request, seed):
    """A debug build, which checks all invariants after each call, and that the error is one of those declared."""
    lines = play(request, seed, 10000, 0, True)
    assert FAMILIES <= counts(lines, "calls").keys()
    assert {"EPERM", "EFAULT", "EINVAL", "ENOSYS", "ESRCH", "ENOMEM"} <= counts(lines, "results").keys()


def test_unprivileged(request):
    """Two seeds, one domain after the other; each costs nothing in the end."""
    lines = play(request, 3, 8000, 2, True)
    assert len([line for line in lines if line.startswith("ok ") and "all memory is back" in line]) == 2
    assert counts(lines, "results")["EPERM"] > 1000


def test_same_seed_same_calls(request):
    """The calls can be repeated, in a release build as well; a few results depend on times and on where memory is free."""
    first, again, other = (play(request, seed, 2000, 0, False) for seed in (5, 5, 6))
    digests = [re.search(r"digest of calls (\w+)", "\n".join(lines))[1] for lines in (first, again, other)]
    assert digests[0] == digests[1] != digests[2]
