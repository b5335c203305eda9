/* SPDX-License-Identifier: MIT */
/* What builders do to a domain. */
#include "pvh.h"
#include "race.h"
#include <errno.h>
#include <stdio.h>

#define BATCH        64U
#define POOL_PAGES   16UL      /* nested tables for some thousand pages */
#define WINDOW_FRAME 0xfd000UL /* one page for each racer, behind those that the library maps first */
#define RUNS         64U

int domain_try(struct racer *r, uint32_t wanted, uint64_t max_pages, uint32_t *domid)
{
    struct xen_domctl_createdomain config = {
        .flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap,
        .max_vcpus = 1,
        .max_evtchn_port = UINT32_MAX,
        .max_grant_frames = -1,
        .max_maptrack_frames = -1,
        .grant_opts = XEN_DOMCTL_GRANT_version(1),
        .arch = {.emulation_flags = XEN_X86_EMU_LAPIC},
    };
    int rc;

    *domid = wanted;
    if (xc_domain_create(r->xch, domid, &config))
        return -errno;
    rc = xc_set_paging_mempool_size(r->xch, *domid, POOL_PAGES << XC_PAGE_SHIFT) ||
                 xc_domain_setmaxmem(r->xch, *domid, max_pages * (XC_PAGE_SIZE / 1024))
             ? -errno
             : 0;
    if (rc && !wanted)
        domain_destroy(r, *domid);
    return rc;
}

uint32_t domain_new(struct racer *r, uint64_t max_pages)
{
    uint32_t domid = NO_DOMAIN;
    int rc = domain_try(r, 0, max_pages, &domid);

    if (rc)
        crew_fail(r, "a domain of %lu pages: error %d", max_pages, -rc);
    return rc ? NO_DOMAIN : domid;
}

int domain_destroy(struct racer *r, uint32_t domid)
{
    return xc_domain_destroy(r->xch, domid) ? -errno : 0;
}

void domain_end(struct racer *r, uint32_t domid)
{
    crew_equal(r, "destroy", 0, domain_destroy(r, domid));
}

int claim(struct racer *r, uint32_t domid, unsigned int nr, struct xen_memory_claim *set)
{
    return xc_domain_claim_memory(r->xch, domid, XEN_DOMCTL_CLAIM_MEMORY_SET, &nr, set) ? -errno : 0;
}

void must_claim(struct racer *r, uint32_t domid, uint64_t pages, uint32_t target)
{
    struct xen_memory_claim set = E(pages, target);
    int rc = claim(r, domid, 1, &set);

    if (rc)
        crew_fail(r, "a claim of %lu pages of %#x: error %d", pages, target, -rc);
}

void claim_all_but(struct racer *r, uint32_t domid, uint64_t left, uint32_t node)
{
    struct memory now = memory_now(r);

    must_claim(r, domid, now.node_free[node] - now.node_claimed[node] - left, node);
}

int64_t claimed_by(struct racer *r, uint32_t domid)
{
    xc_dominfo_t info;

    if (xc_domain_getinfo(r->xch, domid, 1, &info) == 1 && info.domid == domid)
        return (int64_t)info.nr_outstanding_pages;
    crew_fail(r, "domain %u is not there", domid);
    return -1;
}

/* CALL for NR pages from FIRST on, as long as all of a batch comes. */
static unsigned long in_batches(xen_pfn_t first, unsigned long nr,
                                int (*call)(void *arg, unsigned int nr, xen_pfn_t *list), void *arg)
{
    unsigned long done = 0;
    int came;

    do {
        unsigned int batch = nr - done < BATCH ? (unsigned int)(nr - done) : BATCH;
        xen_pfn_t list[BATCH];

        for (unsigned int i = 0; i < batch; i++)
            list[i] = first + done + i;
        came = batch ? call(arg, batch, list) : 0;
        done += came > 0 ? (unsigned long)came : 0;
    } while (came == (int)BATCH);
    return done;
}

struct on_domain {
    struct racer *r;
    uint32_t domid;
    unsigned int flags;
};

static int populate_batch(void *arg, unsigned int nr, xen_pfn_t *list)
{
    const struct on_domain *on = arg;

    return xc_domain_populate_physmap(on->r->xch, on->domid, nr, 0, on->flags, list);
}

static int give_back_batch(void *arg, unsigned int nr, xen_pfn_t *list)
{
    const struct on_domain *on = arg;

    return xc_domain_decrease_reservation(on->r->xch, on->domid, nr, 0, list);
}

unsigned long populate(struct racer *r, uint32_t domid, xen_pfn_t first, unsigned long nr, int node)
{
    struct on_domain on = {r, domid, node == ANY_NODE ? 0 : XENMEMF_exact_node(node)};

    return in_batches(first, nr, populate_batch, &on);
}

unsigned long give_back(struct racer *r, uint32_t domid, xen_pfn_t first, unsigned long nr)
{
    struct on_domain on = {r, domid, 0};

    return in_batches(first, nr, give_back_batch, &on);
}

void must_give_back(struct racer *r, uint32_t domid, xen_pfn_t first, unsigned long nr)
{
    crew_equal(r, "pages given back", (int64_t)nr, (int64_t)give_back(r, domid, first, nr));
}

uint64_t pages_on(struct racer *r, uint32_t domid, uint32_t node)
{
    struct xen_domain_map_run runs[RUNS];
    uint64_t gfn = 0, pages = 0;

    while (gfn != ~0UL) {
        int nr = xc_domain_map_runs(r->xch, domid, &gfn, RUNS, runs);

        if (nr < 0) {
            crew_fail(r, "map of domain %u: errno %d", domid, errno);
            break;
        }
        for (int i = 0; i < nr; i++)
            if (runs[i].node == node && runs[i].gfn < PVH_HOLE_START >> PAGE_SHIFT)
                pages += runs[i].nr_pages;
    }
    return pages;
}

uint64_t pages_of(struct racer *r, uint32_t domid)
{
    long pages = xc_get_tot_pages(r->xch, domid);

    return pages < 0 ? 0 : (uint64_t)pages;
}

volatile uint64_t *map_page(struct racer *r, uint32_t domid, xen_pfn_t gfn, int *rc)
{
    xen_pfn_t at = WINDOW_FRAME + r->id;
    xen_ulong_t idx = gfn;

    *rc = 0;
    if (xc_domain_add_to_physmap_batch(r->xch, DOMID_SELF, domid, XENMAPSPACE_gmfn_foreign, 1, &idx, &at, rc))
        *rc = -errno;
    return *rc ? NULL : (volatile uint64_t *)(at << PAGE_SHIFT);
}

void unmap_page(struct racer *r)
{
    if (xc_domain_remove_from_physmap(r->xch, DOMID_SELF, WINDOW_FRAME + r->id))
        crew_fail(r, "unmap: errno %d", errno);
}
