# SPDX-License-Identifier: MIT
"""What `make bench` prints: complete, the same each time, and under the bars."""

import json
import subprocess
import sys

import bench
from conftest import ROOT


def test_quick_benchmark_is_complete_and_repeatable(tmp_path):
    out = tmp_path / "bench.json"
    done = subprocess.run([sys.executable, ROOT / "tools/bench.py", "--quick", "--out", out], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    results = [json.loads(line) for line in out.read_text().splitlines()]
    assert [r["name"] for r in results] == [f[0] for f in bench.wanted(quick=True)]
    for r in results:
        assert set(r) == {"name", "value", "unit", "xen", "ratio"}
        assert r["value"] > 0, r
        assert (r["ratio"] is None) == (r["xen"] is None), r
    for figure in bench.wanted(quick=True):
        assert figure[1] in done.stdout
    assert "both runs: the same figures" in done.stdout
    assert "all bars are met" in done.stdout


def test_a_bar_can_be_missed():
    assert bench.above_bars({"hypercall": 401, "cpuid": 400}) == ["hypercall takes 401, the bar is 400"]
