/* SPDX-License-Identifier: MIT */
/* The scheduler on four CPUs at once, whose guests are pieces of this program, while others pause, send away,
 * stop and destroy them: nobody runs on two CPUs, or outside his affinity, or in a pause, and no wake-up is
 * lost. */
#include "turns.h"

#include "affinity.h"
#include "error.h"
#include "host_info.h"
#include "machine.h"
#include "named_part.h"
#include "schedule.h"
#include <sched.h>
#include <xen/sched.h>

#define FIRST_CPU  1U /* worker numbers */
#define NR_CPUS    4U
#define NR_BUSY    5U /* vCPUs of the domain that is pushed around; vCPU 0 stays on FIRST_CPU */
#define NR_SLEEPER 2U
#define NR_GUESTS  (NR_BUSY + NR_SLEEPER)
#define ROUND_MS   100U
#define PATIENCE   1000000UL /* looks at a sleeper that was woken: seconds */

static struct domain *busy, *sleepers, *ender;

/* What a guest would see of itself. */
static struct body {
    struct vcpu *v;
    unsigned int inside;      /* CPUs that run it */
    unsigned long turns;      /* plain: whoever runs it has seen all that was before */
    struct vcpu_info info;    /* the sleepers' */
    unsigned long sent, seen; /* wake-ups */
} bodies[NR_GUESTS];

/* ---- the machine ---- */

static bool kicked[MAX_CPUS];

void turns_kick(unsigned int cpu)
{
    __atomic_store_n(&kicked[cpu], true, __ATOMIC_SEQ_CST);
}

/* Nothing but a kick wakes it: one that is missing is missed. */
void arch_idle(void)
{
    while (!__atomic_exchange_n(&kicked[smp_processor_id()], false, __ATOMIC_SEQ_CST))
        sched_yield();
}

static struct body *body_of(const struct vcpu *v)
{
    struct body *b = bodies;

    while (b->v != v)
        b++;
    return b;
}

/* A sleeper takes notice of what was sent, and sleeps. */
static void take_notice(struct body *b)
{
    if (__atomic_exchange_n(&b->info.evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST))
        __atomic_store_n(&b->seen, __atomic_load_n(&b->sent, __ATOMIC_SEQ_CST), __ATOMIC_SEQ_CST);
    vcpu_block(b->v, TIMER_NEVER);
}

void arch_vcpu_run(struct arch_vcpu *a UNUSED)
{
    struct vcpu *v = current_vcpu();
    struct body *b = body_of(v);

    if (upcall_need_resched(v))
        return;
    expect(__atomic_exchange_n(&b->inside, 1, __ATOMIC_SEQ_CST) == 0, "vCPU %u runs twice", v->id);
    expect(b != &bodies[0] || smp_processor_id() == FIRST_CPU, "vCPU 0 on CPU %u", smp_processor_id());
    for (b->turns++; !upcall_need_resched(v);) {
        if (v->domain == sleepers)
            take_notice(b);
        else if (b->turns % 4 == 0)
            vcpu_yield(v);
        upcall_timer();
        sched_yield();
    }
    __atomic_store_n(&b->inside, 0, __ATOMIC_SEQ_CST);
}

static void cpu(struct worker *w)
{
    sched_init_cpu();
    sched_run();
    while (crew_goes_on(w))
        sched_yield();
}

/* ---- the others: when the time is over they meet the closer ---- */

static void pauser(struct worker *w)
{
    while (crew_goes_on(w)) {
        expect(domain_pause(busy) == 0, "a pause fails");
        for (unsigned int i = 0; i < NR_BUSY; i++)
            expect(!__atomic_load_n(&bodies[i].inside, __ATOMIC_SEQ_CST), "vCPU %u runs in a pause", i);
        bodies[pick(w, NR_BUSY)].turns += 4; /* nobody else looks at it */
        perturb();
        expect(domain_unpause(busy) == 0, "no pause");
        perturb();
    }
    crew_meet(nothing_to_see);
}

static void sender(struct worker *w)
{
    for (unsigned long n = 1; crew_goes_on(w); n++) {
        struct body *b = &bodies[NR_BUSY + n % NR_SLEEPER];
        unsigned long looks = 0;

        __atomic_store_n(&b->sent, n, __ATOMIC_SEQ_CST);
        __atomic_store_n(&b->info.evtchn_upcall_pending, 1, __ATOMIC_SEQ_CST);
        vcpu_kick(b->v);
        while (__atomic_load_n(&b->seen, __ATOMIC_SEQ_CST) != n) {
            expect(++looks < PATIENCE, "wake-up %lu of vCPU %u is lost", n, b->v->id);
            sched_yield();
        }
        w->granted++;
    }
    crew_meet(nothing_to_see);
}

static void set_affinity(struct vcpu *v, uint64_t hard)
{
    const struct cpumask h = {{hard}}, all = CPUMASK_ALL;

    spin_lock(&v->domain->domctl_lock);
    vcpu_set_affinity(v, &h, &all);
    spin_unlock(&v->domain->domctl_lock);
}

static void mover(struct worker *w)
{
    while (crew_goes_on(w)) {
        set_affinity(bodies[1 + pick(w, NR_GUESTS - 1)].v, (1 + pick(w, (1U << NR_CPUS) - 1)) << FIRST_CPU);
        perturb();
    }
    crew_meet(nothing_to_see);
}

static void upper_downer(struct worker *w)
{
    while (crew_goes_on(w)) {
        struct vcpu *v = bodies[1 + pick(w, NR_BUSY - 1)].v;

        one_in(w, 3) ? vcpu_down(v) : vcpu_up(v);
        perturb();
    }
    crew_meet(nothing_to_see);
}

/* A timer that one sets and another stops: afterwards its function does not run. */
static struct timer shared;
static unsigned long touched; /* plain: by the function, or by who has stopped it */
static bool hold, held;

static void touch(struct timer *t)
{
    touched++;
    timer_set(t, arch_now() + 20000);
    perturb();
    touched++;
}

static void setter(struct worker *w)
{
    while (crew_goes_on(w)) {
        bool stay = __atomic_load_n(&hold, __ATOMIC_ACQUIRE);

        __atomic_store_n(&held, stay, __ATOMIC_RELEASE);
        if (!stay)
            timer_set(&shared, arch_now());
        timers_fire();
    }
    __atomic_store_n(&held, true, __ATOMIC_RELEASE);
    crew_meet(nothing_to_see);
}

static void stopper(struct worker *w)
{
    while (crew_goes_on(w)) {
        __atomic_store_n(&hold, true, __ATOMIC_RELEASE);
        while (!__atomic_load_n(&held, __ATOMIC_ACQUIRE))
            sched_yield();
        timer_stop(&shared);
        touched++;
        perturb();
        touched++;
        __atomic_store_n(&hold, false, __ATOMIC_RELEASE);
        while (crew_goes_on(w) && __atomic_load_n(&held, __ATOMIC_ACQUIRE))
            sched_yield();
    }
    crew_meet(nothing_to_see);
}

/* ---- the course of it ---- */

static struct domain *open_domain(unsigned int first, unsigned int nr)
{
    struct domain *d;

    BUG_ON(domain_create(0, nr, &d));
    d->hvm_param[HVM_PARAM_CALLBACK_IRQ] = 1;
    for (unsigned int i = 0; i < nr; i++) {
        BUG_ON(domain_add_vcpu(d, i));
        bodies[first + i] = (struct body){.v = d->vcpu[i]};
        if (first)
            d->vcpu[i]->info = (uint8_t *)&bodies[first + i].info;
        set_affinity(d->vcpu[i], i || first ? ((1UL << NR_CPUS) - 1) << FIRST_CPU : 1UL << FIRST_CPU);
        vcpu_up(d->vcpu[i]);
    }
    BUG_ON(domain_unpause(d));
    return d;
}

static void close_domain(struct domain *d)
{
    int rc;

    do {
        spin_lock(&d->domctl_lock);
        rc = domain_kill(d);
        spin_unlock(&d->domctl_lock);
        sched_yield();
    } while (rc == -ERESTART);
    expect(rc == 0, "kill: error %d", -rc);
    domain_put(d);
}

/* The domains die while they run; then the CPUs leave the scheduler. */
static void closer(struct worker *w)
{
    while (crew_goes_on(w))
        sched_yield();
    crew_meet(nothing_to_see);
    close_domain(busy);
    for (unsigned int i = NR_BUSY; i < NR_GUESTS; i++)
        __atomic_store_n(&bodies[i].v->info, NULL, __ATOMIC_RELEASE); /* it is no page of the domain's */
    close_domain(sleepers);
    domain_shutdown(ender, SHUTDOWN_poweroff);
    close_domain(ender);
}

static void play(unsigned int milliseconds)
{
    static const unsigned long pages[] = {2048};
    static const struct role roles[] = {
        {"pauser", 1, pauser, NULL},         {"sender", 1, sender, NULL}, {"mover", 1, mover, NULL},
        {"up, down", 1, upper_downer, NULL}, {"setter", 1, setter, NULL}, {"stopper", 1, stopper, NULL},
        {"closer", 1, closer, NULL},
    };

    machine_create_nodes(1, pages);
    sched_init_cpu();
    host_info.nr_cpus = FIRST_CPU + NR_CPUS;
    BUG_ON(domain_create(0, 1, &ender));
    domain_set_boot(ender);
    timer_init(&shared, touch);
    hold = held = false;
    busy = open_domain(0, NR_BUSY);
    sleepers = open_domain(NR_BUSY, NR_SLEEPER);
    for (unsigned int i = 0; i < NR_CPUS; i++)
        crew_add("CPU", cpu, NULL)->apart = true;
    crew_add_roles(roles, ARRAY_SIZE(roles));
    crew_run("the scheduler", "turns", milliseconds);
    timer_stop(&shared); /* the setter may have been the last */
    host_info.nr_cpus = 1;
    machine_destroy();
}

/* Several rounds, because what one leaves behind is seen in the next. */
void turns(unsigned int milliseconds)
{
    for (; milliseconds > 2 * ROUND_MS; milliseconds -= ROUND_MS)
        play(ROUND_MS);
    play(milliseconds);
}
