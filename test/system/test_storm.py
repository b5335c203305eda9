# SPDX-License-Identifier: MIT
"""Boot storms: what claims promise holds in each, the machine is whole afterwards, and table and picture say what was."""

import os
import random
import shlex
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest
from conftest import ROOT
from machine import OK, plain
from storm import Soak, again, arguments, check
from storm_run import SHIFT, add_log_reasons, collect, storm_machine
from storm_svg import picture, runs_of
from storm_table import broken_bars, figures, percent, table

SVG = "{http://www.w3.org/2000/svg}"


# ---- in QEMU ----

def play(request, words, **shape):
    machine = storm_machine(f"test-{request.node.name.replace('[', '-').strip(']')}", words, cpus=4, **shape)
    status = machine.play(300)
    described, storms = collect(machine.console)
    said = plain(machine.console)[-2000:]
    assert status == OK and [s["wrong"] for s in storms] == [None] * len(storms), f"{words}: {said}; {machine.log_path}"
    add_log_reasons(storms, machine.log)
    return described, storms


@pytest.mark.parametrize("evacuate", ["no", "yes"])
def test_claims_keep_their_promise(request, evacuate):
    """The same domains without claims and with."""
    machine, storms = play(request, f"seed=1 claims=both evacuate={evacuate} detail checks", mem=256 << 20)
    without, with_claims = (figures(machine, s) for s in storms)
    assert machine["builders"] == 4
    assert without["wanted_pages"] == with_claims["wanted_pages"] > 0
    assert broken_bars(with_claims) == []
    assert with_claims["on_wanted"] == 1 and with_claims["distance"] == 10
    assert with_claims["pages_wasted"] == 0 and with_claims["at_home"] == with_claims["started"] > 0
    assert with_claims["failed"] == 0 or any("claim" in line for line in with_claims["log"])
    # Some node is asked for more than it has: either all of this is elsewhere, or somebody found all nodes full. Then the
    # node that is asked for less than it has is full of foreign pages, which losers have given back at most.
    assert without["on_wanted"] < 1 or without["pages_wasted"] > 0
    assert (without["distance"] > 10) == (without["on_wanted"] < 1)
    picture(machine, storms)


def test_more_want_memory_than_there_is(request):
    """Without claims there are losers who had pages; with claims nobody who lost had one."""
    machine, storms = play(request, "seed=2 claims=both detail", mem=256 << 20)
    without, with_claims = (figures(machine, s) for s in storms)
    assert without["pages_wasted"] > 0 and "populate_physmap: ENOMEM" in without["refusals"]
    assert with_claims["failed"] > 0 and not any(r.startswith("populate") for r in with_claims["refusals"])


def test_storms_in_a_row(request):
    """The seed of each decides about claims and evacuation; each leaves the machine as it found it."""
    seed = random.randrange(1 << 32)
    _, storms = play(request, f"seed={seed} storms=12 claims=any evacuate=any checks", mem=256 << 20)
    assert [s["storm"] for s in storms] == list(range(seed, seed + 12)), f"make soak STORMS=12 SEED={seed}"
    assert {s["claims"] for s in storms} == {s["evacuate"] for s in storms} == {True, False}


@pytest.mark.parametrize("nodes", [1, 8])
def test_other_machines(request, nodes):
    machine, storms = play(request, "seed=4 claims=on detail", nodes=nodes, mem=512 << 20, builders=6, debug=False)
    assert len(machine["nodes"]) == nodes and broken_bars(figures(machine, storms[0])) == []


def test_cpus_take_turns(request):
    """As `make storm` counts instructions: of CPUs that take turns none waits for another's lock for ever."""
    _, storms = play(request, "seed=1 claims=both", mem=512 << 20, domains=12, icount=SHIFT)
    assert len(storms) == 2


# ---- on the host ----

MACHINE = {"builders": 4, "distances": [10, 20, 20, 10],
           "nodes": [{"node": 0, "pages": 4096, "free": 4000}, {"node": 1, "pages": 4096, "free": 4096}]}


def domain(number, state, wanted, on, wasted=0, refused=None, role="arrives"):
    d = {"domain": number, "domid": number + 1, "role": role, "state": state, "pages": sum(wanted.values()), "order": 9,
         "wanted": wanted, "on": on, "populated": sum(on.values()) + wasted, "tries": 1, "wasted_tries": int(wasted > 0),
         "wasted_pages": wasted, "wasted_ns": wasted * 1000}
    return d | ({"refused": refused} if refused else {})


def storm(claims, domains, stripes, evacuate=False):
    return {"storm": 7, "claims": claims, "evacuate": evacuate, "ns": 2 * 10**9, "ticks": 64, "wrong": None, "of": domains,
            "stripes": [{"node": n, "first": 0, "pages": 1024, "stripes": s} for n, s in enumerate(stripes)]}


WITHOUT = storm(False, [
    domain(0, "started", {0: 2048}, {0: 1024, 1: 1024}),
    domain(1, "started", {0: 1024, 1: 1024}, {0: 2048}),
    domain(2, "failed", {1: 2048}, {}, 1024, "populate_physmap, 1024 of 2048 pages from any node: ENOMEM"),
], [[{"0": 1024}, {"1": 1024}, {"1": 1024}, {"hypervisor": 96, "free": 928}], [{"0": 1024}, {}, {"free": 1024}, {"free": 1024}]])
WITH = storm(True, [
    domain(0, "started", {0: 2048}, {0: 2048}),
    domain(1, "started", {0: 1024, 1: 1024}, {0: 1024, 1: 1024}),
    domain(2, "failed", {1: 2048}, {}, 0, "claim_memory, 1 entries, 2048 pages: ENOMEM"),
], [[{"0": 1024}, {"0": 1024}, {"1": 1024}, {"hypervisor": 96, "free": 928}], [{"1": 1024}, {}, {"free": 1024}, {"free": 1024}]])


def test_figures():
    """By hand: 1024 of 4096 pages are on node 1 though node 0 was wanted, at distance 20."""
    f = figures(MACHINE, WITHOUT)
    assert (f["domains"], f["started"], f["failed"], f["at_home"]) == (3, 2, 1, 1)
    assert (f["on_wanted"], f["distance"], f["pages_wasted"]) == (0.75, 12.5, 1024)
    assert f["refusals"] == {"populate_physmap: ENOMEM": 1}
    assert broken_bars(f) == []
    f = figures(MACHINE, WITH)
    assert (f["on_wanted"], f["distance"], f["pages_wasted"], f["at_home"]) == (1, 10, 0, 2)


def test_bars_that_break():
    f = figures(MACHINE, WITHOUT | {"claims": True})
    assert broken_bars(f) == ["only 75 % of the pages are on wanted nodes", "1024 pages were populated for nothing",
                              "refused by populate_physmap: ENOMEM"]


def test_percent_is_not_rounded_up():
    assert (percent(1), percent(0.99999), percent(0.7512), percent(None)) == ("100 %", "99.9 %", "75.1 %", "none")


def test_table():
    lines = table([figures(MACHINE, s) for s in (WITHOUT, WITH)])
    rows = {" ".join(line[:44].split()): line[44:].split("  ") for line in lines}
    rows = {name: [c.strip() for c in cells if c.strip()] for name, cells in rows.items()}
    assert rows[""] == ["without claims", "with claims"]
    assert rows["domains started"] == ["2 of 3", "2 of 3"]
    assert rows["populated for nothing"] == ["4.0 MiB", "0.0 MiB"]
    assert rows["pages on wanted nodes"] == ["75 %", "100 %"]
    assert rows["refused by claim_memory: ENOMEM"] == ["0", "1"]


def drawn(storms, machine=MACHINE):
    root = ElementTree.fromstring(picture(machine, storms))
    texts = ["".join(t.itertext()) for t in root.iter(f"{SVG}text")]
    fills = [r.get("fill") for r in root.iter(f"{SVG}rect")]
    return root, texts, fills


def test_picture():
    """Two panels, and what is where: pages on foreign nodes and half-built losers are hatched."""
    _, texts, fills = drawn([WITHOUT, WITH])
    assert [t for t in texts if t in ("Without claims", "With claims")] == ["Without claims", "With claims"]
    assert texts.count("node 0") == texts.count("node 1") == 2 and "16 MiB" in texts
    assert texts.count("1 failed") == 2 and "8.0 MiB on node 1" in texts
    in_legend = 1
    assert fills.count("url(#foreign)") - in_legend == 1 and fills.count("url(#lost)") - in_legend == 1
    assert {"s00", "s01", "s02"} <= set(texts)


def test_picture_of_one_storm_and_of_many_nodes():
    nodes = [{"node": n, "pages": 4096, "free": 4096} for n in range(16)]
    machine = {"builders": 1, "nodes": nodes, "distances": [10] * 256}
    one = storm(True, [domain(n, "started", {n: 4096}, {n: 4096}) for n in range(16)], [[{str(n): 4096}] for n in range(16)])
    root, texts, fills = drawn([one], machine)
    assert "Without claims" not in texts and texts.count("none failed") == 1
    placed = [r for r in root.iter(f"{SVG}rect") if r.get("x")]
    assert all(float(r.get("width")) > 0 and float(r.get("x")) + float(r.get("width")) <= 1480 for r in placed)


def test_every_domain_has_a_colour_of_its_own():
    root, _, _ = drawn([WITHOUT, WITH])
    chips = [r.get("fill") for r in root.iter(f"{SVG}rect") if r.get("width") == r.get("height") == "13"]
    assert len(chips) == len(set(chips)) == 3


def test_stripes_that_look_alike_are_one():
    assert runs_of([{"1": 4}, {"1": 4}, {"1": 2, "free": 2}, {"1": 4}]) == [
        [0, 2, {"1": 1}], [2, 1, {"1": 0.5, "free": 0.5}], [3, 1, {"1": 1}]]


def test_lines_that_are_not_json_do_not_matter():
    assert collect("BdsDxe: loading\n{ not json\n\x1b[2J\n") == (None, [])


def test_log_reasons_belong_to_the_storm_of_their_domain():
    storms = [{"of": [{"domid": 3}, {"domid": 4}]}, {"of": [{"domid": 5}]}]
    add_log_reasons(storms, "(allod) refused (ENOMEM): claim d4: 9 pages of node 1, room for 2\n(allod) d4 is gone\n"
                            "(allod) refused: d5 wants 1 pages of node -1: 0 free, 0 claimed, 0 by itself\n")
    assert storms[0]["log"] == {"claim d#: # pages of node #, room for #": 1}
    assert storms[1]["log"] == {"d# wants # pages of node #: # free, # claimed, # by itself": 1}


def test_soak_remembers_what_failed():
    soak = Soak(3)
    soak.feed('{"storm":7,"wrong":null}\n{"storm":8,"wrong":"s01 does')
    soak.feed(' not run"}\n')
    assert (soak.good, soak.last, soak.wrong) == (1, 8, "s01 does not run")


def understood(monkeypatch, *options):
    monkeypatch.setattr(sys, "argv", ["storm.py", *options, "soak"])
    args = arguments()
    check(args)
    return args


@pytest.mark.parametrize("options", [
    [], ["--mem=1G"], ["--builders=7"], ["--domains=9", "--nodes=2", "--cpus=3", "--builders=2", "--mem=300M"]])
def test_soak_says_how_to_play_a_storm_again(monkeypatch, options):
    """What it says means the same machine."""
    args = understood(monkeypatch, *options)
    make, soak, *words = shlex.split(again(args, 9))
    settings = dict(word.split("=") for word in words)
    assert (make, soak, settings.pop("DEBUG")) == ("make", "soak", os.environ.get("DEBUG", "1"))
    same = understood(monkeypatch, *(f"--{name.lower()}={value}" for name, value in settings.items()))
    assert vars(same) == vars(args) | {"seed": 9, "storms": 1}


@pytest.mark.parametrize("options, sentence", [
    (["--domains=0", "storm"], "allod: DOMAINS=0: expected a number from 2 to 256"),
    (["--domains=many", "soak"], "allod: DOMAINS=many: expected a number from 2 to 256"),
    (["--nodes=17", "storm"], "allod: NODES=17: expected a number from 1 to 16"),
    (["--claims=maybe", "storm"], "allod: CLAIMS=maybe: expected on, off or both"),
    (["--evacuate=1", "--nodes=1", "storm"], "allod: EVACUATE=1 needs at least 2 nodes and 6 domains, there are NODES=1 DOMAINS=24"),
    (["--mem=128M", "storm"], "allod: MEM=128M is too little for DOMAINS=24 on NODES=4: expected at least 256M"),
    (["--mem=much", "storm"], "allod: MEM=much: expected a number with K, M, G or T, for example 4G"),
    (["--seed=-1", "storm"], "allod: SEED=-1: expected a number from 0 to 9223372036854775807"),
])
def test_mistakes_are_said_in_one_sentence(options, sentence):
    done = subprocess.run([sys.executable, ROOT / "tools/storm.py", *options], capture_output=True, text=True,
                          env=os.environ | {"PATH": ""}, check=False)
    assert done.returncode == 1 and done.stderr.strip() == sentence and done.stdout == ""
