/* SPDX-License-Identifier: MIT */
/* MSRs: what is not a guest's gets #GP, what is keeps its value. */
#include "corners.h"
#include "cpu.h"

/* The host's own, hardware, and numbers that nobody has. */
static const uint32_t forbidden[] = {
    0x0,        0x1c,       0x3a,       0x48,       0x49,       0xc1,       0x17b,      0x179,
    0x186,      0x1a0,      0x1d9,      0x200,      0x250,      0x2ff,      0x38f,      0x400,
    0x480,      0x6e0,      0x800,      0x80b,      0x830,      0xda0,      0x40000001, 0x40000200,
    0x4b564d00, 0x7fffffff, 0x80000000, 0xc0000085, 0xc00000e7, 0xc0000103, 0xc0000104, 0xc0010000,
    0xc0010010, 0xc0010058, 0xc0010114, 0xc0010115, 0xc0010117, 0xc0011030, 0xffffffff,
};

static uint32_t tried;

static void read_tried(void)
{
    __asm__ volatile("movq $1f, trap_mark; 1: rdmsr" : : "c"(tried) : "rax", "rdx", "memory");
}

/* With the value that it would have at reset, where there is one: the number alone is what counts. */
static void write_tried(void)
{
    __asm__ volatile("movq $1f, trap_mark; 1: wrmsr" : : "c"(tried), "a"(0), "d"(0) : "memory");
}

static void check_refused(void (*code)(void))
{
    for (unsigned int i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
        tried = forbidden[i];
        int vector = trap_catch(code);

        if (vector == T_GP && trap.error == 0 && trap.rip == trap_mark)
            continue;
        expect_equal("MSR", tried, 0);
        expect_equal("exception", vector, T_GP);
    }
}

static void check_reads_refused(void)
{
    check_refused(read_tried);
}

static void check_writes_refused(void)
{
    check_refused(write_tried);
}

#define WRMSR(name, msr, high, low)                                                                          \
    CODE(name, "mov $" #msr ", %%ecx; mov $" #high ", %%edx; mov $" #low ", %%eax", "wrmsr")
WRMSR(fs_base_wild, 0xc0000100, 0x40000, 0)
WRMSR(gs_base_wild, 0xc0000101, 0x8000, 0)
WRMSR(kernel_gs_base_wild, 0xc0000102, 0xffff7fff, 0xffffffff)
WRMSR(lstar_wild, 0xc0000082, 0x80000000, 0)
WRMSR(sysenter_eip_wild, 0x176, 0x8000, 0)
WRMSR(pat_wild, 0x277, 0, 2)
WRMSR(pat_wild_high, 0x277, 0x08000000, 0)
WRMSR(stubs_nowhere, 0x40000000, 0x100, 0)
WRMSR(stubs_in_hole, 0x40000000, 0, 0xfee00000)
WRMSR(stubs_beyond, 0x40000000, 0xffffffff, 0xfffff000)
CODE(stubs_read, "mov $0x40000000, %%ecx", "rdmsr")

static const struct {
    uint32_t msr;
    uint64_t value;
} own[] = {
    {0xc0000100, 0x123456789000},
    {0xc0000101, 0xffff8123456789ac},
    {0xc0000102, 0xffff8123456789ab},
    {0xc0000081, 0x123456789abcdef0},
    {0xc0000082, 0xffffffff81234567},
    {0xc0000083, 0x7fffffffffff},
    {0xc0000084, 0x47700},
    {0x174, 0x10},
    {0x175, 0xffff800000000000},
    {0x176, 0x1000},
    {0x277, 0x0606060606060606},
};

static void check_kept(void)
{
    for (unsigned int i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        uint64_t old = rdmsr(own[i].msr);

        wrmsr(own[i].msr, own[i].value);
        expect_equal("value written", rdmsr(own[i].msr), own[i].value);
        wrmsr(own[i].msr, old);
    }
}

/* What Linux reads and writes without expecting #GP, by the family of the CPU. */
static void check_constants(void)
{
    static const struct {
        uint32_t msr;
        uint64_t value;
    } constants[] = {{0x8b, 0}, {0xc0010015, 0}, {0xc001001f, 1UL << 46}, {0xc0010055, 0}, {0xc0011029, 2}};

    for (unsigned int i = 0; i < sizeof(constants) / sizeof(constants[0]); i++) {
        tried = constants[i].msr;
        expect_equal("exception of WRMSR", (uint64_t)trap_catch(write_tried), (uint64_t)NO_TRAP);
        if (trap_catch(read_tried) == NO_TRAP)
            expect_equal("constant", rdmsr(tried), constants[i].value);
        else
            expect_equal("exception of RDMSR", trap.vector, (uint64_t)NO_TRAP);
    }
}

static void check_clock(void)
{
    uint64_t before = rdtsc(), middle = rdmsr(0x10), after = rdtsc();

    expect_equal("RDTSC, RDMSR, RDTSC ascend", before <= middle && middle <= after, 1);
}

const struct corner msrs[] = {
    {"reading what is not a guest's", .run = check_reads_refused},
    {"writing what is not a guest's", .run = check_writes_refused},
    {"FS base, not canonical", .code = fs_base_wild, .vector = T_GP},
    {"GS base, not canonical", .code = gs_base_wild, .vector = T_GP},
    {"kernel GS base, not canonical", .code = kernel_gs_base_wild, .vector = T_GP},
    {"LSTAR, not canonical", .code = lstar_wild, .vector = T_GP},
    {"SYSENTER_EIP, not canonical", .code = sysenter_eip_wild, .vector = T_GP},
    {"PAT with a type that does not exist", .code = pat_wild, .vector = T_GP},
    {"PAT with a type that does not exist, high", .code = pat_wild_high, .vector = T_GP},
    {"hypercall page outside of memory", .code = stubs_nowhere, .vector = T_GP},
    {"hypercall page in a hole", .code = stubs_in_hole, .vector = T_GP},
    {"hypercall page beyond all addresses", .code = stubs_beyond, .vector = T_GP},
    {"the hypercall page's MSR cannot be read", .code = stubs_read, .vector = T_GP},
    {"a guest's own keep what is written", .run = check_kept},
    {"constants take what is written, and stay", .run = check_constants},
    {"the TSC as an MSR", .run = check_clock},
    {0},
};
