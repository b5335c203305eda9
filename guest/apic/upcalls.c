/* SPDX-License-Identifier: MIT */
/* Events by a vector of the local APIC (HVMOP_set_evtchn_upcall_vector). */
#include "apic.h"
#include <errno.h>
#include <xen/event_channel.h>
#include <xen/hvm/hvm_op.h>
#include <xen/memory.h>
#include <xen/xen.h>

#define VECTOR      0x60U
#define ROUNDS      1000U
#define SHARED_INFO 0xfd000000UL /* nothing else is there */

static int64_t set_vector(uint32_t vcpu, uint8_t vector)
{
    struct xen_hvm_evtchn_upcall_vector op = {.vcpu = vcpu, .vector = vector};

    return xen_hypercall(__HYPERVISOR_hvm_op, HVMOP_set_evtchn_upcall_vector, (uintptr_t)&op, 0, 0, 0);
}

static void check_errors(void)
{
    apic_fresh();
    expect_equal("vector below 16", set_vector(0, 15), -EINVAL);
    expect_equal("no such vCPU", set_vector(99, VECTOR), -ENOENT);
}

static void check_setting(void)
{
    apic_fresh();
    expect_equal("set", set_vector(0, VECTOR), 0);
    let_in();
    expect_equal("one at once, as in Xen", taken[VECTOR], 1);
    apic_fresh();
    keep = true;
    expect_equal("set", set_vector(0, VECTOR + 1), 0);
    let_in();
    expect_equal("the new one", taken[VECTOR + 1], 1);
    expect_equal("is in service", apic_bit(A_ISR, VECTOR + 1), 1);
}

static volatile uint64_t handled, stop;

/* Interrupt, EOI, then what is pending is looked at: as guests do it. */
static void handle_events(void *arg)
{
    volatile struct vcpu_info *v = &((volatile struct shared_info *)SHARED_INFO)->vcpu_info[smp_id()];
    volatile uint64_t *pending = ((volatile struct shared_info *)SHARED_INFO)->evtchn_pending;
    const evtchn_port_t port = *(const evtchn_port_t *)arg;

    cpu_init();
    apic_write(A_SVR, ENABLED);
    set_vector(smp_id(), VECTOR);
    let_in();
    for (uint64_t n = taken[VECTOR]; !stop; n++) {
        __atomic_fetch_add(&handled, 1, __ATOMIC_SEQ_CST);
        while (taken[VECTOR] == n)
            halt();
        v->evtchn_upcall_pending = 0;
        __atomic_exchange_n(&v->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
        __atomic_fetch_and(pending, ~(1UL << port), __ATOMIC_SEQ_CST);
    }
}

/* No library here: its events come by the callback vector. Nothing is masked at first. */
static void check_events(void)
{
    struct xen_add_to_physmap map = {
        .domid = DOMID_SELF, .space = XENMAPSPACE_shared_info, .gpfn = SHARED_INFO >> PAGE_SHIFT};
    struct evtchn_bind_ipi ipi = {.vcpu = 1};
    struct evtchn_send send;

    apic_fresh();
    xen_hypercall(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, (uintptr_t)&map, 0, 0, 0);
    xen_hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_ipi, (uintptr_t)&ipi, 0, 0, 0);
    send.port = ipi.port;
    smp_start(1, handle_events, &ipi.port);
    for (uint64_t n = 1; n <= ROUNDS; n++) {
        expect_soon("handled", &handled, n);
        stop = n == ROUNDS;
        xen_hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_send, (uintptr_t)&send, 0, 0, 0);
    }
    smp_join(1);
    expect_equal("one for each event, and the first", taken[VECTOR], ROUNDS + 1);
}

const struct guest_case upcalls[] = {
    {"errors", check_errors},
    {"the vector is set", check_setting},
    {"an interrupt for each event", check_events},
    {0},
};
