# SPDX-License-Identifier: MIT
"""The guests' C library against libxenctrl: the same declarations, the same layouts, one builder for both; and the
design documents' examples on the real hypervisor."""

import json
import re
import subprocess

import pytest
from conftest import ROOT
from machine import BUILD, OK, plain
from run import Tap

OWN = ["-Iguest/lib/include", "-isystem", "build/abi"]  # in front of Debian's /usr/include
GCC = ["gcc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-x", "c", "-"]
HEADERS = "#include <xenctrl.h>\n#include <xenforeignmemory.h>\n#include <xenguest.h>\n"

# What libxenctrl does not have: our sysctls, and the call that the design adds.
ONLY_OURS = {"xc_claiminfo", "xc_domain_recalled_pages", "xc_domain_claim_memory", "xc_domain_claim_memory_set", "xc_domain_map_runs",
             "xc_page_runs", "xc_lock_stats", "xc_exit_stats", "xc_allod_debug"}

# Theirs allocate special memory for hypercalls; here any memory is good.
OTHER_MACROS = r"(DECLARE_)?HYPERCALL_BUFFER.*|set_xen_guest_handle.*|xc_hypercall_buffer_.*"


def gcc(text, *flags):
    """Compile TEXT; what the compiler complains about."""
    done = subprocess.run(GCC[:-3] + list(flags) + GCC[-3:], input=text, cwd=ROOT, capture_output=True, text=True)
    return done.stderr


def preprocess(flags, option):
    done = subprocess.run(["gcc", "-E", option, *flags, "-x", "c", "-"], input=HEADERS, cwd=ROOT, capture_output=True,
                          text=True, check=True)
    return done.stdout


def own_text():
    """What our two headers say themselves, preprocessed, without what they include."""
    lines, ours = [], False
    for line in preprocess(OWN, "-C").split("\n"):
        marker = re.match(r'# \d+ "([^"]*)"', line)
        if marker:
            ours = "guest/lib/include" in marker[1]
        elif ours:
            lines.append(line)
    return re.sub(r"/\*.*?\*/", " ", "\n".join(lines), flags=re.S)


def own_prototypes():
    """{name: declaration} of the functions that our headers declare."""
    found = {}
    for declaration in re.findall(r"(?:^|(?<=[;}]))[^;{}#]*\b(?:xc|xenforeignmemory)_\w+\)?\s*\([^;{}]*\)\s*;", own_text()):
        found[re.search(r"\b((?:xc|xenforeignmemory)_\w+)\)?\s*\(", declaration)[1]] = declaration.strip()
    return found


def test_prototypes_are_libxenctrls():
    """Debian's headers first, then our declarations of the same names: a C compiler accepts only the same types."""
    theirs = set(re.findall(r"\b(?:xc|xenforeignmemory)_\w+(?=\s*\()", preprocess([], "-P")))
    ours = own_prototypes()
    assert set(ours) - theirs == ONLY_OURS
    assert len(ours) > 80
    common = "\n".join(text for name, text in ours.items() if name in theirs)
    assert gcc(HEADERS + common, "-fsyntax-only") == ""
    assert "conflicting types" in gcc(HEADERS + common + "\nint xc_domain_pause(xc_interface *xch, uint64_t domid);",
                                      "-fsyntax-only")


def macros(flags):
    """{name: value} of the macros that the library's headers define for their users."""
    pattern = r"#define ((?:XC_|E820|XENCTRL_|xc_|DECLARE_HYPERCALL|HYPERCALL_|set_xen_guest_handle)\w*(?:\([^)]*\))?) ?(.*)"
    return {name: value.replace(" ", "") for name, value in re.findall(pattern, preprocess(flags, "-dM"))}


def test_macros_have_libxenctrls_values():
    theirs, ours = macros([]), macros(OWN)
    both = {name for name in ours if name in theirs and not re.fullmatch(OTHER_MACROS, name)}
    assert {name: ours[name] for name in both} == {name: theirs[name] for name in both}
    assert {"XC_PAGE_SIZE", "XC_PAGE_MASK", "E820_RAM", "XC_MAX_ERROR_MSG_LEN"} <= both


LAYOUT = HEADERS + r"""
#include <stdio.h>
#include <stddef.h>
#include <string.h>
static void bytes(const char *name, const void *data, size_t size)
{
    printf("%s:", name);
    for (size_t i = 0; i < size; i++)
        printf(" %02x", ((const unsigned char *)data)[i]);
    printf("\n");
}
#define AT(type, field) printf(#type "." #field " %zu %zu\n", offsetof(type, field), sizeof(((type *)0)->field))
#define BIT(field) { xc_dominfo_t info; memset(&info, 0, sizeof(info)); info.field = 1; bytes(#field, &info, sizeof(info)); }
#define SIZE(type) printf(#type " %zu\n", sizeof(type))
#define VALUE(name) printf(#name " %d\n", (int)(name))
int main(void)
{
    SIZE(xc_dominfo_t); SIZE(xc_domaininfo_t); SIZE(xc_physinfo_t); SIZE(xc_cputopo_t); SIZE(xc_meminfo_t);
    SIZE(xc_vcpuinfo_t); SIZE(xc_cpuinfo_t); SIZE(struct e820entry); SIZE(xc_error);
    AT(xc_dominfo_t, domid); AT(xc_dominfo_t, ssidref); AT(xc_dominfo_t, shutdown_reason); AT(xc_dominfo_t, nr_pages);
    AT(xc_dominfo_t, nr_outstanding_pages); AT(xc_dominfo_t, nr_shared_pages); AT(xc_dominfo_t, nr_paged_pages);
    AT(xc_dominfo_t, shared_info_frame); AT(xc_dominfo_t, cpu_time); AT(xc_dominfo_t, max_memkb);
    AT(xc_dominfo_t, nr_online_vcpus); AT(xc_dominfo_t, max_vcpu_id); AT(xc_dominfo_t, handle); AT(xc_dominfo_t, cpupool);
    AT(xc_dominfo_t, gpaddr_bits); AT(xc_dominfo_t, arch_config);
    BIT(dying) BIT(crashed) BIT(shutdown) BIT(paused) BIT(blocked) BIT(running) BIT(hvm) BIT(debugged) BIT(xenstore) BIT(hap)
    AT(struct e820entry, addr); AT(struct e820entry, size); AT(struct e820entry, type);
    AT(xc_error, code); AT(xc_error, message);
    VALUE(XC_OPENFLAG_DUMMY); VALUE(XC_OPENFLAG_NON_REENTRANT); VALUE(XC_ERROR_NONE); VALUE(XC_INTERNAL_ERROR);
    VALUE(XC_INVALID_KERNEL); VALUE(XC_INVALID_PARAM); VALUE(XC_OUT_OF_MEMORY);
    return 0;
}
"""


def test_structures_are_libxenctrls(tmp_path):
    """One program that prints sizes, offsets, bits and values, compiled against both."""
    out = []
    for name, flags in (("theirs", []), ("ours", OWN)):
        assert gcc(LAYOUT, *flags, "-o", str(tmp_path / name)) == ""
        out.append(subprocess.run([tmp_path / name], capture_output=True, text=True, check=True).stdout)
    assert out[0] == out[1]
    assert len(out[0].split("\n")) > 45


@pytest.mark.parametrize("flags", [[], OWN], ids=["libxenctrl", "ours"])
def test_one_builder_for_both(flags):
    text = (ROOT / "guest/examples/portable.c").read_text()
    assert gcc(text, "-fsyntax-only", "-Iguest/examples", *flags) == ""


# The structure as the design document prints it, between names of our own.
DOMCTL_TEXT = r"""
#define __XEN_TOOLS__
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#ifdef TEXT
    struct xen_memory_claim {
        uint64_aligned_t pages; /* Number of pages to claim */
        uint32_t target; /* NUMA node or claim type like legacy or host-wide */
        uint32_t cmd;    /* Command reserved for future use, initialize to 0 */
    };
    typedef struct xen_memory_claim memory_claim_t;
    DEFINE_XEN_GUEST_HANDLE(memory_claim_t);

    /* Special claim targets for the target field of memory_claim_t */
    #define XEN_DOMCTL_CLAIM_MEMORY_HOST     0x80000000U /* Host-wide claims */
    #define XEN_DOMCTL_CLAIM_MEMORY_LEGACY   0x40000000U /* Legacy semantics */

    /*
     * XEN_DOMCTL_claim_memory
     *
     * Install a claim set to claim memory for a guest domain. Claims work like
     * tickets in exchange for allocating memory for a domain later.
     */
    struct xen_domctl_claim_memory {
        /* IN/OUT: Array of struct xen_memory_claim */
        XEN_GUEST_HANDLE_64(memory_claim_t) claim_set;
        /* IN/OUT: Number of records in the claim_set array handle. */
        uint32_t nr_entries;
        uint32_t mode;
    #define XEN_DOMCTL_CLAIM_MEMORY_GET 0U /* Get a claim set for the domain. */
    #define XEN_DOMCTL_CLAIM_MEMORY_SET 1U /* Set a claim set for the domain. */
    };
#else
#include <public/claims.h>
#endif
#include <stdio.h>
#define AT(type, field) printf(#type "." #field " %zu %zu\n", offsetof(type, field), sizeof(((type *)0)->field))
int main(void)
{
    AT(memory_claim_t, pages); AT(memory_claim_t, target); AT(memory_claim_t, cmd);
    AT(struct xen_domctl_claim_memory, claim_set); AT(struct xen_domctl_claim_memory, nr_entries);
    AT(struct xen_domctl_claim_memory, mode);
    printf("%zu %zu %x %x %x %x\n", sizeof(memory_claim_t), sizeof(struct xen_domctl_claim_memory), XEN_DOMCTL_CLAIM_MEMORY_HOST,
           XEN_DOMCTL_CLAIM_MEMORY_LEGACY, XEN_DOMCTL_CLAIM_MEMORY_GET, XEN_DOMCTL_CLAIM_MEMORY_SET);
    return 0;
}
"""


def test_structures_are_the_designs(tmp_path):
    out = []
    for name, flags in (("text", ["-DTEXT"]), ("ours", ["-isystem", "build/abi"])):
        assert gcc(DOMCTL_TEXT, *flags, "-o", str(tmp_path / name)) == ""
        out.append(subprocess.run([tmp_path / name], capture_output=True, text=True, check=True).stdout)
    assert out[0] == out[1]


CFG = "[allod]\nconsole = com1  log = com2\n[domain examples]\nimage = examples.elf  memory = 16M  privileged = yes\n"


def test_every_example_runs(boot, debug):
    """The documents' examples and the portable builder as a guest, on four nodes."""
    tap = Tap()
    machine = boot(on_text=tap.feed, nodes=4, mem="2G", debug=debug, cfg=CFG, files=[BUILD / "guest/examples.elf"])
    status = machine.wait()
    assert tap.verdict(status) is None, machine.console[-3000:]
    assert (status, tap.good) == (OK, 13)


SHELL = """\
[allod]
console = com1  log = com2
[domain builder]
image = builder.elf  memory = 64M  privileged = yes  modules = "hello.elf"
"""


class Prompt:
    """The builder's shell, typed at."""

    def __init__(self, machine):
        self.machine = machine
        machine.expect(r"allod> $")

    def say(self, line):
        """What it prints until the next prompt."""
        start = len(plain(self.machine.console))
        self.machine.send(line + "\r")
        answer = self.machine.expect(r"(?s)\n(.*)allod> $", start=start)
        return answer[1]

    def free(self):
        """Free pages of the host, claimed ones included."""
        rows = [json.loads(row) for row in self.say("heap -j").splitlines() if row.startswith("{")]
        return next(row["free"] for row in rows if row["where"] == "host")


def test_a_host_claimed_in_full_finishes_a_build(boot, debug):
    """All that a build needs beside the claimed pages is taken before the claim; loading the image included."""
    machine = boot(nodes=2, mem="1G", debug=debug, cfg=SHELL, files=[BUILD / "guest/builder.elf", BUILD / "guest/hello.elf"])
    prompt = Prompt(machine)
    prompt.say("domain hog max=4000000")
    before = prompt.free()
    assert "is domain" in prompt.say("boot first hello.elf mem=16M wait 0:2048 1:2048")
    cost = before - prompt.free() - 4096
    prompt.say("destroy first")
    assert prompt.free() == before
    prompt.say(f"claim hog host:{before - cost - 4096}")
    answer = prompt.say("boot second hello.elf mem=16M wait 0:2048 1:2048")
    assert "is domain" in answer and "ENOMEM" not in answer
    prompt.say("destroy second")
    prompt.say(f"claim hog host:{before - cost - 4096 + 1}")
    assert "claim_memory, 2 entries, 4096 pages; host: 4096 pages (16 MiB) wanted, 4095 (15 MiB) free and unclaimed: ENOMEM" in prompt.say("boot third hello.elf mem=16M wait 0:2048 1:2048")
    assert prompt.free() == before
    machine.send("quit\r")
    assert machine.wait() == OK
