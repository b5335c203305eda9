/* SPDX-License-Identifier: MIT */
/* Events arrive: on their vCPU, each once, none lost, masked ones later. All waiting is by HLT. */
#include "vcpus.h"
#include <errno.h>

#define ROUNDS 1000U
#define LAPS   150U
#define SENDS  500U
#define FEW    20U

static evtchn_port_t port_of[SMP_MAX_VCPUS];
static unsigned int count_of[SMP_MAX_VCPUS], wrong_vcpu, laps_wanted;
static unsigned int requests, answered;
static struct smp_barrier barrier;

static unsigned int get(const unsigned int *n)
{
    return __atomic_load_n(n, __ATOMIC_ACQUIRE);
}

static unsigned int add(unsigned int *n)
{
    return __atomic_add_fetch(n, 1, __ATOMIC_ACQ_REL);
}

static void bind_all(void (*handler)(evtchn_port_t, void *), unsigned int nr)
{
    smp_barrier_init(&barrier, nr);
    wrong_vcpu = 0;
    for (unsigned int i = 0; i < nr; i++) {
        port_of[i] = (evtchn_port_t)event_bind_ipi(i);
        count_of[i] = 0;
        event_set_handler(port_of[i], handler, (void *)(uintptr_t)i);
        expect_equal("unmask", event_unmask(port_of[i]), 0);
    }
}

static void close_all(unsigned int nr)
{
    for (unsigned int i = 0; i < nr; i++)
        expect_equal("close", event_close(port_of[i]), 0);
    expect_equal("events on a vCPU that is not theirs", wrong_vcpu, 0);
}

static unsigned int here(void *arg)
{
    if (smp_id() != (uintptr_t)arg)
        add(&wrong_vcpu);
    return (unsigned int)(uintptr_t)arg;
}

/* ---- a token goes round ---- */

static unsigned int members;

/* The next one gets it; the last time round it stays with vCPU 0. */
static void pass_on(evtchn_port_t port, void *arg)
{
    unsigned int self = here(arg);

    (void)port;
    if (add(&count_of[self]) < laps_wanted || self)
        event_send(port_of[(self + 1) % members]);
}

static bool all_laps(void)
{
    return get(&count_of[smp_id()]) >= laps_wanted;
}

static void take_part(void *arg)
{
    (void)arg;
    events_here();
    smp_barrier_wait(&barrier);
    if (smp_id() == 0)
        event_send(port_of[1]);
    halt_until(all_laps);
}

static void go_round(unsigned int nr, unsigned int laps)
{
    events_here();
    members = nr;
    laps_wanted = laps;
    bind_all(pass_on, nr);
    expect_equal("start", smp_run(nr, take_part, NULL), 0);
    for (unsigned int i = 0; i < nr; i++)
        expect_equal("events", count_of[i], laps);
    close_all(nr);
}

static void ping_pong(void)
{
    go_round(2, ROUNDS);
}

static void ring(void)
{
    go_round(nr_vcpus, LAPS);
}

/* ---- many send to one: events merge, but the last one is not lost ---- */

static void answer(evtchn_port_t port, void *arg)
{
    (void)port;
    here(arg);
    add(&count_of[0]);
    __atomic_store_n(&answered, get(&requests), __ATOMIC_RELEASE);
}

static bool all_answered(void)
{
    return get(&answered) == (nr_vcpus - 1) * SENDS;
}

static void ask(void *arg)
{
    (void)arg;
    for (unsigned int i = 0; i < SENDS; i++) {
        add(&requests);
        expect_equal("send", event_send(port_of[0]), 0);
    }
}

static void many_to_one(void)
{
    events_here();
    requests = answered = 0;
    bind_all(answer, 1);
    for (unsigned int i = 1; i < nr_vcpus; i++)
        run_on(i, ask, NULL);
    halt_until(all_answered);
    expect_less("events", count_of[0], (nr_vcpus - 1) * SENDS + 1);
    for (unsigned int i = 1; i < nr_vcpus; i++)
        smp_join(i);
    close_all(1);
}

/* ---- loopback, and moving to another vCPU ---- */

static evtchn_port_t near_end, far_end;
static unsigned int arrived[SMP_MAX_VCPUS];

static void note_vcpu(evtchn_port_t port, void *arg)
{
    (void)port;
    (void)arg;
    add(&arrived[smp_id()]);
}

static bool arrived_here(void)
{
    return get(&arrived[smp_id()]) >= FEW;
}

static void wait_here(void *arg)
{
    events_here();
    smp_barrier_wait(arg);
    halt_until(arrived_here);
}

static void connect(void)
{
    int port = event_alloc_unbound(DOMID_SELF, DOMID_SELF);

    near_end = (evtchn_port_t)port;
    far_end = (evtchn_port_t)event_bind_interdomain(DOMID_SELF, near_end);
    event_clear(far_end); /* pending from the start */
    event_set_handler(far_end, note_vcpu, NULL);
    expect_equal("unmask", event_unmask(far_end), 0);
}

static void disconnect(void)
{
    expect_equal("close", event_close(near_end) | event_close(far_end), 0);
}

/* Each is taken before the next one is sent, and none comes to a vCPU that it is not bound to any more. */
static void moves(void)
{
    events_here();
    arrived[0] = 0;
    connect();
    for (unsigned int v = 1; v < nr_vcpus; v++) {
        smp_barrier_init(&barrier, 2);
        run_on(v, wait_here, &barrier);
        smp_barrier_wait(&barrier);
        arrived[v] = 0;
        expect_equal("bind_vcpu", event_bind_vcpu(far_end, v), 0);
        for (unsigned int i = 1; i <= FEW; i++) {
            expect_equal("send", event_send(near_end), 0);
            for (unsigned int n = 1; get(&arrived[v]) < i; n++)
                smp_wait(n);
        }
        smp_join(v);
        expect_equal("events on the vCPU", arrived[v], FEW);
        expect_equal("on vCPU 0", arrived[0], 0);
    }
    disconnect();
}

static void interdomain_pending_first(void)
{
    int a = event_alloc_unbound(DOMID_SELF, DOMID_SELF);
    int b = event_bind_interdomain(DOMID_SELF, (evtchn_port_t)a);

    expect_equal("the new end", event_is_pending((evtchn_port_t)b), true);
    expect_equal("the old end", event_is_pending((evtchn_port_t)a), false);
    event_clear((evtchn_port_t)b);
    expect_equal("send", event_send((evtchn_port_t)b), 0);
    expect_equal("the other end", event_is_pending((evtchn_port_t)a), true);
    expect_equal("this end", event_is_pending((evtchn_port_t)b), false);
    expect_equal("close", event_close((evtchn_port_t)a), 0);
    expect_equal("close does not send", event_is_pending((evtchn_port_t)b), false);
    expect_equal("close", event_close((evtchn_port_t)b), 0);
}

/* ---- masks ---- */

static void masks(void)
{
    events_here();
    arrived[0] = 0;
    connect();
    event_mask(far_end);
    expect_equal("send", event_send(near_end) | event_send(near_end), 0);
    interrupts_on();
    guest_yield();
    interrupts_off();
    expect_equal("events while masked", arrived[0], 0);
    expect_equal("pending", event_is_pending(far_end), true);
    expect_equal("unmask", event_unmask(far_end), 0);
    expect_equal("masked", event_is_masked(far_end), false);
    interrupts_on();
    guest_yield();
    interrupts_off();
    expect_equal("events after the mask", arrived[0], 1);
    expect_equal("pending", event_is_pending(far_end), false);
    expect_equal("unmask what is not masked", event_unmask(far_end), 0);
    interrupts_on();
    guest_yield();
    interrupts_off();
    expect_equal("events", arrived[0], 1);
    disconnect();
}

static void interrupts_wait(void)
{
    events_here();
    arrived[0] = 0;
    connect();
    expect_equal("send", event_send(near_end), 0);
    guest_yield();
    expect_equal("events while interrupts are off", arrived[0], 0);
    interrupts_on();
    guest_yield();
    expect_equal("with them on", arrived[0], 1);
    interrupts_off();
    disconnect();
}

const struct guest_case delivery[] = {
    {"two vCPUs throw one event to and fro", ping_pong},
    {"one event goes round all vCPUs", ring},
    {"of many events for one vCPU the last is not lost", many_to_one},
    {"a connected port starts pending, and each end sends to the other", interdomain_pending_first},
    {"a masked event comes with the unmasking, once", masks},
    {"an event waits for interrupts to be on", interrupts_wait},
    {"bind_vcpu moves an event to another vCPU", moves},
    {0},
};
