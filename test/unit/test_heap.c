/* SPDX-License-Identifier: MIT */
/* The heap: ranges with ragged edges, zones, records that nobody initialised, scrubbing, xenheap. */
#include "mm_test.h"

#include "buddy.h"
#include <sys/mman.h>

static unsigned long avail(void)
{
    struct heap_info info;

    heap_info(&info);
    assert_true(heap_check());
    return info.avail_pages;
}

static struct page_info *alloc(unsigned int order, unsigned int memflags)
{
    return alloc_heap_pages(ZONE_LOW, ZONE_HIGH, order, memflags, NULL);
}

/* Take all pages of a machine one by one, give them back, and look whether everything merged. */
static void drain_and_refill(void)
{
    unsigned long total = avail(), n = 0;
    struct page_info **pages = calloc(total, sizeof(*pages));
    struct heap_info info;

    while ((pages[n] = alloc(0, MEMF_no_scrub)) != NULL && ++n < total)
        ;
    assert_int_equal(n, total);
    assert_null(alloc(0, 0));
    assert_int_equal(avail(), 0);
    for (unsigned long i = 0; i < total; i += 2)
        free_heap_pages(pages[i], 0);
    for (unsigned long i = 1; i < total; i += 2)
        free_heap_pages(pages[i], 0);
    heap_info(&info);
    assert_int_equal(info.dirty_pages, total);
    assert_int_equal(avail(), total);
    free(pages);
}

static void ragged_nodes(void **state)
{
    const struct machine_config config = {
        .nr_nodes = 5, .pages = {1, 777, 0, 4095, 30}, .first_mfn = 0x12345};

    (void)state;
    machine_create(&config);
    assert_int_equal(avail(), 1 + 777 + 4095 + 30);
    drain_and_refill();
    machine_destroy();
}

/* Neighbouring ranges of two nodes, and of one node in two pieces: merged within the node only. */
static void neighbouring_ranges(void **state)
{
    const struct mem_range ranges[] = {
        {mfn(0x103), mfn(0x140), 0}, {mfn(0x140), mfn(0x180), 0}, {mfn(0x180), mfn(0x1c1), 1}};
    struct page_info *pg;

    (void)state;
    machine(0x400);
    nodes_init(3, NULL, 0);
    heap_add_ranges(ranges, 3);
    assert_int_equal(avail(), 0x1c1 - 0x103);
    drain_and_refill();
    pg = alloc(6, exact(0));
    assert_int_equal(page_to_mfn(pg).v, 0x140);
    assert_null(alloc(7, 0));
    assert_int_equal(page_to_mfn(alloc(6, 0)).v, 0x180);
    machine_destroy();
}

/* The high zone is used first, the low one when it must be; and a zone range keeps a caller out. */
static void zones(void **state)
{
    const uint64_t border = 4 * GiB >> PAGE_SHIFT;
    const struct machine_config config = {.nr_nodes = 1, .pages = {128}, .first_mfn = border - 64};
    const struct mem_range across = {mfn(border - 64), mfn(border + 64), 0};

    (void)state;
    machine_create(&config);
    machine_destroy();
    machine_create(&(struct machine_config){.nr_nodes = 2, .pages = {64, 64}, .first_mfn = border - 64});
    nodes_init(1, NULL, 0);
    heap_add_ranges(&across, 1);
    assert_null(alloc(7, 0));
    assert_int_equal(page_to_mfn(alloc(6, 0)).v, border);
    assert_null(alloc_heap_pages(ZONE_HIGH, ZONE_HIGH, 0, 0, NULL));
    assert_int_equal(page_to_mfn(alloc(6, 0)).v, border - 64);
    machine_destroy();
}

static unsigned long resident_pages(void *at, size_t size)
{
    unsigned char *map = malloc(size >> PAGE_SHIFT);
    unsigned long n = 0;

    assert_int_equal(mincore(at, size, map), 0);
    for (size_t i = 0; i < size >> PAGE_SHIFT; i++)
        n += map[i] & 1;
    free(map);
    return n;
}

/* 4 TiB on two nodes, with ragged ends: the heap's start touches the frame table at the edges only, and each
 * 1 GiB block only when it is taken, in ascending order, zone by zone. */
static void boot_touches_only_edges(void **state)
{
    const uint64_t gib = 1UL << MAX_ORDER, tib = gib << 10;
    const struct mem_range ranges[] = {
        {mfn(gib + 3), mfn(6 * gib), 0}, {mfn(6 * gib), mfn(tib + 7), 1}, {mfn(tib + 7), mfn(4 * tib), 0}};
    size_t size = 4 * tib * sizeof(struct page_info);
    struct heap_info info;
    unsigned long edges;

    (void)state;
    machine(1, 1);
    frame_table =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_true(frame_table != MAP_FAILED);
    assert_int_equal(madvise(frame_table, size, MADV_NOHUGEPAGE), 0);
    heap_add_ranges(ranges, 3);
    edges = resident_pages(frame_table, size);
    assert_in_range(edges, 1, 4 * 2 * MAX_ORDER); /* each end of a range splits into so many blocks */
    assert_int_equal(avail(), 4 * tib - gib - 3);
    heap_info(&info);
    assert_int_equal(info.dirty_pages, 4 * tib - gib - 3);
    assert_int_equal(info.node_avail[1], tib + 7 - 6 * gib);
    assert_int_equal(resident_pages(frame_table, size), edges);

    assert_int_equal(page_to_mfn(alloc(0, exact(1) | MEMF_no_scrub)).v, tib + 6);
    assert_int_equal(page_to_mfn(alloc(9, exact(1) | MEMF_no_scrub)).v, 6 * gib);
    assert_int_equal(page_to_mfn(alloc(MAX_ORDER, exact(1) | MEMF_no_scrub)).v, 7 * gib);
    for (uint64_t block = 4; block < 6; block++)
        assert_int_equal(
            page_to_mfn(alloc_heap_pages(ZONE_LOW, ZONE_HIGH, MAX_ORDER, exact(0) | MEMF_no_scrub, NULL)).v,
            block * gib);
    assert_int_equal(page_to_mfn(alloc(MAX_ORDER, exact(0) | MEMF_no_scrub)).v, tib + gib);
    assert_int_equal(
        page_to_mfn(alloc_heap_pages(ZONE_LOW, ZONE_LOW, MAX_ORDER, exact(0) | MEMF_no_scrub, NULL)).v,
        2 * gib);
    avail();
    free_heap_pages(mfn_to_page(mfn(7 * gib)), MAX_ORDER);
    assert_int_equal(page_to_mfn(alloc(MAX_ORDER, exact(1) | MEMF_no_scrub)).v, 7 * gib);
    avail();
    heap_add_ranges(NULL, 0);
    munmap(frame_table, size);
    machine_destroy();
}

/* 1 GiB blocks: only a handful of records is touched at boot, all of them at allocation. */
static void lazy_records(void **state)
{
    const unsigned long pages = 1UL << MAX_ORDER;
    struct page_info *pg;
    uint64_t garbage;

    (void)state;
    machine(pages, pages);
    memset(&garbage, 0xa5, sizeof(garbage));
    pg = mfn_to_page(machine_node_range(0).start);
    for (unsigned long i = 1; i < pages; i++)
        assert_int_equal(pg[i].state, garbage);
    assert_ptr_equal(alloc(MAX_ORDER, exact(0) | MEMF_no_scrub), pg);
    for (unsigned long i = 0; i < pages; i++)
        assert_int_equal(pg[i].node | pg[i].count_info << 8, i ? 0 : PGC_DIRTY << 8);
    free_heap_pages(pg, MAX_ORDER);
    assert_int_equal(avail(), 2 * pages);
    assert_null(alloc(MAX_ORDER + 1, 0));
    machine_destroy();
}

/* Leftovers in the frame table that look exactly like free blocks are not taken for such. */
static void deceptive_garbage(void **state)
{
    const struct mem_range ranges[] = {{mfn(0x105), mfn(0x140), 0}, {mfn(0x140), mfn(0x181), 0}};

    (void)state;
    machine(0x400);
    for (unsigned int order = 0; order < MAX_ORDER; order++) {
        for (uint64_t frame = 0; frame < 1UL << MAX_ORDER; frame++) {
            frame_table[frame].next = frame_table[frame].prev = 0x1ff;
            frame_table[frame].state = free_block_state(0, order, PGC_DIRTY);
        }
        heap_add_ranges(ranges, 2);
        assert_int_equal(avail(), 0x181 - 0x105);
        drain_and_refill();
    }
    machine_destroy();
}

static void records_of_a_block(void **state)
{
    struct domain_mem d;
    struct page_info *pg;

    (void)state;
    machine(64, 64);
    domain_make(&d, 7);
    pg = alloc_heap_pages(ZONE_LOW, ZONE_HIGH, 3, exact(1), &d);
    for (unsigned int i = 0; i < 8; i++) {
        assert_int_equal(pg[i].count_info, PGC_ALLOCATED | 1);
        assert_int_equal(pg[i].owner, 7);
        assert_int_equal(pg[i].node, 1);
        assert_int_equal(pg[i].order, 3);
    }
    pg = alloc_heap_pages(ZONE_LOW, ZONE_HIGH, 3, exact(1) | MEMF_no_owner, &d);
    assert_int_equal(pg[7].count_info, 0);
    assert_int_equal(pg[7].owner, DOMID_INVALID);
    machine_destroy();
}

static void scrubbed_unless_asked_not_to(void **state)
{
    struct page_info *pg;
    char *p;

    (void)state;
    machine(4);
    pg = alloc(2, MEMF_no_scrub);
    p = page_to_virt(pg);
    memset(p, 'x', 4 * PAGE_SIZE);
    assert_true(page_needs_scrub(pg));
    free_heap_pages(pg, 2);
    for (unsigned int i = 0; i < 4; i++) {
        pg = alloc(0, 0);
        p = page_to_virt(pg);
        assert_false(page_needs_scrub(pg));
        assert_int_equal(p[0] | p[PAGE_SIZE - 1], 0);
    }
    machine_destroy();
}

static void scrub_later(void **state)
{
    struct page_info *pg;
    char *p;

    (void)state;
    machine(4);
    pg = alloc(1, MEMF_no_scrub);
    p = page_to_virt(pg);
    memset(p, 'x', 2 * PAGE_SIZE);
    scrub_pages(pg, 1);
    assert_false(page_needs_scrub(pg));
    assert_int_equal(p[0] | p[2 * PAGE_SIZE - 1], 0);
    machine_destroy();
}

static void xenheap(void **state)
{
    char *p, *q;

    (void)state;
    machine(8, 8);
    p = alloc_xenheap_pages(1, 1);
    assert_int_equal(virt_to_page(p)->node, 1);
    memset(p, 'x', 2 * PAGE_SIZE);
    free_xenheap_pages(p, 1);
    q = alloc_xenheap_pages(1, 1);
    assert_int_equal(q[0] | q[2 * PAGE_SIZE - 1], 0);
    assert_non_null(alloc_xenheap_pages(3, NUMA_NO_NODE));
    assert_null(alloc_xenheap_pages(3, NUMA_NO_NODE));
    free_xenheap_pages(NULL, 0);
    assert_int_equal(avail(), 6);
    machine_destroy();
}

/* Round robin over the affinity set, starting behind node 0; the paging pool does not turn it. */
static void round_robin(void **state)
{
    static const nodeid_t want[] = {1, 2, 3, 0, 1};
    struct domain_mem d;

    (void)state;
    machine(16, 16, 16, 16);
    domain_make(&d, 1);
    for (unsigned int i = 0; i < ARRAY_SIZE(want); i++)
        assert_int_equal(alloc_domheap_pages(&d, 0, 0)->node, want[i]);
    assert_int_equal(alloc_domheap_pages(&d, 0, MEMF_node(3))->node, 3);
    assert_int_equal(alloc_domheap_pages(&d, 0, MEMF_no_refcount)->node, 0);
    assert_int_equal(paging_set_allocation(&d, 3), 0);
    assert_int_equal(alloc_domheap_pages(&d, 0, 0)->node, 1);
    machine_destroy();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ragged_nodes),
        cmocka_unit_test(neighbouring_ranges),
        cmocka_unit_test(zones),
        cmocka_unit_test(boot_touches_only_edges),
        cmocka_unit_test(lazy_records),
        cmocka_unit_test(deceptive_garbage),
        cmocka_unit_test(records_of_a_block),
        cmocka_unit_test(scrubbed_unless_asked_not_to),
        cmocka_unit_test(scrub_later),
        cmocka_unit_test(xenheap),
        cmocka_unit_test(round_robin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
