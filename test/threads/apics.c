/* SPDX-License-Identifier: MIT */
/* Local APICs of two pairs of vCPUs, each a thread that attends to its requests as the run loop does and
 * sleeps like a vCPU. Each sends its peer some interrupts at once, and waits for all: none is lost, and none
 * comes that nobody has sent. Nobody else sends: that would bring a lost one after all. */
#include "apics.h"
#include "crew.h"
#include <sched.h>

/* What the host's programs have without any local APIC. */
#define arch_vcpu_interrupt        apics_interrupt
#define arch_vcpu_has_interrupt    apics_has_interrupt
#define arch_vcpu_has_start        apics_has_start
#define arch_vcpu_timer            apics_timer
#define arch_vcpu_apic_is_on       apics_is_on
#define arch_vcpu_takes_interrupts apics_take_interrupts
#define upcall_find_vcpu           apics_find
#define upcall_kick                apics_kick
#define upcall_sent_nmi            apics_sent_nmi
#define upcall_start               apics_start
#define upcall_wait_start          apics_wait_start
#define upcall_apic_timer          apics_set_timer
#define vcpu_reset                 apics_reset
/* Others come in before and after what is atomic. */
#define __atomic_fetch_or(p, bits, order)                                                                    \
    ({                                                                                                       \
        perturb();                                                                                           \
        (void)__atomic_fetch_or(p, bits, order);                                                             \
        perturb();                                                                                           \
    })
#define __atomic_fetch_and(p, bits, order)                                                                   \
    ({                                                                                                       \
        perturb();                                                                                           \
        (void)__atomic_fetch_and(p, bits, order);                                                            \
    })
#include "../../arch/x86_64/guest/vlapic.c"
#include "../../arch/x86_64/guest/vlapic_icr.c"
#include "../../arch/x86_64/guest/vlapic_regs.c"
#include "../../arch/x86_64/guest/vlapic_timer.c"

#define NAPS     50U
#define NR       4U
#define VECTORS  2U
#define FIRST    0x40U  /* the first vector; others follow in steps */
#define STEP     8U     /* so that several share a word of IRR */
#define PATIENCE 5000UL /* looks for an interrupt, each with some naps */

static struct body {
    struct arch_vcpu v;
    struct vmcb vmcb;
    bool awake;                       /* atomic: it was kicked */
    unsigned long sent[NR], came[NR]; /* by sender; atomic */
    unsigned int injected;            /* vector */
    bool nmi_injected;
} bodies[NR];

static struct body *body_of(const struct vcpu *v)
{
    return &bodies[(uintptr_t)v - 1];
}

/* ---- the machine around them ---- */

bool arch_vcpu_takes_interrupts(const struct arch_vcpu *v UNUSED)
{
    return true;
}

bool svm_interrupt(struct arch_vcpu *v, uint8_t vector)
{
    body_of(v->vcpu)->injected = vector;
    return true;
}

bool svm_inject_nmi(struct arch_vcpu *v)
{
    body_of(v->vcpu)->nmi_injected = true;
    return true;
}

void svm_open_window(struct arch_vcpu *v UNUSED)
{
}

void svm_intercept_cr8(struct arch_vcpu *v UNUSED, bool exits UNUSED)
{
}

void vcpu_reset(struct arch_vcpu *v UNUSED, uint8_t page UNUSED)
{
}

struct arch_vcpu *upcall_find_vcpu(struct vcpu *v UNUSED, unsigned int id)
{
    return id < NR ? &bodies[id].v : NULL;
}

void upcall_kick(struct vcpu *v)
{
    __atomic_store_n(&body_of(v)->awake, true, __ATOMIC_SEQ_CST);
}

void upcall_sent_nmi(struct vcpu *v)
{
    upcall_kick(v);
}

void upcall_start(struct vcpu *v UNUSED)
{
}

void upcall_wait_start(struct vcpu *v UNUSED)
{
}

void upcall_apic_timer(struct vcpu *v UNUSED, uint64_t deadline UNUSED)
{
}

/* ---- a vCPU ---- */

/* The guest's handler: what was sent until now has come. */
static void take(struct body *b, unsigned int kind)
{
    __atomic_store_n(&b->came[kind], __atomic_load_n(&b->sent[kind], __ATOMIC_SEQ_CST), __ATOMIC_SEQ_CST);
}

static void handle(struct body *b)
{
    const unsigned int offset = b->injected - FIRST;

    expect(offset % STEP == 0 && offset / STEP < VECTORS, "vector %#x was never sent", b->injected);
    take(b, offset / STEP);
    b->injected = 0;
    vlapic_write(&b->v, VLAPIC_EOI * 16, 0);
}

static void handle_nmi(struct body *b)
{
    take(b, VECTORS);
    b->nmi_injected = false;
    vlapic_iret(&b->v);
}

/* An entry, and what the guest does. */
static void run(struct body *b)
{
    if (READ_ONCE(b->v.lapic.requests) & ~VLAPIC_IRR_SET)
        vlapic_attend(&b->v);
    if (READ_ONCE(b->v.lapic.requests) & VLAPIC_IRR_SET)
        vlapic_deliver(&b->v);
    perturb();
    if (b->injected)
        handle(b);
    if (b->nmi_injected)
        handle_nmi(b);
    b->vmcb.rip++;
}

/* Not with something to do, and not for long: who waits for an answer is not told of it. */
static void halt(struct body *b)
{
    if (arch_vcpu_has_interrupt(&b->v))
        return;
    for (unsigned int n = 0; n < NAPS && !__atomic_exchange_n(&b->awake, false, __ATOMIC_SEQ_CST); n++)
        sched_yield();
}

static void send(struct body *b, struct body *to, unsigned int kind)
{
    __atomic_add_fetch(&to->sent[kind], 1, __ATOMIC_SEQ_CST);
    vlapic_write(&b->v, VLAPIC_ICR_HIGH * 16, to->v.id << 24);
    vlapic_write(&b->v, VLAPIC_ICR * 16, kind == VECTORS ? MODE_NMI : FIRST + kind * STEP);
}

static bool has_come(const struct body *to)
{
    for (unsigned int kind = 0; kind <= VECTORS; kind++)
        if (__atomic_load_n(&to->came[kind], __ATOMIC_SEQ_CST) !=
            __atomic_load_n(&to->sent[kind], __ATOMIC_SEQ_CST))
            return false;
    return true;
}

static void send_some(struct worker *w, struct body *b, struct body *to)
{
    unsigned long looks = 0;

    for (unsigned int kind = 0; kind <= VECTORS; kind++)
        if (!one_in(w, 3))
            send(b, to, kind);
    while (!has_come(to)) {
        expect(++looks < PATIENCE, "an interrupt from vCPU %u to vCPU %u is lost", b->v.id, to->v.id);
        run(b);
        halt(b);
    }
    w->granted++;
}

/* Those that have done their part attend until all have. */
static unsigned int busy;

static void vcpu(struct worker *w)
{
    struct body *b = &bodies[(uintptr_t)w->arg];

    while (crew_goes_on(w)) {
        run(b);
        send_some(w, b, &bodies[b->v.id ^ 1]);
    }
    __atomic_sub_fetch(&busy, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&busy, __ATOMIC_SEQ_CST)) {
        run(b);
        sched_yield();
    }
}

void apics(const struct level *l, unsigned int milliseconds)
{
    if (l == &level_mm)
        return;
    busy = NR;
    for (uintptr_t i = 0; i < NR; i++) {
        struct body *b = &bodies[i];

        *b = (struct body){.v = {.vmcb = &b->vmcb, .id = (unsigned int)i, .vcpu = (struct vcpu *)(i + 1)}};
        vlapic_init(&b->v);
        vlapic_started(&b->v);
        vlapic_write(&b->v, VLAPIC_SVR * 16, 0x1ff);
        crew_add("vCPU", vcpu, (void *)i);
    }
    crew_run(l->name, "interrupts between local APICs", milliseconds);
}
