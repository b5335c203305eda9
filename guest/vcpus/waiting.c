/* SPDX-License-Identifier: MIT */
/* Waiting for events: SCHEDOP_poll, SCHEDOP_block, HLT (xen/sched.h). */
#include "vcpus.h"
#include <errno.h>
#include <xen/sched.h>

#define ROUNDS   150U
#define SLEEP    (3 * MS)
#define TOO_MANY 129U

static evtchn_port_t port;
static unsigned int turn, handled;

static unsigned int get(const unsigned int *n)
{
    return __atomic_load_n(n, __ATOMIC_ACQUIRE);
}

static void poll_until_time(void)
{
    evtchn_port_t never;

    events_here();
    never = (evtchn_port_t)event_bind_ipi(0);
    for (unsigned int n = 0; n < 2; n++) { /* without and with a port */
        uint64_t end = guest_now() + SLEEP;

        while (guest_now() < end)
            expect_equal("poll", guest_poll(&never, n, end), 0);
    }
    expect_equal("a time that has passed", guest_poll(&never, 1, 1), 0);
    expect_equal("close", event_close(never), 0);
}

static void poll_pending(void)
{
    evtchn_port_t two[2] = {(evtchn_port_t)event_bind_ipi(0), (evtchn_port_t)event_bind_ipi(0)};

    for (unsigned int i = 0; i < 2; i++) {
        expect_equal("send", event_send(two[i]), 0);
        expect_equal("poll for ever", guest_poll(two, 2, 0), 0);
        expect_equal("poll one for ever", guest_poll(&two[i], 1, 0), 0);
        expect_equal("poll leaves it pending", event_clear(two[i]), true);
    }
    expect_equal("close", event_close(two[0]) | event_close(two[1]), 0);
}

static void poll_refusals(void)
{
    static evtchn_port_t ports_many[TOO_MANY];
    evtchn_port_t none = EVENT_PORTS;

    expect_error("a port that is none", guest_poll(&none, 1, 1), EINVAL);
    expect_error("more ports than may be", guest_poll(ports_many, TOO_MANY, 1), EINVAL);
    expect_error("ports that are nowhere", guest_poll((evtchn_port_t *)0x8000000000UL, 1, 1), EFAULT);
}

/* The other vCPU polls without a time limit: it gets each event or never ends. */
static void poll_each(void *arg)
{
    (void)arg;
    for (unsigned int i = 0; i < ROUNDS; i++) {
        while (!event_clear(port))
            guest_poll(&port, 1, 0);
        __atomic_add_fetch(&turn, 1, __ATOMIC_RELEASE);
    }
}

static void send_each(void)
{
    for (unsigned int i = 0; i < ROUNDS; i++) {
        expect_equal("send", event_send(port), 0);
        for (unsigned int n = 1; get(&turn) <= i; n++)
            smp_wait(n);
    }
    smp_join(1);
}

static void poll_wakes(void)
{
    turn = 0;
    port = (evtchn_port_t)event_bind_ipi(1);
    run_on(1, poll_each, NULL);
    send_each();
    expect_equal("events polled", turn, ROUNDS);
    expect_equal("close", event_close(port), 0);
}

static void note(evtchn_port_t p, void *arg)
{
    (void)p;
    (void)arg;
    __atomic_add_fetch(&handled, 1, __ATOMIC_RELEASE);
}

static void make_port(unsigned int vcpu)
{
    handled = 0;
    port = (evtchn_port_t)event_bind_ipi(vcpu);
    event_set_handler(port, note, NULL);
    expect_equal("unmask", event_unmask(port), 0);
}

static void block_pending(void)
{
    events_here();
    make_port(0);
    for (unsigned int i = 0; i < ROUNDS; i++) {
        expect_equal("send", event_send(port), 0);
        expect_equal("block", sched_op(SCHEDOP_block, NULL), 0);
        interrupts_on();
        guest_yield();
        interrupts_off();
        expect_equal("events", handled, i + 1);
    }
    expect_equal("close", event_close(port), 0);
}

/* Block with interrupts off, then let the one that woke us in. */
static void block_each(void *arg)
{
    (void)arg;
    events_here();
    for (unsigned int i = 0; i < ROUNDS; i++) {
        while (get(&handled) <= i) {
            sched_op(SCHEDOP_block, NULL);
            interrupts_on();
            guest_yield();
            interrupts_off();
        }
        __atomic_add_fetch(&turn, 1, __ATOMIC_RELEASE);
    }
}

static void halt_each(void *arg)
{
    (void)arg;
    events_here();
    for (unsigned int i = 0; i < ROUNDS; i++) {
        while (get(&handled) <= i) {
            guest_halt();
            interrupts_off();
        }
        __atomic_add_fetch(&turn, 1, __ATOMIC_RELEASE);
    }
}

static void wakes(void (*entry)(void *))
{
    events_here();
    turn = 0;
    make_port(1);
    run_on(1, entry, NULL);
    send_each();
    expect_equal("events", handled, ROUNDS);
    expect_equal("close", event_close(port), 0);
}

static void block_wakes(void)
{
    wakes(block_each);
}

static void halt_wakes(void)
{
    wakes(halt_each);
}

const struct guest_case waiting[] = {
    {"poll ends at its time, not before", poll_until_time},
    {"poll returns at once for what is pending", poll_pending},
    {"what poll refuses", poll_refusals},
    {"poll wakes for each event", poll_wakes},
    {"block returns at once for what is pending", block_pending},
    {"block wakes for each event", block_wakes},
    {"HLT wakes for each event", halt_wakes},
    {0},
};
