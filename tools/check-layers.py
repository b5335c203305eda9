#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Check who includes whom (docs/design.md, "Layers"), and the rules for every source file; prints what breaks them."""
import os
import re
import statistics
import sys
import tempfile

# What each layer may include; its own headers always. `arch.h` is the one door to arch/, `abi` is include/public.
ALLOWED = {
    "abi": set(),
    "include": set(),
    "lib": set(),
    "mm": {"include", "abi"},
    "arch.h": {"include", "mm"},
    "kernel": {"include", "mm", "arch.h", "lib", "abi"},
    "hypercall": {"include", "mm", "kernel", "arch.h", "abi"},
    "arch": {"include", "mm", "arch.h", "lib", "abi"},
    "loader": {"include", "lib"},
    "guest/lib": {"lib", "abi"},
}
GUEST = {"guest/lib", "lib", "abi"}  # a bundled guest, which does not know the others
# Single headers that a layer may use besides: instructions, bits and addresses that loader and hypervisor share.
ALSO = {("loader", f"arch/x86_64/cpu/{name}.h") for name in ("insn", "layout", "registers")}
# <...> headers that only one layer may use.
ONLY = {"efi": {"loader"}}

FOLDERS = ("arch", "guest", "hypercall", "include", "kernel", "lib", "mm", "test", "tools")
SOURCES = (".c", ".h", ".asm", ".py")
MAX_LINES = 500
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
CONDITION = re.compile(r"^\s*#\s*(if|ifdef|ifndef)\b")
PURPOSE = {".c": r"/\* \S", ".h": r"/\* \S", ".asm": r"; \S", ".py": r'"""\S'}


def layer(path):
    """The layer that a file belongs to; None: it may include anything."""
    parts = path.split("/")
    if path == "arch/x86_64/arch.h":
        return "arch.h"
    if path.startswith("include/public/"):
        return "abi"
    if path.startswith("arch/x86_64/boot/"):
        return "loader"
    if parts[0] == "guest":
        return "/".join(parts[:2])
    return None if parts[0] in ("test", "tools") else parts[0]


def allowed(source, target_path):
    """May a file of layer SOURCE include this header?"""
    target = layer(target_path)
    if source == target or (source, target_path) in ALSO:
        return True
    return target in ALLOWED.get(source, GUEST)


def find_header(kind, name, source, by_name):
    """The project's file that an #include means, None for one from outside, or an error text."""
    if kind == "<":
        return (os.path.join("include", name) if name.startswith("public/") else None), None
    beside = os.path.normpath(os.path.join(os.path.dirname(source), name))
    found = [p for p in by_name.get(os.path.basename(name), []) if p == beside or p.endswith("/" + name)]
    if len(found) != 1:
        return None, f'"{name}" means {len(found)} headers'
    return found[0], None


def check_includes(path, lines, by_name):
    source = layer(path)
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        kind, name = match.groups()
        target, error = find_header(kind, name, path, by_name)
        if error:
            yield f"{path}:{number}: {error}"
        elif target and not allowed(source, target):
            yield f"{path}:{number}: {source} must not include {target}"
        for prefix, layers in ONLY.items():
            if kind == "<" and name.startswith(prefix) and source not in layers:
                yield f"{path}:{number}: {source} must not include <{name}>"


def check_head(path, lines):
    """The licence, then one sentence of purpose; a script's #! line may come before."""
    head = [line for line in lines[:3] if not line.startswith("#!")]
    if not head or "SPDX-License-Identifier: MIT" not in head[0]:
        yield f"{path}:1: the first line is not the SPDX licence"
    elif len(head) < 2 or not re.match(PURPOSE[os.path.splitext(path)[1]], head[1]):
        yield f"{path}:2: the second line is not the file's purpose"


def check_c(path, lines):
    for number, line in enumerate(lines, 1):
        if CONDITION.match(line):
            yield f"{path}:{number}: conditional compilation in a .c file"
    if len(lines) > MAX_LINES:
        yield f"{path}: {len(lines)} lines, more than {MAX_LINES}"


def sources(root):
    for folder in FOLDERS:
        for where, dirs, names in os.walk(os.path.join(root, folder)):
            dirs[:] = [d for d in dirs if not d.startswith((".", "__"))]
            for name in names:
                if name.endswith(SOURCES):
                    yield os.path.relpath(os.path.join(where, name), root)


def check(root):
    """All mistakes below ROOT, and the number of lines of each .c file."""
    files = {}
    for path in sorted(sources(root)):
        with open(os.path.join(root, path), encoding="utf-8") as file:
            files[path] = file.read().splitlines()
    by_name = {}
    for path in files:
        if path.endswith(".h") and layer(path) != "abi":  # those are <public/...>
            by_name.setdefault(os.path.basename(path), []).append(path)

    errors = [f"{p[0]}: the name is taken by {p[1]}" for p in by_name.values() if len(p) > 1]
    for path, lines in files.items():
        errors += check_head(path, lines)
        if path.endswith((".c", ".h")) and layer(path):
            errors += check_includes(path, lines, by_name)
        if path.endswith(".c"):
            errors += check_c(path, lines)
    return errors, {p: len(lines) for p, lines in files.items() if p.endswith(".c")}


HEAD = "/* SPDX-License-Identifier: MIT */\n/* Purpose. */\n"
GOOD = {
    "include/log.h": HEAD,
    "include/public/claims.h": HEAD,
    "lib/elf.h": HEAD,
    "mm/heap.h": HEAD + '#include "log.h"\n',
    "kernel/domain.h": HEAD + '#include "arch.h"\n#include "heap.h"\n',
    "arch/x86_64/arch.h": HEAD + '#include "heap.h"\n',
    "arch/x86_64/cpu/trap.h": HEAD,
    "hypercall/domctl.c": HEAD + '#include "domain.h"\n',
    "guest/hello/main.c": HEAD + '#include "elf.h"\n#include <public/claims.h>\n#include <stdio.h>\n',
    "test/unit/test_heap.c": HEAD + '#include "heap.h"\n#include "trap.h"\n',
}
BAD = [  # a file that breaks a rule, and what the message says
    ("mm/heap.c", HEAD + '#include "domain.h"\n', "mm/heap.c:3: mm must not include kernel/domain.h"),
    ("mm/heap.c", HEAD + '# include "arch.h"\n', "mm must not include arch/x86_64/arch.h"),
    ("kernel/boot.c", HEAD + '#include "cpu/trap.h"\n', "kernel must not include arch/x86_64/cpu/trap.h"),
    ("arch/x86_64/cpu/a.c", HEAD + '#include "domain.h"\n', "arch must not include kernel/domain.h"),
    ("arch/x86_64/boot/a.c", HEAD + '#include "heap.h"\n', "loader must not include mm/heap.h"),
    ("guest/hello/a.c", HEAD + '#include "log.h"\n', "guest/hello must not include include/log.h"),
    ("lib/elf.c", HEAD + '#include "log.h"\n', "lib must not include include/log.h"),
    ("include/public/a.h", HEAD + '#include "log.h"\n', "abi must not include include/log.h"),
    ("kernel/boot.c", HEAD + "#include <efi.h>\n", "kernel must not include <efi.h>"),
    ("kernel/boot.c", HEAD + '#include "nowhere.h"\n', '"nowhere.h" means 0 headers'),
    ("mm/log.h", HEAD, "include/log.h: the name is taken by mm/log.h"),
    ("mm/heap.c", HEAD + "#ifdef X\n#endif\n", "mm/heap.c:3: conditional compilation"),
    ("mm/heap.c", HEAD + "\n" * MAX_LINES, "more than 500"),
    ("mm/heap.c", "int x;\n", "not the SPDX licence"),
    ("mm/heap.c", HEAD.splitlines()[0] + "\nint x;\n", "not the file's purpose"),
    ("mm/heap.asm", HEAD, "not the file's purpose"),
]


def self_test():
    """A check that cannot fail is none: break each rule once in a tree of its own."""

    def write(root, path, text):
        os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
        with open(os.path.join(root, path), "w", encoding="utf-8") as file:
            file.write(text)

    for path, text, expected in [("mm/fine.c", HEAD, None)] + BAD:
        with tempfile.TemporaryDirectory() as root:
            for name, content in GOOD.items():
                write(root, name, content)
            write(root, path, text)
            errors = check(root)[0]
            if (expected is None and errors) or (expected and not any(expected in e for e in errors)):
                sys.exit(f"check-layers: self-test: expected {expected}, got {errors}")


def main():
    self_test()
    errors, lines = check(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    print("\n".join(errors), end="\n" if errors else "")
    code = [n for p, n in lines.items() if not p.startswith("test/")]
    print(f"  LAYERS {len(code)} C files: median {statistics.median(code):.0f} lines, longest {max(code)}, "
          f"total {sum(code)}; tests: {sum(lines.values()) - sum(code)}")
    sys.exit(1 if errors else 0)


if __name__ == "__main__":
    main()
