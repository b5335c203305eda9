/* SPDX-License-Identifier: MIT */
/* Interrupts from the hypervisor: at which instruction one arrives that has been pending for a while. It is
 * this guest itself that makes one pending, as event channels would: a byte of its vcpu_info. */
#include "corners.h"
#include "cpu.h"
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>
#include <xen/vcpu.h>
#include <xen/xen.h>

#define VECTOR 0x50U

static struct {
    struct vcpu_info vcpu; /* its first byte is evtchn_upcall_pending */
} info __attribute__((aligned(4096), used));
static volatile uint64_t interrupts __attribute__((used)), interrupted_at __attribute__((used));
void interrupt_entry(void);

/* Takes notice, and says where it came. */
__asm__(".text; interrupt_entry: push %rax; mov 8(%rsp), %rax; mov %rax, interrupted_at; incq interrupts;"
        "movb $0, info; pop %rax; iretq");

/* It stays pending until interrupts are on. An exit opens the window. */
#define PENDING "cli; movb $1, info; xor %%eax, %%eax; cpuid;"
/* TEXT lets it in, and at the label 1 it comes. */
#define ARRIVES(name, text)                                                                                  \
    static void name(void)                                                                                   \
    {                                                                                                        \
        __asm__ volatile(PENDING "movq $1f, trap_mark;" text "; cli"                                         \
                         :                                                                                   \
                         :                                                                                   \
                         : "rax", "rbx", "rcx", "rdx", "memory", "cc");                                      \
    }
ARRIVES(after_sti, "sti; nop; 1: nop; nop")
ARRIVES(after_popf, "pushfq; orl $0x200, (%%rsp); popfq; 1: nop; nop")
ARRIVES(after_iret, "mov %%rsp, %%rbx; mov %%ss, %%eax; push %%rax; push %%rbx; pushfq; orl $0x200, (%%rsp);"
                    "mov %%cs, %%eax; push %%rax; push $1f; iretq; 1: nop; nop")
ARRIVES(after_sti_exit, "sti; cpuid; 1: nop; nop")
ARRIVES(in_hlt, "sti; hlt; 1: nop; nop")
ARRIVES(at_exit, "movb $0, info; sti; nop; movb $1, info; xor %%eax, %%eax; cpuid; 1: nop")
ARRIVES(not_at_all, "1: sti; cli; nop; xor %%eax, %%eax; cpuid")

/* An exit that brings an exception: that comes first, and its handler keeps interrupts off. */
static void with_exception(void)
{
    __asm__ volatile("movq $1f, trap_mark; sti; nop; movb $1, info; mov $0xc0000080, %%ecx; mov $-1, %%eax;"
                     "mov %%eax, %%edx; 1: wrmsr"
                     :
                     :
                     : "rax", "rcx", "rdx", "memory");
}

static void check(void (*code)(void), uint64_t nr)
{
    interrupts = 0;
    expect_equal("exceptions", (uint64_t)trap_catch(code), (uint64_t)NO_TRAP);
    expect_equal("interrupts", interrupts, nr);
    if (nr)
        expect_equal("it came at rip", interrupted_at, trap_mark);
}

static void check_sti(void)
{
    check(after_sti, 1);
    check(after_sti_exit, 1);
}

static void check_popf(void)
{
    check(after_popf, 1);
}

static void check_iret(void)
{
    check(after_iret, 1);
}

static void check_hlt(void)
{
    check(in_hlt, 1);
}

static void check_exit(void)
{
    check(at_exit, 1);
}

static void check_shadow(void)
{
    check(not_at_all, 0);
    check(after_popf, 1); /* it was not lost */
}

static void check_exception(void)
{
    interrupts = 0;
    expect_equal("exception", (uint64_t)trap_catch(with_exception), T_GP);
    expect_equal("rip", trap.rip, trap_mark);
    expect_equal("interrupts before its handler ends", interrupts, 0);
    check(after_sti, 1);
}

/* Everything of it is pending when a vcpu_info is registered; nothing is masked. */
static void check_setup(void)
{
    struct vcpu_register_vcpu_info where = {.mfn = (uintptr_t)&info / PAGE_SIZE};
    struct xen_hvm_param param = {.domid = DOMID_SELF,
                                  .index = HVM_PARAM_CALLBACK_IRQ,
                                  .value = (uint64_t)HVM_PARAM_CALLBACK_TYPE_VECTOR << 56 | VECTOR};

    trap_set_handler(VECTOR, interrupt_entry);
    expect_equal(
        "register_vcpu_info",
        (uint64_t)xen_hypercall(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 0, (uintptr_t)&where, 0, 0),
        0);
    expect_equal("callback vector",
                 (uint64_t)xen_hypercall(__HYPERVISOR_hvm_op, HVMOP_set_param, (uintptr_t)&param, 0, 0, 0),
                 0);
    check(after_sti, 1);
}

const struct corner interrupts_in[] = {
    {"a callback vector", .run = check_setup},
    {"one instruction behind STI", .run = check_sti},
    {"never between STI and CLI", .run = check_shadow},
    {"at once behind POPF", .run = check_popf},
    {"at once behind IRET", .run = check_iret},
    {"in HLT, which does not sleep", .run = check_hlt},
    {"at an exit", .run = check_exit},
    {"after an exception of the same exit", .run = check_exception},
    {0},
};
