/* SPDX-License-Identifier: MIT */
/* How many pages a second builders populate side by side: one, then all, in turn. For `make bench-parallel`.
 * Counted is up to the moment when the first of them has all its pages: from then on fewer are at work. */
#include <errno.h>
#include <guest.h>
#include <guest_event.h>
#include <guest_smp.h>
#include <public/claims.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenctrl.h>

#define ROUNDS 41U
#define BATCH  8192UL /* pages in one call */
#define LIST   1024U  /* extents in one call */
#define NODES  4U

static struct smp_barrier barrier;
static unsigned int order;
static unsigned long pages;        /* of each builder in each round */
static uint64_t started, finished; /* ns; the first to begin, the first to end */
static unsigned long populated;    /* pages of all builders, up to then */
static unsigned int at_work;

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
    need(!xc_set_paging_mempool_size(NULL, domid, (16 + pages / 256) << 12), "paging pool");
    need(!xc_domain_setmaxmem(NULL, domid, pages << 2), "max_mem");
    return domid;
}

/* Let *NOTED be TIME if that is earlier. */
static void note_first(uint64_t *noted, uint64_t time)
{
    uint64_t was = __atomic_load_n(noted, __ATOMIC_RELAXED);

    while (was > time &&
           !__atomic_compare_exchange_n(noted, &was, time, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
}

static void populate(uint32_t domid, unsigned int node)
{
    const unsigned long extents = pages >> order, most = BATCH >> order < LIST ? BATCH >> order : LIST;
    xen_pfn_t frames[LIST];

    for (unsigned long first = 0; first < extents; first += most) {
        const unsigned int nr = (unsigned int)(extents - first < most ? extents - first : most);

        for (unsigned int i = 0; i < nr; i++)
            frames[i] = (first + i) << order;
        need(xc_domain_populate_physmap(NULL, domid, nr, order, XENMEMF_exact_node(node), frames) == (int)nr,
             "populate");
        if (__atomic_load_n(&finished, __ATOMIC_ACQUIRE) == UINT64_MAX)
            __atomic_add_fetch(&populated, (unsigned long)nr << order, __ATOMIC_RELAXED);
    }
}

/* Asleep, so that who waits takes no time from who works. */
static void wait_for_the_others(void)
{
    note_first(&finished, guest_now());
    __atomic_sub_fetch(&at_work, 1, __ATOMIC_ACQ_REL);
    while (__atomic_load_n(&at_work, __ATOMIC_ACQUIRE))
        guest_poll(NULL, 0, guest_now() + 2000000);
}

static void build(void *arg)
{
    uint32_t domid = new_domain();

    (void)arg;
    smp_barrier_wait(&barrier);
    note_first(&started, guest_now());
    populate(domid, smp_id() % NODES);
    wait_for_the_others();
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

static void round_of(unsigned int builders, bool clean)
{
    if (clean)
        wait_for_clean_memory();
    smp_barrier_init(&barrier, builders);
    at_work = builders;
    started = finished = UINT64_MAX;
    populated = 0;
    need(!smp_run(builders, build, NULL), "the vCPUs do not start");
    printf("parallel: %u builders %lu pages %lu ns\n", builders, populated, finished - started);
}

/* ORDER PAGES [clean] */
int main(int argc, char **argv)
{
    need(argc >= 3, "usage");
    order = (unsigned int)strtoul(argv[1], NULL, 0);
    pages = strtoul(argv[2], NULL, 0);
    for (unsigned int i = 0; i < ROUNDS; i++) {
        round_of(1, argc > 3);
        round_of(smp_vcpus(), argc > 3);
    }
    puts("parallel: end");
    return 0;
}
