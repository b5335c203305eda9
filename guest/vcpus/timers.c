/* SPDX-License-Identifier: MIT */
/* Single-shot timers of each vCPU, set_timer_op and VIRQ_TIMER (xen/vcpu.h). */
#include "vcpus.h"
#include <errno.h>
#include <xen/vcpu.h>

#define SHOTS 10U
#define TICKS 10U
#define SOON  (2 * MS)
#define LATER (40 * MS)
#define FAR   (100000 * MS)

static struct per_vcpu {
    evtchn_port_t port;
    unsigned int fired, wrong;
    uint64_t when;
} timer_of[SMP_MAX_VCPUS];

static void note(evtchn_port_t port, void *arg)
{
    struct per_vcpu *t = arg;

    (void)port;
    t->when = guest_now();
    t->wrong += t != &timer_of[smp_id()];
    t->fired++;
}

static struct per_vcpu *timer_here(void)
{
    struct per_vcpu *t = &timer_of[smp_id()];

    events_here();
    *t = (struct per_vcpu){.port = (evtchn_port_t)event_bind_virq(VIRQ_TIMER, smp_id())};
    event_set_handler(t->port, note, t);
    expect_equal("unmask", event_unmask(t->port), 0);
    return t;
}

static void timer_end(const struct per_vcpu *t)
{
    expect_equal("stop", timer_stop(), 0);
    expect_equal("timers on a vCPU that is not theirs", t->wrong, 0);
    expect_equal("close", event_close(t->port), 0);
}

static bool has_fired(void)
{
    return __atomic_load_n(&timer_of[smp_id()].fired, __ATOMIC_ACQUIRE);
}

static void wait_shot(struct per_vcpu *t, uint64_t deadline)
{
    halt_until(has_fired);
    expect_at_least("when it came", t->when, deadline);
    expect_equal("how often", t->fired, 1);
    t->fired = 0;
}

static void shoot(void *arg)
{
    struct per_vcpu *t = timer_here();

    (void)arg;
    for (unsigned int i = 0; i < SHOTS; i++) {
        uint64_t deadline = guest_now() + SOON;

        expect_equal("oneshot", timer_oneshot(deadline), 0);
        wait_shot(t, deadline);
    }
    timer_end(t);
}

static void on_each(void)
{
    run_everywhere(shoot, NULL);
}

static int64_t set_with(unsigned int vcpu, uint64_t at, uint32_t flags)
{
    struct vcpu_set_singleshot_timer op = {.timeout_abs_ns = at, .flags = flags};

    return vcpu_op(VCPUOP_set_singleshot_timer, vcpu, &op);
}

/* Nothing more comes for a while. */
static void expect_silence(const struct per_vcpu *t)
{
    interrupts_on();
    pass_time(SOON);
    interrupts_off();
    expect_equal("timers that were not set", t->fired, 0);
}

static void in_the_past(void)
{
    struct per_vcpu *t = timer_here();

    expect_equal("with the flag", set_with(0, 1, VCPU_SSHOTTMR_future), -ETIME);
    expect_silence(t);
    expect_equal("without it", set_with(0, 1, 0), 0);
    wait_shot(t, 1);
    expect_equal("in the future with the flag", set_with(0, guest_now() + LATER, VCPU_SSHOTTMR_future), 0);
    wait_shot(t, 1);
    expect_equal("of another vCPU", set_with(1, guest_now() + SOON, 0), -EINVAL);
    expect_equal("stop another vCPU's", vcpu_op(VCPUOP_stop_singleshot_timer, 1, NULL), -EINVAL);
    timer_end(t);
}

static void replaced(void)
{
    struct per_vcpu *t = timer_here();
    uint64_t deadline;

    expect_equal("far away", timer_oneshot(guest_now() + FAR), 0);
    deadline = guest_now() + SOON;
    expect_equal("soon", timer_oneshot(deadline), 0);
    wait_shot(t, deadline);
    expect_silence(t);
    /* A nearer one makes room for a later one, if we are in time for that. */
    for (bool in_time = false; !in_time;) {
        uint64_t first = guest_now() + LATER;

        expect_equal("oneshot", timer_oneshot(first), 0);
        deadline = first + SOON;
        expect_equal("another", timer_oneshot(deadline), 0);
        in_time = guest_now() < first;
        halt_until(has_fired);
        if (in_time)
            expect_at_least("when it came", t->when, deadline);
        expect_equal("how often", t->fired, 1);
        t->fired = 0;
        timer_stop();
        events_here();
        t->fired = 0;
    }
    timer_end(t);
}

static void stopped(void)
{
    struct per_vcpu *t = timer_here();

    for (bool in_time = false; !in_time;) {
        uint64_t deadline = guest_now() + LATER;

        t->fired = 0;
        expect_equal("oneshot", timer_oneshot(deadline), 0);
        expect_equal("stop", timer_stop(), 0);
        in_time = guest_now() < deadline;
        interrupts_on();
        pass_time(LATER + SOON);
        interrupts_off();
        if (in_time)
            expect_equal("timers that were stopped", t->fired, 0);
    }
    expect_equal("stop again", timer_stop(), 0);
    timer_end(t);
}

static int64_t set_period(uint64_t ns)
{
    struct vcpu_set_periodic_timer op = {.period_ns = ns};

    return vcpu_op(VCPUOP_set_periodic_timer, smp_id(), &op);
}

static bool has_ticked(void)
{
    return __atomic_load_n(&timer_of[smp_id()].fired, __ATOMIC_ACQUIRE) >= TICKS;
}

/* A tick may come late, and then be one with the next; but there are never more than periods. */
static void tick(void *arg)
{
    struct per_vcpu *t = timer_here();
    uint64_t start = guest_now();

    (void)arg;
    expect_equal("periodic", set_period(SOON), 0);
    halt_until(has_ticked);
    expect_at_least("when the last tick came", t->when, start + TICKS * SOON);
    expect_equal("stop", vcpu_op(VCPUOP_stop_periodic_timer, smp_id(), NULL), 0);
    events_here(); /* one may have come before that */
    t->fired = 0;
    expect_silence(t);
    timer_end(t);
}

static void periodic(void)
{
    run_everywhere(tick, NULL);
    expect_equal("a period that is too short", set_period(MS - 1), -EINVAL);
}

static int64_t set_timer_op(uint64_t at)
{
    return xen_hypercall(__HYPERVISOR_set_timer_op, at, 0, 0, 0, 0);
}

static void by_set_timer_op(void)
{
    struct per_vcpu *t = timer_here();
    uint64_t deadline = guest_now() + SOON;

    expect_equal("set_timer_op", set_timer_op(deadline), 0);
    wait_shot(t, deadline);
    expect_equal("in the past", set_timer_op(1), 0);
    wait_shot(t, 1);
    expect_equal("far away", set_timer_op(guest_now() + FAR), 0);
    expect_equal("none", set_timer_op(0), 0);
    expect_silence(t);
    timer_end(t);
}

/* A timer that fires for nobody does not disturb, and wakes no one. */
static void unbound(void)
{
    events_here();
    expect_equal("oneshot", timer_oneshot(guest_now() + SOON), 0);
    pass_time(2 * SOON);
    expect_equal("stop", timer_stop(), 0);
}

const struct guest_case timers[] = {
    {"each vCPU's comes to it, not before its time, once", on_each},
    {"a time that has passed comes at once, or is refused", in_the_past},
    {"a timer takes the place of the one before", replaced},
    {"a timer that is stopped does not come", stopped},
    {"a periodic timer comes again and again, no faster than its period, until it is stopped", periodic},
    {"set_timer_op is the same timer", by_set_timer_op},
    {"without a port for VIRQ_TIMER nothing happens", unbound},
    {0},
};
