# SPDX-License-Identifier: MIT
"""What the builder's `locks` says after a domain was built: every page took the locks on its way."""

import json
import re
import subprocess

from machine import BUILD, OK, plain

CFG = """\
[allod]
console = com1  log = com2  loglvl = info
[domain builder]
image = builder.elf  memory = 64M  privileged = yes  console = yes
"""
PROMPT = "allod> "
PAGES = 300

SHIFT = 3  # of -icount: an instruction takes 8 ns, and longest_hold_ns counts instructions, the same ones each time
TYPED_CFG = CFG.replace("loglvl = info", "loglvl = info  watchdog = 0").replace(
    "console = yes", 'console = yes  modules = "hello.elf lines.txt"  cmdline = "type lines.txt"')
# What a builder does, and how many instructions at most a lock is held for it. Memory is dirty: to wipe a page
# takes some 1,750 in a debug build. The heap's lock is never held while pages are wiped; the domain's own are,
# but for no more pages than a call works on before others have their turn.
WIPED = 512 * 2000
HOLDS = [
    (["domain a max=4000", "claim a 0:200 1:100", "populate a 300"], {"heap": 3000, "page alloc": 8000, "p2m": 15000}),
    (["populate a 2 order=10"], {"heap": 3000, "page alloc": WIPED, "p2m": WIPED}),
    (["destroy a"], {"heap": 3000}),
    (["boot h hello.elf mem=16M wait 0:2048 1:2048"], {"heap": 15000, "page alloc": WIPED, "p2m": WIPED}),
]


class Prompt:
    """On one CPU nobody waits for a lock; a second one, idle, would scrub memory beside the builder."""

    def __init__(self, boot, debug):
        self.machine = boot(nodes=2, cpus=1, mem="512M", debug=debug, cfg=CFG, files=[BUILD / "guest/builder.elf"])
        self.machine.expect(PROMPT + "$")

    def say(self, line):
        return self.machine.ask(line, PROMPT)

    def locks(self, words=""):
        return {row["lock"]: row for row in map(json.loads, self.say(f"locks {words} -j").splitlines())}

    def populated(self):
        return self.locks().get("page alloc", {"taken": 0})["taken"]

    def quit(self):
        self.machine.send("quit\r")
        assert self.machine.wait(30) == OK, self.machine.log


def function_at(address):
    text = subprocess.run(["addr2line", "-fe", BUILD / "debug/allod.elf", hex(int(address, 16) - 1)], capture_output=True, text=True,
                          check=True).stdout
    return text.splitlines()[0]


def test_counters_of_a_build(boot):
    p = Prompt(boot, debug=True)
    assert "lock" in p.say("locks reset").split() and "how often" in p.say("help locks")
    p.locks("reset")
    assert p.populated() < PAGES, "the prompt itself allocates nothing"
    p.say("domain a max=1000")
    p.say("claim a 0:200 1:100")
    p.say(f"populate a {PAGES}")
    after = p.locks()
    for lock in ("heap", "page alloc", "p2m"):
        assert after[lock]["taken"] >= PAGES, after[lock]
    for row in after.values():
        assert row["contended"] == 0 and row["longest_wait_ns"] == 0, f"one CPU, and somebody waits: {row}"
        assert 0 < row["longest_hold_ns"] < 10**10, row
    assert function_at(after["heap"]["longest_held_from"]) not in ("??", "spin_lock", "rspin_lock"), after["heap"]
    p.locks("reset")
    assert p.populated() < PAGES
    p.quit()


def test_holds_are_short(boot, tmp_path):
    """In instructions: how long a builder keeps others waiting, whatever it does, does not grow with what it asks for."""
    lines = ["domain w max=4000", "populate w 3000", "destroy w"]
    for typed, _ in HOLDS:
        lines += ["locks reset", *typed, "locks -j"]
    (tmp_path / "lines.txt").write_text("\n".join([*lines, "quit"]) + "\n")
    machine = boot(nodes=2, mem="512M", cpus=1, icount=SHIFT, cfg=TYPED_CFG,
                   files=[*(BUILD / f"guest/{g}.elf" for g in ("builder", "hello")), tmp_path / "lines.txt"])
    assert machine.wait(120) == OK, plain(machine.console)[-3000:]
    listings = plain(machine.console).split("locks -j\n")[1:]
    for (typed, bounds), listing in zip(HOLDS, listings, strict=True):
        rows = {row["lock"]: row for row in map(json.loads, re.findall(r'^\{"lock".*', listing, re.M))}
        held = {lock: rows[lock]["longest_hold_ns"] >> SHIFT for lock in bounds}
        print(typed, held)
        assert all(0 < held[lock] <= bounds[lock] for lock in bounds), f"{typed}: held {held}, bounds {bounds}"


def test_release_builds_count_nothing(boot):
    p = Prompt(boot, debug=False)
    for command in ("locks", "check"):
        assert "ENOSYS: only debug builds of the hypervisor have it" in p.say(command)
    p.quit()
