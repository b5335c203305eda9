/* SPDX-License-Identifier: MIT */
/* Scrubbing while a CPU is idle: bounded, counted exactly, invisible to allocations and claims. */
#include "mm_test.h"
#include "offline.h"

#define PAGES 256

static struct pair *p;

static int begin(void **state)
{
    (void)state;
    p = pair_make(PAGES, 0);
    memset(mfn_to_virt(machine_node_range(0).start), 0xaa, PAGES << PAGE_SHIFT);
    return 0;
}

static int end(void **state)
{
    (void)state;
    pair_end(p);
    return 0;
}

static unsigned long dirty(void)
{
    struct heap_info info;

    assert_true(heap_check());
    heap_info(&info);
    return info.dirty_pages;
}

static bool is_zero(const struct page_info *pg, unsigned int order)
{
    const uint8_t *byte = page_to_virt(pg);

    for (unsigned long i = 0; i < PAGE_SIZE << order; i++)
        if (byte[i])
            return false;
    return true;
}

static void a_slice_is_bounded(void **state)
{
    (void)state;
    assert_int_equal(heap_scrub_slice(0, 10), 10);
    assert_int_equal(dirty(), PAGES - 10);
    assert_int_equal(heap_scrub_slice(0, 1), 1);
    assert_int_equal(heap_scrub_slice(0, 10 * PAGES), PAGES - 11);
    assert_int_equal(dirty(), 0);
    assert_int_equal(heap_scrub_slice(0, 10), 0);
}

static bool node_is_zero(nodeid_t node, unsigned long pages)
{
    const uint8_t *byte = mfn_to_virt(machine_node_range(node).start);

    for (unsigned long i = 0; i < pages << PAGE_SHIFT; i++)
        if (byte[i])
            return false;
    return true;
}

/* A CPU's own node comes first, then the others. */
static void the_near_node_comes_first(void **state)
{
    enum { EACH = 64 };

    (void)state;
    machine_create_nodes(2, (const unsigned long[]){EACH, EACH});
    for (nodeid_t node = 0; node < 2; node++)
        memset(mfn_to_virt(machine_node_range(node).start), 0xaa, EACH << PAGE_SHIFT);
    assert_int_equal(heap_scrub_slice(1, EACH), EACH);
    assert_true(node_is_zero(1, EACH));
    assert_int_equal(dirty(), EACH);
    assert_int_equal(heap_scrub_slice(1, 2 * EACH), EACH);
    assert_true(node_is_zero(0, EACH));
    assert_int_equal(dirty(), 0);
    machine_destroy();
}

/* The block is whole all the time: an allocation of all of it succeeds in the middle of the work, and finds
 * the rest scrubbed, too. */
static void an_allocation_in_the_middle(void **state)
{
    struct page_info *pg;

    (void)state;
    heap_scrub_slice(0, 10);
    pg = alloc_domheap_pages(&p->d1, 8, 0);
    assert_non_null(pg);
    assert_true(is_zero(pg, 8));
    assert_int_equal(dirty(), 0);
}

/* Splitting a block whose first 10 pages are clean: 8 clean ones, 8 of which 2 are, dirty ones. */
static void a_block_that_is_partly_clean_is_split(void **state)
{
    struct page_info *clean, *partly, *dirty_one;

    (void)state;
    heap_scrub_slice(0, 10);
    clean = alloc_heap_pages(ZONE_LOW, ZONE_HIGH, 3, MEMF_no_owner | MEMF_no_scrub, NULL);
    assert_false(page_needs_scrub(clean));
    assert_true(is_zero(clean, 3));
    assert_int_equal(dirty(), PAGES - 10);
    partly = alloc_heap_pages(ZONE_LOW, ZONE_HIGH, 3, MEMF_no_owner | MEMF_no_scrub, NULL);
    assert_true(page_needs_scrub(partly));
    assert_int_equal(dirty(), PAGES - 16);
    dirty_one = alloc_heap_pages(ZONE_LOW, ZONE_HIGH, 4, MEMF_no_owner, NULL);
    assert_true(is_zero(dirty_one, 4));
    assert_int_equal(dirty(), PAGES - 32);
    free_heap_pages(dirty_one, 4);
    free_heap_pages(partly, 3);
    free_heap_pages(clean, 3);
    assert_int_equal(dirty(), PAGES);
}

/* Freed at its end, a clean block keeps its clean begin. */
static void a_dirty_page_behind_clean_ones(void **state)
{
    struct page_info *pg[PAGES];

    (void)state;
    heap_scrub_slice(0, PAGES);
    for (unsigned int i = 0; i < PAGES; i++)
        pg[i] = alloc_domheap_pages(&p->d1, 0, 0);
    free_domheap_pages(&p->d1, pg[PAGES - 1], 0);
    assert_int_equal(dirty(), 1);
    memset(page_to_virt(pg[PAGES - 1]), 0xaa, PAGE_SIZE);
    assert_int_equal(heap_scrub_slice(0, PAGES), 1);
    free_domheap_pages(&p->d1, pg[PAGES - 2], 0);
    assert_int_equal(dirty(), 2); /* the clean page behind the dirty one counts with it */
    assert_int_equal(heap_scrub_slice(0, PAGES), 2);
    assert_true(is_zero(alloc_domheap_pages(&p->d1, 1, 0), 1));
}

static void claims_do_not_notice(void **state)
{
    (void)state;
    claim(&p->d1, E(100, 0), E(50, HOST));
    for (unsigned int i = 0; i < 20; i++) {
        heap_scrub_slice(0, 7);
        assert_host(PAGES, 150, PAGES, 0, 100, 0);
        assert_int_equal(dirty(), PAGES - 7 * (i + 1));
    }
    assert_int_equal(populate(&p->d2, PAGES, 0, 0), PAGES - 150);
    assert_int_equal(populate(&p->d1, PAGES, 0, 0), 150);
}

/* What the hypervisor kept in its own pages is spoilt when they are freed, and nobody sees that either. */
static void own_pages_are_poisoned(void **state)
{
    uint8_t *own = alloc_xenheap_pages(1, NUMA_NO_NODE);
    struct page_info *table;

    (void)state;
    assert_true(is_zero(virt_to_page(own), 1));
    free_xenheap_pages(own, 1);
    assert_int_equal(own[0] & own[2 * PAGE_SIZE - 1], 0xa5);
    assert_int_equal(paging_set_allocation(&p->d1, 1), 0);
    table = paging_alloc_page(&p->d1);
    assert_true(is_zero(table, 0));
    paging_free_page(&p->d1, table);
    assert_int_equal(*(uint8_t *)page_to_virt(table), 0xa5);
    assert_true(is_zero(paging_alloc_page(&p->d1), 0));
    paging_free_page(&p->d1, table);
    assert_true(is_zero(alloc_domheap_pages(&p->d1, 7, 0), 7));
}

/* ---- A model, page by page ---- */

/* The memory itself is the model: a free page is dirty if and only if it holds POISON. What is freed gets it
 * from its user; what then counts as dirty though it was clean, because it lies behind a dirty page of its
 * block, gets it here. So any page that the heap takes for clean and the model does not shows when it is
 * handed out, and the other way round in the count. */
#define POISON 0xaa
#define HANDS  24U
#define NODE1  112U /* pages of node 1: no whole block */

enum holder { FREE, HELD, MARKED, OUT }; /* marked: held, and out of use when it is freed */
static enum holder holder[PAGES + NODE1];

struct hand {
    struct page_info *pg;
    unsigned int order;
    enum { NOTHING, DOMAIN, UNSCRUBBED, XENHEAP } kind;
};

static uint64_t first_frame(void)
{
    return machine_node_range(0).start.v;
}

static void *content(unsigned int page)
{
    return mfn_to_virt(mfn(first_frame() + page));
}

static unsigned int index_of(const struct page_info *pg)
{
    return (unsigned int)(page_to_mfn(pg).v - first_frame());
}

static bool is_poisoned(unsigned int page)
{
    return *(uint8_t *)content(page) == POISON;
}

/* The block that a free page is in: the largest aligned one of its node that is free as a whole. */
static void block_of(unsigned int page, unsigned int *start, unsigned int *end)
{
    for (unsigned int order = 0;; order++) {
        unsigned int s = page & ~((1U << order) - 1), e = s + (1U << order);

        if (e > PAGES + NODE1 || (s < PAGES && e > PAGES))
            return;
        for (unsigned int i = s; i < e; i++)
            if (holder[i] != FREE)
                return;
        *start = s;
        *end = e;
    }
}

/* These pages are free now: in their block everything behind the first dirty page counts as dirty. */
static void model_free(unsigned int page, unsigned int nr)
{
    unsigned int start = page, end;

    for (unsigned int i = page; i < page + nr; i++) {
        holder[i] = holder[i] == MARKED ? OUT : FREE;
        memset(content(i), POISON, PAGE_SIZE);
    }
    for (unsigned int i = page; i < page + nr; i = end) {
        bool dirty = false;

        end = i + 1;
        if (holder[i] == FREE)
            block_of(i, &start, &end);
        for (unsigned int k = start; holder[i] == FREE && k < end; k++) {
            dirty |= is_poisoned(k);
            if (dirty)
                memset(content(k), POISON, PAGE_SIZE);
        }
    }
}

static unsigned long model_dirty(void)
{
    unsigned long n = 0;

    for (unsigned int i = 0; i < PAGES + NODE1; i++)
        n += holder[i] == FREE && is_poisoned(i);
    return n;
}

static void assert_agrees(unsigned int step, const char *what)
{
    unsigned long seen = dirty(), expected = model_dirty();

    if (seen != expected)
        fail_msg("step %u, %s: expected %lu dirty pages, saw %lu", step, what, expected, seen);
}

static void take(struct hand *h)
{
    h->order = (unsigned int)rand() % 6;
    h->kind = DOMAIN + (unsigned int)rand() % 3;
    if (h->kind == XENHEAP) {
        void *own = alloc_xenheap_pages(h->order, NUMA_NO_NODE);

        h->pg = own ? virt_to_page(own) : NULL;
    } else {
        h->pg = alloc_domheap_pages(&p->d1, h->order, h->kind == UNSCRUBBED ? MEMF_no_scrub : 0);
    }
    if (!h->pg) {
        h->kind = NOTHING;
        return;
    }
    if (h->kind == UNSCRUBBED) {
        bool any = false;

        for (unsigned int i = 0; i < 1U << h->order; i++)
            any |= is_poisoned(index_of(h->pg) + i);
        assert_int_equal(page_needs_scrub(h->pg), any);
        if (any)
            scrub_pages(h->pg, h->order);
        assert_false(page_needs_scrub(h->pg));
    }
    assert_true(is_zero(h->pg, h->order));
    for (unsigned int i = 0; i < 1U << h->order; i++)
        holder[index_of(h->pg) + i] = HELD;
}

static void give(struct hand *h)
{
    if (h->kind == XENHEAP)
        free_xenheap_pages(page_to_virt(h->pg), h->order);
    else
        free_domheap_pages(&p->d1, h->pg, h->order);
    model_free(index_of(h->pg), 1U << h->order);
    h->kind = NOTHING;
}

/* Take any page out of use, or bring one back. */
static void offline_or_online(void)
{
    unsigned int page = (unsigned int)rand() % (PAGES + NODE1);
    mfn_t m = mfn(first_frame() + page);

    switch (holder[page]) {
    case FREE:
        assert_int_equal(heap_offline_page(m, false).outcome, OFFLINE_DONE);
        holder[page] = OUT;
        break;
    case HELD:
        assert_int_equal(heap_offline_page(m, false).outcome, OFFLINE_PENDING);
        holder[page] = MARKED;
        break;
    case MARKED:
        assert_int_equal(heap_online_page(m).outcome, ONLINE_DONE);
        holder[page] = HELD;
        break;
    case OUT:
        assert_int_equal(heap_online_page(m).outcome, ONLINE_DONE);
        model_free(page, 1);
        break;
    }
}

/* Whatever is allocated, freed and scrubbed in between: nobody sees what another one left, and the count of
 * dirty pages is what the model says, no more and no less, after every step. */
static void random_work(void **state)
{
    struct hand hands[HANDS] = {0};
    unsigned long most = 0, scrubbed = 0;

    (void)state;
    pair_end(p);
    p = pair_make(PAGES, NODE1);
    assert_int_equal(machine_node_range(1).start.v, machine_node_range(0).end.v);
    for (unsigned int i = 0; i < PAGES + NODE1; i++) {
        holder[i] = FREE;
        memset(content(i), POISON, PAGE_SIZE);
    }
    assert_agrees(0, "begin");
    srand(1);
    for (unsigned int step = 1; step <= 20000; step++) {
        struct hand *h = &hands[(unsigned int)rand() % HANDS];
        unsigned long before = model_dirty(), slice = (unsigned long)rand() % 9;

        if (h->kind == NOTHING)
            take(h);
        else
            give(h);
        assert_agrees(step, h->kind == NOTHING ? "free" : "allocation");
        if (step % 5 == 0)
            offline_or_online();
        assert_agrees(step, "offline");
        before = model_dirty();
        most = MAX(most, before);
        slice = heap_scrub_slice(0, slice);
        assert_int_equal(model_dirty(), before - slice);
        assert_agrees(step, "slice");
        scrubbed += slice;
    }
    for (unsigned int i = 0; i < HANDS; i++)
        if (hands[i].kind != NOTHING)
            give(&hands[i]);
    for (unsigned int i = 0; i < PAGES + NODE1; i++)
        if (holder[i] == OUT)
            assert_int_equal(heap_online_page(mfn(first_frame() + i)).outcome, ONLINE_DONE);
    print_message("20000 steps: up to %lu dirty pages, %lu scrubbed while idle\n", most, scrubbed);
    assert_true(most > PAGES / 2 && scrubbed > 10000);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)
    const struct CMUnitTest tests[] = {
        T(a_slice_is_bounded),
        cmocka_unit_test(the_near_node_comes_first),
        T(an_allocation_in_the_middle),
        T(a_block_that_is_partly_clean_is_split),
        T(a_dirty_page_behind_clean_ones),
        T(claims_do_not_notice),
        T(own_pages_are_poisoned),
        T(random_work),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
