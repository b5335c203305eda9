/* SPDX-License-Identifier: MIT */
/* Memory, page by page and in large blocks: populate, release, destroy; clean and dirty, with and without
 * claims. */
#include "bench.h"
#include <stdio.h>
#include <xen/memory.h>

#define MAX_EXTENTS 16384
#define POOL_PAGES  1024
#define MAX_NODES   64

struct shape {
    unsigned int order;
    unsigned long extents;
    unsigned long at_once; /* in one call: as many as it does without a restart, or one; MAX_SAMPLES calls */
};
static const struct shape shapes[] = {{0, 16384, 512}, {9, 32, 1}, {18, 1, 1}};
#define LARGEST 2 /* of them: 1 GiB */

static xen_pfn_t gfns[MAX_EXTENTS];

int64_t domctl(struct xen_domctl *op, uint32_t cmd, domid_t domid)
{
    op->cmd = cmd;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op->domain = domid;
    return xen_hypercall(__HYPERVISOR_domctl, (uintptr_t)op, 0, 0, 0, 0);
}

domid_t domain_new(void)
{
    struct xen_domctl op = {
        .u.createdomain = {.flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap, .max_vcpus = 1}};
    domid_t domid;

    need(domctl(&op, XEN_DOMCTL_createdomain, 0) == 0, "createdomain failed");
    domid = op.domain;
    op.u.max_mem.max_memkb = 2 << 20;
    need(domctl(&op, XEN_DOMCTL_max_mem, domid) == 0, "max_mem failed");
    op.u.paging_mempool.size = POOL_PAGES << PAGE_SHIFT;
    need(domctl(&op, XEN_DOMCTL_set_paging_mempool_size, domid) == 0, "set_paging_mempool_size failed");
    return domid;
}

void domain_end(domid_t domid)
{
    struct xen_domctl op;

    need(domctl(&op, XEN_DOMCTL_destroydomain, domid) == 0, "destroydomain failed");
}

int64_t claim_set(domid_t domid, memory_claim_t *entries, uint32_t nr)
{
    struct xen_domctl op;

    *allod_claim_memory(&op) =
        (struct xen_domctl_claim_memory){.nr_entries = nr, .mode = XEN_DOMCTL_CLAIM_MEMORY_SET};
    set_xen_guest_handle_raw(allod_claim_memory(&op)->claim_set, entries);
    return domctl(&op, XEN_DOMCTL_claim_memory, domid);
}

static void report_per_page(const char *what, const char *how, const struct shape *s, uint64_t taken,
                            unsigned long extents)
{
    char name[64];

    snprintf(name, sizeof(name), "%s_%u%s", what, s->order, how);
    report(name, taken, extents << s->order);
}

/* Report what memory_ops on all extents take for each page. */
static void per_page_on(unsigned int mem_flags, const char *what, const char *how, unsigned int cmd,
                        domid_t domid, const struct shape *s)
{
    struct xen_memory_reservation r = {
        .nr_extents = s->at_once, .extent_order = s->order, .mem_flags = mem_flags, .domid = domid};
    struct samples calls = {0};

    for (unsigned long i = 0; i < s->extents; i++)
        gfns[i] = i << s->order;
    for (unsigned long i = 0; i < s->extents; i += s->at_once) {
        uint64_t start = begin();
        int64_t done;

        set_xen_guest_handle_raw(r.extent_start, &gfns[i]);
        done = xen_hypercall(__HYPERVISOR_memory_op, cmd, (uintptr_t)&r, 0, 0, 0);
        sample(&calls, start);
        need(done == (int64_t)s->at_once, "not all extents were done");
    }
    report_per_page(what, how, s, median(&calls), s->at_once);
}

static void per_page(const char *what, const char *how, unsigned int cmd, domid_t domid,
                     const struct shape *s)
{
    per_page_on(0, what, how, cmd, domid, s);
}

static void destroy_per_page(const char *how, domid_t domid, const struct shape *s)
{
    uint64_t start = begin();

    domain_end(domid);
    report_per_page("destroy", how, s, ticks() - start, s->extents);
}

enum claims { NO_CLAIM, HOST_CLAIM, CLAIM_ON_EACH_NODE };

static void claim(domid_t domid, unsigned long pages, enum claims claims)
{
    memory_claim_t set[MAX_NODES] = {{.pages = pages, .target = XEN_DOMCTL_CLAIM_MEMORY_HOST}};
    uint32_t nr = claims == CLAIM_ON_EACH_NODE ? MAX_NODES : 1;

    for (uint32_t i = 0; nr > 1 && i < nr; i++)
        set[i] = (memory_claim_t){.pages = pages / nr, .target = i};
    need(claims == NO_CLAIM || claim_set(domid, set, nr) == 0, "claim failed");
}

static void populate_and_destroy(const char *how, const struct shape *s, enum claims claims)
{
    domid_t domid = domain_new();

    claim(domid, s->extents << s->order, claims);
    per_page("populate", how, XENMEM_populate_physmap, domid, s);
    destroy_per_page(how, domid, s);
}

/* Named, as a builder does that claimed it: the domain's memory does not go round the nodes. */
static void populate_on_a_node(const char *how, const struct shape *s)
{
    domid_t domid = domain_new();

    per_page_on(XENMEMF_exact_node(MAX_NODES - 1), "populate_node", how, XENMEM_populate_physmap, domid, s);
    domain_end(domid);
}

static void one_page(const char *how)
{
    static const struct shape one = {0, 1, 1};
    domid_t domid = domain_new();

    per_page("populate_single", how, XENMEM_populate_physmap, domid, &one);
    domain_end(domid);
}

static void release(const struct shape *s)
{
    domid_t domid = domain_new();

    per_page("populate_before_release", "", XENMEM_populate_physmap, domid, s);
    per_page("release", "", XENMEM_decrease_reservation, domid, s);
    domain_end(domid);
}

/* All extents of a domain for new ones, at the same places. */
static void exchange(const struct shape *s)
{
    domid_t domid = domain_new();
    struct samples calls = {0};

    per_page("populate_before_exchange", "", XENMEM_populate_physmap, domid, s);
    for (unsigned long i = 0; i < s->extents; i += s->at_once) {
        struct xen_memory_exchange x = {
            .in = {.nr_extents = s->at_once, .extent_order = s->order, .domid = domid}};
        uint64_t start = begin();
        int64_t rc;

        set_xen_guest_handle_raw(x.in.extent_start, &gfns[i]);
        x.out = x.in;
        rc = xen_hypercall(__HYPERVISOR_memory_op, XENMEM_exchange, (uintptr_t)&x, 0, 0, 0);
        sample(&calls, start);
        need(rc == 0 && x.nr_exchanged == s->at_once, "not all extents were exchanged");
    }
    report_per_page("exchange", "", s, median(&calls), s->at_once);
    domain_end(domid);
}

static void wait_until_clean(void)
{
    struct xen_sysctl op = {.cmd = XEN_SYSCTL_physinfo, .interface_version = XEN_SYSCTL_INTERFACE_VERSION};

    do {
        guest_block();
        need(xen_hypercall(__HYPERVISOR_sysctl, (uintptr_t)&op, 0, 0, 0, 0) == 0, "physinfo failed");
    } while (op.u.physinfo.scrub_pages);
}

void bench_dirty_memory(bool large)
{
    for (unsigned int i = 0; i < (large ? LARGEST + 1 : LARGEST); i++) {
        populate_and_destroy("_dirty", &shapes[i], NO_CLAIM);
        populate_and_destroy("_dirty_claimed", &shapes[i], HOST_CLAIM);
    }
    for (unsigned int i = 0; i < LARGEST; i++)
        release(&shapes[i]);
    populate_on_a_node("_dirty", &shapes[0]);
    one_page("_dirty");
}

void bench_clean_memory(bool large)
{
    for (unsigned int i = 0; i < (large ? LARGEST + 1 : LARGEST); i++) {
        wait_until_clean();
        populate_and_destroy("_clean", &shapes[i], NO_CLAIM);
        wait_until_clean();
        populate_and_destroy("_clean_claimed", &shapes[i], HOST_CLAIM);
    }
    wait_until_clean();
    populate_and_destroy("_clean_claimed_64", &shapes[0], CLAIM_ON_EACH_NODE);
    wait_until_clean();
    populate_on_a_node("_clean", &shapes[0]);
    for (unsigned int i = 0; i < LARGEST; i++) {
        wait_until_clean();
        exchange(&shapes[i]);
    }
    wait_until_clean();
    one_page("_clean");
}
