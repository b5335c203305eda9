/* SPDX-License-Identifier: MIT */
/* How many pages a second builders populate side by side: one, then all, in turn. For `make bench-parallel`.
 */
#include <errno.h>
#include <guest.h>
#include <guest_event.h>
#include <guest_smp.h>
#include <public/claims.h>
#include <stdio.h>
#include <stdlib.h>
#include <xenctrl.h>

#define ROUNDS 7U
#define PAGES  16384U /* of each builder in each round */
#define BATCH  1024U
#define NODES  4U

static struct smp_barrier barrier;
static uint64_t started, finished; /* ns */

static void need(bool cond, const char *what)
{
    if (!cond) {
        printf("parallel: %s: errno %d\n", what, errno);
        exit(1);
    }
}

static uint32_t new_domain(void)
{
    struct xen_domctl_createdomain config = {.flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap,
                                             .max_vcpus = 1};
    uint32_t domid = 0;

    need(!xc_domain_create(NULL, &domid, &config), "createdomain");
    need(!xc_set_paging_mempool_size(NULL, domid, 64 << 12), "paging pool");
    need(!xc_domain_setmaxmem(NULL, domid, PAGES << 2), "max_mem");
    return domid;
}

static void populate(uint32_t domid, unsigned int node)
{
    xen_pfn_t frames[BATCH];

    for (unsigned int first = 0; first < PAGES; first += BATCH) {
        for (unsigned int i = 0; i < BATCH; i++)
            frames[i] = first + i;
        need(xc_domain_populate_physmap(NULL, domid, BATCH, 0, XENMEMF_exact_node(node), frames) == BATCH,
             "populate");
    }
}

static void build(void *arg)
{
    uint32_t domid = new_domain();

    (void)arg;
    smp_barrier_wait(&barrier);
    if (smp_id() == 0)
        started = guest_now();
    populate(domid, smp_id() % NODES);
    smp_barrier_wait(&barrier);
    if (smp_id() == 0)
        finished = guest_now();
    need(!xc_domain_destroy(NULL, domid), "destroydomain");
}

/* Idle CPUs scrub what was given back: nobody shall have to do it in the next round. */
static void wait_for_clean_memory(void)
{
    xc_claiminfo_t info;

    do {
        unsigned int nr = 0;

        guest_poll(NULL, 0, guest_now() + 10000000);
        need(!xc_claiminfo(NULL, &nr, NULL, &info), "claiminfo");
    } while (info.dirty);
}

static void round_of(unsigned int builders)
{
    wait_for_clean_memory();
    smp_barrier_init(&barrier, builders);
    need(!smp_run(builders, build, NULL), "the vCPUs do not start");
    printf("parallel: %u builders %u pages %lu ns\n", builders, builders * PAGES, finished - started);
}

int main(void)
{
    for (unsigned int i = 0; i < ROUNDS; i++) {
        round_of(1);
        round_of(smp_vcpus());
    }
    puts("parallel: end");
    return 0;
}
