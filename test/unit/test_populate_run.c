/* SPDX-License-Identifier: MIT */
/* populate_physmap of single pages on a named node: in runs it does what it does page by page. */
#include "caller.h"

#define PAGES 700U /* more than one list chunk, one nested table, one share of a call */
#define FIRST 197U /* no alignment */

static const unsigned int on_node = XENMEMF_exact_node(0);

struct outcome {
    int64_t done;
    unsigned long mfn[PAGES];
    unsigned long avail, dirty, claimed, outstanding, tot_pages;
};

/* What the domain has, and what it leaves to others. */
static void look(domid_t domid, struct outcome *o)
{
    struct domain *d = domain_get(domid);
    struct heap_info info;
    mfn_t m;

    for (unsigned int i = 0; i < PAGES; i++)
        o->mfn[i] = p2m_lookup(&d->arch, gfn(FIRST + i), &m, NULL) == P2M_RAM ? m.v : 0;
    domain_put(d);
    heap_info(&info);
    o->avail = info.node_avail[0];
    o->dirty = info.dirty_pages;
    o->claimed = info.node_claimed[0];
    o->outstanding = info_of(domid).outstanding_pages;
    o->tot_pages = info_of(domid).tot_pages;
}

/* What stands in the way: memory in pieces, others' claims, a quota, or a page that is there already. */
struct situation {
    unsigned int holes;     /* single pages free between used ones */
    unsigned long claim;    /* of the domain's on the node */
    unsigned long left;     /* by the claim of another; 0: there is none */
    unsigned long max_mem;  /* pages */
    unsigned int mapped_at; /* an extent that is populated before; 0: none */
};

static void play(const struct situation *s, struct outcome *o)
{
    domid_t pieces = new_domain(), other = new_domain(), domid = new_domain();

    assert_int_equal(populate(pieces, 0, 2 * s->holes, 0, on_node), 2 * s->holes);
    for (unsigned int i = 0; i < s->holes; i++)
        assert_int_equal(decrease(pieces, 2 * i, 1, 0), 1);
    if (s->mapped_at)
        assert_int_equal(populate(domid, FIRST + s->mapped_at, 1, 0, on_node), 1);
    assert_int_equal(set_max(domid, s->max_mem), 0);
    assert_int_equal(claim_node(domid, 0, s->claim), 0);
    if (s->left) {
        struct heap_info info;

        heap_info(&info);
        assert_int_equal(set_max(other, NODE_PAGES), 0);
        assert_int_equal(claim_node(other, 0, info.node_avail[0] - s->claim - s->left), 0);
    }
    o->done = populate(domid, FIRST, PAGES, 0, on_node);
    look(domid, o);
    assert_true(heap_check());
    assert_int_equal(destroy(pieces), 0);
    assert_int_equal(destroy(other), 0);
    assert_int_equal(destroy(domid), 0);
}

/* A fresh machine each time. */
static void play_page_by_page_and_in_runs(const struct situation *s, int64_t done)
{
    static struct outcome single, run;

    call_budget = 1;
    play(s, &single);
    call_budget = CALL_BUDGET;
    teardown(NULL);
    setup(NULL);
    play(s, &run);
    assert_int_equal(single.done, done);
    assert_memory_equal(&run, &single, sizeof(run));
}

static void test_run(void **state UNUSED)
{
    play_page_by_page_and_in_runs(&(struct situation){.max_mem = NODE_PAGES}, PAGES);
}

static void test_run_among_holes(void **state UNUSED)
{
    play_page_by_page_and_in_runs(&(struct situation){.holes = 45, .claim = 100, .max_mem = NODE_PAGES},
                                  PAGES);
}

static void test_run_that_redeems_a_claim(void **state UNUSED)
{
    play_page_by_page_and_in_runs(&(struct situation){.claim = 650, .max_mem = NODE_PAGES}, PAGES);
}

static void test_run_up_to_the_claim_of_another(void **state UNUSED)
{
    play_page_by_page_and_in_runs(
        &(struct situation){.holes = 3, .claim = 300, .left = 77, .max_mem = NODE_PAGES}, 377);
}

static void test_run_up_to_max_mem(void **state UNUSED)
{
    play_page_by_page_and_in_runs(&(struct situation){.claim = 100, .max_mem = 333}, 333);
}

static void test_run_up_to_a_mapped_page(void **state UNUSED)
{
    play_page_by_page_and_in_runs(&(struct situation){.max_mem = NODE_PAGES, .mapped_at = 451}, 451);
}

/* Each of them is a page of its own to whoever gives it back. */
static void test_pages_of_a_run_go_one_by_one(void **state UNUSED)
{
    domid_t domid = new_domain();

    assert_int_equal(populate(domid, FIRST, PAGES, 0, on_node), PAGES);
    for (unsigned int i = 0; i < PAGES; i += 3)
        assert_int_equal(decrease(domid, FIRST + i, 1, 0), 1);
    assert_true(heap_check());
    assert_int_equal(info_of(domid).tot_pages, PAGES - (PAGES + 2) / 3);
    assert_int_equal(destroy(domid), 0);
}

/* The pool ends in the middle of the list: what was mapped before stays, and nothing else is redeemed. */
static void test_run_without_pool(void **state UNUSED)
{
    domid_t domid = new_domain();

    assert_int_equal(set_pool(domid, 3 * PAGE_SIZE), 0);
    assert_int_equal(claim_node(domid, 0, PAGES), 0);
    assert_int_equal(populate(domid, FIRST, PAGES, 0, on_node), 512 - FIRST);
    assert_int_equal(info_of(domid).outstanding_pages, PAGES - (512 - FIRST));
    assert_int_equal(destroy(domid), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_run, setup, teardown),
        cmocka_unit_test_setup_teardown(test_run_among_holes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_run_that_redeems_a_claim, setup, teardown),
        cmocka_unit_test_setup_teardown(test_run_up_to_the_claim_of_another, setup, teardown),
        cmocka_unit_test_setup_teardown(test_run_up_to_max_mem, setup, teardown),
        cmocka_unit_test_setup_teardown(test_run_up_to_a_mapped_page, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pages_of_a_run_go_one_by_one, setup, teardown),
        cmocka_unit_test_setup_teardown(test_run_without_pool, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
