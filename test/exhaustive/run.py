#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Search what the tree does, then the same with each mistake of mistakes/: every one of them must be caught.

usage: run.py DEPTH RACE_DEPTH, from the Makefile, which has built the programs in build/exhaustive and says in CC,
HOST_CFLAGS and SEARCH_MM_CFLAGS how."""
import concurrent.futures
import glob
import os
import re
import shutil
import subprocess
import sys
import time

BUILD = "build/exhaustive"
HERE = os.path.dirname(os.path.relpath(__file__))
TIMEOUT = 600  # seconds
ASAN_DEPTH = 3  # under sanitizers
ASAN = {"ASAN_OPTIONS": "replace_intrin=0"}  # a copy of the world is one memcpy over all variables and what lies between
# By the folder that is changed: the program that looks for the mistake.
PROGRAMS = {"mm": "search", "hypercall": "calls", "guest/lib": "library"}


class Broken(Exception):
    """A patch does not apply or does not compile."""


def run(command, **kwargs):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", **kwargs)


def must(command, what):
    result = run(command)
    if result.returncode:
        raise Broken(f"{what}:\n{result.stdout}")


def changed_files(patch):
    return re.findall(r"^\+\+\+ b/(\S+)", open(patch).read(), re.M)


def compile_changed(patch, place):
    """Copy the changed folder to PLACE, patch it there, and compile what has changed; returns program and objects."""
    files = changed_files(patch)
    folder = next(f for f in PROGRAMS if files[0].startswith(f + "/"))
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(folder, f"{place}/{folder}")
    must(["patch", "-s", "-p1", "-d", place, "-i", os.path.abspath(patch)], "does not apply")
    if any(f.endswith(".h") for f in files):
        files = glob.glob(f"{folder}/*.c")
    program = PROGRAMS[folder]
    flags = os.environ["SEARCH_MM_CFLAGS" if program == "search" else "HOST_CFLAGS"].split()
    objects = {}
    for f in files:
        objects[f] = f"{place}/{f}.o"
        must([os.environ["CC"], f"-I{place}/{folder}", *flags, "-c", f"{place}/{f}", "-o", objects[f]], "does not compile")
    return program, objects


def link(program, objects, place):
    """The program with these objects in place of the tree's."""
    with open(f"{BUILD}/{program}.link") as f:
        parts = f.read().split()
    inputs = [objects.pop(re.sub(r"^build/(host|exhaustive)/obj/(.*)\.o$", r"\2.c", p), p) for p in parts]
    sanitize = [] if program == "search" else ["-fsanitize=address,undefined"]
    must([os.environ["CC"], *sanitize, *objects.values(), *inputs, "-o", f"{place}/{program}", "-lpthread"], "does not link")
    return [f"{place}/{program}"]


def look_for(patch, depths):
    """Compile with one mistake and run: (patch, the broken property or None if it survived, output, seconds)."""
    place = f"{BUILD}/mistakes/{os.path.basename(patch)[:-6]}"
    start = time.time()
    try:
        program, objects = compile_changed(patch, place)
        command = link(program, objects, place) + (depths if program == "search" else [])
        result = run(command, timeout=TIMEOUT)
    except Broken as e:
        return patch, None, f"    the patch {e}", 0
    except subprocess.TimeoutExpired:
        return patch, None, "    the search does not end", TIMEOUT
    sanitizer = re.search(r"^.*(?:ERROR: AddressSanitizer|runtime error): .*$", result.stdout, re.M)
    caught = re.search(r"^CAUGHT (.*)$", result.stdout, re.M)
    if result.returncode and (caught or sanitizer):
        return patch, caught[1] if caught else "sanitizer: " + sanitizer[0], result.stdout, time.time() - start
    return patch, None, f"    it survived: status {result.returncode}\n{result.stdout}", time.time() - start


def show(patch, caught, output, seconds):
    name = os.path.basename(patch)[:-6]
    title = open(patch).readline().strip()
    if not caught:
        print(f"not ok {name}: {title}\n{output}")
        return False
    searched = re.search(r"^SEARCHED (.*)$", output, re.M)
    sequence = re.search(r"^SEQUENCE\n((?:    .*\n)*)", output, re.M)
    print(f"ok {name}: {title}")
    print(f"    caught by {caught}\n    after {searched[1] if searched else 'one call'}, {seconds:.1f} s with compilation")
    print("".join(f"    | {line.strip()}\n" for line in sequence[1].splitlines()) if sequence else "", end="")
    return True


def search(command):
    """Run a program on the tree as it is, and show what it says; True when all properties hold."""
    start = time.time()
    result = run([f"{BUILD}/{command[0]}", *command[1:]], env={**os.environ, **ASAN})
    print(f"== {' '.join(command)}, {time.time() - start:.0f} s\n{result.stdout}", end="", flush=True)
    return result.returncode == 0


def main():
    depth, race_depth = sys.argv[1:]
    patches = sorted(glob.glob(f"{HERE}/mistakes/*.patch"))
    missing = set(range(1, 11)) - {int(os.path.basename(p)[:2]) for p in patches}
    if missing:
        sys.exit(f"not ok: no patch for the mistakes {sorted(missing)}")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        tree = [["search", depth, race_depth], ["search-asan", str(min(int(depth), ASAN_DEPTH)), "0"], ["calls"], ["library"]]
        holds = list(pool.map(search, tree))
        print("== the mistakes of docs/claims.md section 11, seeded", flush=True)
        caught = [show(*r) for r in pool.map(lambda p: look_for(p, [depth, race_depth]), patches)]
    ok = all(holds) and all(caught)
    print(f"allod: exhaustive search: {'the properties hold' if all(holds) else 'A PROPERTY IS BROKEN'}, "
          f"{sum(caught)} of {len(caught)} seeded mistakes are caught")
    sys.exit(not ok)


if __name__ == "__main__":
    main()
