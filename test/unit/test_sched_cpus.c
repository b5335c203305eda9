/* SPDX-License-Identifier: MIT */
/* The scheduler on four CPUs that take turns on one clock: always the one whose next event is the first, so
 * that every run is the same. Fairness, affinities, nodes, stealing, and the sums of times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <string.h>

#include "affinity.h"
#include "error.h"
#include "heap.h"
#include "host_info.h"
#include "machine.h"
#include "sched_test.h"
#include "schedule.h"
#include <xen/sched.h>

#define NR_CPUS   4U
#define NR_GUESTS 8U
#define END_MS    4000UL

/* ---- the machine ---- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turn = PTHREAD_COND_INITIALIZER;
static unsigned int active;        /* whose turn it is */
static uint64_t clock_ns, end_ns;  /* now; when the machine ends */
static uint64_t event_at[NR_CPUS]; /* each CPU's next event */
static uint64_t timer_at[NR_CPUS]; /* its timer */
static bool on[NR_CPUS];

uint64_t arch_now(void)
{
    return clock_ns;
}

void arch_timer_set(uint64_t deadline)
{
    timer_at[smp_processor_id()] = deadline;
}

void arch_cpu_kick(unsigned int cpu)
{
    if (cpu != smp_processor_id() && on[cpu])
        event_at[cpu] = clock_ns;
}

static void pass_on(void)
{
    active = 0;
    for (unsigned int i = 1; i < NR_CPUS; i++)
        if (event_at[i] < event_at[active])
            active = i;
    pthread_cond_broadcast(&turn);
}

static void wait_for_turn(void)
{
    const unsigned int me = smp_processor_id();

    while (active != me)
        pthread_cond_wait(&turn, &mutex);
    clock_ns = MAX(clock_ns, event_at[me]);
}

/* Until then, or a kick; a timer that is due fires. */
static void sleep_until(uint64_t then)
{
    const unsigned int me = smp_processor_id();

    event_at[me] = MIN(then, timer_at[me]);
    pass_on();
    wait_for_turn();
    if (timer_at[me] <= clock_ns) {
        timer_at[me] = UINT64_MAX;
        upcall_timer();
    }
    if (clock_ns >= end_ns)
        domain_shutdown(ender, SHUTDOWN_poweroff);
}

void arch_idle(void)
{
    sleep_until(UINT64_MAX);
}

/* ---- the guests ---- */

/* Each works for so long and then sleeps; work 0: it never sleeps. */
static struct guest {
    struct vcpu *v;
    uint64_t work, sleep;
    void (*first)(struct guest *g); /* what it does at its first turn */
    uint64_t ran_on, turns;         /* CPUs as bits */
} guests[NR_GUESTS];
static unsigned int nr_guests;

static struct guest *guest_of(const struct vcpu *v)
{
    unsigned int i = 0;

    while (guests[i].v != v)
        i++;
    return &guests[i];
}

void arch_vcpu_run(struct arch_vcpu *a)
{
    struct vcpu *v = current_vcpu();
    struct guest *g = guest_of(v);
    uint64_t done_at = g->work ? clock_ns + g->work : UINT64_MAX;

    assert_ptr_equal(v->arch, a);
    if (upcall_need_resched(v))
        return;
    g->ran_on |= 1UL << smp_processor_id();
    if (g->turns++ == 0 && g->first)
        g->first(g);
    while (!upcall_need_resched(v)) {
        sleep_until(done_at);
        if (clock_ns >= done_at)
            vcpu_block(v, clock_ns + g->sleep);
    }
}

/* In a domain of its own, on these nodes (0: any) and these CPUs. */
static struct guest *new_guest(nodemask_t nodes, uint64_t hard, uint64_t soft)
{
    struct guest *g = &guests[nr_guests++];
    const struct cpumask h = {{hard}}, s = {{soft}};
    struct domain *d;

    assert_int_equal(domain_create(0, 1, &d), 0);
    d->hvm_param[HVM_PARAM_CALLBACK_IRQ] = 1;
    spin_lock(&d->domctl_lock);
    if (nodes) {
        d->mem.node_affinity = nodes;
        d->mem.auto_node_affinity = false;
    }
    assert_int_equal(domain_add_vcpu(d, 0), 0);
    vcpu_set_affinity(d->vcpu[0], &h, &s);
    domain_update_node_affinity(d);
    spin_unlock(&d->domctl_lock);
    *g = (struct guest){.v = d->vcpu[0]};
    vcpu_up(g->v);
    assert_int_equal(domain_unpause(d), 0);
    return g;
}

static struct guest *anywhere(void)
{
    return new_guest(0, ~0UL, ~0UL);
}

static void *cpu_thread(void *number)
{
    machine_set_cpu((unsigned int)(uintptr_t)number);
    pthread_mutex_lock(&mutex);
    wait_for_turn();
    sched_run();
    on[smp_processor_id()] = false;
    event_at[smp_processor_id()] = UINT64_MAX;
    timer_at[smp_processor_id()] = UINT64_MAX;
    pass_on();
    pthread_mutex_unlock(&mutex);
    return NULL;
}

static void run_machine(void)
{
    pthread_t threads[NR_CPUS];

    end_ns = clock_ns + END_MS * MS;
    for (unsigned int i = 0; i < NR_CPUS; i++)
        event_at[i] = clock_ns, on[i] = true;
    active = 0;
    for (uintptr_t i = 0; i < NR_CPUS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, cpu_thread, (void *)i), 0);
    for (unsigned int i = 0; i < NR_CPUS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

static int setup(void **state UNUSED)
{
    static const uint8_t distance[] = {10, 20, 20, 10};
    struct machine_config config = {.nr_nodes = 2, .pages = {4096, 4096}, .distance = distance};

    machine_create(&config);
    nr_guests = 0;
    memset(timer_at, 0xff, sizeof(timer_at));
    host_info.nr_cpus = NR_CPUS;
    for (unsigned int i = 0; i < NR_CPUS; i++) {
        host_info.cpu_node[i] = (nodeid_t)(i / 2);
        machine_set_cpu(i);
        sched_init_cpu();
    }
    machine_set_cpu(0);
    create_ender();
    return 0;
}

static int teardown(void **state UNUSED)
{
    destroy_domains();
    machine_destroy();
    memset(host_info.cpu_node, 0, sizeof(host_info.cpu_node));
    host_info.nr_cpus = 1;
    return 0;
}

/* ---- the tests ---- */

static void assert_ran_ms(const struct guest *g, uint64_t low, uint64_t high)
{
    assert_in_range(sched_cpu_time(g->v) / MS, low, high);
}

/* Whatever their number, all get the same of what there is, within 5 %. */
static void test_cpus_are_shared_evenly(void **state)
{
    for (unsigned int n = 1; n <= NR_GUESTS; n++) {
        const uint64_t share = END_MS * MIN(n, NR_CPUS) / n;

        if (n > 1) {
            teardown(state);
            setup(state);
        }
        for (unsigned int i = 0; i < n; i++)
            anywhere();
        run_machine();
        for (unsigned int i = 0; i < n; i++)
            assert_ran_ms(&guests[i], share - share / 20, share + share / 20);
    }
}

static void test_alone_it_stays_where_it_is(void **state UNUSED)
{
    struct guest *g = anywhere();

    run_machine();
    assert_int_equal(count_bits(g->ran_on), 1);
}

static void test_hard_affinity_is_obeyed(void **state UNUSED)
{
    struct guest *pinned = new_guest(0, 1U << 2, ~0UL), *two = new_guest(0, 0x6, ~0UL);

    for (unsigned int i = 0; i < 4; i++)
        anywhere();
    run_machine();
    assert_int_equal(pinned->ran_on, 1U << 2);
    assert_int_equal(two->ran_on & ~0x6UL, 0);
    assert_ran_ms(pinned, END_MS / 4, END_MS);
    assert_ran_ms(two, END_MS / 4, END_MS);
}

/* Two on one CPU, while three are idle. */
static void test_idle_cpus_take_nobody_they_must_not(void **state UNUSED)
{
    struct guest *a = new_guest(0, 1, ~0UL), *b = new_guest(0, 1, ~0UL);

    run_machine();
    assert_int_equal(a->ran_on | b->ran_on, 1);
    assert_ran_ms(a, END_MS / 2 - 10, END_MS / 2 + 10);
    for (unsigned int i = 1; i < NR_CPUS; i++)
        assert_in_range(sched_idle_time(i) / MS, END_MS - 10, UINT64_MAX);
}

static void test_soft_affinity_is_preferred(void **state UNUSED)
{
    struct guest *a = new_guest(0, ~0UL, 1U << 3), *b = new_guest(0, ~0UL, 1U << 1);

    run_machine();
    assert_int_equal(a->ran_on, 1U << 3);
    assert_int_equal(b->ran_on, 1U << 1);
}

/* But who would have to wait there takes what is free. */
static void test_soft_affinity_starves_nobody(void **state UNUSED)
{
    for (unsigned int i = 0; i < NR_CPUS; i++)
        new_guest(0, ~0UL, 1U << 3);
    run_machine();
    for (unsigned int i = 0; i < NR_CPUS; i++)
        assert_ran_ms(&guests[i], END_MS * 9 / 10, END_MS);
}

static void test_the_domains_nodes_are_preferred(void **state UNUSED)
{
    struct guest *a = new_guest(1U << 1, ~0UL, ~0UL), *b = new_guest(1U << 1, ~0UL, ~0UL), *c;

    c = new_guest(1U << 0, ~0UL, ~0UL);
    run_machine();
    assert_int_equal(a->ran_on & 0x3, 0);
    assert_int_equal(b->ran_on & 0x3, 0);
    assert_int_equal(c->ran_on & 0xc, 0);
}

/* All of them sleep most of the time: each wakes on its own nodes. */
static void test_sleepers_come_back_to_their_nodes(void **state UNUSED)
{
    for (unsigned int i = 0; i < NR_GUESTS; i++) {
        struct guest *g = new_guest(1U << (i & 1), ~0UL, ~0UL);

        g->work = 1 * MS;
        g->sleep = (20 + i) * MS;
    }
    run_machine();
    for (unsigned int i = 0; i < NR_GUESTS; i++)
        assert_ran_ms(&guests[i], END_MS / 40, END_MS / 15);
}

/* One that sleeps and wakes all the time gets its turn at once, and no more than its share. */
static void test_sleepers_and_workers_share(void **state UNUSED)
{
    struct guest *busy = new_guest(0, 1, ~0UL), *often = new_guest(0, 1, ~0UL);

    often->work = 1 * MS;
    often->sleep = 1 * MS;
    run_machine();
    assert_ran_ms(often, END_MS / 4, END_MS / 2 + 10);
    assert_ran_ms(busy, END_MS / 2 - 10, END_MS * 3 / 4);
}

static void send_the_other_away(struct guest *g UNUSED)
{
    const struct cpumask one = {{1U << 1}}, all = CPUMASK_ALL;
    struct domain *d = guests[1].v->domain;

    spin_lock(&d->domctl_lock);
    vcpu_set_affinity(guests[1].v, &one, &all);
    spin_unlock(&d->domctl_lock);
    guests[1].ran_on = 0; /* it leaves at this moment */
}

static void test_affinity_changes_while_it_runs(void **state UNUSED)
{
    struct guest *first = new_guest(0, 1U << 0, ~0UL), *second = new_guest(0, 1U << 3, ~0UL);

    first->first = send_the_other_away;
    run_machine();
    assert_int_equal(second->ran_on, 1U << 1);
    assert_ran_ms(second, END_MS - 10, END_MS);
}

static void test_times_add_up(void **state UNUSED)
{
    const uint64_t from = clock_ns;

    for (unsigned int i = 0; i < 6; i++)
        anywhere();
    guests[0].work = 3 * MS;
    guests[0].sleep = 5 * MS;
    run_machine();
    for (unsigned int i = 0; i < 6; i++) {
        struct vcpu_runstate_info r;

        sched_runstate(guests[i].v, &r);
        assert_int_equal(r.time[0] + r.time[1] + r.time[2] + r.time[3], clock_ns - from);
    }
}

/* The nodes of the CPUs that the vCPUs may or should use, until a builder says which. */
static void test_nodes_follow_affinity(void **state UNUSED)
{
    struct domain *d = new_guest(0, 0x3, ~0UL)->v->domain;

    assert_int_equal(d->mem.node_affinity, 1U << 0);
    assert_int_equal(new_guest(0, ~0UL, 0xc)->v->domain->mem.node_affinity, 1U << 1);
    assert_int_equal(new_guest(0, 0x3, 0xc)->v->domain->mem.node_affinity, 1U << 0);
    assert_int_equal(anywhere()->v->domain->mem.node_affinity, node_online_map);
    assert_int_equal(new_guest(1U << 1, 0x3, ~0UL)->v->domain->mem.node_affinity, 1U << 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_cpus_are_shared_evenly),
        TEST(test_alone_it_stays_where_it_is),
        TEST(test_hard_affinity_is_obeyed),
        TEST(test_idle_cpus_take_nobody_they_must_not),
        TEST(test_soft_affinity_is_preferred),
        TEST(test_soft_affinity_starves_nobody),
        TEST(test_the_domains_nodes_are_preferred),
        TEST(test_sleepers_come_back_to_their_nodes),
        TEST(test_sleepers_and_workers_share),
        TEST(test_affinity_changes_while_it_runs),
        TEST(test_times_add_up),
        TEST(test_nodes_follow_affinity),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
