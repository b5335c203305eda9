/* SPDX-License-Identifier: MIT */
/* Pages that the hypervisor keeps for a domain. */
#include "domain_pages.h"
#include "domheap.h"
#include "event.h"
#include "guest_time.h"

void *domain_page_alloc(struct domain *d)
{
    struct page_info *pg = paging_alloc_page(&d->mem);

    return pg ? page_to_virt(pg) : NULL;
}

void domain_page_free(struct domain *d, void *page)
{
    if (page)
        paging_free_page(&d->mem, virt_to_page(page));
}

void domain_page_replace(struct domain *d, enum domain_page which, void *page)
{
    domain_page_free(d, d->page[which]);
    d->page[which] = page;
}

void *domain_shared_info(struct domain *d)
{
    uint8_t *page = d->page[DOMAIN_PAGE_SHARED_INFO];

    if (page)
        return page;
    page = domain_page_alloc(d);
    if (!page)
        return NULL;
    for (unsigned int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
        guest_time_fill(page + i * sizeof(struct vcpu_info));
    d->page[DOMAIN_PAGE_SHARED_INFO] = page;
    event_set_shared(d, page);
    return page;
}

void domain_pages_free(struct domain *d)
{
    for (unsigned int i = 0; i < NR_DOMAIN_PAGES; i++)
        domain_page_replace(d, (enum domain_page)i, NULL);
    d->nr_memory_map = d->nr_vnodes = d->nr_vmemranges = 0;
}

bool domain_page_is_at(struct domain *d, const void *page, gfn_t g)
{
    mfn_t m;

    return p2m_lookup(&d->arch, g, &m, NULL) == P2M_XEN && m.v == virt_to_mfn(page).v;
}

/* Under the lock: a page that is mapped is not freed, so it is this domain's, and not somebody else's by now.
 */
struct page_info *get_guest_page(struct domain *d, gfn_t g)
{
    struct page_info *pg = NULL;
    mfn_t m;

    p2m_lock(&d->arch);
    if (p2m_lookup_locked(&d->arch, g, &m, NULL) == P2M_RAM && get_page(mfn_to_page(m), &d->mem))
        pg = mfn_to_page(m);
    p2m_unlock(&d->arch);
    return pg;
}
