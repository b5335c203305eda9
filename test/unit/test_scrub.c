/* SPDX-License-Identifier: MIT */
/* Scrubbing while a CPU is idle: bounded, counted exactly, invisible to allocations and claims. */
#include "mm_test.h"

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
    assert_int_equal(heap_scrub_slice(10), 10);
    assert_int_equal(dirty(), PAGES - 10);
    assert_int_equal(heap_scrub_slice(1), 1);
    assert_int_equal(heap_scrub_slice(10 * PAGES), PAGES - 11);
    assert_int_equal(dirty(), 0);
    assert_int_equal(heap_scrub_slice(10), 0);
}

/* The block is whole all the time: an allocation of all of it succeeds in the middle of the work, and finds
 * the rest scrubbed, too. */
static void an_allocation_in_the_middle(void **state)
{
    struct page_info *pg;

    (void)state;
    heap_scrub_slice(10);
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
    heap_scrub_slice(10);
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
    heap_scrub_slice(PAGES);
    for (unsigned int i = 0; i < PAGES; i++)
        pg[i] = alloc_domheap_pages(&p->d1, 0, 0);
    free_domheap_pages(&p->d1, pg[PAGES - 1], 0);
    assert_int_equal(dirty(), 1);
    memset(page_to_virt(pg[PAGES - 1]), 0xaa, PAGE_SIZE);
    assert_int_equal(heap_scrub_slice(PAGES), 1);
    free_domheap_pages(&p->d1, pg[PAGES - 2], 0);
    assert_int_equal(dirty(), 2); /* the clean page behind the dirty one counts with it */
    assert_int_equal(heap_scrub_slice(PAGES), 2);
    assert_true(is_zero(alloc_domheap_pages(&p->d1, 1, 0), 1));
}

static void claims_do_not_notice(void **state)
{
    (void)state;
    claim(&p->d1, E(100, 0), E(50, HOST));
    for (unsigned int i = 0; i < 20; i++) {
        heap_scrub_slice(7);
        assert_host(PAGES, 150, PAGES, 0, 100, 0);
        assert_int_equal(dirty(), PAGES - 7 * (i + 1));
    }
    assert_int_equal(populate(&p->d2, PAGES, 0, 0), PAGES - 150);
    assert_int_equal(populate(&p->d1, PAGES, 0, 0), 150);
}

/* Whatever is allocated, freed and scrubbed in between: nobody sees what another one left. */
static void random_work(void **state)
{
    struct page_info *block[16] = {NULL};
    unsigned int order[16];

    (void)state;
    srand(1);
    for (unsigned int step = 0; step < 20000; step++) {
        unsigned int i = (unsigned int)rand() % 16;

        if (block[i]) {
            memset(page_to_virt(block[i]), 0xaa, PAGE_SIZE << order[i]);
            free_domheap_pages(&p->d1, block[i], order[i]);
            block[i] = NULL;
        } else {
            order[i] = (unsigned int)rand() % 6;
            block[i] = alloc_domheap_pages(&p->d1, order[i], 0);
            assert_true(!block[i] || is_zero(block[i], order[i]));
        }
        heap_scrub_slice((unsigned long)rand() % 9);
        if (step % 50 == 0)
            dirty();
    }
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)
    const struct CMUnitTest tests[] = {
        T(a_slice_is_bounded),
        T(an_allocation_in_the_middle),
        T(a_block_that_is_partly_clean_is_split),
        T(a_dirty_page_behind_clean_ones),
        T(claims_do_not_notice),
        T(random_work),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
