/* SPDX-License-Identifier: MIT */
/* Claims: what each rule of spec sections 3 to 7 accepts and refuses, and what it leaves behind. */
#include "mm_test.h"

static int make(void **state)
{
    *state = pair_make(64, 64);
    return 0;
}

static int end(void **state)
{
    pair_end(*state);
    return 0;
}

/* ---- Installing ---- */

#define MAX_SET 4

/* One set for d1, on two nodes of 64 pages: the result, and the claims (host, node 0, node 1) afterwards. */
struct install_case {
    unsigned long max_pages, owned;
    unsigned int nr;
    memory_claim_t set[MAX_SET];
    int rc;
    unsigned long host, node0, node1;
};

#define ANY  DEFAULT_MAX_PAGES
#define HUGE 0xfffffffffUL

static const struct install_case install_cases[] = {
    {ANY, 0, 1, {{10, 0, 0}}, 0, 0, 10, 0},
    {ANY, 0, 1, {{10, HOST, 0}}, 0, 10, 0, 0},
    {ANY, 0, 3, {{10, 1, 0}, {5, HOST, 0}, {7, 0, 0}}, 0, 5, 7, 10},
    {ANY, 0, 3, {{0, HOST, 0}, {0, 0, 0}, {7, 1, 0}}, 0, 0, 0, 7},
    {ANY, 0, 2, {{64, 0, 0}, {64, 1, 0}}, 0, 0, 64, 64},
    {ANY, 0, 1, {{0, HOST, 0}}, 0, 0, 0, 0},
    {ANY, 0, 1, {{0, LEGACY, 0}}, 0, 0, 0, 0},
    /* targets */
    {ANY, 0, 1, {{1, 0x100, 0}}, -ENOENT, 0, 0, 0},
    {ANY, 0, 1, {{1, NUMA_NO_NODE, 0}}, -ENOENT, 0, 0, 0},
    {ANY, 0, 1, {{0, 2, 0}}, -ENOENT, 0, 0, 0},
    {ANY, 0, 1, {{1, 64, 0}}, -ENOENT, 0, 0, 0},
    {ANY, 0, 1, {{1, 0xc0000000U, 0}}, -ENOENT, 0, 0, 0},
    {ANY, 0, 1, {{1, 0x20000000U, 0}}, -ENOENT, 0, 0, 0},
    {ANY, 0, 1, {{1, 0xffffffffU, 0}}, -ENOENT, 0, 0, 0},
    {ANY, 0, 2, {{1, 0, 0}, {0, 0, 0}}, -EINVAL, 0, 0, 0},
    {ANY, 0, 2, {{1, HOST, 0}, {1, HOST, 0}}, -EINVAL, 0, 0, 0},
    {ANY, 0, 2, {{1, HOST, 0}, {1, LEGACY, 0}}, -EINVAL, 0, 0, 0},
    {ANY, 0, 2, {{4, LEGACY, 0}, {0, 0, 0}}, -EINVAL, 0, 0, 0},
    {ANY, 0, 2, {{4, LEGACY, 0}, {4, LEGACY, 0}}, -EINVAL, 0, 0, 0},
    /* the reserved field, also in the last entry, also in a release */
    {ANY, 0, 1, {{1, 0, 1}}, -EINVAL, 0, 0, 0},
    {ANY, 0, 2, {{1, 0, 0}, {1, 1, 7}}, -EINVAL, 0, 0, 0},
    {ANY, 0, 1, {{0, HOST, 1}}, -EINVAL, 0, 0, 0},
    /* the order of checks: per entry, then quota, then the host's memory */
    {ANY, 0, 2, {{65, 0, 0}, {1, 0x63, 0}}, -ENOMEM, 0, 0, 0},
    {ANY, 0, 2, {{1, 0x63, 0}, {65, 0, 0}}, -ENOENT, 0, 0, 0},
    {ANY, 0, 2, {{65, 0, 0}, {65, 0, 1}}, -ENOMEM, 0, 0, 0},
    {ANY, 0, 1, {{65, 0, 1}}, -EINVAL, 0, 0, 0},
    {ANY, 0, 1, {{1, 0x63, 1}}, -EINVAL, 0, 0, 0},
    {10, 0, 1, {{65, 0, 0}}, -ENOMEM, 0, 0, 0},
    {10, 0, 1, {{1000, HOST, 0}}, -EINVAL, 0, 0, 0},
    {ANY, 0, 1, {{129, HOST, 0}}, -ENOMEM, 0, 0, 0},
    {ANY, 0, 3, {{64, 0, 0}, {64, 1, 0}, {1, HOST, 0}}, -ENOMEM, 0, 0, 0},
    /* sums do not wrap */
    {ANY, 0, 1, {{~0UL, 0, 0}}, -ENOMEM, 0, 0, 0},
    {ANY, 0, 1, {{~0UL, HOST, 0}}, -EINVAL, 0, 0, 0},
    {ANY, 0, 2, {{2, 0, 0}, {~0UL, HOST, 0}}, -EINVAL, 0, 0, 0},
    {~0UL, 3, 1, {{~0UL, HOST, 0}}, -EINVAL, 0, 0, 0},
    {~0UL, 0, 2, {{2, 0, 0}, {~0UL, HOST, 0}}, -EINVAL, 0, 0, 0},
    {~0UL, 0, 1, {{~0UL, HOST, 0}}, -ENOMEM, 0, 0, 0},
    {~0UL, 0, 1, {{~0UL, LEGACY, 0}}, -ENOMEM, 0, 0, 0},
    {0xfffffffe, 0, 1, {{0x100000005UL, HOST, 0}}, -EINVAL, 0, 0, 0},
    {HUGE, 0, 1, {{0x100000005UL, 0, 0}}, -ENOMEM, 0, 0, 0},
    {0xfffffffe, 0, 1, {{0x80000000UL, 0, 0}}, -ENOMEM, 0, 0, 0},
    /* quota */
    {20, 0, 3, {{10, 0, 0}, {5, 1, 0}, {5, HOST, 0}}, 0, 5, 10, 5},
    {20, 0, 3, {{10, 0, 0}, {5, 1, 0}, {6, HOST, 0}}, -EINVAL, 0, 0, 0},
    {20, 15, 1, {{6, 0, 0}}, -EINVAL, 0, 0, 0},
    {20, 15, 1, {{5, 0, 0}}, 0, 0, 5, 0},
    {0, 0, 1, {{1, HOST, 0}}, -EINVAL, 0, 0, 0},
    {0, 0, 1, {{0, HOST, 0}}, 0, 0, 0, 0},
    {3, 10, 2, {{0, 0, 0}, {0, HOST, 0}}, 0, 0, 0, 0},
    {3, 10, 1, {{0, LEGACY, 0}}, 0, 0, 0, 0},
    {3, 10, 1, {{1, 0, 0}}, -EINVAL, 0, 0, 0},
    /* legacy counts what is owned */
    {ANY, 3, 1, {{10, LEGACY, 0}}, 0, 7, 0, 0},
    {ANY, 10, 1, {{10, LEGACY, 0}}, -EINVAL, 0, 0, 0},
    {ANY, 10, 1, {{9, LEGACY, 0}}, -EINVAL, 0, 0, 0},
    {20, 0, 1, {{21, LEGACY, 0}}, -EINVAL, 0, 0, 0},
    {20, 0, 1, {{20, LEGACY, 0}}, 0, 20, 0, 0},
    {20, 5, 1, {{20, LEGACY, 0}}, 0, 15, 0, 0},
    {ANY, 0, 1, {{129, LEGACY, 0}}, -ENOMEM, 0, 0, 0},
    {ANY, 28, 1, {{128, LEGACY, 0}}, 0, 100, 0, 0},
    {ANY, 28, 1, {{129, LEGACY, 0}}, -ENOMEM, 0, 0, 0},
};

static void install(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < ARRAY_SIZE(install_cases); i++) {
        const struct install_case *c = &install_cases[i];
        struct pair *p = pair_make(64, 64);
        int rc;

        assert_int_equal(populate(&p->d1, (unsigned int)c->owned, 0, exact(0)), c->owned);
        domain_set_max_pages(&p->d1, c->max_pages);
        rc = domain_set_claim_entries(&p->d1, c->nr, c->set);
        if (rc != c->rc)
            print_error("case %u: %d instead of %d\n", i, rc, c->rc);
        assert_int_equal(rc, c->rc);
        assert_domain(&p->d1, c->owned, c->host, c->node0, c->node1);
        assert_host(128 - c->owned, c->host + c->node0 + c->node1, 64 - c->owned, 64, c->node0, c->node1);
        pair_end(p);
    }
}

static void replaces_and_never_adds(void **state)
{
    struct pair *p = *state;

    assert_int_equal(claim(&p->d1, E(64, 0)), 0);
    assert_int_equal(claim(&p->d1, E(64, 0)), 0);
    assert_int_equal(claim(&p->d1, E(63, 0)), 0);
    assert_domain(&p->d1, 0, 0, 63, 0);
    assert_int_equal(claim(&p->d1, E(50, HOST)), 0);
    assert_int_equal(claim(&p->d1, E(50, 1)), 0);
    assert_domain(&p->d1, 0, 0, 0, 50);
    assert_int_equal(claim(&p->d1, E(0, 0)), 0);
    assert_host(128, 0, 64, 64, 0, 0);
}

static void a_failed_set_changes_nothing(void **state)
{
    struct pair *p = *state;

    assert_int_equal(claim(&p->d1, E(10, 0), E(2, HOST)), 0);
    assert_int_equal(claim(&p->d1, E(70, 0)), -ENOMEM);
    assert_int_equal(claim(&p->d1, E(5, 0), E(1, 99)), -ENOENT);
    assert_int_equal(claim(&p->d1, E(5, 0), E(5, 0)), -EINVAL);
    assert_int_equal(claim(&p->d1, E(64, 0), E(64, 1), E(1, HOST)), -ENOMEM);
    assert_int_equal(claim(&p->d1, E(20, LEGACY)), -EINVAL);
    assert_int_equal(domain_set_legacy_claim(&p->d1, 20), -EINVAL);
    assert_domain(&p->d1, 0, 2, 10, 0);
    assert_host(128, 12, 64, 64, 10, 0);
}

static void replaces_on_a_full_host(void **state)
{
    struct pair *p = *state;

    assert_int_equal(claim(&p->d1, E(64, 0)), 0);
    assert_int_equal(claim(&p->d2, E(64, HOST)), 0);
    assert_int_equal(claim(&p->d1, E(64, 1)), 0);
    assert_int_equal(claim(&p->d1, E(32, 0), E(32, 1)), 0);
    assert_int_equal(claim(&p->d1, E(32, 0), E(32, 1), E(1, HOST)), -ENOMEM);
    assert_host(128, 128, 64, 64, 32, 32);
}

static void others_claims_count(void **state)
{
    struct pair *p = *state;

    assert_int_equal(claim(&p->d2, E(64, 0)), 0);
    assert_int_equal(claim(&p->d1, E(1, 0)), -ENOMEM);
    assert_int_equal(claim(&p->d1, E(65, HOST)), -ENOMEM);
    assert_int_equal(claim(&p->d1, E(64, HOST)), 0);
    assert_int_equal(claim(&p->d2, E(100, HOST)), -ENOMEM);
    assert_int_equal(claim(&p->d1, E(14, 1), E(50, HOST)), 0);
    assert_host(128, 128, 64, 64, 64, 14);
}

static void legacy_call(void **state)
{
    struct pair *p = *state;

    populate(&p->d1, 3, 0, exact(0));
    assert_int_equal(domain_set_legacy_claim(&p->d1, 10), 0);
    assert_domain(&p->d1, 3, 7, 0, 0);
    assert_int_equal(domain_set_legacy_claim(&p->d1, 20), -EINVAL);
    assert_int_equal(domain_set_legacy_claim(&p->d1, 0), 0);
    assert_int_equal(claim(&p->d1, E(5, 0), E(6, 1), E(7, HOST)), 0);
    assert_int_equal(domain_set_legacy_claim(&p->d1, 0), 0);
    assert_domain(&p->d1, 3, 0, 0, 0);
    assert_int_equal(domain_set_legacy_claim(&p->d1, 30), 0);
    assert_int_equal(claim(&p->d1, E(5, HOST)), 0); /* a set replaces a legacy claim */
    assert_domain(&p->d1, 3, 5, 0, 0);
}

/* ---- Protection ---- */

static void foreigners_get_the_unclaimed_part(void **state)
{
    struct pair *p = *state;

    assert_int_equal(claim(&p->d1, E(57, 0)), 0);
    assert_int_equal(populate(&p->d2, 1, 3, exact(0)), 0);
    assert_int_equal(populate(&p->d2, 9, 0, exact(0)), 7);
    assert_int_equal(populate(&p->d2, 5, 0, MEMF_node(0)), 5); /* a hint: the other node serves */
    assert_host(116, 57, 57, 59, 57, 0);
}

static void host_claims_protect_no_node(void **state)
{
    struct pair *p = *state;

    assert_int_equal(claim(&p->d1, E(64, HOST)), 0);
    assert_int_equal(populate(&p->d2, 65, 0, exact(0)), 64);
    assert_int_equal(populate(&p->d2, 1, 0, 0), 0);
    assert_int_equal(populate(&p->d1, 65, 0, 0), 64);
    assert_host(0, 0, 0, 0, 0, 0);
}

static void a_claim_is_no_right_elsewhere(void **state)
{
    struct pair *p = *state;

    assert_int_equal(claim(&p->d2, E(64, 1)), 0);
    assert_int_equal(claim(&p->d1, E(64, 0)), 0);
    assert_int_equal(populate(&p->d1, 1, 0, exact(1)), 0);
    assert_int_equal(populate(&p->d1, 1, 0, MEMF_node(1)), 1); /* falls back to its own claim */
    assert_domain(&p->d1, 1, 0, 63, 0);
    assert_int_equal(claim(&p->d1, E(63, HOST)), 0);
    assert_int_equal(populate(&p->d1, 63, 0, exact(0)), 63);
    assert_host(64, 64, 0, 64, 0, 64);
}

/* Neither the claim alone nor unclaimed memory alone would do: together they are enough, and not one more. */
static void claims_cover_the_shortfall(void **state)
{
    struct pair *p = *state;

    assert_int_equal(claim(&p->d1, E(7, 0)), 0);
    assert_int_equal(claim(&p->d2, E(48, 0)), 0); /* 9 + 7 */
    assert_int_equal(populate(&p->d1, 1, 4, exact(0)), 1);
    assert_domain(&p->d1, 16, 0, 0, 0);
    assert_int_equal(populate(&p->d1, 1, 0, exact(0)), 0);
    assert_host(112, 48, 48, 64, 48, 0);
}

static void host_check_comes_first(void **state)
{
    struct pair *p = *state;

    assert_int_equal(claim(&p->d1, E(2, 0)), 0);
    assert_int_equal(claim(&p->d2, E(125, HOST)), 0); /* 1 unclaimed + 2 */
    assert_int_equal(populate(&p->d1, 1, 2, exact(0)), 0);
    assert_int_equal(populate(&p->d1, 1, 1, exact(0)), 1);
    assert_host(126, 125, 62, 64, 0, 0);
}

static void uncounted_requests_have_no_claim(void **state)
{
    struct pair *p = *state;
    struct page_info *pg;

    assert_int_equal(claim(&p->d1, E(60, 0), E(60, HOST)), 0);
    assert_null(alloc_domheap_pages(&p->d1, 3, exact(0) | MEMF_no_refcount));
    assert_null(alloc_heap_pages(ZONE_LOW, ZONE_HIGH, 3, exact(0) | MEMF_no_owner, &p->d1));
    assert_null(alloc_xenheap_pages(4, NUMA_NO_NODE));
    pg = alloc_domheap_pages(&p->d1, 2, exact(0) | MEMF_no_refcount);
    assert_non_null(pg);
    assert_domain(&p->d1, 0, 60, 60, 0);
    assert_host(124, 120, 60, 64, 60, 0);
    free_heap_pages(pg, 2);
}

static void exact_without_node_stays_in_affinity(void **state)
{
    struct pair *p = *state;

    p->d2.node_affinity = 1;
    assert_int_equal(claim(&p->d1, E(62, 0)), 0);
    assert_int_equal(populate(&p->d2, 5, 0, MEMF_exact_node), 2);
    assert_int_equal(populate(&p->d2, 5, 0, 0), 5);
    assert_host(121, 62, 62, 59, 62, 0);
}

/* ---- Redeeming ---- */

static void node_then_host_then_others(void **state)
{
    struct pair *p = *state;

    assert_int_equal(claim(&p->d1, E(3, 0), E(2, HOST), E(9, 1)), 0);
    assert_int_equal(populate(&p->d1, 1, 3, exact(0)), 1);
    assert_domain(&p->d1, 8, 0, 0, 6);
    assert_int_equal(populate(&p->d1, 1, 4, exact(0)), 1); /* more than all claims */
    assert_domain(&p->d1, 24, 0, 0, 0);
    assert_host(104, 0, 40, 64, 0, 0);
}

static void other_nodes_ascending(void **state)
{
    struct domain_mem d;

    (void)state;
    machine(16, 16, 16, 16);
    domain_make(&d, 1);
    assert_int_equal(claim(&d, E(3, 2), E(3, 3), E(3, 1)), 0);
    assert_int_equal(populate(&d, 1, 2, exact(0)), 1);
    assert_int_equal(d.claims[1], 0);
    assert_int_equal(d.claims[2], 2);
    assert_int_equal(d.claims[3], 3);
    domain_end(&d);
    machine_destroy();
}

static void redeems_though_unclaimed_memory_is_plenty(void **state)
{
    struct pair *p = *state;

    assert_int_equal(claim(&p->d1, E(4, 0)), 0);
    populate(&p->d1, 1, 0, exact(1));
    assert_domain(&p->d1, 1, 0, 3, 0);
    populate(&p->d2, 8, 0, exact(0));
    assert_host(119, 3, 56, 63, 3, 0);
}

static void beyond_quota_no_claim_is_lost(void **state)
{
    struct pair *p = *state;

    domain_set_max_pages(&p->d1, 4);
    assert_int_equal(claim(&p->d1, E(4, 0)), 0);
    assert_null(alloc_domheap_pages(&p->d1, 3, exact(0)));
    assert_domain(&p->d1, 0, 0, 4, 0);
    assert_int_equal(populate(&p->d1, 5, 0, exact(0)), 4);
    assert_domain(&p->d1, 4, 0, 0, 0);
}

static void freeing_creates_no_claim(void **state)
{
    struct pair *p = *state;
    struct page_info *pg;

    assert_int_equal(claim(&p->d1, E(4, 0)), 0);
    pg = alloc_domheap_pages(&p->d1, 2, exact(0));
    free_domheap_pages(&p->d1, pg, 2);
    assert_host(128, 0, 64, 64, 0, 0);
}

/* ---- Reading back ---- */

static void get(void **state)
{
    struct pair *p = *state;
    memory_claim_t out[MAX_CLAIM_ENTRIES];
    unsigned int nr = 0;

    assert_int_equal(domain_get_claim_entries(&p->d1, &nr, NULL), -ERANGE);
    assert_int_equal(nr, 1);
    assert_int_equal(domain_get_claim_entries(&p->d1, &nr, out), 0);
    assert_int_equal(out[0].pages, 0);
    assert_int_equal(out[0].target, HOST);

    assert_int_equal(claim(&p->d1, E(2, 1), E(4, 0), E(5, HOST)), 0);
    memset(out, 0xa5, sizeof(out));
    nr = 2;
    assert_int_equal(domain_get_claim_entries(&p->d1, &nr, out), -ERANGE);
    assert_int_equal(nr, 3);
    assert_int_equal(out[0].target, 0xa5a5a5a5U);
    nr = MAX_CLAIM_ENTRIES;
    assert_int_equal(domain_get_claim_entries(&p->d1, &nr, out), 0);
    assert_int_equal(nr, 3);
    assert_memory_equal(out, ((memory_claim_t[]){E(5, HOST), E(4, 0), E(2, 1)}), 3 * sizeof(out[0]));
    assert_int_equal(domain_set_claim_entries(&p->d1, nr, out), 0);
    assert_domain(&p->d1, 0, 5, 4, 2);

    domain_mem_kill(&p->d1);
    assert_int_equal(domain_get_claim_entries(&p->d1, &nr, out), -ESRCH);
    assert_int_equal(nr, 3);
}

#define test(name) cmocka_unit_test_setup_teardown(name, make, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(install),
        test(replaces_and_never_adds),
        test(a_failed_set_changes_nothing),
        test(replaces_on_a_full_host),
        test(others_claims_count),
        test(legacy_call),
        test(foreigners_get_the_unclaimed_part),
        test(host_claims_protect_no_node),
        test(a_claim_is_no_right_elsewhere),
        test(claims_cover_the_shortfall),
        test(host_check_comes_first),
        test(uncounted_requests_have_no_claim),
        test(exact_without_node_stays_in_affinity),
        test(node_then_host_then_others),
        cmocka_unit_test(other_nodes_ascending),
        test(redeems_though_unclaimed_memory_is_plenty),
        test(beyond_quota_no_claim_is_lost),
        test(freeing_creates_no_claim),
        test(get),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
