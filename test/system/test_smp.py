# SPDX-License-Identifier: MIT
"""All processors: which come up, with what numbers, on whose memory, and those that do not come."""

import re

import acpi_tables as a
import pytest
from machine import BUILD, OK, PANIC, plain

HELLO = BUILD / "guest/hello.elf"
CFG = "[allod]\nloglvl = debug\n[domain a]\nimage = hello.elf  memory = 16M  privileged = yes\n"
# QEMU's CPUs that the firmware parks in MWAIT spin; without it they sleep. Needed where there are many more than the host's.
QUIET = "max,-monitor"


def run(boot, limit=60, **description):
    machine = boot(cfg=CFG, files=[HELLO], **description)
    assert machine.wait(limit) == OK, plain(machine.console)
    return plain(machine.console)


def started(text):
    """number -> APIC id, node, the lowest and the highest page of what the CPU has for itself."""
    lines = re.findall(r"CPU (\d+): APIC id (\d+), node (\d+), its pages (0x\w+) to (0x\w+)", text)
    return {int(cpu): (int(apic), int(node), int(low, 16), int(high, 16)) for cpu, apic, node, low, high in lines}


@pytest.mark.parametrize("cpus", [1, 4, 64])
def test_all_come_up(boot, debug, cpus):
    text = run(boot, nodes=1, mem="512M", cpus=cpus, debug=debug, cpu=QUIET, limit=60 + cpus)
    assert f"processors: {cpus} of {cpus} up" in text, text
    assert "d0 shut down, reason 0 (poweroff)" in text  # whichever CPU says so may finish its sentence
    assert f"{cpus} CPU" in re.search(r"node 0: .*", text)[0]
    assert list(started(text)) == list(range(1, cpus))


def node_of(page, sizes):
    """Where QEMU puts nodes: one after the other, with the device hole between 2 and 4 GiB, which these do not reach."""
    for node, size in enumerate(sizes):
        if page < size >> 12:
            return node
        page -= size >> 12
    return None


def test_255_on_the_memory_of_their_nodes(boot):
    """Stacks and data of each CPU lie on its own node's memory."""
    sizes = [160 << 20] * 4
    text = run(boot, nodes=4, node_sizes=sizes, cpus=255, cpu=QUIET, limit=300)
    assert "processors: 255 of 255 up" in text, text
    cpus = started(text)
    assert len(cpus) == 254
    for number, (apic, node, low, high) in cpus.items():
        assert (apic, node) == (number, next(n for n in range(4) if number < (n + 1) * 255 // 4))
        assert (node_of(low, sizes), node_of(high, sizes)) == (node, node), f"CPU {number} of node {node}: {low:#x}-{high:#x}"


@pytest.mark.parametrize("threads", ["multi", "single"])
def test_sparse_apic_ids(boot, threads):
    """Two sockets of three cores: the ids leave a hole, the numbers do not."""
    text = run(boot, nodes=1, mem="512M", cpus="6,sockets=2,cores=3", threads=threads)
    assert "processors: 6 of 6 up" in text, text
    assert [(n, apic) for n, (apic, *_) in started(text).items()] == [(1, 1), (2, 2), (3, 4), (4, 5), (5, 6)]


def test_places_for_more_cpus(boot):
    """What may be plugged in later is not started, and nobody waits for it."""
    text = run(boot, nodes=1, mem="512M", cpus="2,maxcpus=4")
    assert "processors: 2 of 2 up" in text, text


def test_nodes_without_cpus_or_memory(boot):
    """Node 1 has no memory: its CPU's pages come from another node. Node 2 has no CPU."""
    mib = 1 << 20
    numa = ["-numa", "cpu,node-id=0,socket-id=0", "-numa", "cpu,node-id=1,socket-id=1", "-numa", "cpu,node-id=0,socket-id=2"]
    text = run(boot, nodes=3, node_sizes=[256 * mib, 0, 256 * mib], cpus="3,sockets=3", numa_cpus=numa)
    assert "processors: 3 of 3 up" in text, text
    counts = dict(re.findall(r"node (\d): .*, (\d+) CPU", text))
    assert counts == {"0": "2", "1": "1", "2": "0"}
    assert {n: node for n, (_, node, *_) in started(text).items()} == {1: 1, 2: 0}


def test_one_that_does_not_answer(boot, tmp_path, debug):
    """MADT has a CPU more than the machine, before the last one: it is left out, the next one gets its number."""
    madt = a.madt(*(a.madt_cpu(apic_id) for apic_id in (0, 1, 9, 2)))
    extra = ["-machine", "acpi=off"]
    for i, (name, data) in enumerate(a.firmware_files([a.fadt(), madt]).items()):
        (tmp_path / f"{i}.bin").write_bytes(data)
        extra += ["-fw_cfg", f"name={name},file={tmp_path}/{i}.bin"]
    text = run(boot, nodes=1, mem="512M", cpus=3, debug=debug, extra=extra)
    assert re.findall(r"CPU with .*", text) == ["CPU with APIC id 9 is left out: it does not answer"], text
    assert "processors: 3 of 4 up" in text and "d0 shut down, reason 0 (poweroff)" in text, text
    assert [(n, apic) for n, (apic, *_) in started(text).items()] == [(1, 1), (2, 2)]


def test_one_that_is_of_another_kind(boot):
    """A CPU without SVM comes, and says itself that it cannot take part."""
    extra = ["-device", "max-x86_64-cpu,socket-id=0,core-id=2,thread-id=0,svm=off"]
    text = run(boot, nodes=1, mem="512M", cpus="2,maxcpus=4,cores=4", extra=extra)
    assert "CPU with APIC id 2 is left out: see above" in text and "processors: 2 of 3 up" in text, text


def end(boot, mistake, seconds=10, debug=True):
    """The report of a machine on which a CPU makes a mistake; a guest keeps the others busy."""
    cfg = f"[allod]\nmistake = {mistake}  watchdog = {seconds}\n[domain a]\nimage = rogue.elf  memory = 16M  cmdline = \"spin\"\n"
    machine = boot(nodes=1, mem="512M", cpus=4, cfg=cfg, files=[BUILD / "guest/rogue.elf"], debug=debug)
    assert machine.wait(120) == PANIC, plain(machine.console)
    text = plain(machine.console)
    assert text.count("panic on CPU") == 1 and text.count("called from:") == 1, text
    return text[text.index("panic on CPU"):]


def test_panic_on_another_cpu(boot):
    """It ends the machine with one whole report, which nobody disturbs."""
    report = end(boot, "panic@2")
    assert report.startswith("panic on CPU 2: a mistake on purpose"), report
    assert re.search(r"mistake_make\+0x\w+\n.* upcall_cpu_started\+0x", report), report
    assert all(line.startswith("(allod) ") for line in report.splitlines()[1:]), report


def test_stack_overflow_on_another_cpu(boot):
    report = end(boot, "overflow@3")
    assert report.startswith("panic on CPU 3: stack overflow at"), report
    assert re.search(r"mistake_overflow[.\w]*\+0x", report), report


def test_watchdog_names_the_cpu_and_the_place(boot):
    report = end(boot, "hang@1", seconds=2)
    assert report.startswith("panic on CPU 1: watchdog: in the hypervisor for more than 2000 ms"), report
    assert re.search(r"(mistake_hang|arch_cpu_relax)\+0x", report) and "upcall_cpu_started+0x" in report, report


def test_without_a_watchdog(boot):
    cfg = CFG.replace("debug", "info\nmistake = hang@1  watchdog = 0")
    machine = boot(nodes=1, mem="512M", cpus=2, cfg=cfg, files=[HELLO])
    assert machine.wait() == OK, plain(machine.console)


def test_nmi_from_outside_reaches_all(boot, tmp_path):
    """All CPUs panic at once, one of them reports."""
    cfg = "[domain a]\nimage = rogue.elf  memory = 16M  cmdline = \"spin\"\n"
    machine = boot(nodes=1, mem="512M", cpus=4, cfg=cfg, files=[BUILD / "guest/rogue.elf"])
    machine.expect("leaving boot services")
    machine.monitor("nmi")
    assert machine.wait() == PANIC, plain(machine.console)
    assert plain(machine.console).count("panic on CPU") == 1, plain(machine.console)
