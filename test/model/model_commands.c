/* SPDX-License-Identifier: MIT */
/* The reference model: which command means what, and those on domains, the fixture and the counters. */
#include "model.h"
#include <errno.h>
#include <string.h>

/* What set_max_pages of the builder can say: max_mem takes KiB, in 64 bits. */
#define MAX_MAX_PAGES (UINT64_MAX / 4)

bool model_domain(struct model *m, const struct args *a, look_fn *look, struct outcome *r)
{
    const struct model_domain *old = named_domain(m, a->dom);
    const uint64_t max = option_or(a, OPT_MAX, DEFAULT_MAX);

    (void)look;
    if (old && !old->gone) {
        r->err = EEXIST;
        return true;
    }
    if (m->nr_domains == MODEL_DOMAINS)
        return false;
    struct model_domain *d = &m->domain[m->nr_domains++];
    memset(d, 0, sizeof(*d));
    strcpy(d->name, a->dom);
    d->max_pages = max < MAX_MAX_PAGES ? max : MAX_MAX_PAGES;
    d->affinity = m->online;
    return true;
}

/* Which frames are free then has to be looked up. */
bool model_host(struct model *m, const struct args *a, look_fn *look, struct outcome *r)
{
    unsigned int nr = 0;

    (void)a, (void)look, (void)r;
    for (unsigned int i = 0; i < m->nr_pages; i++)
        if (m->page[i].use != PAGE_FREE)
            m->page[nr++] = m->page[i];
    m->nr_pages = nr;
    m->fixed = true;
    return true;
}

bool model_max(struct model *m, const struct args *a, look_fn *look, struct outcome *r)
{
    struct model_domain *d;

    (void)look;
    if (!line_target(m, a->dom, &d))
        return false;
    if (d)
        d->max_pages = a->count < MAX_MAX_PAGES ? a->count : MAX_MAX_PAGES;
    else
        r->err = ESRCH;
    return true;
}

/* As in Xen: some node of it has to be online. */
bool model_affinity(struct model *m, const struct args *a, look_fn *look, struct outcome *r)
{
    struct model_domain *d;
    uint64_t affinity = 0;
    bool possible = true;

    (void)look;
    if (!line_target(m, a->dom, &d))
        return false;
    for (unsigned int i = 0; i < a->list.nr; i++) {
        possible &= a->list.v[i] < MAX_NODES;
        affinity |= is_online(m, a->list.v[i]) ? 1UL << a->list.v[i] : 0;
    }
    if (!possible || (d && !affinity))
        r->err = EINVAL;
    else if (!d)
        r->err = ESRCH;
    else
        d->affinity = affinity;
    return true;
}

/* Section 10: the claims go first. */
static bool end_domain(struct model *m, const struct args *a, struct outcome *r, bool gone)
{
    struct model_domain *d;

    if (!line_target(m, a->dom, &d))
        return false;
    if (!d) {
        r->err = ESRCH;
        return true;
    }
    d->dying = true;
    d->gone = gone;
    d->nr_claims = 0;
    for (unsigned int i = 0; gone && i < m->nr_pages; i++)
        if (m->page[i].use == PAGE_OWNED && m->page[i].owner == index_of(m, d))
            give_up(&m->page[i]);
    return true;
}

bool model_destroy(struct model *m, const struct args *a, look_fn *look, struct outcome *r)
{
    (void)look;
    return end_domain(m, a, r, true);
}

bool model_dying(struct model *m, const struct args *a, look_fn *look, struct outcome *r)
{
    (void)look;
    return end_domain(m, a, r, false);
}

bool model_nothing(struct model *m, const struct args *a, look_fn *look, struct outcome *r)
{
    (void)m, (void)a, (void)look, (void)r;
    return true;
}

/* ---- Assertions ---- */

static void expect_number(const struct args *a, struct outcome *r, enum option o, uint64_t n)
{
    if (given(a, o) && a->value[o] != n)
        text_add(&r->why, "the model has %lu, not %lu; ", n, a->value[o]);
}

static void host_state(const struct model *m, const struct args *a, struct outcome *r)
{
    const struct list *l = option_list(a, OPT_FREE), *claimed = option_list(a, OPT_NODE_CLAIMED);

    expect_number(a, r, OPT_TOTAL, free_on(m, ANY_NODE));
    expect_number(a, r, OPT_CLAIMED, all_claimed(m));
    for (unsigned int i = 0; i < l->nr; i++)
        if (l->v[i] != free_on(m, i))
            text_add(&r->why, "the model has %lu free on node %u; ", free_on(m, i), i);
    for (unsigned int i = 0; i < claimed->nr; i++)
        if (claimed->v[i] != claimed_on(m, i))
            text_add(&r->why, "the model has %lu claimed on node %u; ", claimed_on(m, i), i);
}

bool model_state(struct model *m, const struct args *a, look_fn *look, struct outcome *r)
{
    const struct list *l = option_list(a, OPT_NODES);
    struct model_domain *d = NULL;

    (void)look;
    if (!a->dom) {
        host_state(m, a, r);
        return m->fixed;
    }
    if (!line_target(m, a->dom, &d))
        return false;
    if (!d || (d->dying && (given(a, OPT_HOST) || given(a, OPT_NODES)))) {
        r->err = ESRCH;
        return true;
    }
    expect_number(a, r, OPT_PAGES, owned_pages(m, d));
    expect_number(a, r, OPT_CLAIMS, all_claimed_by(d));
    expect_number(a, r, OPT_HOST, claimed_by(d, XEN_DOMCTL_CLAIM_MEMORY_HOST));
    for (unsigned int i = 0; i < l->nr; i++)
        if (l->v[i] != claimed_by(d, i))
            text_add(&r->why, "the model has %lu claimed on node %u; ", claimed_by(d, i), i);
    return true;
}

bool model_test(struct model *m, const struct args *a, look_fn *look, struct outcome *r)
{
    (void)a, (void)look, (void)r;
    model_reset(m, m->online);
    return true;
}

static const struct {
    const char *name;
    model_fn *step;
} commands_of_model[] = {
    {"test", model_test},         {"host", model_host},         {"domain", model_domain},
    {"max", model_max},           {"affinity", model_affinity}, {"pause", model_nothing},
    {"unpause", model_nothing},   {"check", model_nothing},     {"destroy", model_destroy},
    {"dying", model_dying},       {"claim", model_claim},       {"claims", model_claims},
    {"populate", model_populate}, {"noref", model_noref},       {"claim-pages", model_claim_pages},
    {"release", model_release},   {"exchange", model_exchange}, {"offline", model_offline},
    {"online", model_online},     {"state", model_state},
};

bool model_step(struct model *m, const struct args *a, look_fn *look, struct outcome *r)
{
    memset(r, 0, sizeof(*r));
    for (size_t i = 0; i < sizeof(commands_of_model) / sizeof(commands_of_model[0]); i++)
        if (!strcmp(a->cmd->name, commands_of_model[i].name))
            return commands_of_model[i].step(m, a, look, r);
    return false;
}
