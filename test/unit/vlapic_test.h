/* SPDX-License-Identifier: MIT */
/* For tests of the guests' local APIC: all of it, and a machine around it with a clock of its own. */
#pragma once

#include "../../arch/x86_64/guest/vlapic.c"
#include "../../arch/x86_64/guest/vlapic_icr.c"
#include "../../arch/x86_64/guest/vlapic_regs.c"
#include "../../arch/x86_64/guest/vlapic_save.c"
#include "../../arch/x86_64/guest/vlapic_timer.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NR        20U
#define NO_VECTOR (-1)

/* ---- the machine around it ---- */

static struct vmcb vmcbs[NR];
static struct arch_vcpu vcpus[NR];
static uint64_t now, timer_at[NR];
static unsigned int kicks[NR], starts[NR], resets[NR], waits[NR];
static int injected; /* by svm_interrupt */
static bool guest_takes = true, cr8_exits;

static inline unsigned int number(const struct vcpu *v)
{
    return (unsigned int)(uintptr_t)v - 1;
}

uint64_t arch_now(void)
{
    return now;
}

bool arch_vcpu_takes_interrupts(const struct arch_vcpu *v UNUSED)
{
    return guest_takes;
}

bool svm_interrupt(struct arch_vcpu *v UNUSED, uint8_t vector)
{
    if (guest_takes)
        injected = vector;
    return guest_takes;
}

bool svm_inject_nmi(struct arch_vcpu *v UNUSED)
{
    injected = X_NMI;
    return true;
}

static bool window; /* svm_open_window has been asked */

void svm_open_window(struct arch_vcpu *v UNUSED)
{
    window = true;
}

void svm_intercept_cr8(struct arch_vcpu *v UNUSED, bool exits)
{
    cr8_exits = exits;
}

void vcpu_reset(struct arch_vcpu *v, uint8_t page UNUSED)
{
    resets[v->id]++;
    vlapic_reset(v);
}

struct arch_vcpu *upcall_find_vcpu(struct vcpu *v UNUSED, unsigned int id)
{
    return id < NR ? &vcpus[id] : NULL;
}

void upcall_kick(struct vcpu *v)
{
    kicks[number(v)]++;
}

void upcall_sent_nmi(struct vcpu *v)
{
    kicks[number(v)]++;
}

void upcall_start(struct vcpu *v)
{
    starts[number(v)]++;
}

void upcall_wait_start(struct vcpu *v)
{
    waits[number(v)]++;
}

void upcall_apic_timer(struct vcpu *v, uint64_t deadline)
{
    timer_at[number(v)] = deadline;
}

static inline int setup(void **state)
{
    (void)state;
    memset(kicks, 0, sizeof(kicks));
    memset(starts, 0, sizeof(starts));
    memset(resets, 0, sizeof(resets));
    memset(waits, 0, sizeof(waits));
    guest_takes = true;
    for (unsigned int i = 0; i < NR; i++) {
        vmcbs[i] = (struct vmcb){0};
        vcpus[i] = (struct arch_vcpu){.vmcb = &vmcbs[i], .id = i, .vcpu = (struct vcpu *)(uintptr_t)(i + 1)};
        vlapic_init(&vcpus[i]);
        vlapic_started(&vcpus[i]);
        vlapic_write(&vcpus[i], VLAPIC_SVR * 16, 0x1ff);
    }
    return 0;
}

static inline int attend(struct arch_vcpu *v)
{
    injected = NO_VECTOR;
    if (v->lapic.requests & ~VLAPIC_IRR_SET)
        assert_true(vlapic_attend(v));
    if (v->lapic.requests & VLAPIC_IRR_SET)
        vlapic_deliver(v);
    return injected;
}
