/* SPDX-License-Identifier: MIT */
/* Instructions that guests do not have, and those that the hypervisor carries out for them. */
#include "corners.h"
#include "cpu.h"
#include <errno.h>

/* SVM is hidden, so EFER.SVME is clear: #UD whatever the operands (APM volume 3). */
CODE(vmrun, "xor %%eax, %%eax", "vmrun")
CODE(vmload, "xor %%eax, %%eax", "vmload")
CODE(vmsave, "xor %%eax, %%eax", "vmsave")
CODE(stgi, "", "stgi")
CODE(clgi, "", "clgi")
CODE(skinit, "xor %%eax, %%eax", "skinit")
CODE(invlpga, "xor %%eax, %%eax; xor %%ecx, %%ecx", "invlpga %%rax, %%ecx")
CODE(vmcall, "", "vmcall")
CODE(vmxon, "lea trap(%%rip), %%rax", "vmxon (%%rax)")
CODE(monitor, "lea trap(%%rip), %%rax; xor %%ecx, %%ecx; xor %%edx, %%edx", "monitor")
CODE(mwait, "xor %%eax, %%eax; xor %%ecx, %%ecx", "mwait")
CODE(rsm, "", "rsm")
CODE(ud2, "", "ud2")
CODE(rdpmc, "xor %%ecx, %%ecx", "rdpmc")
CODE(rdpmc_wild, "mov $-1, %%ecx", "rdpmc")
CODE(wbinvd, "", "wbinvd")
CODE(invd, "", "invd")
CODE(wbnoinvd, "", ".byte 0xf3; wbinvd")
CODE(getsec, "xor %%eax, %%eax", ".byte 0x0f, 0x37")

/* TSC_AUX is no part of a guest: RDTSCP is hidden; where the CPU executes it all the same it shows 0. */
static void rdtscp(void)
{
    __asm__ volatile("mov $-1, %%ecx; movq $1f, trap_mark; 1: rdtscp; mov %%rcx, trap_mark"
                     :
                     :
                     : "rax", "rcx", "rdx", "memory");
}

static void check_rdtscp(void)
{
    if (trap_catch(rdtscp) == NO_TRAP)
        expect_equal("TSC_AUX", trap_mark, 0);
    else
        expect_equal("exception", trap.vector, T_UD);
}

/* Bytes of CPUID with prefixes that mean nothing to it, followed by a marker that must be reached. */
#define PREFIXED(prefix)                                                                                     \
    do {                                                                                                     \
        uint32_t eax_ = 0, ecx_ = 0, done_ = 0;                                                              \
                                                                                                             \
        __asm__ volatile(prefix "cpuid; inc %2" : "+a"(eax_), "+c"(ecx_), "+S"(done_) : : "rbx", "rdx");     \
        expect_equal("highest leaf behind " prefix, eax_, 0xd);                                              \
        expect_equal("next instruction behind " prefix, done_, 1);                                           \
    } while (0)

static void check_prefixes(void)
{
    PREFIXED("");
    PREFIXED(".byte 0x66;");
    PREFIXED(".byte 0x67;");
    PREFIXED(".byte 0xf2;");
    PREFIXED(".byte 0xf3;");
    PREFIXED(".byte 0x64;");
    PREFIXED(".byte 0x48;");
    PREFIXED(".byte 0x2e, 0x66, 0x67, 0x4f;");
    PREFIXED(".byte 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x40;");
}

static int64_t call_prefixed(void)
{
    int64_t result = 63; /* no such hypercall */

    __asm__ volatile(".byte 0x66, 0x2e, 0x48; vmmcall" : "+a"(result) : : "memory");
    return result;
}

static void check_prefixed_hypercall(void)
{
    expect_equal("result", call_prefixed(), -ENOSYS);
}

/* An intercepted instruction whose bytes lie on two pages. */
static void check_page_border(void)
{
    static uint8_t pages[3 * PAGE_SIZE] __attribute__((aligned(4096)));
    static const uint8_t bytes[] = {0x31, 0xc0, 0x53, 0x66, 0x0f, 0xa2, 0x5b, 0xc3};
    /* xor eax, eax; push rbx; cpuid; pop rbx; ret */

    for (unsigned int split = 1; split < sizeof(bytes); split++) {
        uint8_t *code = pages + PAGE_SIZE - split;
        uint64_t eax;

        for (unsigned int i = 0; i < sizeof(bytes); i++)
            code[i] = bytes[i];
        __asm__ volatile("call *%1" : "=a"(eax) : "r"(code) : "rcx", "rdx", "memory");
        expect_equal("highest leaf", eax, 0xd);
    }
}

static void check_cpuid(void)
{
    struct cpuid c = cpuid(1, 0);

    expect_equal("VMX, MONITOR", c.ecx & (1U << 5 | 1U << 3), 0);
    expect_equal("hypervisor bit", c.ecx >> 31, 1);
    expect_equal("SVM", cpuid(0x80000001, 0).ecx & 1U << 2, 0);
    expect_equal("RDTSCP", cpuid(0x80000001, 0).edx & 1U << 27, 0);
    expect_equal("leaf 0x8000000a", cpuid(0x8000000a, 0).eax | cpuid(0x8000000a, 0).edx, 0);
    expect_equal("beyond the last leaf", cpuid(0x7fffffff, 0).eax | cpuid(0xffffffff, 0).eax, 0);
    expect_equal("XSAVE leaf of a component nobody has", cpuid(0xd, 0xffffffff).eax, 0);
}

const struct corner instructions[] = {
    {"VMRUN", .code = vmrun, .vector = T_UD},
    {"VMLOAD", .code = vmload, .vector = T_UD},
    {"VMSAVE", .code = vmsave, .vector = T_UD},
    {"STGI", .code = stgi, .vector = T_UD},
    {"CLGI", .code = clgi, .vector = T_UD},
    {"SKINIT", .code = skinit, .vector = T_UD},
    {"INVLPGA", .code = invlpga, .vector = T_UD},
    {"VMCALL, the other vendor's", .code = vmcall, .vector = T_UD},
    {"VMXON, the other vendor's", .code = vmxon, .vector = T_UD},
    {"GETSEC, the other vendor's", .code = getsec, .vector = T_UD},
    {"MONITOR", .code = monitor, .vector = T_UD},
    {"MWAIT", .code = mwait, .vector = T_UD},
    {"RSM outside of system management mode", .code = rsm, .vector = T_UD},
    {"UD2", .code = ud2, .vector = T_UD},
    {"RDPMC", .code = rdpmc, .vector = T_GP},
    {"RDPMC of a counter nobody has", .code = rdpmc_wild, .vector = T_GP},
    {"WBINVD does no harm", .code = wbinvd, .vector = NO_TRAP},
    {"INVD does no harm", .code = invd, .vector = NO_TRAP},
    {"WBNOINVD does no harm", .code = wbnoinvd, .vector = NO_TRAP},
    {"RDTSCP shows nothing of the host", .run = check_rdtscp},
    {"CPUID hides what guests do not have", .run = check_cpuid},
    {"CPUID with prefixes", .run = check_prefixes},
    {"VMMCALL with prefixes", .run = check_prefixed_hypercall},
    {"CPUID across a page border", .run = check_page_border},
    {0},
};
