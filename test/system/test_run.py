# SPDX-License-Identifier: MIT
"""What `make run` shows: the demonstration, and the prompt."""

import re
import signal
import subprocess
import sys

import pytest
from conftest import ROOT
from machine import BUILD, OK, plain
from run import RUN_CFG, demo_modules

FILES = [BUILD / "guest/builder.elf", *demo_modules()]


def config(cmdline):
    return RUN_CFG.format(modules=" ".join(f.name for f in demo_modules()), cmdline=cmdline)


@pytest.mark.parametrize("nodes", [1, 2, 4, 8])
def test_demo(boot, nodes, debug):
    machine = boot(nodes=nodes, mem="2G", debug=debug, cfg=config("demo"), files=FILES)
    assert machine.wait(120) == OK, plain(machine.console)[-3000:]
    text = plain(machine.console)
    for n in range(nodes):
        assert re.search(rf"node {n}: .*MiB", text), text
    assert "hello" in text


def test_prompt(boot):
    """A person at the prompt: listings, a claim, a domain from an image, the end."""
    machine = boot(nodes=2, mem="1G", cfg=config(""), files=FILES)

    def say(line, answer):
        start = len(plain(machine.console))
        machine.send(line + "\r")
        return machine.expect(answer, start=start)

    machine.expect(r"allod> $")
    say("help", r"(?s)claim .*populate .*quit")
    say("nodes", r"(?s)0 .*1 ")
    say("domain d1 max=100", r"allod> $")
    say("claim d1 0:10 host:5", r"allod> $")
    say("claims d1", r"(?s)host.*5.*0.*10")
    say("claim d1 9:10", r"ENOENT")
    say("boot h1 hello.elf mem=16M wait 0:2048 1:2048", r"(?s)is domain \d+.*allod> $")
    say("vcpus h1", r"(?m)^ +\d+  h1 +0  shut down ")
    say("domains -j", r'\{.*"domid".*\}')
    say("domain d2 vcpus=3", r"allod> $")
    say("boot h2 hello.elf vcpus=4 vnuma wait 1:8192 0:8192", r"(?s)is domain \d+.*allod> $")
    say("vcpus h2", r"\n +\d+  h2 +0 .*  all +1 +\d+\n.*h2 +1 .*  all +1 +\d+\n.*h2 +2 .*  all +0 +\d+\n.*h2 +3 .*  all +0 +\d+\n")
    say("pin d2 1 0", r"allod> $")
    say("pin d2 3 0", r"EINVAL: the domain has fewer vCPUs, or ")
    say("pin d2 0 9", r"EINVAL: .* or the machine none of these CPUs")
    say("pin d2 2 0,9", r"in effect: 0; there is no CPU 9\n")
    say("pin d2 0 9 soft", r"in effect: none; there is no CPU 9, or the vCPU must not run on it\n")
    say("pin d2 0 all soft", r"soft\nallod> $")
    say("pin d1 0 0", r"ESRCH: this vCPU was not made")
    say("pin d2 0 3-1", r'expected CPUs from 0 to 255, as in 0-3,7, or all, read "3-1"')
    say("pin d2 0 0,300-", r'read "0,300-"')
    say("domain d3 vcpus=0", r"EINVAL: vcpus= is 0, or more than a domain can have")
    say("vcpus d2\t", r"(?m)^ +\d+  d2 +0  down +\d+ +\d+  all +all +0\n +\d+  d2 +1  down +0 +0  (0|all) ")
    say("vcpus -j", r'\{"domid":0,"name":"\(builder\)","vcpu":0,"state":"running","cpu":\d+,"node":\d+,"hard_affinity":"all",')
    say("vcpus nobody", r'no domain is called "nobody"')
    machine.send("quit\r")
    assert machine.wait() == OK


def test_prompt_answers_mistakes(boot):
    """What was meant, how it is written, which files there are; and every name is there to be completed."""
    machine = boot(nodes=2, mem="1G", cfg=config(""), files=FILES)

    def say(line, answer, end="\r"):
        start = len(plain(machine.console))
        machine.send(line + end)
        return machine.expect(answer, start=start)

    machine.expect(r"allod> $")
    say("claim", r"expected a domain\nusage: claim NAME .*TARGET:PAGES")
    say("claim 0 0:1", r"expected a domain's name, or @0 for domain id 0\nusage: claim ")
    say("frobnicate", r'unknown command "frobnicate" \(try help\)')
    say("?", r"(?s)exchange .*offline .*frames .*quit ")
    say("run x.scn", r'no file "x.scn" here; there are .*hello.elf, .*demo.scn')
    say("map builder", r'no domain is called "builder"; \(builder\) is @0\n')
    say("map nobody", r'no domain is called "nobody"\n')
    say("domain d max=4000000", r"d is domain \d+\nallod> $")
    say("affinity d 0,9", r"\nin effect: 0; there is no node 9\nallod> $")
    say("affinity d 0,1", r"affinity d 0,1\nallod> $")
    say("affinity d 9", r"EINVAL: none of these nodes is online")
    say("claim d 0:10 1:200000", r"ENOMEM: not enough unclaimed memory: node 1: 200000 pages \(781 MiB\) wanted, \d+ \(\d+ MiB\) free and unclaimed\n")
    say("claim-pages d 300000", r"ENOMEM: not enough unclaimed memory: host: 300000 pages \(1171 MiB\) wanted, ")
    say("boot x hello.elf 7:10", r"x: there is no node 7, the last one is 1\n")
    say("boot x hello.elf mem=1G", r"claim_memory, 1 entries, 262144 pages; host: 262144 pages \(1024 MiB\) wanted, \d+ \(\d+ MiB\) free and unclaimed: ENOMEM\n")
    say("help boot", r"TARGET is a node, or host for any; PAGES are of 4 KiB")
    say("host 1 2 3", r"needs 3 nodes, the machine has 2: play it with NODES=3")
    say("boot h1 hel\t", r"boot h1 hello.elf $", end="")
    say("mem=16M wait", r"allod> $")
    say("run demo1\t\025", r"run demo1.scn ", end="")
    machine.send("exit\r")
    assert machine.wait() == OK


PIECES = 150  # of a domain's memory on each of two nodes, page by page


def test_a_long_listing(boot, tmp_path):
    """People get its beginning and its sum, programs all; Ctrl-C ends it, and what was typed before is forgotten."""
    lines = ["populate d 1 node=0 exact", "populate d 1 node=1 exact"] * PIECES
    script = tmp_path / "pieces.scn"
    script.write_text("\n".join(["domain d", *lines, "last"]))
    cfg = config("type pieces.scn").replace('modules = "', 'modules = "pieces.scn ')
    machine = boot(nodes=2, mem="1G", cfg=cfg, files=[*FILES, script])
    machine.expect(r"(?m)^allod> last\nunknown command .*\nallod> $")

    def say(line, end="\r"):
        start = len(plain(machine.console))
        machine.send(line + end)
        return machine.expect(r"\n(?s:.*)\nallod> $", start=start).group(0)

    sums = f"pages: {PIECES} on node 0, {PIECES} on node 1\n"
    text = say("map d")
    assert text.count("  4 KiB\n") == 40, text
    assert text.endswith(f"  4 KiB\nand {2 * PIECES - 40} more: map d all\n{sums}allod> "), text
    text = say("map d all")
    assert text.count("  4 KiB\n") == 2 * PIECES and text.endswith(f"  4 KiB\n{sums}allod> "), text
    text = say("map d -j")
    assert text.count('"mapped_by":"4 KiB"}\n') == 2 * PIECES and "pages: " not in text, text
    text = say("map d all\rnodes\r", end="\x03")
    assert "  4 KiB\n^C\n" in text and text.count("  4 KiB\n") < 2 * PIECES and "distances" not in text, text
    assert "unclaimed MiB" in say("nodes")
    machine.send("quit\r")
    assert machine.wait() == OK


def screen(machine):
    """What a person sees: where the prompt begins its line again, it is written over."""
    rows = machine.console.replace("\r\n", "\n").split("\n")
    return "\n".join(plain(row[row.rfind("\r") + 1:]) for row in rows)


def test_prompt_is_begun_again_behind_what_others_print(boot):
    """Lines of other domains end the prompt's line: it comes again, with what was typed so far. They may come at any time,
    also between a key and what is shown of it."""
    machine = boot(nodes=2, mem="1G", cfg=config(""), files=FILES)
    machine.expect(r"allod> $")
    machine.send("boot h1 hello.elf mem=16M\rnod")
    machine.expect(r"\n\(allod\) d\d+ shut down.*\n.*allod> nod$")
    rows = screen(machine).split("h1 is domain 1\n")[1].split("\n")
    others = [row for row in rows if row.startswith("(")]
    assert [row.split()[0] for row in others] == ["(d1)", "(d1)", "(allod)"], rows
    for row in rows[:-1]:
        assert row in others or re.fullmatch(r"(allod> )?n?o?d?", row), rows
    machine.send("es\r")
    machine.expect(r"unclaimed MiB")
    machine.send("quit\r")
    assert machine.wait() == OK


def test_kernel_command_line(boot):
    """qemu -kernel allod.efi -append "...": the command line overrides the file, images come from a volume."""
    machine = boot(nodes=2, mem="1G", boot="kernel", append='loglvl=debug builder.cmdline="demo"', cfg=config(""),
                   files=FILES)
    assert machine.wait(90) == OK, plain(machine.console)[-3000:]


def test_epyc_has_only_nested_paging(boot):
    machine = boot(nodes=2, mem="1G", cpu="EPYC", cfg=config("demo"), files=FILES)
    assert machine.wait(90) == OK, plain(machine.console)[-3000:]


@pytest.mark.parametrize("what, status", [(["run"], 0), (["scenario", "test/scenarios/fixture.scn"], 128 + signal.SIGPIPE)])
def test_a_reader_that_goes_away(what, status):
    """As `make run | head -1`: it ends without a word. A test whose end nobody has seen has not passed."""
    run = subprocess.Popen([sys.executable, ROOT / "tools/run.py", *what], cwd=ROOT, stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert run.stdout.readline()
    run.stdout.close()
    said = run.stderr.read()
    assert (run.wait(), said) == (status, "")


@pytest.mark.parametrize("mem", ["10M", "2T"])
def test_memory_that_no_machine_can_have(mem):
    """Before anything starts."""
    done = subprocess.run([sys.executable, ROOT / "tools/run.py", f"--mem={mem}", "run"], capture_output=True, text=True,
                          env={"PATH": ""}, check=False)
    assert (done.returncode, done.stdout, done.stderr.strip()) == (1, "", f"allod: MEM={mem}: expected a size from 48M to 1T")


def test_readme_names_the_targets():
    readme = (ROOT / "README.md").read_text()
    for target in ("make run", "make test", "make scenario", "make check", "make debug", "make iso", "make doctor"):
        assert target in readme
