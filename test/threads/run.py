#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Threads under ThreadSanitizer: first the tree as it is, which must be silent, then the same with each mistake of mistakes/,
every one of which must be seen: by the sanitizer, or as a broken invariant or promise.

usage: run.py SECONDS SEED, from the Makefile, which has built the program in build/threads and says in CC and THREADS_CFLAGS how.
The first line of a patch says what is wrong with it; the line "part: ..." which part of the program shall find it;
the line "hangs", if there is one, that it may also be seen by a program that does not end."""
import concurrent.futures
import glob
import os
import re
import shutil
import subprocess
import sys
import time

BUILD = "build/threads"
PROGRAM = f"{BUILD}/threads"
HERE = os.path.dirname(os.path.relpath(__file__))
SLOW = int(os.environ.get("ALLOD_TIME_SCALE", "1"))
TRY_SECONDS = 2
LIMIT = 180 * SLOW  # seconds until a mistake is said to have survived: it takes time only then
CHANGED = ("mm", "hypercall", "kernel", "arch/x86_64", "test/host", "test/threads")

INCLUDED_BY = {f"arch/x86_64/hvm/{name}.c": "test/host/p2m.c" for name in ("p2m", "p2m_table")}
INCLUDED_BY |= {f"arch/x86_64/guest/vlapic{name}.c": "test/threads/apics.c" for name in ("", "_icr", "_regs", "_timer")}


class Broken(Exception):
    """A patch does not apply or does not compile."""


def start_of_command():
    """The sanitizer wants its addresses where they are without randomisation; where that is not to be had, as it is."""
    fixed = ["setarch", "-R"]
    try:
        return fixed if subprocess.run(fixed + ["true"], stderr=subprocess.DEVNULL, check=False).returncode == 0 else []
    except OSError:
        return []


def run_program(program, seconds, *arguments, halt, **kwargs):
    options = f"halt_on_error={halt} second_deadlock_stack=1 history_size=4"
    return subprocess.run(start_of_command() + [program, str(seconds), *arguments], env={**os.environ, "TSAN_OPTIONS": options},
                          timeout=SLOW * (60 + 10 * int(seconds)), check=False, **kwargs)


def must(command, what):
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    if result.returncode:
        raise Broken(f"{what}:\n{result.stdout}")


def sources_of(changed):
    """What has to be compiled anew when these files are changed: of a header, all that the compiler says include it."""
    sources = {INCLUDED_BY.get(name, name) for name in changed if name.endswith(".c")}
    headers = [name for name in changed if name.endswith(".h")]
    for made in glob.glob(f"{BUILD}/obj/**/*.d", recursive=True) if headers else []:
        with open(made) as f:
            words = {os.path.normpath(word) for word in f.read().split()}
        if words.intersection(headers):
            sources.add(made[len(f"{BUILD}/obj/"):-2] + ".c")
    return sorted(sources)


def link_with(patch, place):
    """The program with the patched files in place of the tree's."""
    shutil.rmtree(place, ignore_errors=True)
    for folder in CHANGED:
        shutil.copytree(folder, f"{place}/{folder}")
    must(["patch", "-s", "-p1", "-d", place, "-i", os.path.abspath(patch)], "does not apply")
    with open(f"{PROGRAM}.objects") as f:
        objects = f.read().split()
    flags = os.environ["THREADS_CFLAGS"].split()
    flags.insert(0, f"-I{place}/arch/x86_64")
    for name in sources_of(re.findall(r"^\+\+\+ b/(\S+)", open(patch).read(), re.M)):
        old, new = f"{BUILD}/obj/{name[:-2]}.o", f"{place}/{os.path.basename(name)}.o"
        must([os.environ["CC"], *flags, "-c", f"{place}/{name}", "-o", new], "does not compile")
        objects[objects.index(old)] = new
    must([os.environ["CC"], *flags, *objects, *os.environ["THREADS_LDFLAGS"].split(), "-o", f"{place}/threads"], "does not link")
    return f"{place}/threads"


def what_was_seen(output):
    """The sanitizer's summary, or what the program itself says."""
    race = re.search(r"^SUMMARY: ThreadSanitizer: (.*?)(?: /\S+/)?$", output, re.M)
    broken = re.search(r"^(?:not ok|invariant broken): .*$", output, re.M)
    return broken[0] if broken else f"ThreadSanitizer: {race[1]}" if race else None


def look_for(patch):
    """(patch, what was seen of it or None, how it went otherwise, seconds)"""
    started = time.time()
    head = open(patch).read().split("\n--- ")[0]
    try:
        part = re.search(r"^part: (\S+) (\S+)$", head, re.M)
        if not part:
            raise Broken("does not say which part finds it")
        program = link_with(patch, f"{BUILD}/mistakes/{os.path.basename(patch)[:-6]}")
        seed = 0
        while not seed or time.time() - started < LIMIT:
            seed += 1
            result = run_program(program, TRY_SECONDS, str(seed), *part.groups(), halt=1, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                 text=True, errors="replace")
            seen = what_was_seen(result.stdout)
            if result.returncode and seen:
                return patch, seen, "", time.time() - started
    except Broken as e:
        return patch, None, f"the patch {e}", time.time() - started
    except subprocess.TimeoutExpired:
        hangs = re.search(r"^hangs$", head, re.M)
        return patch, "the program does not end" if hangs else None, "the program does not end", time.time() - started
    return patch, None, f"it survived {seed} times: status {result.returncode}\n{result.stdout}", time.time() - started


def mistakes_are_seen():
    ok = True
    patches = sorted(glob.glob(f"{HERE}/mistakes/*.patch"))
    print(f"== {len(patches)} mistakes, seeded", flush=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for patch, seen, otherwise, seconds in pool.map(look_for, patches):
            name, title = os.path.basename(patch)[:-6], open(patch).readline().strip()
            print(f"{'ok' if seen else 'not ok'} {name}: {title}\n    {seen or otherwise} ({seconds:.1f} s)", flush=True)
            ok &= seen is not None
    return ok and len(patches) > 0


def ends_well(program, *arguments):
    try:
        return run_program(program, *arguments, halt=0).returncode == 0
    except subprocess.TimeoutExpired:
        print("not ok: the program does not end", flush=True)
        return False


def main():
    seconds, seed = sys.argv[1:]
    ok = ends_well(f"{BUILD}/test_sched", "0") and ends_well(PROGRAM, seconds, seed)
    ok &= mistakes_are_seen()
    print(f"allod: threads: {'silent, every promise kept, all mistakes seen' if ok else 'FAILED'}")
    sys.exit(not ok)


if __name__ == "__main__":
    main()
