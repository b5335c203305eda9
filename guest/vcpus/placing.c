/* SPDX-License-Identifier: MIT */
/* Where vCPUs run: affinity by domctl, and a fair share when there are more vCPUs than CPUs. */
#include "vcpus.h"
#include <errno.h>
#include <stdio.h>
#include <xenctrl.h>

#define CHECKS   20U
#define DURATION (3000 * MS)

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

static unsigned int cpu_of(unsigned int vcpu)
{
    xc_vcpuinfo_t v = {0};

    expect_equal("getvcpuinfo", xc_vcpu_getinfo(xch, self, vcpu, &v), 0);
    return v.cpu;
}

/* It has run since. */
static void wait_progress(unsigned int vcpu)
{
    uint64_t before = __atomic_load_n(&progress[vcpu], __ATOMIC_RELAXED);

    for (unsigned int n = 1; __atomic_load_n(&progress[vcpu], __ATOMIC_RELAXED) == before; n++)
        smp_wait(n);
}

static void set_cpus(unsigned int vcpu, xc_cpumap_t map, int cpu)
{
    for (int i = 0; i < xc_get_max_cpus(xch); i++)
        xc_cpumap_clearcpu(i, map);
    if (cpu < 0)
        for (int i = 0; i < xc_get_max_cpus(xch); i++)
            xc_cpumap_setcpu(i, map);
    else
        xc_cpumap_setcpu(cpu, map);
    expect_equal("setvcpuaffinity",
                 xc_vcpu_setaffinity(xch, self, (int)vcpu, map, NULL, XEN_VCPUAFFINITY_HARD), 0);
}

/* A vCPU that is told so runs there, and nowhere else, until it is told something else. */
static void pinned(void)
{
    xc_cpumap_t map;

    xch = xc_interface_open(NULL, NULL, 0);
    map = xc_cpumap_alloc(xch);
    self = own_domid();
    leave = false;
    run_on(1, go_on, NULL);
    for (int cpu = 0; cpu < xc_get_online_cpus(xch); cpu++) {
        set_cpus(1, map, cpu);
        for (unsigned int i = 0; i < CHECKS; i++) {
            wait_progress(1);
            expect_equal("CPU of vCPU 1", cpu_of(1), cpu);
        }
        set_cpus(0, map, cpu);
        guest_yield();
        expect_equal("CPU of vCPU 0", cpu_of(0), cpu);
    }
    set_cpus(0, map, -1);
    set_cpus(1, map, -1);
    wait_progress(1);
    __atomic_store_n(&leave, true, __ATOMIC_RELEASE);
    smp_join(1);
}

const struct topic_case affinity[] = {
    {"a vCPU runs where its affinity says", pinned},
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

const struct topic_case fairness[] = {
    {"no vCPU gets less than a third of its share", shares},
    {0},
};
