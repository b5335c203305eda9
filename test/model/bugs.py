#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Bugs on purpose: the random test must find each one and shrink it to a few lines that show it as a scenario."""
import pathlib
import subprocess
import sys

MOST_LINES = 8  # commands of a shrunk scenario, without the counters that it states


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def expect(name, wanted, code, text):
    if code != wanted:
        sys.exit(f"bug {name}: expected exit status {wanted}, saw {code}\n{text}")


def check(folder):
    """FOLDER has `model` and `scenario` with the bug; build/host/scenario has none."""
    name, found = folder.name, folder / "found.scn"
    code, text = run(folder / "model", "--seed", "1", "--runs", "200", "--out", found)
    expect(name + ", which the model should find", 1, code, text)
    commands = [line for line in found.read_text().splitlines() if line.split()[0] not in ("#", "test", "state")]
    if len(commands) > MOST_LINES:
        sys.exit(f"bug {name}: {len(commands)} commands are left of it, more than {MOST_LINES}; see {found}")
    code, text = run(folder / "scenario", found)
    expect(name + ", playing what was found", 1, code, text)
    if "\nnot ok 1 " not in text:
        sys.exit(f"bug {name}: the scenario did not fail as a test\n{text}")
    expect(name + ", playing what was found without the bug", 0, *run("build/host/scenario", found))
    print(f"bug {name}: found, {len(commands)} commands are left of it")


for argument in sys.argv[1:]:
    check(pathlib.Path(argument))
