/* SPDX-License-Identifier: MIT */
/* Console and xenstore rings: their pages, ports and lives. */
#include "ring.h"
#include "console_input.h"
#include "domain_pages.h"
#include "domheap.h"
#include "event_port.h"
#include "log.h"

static unsigned int consoles; /* rings that are used; atomic */

static const struct {
    uint8_t pfn, evtchn; /* HVM parameters */
    enum domain_page page;
    enum ring_step (*step)(struct domain *d, uint8_t *page);
} kinds[] = {
    [RING_CONSOLE] = {HVM_PARAM_CONSOLE_PFN, HVM_PARAM_CONSOLE_EVTCHN, DOMAIN_PAGE_CONSOLE,
                      ring_console_step},
    [RING_STORE] = {HVM_PARAM_STORE_PFN, HVM_PARAM_STORE_EVTCHN, DOMAIN_PAGE_STORE, ring_store_step},
};

/* ---- the page ---- */

/* Nothing is there: the hypervisor shows one of its own. */
static int give_page(struct domain *d, enum ring_kind which, gfn_t g) REQUIRES(d->domctl_lock)
{
    void *page = domain_page_alloc(d);
    int rc;

    if (!page)
        return refuse(ENOMEM, "ring: the paging pool of d%u is empty", d->domid);
    rc = p2m_map(&d->arch, g, virt_to_mfn(page), 0, P2M_XEN);
    if (rc)
        domain_page_free(d, page);
    else
        domain_page_replace(d, kinds[which].page, page);
    return rc;
}

/* Now what the guest sends is looked at. */
static int set_page(struct domain *d, enum ring_kind which, gfn_t g, uint16_t port) REQUIRES(d->domctl_lock)
{
    struct page_info *pg = get_guest_page(d, g);
    int rc = pg ? 0 : give_page(d, which, g);
    struct ring *r = &d->ring[which];

    if (rc)
        return rc;
    spin_lock(&d->ring_lock);
    r->page = pg ? page_to_virt(pg) : d->page[kinds[which].page];
    r->referenced = pg != NULL;
    r->port = port;
    spin_unlock(&d->ring_lock);
    return 0;
}

/* ---- the ring ---- */

static int open_ring(struct domain *d, enum ring_kind which, gfn_t g) REQUIRES(d->domctl_lock)
{
    int port, rc;

    if (which == RING_STORE && !d->page[DOMAIN_PAGE_STORE_STATE])
        d->page[DOMAIN_PAGE_STORE_STATE] = domain_page_alloc(d);
    if (!domain_shared_info(d) || (which == RING_STORE && !d->page[DOMAIN_PAGE_STORE_STATE]))
        return refuse(ENOMEM, "ring: the paging pool of d%u is empty", d->domid);
    port = event_open_ring(d, which);
    if (port < 0)
        return port;
    rc = set_page(d, which, g, (uint16_t)port);
    if (rc) {
        event_close(d, (uint32_t)port);
        return rc;
    }
    WRITE_ONCE(d->hvm_param[kinds[which].pfn], g.v);
    WRITE_ONCE(d->hvm_param[kinds[which].evtchn], (uint64_t)port);
    return 0;
}

int ring_open(struct domain *d, enum ring_kind which, uint64_t gfn_v)
{
    if (gfn_v >= P2M_MAX_GFN || READ_ONCE(d->is_dying))
        return refuse(EINVAL, "ring: page %#lx of d%u", gfn_v, d->domid);
    if (d->ring[which].page && d->hvm_param[kinds[which].pfn] != gfn_v)
        return refuse(EEXIST, "ring: that of d%u is at %#lx", d->domid, d->hvm_param[kinds[which].pfn]);
    if (gfn_v == 0 || d->hvm_param[kinds[which].evtchn])
        return 0;
    return open_ring(d, which, gfn(gfn_v));
}

/* Who speaks through its ring also listens there: from the first event on the console's input is looked for.
 * True: this is it. */
static bool begin_use(struct domain *d, enum ring_kind which) REQUIRES(d->ring_lock)
{
    if (which != RING_CONSOLE || d->ring[which].used)
        return false;
    WRITE_ONCE(d->ring[which].used, true);
    __atomic_add_fetch(&consoles, 1, __ATOMIC_RELAXED);
    return true;
}

bool ring_console_any(void)
{
    return __atomic_load_n(&consoles, __ATOMIC_RELAXED) > 0;
}

int ring_event(struct domain *d, enum ring_kind which)
{
    struct ring *r = &d->ring[which];
    enum ring_step step = RING_NOTHING;
    bool begins = false;
    uint16_t port;

    spin_lock(&d->ring_lock);
    if (r->page) {
        step = kinds[which].step(d, r->page);
        begins = begin_use(d, which);
    }
    port = r->port;
    spin_unlock(&d->ring_lock);
    if (begins) {
        event_console_listen();
        console_used(d);
    }
    if (step == RING_DONE)
        event_tell_ring(d, port, which);
    return step == RING_MORE ? -ERESTART : 0;
}

/* Should there be requests, too, their own event is still to come. */
void ring_tell_target(struct domain *d)
{
    ring_event(d, RING_STORE);
}

static void close_ring(struct domain *d, struct ring *r)
{
    struct ring was;

    spin_lock(&d->ring_lock);
    was = *r;
    r->page = NULL;
    r->referenced = false;
    WRITE_ONCE(r->used, false);
    if (was.used)
        __atomic_sub_fetch(&consoles, 1, __ATOMIC_RELAXED);
    spin_unlock(&d->ring_lock);
    if (was.referenced)
        put_page(&d->mem, virt_to_page(was.page));
}

void ring_destroy(struct domain *d)
{
    for (unsigned int i = 0; i < NR_RINGS; i++)
        close_ring(d, &d->ring[i]);
}
