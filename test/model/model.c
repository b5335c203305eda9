/* SPDX-License-Identifier: MIT */
/* The reference model's lists and the sums over them. */
#include "model.h"
#include <string.h>

void model_reset(struct model *m, uint64_t online)
{
    m->online = online;
    m->fixed = false;
    m->nr_domains = m->nr_pages = 0;
}

void model_copy(struct model *to, const struct model *from)
{
    memcpy(to, from, offsetof(struct model, page));
    memcpy(to->page, from->page, from->nr_pages * sizeof(from->page[0]));
}

uint64_t count_pages(const struct model *m, enum page_use use, unsigned int node, unsigned int owner)
{
    uint64_t n = 0;

    for (const struct model_page *p = m->page; p < m->page + m->nr_pages; p++)
        if (p->use == use && (node == ANY_NODE || p->node == node) &&
            (owner == NO_DOMAIN || (use == PAGE_OWNED && p->owner == owner)))
            n++;
    return n;
}

uint64_t free_on(const struct model *m, unsigned int node)
{
    return count_pages(m, PAGE_FREE, node, NO_DOMAIN);
}

uint64_t owned_pages(const struct model *m, const struct model_domain *d)
{
    return count_pages(m, PAGE_OWNED, ANY_NODE, index_of(m, d));
}

uint64_t claimed_by(const struct model_domain *d, uint32_t target)
{
    uint64_t n = 0;

    for (unsigned int i = 0; i < d->nr_claims; i++)
        n += d->claim[i].target == target ? d->claim[i].pages : 0;
    return n;
}

uint64_t all_claimed_by(const struct model_domain *d)
{
    uint64_t n = 0;

    for (unsigned int i = 0; i < d->nr_claims; i++)
        n += d->claim[i].pages;
    return n;
}

uint64_t claimed_on(const struct model *m, uint32_t node)
{
    uint64_t n = 0;

    for (unsigned int i = 0; i < m->nr_domains; i++)
        n += claimed_by(&m->domain[i], node);
    return n;
}

uint64_t all_claimed(const struct model *m)
{
    uint64_t n = 0;

    for (unsigned int i = 0; i < m->nr_domains; i++)
        n += all_claimed_by(&m->domain[i]);
    return n;
}

struct model_domain *named_domain(struct model *m, const char *name)
{
    for (unsigned int i = m->nr_domains; i-- > 0;)
        if (!strcmp(m->domain[i].name, name))
            return &m->domain[i];
    return NULL;
}

/* No test makes so many domains that one of them gets such a number. */
#define FAR_DOMID 30000U

bool line_target(struct model *m, const char *name, struct model_domain **d)
{
    uint64_t id = 0;

    *d = named_domain(m, name);
    if (*d && (*d)->gone)
        *d = NULL;
    else if (!*d)
        return *name == '@' && parse_number(name + 1, UINT16_MAX, &id) && id >= FAR_DOMID;
    return true;
}
