/* SPDX-License-Identifier: MIT */
/* Page faults: the bits of the error code, one by one and together, and CR2. */
#include "corners.h"
#include "cpu.h"
#include <xen/version.h>

#define PRESENT  1U
#define WRITE    2U
#define USER     4U
#define RESERVED 8U
#define FETCH    0x10U

#define PTE_RW   2UL
#define PTE_NX   (1UL << 63)
#define CR4_SMEP (1UL << 20)
#define CR4_SMAP (1UL << 21)

static uint8_t page[PAGE_SIZE] __attribute__((aligned(4096))) = {0xc3}; /* RET */
static void *target = page;

static void read_target(void)
{
    __asm__ volatile("movq $1f, trap_mark; 1: movb (%0), %%al; int $0x80" : : "r"(target) : "rax", "memory");
}

static void write_target(void)
{
    __asm__ volatile("movq $1f, trap_mark; 1: movb $0xc3, (%0); int $0x80" : : "r"(target) : "memory");
}

static void jump_target(void)
{
    __asm__ volatile("mov %0, trap_mark; call *%0; int $0x80" : : "r"(target) : "memory");
}

static void expect_fault(int vector, uint64_t error)
{
    expect_equal("exception", vector, T_PF);
    expect_equal("error code", (int64_t)trap.error, (int64_t)error);
    expect_equal("CR2", (int64_t)trap.cr2, (int64_t)(uintptr_t)target);
    expect_equal("rip", (int64_t)trap.rip, (int64_t)trap_mark);
}

/* Nothing in the page's way. */
static void expect_access(int vector)
{
    expect_equal("exception", vector, T_USER_DONE);
}

static void check_absent(void)
{
    target = (void *)0x123456789000;
    expect_fault(trap_catch(read_target), 0);
    expect_fault(trap_catch(write_target), WRITE);
    expect_fault(trap_catch(jump_target), 0); /* the fetch bit only with NX enabled */
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_NXE);
    expect_fault(trap_catch(jump_target), FETCH);
    expect_fault(trap_catch_user(jump_target), FETCH | USER);
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) & ~EFER_NXE);
    expect_fault(trap_catch_user(read_target), USER);
    expect_fault(trap_catch_user(write_target), USER | WRITE);
    target = NULL;
    expect_fault(trap_catch(read_target), 0);
}

/* Change the page's entry, and put it back. */
static void with_entry(uint64_t set, uint64_t clear, void (*run)(void))
{
    volatile uint64_t *entry = page_entry(page);
    uint64_t old = *entry;

    target = page;
    *entry = (old | set) & ~clear;
    write_cr3(read_cr3());
    run();
    *entry = old;
    write_cr3(read_cr3());
}

static void access_read_only(void)
{
    uint64_t cr0 = read_cr0();

    write_cr0(cr0 | CR0_WP);
    expect_access(trap_catch(read_target));
    expect_fault(trap_catch(write_target), PRESENT | WRITE);
    expect_fault(trap_catch_user(write_target), PRESENT | WRITE | USER);
    write_cr0(cr0 & ~CR0_WP);
    expect_access(trap_catch(write_target));
    expect_fault(trap_catch_user(write_target), PRESENT | WRITE | USER);
    write_cr0(cr0);
}

static void check_read_only(void)
{
    with_entry(0, PTE_RW, access_read_only);
}

static void access_not_executable(void)
{
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_NXE);
    expect_access(trap_catch(read_target));
    expect_fault(trap_catch(jump_target), PRESENT | FETCH);
    expect_fault(trap_catch_user(jump_target), PRESENT | FETCH | USER);
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) & ~EFER_NXE);
}

static void check_not_executable(void)
{
    with_entry(PTE_NX, 0, access_not_executable);
}

/* An entry with a reserved bit is present; some emulators say that it is not. */
static void expect_reserved(int vector, uint64_t error)
{
    trap.error |= PRESENT;
    expect_fault(vector, error);
}

/* NX without EFER.NXE is a reserved bit. */
static void access_reserved(void)
{
    expect_reserved(trap_catch(read_target), PRESENT | RESERVED);
    expect_reserved(trap_catch(write_target), PRESENT | RESERVED | WRITE);
    expect_reserved(trap_catch_user(read_target), PRESENT | RESERVED | USER);
    expect_reserved(trap_catch_user(write_target), PRESENT | RESERVED | WRITE | USER);
}

static void check_reserved(void)
{
    with_entry(PTE_NX, 0, access_reserved);
}

/* ---- the kernel kept from its programs' pages ---- */

static bool has_feature(uint64_t cr4)
{
    return cpuid(7, 0).ebx & (cr4 == CR4_SMEP ? 1U << 7 : 1U << 20);
}

/* The page is the only one at CPL 3, all else is the kernel's. */
static void with_protection(uint64_t cr4, void (*run)(void))
{
    target = page;
    trap_limit_user(page);
    write_cr4(read_cr4() | cr4);
    run();
    write_cr4(read_cr4() & ~cr4);
    trap_limit_user(NULL);
}

static void jump_to_user(void)
{
    expect_access(trap_catch(read_target));
    expect_fault(trap_catch(jump_target), PRESENT | FETCH);
}

static void check_smep(void)
{
    if (has_feature(CR4_SMEP))
        with_protection(CR4_SMEP, jump_to_user);
}

static void read_with_ac(void)
{
    __asm__ volatile("pushfq; orl $0x40000, (%%rsp); popfq; movb (%0), %%al; int $0x80"
                     :
                     : "r"(target)
                     : "rax", "memory");
}

static void touch_user(void)
{
    expect_fault(trap_catch(read_target), PRESENT);
    expect_fault(trap_catch(write_target), PRESENT | WRITE);
    expect_access(trap_catch(read_with_ac));
}

static void check_smap(void)
{
    if (has_feature(CR4_SMAP))
        with_protection(CR4_SMAP, touch_user);
}

/* The hypervisor does not ask for it: programs' arguments are calls of the kernel. */
static void call_by_user(void)
{
    const long rc =
        (long)xen_hypercall(__HYPERVISOR_xen_version, XENVER_extraversion, (uintptr_t)target, 0, 0, 0);

    expect_equal("result", rc, 0);
    expect_fault(trap_catch(read_target), PRESENT);
}

static void check_smap_hypercall(void)
{
    if (has_feature(CR4_SMAP)) {
        with_protection(CR4_SMAP, call_by_user);
        expect_equal("something was written", page[0] != 0xc3, true);
    }
}

const struct corner page_faults[] = {
    {"of addresses that nothing is at", .run = check_absent},
    {"of a page that is read-only", .run = check_read_only},
    {"of a page that is not for code", .run = check_not_executable},
    {"of a reserved bit", .run = check_reserved},
    {"of code at CPL 3's page, under SMEP", .run = check_smep},
    {"of data at CPL 3's page, under SMAP", .run = check_smap},
    {"but not of an argument there, under SMAP", .run = check_smap_hypercall},
    {0},
};
