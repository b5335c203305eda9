/* SPDX-License-Identifier: MIT */
/* What a child does, until it is destroyed:
 *   count   all its vCPUs count
 *   own     all its vCPUs give back, populate and exchange the same pages of its own memory
 *   updown  vCPU 0 starts the others, each of which counts and goes down, over and over */
#include "child.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t child_counts[PAGE_SIZE / sizeof(uint64_t)] __attribute__((aligned(4096)));

static void count(void)
{
    __atomic_add_fetch(&child_counts[smp_id()], 1, __ATOMIC_RELEASE);
}

static void count_for_ever(void *arg)
{
    (void)arg;
    for (;;) {
        count();
        smp_pause();
    }
}

static void exchange(xen_pfn_t *list, unsigned int nr)
{
    struct xen_memory_exchange x = {.in = {.nr_extents = nr, .domid = DOMID_SELF},
                                    .out = {.nr_extents = nr, .domid = DOMID_SELF}};

    set_xen_guest_handle(x.in.extent_start, list);
    set_xen_guest_handle(x.out.extent_start, list);
    xc_memory_op(NULL, XENMEM_exchange, &x, sizeof(x));
}

/* What another one has done before it is refused; never is it wrong. */
static void change_own_memory(void *arg)
{
    struct racer *r = arg;

    for (;;) {
        unsigned int nr = 1 + (unsigned int)pick(r, 16);
        xen_pfn_t list[16];

        for (unsigned int i = 0; i < nr; i++)
            list[i] = CHILD_FIRST_FRAME + pick(r, CHILD_FRAMES);
        switch (pick(r, 3)) {
        case 0:
            xc_domain_decrease_reservation(NULL, DOMID_SELF, nr, 0, list);
            break;
        case 1:
            xc_domain_populate_physmap(NULL, DOMID_SELF, nr, 0, 0, list);
            break;
        default:
            exchange(list, nr);
        }
        count();
        smp_pause();
    }
}

static void start_others(void (*entry)(void *arg), struct racer *racers)
{
    for (unsigned int i = 1; i < smp_vcpus(); i++)
        if (smp_start(i, entry, &racers[i]))
            abort();
}

static void count_some(void *arg)
{
    (void)arg;
    for (unsigned int i = 0; i < 100; i++)
        count();
}

static void up_and_down(struct racer *racers)
{
    for (;;) {
        start_others(count_some, racers);
        for (unsigned int i = 1; i < smp_vcpus(); i++)
            smp_join(i);
        count();
    }
}

int child(const char *role)
{
    static struct racer racers[CHILD_VCPUS];
    void (*work)(void *arg) = !strcmp(role, "own") ? change_own_memory : count_for_ever;

    for (unsigned int i = 0; i < CHILD_VCPUS; i++)
        racers[i] = (struct racer){.id = i, .random = i};
    if (smp_vcpus() > CHILD_VCPUS)
        abort();
    if (!strcmp(role, "updown"))
        up_and_down(racers);
    start_others(work, racers);
    work(&racers[0]);
    return 1;
}
