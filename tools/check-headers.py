#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compile each header alone: it must include all that it needs, in whatever order others include it."""
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMON = ["gcc", "-std=gnu11", "-fsyntax-only", "-Wall", "-Werror", "-Wno-unused-function", "-DCONFIG_DEBUG=1",
          "-x", "c", "-include", "stdint.h"]
ABI = ["-isystem", "build/abi", "-D__XEN_TOOLS__"]
KERNEL = ["-Iinclude", "-Imm", "-Ikernel", "-Ihypercall", "-Iarch/x86_64", "-Ilib"]
FREE = ["-ffreestanding", "-nostdinc", "-isystem",
        subprocess.run(["gcc", "-print-file-name=include"], capture_output=True, text=True, check=True).stdout.strip()]
EFI = ["-ffreestanding", "-fshort-wchar", "-DEFI_FUNCTION_WRAPPER", "-DGNU_EFI_USE_MS_ABI", "-isystem",
       "/usr/include/efi", "-isystem", "/usr/include/efi/x86_64", "-Iinclude", "-Ilib", "-Iarch/x86_64"]
TEST = ["-D_GNU_SOURCE", *KERNEL, "-Itest/host", "-Iguest/lib/include", "-Iguest/builder", "-Iarch/x86_64/acpi",
        "-include", "setjmp.h", "-include", "stdarg.h", "-include", "stddef.h", "-include", "cmocka.h"]

# The flags that a folder's headers are compiled with; the first match counts.
FLAGS = [
    ("arch/x86_64/boot/", EFI),
    ("guest/", FREE + ["-mgeneral-regs-only", *ABI, "-Ilib/include", "-Ilib", "-Iguest/lib/include"]),
    ("test/", ABI + TEST),
    ("", FREE + ["-mgeneral-regs-only", *ABI, "-Ilib/include", *KERNEL]),
]

# Parts of one header, or a list for a macro, that say so at their top.
PARTS = {"arch/x86_64/guest/cpuid_features.h", "guest/lib/include/xenclaim_compat.h"}


def compile_alone(header):
    """The compiler's complaints about a header, or nothing."""
    flags = next(flags for prefix, flags in FLAGS if header.startswith(prefix))
    # A file that includes it twice: it must also guard itself.
    text = f'#include "{header}"\n' * 2
    done = subprocess.run([*COMMON, *flags, "-iquote", ".", "-"], input=text, cwd=ROOT, capture_output=True, text=True)
    return done.stderr if done.returncode else ""


def self_test():
    """A check that cannot fail is none."""
    with tempfile.TemporaryDirectory() as folder:
        for text, good in [("#pragma once\nstruct a { int b; };\n", True), ("struct a { int b; };\n", False),
                           ("#pragma once\nint f(mfn_t m);\n", False)]:
            path = os.path.join(folder, "header.h")
            Path(path).write_text(text, encoding="utf-8")
            if (compile_alone(path) == "") != good:
                sys.exit(f"check-headers: self-test failed for {text!r}: {compile_alone(path)}")


def main():
    subprocess.run(["make", "-s", "build/abi/.made"], cwd=ROOT, check=True)
    self_test()
    folders = ("arch", "guest", "hypercall", "include", "kernel", "lib", "mm", "test")
    headers = sorted({str(p.relative_to(ROOT)) for folder in folders for p in (ROOT / folder).rglob("*.h")} - PARTS)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        errors = [e for e in pool.map(compile_alone, headers) if e]
    print("\n".join(errors), end="\n" if errors else "")
    print(f"  HEADERS {len(headers)} compile alone" if not errors else f"  HEADERS {len(errors)} do not compile alone")
    sys.exit(1 if errors else 0)


if __name__ == "__main__":
    main()
