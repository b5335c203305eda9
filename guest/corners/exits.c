/* SPDX-License-Identifier: MIT */
/* Every reason for which a guest is left: what causes it, and that it is counted by that reason. */
#include "corners.h"
#include "cpu.h"
#include <guest_lapic.h>
#include <guest_smp.h>
#include <public/exits.h>
#include <stdio.h>
#include <xen/vcpu.h>
#include <xenctrl.h>

#define VECTOR                      0x41U
#define TICK                        5000000U /* ns */
#define CR4_OSXSAVE                 (1UL << 18)

#define CODE_OF(reason, code, name) EXIT_##reason = (code),
enum { ALLOD_EXIT_REASONS(CODE_OF) };

#define NAME_OF(reason, code, name) {code, name},
static const struct {
    uint32_t code;
    const char *name;
} reasons[] = {ALLOD_EXIT_REASONS(NAME_OF)};
#define NR_REASONS (sizeof(reasons) / sizeof(reasons[0]))

static uint64_t count_of(uint32_t code)
{
    static xc_exit_stat_t exits[NR_REASONS + 1];
    unsigned int nr = NR_REASONS + 1;

    if (xc_exit_stats(NULL, 0, &nr, exits))
        return 0;
    for (unsigned int i = 0; i < nr; i++)
        if (exits[i].code == code)
            return exits[i].count;
    return 0;
}

/* ---- instructions ---- */

CODE(get_cr4, "", "mov %%cr4, %%rax")
CODE(set_cr4, "mov %%cr4, %%rbx; xor $4, %%rbx; movq %%rbx, %%cr4; xor $4, %%rbx", "mov %%rbx, %%cr4")
CODE(set_cr0, "mov %%cr0, %%rax; xor $0x40000, %%rax", "mov %%rax, %%cr0")
CODE(step, "pushfq; orl $0x100, (%%rsp); popfq", "nop; nop")
CODE(rdpmc, "xor %%ecx, %%ecx", "rdpmc")
CODE(get_cpuid, "xor %%eax, %%eax", "cpuid")
CODE(rsm, "", "rsm")
CODE(invd, "", "invd")
CODE(invlpga, "xor %%eax, %%eax; xor %%ecx, %%ecx", "invlpga %%rax, %%ecx")
CODE(in, "", "in $0x70, %%al")
CODE(get_msr, "mov $0xc0000080, %%ecx", "rdmsr")
CODE(vmrun, "xor %%eax, %%eax", "vmrun")
CODE(hypercall, "mov $63, %%eax", "vmmcall")
CODE(vmload, "xor %%eax, %%eax", "vmload")
CODE(vmsave, "xor %%eax, %%eax", "vmsave")
CODE(stgi, "", "stgi")
CODE(clgi, "", "clgi")
CODE(skinit, "xor %%eax, %%eax", "skinit")
CODE(rdtscp, "", "rdtscp")
CODE(wbinvd, "", "wbinvd")
CODE(monitor, "lea trap(%%rip), %%rax; xor %%ecx, %%ecx; xor %%edx, %%edx", "monitor")
CODE(mwait, "xor %%eax, %%eax; xor %%ecx, %%ecx", "mwait")
CODE(xsetbv, "xor %%ecx, %%ecx; xor %%edx, %%edx; mov $1, %%eax", "xsetbv")
CODE(rdpru, "xor %%ecx, %%ecx", ".byte 0x0f, 0x01, 0xfd")

/* A trap behind it ends it. */
static void halt(void)
{
    __asm__ volatile("cli; pushfq; orl $0x100, (%%rsp); popfq; hlt; nop" : : : "memory", "cc");
}

static void with_xsave(void)
{
    uint64_t cr4 = read_cr4();

    write_cr4(has_xsave() ? cr4 | CR4_OSXSAVE : cr4);
    trap_catch(xsetbv);
    write_cr4(cr4);
}

static void misaligned(void)
{
    static uint64_t numbers[2];

    __asm__ volatile("pushfq; orl $0x40000, (%%rsp); popfq; mov %0, %%rax; int $0x80"
                     :
                     : "m"(*(uint64_t *)((char *)numbers + 1))
                     : "rax", "memory");
}

static void with_alignment_checks(void)
{
    uint64_t cr0 = read_cr0();

    write_cr0(cr0 | CR0_AM);
    trap_catch_user(misaligned);
    write_cr0(cr0);
}

/* ---- interrupts ---- */

static volatile uint64_t nmis __attribute__((used));
void vector_entry(void);
void nmi_entry(void);

/* One ends its interrupt. The other sends an NMI to itself when it runs for the first time: that has to wait
 * for the IRET. */
__asm__(".text; vector_entry: push %rax; push %rdx; mov $0xfee000b0, %eax; xor %edx, %edx; mov %edx, (%rax);"
        "pop %rdx; pop %rax; iretq;"
        "nmi_entry: incq nmis; cmpq $1, nmis; jne 1f; push %rax; push %rdx; mov $0xfee00300, %eax;"
        "mov $0x400, %edx; mov %edx, (%rax); pop %rdx; pop %rax; 1: iretq");

static void apic_on(void)
{
    trap_set_handler(VECTOR, vector_entry);
    trap_set_handler(2, nmi_entry);
    apic_write(A_SVR, ENABLED);
}

static void open_window(void)
{
    apic_write(A_ICR, TO_SELF | VECTOR);
    __asm__ volatile("sti; nop; nop; cli" ::: "memory");
}

/* An interrupt waits for it. */
static void lower_priority(void)
{
    __asm__ volatile("mov %0, %%cr8" : : "r"(15UL));
    apic_write(A_ICR, TO_SELF | VECTOR);
    __asm__ volatile("mov %0, %%cr8; sti; nop; nop; cli" : : "r"(0UL) : "memory");
}

/* The second comes with whatever exit is the next behind the first one's IRET, and each one's IRET exits. */
static void nested_nmi(void)
{
    nmis = 0;
    apic_write(A_ICR, ICR_NMI);
    for (unsigned int i = 0; i < 1000 && nmis < 2; i++)
        cpuid(0, 0);
    expect_equal("NMIs", nmis, 2);
}

/* A timer's; the hypervisor may be at work just then, and take it there. */
static void interrupt_of_host(void)
{
    const uint64_t before = count_of(EXIT_INTR);

    for (unsigned int round = 0; round < 1000 && count_of(EXIT_INTR) == before; round++) {
        const uint64_t start = guest_now();
        struct vcpu_set_singleshot_timer timer = {.timeout_abs_ns = start + TICK};

        xen_hypercall(__HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, 0, (uintptr_t)&timer, 0, 0);
        while (guest_now() < start + 2 * TICK)
            ;
    }
}

static void touch_apic(void)
{
    apic_read(A_SVR);
}

/* ---- the table ---- */

enum { SOME, ONCE, TWICE };
static const struct cause {
    uint32_t code;
    void (*code_of_one)(void); /* is run by trap_catch, or */
    void (*run)(void);
    uint8_t times;   /* exactly, or SOME: at least once */
    bool unreported; /* by some processors or emulators */
} causes[] = {
    {EXIT_CR4_READ, get_cr4, NULL, ONCE, false},
    {EXIT_CR4_WRITE, set_cr4, NULL, SOME, false},
    {EXIT_CR8_WRITE, NULL, lower_priority, ONCE, false},
    {EXIT_DB, step, NULL, ONCE, false},
    {EXIT_AC, NULL, with_alignment_checks, ONCE, true},
    {EXIT_INTR, NULL, interrupt_of_host, SOME, false},
    {EXIT_VINTR, NULL, open_window, SOME, false},
    {EXIT_CR0_SEL, set_cr0, NULL, ONCE, false},
    {EXIT_RDPMC, rdpmc, NULL, ONCE, false},
    {EXIT_CPUID, get_cpuid, NULL, ONCE, false},
    {EXIT_RSM, rsm, NULL, ONCE, true},
    {EXIT_IRET, NULL, nested_nmi, TWICE, false},
    {EXIT_INVD, invd, NULL, ONCE, true},
    {EXIT_HLT, halt, NULL, ONCE, false},
    {EXIT_INVLPGA, invlpga, NULL, ONCE, false},
    {EXIT_IOIO, in, NULL, ONCE, false},
    {EXIT_MSR, get_msr, NULL, ONCE, false},
    {EXIT_VMRUN, vmrun, NULL, ONCE, false},
    {EXIT_VMMCALL, hypercall, NULL, SOME, false}, /* as is each look at the counts */
    {EXIT_VMLOAD, vmload, NULL, ONCE, false},
    {EXIT_VMSAVE, vmsave, NULL, ONCE, false},
    {EXIT_STGI, stgi, NULL, ONCE, false},
    {EXIT_CLGI, clgi, NULL, ONCE, false},
    {EXIT_SKINIT, skinit, NULL, ONCE, false},
    {EXIT_RDTSCP, rdtscp, NULL, ONCE, true},
    {EXIT_WBINVD, wbinvd, NULL, ONCE, false},
    {EXIT_MONITOR, monitor, NULL, ONCE, true},
    {EXIT_MWAIT, mwait, NULL, ONCE, true},
    {EXIT_XSETBV, NULL, with_xsave, ONCE, true},
    {EXIT_RDPRU, rdpru, NULL, ONCE, true},
    {EXIT_NPF, NULL, touch_apic, ONCE, false},
};

static const struct cause *find_cause(uint32_t code)
{
    for (unsigned int i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
        if (causes[i].code == code)
            return &causes[i];
    return NULL;
}

/* What remains are the machine's own events, what ends a guest, and MWAIT behind a MONITOR, which is #UD. */
static void check_reason(uint32_t code, const char *name)
{
    const struct cause *c = find_cause(code);
    uint64_t before = count_of(code), times;

    if (!c) {
        case_skip("exits", name, "not a guest's doing");
        return;
    }
    if (c->run)
        c->run();
    else
        trap_catch(c->code_of_one);
    times = count_of(code) - before;
    if (!times && c->unreported) {
        case_skip("exits", name, "the processor does not report it");
        return;
    }
    if (c->times == SOME ? times < 1 : times != c->times)
        case_fail("seen %lu times", times);
    case_end("exits", name);
}

int check_exits(void)
{
    apic_on();
    for (unsigned int i = 0; i < NR_REASONS; i++)
        check_reason(reasons[i].code, reasons[i].name);
    return cases_end();
}
