# SPDX-License-Identifier: MIT
"""Allocations that fail on purpose, in a running machine; and that a release build has none of what tests use."""

import json
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from conftest import ROOT
from machine import BOOT, BUILD, OK, plain

BUILDER, HELLO = BUILD / "guest/builder.elf", BUILD / "guest/hello.elf"
SHELL = """\
[allod]
console = com1  log = com2  {keys}
[domain builder]
image = builder.elf  memory = 64M  privileged = yes  console = yes  modules = hello.elf
"""
PROMPT = "allod> "
EVERY = 100000  # as many in a row are all of them


@pytest.fixture
def shell(boot):
    """shell(debug, keys of allod.cfg) starts the builder; say(line) returns what it answers."""
    def start(debug, keys="loglvl = info"):
        machine = boot(nodes=2, mem="512M", debug=debug, cfg=SHELL.format(keys=keys), files=[BUILDER, HELLO])
        machine.expect(PROMPT + "$")
        return machine, lambda line: machine.ask(line, PROMPT)
    return start


def counters(say):
    """Free and claimed pages of nodes and host, and what domains there are; not the CPU time that they used."""
    domains = [json.loads(line) for line in say("domains -j").splitlines()]
    return say("heap -j"), [{k: v for k, v in d.items() if k != "cpu_ms"} for d in domains]


def attempt(say, n, times):
    """One build with these allocations failing: returns how many did and the answer."""
    say(f"fail {n} times={times}")
    answer = say("boot x hello.elf mem=2M wait 0:256 1:200")
    struck = int(say("fail 0").split()[0])
    if answer.startswith("x is domain"):
        assert answer.endswith(re.match(r"x is domain \d+", answer)[0]), f"N={n}: it was built and did not run: {answer}"
        assert say("destroy x") == ""
    else:
        assert struck and re.fullmatch(r"hello\.elf: x: [^:]+: (ENOMEM|.* from (node \d|any node): ENOMEM)", answer), \
            f"N={n}, {times} in a row: expected a domain or one line that ends with ENOMEM, saw {answer!r}"
    return struck, answer


def test_every_allocation_of_a_build(shell):
    """A domain is built from an image, on claims, while its Nth allocation fails, alone or with all that follow, for every
    N; the hypervisor checks all invariants after each hypercall. It is built, or it is said which call had no memory;
    then everything is as before."""
    machine, say = shell(True, "loglvl = info  checks = yes")
    before = counters(say)
    failed = {1: 0, EVERY: 0}
    for n in count(1):
        struck = {}
        for times in failed:
            struck[times], answer = attempt(say, n, times)
            failed[times] += not answer.startswith("x is domain")
            after = counters(say)
            assert after == before, f"N={n}, {times} in a row: expected {before}, saw {after} after {answer!r}"
        if not any(struck.values()):
            break
    print(f"{n - 1} allocations; builds that failed: {failed[1]} with one failing, {failed[EVERY]} with all that follow")
    assert n > 20 and failed[EVERY] == n - 1 > failed[1] > 10
    machine.send("quit\r")
    assert machine.wait() == OK, machine.log


BOOT_CFG = """\
[allod]
fail = {fail}
[domain hello]
image = hello.elf  memory = 2M  privileged = yes
"""


def boot_with(boot, fail):
    """Returns what was refused when the machine started all the same; otherwise one step must have said why it failed."""
    machine = boot(nodes=1, mem="256M", debug=True, cfg=BOOT_CFG.format(fail=fail), files=[HELLO])
    status = machine.wait()
    text = "\n".join(line for line in plain(machine.console).splitlines() if line.startswith("(allod)"))
    refused = re.findall(r"fail: (.*): no memory, on purpose", text)
    if status == OK:
        return refused
    failed = re.findall(r"\[failed\] (.*), error 12: nothing is started", text)
    assert status == BOOT and len(failed) == len(refused) == 1, f"fail = {fail}: status {status}\n{text}"
    print(f"fail = {fail}: {refused[0]}: {failed[0]}")
    return None


def test_every_allocation_of_the_boot(boot):
    """From the Nth on all fail, for every N from allod.cfg to the first guest: each ends with one sentence. With the first
    one alone failing the machine starts."""
    with ThreadPoolExecutor(2) as pool:
        for n in count(1, 2):
            ends = list(pool.map(lambda n: boot_with(boot, f"{n},{EVERY}"), (n, n + 1)))
            if any(end is not None for end in ends):
                break
    total = n - 1 + ends.index([])  # nothing was refused: there are no more
    assert total > 15 and ends in ([None, []], [[], []]), ends
    assert boot_with(boot, "1") == ["boot memory"]  # the frame table on small pages


# ---- release builds ----

def test_release_has_no_debug_interface(shell):
    machine, say = shell(False)
    absent = "ENOSYS: only debug builds of the hypervisor have it (make run DEBUG=1)"
    assert say("domain d") == "d is domain 1"
    for line in ("check", "noref - 1", "noref d 1", "dying d", "fail 1", "fail 0"):
        assert re.sub(r"ENOSYS \d", "ENOSYS", say(line)) == absent, line
    assert say("populate d 1") == "1 of 1"  # nothing was armed
    machine.send("quit\r")
    assert machine.wait() == OK


def test_release_refuses_to_fail(boot):
    machine = boot(nodes=1, mem="256M", debug=False, cfg=BOOT_CFG.format(fail=1), files=[HELLO])
    assert machine.wait() == BOOT
    assert 'allod.cfg:2: read "fail = 1", expected a debug build, and N or N,TIMES from 1 on' in plain(machine.console)


def symbols(kind):
    text = subprocess.run(["nm", BUILD / kind / "allod.elf"], capture_output=True, text=True, check=True).stdout
    return {line.split()[-1].split(".")[0] for line in text.splitlines()}


def test_release_contains_none_of_it():
    """By name: what the debug sysctl calls, the invariants, faults and poison. The debug build shows that the names are
    right; its switches hypercall_checks and trace_topics are only variables."""
    names = {"debug_check", "debug_noref", "debug_dying", "debug_free_noref", "debug_fail", "heap_check",
             "fault_arm", "fault_count", "fault_left", "poison_pages"}
    assert names <= symbols("debug"), names - symbols("debug")
    assert not names & symbols("release"), names & symbols("release")


def test_scenarios_know_the_build(debug):
    """`make scenario`: a debug build plays every test; on a release each says what it lacks, and that is no failure."""
    out = subprocess.run(["make", "scenario", "SCN=test/scenarios/fail.scn", f"DEBUG={int(debug)}"], cwd=ROOT,
                         capture_output=True, text=True, timeout=300)
    ends = [line for line in out.stdout.splitlines() if re.match("(not )?ok", line)]
    skip = re.compile(r'# SKIP "fail" needs a debug build of the hypervisor$')
    assert out.returncode == 0 and len(ends) == 7, out.stdout + out.stderr
    assert all(line.startswith("ok ") and bool(skip.search(line)) != debug for line in ends), out.stdout
