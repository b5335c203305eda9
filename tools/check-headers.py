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
EFI_TYPES = ["-fshort-wchar", "-DEFI_FUNCTION_WRAPPER", "-DGNU_EFI_USE_MS_ABI", "-isystem", "/usr/include/efi",
             "-isystem", "/usr/include/efi/x86_64"]
EFI = ["-ffreestanding", *EFI_TYPES, "-Iinclude", "-Ilib/include", "-Ilib", "-Iarch/x86_64"]
TEST = ["-D_GNU_SOURCE", *KERNEL, "-Itest/host", "-Iguest/lib/include", "-Iguest/builder", "-Iarch/x86_64/acpi",
        "-include", "setjmp.h", "-include", "stdarg.h", "-include", "stddef.h", "-include", "cmocka.h"]

# The flags that a folder's headers are compiled with; the first match counts.
FLAGS = [
    ("arch/x86_64/boot/", EFI),
    ("guest/", FREE + ["-mgeneral-regs-only", *ABI, "-Ilib/include", "-Ilib", "-Iguest/lib/include"]),
    ("test/unit/loader_test.h", EFI_TYPES + TEST),
    ("test/", ABI + TEST),
    ("", FREE + ["-mgeneral-regs-only", *ABI, "-Ilib/include", *KERNEL]),
]

# Parts of one header, or a list for a macro, that say so at their top.
PARTS = {"arch/x86_64/guest/cpuid_features.h", "hypercall/calls.h", "guest/lib/include/xenclaim_compat.h"}


def compile_alone(header):
    """The compiler's complaints about a header, or nothing."""
    flags = next(flags for prefix, flags in FLAGS if header.startswith(prefix))
    # A file that includes it twice: it must also guard itself.
    text = f'#include "{header}"\n' * 2
    done = subprocess.run([*COMMON, *flags, "-iquote", ".", "-"], input=text, cwd=ROOT, capture_output=True, text=True)
    return done.stderr if done.returncode else ""


# Programs of other people include the public ABI: any dialect, any width, with or without Xen's own interfaces
# before it (those use GNU extensions), and the same layout everywhere.
PUBLIC_SIZES = {"xen_memory_claim": 16, "xen_domctl_claim_memory": 16, "xen_claiminfo_node": 32,
                "xen_sysctl_claiminfo": 72, "xen_domain_map_run": 24, "xen_page_run": 24, "xen_sysctl_page_runs": 32, "xen_sysctl_domain_map": 32, "xen_lock_stat": 64, "xen_sysctl_lock_stats": 16,
                "xen_exit_stat": 16, "xen_sysctl_exit_stats": 16,
                "xen_sysctl_allod_debug": 32}
STRICT = [["c", "-std=c99"], ["c", "-std=c11"], ["c++", "-std=c++11"], ["c++", "-std=c++17"]]
GNU = [["c", "-std=gnu99"], ["c", "-std=gnu11"], ["c++", "-std=gnu++17"]]
XEN_BEFORE = "#include <xen/domctl.h>\n#include <xen/sysctl.h>\n#include <xen/memory.h>\n"


def check_public(text, language, std, width):
    """The complaints about a program that includes the public ABI, or nothing."""
    text += "".join(f"typedef char {name}_size[sizeof(struct {name}) == {size} ? 1 : -1];\n"
                    for name, size in PUBLIC_SIZES.items())
    done = subprocess.run(["clang", "-x", language, std, width, "-fsyntax-only", "-pedantic", "-Wall", "-Werror",
                           "-Wno-c11-extensions",  # Xen's handle macro has an anonymous union
                           "-ffreestanding", "-isystem", "build/abi", "-D__XEN_TOOLS__", "-include", "stdint.h", "-"],
                          input=text, cwd=ROOT, capture_output=True, text=True)
    return f"public ABI, {std} {width}:\n{done.stderr}" if done.returncode else ""


def public_errors():
    own = '#include "include/public/claims.h"\n#include "include/public/exits.h"\n' * 2
    return [error for width in ("-m32", "-m64") for before, dialects in (("", STRICT), (XEN_BEFORE, GNU))
            for language, std in dialects if (error := check_public(before + own, language, std, width))]


def self_test():
    """A check that cannot fail is none."""
    with tempfile.TemporaryDirectory() as folder:
        for text, good in [("#pragma once\nstruct a { int b; };\n", True), ("struct a { int b; };\n", False),
                           ("#pragma once\nint f(mfn_t m);\n", False)]:
            path = os.path.join(folder, "header.h")
            Path(path).write_text(text, encoding="utf-8")
            if (compile_alone(path) == "") != good:
                sys.exit(f"check-headers: self-test failed for {text!r}: {compile_alone(path)}")
    if not check_public("struct xen_memory_claim { int pages; };", "c", "-std=c99", "-m64"):
        sys.exit("check-headers: self-test failed: a wrong structure passed")


def main():
    self_test()
    folders = ("arch", "guest", "hypercall", "include", "kernel", "lib", "mm", "test")
    headers = sorted({str(p.relative_to(ROOT)) for folder in folders for p in (ROOT / folder).rglob("*.h")} - PARTS)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        errors = [e for e in pool.map(compile_alone, headers) if e]
    errors += public_errors()
    print("\n".join(errors), end="\n" if errors else "")
    print(f"  HEADERS {len(headers)} compile alone" if not errors else f"  HEADERS {len(errors)} do not compile alone")
    sys.exit(1 if errors else 0)


if __name__ == "__main__":
    main()
