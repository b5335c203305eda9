/* SPDX-License-Identifier: MIT */
/* Interrupts that vCPUs send themselves and each other: order, priorities, who is meant. */
#include "apic.h"
#include <xen/vcpu.h>
#include <xen/xen.h>

#define NR 4U /* vCPUs that listen */

static void check_self(void)
{
    apic_fresh();
    apic_send(0, TO_SELF | 0x41);
    expect_equal("IRR", apic_bit(A_IRR, 0x41), 1);
    expect_equal("not before interrupts are on", taken[0x41], 0);
    let_in();
    expect_equal("taken", taken[0x41], 1);
    expect_equal("IRR", apic_bit(A_IRR, 0x41), 0);
    expect_equal("ISR", apic_bit(A_ISR, 0x41), 0);
    apic_send(0, 0x42);
    apic_send(0, 0x42);
    let_in();
    expect_equal("two of a vector are one", taken[0x42], 1);
}

static void check_order(void)
{
    apic_fresh();
    apic_send(0, TO_SELF | 0x31);
    apic_send(0, TO_SELF | 0xc2);
    apic_send(0, TO_SELF | 0x77);
    let_in();
    let_in();
    let_in();
    expect_equal("all", total, 3);
    expect_equal("first", order[0], 0xc2);
    expect_equal("second", order[1], 0x77);
    expect_equal("third", order[2], 0x31);
}

static void check_service(void)
{
    apic_fresh();
    keep = true;
    apic_send(0, TO_SELF | 0x63);
    let_in();
    expect_equal("ISR", apic_bit(A_ISR, 0x63), 1);
    expect_equal("PPR", apic_read(A_PPR), 0x60);
    apic_send(0, TO_SELF | 0x6f);
    let_in();
    expect_equal("none of its class meanwhile", taken[0x6f], 0);
    apic_send(0, TO_SELF | 0x70);
    let_in();
    expect_equal("one of a higher class", taken[0x70], 1);
    apic_write(A_EOI, 0);
    expect_equal("EOI is the highest one's", apic_bit(A_ISR, 0x70), 0);
    expect_equal("not the other's", apic_bit(A_ISR, 0x63), 1);
    apic_write(A_EOI, 0);
    let_in();
    expect_equal("after EOI it comes", taken[0x6f], 1);
    apic_write(A_EOI, 0);
    expect_equal("PPR", apic_read(A_PPR), 0);
}

static void check_tpr(void)
{
    apic_fresh();
    apic_write(A_TPR, 0x50);
    apic_send(0, TO_SELF | 0x5f);
    let_in();
    expect_equal("held back by TPR", taken[0x5f], 0);
    __asm__ volatile("sti");
    write_cr8(4);
    __asm__ volatile("nop; cli");
    expect_equal("not by CR8 any more", taken[0x5f], 1);
    write_cr8(6);
    apic_send(0, TO_SELF | 0x5e);
    let_in();
    apic_write(A_TPR, 0);
    let_in();
    expect_equal("nor by TPR", taken[0x5e], 1);
}

static void check_soft_off(void)
{
    apic_fresh();
    apic_write(A_SVR, 0xff);
    apic_send(0, TO_SELF | 0x44);
    apic_write(A_SVR, ENABLED);
    let_in();
    expect_equal("an APIC that is off takes none", taken[0x44], 0);
}

static void check_nmi(void)
{
    uint64_t before = nmis;

    apic_fresh();
    apic_send(0, ICR_NMI);
    __asm__ volatile("nop");
    expect_equal("interrupts are off", nmis, before + 1);
    apic_send(0, ICR_NMI);
    __asm__ volatile("nop");
    expect_equal("another", nmis, before + 2);
}

static void check_hlt(void)
{
    apic_fresh();
    apic_send(0, TO_SELF | 0x48);
    halt();
    expect_equal("taken in HLT", taken[0x48], 1);
}

/* ---- several ---- */

static volatile uint64_t ready, stop;

static void listen(void *arg __attribute__((unused)))
{
    cpu_init();
    apic_write(A_SVR, ENABLED);
    apic_write(A_LDR, 1U << 24 << smp_id());
    __atomic_fetch_add(&ready, 1, __ATOMIC_SEQ_CST);
    while (!__atomic_load_n(&stop, __ATOMIC_SEQ_CST))
        halt();
}

/* NMIs alone wake it. */
static void sleep_tight(void *arg __attribute__((unused)))
{
    cpu_init();
    apic_write(A_SVR, ENABLED);
    __asm__ volatile("cli; hlt" ::: "memory");
    __atomic_fetch_add(&ready, 1, __ATOMIC_SEQ_CST);
}

static int64_t is_up(uint32_t vcpu)
{
    return xen_hypercall(__HYPERVISOR_vcpu_op, VCPUOP_is_up, vcpu, 0, 0, 0);
}

static void check_nmi_in_hlt(void)
{
    uint64_t before = nmis;

    apic_fresh();
    ready = 0;
    smp_start(1, sleep_tight, NULL);
    for (unsigned int n = 1; is_up(1); n++)
        smp_wait(n);
    apic_send(1, 0x49);
    expect_equal("no interrupt", is_up(1), 0);
    expect_equal("wakes it", ready, 0);
    apic_send(1, ICR_NMI);
    expect_soon("an NMI does", &ready, 1);
    expect_equal("it was taken", nmis, before + 1);
    smp_join(1);
}

/* SET: the vCPUs, one bit each, that take VECTOR. */
static void expect_set(const char *what, unsigned int vector, uint64_t set)
{
    for (unsigned int n = 0; n < 3; n++)
        let_in();
    expect_soon(what, &taken_by[vector], set);
    expect_soon(what, &taken[vector], (uint64_t)__builtin_popcountl(set));
}

/* The lower vector comes to each after all that was sent before, so then everything has been counted. */
static void check_counts(void)
{
    apic_send(0, TO_ALL | 0x71);
    expect_set("a lower one at last", 0x71, 0xf);
    expect_equal("one by its id, in the end", taken[0x81], 1);
    expect_equal("others, in the end", taken[0x82], 3);
    expect_equal("all, in the end", taken[0x83], 4);
    expect_equal("broadcast, in the end", taken[0x84], 4);
    expect_equal("a set of them, in the end", taken[0x85], 2);
    expect_equal("one of a set, in the end", taken[0x86], 1);
    expect_equal("nobody", taken[0x87], 0);
}

static void check_destinations(void)
{
    apic_fresh();
    apic_write(A_LDR, 1U << 24);
    ready = stop = 0;
    for (unsigned int i = 1; i < NR; i++)
        smp_start(i, listen, NULL);
    expect_soon("they listen", &ready, NR - 1);
    apic_send(2, 0x81);
    expect_set("one by its id", 0x81, 4);
    apic_send(0, TO_OTHERS | 0x82);
    expect_set("others", 0x82, 0xe);
    apic_send(0, TO_ALL | 0x83);
    expect_set("all", 0x83, 0xf);
    apic_send(0xff, 0x84);
    expect_set("broadcast", 0x84, 0xf);
    apic_send(0xa, ICR_LOGICAL | 0x85);
    expect_set("a set of them", 0x85, 0xa);
    apic_send(0xe, ICR_LOGICAL | 0x100 | 0x86);
    expect_soon("one of a set", &taken[0x86], 1);
    apic_send(77, 0x87);
    check_counts();
    stop = 1;
    apic_send(0, TO_OTHERS | 0x88);
    for (unsigned int i = 1; i < NR; i++)
        smp_join(i);
}

#define ROUNDS 1000U

/* Each interrupt is answered by one: none may get lost, asleep or awake. */
static void answer(void *arg __attribute__((unused)))
{
    cpu_init();
    apic_write(A_SVR, ENABLED);
    __atomic_fetch_add(&ready, 1, __ATOMIC_SEQ_CST);
    for (uint64_t n = 1; n <= ROUNDS; n++) {
        while (taken[0x91] < n)
            halt();
        apic_send(0, 0x92);
    }
}

static void check_ping_pong(void)
{
    apic_fresh();
    ready = 0;
    smp_start(1, answer, NULL);
    expect_soon("it is there", &ready, 1);
    for (uint64_t n = 1; n <= ROUNDS; n++) {
        apic_send(1, 0x91);
        while (taken[0x92] < n)
            halt();
    }
    smp_join(1);
    expect_equal("sent", taken[0x91], ROUNDS);
    expect_equal("answered", taken[0x92], ROUNDS);
}

const struct guest_case delivery[] = {
    {"to oneself", check_self},
    {"the highest comes first", check_order},
    {"one in service holds back its class", check_service},
    {"TPR and CR8 hold back", check_tpr},
    {"switched off by software", check_soft_off},
    {"NMI", check_nmi},
    {"HLT does not sleep over it", check_hlt},
    {"NMI ends HLT without interrupts", check_nmi_in_hlt},
    {"destinations", check_destinations},
    {"to and fro, a thousand times", check_ping_pong},
    {0},
};
