/* SPDX-License-Identifier: MIT */
/* Node distances and the order in which nodes are tried. */
#include "mm_test.h"

#include "placement.h"

static void fallback_is_by_distance_then_id(void **state)
{
    static const uint8_t distance[16] = {10, 30, 20, 20, 30, 10, 20, 15, 20, 20, 10, 20, 20, 15, 20, 10};
    static const nodeid_t from0[] = {0, 2, 3, 1}, from1[] = {1, 3, 2, 0};

    (void)state;
    nodes_init(0xf, distance, 4);
    for (unsigned int i = 0; i < 4; i++) {
        assert_int_equal(node_fallback(0, i), from0[i]);
        assert_int_equal(node_fallback(1, i), from1[i]);
    }
    assert_int_equal(node_fallback(0, 4), NUMA_NO_NODE);
    assert_int_equal(node_distance(1, 3), 15);
    assert_int_equal(nr_node_ids(), 4);
}

static void offline_nodes_are_left_out(void **state)
{
    (void)state;
    nodes_init(1UL << 63 | 1UL << 2 | 1, NULL, 0);
    assert_int_equal(node_fallback(2, 0), 2);
    assert_int_equal(node_fallback(2, 1), 0);
    assert_int_equal(node_fallback(2, 2), 63);
    assert_int_equal(node_fallback(2, 3), NUMA_NO_NODE);
    assert_int_equal(node_distance(0, 0), NODE_DISTANCE_LOCAL);
    assert_int_equal(node_distance(0, 63), NODE_DISTANCE_DEFAULT);
    assert_int_equal(nr_node_ids(), 64);
}

/* Walk a search and compare it with WANT, a string of node digits. */
static void assert_search(unsigned int memflags, const struct domain_mem *d, const char *want) NO_LOCK_CHECK
{
    struct node_search search = node_search_start(memflags, d);
    char seen[MAX_NUMNODES + 1] = "";
    unsigned int n = 0;

    for (nodeid_t node; (node = node_search_next(&search)) != NUMA_NO_NODE;)
        seen[n++] = (char)('0' + node);
    assert_string_equal(seen, want);
}

static void search_order(void **state)
{
    /* Node 0 is nearer to 3 than to 2 and 1; node 4 is offline. */
    static const uint8_t distance[36] = {10, 30, 25, 20, 0,  20, 30, 10, 20, 20, 0, 20,
                                         25, 20, 10, 20, 0,  20, 20, 20, 20, 10, 0, 20,
                                         0,  0,  0,  0,  10, 0,  20, 20, 20, 20, 0, 10};
    struct domain_mem d = {.node_affinity = 0x2f, .last_alloc_node = 2};

    (void)state;
    nodes_init(0x2f, distance, 6);
    assert_search(0, &d, "35012");
    assert_search(MEMF_node(1), &d, "13502");
    assert_search(exact(1), &d, "1");
    assert_search(exact(4), &d, "");
    assert_search(exact(200), &d, "");
    assert_search(MEMF_node(4), &d, "35012");
    assert_search(MEMF_node(200), &d, "35012");

    d.node_affinity = 0x06 | 1UL << 50;
    assert_search(0, &d, "12350");
    assert_search(MEMF_node(0), &d, "01235");
    assert_search(MEMF_exact_node, &d, "12");
    d.node_affinity = 0x02;
    assert_search(MEMF_node(0), &d, "01352");
    d.last_alloc_node = 63;
    d.node_affinity = 0x03;
    assert_search(MEMF_exact_node, &d, "01");
    d.node_affinity = 1UL << 4;
    assert_search(MEMF_exact_node, &d, "");
    assert_search(0, &d, "03521");

    assert_search(0, NULL, "03521");
    assert_search(MEMF_node(3), NULL, "30125");
    assert_search(MEMF_exact_node, NULL, "01235");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fallback_is_by_distance_then_id),
        cmocka_unit_test(offline_nodes_are_left_out),
        cmocka_unit_test(search_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
