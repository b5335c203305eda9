/* SPDX-License-Identifier: MIT */
/* Several builders with one and the same domain: whatever comes of it, the hypervisor's books are right, and
 * when it is destroyed nothing of it is left. "share" is the same between the vCPUs of two privileged
 * domains. */
#include "race.h"
#include <errno.h>
#include <stdio.h>

#define RACERS    4U
#define STEPS     60U
#define TARGET    1000U /* an id that nobody else gets */
#define MAX_PAGES 256UL
#define FRAMES    512U

static void nothing(struct racer *r)
{
    (void)r;
}

/* ---- what each may do: the errors are those that another's step before may cause ---- */

static void do_create(struct racer *r)
{
    uint32_t domid;

    crew_one_of(r, "create", domain_try(r, TARGET, MAX_PAGES, &domid), ONE_OF(EEXIST, ENOMEM, ESRCH, EBUSY));
}

static void do_claim(struct racer *r)
{
    struct xen_memory_claim set[] = {E(pick(r, MAX_PAGES / 2), pick(r, NR_NODES)),
                                     E(pick(r, MAX_PAGES / 2), HOST)};

    crew_one_of(r, "claim", claim(r, TARGET, 2, set), ONE_OF(ESRCH, EINVAL, ENOMEM));
}

static void do_release(struct racer *r)
{
    struct xen_memory_claim none = E(0, HOST);

    crew_one_of(r, "release", claim(r, TARGET, 1, &none), ONE_OF(ESRCH));
}

static void do_legacy_claim(struct racer *r)
{
    int rc = xc_domain_claim_pages(r->xch, TARGET, pick(r, MAX_PAGES)) ? -errno : 0;

    crew_one_of(r, "claim_pages", rc, ONE_OF(EINVAL, ENOMEM));
}

static void do_populate(struct racer *r)
{
    populate(r, TARGET, pick(r, FRAMES), 1 + pick(r, 64), one_in(r, 2) ? ANY_NODE : (int)pick(r, NR_NODES));
}

static void do_populate_large(struct racer *r)
{
    xen_pfn_t frame = pick(r, FRAMES / 64) * 64;

    xc_domain_populate_physmap(r->xch, TARGET, 1, (unsigned int)pick(r, 7), 0, &frame);
}

static void do_give_back(struct racer *r)
{
    give_back(r, TARGET, pick(r, FRAMES), 1 + pick(r, 64));
}

static void do_exchange(struct racer *r)
{
    xen_pfn_t in = pick(r, FRAMES), out = in;
    struct xen_memory_exchange x = {.in = {.nr_extents = 1, .domid = TARGET},
                                    .out = {.nr_extents = 1, .domid = TARGET}};

    set_xen_guest_handle(x.in.extent_start, &in);
    set_xen_guest_handle(x.out.extent_start, &out);
    xc_memory_op(r->xch, XENMEM_exchange, &x, sizeof(x));
}

/* What is mapped can be written, though its owner gives it up meanwhile. */
static void do_map(struct racer *r)
{
    int rc;
    volatile uint64_t *page = map_page(r, TARGET, pick(r, FRAMES), &rc);

    crew_one_of(r, "map", rc, ONE_OF(ESRCH, EINVAL, ENOMEM));
    if (!page)
        return;
    for (unsigned int i = 0; i < PAGE_SIZE / sizeof(*page); i++)
        page[i] = i;
    perturb(r);
    unmap_page(r);
}

static void do_max_mem(struct racer *r)
{
    uint64_t pages = one_in(r, 2) ? MAX_PAGES : pick(r, MAX_PAGES);
    int rc = xc_domain_setmaxmem(r->xch, TARGET, pages * (XC_PAGE_SIZE / 1024)) ? -errno : 0;

    crew_one_of(r, "max_mem", rc, ONE_OF(ESRCH));
}

static void do_pool(struct racer *r)
{
    int rc = xc_set_paging_mempool_size(r->xch, TARGET, (4 + pick(r, 30)) << XC_PAGE_SHIFT) ? -errno : 0;

    crew_one_of(r, "paging pool", rc, ONE_OF(ESRCH, ENOMEM, EBUSY, EINVAL));
}

static void do_affinity(struct racer *r)
{
    uint8_t nodes[8] = {(uint8_t)(1 + pick(r, 3))};
    int rc = xc_domain_node_setaffinity(r->xch, TARGET, nodes) ? -errno : 0;

    crew_one_of(r, "node affinity", rc, ONE_OF(ESRCH, EINVAL));
}

static void do_vcpus(struct racer *r)
{
    int rc = xc_domain_max_vcpus(r->xch, TARGET, 1) ? -errno : 0;

    crew_one_of(r, "max_vcpus", rc, ONE_OF(ESRCH, ENOMEM));
}

static void do_pauses(struct racer *r)
{
    if (xc_domain_pause(r->xch, TARGET) == 0) {
        perturb(r);
        xc_domain_unpause(r->xch, TARGET); /* of a new one by now, perhaps */
    }
}

static void do_read(struct racer *r)
{
    struct xen_memory_claim set[NR_NODES + 1];
    uint32_t nr = NR_NODES + 1;
    xc_dominfo_t info;

    if (xc_domain_getinfo(r->xch, TARGET, 1, &info) == 1 && info.domid == TARGET)
        crew_at_most(r, "pages", MAX_PAGES, (int64_t)info.nr_pages);
    xc_domain_claim_memory(r->xch, TARGET, XEN_DOMCTL_CLAIM_MEMORY_GET, &nr, set);
    memory_now(r);
}

static void do_destroy(struct racer *r)
{
    crew_one_of(r, "destroy", domain_destroy(r, TARGET), ONE_OF(ESRCH));
}

/* The first ones come more often. */
static void (*const deeds[])(struct racer *r) = {
    do_claim,        do_populate,       do_populate, do_map,     do_map,
    do_give_back,    do_create,         do_claim,    do_create,  do_release,
    do_legacy_claim, do_populate_large, do_exchange, do_max_mem, do_pool,
    do_affinity,     do_vcpus,          do_pauses,   do_read,    do_destroy,
};

static void race(struct racer *r)
{
    for (unsigned int i = 0; i < STEPS && !crew_failed(); i++)
        deeds[pick(r, ARRAY_SIZE(deeds))](r);
}

static void check(struct racer *r)
{
    do_destroy(r);
}

const struct race_case case_target = {
    "target", "four builders do anything with one domain and destroy it",
    RACERS,   100,
    nothing,  nothing,
    race,     check,
    nothing,  false,
};

/* ---- two privileged domains ---- */

bool share_is_second;

/* In a parameter of its own that every domain may change; the two are domains 0 and 1. */
static void say(struct racer *r, uint64_t progress)
{
    if (xc_hvm_param_set(r->xch, DOMID_SELF, HVM_PARAM_VM86_TSS_SIZED, progress))
        crew_fail(r, "own hvm_param: errno %d", errno);
}

static void wait_for_other(struct racer *r, uint64_t progress)
{
    uint64_t seen = 0;

    while (seen < progress) {
        if (xc_hvm_param_get(r->xch, !share_is_second, HVM_PARAM_VM86_TSS_SIZED, &seen)) {
            crew_fail(r, "the other's hvm_param: errno %d", errno);
            return;
        }
        guest_yield();
    }
}

static void share_setup(struct racer *r)
{
    say(r, 1);
    wait_for_other(r, 1);
}

/* Memory is compared when both have ended, and both of them do. */
static void share_finish(struct racer *r)
{
    say(r, 2);
    wait_for_other(r, 2);
    do_destroy(r);
    say(r, 3);
    wait_for_other(r, 3);
}

const struct race_case case_share = {
    "share",      "the vCPUs of two privileged domains do anything with one domain",
    RACERS,       60,
    share_setup,  nothing,
    race,         nothing,
    share_finish, true,
};
