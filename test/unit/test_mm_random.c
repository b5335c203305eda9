/* SPDX-License-Identifier: MIT */
/* Random operations on heap and claims against a naive model that adds everything up anew, page by page. */
#include "mm_test.h"

#include <time.h>

#define NODES   4
#define DOMAINS 4
#define BLOCKS  1024
#define STEPS   20000

typedef unsigned __int128 wide; /* sums in it cannot wrap */

static const unsigned long node_pages[NODES] = {96, 0, 150, 33};

struct block {
    struct page_info *pg;
    unsigned int order;
    unsigned int owner; /* DOMAINS: the hypervisor */
};

struct model_domain {
    unsigned long max, host, claims[NODES];
    nodemask_t affinity;
    unsigned int last;
    bool dying;
};

static struct domain_mem real[DOMAINS];
static struct model_domain model[DOMAINS];
static struct block blocks[BLOCKS];
static unsigned int nr_blocks;
static uint64_t random_state;

static uint64_t rnd(uint64_t below)
{
    random_state = random_state * 6364136223846793005UL + 1442695040888963407UL;
    return (random_state >> 33) % below;
}

/* ---- Sums ---- */

static unsigned long owned(unsigned int dom)
{
    unsigned long sum = 0;

    for (unsigned int i = 0; i < nr_blocks; i++)
        sum += blocks[i].owner == dom ? 1UL << blocks[i].order : 0;
    return sum;
}

static unsigned long free_on(unsigned int node)
{
    unsigned long sum = node_pages[node];

    for (unsigned int i = 0; i < nr_blocks; i++)
        sum -= blocks[i].pg->node == node ? 1UL << blocks[i].order : 0;
    return sum;
}

static unsigned long free_total(void)
{
    unsigned long sum = 0;

    for (unsigned int n = 0; n < NODES; n++)
        sum += free_on(n);
    return sum;
}

static unsigned long claimed_on(unsigned int node)
{
    unsigned long sum = 0;

    for (unsigned int i = 0; i < DOMAINS; i++)
        sum += model[i].claims[node];
    return sum;
}

static unsigned long outstanding(const struct model_domain *m)
{
    unsigned long sum = m->host;

    for (unsigned int n = 0; n < NODES; n++)
        sum += m->claims[n];
    return sum;
}

static unsigned long claimed_total(void)
{
    unsigned long sum = 0;

    for (unsigned int i = 0; i < DOMAINS; i++)
        sum += outstanding(&model[i]);
    return sum;
}

static void compare(void)
{
    struct heap_info info;

    heap_info(&info);
    assert_true(heap_check());
    assert_int_equal(info.avail_pages, free_total());
    assert_int_equal(info.claimed_pages, claimed_total());
    for (unsigned int n = 0; n < NODES; n++) {
        assert_int_equal(info.node_avail[n], free_on(n));
        assert_int_equal(info.node_claimed[n], claimed_on(n));
    }
    for (unsigned int i = 0; i < DOMAINS; i++) {
        struct domain_mem_info d;

        domain_mem_info(&real[i], &d);
        assert_int_equal(d.tot_pages, owned(i));
        assert_int_equal(d.outstanding_pages, outstanding(&model[i]));
        for (unsigned int n = 0; n < NODES; n++)
            assert_int_equal(real[i].claims[n], model[i].claims[n]);
    }
}

/* ---- Claims ---- */

static int predict_entry(const struct model_domain *m, unsigned int nr, const memory_claim_t *set,
                         unsigned int i)
{
    const memory_claim_t *e = &set[i];
    unsigned int same = 0;

    if (e->cmd || (e->target == LEGACY && nr > 1))
        return -EINVAL;
    for (unsigned int j = 0; j < i; j++)
        same += set[j].target == e->target;
    if (e->target == HOST || e->target == LEGACY)
        return same ? -EINVAL : 0;
    if (e->target >= NODES || !node_pages[e->target])
        return -ENOENT;
    if (same)
        return -EINVAL;
    return (wide)e->pages + claimed_on(e->target) > (wide)free_on(e->target) + m->claims[e->target] ? -ENOMEM
                                                                                                    : 0;
}

static int predict_claim(unsigned int dom, unsigned int nr, const memory_claim_t *set)
{
    const struct model_domain *m = &model[dom];
    const unsigned long tot = owned(dom);
    wide sum = 0;

    if (m->dying)
        return -ESRCH;
    for (unsigned int i = 0; i < nr; i++) {
        int rc = predict_entry(m, nr, set, i);

        if (rc)
            return rc;
        sum += set[i].pages;
    }
    if (!sum)
        return 0;
    if (set->target == LEGACY) {
        if (outstanding(m) || set->pages <= tot)
            return -EINVAL;
        sum -= tot;
    }
    if (sum + tot > m->max)
        return -EINVAL;
    return sum + claimed_total() > (wide)free_total() + outstanding(m) ? -ENOMEM : 0;
}

static void apply_claim(unsigned int dom, unsigned int nr, const memory_claim_t *set)
{
    struct model_domain *m = &model[dom];

    m->host = 0;
    memset(m->claims, 0, sizeof(m->claims));
    for (unsigned int i = 0; i < nr; i++) {
        if (set[i].target < NODES)
            m->claims[set[i].target] = set[i].pages;
        else if (set[i].target == HOST)
            m->host = set[i].pages;
        else
            m->host = set[i].pages ? set[i].pages - owned(dom) : 0;
    }
}

static unsigned long random_pages(void)
{
    static const unsigned long odd[] = {0, ~0UL, 1UL << 32, (1UL << 32) + 5, 1UL << 63, 96, 150};

    return rnd(12) ? rnd(rnd(4) ? 30 : 170) : odd[rnd(ARRAY_SIZE(odd))];
}

static uint32_t random_target(unsigned int nr)
{
    static const uint32_t odd[] = {NODES, 64, 0xff, 0x100, 0xc0000000U, LEGACY, ~0U};

    if (!rnd(15))
        return odd[rnd(ARRAY_SIZE(odd))];
    if (nr == 1 && !rnd(4))
        return LEGACY;
    return rnd(3) ? (uint32_t)rnd(2) * 2 + (uint32_t)!rnd(4) : HOST;
}

static void step_claim(unsigned int dom)
{
    memory_claim_t set[5];
    unsigned int nr = 1 + (unsigned int)rnd(5);
    int want;

    for (unsigned int i = 0; i < nr; i++)
        set[i] = (memory_claim_t){random_pages(), random_target(nr), !rnd(60)};
    want = predict_claim(dom, nr, set);
    assert_int_equal(domain_set_claim_entries(&real[dom], nr, set), want);
    if (!want)
        apply_claim(dom, nr, set);
}

/* ---- Allocation ---- */

static bool permitted(unsigned int dom, unsigned int node, unsigned long request)
{
    unsigned long own = dom < DOMAINS ? model[dom].claims[node] : 0;

    return request + claimed_on(node) <= free_on(node) + own;
}

/* The nodes in the order of spec section 4; all distances are equal here. */
static unsigned int node_order(nodemask_t affinity, unsigned int last, int wanted, bool exact,
                               unsigned int *out)
{
    nodemask_t tried = 0;
    unsigned int nr = 0;

#define try(n) (node_pages[n] && !(tried >> (n)&1) ? (tried |= 1UL << (n), out[nr++] = (n)) : 0)
    if (wanted >= 0 && wanted < NODES)
        try((unsigned int)wanted);
    if (exact && wanted >= 0)
        return nr;
    for (unsigned int i = 1; i <= NODES; i++)
        if (affinity >> (last + i) % NODES & 1)
            try((last + i) % NODES);
    for (unsigned int n = 0; !exact && n < NODES; n++)
        try(n);
#undef try
    return nr;
}

/* Is there an aligned run of free pages on the node? Then merging must have made a block of it. */
static bool has_block(unsigned int node, unsigned int order)
{
    const struct mem_range range = machine_node_range((nodeid_t)node);
    const uint64_t size = 1UL << order;

    for (uint64_t start = range.start.v; start + size <= range.end.v; start += size) {
        bool is_free = true;

        for (unsigned int i = 0; is_free && i < nr_blocks; i++) {
            uint64_t used = page_to_mfn(blocks[i].pg).v;

            is_free = used + (1UL << blocks[i].order) <= start || start + size <= used;
        }
        if (is_free)
            return true;
    }
    return false;
}

/* Where a request must come from: -1 from nowhere. */
static int predict_node(unsigned int dom, bool counted, int wanted, bool exact, unsigned int order_wanted)
{
    const unsigned long request = 1UL << order_wanted;
    const struct model_domain *m = &model[dom];
    unsigned int order[NODES], nr = node_order(m->affinity, m->last, wanted, exact, order);

    if (request + claimed_total() > free_total() + (counted ? outstanding(m) : 0))
        return -1;
    for (unsigned int i = 0; i < nr; i++)
        if (has_block(order[i], order_wanted) && permitted(counted ? dom : DOMAINS, order[i], request))
            return (int)order[i];
    return -1;
}

static void redeem(struct model_domain *m, unsigned int node, unsigned long pages)
{
    for (; pages && outstanding(m); pages--) {
        unsigned int n = 0;

        if (m->claims[node])
            m->claims[node]--;
        else if (m->host)
            m->host--;
        else {
            while (!m->claims[n])
                n++;
            m->claims[n]--;
        }
    }
}

/* Clean when it should be; then leave something secret there. */
static void look_and_soil(struct page_info *pg, unsigned int order, bool clean)
{
    for (unsigned long i = 0; i < 1UL << order; i++) {
        uint64_t *p = page_to_virt(&pg[i]);

        if (clean)
            assert_int_equal(p[7] | p[511], 0);
        p[7] = p[511] = 0x5ec2e7;
    }
}

static void step_alloc(unsigned int dom)
{
    struct model_domain *m = &model[dom];
    bool counted = rnd(6), exact = !rnd(3), scrub = rnd(2);
    unsigned int order = rnd(2) ? 0 : (unsigned int)rnd(7);
    int wanted = rnd(2) ? (int)rnd(NODES + 2) : -1;
    bool quota = !counted || (!m->dying && (wide)owned(dom) + (1UL << order) <= m->max);
    unsigned int memflags = (counted ? 0 : MEMF_no_refcount) | (scrub ? 0 : MEMF_no_scrub) |
                            (exact ? MEMF_exact_node : 0) | (wanted < 0 ? 0 : MEMF_node(wanted));
    int want = quota ? predict_node(dom, counted, wanted, exact, order) : -1;
    struct page_info *pg;

    if (nr_blocks + 8 > BLOCKS)
        return;
    pg = alloc_domheap_pages(&real[dom], order, memflags);
    assert_int_equal(pg ? pg->node : -1, want);
    if (!pg)
        return;
    look_and_soil(pg, order, scrub);
    blocks[nr_blocks++] = (struct block){pg, order, counted ? dom : DOMAINS};
    if (counted)
        redeem(m, pg->node, 1UL << order);
    m->last = pg->node;
}

/* ---- The rest ---- */

/* Give back a part of a random block, or all of it; the rest stays as the halves that were split off. */
static void step_free(void)
{
    struct block b;
    unsigned int i, order;

    if (!nr_blocks || nr_blocks + 8 > BLOCKS)
        return;
    i = (unsigned int)rnd(nr_blocks);
    b = blocks[i];
    blocks[i] = blocks[--nr_blocks];
    if (b.owner == DOMAINS) {
        free_heap_pages(b.pg, b.order);
        return;
    }
    for (order = (unsigned int)rnd(b.order + 1); b.order > order;) {
        unsigned int upper = (unsigned int)rnd(2);

        b.order--;
        blocks[nr_blocks++] = (struct block){b.pg + (upper ? 0 : 1UL << b.order), b.order, b.owner};
        b.pg += upper ? 1UL << b.order : 0;
    }
    free_domheap_pages(&real[b.owner], b.pg, b.order);
}

static void step_max(unsigned int dom)
{
    model[dom].max = rnd(5) ? 50 + rnd(150) : random_pages();
    domain_set_max_pages(&real[dom], model[dom].max);
}

static void step_affinity(unsigned int dom)
{
    model[dom].affinity = 1 + rnd(15);
    real[dom].node_affinity = model[dom].affinity;
}

static void make_domain(unsigned int dom)
{
    domain_make(&real[dom], (domid_t)(dom * 7 % DOMAINS + 1));
    model[dom] = (struct model_domain){.max = DEFAULT_MAX_PAGES, .affinity = node_online_map};
}

static void step_kill(unsigned int dom)
{
    domain_mem_kill(&real[dom]);
    model[dom].host = 0;
    memset(model[dom].claims, 0, sizeof(model[dom].claims));
    model[dom].dying = true;
    if (rnd(2))
        return;
    while (domain_relinquish_pages(&real[dom], 1 + rnd(40)))
        ;
    for (unsigned int i = 0; i < nr_blocks;)
        if (blocks[i].owner == dom)
            blocks[i] = blocks[--nr_blocks];
        else
            i++;
    domain_mem_destroy(&real[dom]);
    make_domain(dom);
}

static void random_operations(void **state)
{
    const char *given = getenv("ALLOD_SEED");

    (void)state;
    random_state = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
    print_message("ALLOD_SEED=%lu\n", random_state);
    machine_create_nodes(NODES, node_pages);
    for (unsigned int i = 0; i < DOMAINS; i++)
        make_domain(i);
    for (unsigned int step = 0; step < STEPS; step++) {
        unsigned int dom = (unsigned int)rnd(DOMAINS), what = (unsigned int)rnd(100);

        if (what < 20)
            step_claim(dom);
        else if (what < 60)
            step_alloc(dom);
        else if (what < 90)
            step_free();
        else if (what < 94)
            step_max(dom);
        else if (what < 98)
            step_affinity(dom);
        else
            step_kill(dom);
        compare();
    }
    machine_destroy();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_operations)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
