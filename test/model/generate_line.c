/* SPDX-License-Identifier: MIT */
/* What stands behind the name in a random line: numbers, entries, options. */
#include "generate_line.h"
#include "play.h"
#include <stdio.h>
#include <string.h>

/* ---- Numbers ---- */

/* Somewhere around what is free, unclaimed, claimed or left of the quota. */
static uint64_t border(struct model *m, struct model_domain *d, unsigned int node)
{
    const uint64_t all_free = free_on(m, ANY_NODE), claimed = all_claimed(m);
    const struct model_domain *other = m->nr_domains ? &m->domain[generate_number(m->nr_domains)] : d;

    switch (generate_number(11)) {
    case 0:
        return free_on(m, node);
    case 1:
        return free_on(m, node) - claimed_on(m, node);
    case 2:
        return free_on(m, node) - claimed_on(m, node) + (d ? claimed_by(d, node) : 0);
    case 3:
        return all_free - claimed;
    case 4:
        return all_free - claimed + (d ? all_claimed_by(d) : 0);
    case 5:
        return d ? d->max_pages - owned_pages(m, d) : all_free;
    case 6:
        return d ? count_pages(m, PAGE_OWNED, node, index_of(m, d)) : 1;
    case 7:
        return d ? claimed_by(d, node) : 1;
    case 8:
        return other ? claimed_by(other, node) : 1;
    case 9:
        return other ? claimed_by(other, XEN_DOMCTL_CLAIM_MEMORY_HOST) : 1;
    default:
        return d ? owned_pages(m, d) : 1;
    }
}

static uint64_t amount(struct model *m, struct model_domain *d, unsigned int node)
{
    static const uint64_t huge[] = {~0UL, 1UL << 32, (1UL << 32) + 5, 1UL << 63, (1UL << 62) - 1, 1UL << 62};

    if (one_in(30))
        return PICK(huge);
    return one_in(2) ? 1 + generate_number(6) : border(m, d, node) + generate_number(3) - 1;
}

static unsigned int node(void)
{
    static const unsigned int odd[] = {4, 5, 63, 64, 254};

    return one_in(25) ? PICK(odd) : (unsigned int)generate_number(generate_nodes);
}

/* The filler can make room for so many domains behind a `host` line. */
#define MORE_DOMAINS 4U

/* ---- Claims ---- */

static void add_entry(struct model *m, struct model_domain *d, char *line, bool alone)
{
    static const char *const odd[] = {"legacy", "0xc0000000", "255", "256", "0x100000000", "host"};
    unsigned int n = node();

    if (one_in(alone ? 5 : 40))
        generate_add(line, " legacy");
    else if (one_in(4))
        generate_add(line, " host");
    else if (one_in(40))
        generate_add(line, " %s", PICK(odd));
    else
        generate_add(line, " %u", n);
    generate_add(line, ":%lu", one_in(6) ? 0 : amount(m, d, n));
    if (one_in(60))
        generate_add(line, "/%lu", generate_number(3));
}

void generate_claim(struct model *m, struct model_domain *d, char *line)
{
    static const char *const bad[] = {" nr=0",          " nr=65",   " nr=66",     " nr=1",
                                      " nr=4294967295", " null",    " mode=0",    " mode=2",
                                      " version=+1",    " arg=bad", " nr=2 null", " null nr=0 mode=0"};
    const unsigned int nr = 1 + (unsigned int)generate_number(one_in(3) ? 5 : 2);

    if (one_in(12))
        generate_add(line, "%s", PICK(bad));
    for (unsigned int i = 0; i < nr; i++)
        add_entry(m, d, line, nr == 1);
}

void generate_claims(struct model *m, struct model_domain *d, char *line)
{
    static const unsigned int odd[] = {0, 1, 2, 65, 66, 1000000};

    (void)m, (void)d;
    if (one_in(2))
        generate_add(line, " cap=%u", one_in(2) ? PICK(odd) : 1 + (unsigned int)generate_number(5));
}

void generate_claim_pages(struct model *m, struct model_domain *d, char *line)
{
    static const char *const bad[] = {
        " order=1", " flags=1",         " start=4096", " continuation=1",
        " order=0", " flags=0 start=0", " flags=256",  " continuation=4294967295"};

    generate_add(line, " %lu", (one_in(2) && d ? owned_pages(m, d) : 0) + amount(m, d, node()));
    if (one_in(6))
        generate_add(line, "%s", PICK(bad));
}

/* ---- Memory ---- */

static void placement(char *line)
{
    if (one_in(3))
        generate_add(line, " order=%lu", one_in(12) ? generate_number(22) : 1 + generate_number(5));
    if (!one_in(3))
        generate_add(line, " node=%u", node());
    if (one_in(3))
        generate_add(line, " exact");
}

void generate_populate(struct model *m, struct model_domain *d, char *line)
{
    generate_add(line, " %lu", one_in(3) ? amount(m, d, node()) : 1 + generate_number(3));
    placement(line);
}

void generate_release(struct model *m, struct model_domain *d, char *line)
{
    const unsigned int n = node();

    generate_add(line, " %lu node=%u", one_in(2) ? 1 + generate_number(5) : amount(m, d, n), n);
}

void generate_exchange(struct model *m, struct model_domain *d, char *line)
{
    const unsigned int from = (unsigned int)generate_number(generate_nodes);
    const uint64_t owned = d ? count_pages(m, PAGE_OWNED, from, index_of(m, d)) : 3;

    generate_add(line, " %lu from=%u", one_in(4) || !owned ? owned : 1 + generate_number(owned), from);
    if (!one_in(3))
        generate_add(line, " to=%u", node());
}

void generate_max(struct model *m, struct model_domain *d, char *line)
{
    const uint64_t has = d ? owned_pages(m, d) + all_claimed_by(d) : 0;

    generate_add(line, " %lu",
                 !one_in(4)  ? 1048576
                 : one_in(2) ? has + generate_number(20)
                             : amount(m, d, 0));
}

void generate_affinity(struct model *m, struct model_domain *d, char *line)
{
    (void)m, (void)d;
    generate_add(line, " %u", node());
    while (one_in(2))
        generate_add(line, ",%u", node());
}

void generate_offline(struct model *m, struct model_domain *d, char *line)
{
    const unsigned int n = (unsigned int)generate_number(generate_nodes);

    if (one_in(2) && d)
        generate_add(line, " %lu", 1 + generate_number(owned_pages(m, d) + 1));
    else
        snprintf(line, LINE_SIZE, "offline free %lu node=%u",
                 one_in(2) ? 1 + generate_number(3) : amount(m, d, n), n);
}

void generate_online(struct model *m, struct model_domain *d, char *line)
{
    const unsigned int n = (unsigned int)generate_number(generate_nodes);
    const uint64_t there = count_pages(m, PAGE_OFFLINED, n, NO_DOMAIN) + generate_number(3);

    (void)d;
    snprintf(line, LINE_SIZE, "online %lu node=%u", 1 + generate_number(there + 1), n);
}

void generate_idle(struct model *m, struct model_domain *d, char *line)
{
    (void)m, (void)d;
    snprintf(line, LINE_SIZE, IDLE "%lu", one_in(3) ? 1000 : generate_number(20));
}

void generate_domain(struct model *m, struct model_domain *d, char *line)
{
    if (m->nr_domains >= generate_names + MORE_DOMAINS)
        strcpy(line, IDLE "1");
    else if (one_in(4))
        generate_add(line, " max=%lu", amount(m, d, 0));
}

void generate_nothing(struct model *m, struct model_domain *d, char *line)
{
    (void)m, (void)d, (void)line;
}
