/* SPDX-License-Identifier: MIT */
/* For tests of the scheduler on one CPU: a fake clock, guests that do with a turn what the test says. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "affinity.h"
#include "error.h"
#include "heap.h"
#include "host_info.h"
#include "machine.h"
#include "sched_test.h"
#include "schedule.h"
#include <xen/sched.h>

#define MAX_TURNS 64

static uint64_t clock_ns, timer_at;
static struct vcpu *turns[MAX_TURNS]; /* who ran, in order */
static uint64_t turn_at[MAX_TURNS];
static unsigned int nr_turns, nr_idle, turns_wanted;
static void (*program)(struct vcpu *v); /* what a guest does with its turn */

uint64_t arch_now(void)
{
    return READ_ONCE(clock_ns);
}

void arch_timer_set(uint64_t deadline)
{
    timer_at = deadline;
}

static inline void let_timer_fire(void)
{
    assert_true(timer_at > clock_ns);
    WRITE_ONCE(clock_ns, timer_at);
    upcall_timer();
}

static void (*at_idle)(void);

void arch_idle(void)
{
    if (++nr_idle, at_idle)
        at_idle();
    if (!READ_ONCE(ender->shut_down))
        let_timer_fire();
}

void arch_vcpu_run(struct arch_vcpu *a)
{
    struct vcpu *v = current_vcpu();

    assert_ptr_equal(v->arch, a);
    assert_false(upcall_need_resched(v));
    turn_at[nr_turns] = clock_ns;
    turns[nr_turns++] = v;
    if (nr_turns == turns_wanted)
        domain_shutdown(ender, SHUTDOWN_poweroff);
    program(v);
    assert_true(upcall_need_resched(v));
}

static inline void run(void (*what)(struct vcpu *v), unsigned int wanted)
{
    program = what;
    nr_turns = nr_idle = 0;
    turns_wanted = wanted;
    sched_run();
}

static inline struct vcpu *new_vcpu(void)
{
    struct domain *d;

    assert_int_equal(domain_create(0, 2, &d), 0);
    assert_int_equal(domain_add_vcpu(d, 0), 0);
    vcpu_up(d->vcpu[0]);
    return d->vcpu[0];
}

static inline struct vcpu *new_running_vcpu(void)
{
    struct vcpu *v = new_vcpu();

    assert_int_equal(domain_unpause(v->domain), 0);
    return v;
}

static inline int setup(void **state UNUSED)
{
    const unsigned long pages[] = {4096};

    machine_create_nodes(1, pages);
    sched_init_cpu();
    create_ender();
    return 0;
}

static inline int teardown(void **state UNUSED)
{
    destroy_domains();
    machine_destroy();
    return 0;
}

static inline void halt(struct vcpu *v)
{
    upcall_halt(v, true);
}
