/* SPDX-License-Identifier: MIT */
/* One vCPU causes exceptions while another has the page of its stack replaced: a delivery meets a page that
 * is not there just then, and must be done again, once, and as if nothing had been. */
#include "vcpus.h"
#include <string.h>

#define DURATION (800 * MS) /* of a kind: the first deliveries have then met an exchange */
#define NR_GATES 32U
#define CODE     8UL
#define GATE     0x8e00UL

struct __attribute__((packed)) idt_pointer {
    uint16_t limit;
    uint64_t base;
};

enum kind { INT3, GP, NR_KINDS };
static const struct {
    const char *name;
    unsigned int vector;
} kinds[] = {{"INT3", 3}, {"#GP, with an error code", 13}};

/* Caused, handled, neither: the code went on behind the instruction. A frame that says another address. */
static struct {
    volatile uint64_t caused, handled, missed, wrong, stop;
} counts[NR_KINDS] __attribute__((used));
static uint8_t stack[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE), used));

/* The handler never returns: what is on the stack may be gone. It goes back to the loop, which sets RSP anew.
 * The frame's rip is read before that, and 0 where the page has been replaced since. RBX: this kind's counts,
 * RBP: the stack before, R12: the expected rip. */
#define LOOP(name, insn, rip, skip)                                                                          \
    void name(void *counts_of_one);                                                                          \
    extern const char name##_handler[];                                                                      \
    __asm__(".text; " #name ": push %rbx; push %rbp; push %r12; mov %rdi, %rbx; mov %rsp, %rbp;"             \
            "1: mov %rbp, %rsp; cmpq $0, 32(%rbx); jne 9f; lea stack + 2048(%rip), %rsp; lea " rip           \
            "(%rip), %r12; movabs $0x8000000000000000, %rax; incq (%rbx); 2: " insn                          \
            "; 3: incq 16(%rbx); jmp 1b;" #name "_handler: mov " #skip "(%rsp), %rax; incq 8(%rbx);"         \
            "test %rax, %rax; je 1b; cmp %r12, %rax; je 1b; incq 24(%rbx); jmp 1b;"                          \
            "9: pop %r12; pop %rbp; pop %rbx; ret")
LOOP(loop_int3, "int3", "3f", 0);
LOOP(loop_gp, "mov (%rax), %rax", "2f", 8);

static void (*const loops[])(void *) = {loop_int3, loop_gp};
static const char *const handlers[] = {loop_int3_handler, loop_gp_handler};

/* On this vCPU alone, as long as it runs the loop. */
static void cause(void *arg)
{
    static uint64_t idt[2 * NR_GATES];
    const enum kind k = (enum kind)(uintptr_t)arg;
    const uint64_t to = (uintptr_t)handlers[k];
    uint64_t *gate = &idt[2 * kinds[k].vector];
    struct idt_pointer old, new = {sizeof(idt) - 1, (uintptr_t)idt};

    __asm__ volatile("sidt %0" : "=m"(old));
    memcpy(idt, (const void *)old.base, sizeof(idt));
    gate[0] = (to & 0xffff) | CODE << 16 | GATE << 32 | (to >> 16 & 0xffff) << 48;
    gate[1] = to >> 32;
    __asm__ volatile("lidt %0" : : "m"(new) : "memory");
    loops[k](&counts[k]);
    __asm__ volatile("lidt %0" : : "m"(old) : "memory");
}

static void wait_for_more(enum kind k)
{
    const uint64_t before = counts[k].handled;

    for (unsigned int n = 1; counts[k].handled == before && !counts[k].missed; n++)
        smp_wait(n);
}

static void check_kind(enum kind k)
{
    const uint64_t end = guest_now() + DURATION;

    memset((void *)&counts[k], 0, sizeof(counts[k]));
    run_on(1, cause, (void *)(uintptr_t)k);
    while (guest_now() < end) {
        wait_for_more(k);
        expect_equal("exchange", exchange_page(stack), 0);
    }
    wait_for_more(k);
    counts[k].stop = 1;
    smp_join(1);
    expect_equal(kinds[k].name, (int64_t)counts[k].handled, (int64_t)counts[k].caused);
    expect_equal("not at all", (int64_t)counts[k].missed, 0);
    expect_equal("at another address", (int64_t)counts[k].wrong, 0);
}

static void check_int3(void)
{
    check_kind(INT3);
}

static void check_gp(void)
{
    check_kind(GP);
}

const struct guest_case exceptions[] = {
    {"INT3 on a stack that is exchanged", check_int3},
    {"#GP on a stack that is exchanged", check_gp},
    {0},
};
