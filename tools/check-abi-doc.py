#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compare docs/abi.md with the table of hypercalls, hypercall/calls.h, both ways; --write renews the document's tables.

A family's section "## family" says each error of the family in its introduction, then holds the table of its calls,
which is made from calls.h, then one item "- **name**: ..." for each call, which says each error besides the family's."""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PREFIX = {"memory_op": "XENMEM_", "xen_version": "XENVER_", "console_io": "CONSOLEIO_", "vcpu_op": "VCPUOP_",
          "sched_op": "SCHEDOP_", "event_channel_op": "EVTCHNOP_", "hvm_op": "HVMOP_", "grant_table_op": "GNTTABOP_",
          "sysctl": "XEN_SYSCTL_", "domctl": "XEN_DOMCTL_"}
WHO = {"HC_ANY": "all", "HC_TARGET": "itself", "HC_PRIVILEGED": "privileged"}
HEAD = "| number | call | structure | who | errors besides |"
ROW = re.compile(r"^([A-Z_]+)\((\w+),(.*)\)$", re.M)
ERROR = re.compile(r"`(E[A-Z0-9]+)`")


def read_calls(text):
    """{family: (errors, {call: (structure, who, errors)})} from calls.h."""
    families = {}
    for macro, name, rest in ROW.findall(text):
        if "#define" in rest or '"' not in rest:
            continue
        *columns, errors = [c.strip() for c in rest.split(",")]
        errors = set(errors.strip('"').split())
        if macro == "HYPERCALL":
            families[name] = (errors, {})
        else:
            who = next(WHO[c] for c in columns if c in WHO)
            families[macro.lower()][1][name] = (columns[0].replace("struct ", "").replace("none", ""), who, errors)
    return families


def read_numbers():
    """{name: number} of every #define of a number in the headers that the interface is made of."""
    numbers = {}
    for path in [*ROOT.glob("build/abi/xen/*.h"), *ROOT.glob("build/abi/xen/hvm/*.h"), ROOT / "include/public/claims.h"]:
        for name, number in re.findall(r"^#define\s+(\w+)\s+(0x[0-9a-fA-F]+|\d+)", path.read_text(errors="replace"), re.M):
            numbers[name] = int(number, 0)
    return numbers


def table(family, calls, numbers):
    """The lines of a family's table, by number."""
    rows = sorted((numbers[PREFIX[family] + name], name, *columns) for name, columns in calls.items())
    yield HEAD
    yield "|---|---|---|---|---|"
    for number, name, structure, who, errors in rows:
        yield f"| {number if number < 0x1000 else hex(number)} | {name} | {structure} | {who} | {' '.join(sorted(errors))} |"


def sections(text):
    """{title: body} of the document's sections."""
    parts = re.split(r"^## (.+)\n", text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def check_family(family, errors, calls, body, numbers):
    """What is wrong with one section."""
    intro = body.split(HEAD)[0].split("\n- **")[0]
    if set(ERROR.findall(intro)) != errors:
        yield f"{family}: the introduction says {set(ERROR.findall(intro))}, calls.h {errors}"
    if calls and "\n".join(table(family, calls, numbers)) not in body:
        yield f"{family}: the table is not the one of calls.h; run tools/check-abi-doc.py --write"
    items = dict(re.findall(r"^- \*\*(\w+)\*\*(.*?)(?=^- \*\*|\Z)", body, re.M | re.S))
    for name in items.keys() - calls.keys():
        yield f"{family} {name}: described, but not in calls.h"
    for name, (_, _, call_errors) in calls.items():
        said = set(ERROR.findall(items.get(name, "")))
        if name not in items:
            yield f"{family} {name}: not described"
        for error in sorted(call_errors - said):
            yield f"{family} {name}: {error} is not explained"
        for error in sorted(said - call_errors):
            yield f"{family} {name}: {error} is explained, but not in calls.h"


def check(families, text, numbers):
    found = sections(text)
    for family, (errors, calls) in families.items():
        if family in found:
            yield from check_family(family, errors, calls, found[family], numbers)
        else:
            yield f"{family}: no section"
    for title in found.keys() - families.keys():
        if re.fullmatch(r"[a-z_]+", title):
            yield f"{title}: a section, but not in calls.h"


def renew(families, text, numbers):
    """The document with tables made anew."""
    for family, (_, calls) in families.items():
        if calls:
            new = "\n".join(table(family, calls, numbers))
            text = re.sub(rf"(^## {family}\n(?:(?!^## ).*\n)*?){re.escape(HEAD)}\n(?:\|.*\n)*", lambda m, n=new: m[1] + n + "\n",
                          text, flags=re.M)
    return text


def self_test():
    """A check that cannot fail is none."""
    calls = 'HYPERCALL(sched_op, 2, "ENOSYS")\nSCHED_OP(poll, struct sched_poll, HC_ANY, "EINVAL")\n'
    numbers = {"SCHEDOP_poll": 3}
    families = read_calls(calls)
    good = f"## sched_op\n`ENOSYS`.\n\n{HEAD}\n- **poll**: `EINVAL`.\n"
    good = renew(families, good, numbers)
    bad = [good.replace("`EINVAL`", "`EPERM`"), good.replace("poll**", "pull**"), good.replace("| 3 |", "| 4 |"),
           good.replace("`ENOSYS`", ""), good.replace("## sched_op", "## sched"), good + "- **more**: x\n"]
    if list(check(families, good, numbers)) or not all(list(check(families, text, numbers)) for text in bad):
        sys.exit("check-abi-doc: self-test failed")


def main():
    self_test()
    families = read_calls((ROOT / "hypercall/calls.h").read_text(encoding="utf-8"))
    document = ROOT / "docs/abi.md"
    text, numbers = document.read_text(encoding="utf-8"), read_numbers()
    if "--write" in sys.argv:
        text = renew(families, text, numbers)
        document.write_text(text, encoding="utf-8")
    errors = list(check(families, text, numbers))
    print("\n".join(f"docs/abi.md: {e}" for e in errors), end="\n" if errors else "")
    print(f"  ABI   {sum(len(calls) for _, calls in families.values())} calls in {len(families)} families")
    sys.exit(1 if errors else 0)


if __name__ == "__main__":
    main()
