/* SPDX-License-Identifier: MIT */
/* The soup through hypercalls: builders, and many vCPUs on the same domains, which come and go. */
#include "soup_calls.h"

#include "domain.h"
#include "level.h"
#include "soup.h"
#include <string.h>
#include <xen/hvm/params.h>

#define NR_WILD   4U
#define FRAMES    512U  /* of a wild domain's address space */
#define FEW       8U    /* frames that takers struggle for */
#define OWN_SPACE 64U   /* frames of domain 0 for each mapper */
#define SPACE     4096U /* where they begin */

/* Whom everybody may name. Ids of domains that are gone stay here for a while: that must do no harm. */
static uint32_t wild_domid[NR_WILD], built_domid[NR_BUILDERS];

static uint32_t any_of(struct worker *w, uint32_t *domids, unsigned int nr)
{
    return __atomic_load_n(&domids[pick(w, nr)], __ATOMIC_RELAXED);
}

/* ---- builders: every page that was granted comes ---- */

static unsigned long recalled_of(uint32_t domid)
{
    struct domain *d = domain_get((domid_t)domid);
    struct domain_mem_info info;

    domain_mem_info(&d->mem, &info);
    domain_put(d);
    return info.recalled_pages;
}

static void claim_and_populate(struct worker *w, struct call_domain *d)
{
    unsigned long wanted[] = {pick(w, 60), pick(w, 60), pick(w, 60)}, sum = 0, got = 0;
    struct xen_memory_claim set[] = {E(wanted[0], 0), E(wanted[1], 1), E(wanted[2], HOST)};
    unsigned long before = recalled_of(d->domid), lost;
    int rc = call_claim(d->domid, ARRAY_SIZE(set), set);

    expect(rc == 0 || rc == -ENOMEM, "claim: error %d", -rc);
    rc ? w->refused++ : w->granted++;
    for (unsigned int n = 0; rc == 0 && n < ARRAY_SIZE(set); n++) {
        got += call_populate(d, wanted[n], 0, n < LEVEL_NODES ? XENMEMF_exact_node(n) : 0);
        sum += wanted[n];
    }
    lost = recalled_of(d->domid) - before;
    expect(got + lost >= sum, "%lu pages of %lu that were claimed, %lu were recalled", got, sum, lost);
}

void call_builder(struct worker *w)
{
    uint32_t *place = &built_domid[(uintptr_t)w->arg];

    calls_enter(w);
    while (crew_goes_on(w)) {
        struct call_domain d;

        if (call_create(&d, LEVEL_MAX_PAGES))
            continue;
        __atomic_store_n(place, d.domid, __ATOMIC_RELAXED);
        for (uint64_t i = 1 + pick(w, 4); i; i--) {
            claim_and_populate(w, &d);
            exchange_some(w, d.domid, d.pages + 1); /* it stays as much, and where it was */
            expect(call_decrease(&d, 0, d.pages) == d.pages, "d%u does not own what came", d.domid);
            d.pages = 0;
        }
        expect(call_destroy(d.domid) == 0, "d%u cannot be destroyed", d.domid);
    }
}

/* ---- wild domains ---- */

static void wild_claim(struct worker *w, uint32_t domid)
{
    struct xen_memory_claim set[] = {E(pick(w, 100), pick(w, LEVEL_NODES)), E(pick(w, 200), HOST)};
    int rc =
        one_in(w, 4) ? error_of(xc_domain_claim_pages(NULL, domid, pick(w, 100))) : call_claim(domid, 2, set);

    expect(rc == 0 || rc == -ENOMEM || rc == -EINVAL || rc == -ESRCH, "claim: error %d", -rc);
    rc ? w->refused++ : w->granted++;
}

static void wild_populate(struct worker *w, uint32_t domid)
{
    struct call_domain d = {.domid = domid, .pages = pick(w, FRAMES)};
    unsigned int flags = one_in(w, 2) ? XENMEMF_exact_node(pick(w, LEVEL_NODES)) : 0;

    w->granted += call_populate(&d, pick(w, 20), (unsigned int)pick(w, 4), flags);
}

static void wild_decrease(struct worker *w, uint32_t domid)
{
    const struct call_domain d = {.domid = domid};

    call_decrease(&d, pick(w, FRAMES), 1 + pick(w, 40));
}

static void wild_exchange(struct worker *w, uint32_t domid)
{
    exchange_some(w, domid, FRAMES);
}

static void wild_limits(struct worker *w, uint32_t domid)
{
    call_set_max(domid, one_in(w, 2) ? LEVEL_MAX_PAGES : pick(w, 300));
    call_set_pool(domid, 8 + pick(w, 16));
}

static void wild_affinity(struct worker *w, uint32_t domid)
{
    uint8_t map = (uint8_t)(1 + pick(w, (1U << LEVEL_NODES) - 1));
    struct xen_domctl op = {.cmd = XEN_DOMCTL_setnodeaffinity, .domain = (domid_t)domid};

    op.u.nodeaffinity.nodemap.nr_bits = LEVEL_NODES;
    set_xen_guest_handle(op.u.nodeaffinity.nodemap.bitmap, &map);
    xc_domctl(NULL, &op);
}

/* What several privileged domains may do at once to one domain's vCPUs. */
static void wild_vcpus(struct worker *w, uint32_t domid)
{
    static const uint32_t cmds[] = {
        XEN_DOMCTL_max_vcpus,     XEN_DOMCTL_gethvmcontext, XEN_DOMCTL_pausedomain,
        XEN_DOMCTL_unpausedomain, XEN_DOMCTL_getvcpuinfo,   XEN_DOMCTL_settimeoffset,
    };
    struct xen_domctl op = {.cmd = cmds[pick(w, ARRAY_SIZE(cmds))], .domain = (domid_t)domid};

    if (op.cmd == XEN_DOMCTL_max_vcpus)
        op.u.max_vcpus.max = 1;
    xc_domctl(NULL, &op);
}

/* What a domain is told: it is replaced while others read it, and goes with the domain. */
static void wild_param(struct worker *w, uint32_t domid)
{
    const uint64_t value = (uint64_t)HVM_PARAM_CALLBACK_TYPE_VECTOR << 56 | 0x40;
    uint64_t now;

    if (one_in(w, 2))
        xc_hvm_param_set(NULL, domid, HVM_PARAM_CALLBACK_IRQ, value);
    else if (xc_hvm_param_get(NULL, domid, HVM_PARAM_CALLBACK_IRQ, &now) == 0)
        expect(now == 0 || now == value, "a parameter that nobody set: %#lx", now);
}

static void wild_map(struct worker *w, uint32_t domid)
{
    struct e820entry map[] = {{0, pick(w, 100) << PAGE_SHIFT, 1}};

    if (one_in(w, 2))
        xc_domain_set_memory_map(NULL, domid, map, ARRAY_SIZE(map));
    else
        xc_domain_add_to_physmap(NULL, domid, XENMAPSPACE_shared_info, 0, FRAMES);
}

static void wild_vnuma(struct worker *w, uint32_t domid)
{
    unsigned int vdistance[] = {10}, vcpu_to_vnode[] = {0}, vnode_to_pnode[] = {0};
    xen_vmemrange_t range = {.end = PAGE_SIZE};
    uint32_t nr_vnodes = 1, nr_ranges = 1, nr_vcpus = 1;

    if (one_in(w, 2))
        xc_domain_setvnuma(NULL, domid, 1, 1, 1, &range, vdistance, vcpu_to_vnode, vnode_to_pnode);
    else if (xc_domain_getvnuma(NULL, domid, &nr_vnodes, &nr_ranges, &nr_vcpus, &range, vdistance,
                                vcpu_to_vnode) == 0)
        expect(vdistance[0] == 10 && range.end == PAGE_SIZE, "a topology that nobody set");
}

static void wild_end(struct worker *w, uint32_t domid)
{
    int rc = one_in(w, 8) ? call_destroy(domid) : 0;

    expect(rc == 0 || rc == -ESRCH, "destroy: error %d", -rc);
}

/* Who finds that a place's domain is gone makes a new one; of two who do, one takes its own back. */
static void renew(struct worker *w)
{
    uint32_t *place = &wild_domid[pick(w, NR_WILD)], old = __atomic_load_n(place, __ATOMIC_RELAXED);
    struct call_domain d;

    if ((old && call_set_max(old, LEVEL_MAX_PAGES) == 0) || call_create(&d, LEVEL_MAX_PAGES))
        return;
    if (!__atomic_compare_exchange_n(place, &old, d.domid, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        expect(call_destroy(d.domid) == 0, "d%u cannot be destroyed", d.domid);
}

void call_wild(struct worker *w)
{
    static void (*const deeds[])(struct worker * w, uint32_t domid) = {
        wild_claim,     wild_claim,  wild_populate, wild_populate, wild_decrease,
        wild_exchange,  wild_limits, wild_affinity, wild_end,      populate_large,
        decrease_large, wild_vcpus,  wild_param,    wild_map,      wild_vnuma,
    };

    calls_enter(w);
    while (crew_goes_on(w)) {
        uint32_t domid = any_of(w, wild_domid, NR_WILD);

        if (one_in(w, 8))
            renew(w);
        if (domid)
            deeds[pick(w, ARRAY_SIZE(deeds))](w, domid);
    }
}

void call_taker(struct worker *w)
{
    calls_enter(w);
    while (crew_goes_on(w)) {
        struct call_domain d = {.domid = any_of(w, wild_domid, 1), .pages = pick(w, FEW)};

        if (!d.domid)
            renew(w);
        else if (one_in(w, 2))
            w->granted += call_populate(&d, FEW, 0, 0);
        else
            call_decrease(&d, pick(w, FEW), FEW);
    }
}

/* ---- mappers and readers ---- */

void call_mapper(struct worker *w)
{
    const xen_pfn_t own = SPACE + w->cpu * OWN_SPACE;

    calls_enter(w);
    while (crew_goes_on(w)) {
        uint32_t domid = one_in(w, 2) ? any_of(w, wild_domid, NR_WILD) : any_of(w, built_domid, NR_BUILDERS);

        if (domid && call_map(domid, pick(w, FRAMES), own + pick(w, OWN_SPACE)) == 0)
            w->granted++;
        if (one_in(w, 2))
            call_unmap(own + pick(w, OWN_SPACE));
    }
    for (unsigned int i = 0; i < OWN_SPACE; i++)
        call_unmap(own + i);
}

static void check_claiminfo(void)
{
    xc_claiminfo_node_t nodes[LEVEL_NODES];
    unsigned int nr = LEVEL_NODES;
    uint64_t free = 0, claimed = 0;
    xc_claiminfo_t info;

    expect(xc_claiminfo(NULL, &nr, nodes, &info) == 0, "claiminfo: errno %d", errno);
    for (unsigned int n = 0; n < nr; n++) {
        expect(nodes[n].claimed <= nodes[n].free, "I2: node %u: %lu claimed of %lu", n, nodes[n].claimed,
               nodes[n].free);
        free += nodes[n].free;
        claimed += nodes[n].claimed;
    }
    expect(free == info.free && claimed <= info.claimed && info.claimed <= free,
           "%lu free, nodes have %lu; %lu claimed, nodes have %lu", info.free, free, info.claimed, claimed);
}

void call_reader(struct worker *w)
{
    calls_enter(w);
    while (crew_goes_on(w)) {
        xc_domaininfo_t list[16];
        int nr = xc_domain_getinfolist(NULL, 0, ARRAY_SIZE(list), list);

        check_claiminfo();
        expect(nr >= 1, "getdomaininfolist: %d", nr);
        for (int i = 0; i < nr; i++)
            expect(!(list[i].flags & XEN_DOMINF_dying) || !list[i].outstanding_pages,
                   "d%u is dying with %lu claimed", list[i].domain, list[i].outstanding_pages);
    }
}

void call_soup_end(void)
{
    for (unsigned int i = 0; i < NR_WILD; i++)
        call_destroy(wild_domid[i]);
    memset(wild_domid, 0, sizeof(wild_domid));
    memset(built_domid, 0, sizeof(built_domid));
}
