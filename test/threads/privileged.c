/* SPDX-License-Identifier: MIT */
/* Domain 0 with a vCPU for each worker, and the calls that it makes. */
#include "privileged.h"

#include "domheap.h"
#include "host.h"
#include "level.h"
#include "machine.h"
#include "observe.h"
#include "schedule.h"

#define NR_VCPUS   32U
#define POOL_PAGES 24U /* enough for the tables of some thousand frames in one place */
#define BATCH      64U

static struct domain *control;

void calls_boot(unsigned long node1)
{
    const unsigned long pages[LEVEL_NODES] = {512, node1};

    machine_create_nodes(LEVEL_NODES, pages);
    sched_init_cpu();
    BUG_ON(domain_create(0, NR_VCPUS, &control));
    control->privileged = true;
    domain_set_max_pages(&control->mem, LEVEL_MAX_PAGES);
    BUG_ON(paging_set_allocation(&control->mem, 2 * POOL_PAGES));
    for (unsigned int i = 0; i < NR_VCPUS; i++) {
        BUG_ON(domain_add_vcpu(control, i));
        vcpu_up(control->vcpu[i]);
    }
    BUG_ON(domain_unpause(control));
    domain_put(control); /* it stays until it is destroyed */
    set_current_vcpu(control->vcpu[0]);
    hypercall_checks = true;
}

void calls_end(void)
{
    host_shutdown();
    hypercall_checks = false;
    expect_all_free();
    machine_destroy();
}

void calls_enter(struct worker *w)
{
    set_current_vcpu(control->vcpu[w->cpu]);
}

int call_create(struct call_domain *d, unsigned long max_pages)
{
    struct xen_domctl_createdomain config = {.flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap,
                                             .max_vcpus = 1};
    int rc;

    *d = (struct call_domain){0};
    rc = error_of(xc_domain_create(NULL, &d->domid, &config));
    if (rc)
        return rc;
    rc = call_set_pool(d->domid, POOL_PAGES);
    if (rc)
        expect(call_destroy(d->domid) == 0, "d%u without a paging pool cannot be destroyed", d->domid);
    else
        expect(call_set_max(d->domid, max_pages) == 0, "max_mem of d%u: errno %d", d->domid, errno);
    return rc;
}

int call_set_pool(uint32_t domid, unsigned long pages)
{
    return error_of(xc_set_paging_mempool_size(NULL, domid, pages << PAGE_SHIFT));
}

int call_destroy(uint32_t domid)
{
    return error_of(xc_domain_destroy(NULL, domid));
}

int call_set_max(uint32_t domid, unsigned long pages)
{
    return error_of(xc_domain_setmaxmem(NULL, domid, pages << (PAGE_SHIFT - 10)));
}

int call_claim(uint32_t domid, unsigned int nr, struct xen_memory_claim *set)
{
    return error_of(xc_domain_claim_memory(NULL, domid, XEN_DOMCTL_CLAIM_MEMORY_SET, &nr, set));
}

unsigned long call_populate(struct call_domain *d, unsigned long nr, unsigned int order,
                            unsigned int memflags)
{
    xen_pfn_t frames[BATCH];
    unsigned long done = 0;
    int came;

    do {
        unsigned int batch = MIN(nr - done, BATCH);

        d->pages = (d->pages + (1UL << order) - 1) & ~((1UL << order) - 1);
        for (unsigned int i = 0; i < batch; i++)
            frames[i] = d->pages + ((xen_pfn_t)i << order);
        came = xc_domain_populate_physmap(NULL, d->domid, batch, order, memflags, frames);
        expect(came >= 0, "populate d%u: errno %d", d->domid, errno);
        d->pages += (unsigned long)came << order;
        done += (unsigned long)came;
    } while (came == BATCH && done < nr);
    return done;
}

unsigned long call_decrease(const struct call_domain *d, unsigned long first, unsigned long nr)
{
    unsigned long done = 0;

    while (done < nr) {
        xen_pfn_t frames[BATCH];
        unsigned int batch = MIN(nr - done, BATCH);
        int went;

        for (unsigned int i = 0; i < batch; i++)
            frames[i] = first + done + i;
        went = xc_domain_decrease_reservation(NULL, d->domid, batch, 0, frames);
        expect(went >= 0, "decrease d%u: errno %d", d->domid, errno);
        done += (unsigned long)went;
        if ((unsigned int)went < batch)
            break;
    }
    return done;
}

int call_map(uint32_t domid, xen_pfn_t frame, xen_pfn_t at)
{
    xen_ulong_t index = frame;
    int error = 0, rc;

    rc = error_of(
        xc_domain_add_to_physmap_batch(NULL, 0, domid, XENMAPSPACE_gmfn_foreign, 1, &index, &at, &error));
    return rc ? rc : error;
}

int call_unmap(xen_pfn_t at)
{
    return error_of(xc_domain_remove_from_physmap(NULL, 0, at));
}
