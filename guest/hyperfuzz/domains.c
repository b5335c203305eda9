/* SPDX-License-Identifier: MIT */
/* The domains that the calls have made, and the end: destroy them, and count what is there. */
#include "hyperfuzz.h"

#define MANY        6U
#define MAX_DOMAINS 16U
#define CHUNK       512U
#define STEPS       3U
#define POOL_SIZE   (128UL << PAGE_SHIFT)
#define MAX_KIB     32768UL
#define NR_VCPUS    2U

static domid_t made[MAX_DOMAINS];
static unsigned int nr_made, step = STEPS; /* the newest one's next follow-up */

static void forget(domid_t domid)
{
    for (unsigned int i = 0; i < nr_made; i++)
        if (made[i] == domid)
            made[i] = made[--nr_made];
}

void domains_note(const struct call *c, int64_t result)
{
    struct xen_domctl op;

    if (c->nr != __HYPERVISOR_domctl || result || !space_peek(c->arg[0], &op, sizeof(op)))
        return;
    if (op.cmd == XEN_DOMCTL_destroydomain)
        forget(op.domain);
    if (op.cmd != XEN_DOMCTL_createdomain || nr_made == MAX_DOMAINS)
        return;
    made[nr_made++] = op.domain;
    step = 0;
}

bool domains_follow_up(struct xen_domctl *op)
{
    if (!nr_made)
        return false;
    op->domain = made[nr_made - 1];
    if (nr_made > MANY && one_in(8)) {
        op->domain = made[random_below(nr_made)];
        op->cmd = XEN_DOMCTL_destroydomain;
        return true;
    }
    switch (step < STEPS ? step++ : STEPS) {
    case 0:
        op->cmd = XEN_DOMCTL_set_paging_mempool_size;
        op->u.paging_mempool.size = POOL_SIZE;
        return true;
    case 1:
        op->cmd = XEN_DOMCTL_max_mem;
        op->u.max_mem.max_memkb = MAX_KIB;
        return true;
    case 2:
        op->cmd = XEN_DOMCTL_max_vcpus;
        op->u.max_vcpus.max = NR_VCPUS;
        return true;
    default:
        return false;
    }
}

/* Ids that mean something, and others. */
static domid_t strange_domain(void)
{
    static const domid_t special[] = {DOMID_IO,      DOMID_XEN,  DOMID_COW,
                                      DOMID_INVALID, DOMID_IDLE, DOMID_FIRST_RESERVED};

    if (one_in(2))
        return special[random_below(ARRAY_SIZE(special))];
    return (domid_t)(one_in(2) ? random_below(8) : random_word());
}

domid_t random_domain(bool privileged)
{
    if (privileged && nr_made && !one_in(3))
        return made[random_below(nr_made)];
    if (one_in(3))
        return strange_domain();
    return one_in(2) ? DOMID_SELF : own_domid();
}

/* Of one domain, with its paging pool; 0 if there is none. */
static uint64_t pages_of(domid_t domid)
{
    struct xen_memory_domain who = {domid};
    long pages = xc_memory_op(NULL, XENMEM_current_reservation, &who, sizeof(who));
    uint64_t pool;

    if (pages < 0 || xc_get_paging_mempool_size(NULL, domid, &pool))
        return 0;
    return (uint64_t)pages + (pool >> PAGE_SHIFT);
}

bool memory_sum(struct memory_sum *sum)
{
    struct xen_sysctl op = {.cmd = XEN_SYSCTL_claiminfo};
    const struct xen_sysctl_claiminfo *info = allod_claiminfo(&op);
    xc_domaininfo_t other;

    if (xc_sysctl(NULL, &op))
        return false;
    *sum = (struct memory_sum){info->total, info->free, info->claimed, pages_of(own_domid()), 0};
    for (uint32_t next = 0; xc_domain_getinfolist(NULL, next, 1, &other) == 1; next = other.domain + 1U)
        if (is_bystander(other.domain))
            sum->bystanders += pages_of(other.domain);
    return true;
}

static void unmap_everything(void)
{
    uint64_t gfn;

    for (unsigned int i = 0; mapping_frame(i, &gfn); i++)
        xc_domain_remove_from_physmap(NULL, DOMID_SELF, gfn);
}

static void destroy_everything(void)
{
    xc_domaininfo_t info;

    for (uint32_t next = 0; xc_domain_getinfolist(NULL, next, 1, &info) == 1; next = info.domain + 1U)
        if (!is_self(info.domain) && !is_bystander(info.domain))
            xc_domain_destroy(NULL, info.domain);
}

/* A page that is not the heap's ends a call, which says where it was. */
static void bring_online(void)
{
    static uint32_t status[CHUNK];
    unsigned long frames = 0;

    xc_maximum_ram_page(NULL, &frames);
    for (unsigned long start = 0; start < frames;) {
        struct xen_sysctl op = {.cmd = XEN_SYSCTL_page_offline_op};

        op.u.page_offline.cmd = sysctl_page_online;
        op.u.page_offline.start = (uint32_t)start;
        op.u.page_offline.end = (uint32_t)(start + CHUNK - 1);
        set_xen_guest_handle(op.u.page_offline.status, status);
        start = xc_sysctl(NULL, &op) ? op.u.page_offline.start + 1UL : start + CHUNK;
    }
}

static void release(void)
{
    struct xen_memory_claim none = {.target = XEN_DOMCTL_CLAIM_MEMORY_HOST};
    struct xen_sysctl_allod_debug norefs = {.op = ALLOD_DEBUG_FREE_NOREF};
    uint32_t nr = 1;

    xc_domain_claim_memory(NULL, own_domid(), XEN_DOMCTL_CLAIM_MEMORY_SET, &nr, &none);
    xc_allod_debug(NULL, &norefs);
}

/* No allocation fails any more. What others' pages are mapped here keeps their owners, so that comes first.
 */
void clean_up(void)
{
    struct xen_sysctl_allod_debug fail = {.op = ALLOD_DEBUG_FAIL};

    xc_allod_debug(NULL, &fail);
    unmap_everything();
    destroy_everything();
    release();
    bring_online();
}
