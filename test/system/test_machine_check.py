# SPDX-License-Identifier: MIT
"""Machine checks: errors that QEMU's monitor injects. Pages leave, domains that lost data end, others work on."""

import json
import re
import subprocess
import time

import pytest
from machine import BUILD, FAIL, OK, PANIC, plain, time_scale

CFG = """\
[allod]
console = com1  log = com2  loglvl = info
[domain builder]
image = builder.elf  memory = 64M  privileged = yes  console = yes  modules = hello.elf
"""
GUEST = '[domain {0}]\nimage = rogue.elf  memory = 16M  cmdline = "{0}"\n'
IMAGES = [BUILD / f"guest/{name}.elf" for name in ("builder", "hello", "rogue")]
PROMPT = "allod> "
COUNTED = "(d2) counted to the end"

# AMD64 manual volume 2, section 9.3.2: MCi_STATUS; and MCG_STATUS.
VAL, OVER, UC, EN, ADDRV, PCC = (1 << bit for bit in (63, 62, 61, 60, 58, 57))
LOST, CORRECTED = VAL | UC | EN | ADDRV, VAL | EN | ADDRV
RIPV, MCIP = 1, 4
BANK = 4


class Prompt:
    """A machine with the builder at its prompt, and domains beside it; one CPU, so that the errors meet whoever runs."""

    def __init__(self, boot, debug, guests=(), mem="512M"):
        cfg = CFG + "".join(GUEST.format(g) for g in guests)
        self.machine = boot(nodes=2, cpus=1, mem=mem, debug=debug, cfg=cfg, files=IMAGES)
        text = subprocess.run(["nm", "-n", BUILD / self.machine.kind / "allod.elf"], capture_output=True, text=True,
                              check=True).stdout
        self.symbols = [(int(line.split()[0], 16), line.split()[-1]) for line in text.splitlines()]
        self.machine.expect(PROMPT + "$")

    def say(self, line):
        return self.machine.ask(line, PROMPT)

    def frames(self, words="", **wanted):
        """Runs of machine pages whose fields are as wanted."""
        runs = [json.loads(line) for line in self.say(f"frames {words} -j").splitlines()]
        return [run for run in runs if all(run[k] == v for k, v in wanted.items())]

    def free(self):
        return sum(run["pages"] for run in self.frames(use="free"))

    def function(self):
        """The function of the hypervisor that runs, while the machine is stopped; None: a guest runs."""
        rip = int(re.search(r"RIP=([0-9a-f]+)", self.machine.monitor("info registers"))[1], 16)
        return next((name for at, name in reversed(self.symbols) if at <= rip), None)

    def inject(self, status, page, mcg=RIPV | MCIP, guest=False):
        """An error in this page, while the hypervisor runs, or a guest; where. QEMU does not ask the intercept, and gives a
        guest's machine check to the guest; so svm_enter, which has set out for the guest, is not the hypervisor."""
        end = time.monotonic() + 60 * time_scale()
        while time.monotonic() < end:
            self.machine.monitor("stop")
            function = self.function()
            hit = function is None if guest else function not in (None, "svm_enter")
            if hit:
                answer = self.machine.monitor(f"mce 0 {BANK} {status:#x} {mcg:#x} {page * 4096 + 0x123:#x} 0")
                assert "\nCPU" not in answer, answer  # it says so when it does not inject
            self.machine.monitor("cont")
            if hit:
                return function
            time.sleep(0.01)
        raise AssertionError(f"never in {'a guest' if guest else 'the hypervisor'}")

    def logged(self, pattern, times=1):
        """Wait until the hypervisor has said what matches a line so often; the matches."""
        end = time.monotonic() + 60 * time_scale()
        while len(re.findall(pattern, self.machine.log, re.M)) < times:
            assert self.machine.process.poll() is None and time.monotonic() < end, f"{pattern}\n{self.machine.log[-2000:]}"
            time.sleep(0.05)
        return re.findall(pattern, self.machine.log, re.M)

    def quit(self, status):
        self.machine.send("quit\r")
        assert self.machine.wait() == status, self.machine.log[-3000:]


def test_what_hurts_nobody(boot, debug):
    """A corrected error is logged, and that is all. A free page leaves, and then more errors in it change nothing."""
    p = Prompt(boot, debug)
    page, before = p.frames("node=1", use="free")[0]["mfn"], p.free()
    p.inject(CORRECTED, page)
    assert len(p.logged(rf"machine check in bank 4, .* address {page * 4096 + 0x123:#x}: corrected$")) == 1
    assert p.free() == before and not p.frames(use="broken")
    for times in (1, 2):
        p.inject(LOST, page)
        p.logged(rf"page {page:#x} is nobody's, nothing is lost$", times)
        assert p.frames(use="broken") == [{"mfn": page, "pages": 1, "node": 1, "use": "broken", "owner": ""}]
        assert p.free() == before - 1
    assert p.say("online 1 node=1") == "only 0 pages of the node were offline or marked"
    p.quit(OK)


def test_claims_are_recalled(boot, debug):
    """A broken page that a claim counted on takes the claim with it."""
    p = Prompt(boot, debug)
    p.say("host 64 64")
    p.say("domain d")
    assert p.say("claim d 1:64") == ""
    p.inject(LOST, p.frames("node=1", use="free")[0]["mfn"])
    p.logged(r"a page that d\d+ claims on a node is recalled, 63 stay claimed$")
    assert p.say("state d claims=63 host=0") == "ok"
    p.quit(OK)


def test_owned_page(boot, debug):
    """The domain has lost data and ends; its neighbour does not, and the page leaves when it is freed."""
    p = Prompt(boot, debug, ["spin", "count"])
    assert p.say("pause @1") == p.say("pause @2") == ""  # so that the hypervisor itself runs
    early = COUNTED in p.machine.log
    before, run = p.free(), p.frames("@1")[0]
    page, owned = run["mfn"], sum(r["pages"] for r in p.frames("@1"))
    p.inject(LOST, page)
    assert len(p.logged(rf"^\(allod\) d1 crashed: the data in page {page:#x} is lost \(machine check in bank 4, .*\)$")) == 1
    assert len(p.logged(r"^\(allod\) d1 shut down, reason 3 \(crash\)$")) == 1
    assert [(r["mfn"], r["pages"]) for r in p.frames("@1", use="pending")] == [(page, 1)]
    assert p.free() == before
    assert p.say("destroy @1") == ""
    assert [(r["mfn"], r["pages"]) for r in p.frames(use="broken")] == [(page, 1)]
    assert p.free() >= before + owned - 1
    assert p.say("unpause @2") == ""
    p.logged(re.escape(COUNTED))
    print(f"the neighbour had {'already' if early else 'not yet'} counted to its end")
    assert p.say("boot next hello.elf mem=16M wait").startswith("next is domain")
    assert debug == (p.say("check") == "ok")
    p.quit(FAIL)  # a boot domain has crashed


def test_at_any_instruction(boot, debug):
    """While the hypervisor scrubs free memory, mostly under heap_lock: each page leaves, no lock and no counter is hurt."""
    p = Prompt(boot, debug, mem="2G")
    run, before, where = max(p.frames("node=1", use="free"), key=lambda r: r["pages"]), p.free(), []
    pages = [run["mfn"] + i * run["pages"] // 20 for i in range(20)]
    for page in pages:
        where.append(p.inject(LOST, page))
        p.logged(f"page {page:#x} is nobody's, nothing is lost$")
    print(f"interrupted: {where}")
    assert [(r["mfn"], r["pages"]) for r in p.frames(use="broken")] == [(page, 1) for page in pages]
    assert p.free() == before - len(pages)
    assert debug == (p.say("check") == "ok")
    p.quit(OK)


def test_while_a_guest_runs(boot, debug):
    """QEMU gives it to the guest, which ends; the hypervisor finds the error by itself, and all others work on."""
    p = Prompt(boot, debug, ["spin"])
    page = p.frames("node=1", use="free")[0]["mfn"]
    p.inject(LOST, page, guest=True)
    p.logged(f"page {page:#x} is nobody's, nothing is lost$")
    assert p.frames(use="broken")[0]["mfn"] == page
    assert p.say("pause @1") == ""
    p.inject(LOST, page + 1)  # the machine check before is over
    p.logged(f"page {page + 1:#x} is nobody's, nothing is lost$")
    p.say("destroy @1")
    p.machine.send("quit\r")
    assert p.machine.wait() in (OK, FAIL), p.machine.log[-3000:]


FATAL = {
    "context": (LOST | PCC, RIPV | MCIP, "the CPU's own state is lost"),
    "no-return": (LOST, MCIP, "the hypervisor's code that it interrupted cannot go on"),
    "no-address": (LOST & ~ADDRV, RIPV | MCIP, "it has no address, so nobody knows whose data is lost"),
    "overflow": (LOST | OVER, RIPV | MCIP, "another error was lost with it"),
    "own-page": (LOST, RIPV | MCIP, "the page is the hypervisor's own"),
    "no-heap": (LOST, RIPV | MCIP, "it is not in the guests' memory"),
}


@pytest.mark.parametrize("case", FATAL)
def test_fatal(boot, case):
    """One sentence names bank, status, address and reason, and the machine ends as by any panic; debug and release in turn."""
    status, mcg, why = FATAL[case]
    p = Prompt(boot, debug=list(FATAL).index(case) % 2 == 0)
    page = 0xfee00 if case == "no-heap" else p.frames(use="hypervisor" if case == "own-page" else "free")[0]["mfn"]
    address = f"{page * 4096 + 0x123:#x}" if status & ADDRV else 0
    p.inject(status, page, mcg)
    assert p.machine.wait() == PANIC, p.machine.log[-3000:]
    said = re.findall(r"panic on CPU 0: (.*)$", p.machine.log + plain(p.machine.console), re.M)
    assert said == [f"machine check in bank 4, status {status:#x}, address {address}: {why}"]
