/* SPDX-License-Identifier: MIT */
/* Control registers, EFER and XCR0: values that a CPU refuses, and those that it takes. */
#include "corners.h"
#include "cpu.h"

/* CR4 by bits to set and to clear, through r9 so that the operand's prefix matters. */
#define SET_CR4(name, set, clear)                                                                            \
    CODE(name, "mov %%cr4, %%rax; movabs $" #set ", %%rcx; or %%rcx, %%rax; and $~(" #clear "), %%rax",      \
         "mov %%rax, %%cr4")
SET_CR4(cr4_vmxe, 0x2000, 0)
SET_CR4(cr4_smxe, 0x4000, 0)
SET_CR4(cr4_mce, 0x40, 0)
SET_CR4(cr4_la57, 0x1000, 0)
SET_CR4(cr4_bit_15, 0x8000, 0)
SET_CR4(cr4_cet, 0x800000, 0)
SET_CR4(cr4_bit_31, 0x80000000, 0)
SET_CR4(cr4_bit_32, 0x100000000, 0)
SET_CR4(cr4_bit_63, 0x8000000000000000, 0)
SET_CR4(cr4_without_pae, 0, 0x20)
SET_CR4(cr4_same, 0, 0)

#define SET_CR0(name, set, clear)                                                                            \
    CODE(name,                                                                                               \
         "mov %%cr0, %%rax; movabs $" #set ", %%rcx; or %%rcx, %%rax; movabs $~(" #clear                     \
         "), %%rcx; and %%rcx, %%rax",                                                                       \
         "mov %%rax, %%cr0")
SET_CR0(cr0_nw, 0x20000000, 0)
SET_CR0(cr0_bit_32, 0x100000000, 0)
SET_CR0(cr0_bit_63, 0x8000000000000000, 0)
SET_CR0(cr0_without_pe, 0, 1)
SET_CR0(cr0_without_pg, 0, 0x80000000)
SET_CR0(cr0_without_pe_pg, 0, 0x80000001)
SET_CR0(cr0_same, 0, 0)
CODE(lmsw_without_pe, "xor %%eax, %%eax", "lmsw %%ax")

/* CRs that do not exist. */
CODE(cr1, "", ".byte 0x0f, 0x20, 0xc8")
CODE(cr5, "", ".byte 0x0f, 0x22, 0xe8")
CODE(cr15, "", ".byte 0x44, 0x0f, 0x22, 0xf8")

#define SET_EFER(name, set, clear)                                                                           \
    CODE(name, "mov $0xc0000080, %%ecx; rdmsr; or $" #set ", %%eax; and $~(" #clear "), %%eax", "wrmsr")
SET_EFER(efer_svme, 0x1000, 0)
SET_EFER(efer_without_lme, 0, 0x100)
SET_EFER(efer_bit_1, 2, 0)
SET_EFER(efer_lmsle, 0x2000, 0)
SET_EFER(efer_ffxsr, 0x4000, 0)
SET_EFER(efer_same, 0, 0)
CODE(efer_bit_40, "mov $0xc0000080, %%ecx; rdmsr; or $0x100, %%edx", "wrmsr")
/* LMA is the CPU's; Linux writes it as it was read. */
SET_EFER(efer_without_lma, 0, 0x400)

static void check_efer(void)
{
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_NXE);
    expect_equal("with NXE", rdmsr(MSR_EFER), 0xd00);
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) & ~EFER_NXE);
    expect_equal("without NXE", rdmsr(MSR_EFER), 0x500);
}

static void check_bits_stick(void)
{
    uint64_t cr0 = read_cr0(), cr4 = read_cr4();

    write_cr0(cr0 | CR0_AM);
    expect_equal("CR0.AM", read_cr0(), cr0 | CR0_AM);
    write_cr0(cr0 & ~CR0_WP);
    expect_equal("CR0 without WP", read_cr0(), cr0 & ~CR0_WP);
    write_cr0(cr0);
    write_cr4(cr4 | CR4_FPU);
    expect_equal("CR4.OSFXSR", read_cr4(), cr4 | CR4_FPU);
    write_cr4(cr4);
    expect_equal("CR4", read_cr4(), cr4);
}

/* #GP; some emulators drop the upper half instead. */
static void check_upper_cr0(void)
{
    uint64_t cr0 = read_cr0();

    if (trap_catch(cr0_bit_32) != NO_TRAP)
        expect_equal("exception for bit 32", trap.vector, T_GP);
    if (trap_catch(cr0_bit_63) != NO_TRAP)
        expect_equal("exception for bit 63", trap.vector, T_GP);
    expect_equal("CR0", read_cr0(), cr0);
}

#define XSETBV(name, index, low, high)                                                                       \
    CODE(name, "mov $" #index ", %%ecx; mov $" #low ", %%eax; mov $" #high ", %%edx", "xsetbv")
XSETBV(xsetbv_x87, 0, 1, 0)
XSETBV(xsetbv_nothing, 0, 0, 0)
XSETBV(xsetbv_without_x87, 0, 2, 0)
XSETBV(xsetbv_avx_alone, 0, 5, 0)
XSETBV(xsetbv_bit_40, 0, 1, 0x100)
XSETBV(xsetbv_bit_63, 0, 1, 0x80000000)
XSETBV(xsetbv_1, 1, 1, 0)

/* CPUs without XSAVE know neither the bit nor the instruction. */
static void check_xsetbv(void)
{
    static void (*const bad[])(void) = {xsetbv_nothing, xsetbv_without_x87, xsetbv_avx_alone,
                                        xsetbv_bit_40,  xsetbv_bit_63,      xsetbv_1};
    uint64_t cr4 = read_cr4();
    bool there = has_xsave();

    expect_equal("XSETBV without OSXSAVE", trap_catch(xsetbv_x87), T_UD);
    if (!there)
        return;
    write_cr4(cr4 | 1UL << 18);
    expect_equal("XSETBV with OSXSAVE", trap_catch(xsetbv_x87), NO_TRAP);
    for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        expect_equal("bad XSETBV", trap_catch(bad[i]), T_GP);
        expect_equal("its number", trap.rip == trap_mark ? 0 : i + 1, 0);
    }
    write_cr4(cr4);
}

/* The vector that OSXSAVE gets when CPUID does not show XSAVE. */
SET_CR4(cr4_osxsave, 0x40000, 0)
static void check_osxsave(void)
{
    uint64_t cr4 = read_cr4();

    expect_equal("exception", trap_catch(cr4_osxsave), has_xsave() ? NO_TRAP : T_GP);
    expect_equal("OSXSAVE in CPUID", cpuid(1, 0).ecx >> 27 & 1, has_xsave());
    write_cr4(cr4);
}

const struct corner registers[] = {
    {"CR4.VMXE", .code = cr4_vmxe, .vector = T_GP},
    {"CR4.SMXE", .code = cr4_smxe, .vector = T_GP},
    {"CR4.MCE, which CPUID hides", .code = cr4_mce, .vector = T_GP},
    {"CR4.LA57, which CPUID hides", .code = cr4_la57, .vector = T_GP},
    {"CR4 bit 15", .code = cr4_bit_15, .vector = T_GP},
    {"CR4.CET, which CPUID hides", .code = cr4_cet, .vector = T_GP},
    {"CR4 bit 31", .code = cr4_bit_31, .vector = T_GP},
    {"CR4 bit 32", .code = cr4_bit_32, .vector = T_GP},
    {"CR4 bit 63", .code = cr4_bit_63, .vector = T_GP},
    {"CR4 without PAE in long mode", .code = cr4_without_pae, .vector = T_GP},
    {"CR4 as it is", .code = cr4_same, .vector = NO_TRAP},
    {"CR4.OSXSAVE goes with CPUID", .run = check_osxsave},
    {"CR0.NW without CD", .code = cr0_nw, .vector = T_GP},
    {"CR0 has no upper half", .run = check_upper_cr0},
    {"CR0.PG without PE", .code = cr0_without_pe, .vector = T_GP},
    {"CR0 without PG in 64-bit code", .code = cr0_without_pg, .vector = T_GP},
    {"CR0 without PE and PG in 64-bit code", .code = cr0_without_pe_pg, .vector = T_GP},
    {"CR0 as it is", .code = cr0_same, .vector = NO_TRAP},
    {"LMSW never clears PE", .code = lmsw_without_pe, .vector = NO_TRAP},
    {"CR0 and CR4 keep what is written", .run = check_bits_stick},
    {"CR1 does not exist", .code = cr1, .vector = T_UD},
    {"CR5 does not exist", .code = cr5, .vector = T_UD},
    {"CR15 does not exist", .code = cr15, .vector = T_UD},
    {"EFER.SVME", .code = efer_svme, .vector = T_GP},
    {"EFER without LME under paging", .code = efer_without_lme, .vector = T_GP},
    {"EFER bit 1", .code = efer_bit_1, .vector = T_GP},
    {"EFER.LMSLE", .code = efer_lmsle, .vector = T_GP},
    {"EFER.FFXSR, which CPUID hides", .code = efer_ffxsr, .vector = T_GP},
    {"EFER bit 40", .code = efer_bit_40, .vector = T_GP},
    {"EFER as it is", .code = efer_same, .vector = NO_TRAP},
    {"EFER without LMA", .code = efer_without_lma, .vector = NO_TRAP},
    {"EFER keeps what is written", .run = check_efer},
    {"XSETBV takes valid values only", .run = check_xsetbv},
    {0},
};
