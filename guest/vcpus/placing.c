/* SPDX-License-Identifier: MIT */
/* Where vCPUs run: affinity by domctl, and a fair share when there are more vCPUs than CPUs. */
#include "vcpus.h"
#include <errno.h>
#include <stdlib.h>
#include <xenctrl.h>

#define CHECKS   20U
#define DURATION (3000 * MS)
#define PATIENCE (20000 * MS) /* for what takes a few slices */

static xc_interface *xch;
static uint32_t self; /* our own domain id */
static bool leave;
static uint64_t progress[SMP_MAX_VCPUS];

static uint32_t own_domid(void)
{
    uint32_t eax = 0x40000004, ebx, ecx = 0, edx;

    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    return ecx;
}

static void go_on(void *arg)
{
    (void)arg;
    while (!__atomic_load_n(&leave, __ATOMIC_ACQUIRE))
        __atomic_add_fetch(&progress[smp_id()], 1, __ATOMIC_RELAXED);
}

static xc_vcpuinfo_t info_of(unsigned int vcpu)
{
    xc_vcpuinfo_t v = {0};

    expect_equal("getvcpuinfo", xc_vcpu_getinfo(xch, self, vcpu, &v), 0);
    return v;
}

static unsigned int cpu_of(unsigned int vcpu)
{
    return info_of(vcpu).cpu;
}

/* It has run since. */
static void wait_progress(unsigned int vcpu)
{
    uint64_t before = __atomic_load_n(&progress[vcpu], __ATOMIC_RELAXED);

    for (unsigned int n = 1; __atomic_load_n(&progress[vcpu], __ATOMIC_RELAXED) == before; n++)
        smp_wait(n);
}

/* One CPU, -1: all. FLAG: hard or soft. */
static void set_cpus(unsigned int vcpu, int cpu, uint32_t flag)
{
    const int nr = xc_get_max_cpus(xch);
    xc_cpumap_t map = xc_cpumap_alloc(xch);

    for (int i = 0; i < nr; i++)
        if (cpu < 0 || i == cpu)
            xc_cpumap_setcpu(i, map);
    expect_equal("setvcpuaffinity", xc_vcpu_setaffinity(xch, self, (int)vcpu, map, map, flag), 0);
    free(map);
}

static void begin(void)
{
    if (!xch)
        xch = xc_interface_open(NULL, NULL, 0);
    self = own_domid();
    leave = false;
}

/* All vCPUs are down but this one, and may run anywhere again. */
static void end(void)
{
    __atomic_store_n(&leave, true, __ATOMIC_RELEASE);
    for (unsigned int i = 0; i < nr_vcpus; i++) {
        set_cpus(i, -1, XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT);
        if (i)
            smp_join(i);
    }
}

/* A vCPU that is told so runs there, and nowhere else, until it is told something else. */
static void pinned(void)
{
    begin();
    run_on(1, go_on, NULL);
    for (int cpu = 0; cpu < xc_get_online_cpus(xch); cpu++) {
        set_cpus(1, cpu, XEN_VCPUAFFINITY_HARD);
        for (unsigned int i = 0; i < CHECKS; i++) {
            wait_progress(1);
            expect_equal("CPU of vCPU 1", cpu_of(1), cpu);
        }
        set_cpus(0, cpu, XEN_VCPUAFFINITY_HARD);
        guest_yield();
        expect_equal("CPU of vCPU 0", cpu_of(0), cpu);
    }
    set_cpus(1, -1, XEN_VCPUAFFINITY_HARD);
    wait_progress(1);
    end();
}

/* While nobody else is there. */
static void liked(void)
{
    begin();
    set_cpus(0, 0, XEN_VCPUAFFINITY_HARD);
    run_on(1, go_on, NULL);
    for (int cpu = 1; cpu < xc_get_online_cpus(xch); cpu++) {
        uint64_t late = guest_now() + PATIENCE;

        set_cpus(1, cpu, XEN_VCPUAFFINITY_SOFT);
        while ((int)cpu_of(1) != cpu && guest_now() < late)
            wait_progress(1);
        for (unsigned int i = 0; i < CHECKS; i++) {
            wait_progress(1);
            expect_equal("CPU of vCPU 1", cpu_of(1), cpu);
        }
    }
    end();
}

static bool all_apart(unsigned int nr)
{
    uint64_t seen = 0, before;

    for (unsigned int i = 1; i <= nr; i++) {
        before = seen;
        seen |= 1UL << cpu_of(i);
        if (seen == before)
            return false;
    }
    return true;
}

/* CPU 1 is the best one for all, but others have nothing to do. */
static void spread(void)
{
    uint64_t late = guest_now() + PATIENCE;
    unsigned int nr;

    begin();
    nr = (unsigned int)xc_get_online_cpus(xch) - 1; /* but that of vCPU 0 */
    if (nr >= nr_vcpus)
        nr = nr_vcpus - 1;
    set_cpus(0, 0, XEN_VCPUAFFINITY_HARD);
    for (unsigned int i = 1; i <= nr; i++) {
        set_cpus(i, 1, XEN_VCPUAFFINITY_SOFT);
        run_on(i, go_on, NULL);
    }
    for (unsigned int i = 0; i < CHECKS; i++) {
        while (!all_apart(nr) && guest_now() < late)
            smp_wait(1);
        for (unsigned int v = 1; v <= nr; v++)
            wait_progress(v);
    }
    expect_less("when all had a CPU of their own", guest_now(), late);
    end();
}

static void sleep(void *arg)
{
    (void)arg;
    while (!__atomic_load_n(&leave, __ATOMIC_ACQUIRE))
        guest_poll(NULL, 0, 0);
}

static void expect_state(const char *who, unsigned int vcpu, bool online, bool blocked, bool running)
{
    uint64_t late = guest_now() + PATIENCE;
    xc_vcpuinfo_t v;

    do
        v = info_of(vcpu);
    while ((v.online != online || v.blocked != blocked || v.running != running) && guest_now() < late);
    expect_equal(who, v.online << 2 | v.blocked << 1 | v.running, online << 2 | blocked << 1 | running);
}

/* Of the caller, one that is never up, a sleeper, and one that works on another CPU if there is one. */
static void reported(void)
{
    uint64_t before, slept;

    begin();
    before = info_of(0).cpu_time;
    expect_state("the caller", 0, true, false, true);
    expect_less("its time, now and then", before, info_of(0).cpu_time);
    expect_state("one that is down", 1, false, false, false);
    slept = info_of(1).cpu_time;
    run_on(2, sleep, NULL);
    expect_state("a sleeper", 2, true, true, false);
    run_on(3, go_on, NULL);
    wait_progress(3);
    expect_state("one that works", 3, true, false, xc_get_online_cpus(xch) > 1);
    expect_at_least("its time", info_of(3).cpu_time, 1);
    expect_equal("time of the one that is down", (int64_t)info_of(1).cpu_time, (int64_t)slept);
    end();
}

const struct guest_case affinity[] = {
    {"a vCPU runs where its affinity says", pinned},
    {"a vCPU goes where its soft affinity says", liked},
    {"vCPUs that like the same CPU best leave none idle", spread},
    {"getvcpuinfo says what a vCPU does", reported},
    {0},
};

static void count_for_a_while(void *arg)
{
    uint64_t end;

    smp_barrier_wait(arg);
    end = guest_now() + DURATION;
    while (guest_now() < end)
        progress[smp_id()]++;
}

static void shares(void)
{
    struct smp_barrier barrier;
    uint64_t sum = 0;

    for (unsigned int i = 0; i < nr_vcpus; i++)
        progress[i] = 0;
    smp_barrier_init(&barrier, nr_vcpus);
    run_everywhere(count_for_a_while, &barrier);
    for (unsigned int i = 0; i < nr_vcpus; i++)
        sum += progress[i];
    for (unsigned int i = 0; i < nr_vcpus; i++)
        expect_at_least("share of a vCPU", progress[i], sum / nr_vcpus / 3);
}

const struct guest_case fairness[] = {
    {"no vCPU gets less than a third of its share", shares},
    {0},
};
