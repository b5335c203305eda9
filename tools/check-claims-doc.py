#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compare docs/claims.md with the tree: its examples are, word for word, the tests of lessons.scn, all of them and in
order; every test, function, file and make target that it names is there."""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LESSONS = "test/scenarios/lessons.scn"
SOURCES = ("mm", "hypercall", "kernel")


def read(path):
    return (ROOT / path).read_text()


def scenario_tests(text):
    """The tests of a scenario, each as its lines."""
    return [("test " + part).split("\n\n")[0].strip() for part in re.split(r"^test ", text, flags=re.M)[1:]]


def wrong_examples(doc):
    shown = [block.strip() for block in re.findall(r"^```\n(.*?)^```$", doc, re.M | re.S)]
    played = scenario_tests(read(LESSONS))
    if len(shown) != len(played):
        yield f"{len(shown)} examples, {LESSONS} has {len(played)} tests"
    for example, test in zip(shown, played):
        for line, expected in zip(example.split("\n") + [""], test.split("\n") + [""]):
            if line != expected:
                yield f"{test.splitlines()[0]}: expected {expected!r}, seen {line!r}"
                break


def missing_names(doc):
    scenarios = {test.split()[1] for file in (ROOT / "test/scenarios").glob("*.scn") for test in scenario_tests(file.read_text())}
    for name in set(re.findall(r"`([A-Z]+-\d+)`", doc)) - scenarios:
        yield f"no scenario has a test {name}"
    for file, case in set(re.findall(r"`(\w+): (\w+)`", doc)):
        path = ROOT / f"test/unit/test_{file}.c"
        if not path.exists() or not re.search(rf"\b{case}\(", path.read_text()):
            yield f"test/unit/test_{file}.c has no case {case}"
    code = "".join(file.read_text() for folder in SOURCES for file in (ROOT / folder).glob("*.[ch]")) + read("arch/x86_64/hvm/p2m.h")
    for name in set(re.findall(r"`(\w+)\(\)`", doc)):
        if not re.search(rf"\b{name}\(", code):
            yield f"no function {name}"
    for path in set(re.findall(r"`((?:mm|hypercall|kernel|include|guest|test|docs)/[\w./-]*)`", doc)):
        if not (ROOT / path).exists():
            yield f"no file {path}"
    for target in set(re.findall(r"`make ([a-z-]+)", doc)):
        if not re.search(rf"^{target}:", read("Makefile"), re.M):
            yield f"no make target {target}"


def main():
    doc = read("docs/claims.md")
    wrong = [*wrong_examples(doc), *sorted(missing_names(doc))]
    for line in wrong:
        print(f"docs/claims.md: {line}", file=sys.stderr)
    if wrong:
        return 1
    print("  CLAIMS.MD examples and names")
    return 0


if __name__ == "__main__":
    sys.exit(main())
