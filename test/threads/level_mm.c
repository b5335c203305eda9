/* SPDX-License-Identifier: MIT */
/* Domains as mm/ knows them. */
#include "domheap.h"
#include "level.h"
#include "machine.h"
#include <string.h>

static struct domain_mem domains[LEVEL_DOMAINS];

static void begin(unsigned int i)
{
    memset(&domains[i], 0, sizeof(domains[i]));
    domain_mem_init(&domains[i], (domid_t)(i + 1));
    domain_set_max_pages(&domains[i], LEVEL_MAX_PAGES);
}

static void mm_open(void)
{
    static const unsigned long pages[LEVEL_NODES] = {256, 192};

    machine_create_nodes(LEVEL_NODES, pages);
    for (unsigned int i = 0; i < LEVEL_DOMAINS; i++)
        begin(i);
}

static void mm_enter(struct worker *w UNUSED)
{
}

static int mm_claim(unsigned int i, unsigned int nr, struct xen_memory_claim *set)
{
    return domain_set_claim_entries(&domains[i], nr, set);
}

static unsigned long mm_populate(unsigned int i, unsigned long nr, int node)
{
    unsigned int memflags = node == ANY_NODE ? 0 : MEMF_node(node) | MEMF_exact_node;
    unsigned long done = 0;

    while (done < nr && alloc_domheap_pages(&domains[i], 0, memflags))
        done++;
    return done;
}

static unsigned long mm_on_node(unsigned int i, uint32_t node)
{
    struct domain_mem *d = &domains[i];
    unsigned long pages = 0;

    rspin_lock(&d->page_alloc_lock);
    for (uint32_t frame = d->pages.head; frame != FRAME_NONE; frame = frame_table[frame].next)
        pages += READ_ONCE(frame_table[frame].node) == node ? 1UL << frame_table[frame].order : 0;
    rspin_unlock(&d->page_alloc_lock);
    return pages;
}

static unsigned long mm_claimed(unsigned int i)
{
    struct domain_mem_info info;

    domain_mem_info(&domains[i], &info);
    return info.outstanding_pages;
}

static void mm_set_max(unsigned int i, unsigned long pages)
{
    domain_set_max_pages(&domains[i], pages);
}

static void mm_release(unsigned int i)
{
    while (domain_relinquish_pages(&domains[i], 16))
        ;
}

static void mm_destroy(unsigned int i)
{
    domain_mem_kill(&domains[i]);
    mm_release(i);
}

/* domain_mem_destroy panics when anything is left. */
static void mm_renew(unsigned int i)
{
    domain_mem_destroy(&domains[i]);
    begin(i);
}

static void mm_close(void)
{
    for (unsigned int i = 0; i < LEVEL_DOMAINS; i++) {
        mm_destroy(i);
        domain_mem_destroy(&domains[i]);
    }
    expect_all_free();
    machine_destroy();
}

const struct level level_mm = {
    .name = "functions of mm/",
    .open = mm_open,
    .close = mm_close,
    .enter = mm_enter,
    .claim = mm_claim,
    .populate = mm_populate,
    .on_node = mm_on_node,
    .claimed = mm_claimed,
    .set_max = mm_set_max,
    .release = mm_release,
    .destroy = mm_destroy,
    .renew = mm_renew,
};
