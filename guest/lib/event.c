/* SPDX-License-Identifier: MIT */
/* Events as they come: the shared info page, the callback vector, and who handles which port. */
#include "event_ports.h"
#include "guest_internal.h"
#include "vcpu_block.h"
#include <errno.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>
#include <xen/memory.h>

#define SHARED_INFO     0xfe000000UL /* behind the window of foreign mappings; nothing else is there */
#define CALLBACK_VECTOR 32
#define WORD_BITS       64

struct shared_info *const shared_info = (struct shared_info *)SHARED_INFO;

static struct handler {
    void (*fn)(evtchn_port_t port, void *arg);
    void *arg;
} handlers[EVENT_PORTS];

/* Ports of all vCPUs share a word: each looks at its own alone. */
static uint8_t vcpu_of[EVENT_PORTS];

static struct guest_lock lock;
static bool started; /* on some vCPU */

static int map_shared_info(void)
{
    struct xen_add_to_physmap map = {
        .domid = DOMID_SELF, .space = XENMAPSPACE_shared_info, .gpfn = SHARED_INFO >> PAGE_SHIFT};

    return (int)xen_hypercall(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, (uintptr_t)&map, 0, 0, 0);
}

static int set_callback(void)
{
    struct xen_hvm_param p = {.domid = DOMID_SELF,
                              .index = HVM_PARAM_CALLBACK_IRQ,
                              .value = (uint64_t)HVM_PARAM_CALLBACK_TYPE_VECTOR << 56 | CALLBACK_VECTOR};

    return (int)xen_hypercall(__HYPERVISOR_hvm_op, HVMOP_set_param, (uintptr_t)&p, 0, 0, 0);
}

/* For all vCPUs. */
static int start_once(void)
{
    int rc = map_shared_info();

    if (rc)
        return rc;
    for (unsigned int i = 0; i < EVENT_PORTS / WORD_BITS; i++)
        __atomic_store_n(&shared_info->evtchn_mask[i], ~0UL, __ATOMIC_RELAXED);
    interrupt_gate(CALLBACK_VECTOR, upcall_entry);
    return set_callback();
}

int events_start(void)
{
    int rc = 0;

    guest_lock(&lock);
    if (!started)
        rc = start_once();
    started = rc == 0;
    guest_unlock(&lock);
    if (rc == 0 && !vcpu_info_register())
        rc = -EINVAL;
    return event_result(rc);
}

void event_port_init(evtchn_port_t port, unsigned int vcpu)
{
    event_mask(port);
    event_set_handler(port, NULL, NULL);
    event_port_move(port, vcpu);
}

void event_port_move(evtchn_port_t port, unsigned int vcpu)
{
    __atomic_store_n(&vcpu_of[port], (uint8_t)vcpu, __ATOMIC_RELEASE);
}

void event_set_handler(evtchn_port_t port, void (*fn)(evtchn_port_t port, void *arg), void *arg)
{
    handlers[port].arg = arg;
    __atomic_store_n(&handlers[port].fn, fn, __ATOMIC_RELEASE);
}

/* Cleared first, so that what comes while the handler runs is not lost. */
static void handle(evtchn_port_t port)
{
    void (*fn)(evtchn_port_t, void *) = __atomic_load_n(&handlers[port].fn, __ATOMIC_ACQUIRE);

    if (event_clear(port) && fn)
        fn(port, handlers[port].arg);
}

static void handle_word(unsigned int word, unsigned int vcpu)
{
    uint64_t ready = __atomic_load_n(&shared_info->evtchn_pending[word], __ATOMIC_ACQUIRE) &
                     ~__atomic_load_n(&shared_info->evtchn_mask[word], __ATOMIC_ACQUIRE);

    for (; ready; ready &= ready - 1) {
        evtchn_port_t port = word * WORD_BITS + (unsigned int)__builtin_ctzl(ready);

        if (__atomic_load_n(&vcpu_of[port], __ATOMIC_ACQUIRE) == vcpu)
            handle(port);
    }
}

/* Called by upcall_entry. What is set again meanwhile makes the next interrupt. */
void events_upcall(void)
{
    struct vcpu_block *b = this_vcpu();
    uint64_t words;

    __atomic_store_n(&b->own_info.evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST);
    words = __atomic_exchange_n(&b->own_info.evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
    for (; words; words &= words - 1)
        handle_word((unsigned int)__builtin_ctzl(words), b->id);
}
