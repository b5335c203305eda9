/* SPDX-License-Identifier: MIT */
/* memory_op exchange: lists and orders, what is refused, and that a chunk is exchanged as a whole or not at
 * all. */
#include "exchange_test.h"
#include <sys/mman.h>

/* ---- What it does ---- */

static void test_same_frames(void **state UNUSED)
{
    struct domain *d = make(100, 0);
    unsigned long avail;
    struct heap_info info;

    heap_info(&info);
    avail = info.avail_pages;
    assert_int_equal(exchange(d->domid, 10, 10, 50, 0, 0), 0);
    assert_int_equal(op.nr_exchanged, 50);
    assert_stamped(d, 0, 10);
    assert_new(d, 10, 50);
    assert_stamped(d, 60, 40);
    assert_pages(d, 100);
    heap_info(&info);
    assert_int_equal(info.avail_pages, avail);
    end(d);
}

/* The old frames are empty afterwards, the new ones need not have been in use; their node may be chosen. */
static void test_other_frames(void **state UNUSED)
{
    struct domain *d = make(8, 0);
    struct heap_info before, after;

    heap_info(&before);
    prepare(d->domid, 4, 0, 0);
    for (unsigned int i = 0; i < 4; i++) {
        in[i] = 2 * i;
        out[i] = (1UL << 20) + 100 - i;
    }
    op.out.mem_flags = XENMEMF_exact_node(1);
    assert_int_equal(run(), 0);
    for (unsigned int i = 0; i < 4; i++) {
        assert_absent(d, 2 * i, 1);
        assert_stamped(d, 2 * i + 1, 1);
    }
    assert_new(d, (1UL << 20) + 97, 4);
    assert_pages(d, 8);
    heap_info(&after);
    assert_int_equal(after.node_avail[0], before.node_avail[0] + 4);
    assert_int_equal(after.node_avail[1], before.node_avail[1] - 4);
    end(d);
}

/* Every pair of orders, into the same frames and into others. */
static void test_orders(void **state UNUSED)
{
    for (unsigned int from = 0; from <= 9; from++)
        for (unsigned int to = 0; to <= 9; to++)
            for (unsigned int large = 0; large < 2; large++) {
                struct domain *d = make(1024, large ? 9 : 0);

                assert_int_equal(exchange(d->domid, 512, 512, 512 >> from, from, to), 0);
                assert_stamped(d, 0, 512);
                assert_new(d, 512, 512);
                assert_pages(d, 1024);
                assert_int_equal(exchange(d->domid, 0, 4096, 512 >> from, from, to), 0);
                assert_absent(d, 0, 512);
                assert_new(d, 4096, 512);
                assert_pages(d, 1024);
                assert_int_equal(decrease(d->domid, 512, 1, 9), 1);
                assert_int_equal(decrease(d->domid, 4096, 512, 0), 512);
                assert_pages(d, 0);
                end(d);
            }
}

/* 512 pages become one mapping of 2 MiB: its table goes back to the pool. */
static void test_small_pages_become_large(void **state UNUSED)
{
    struct domain *d = make(512, 0);
    unsigned int order;

    p2m_lookup(&d->arch, gfn(5), NULL, &order);
    assert_int_equal(order, 0);
    assert_int_equal(exchange(d->domid, 0, 0, 512, 0, 9), 0);
    p2m_lookup(&d->arch, gfn(5), NULL, &order);
    assert_int_equal(order, 9);
    assert_new(d, 0, 512);
    end(d);
}

/* The old extents need not be aligned, in any order, and from several mappings. */
static void test_unaligned(void **state UNUSED)
{
    struct domain *d = make(2048, 9);

    prepare(d->domid, 2, 9, 9);
    in[0] = 1000;
    in[1] = 3;
    out[0] = 4096;
    out[1] = 8192;
    assert_int_equal(run(), 0);
    assert_absent(d, 3, 512);
    assert_absent(d, 1000, 512);
    assert_stamped(d, 0, 3);
    assert_stamped(d, 515, 485);
    assert_stamped(d, 1512, 536);
    assert_new(d, 4096, 512);
    assert_new(d, 8192, 512);
    end(d);
}

/* ---- Restarts ---- */

static void test_restarts(void **state UNUSED)
{
    struct domain *d = make(1024, 0);
    struct hypercall call = {.nr = __HYPERVISOR_memory_op, .arg = {XENMEM_exchange, ptr(&op)}};

    prepare(d->domid, 1024, 0, 0);
    for (unsigned int i = 0; i < 1024; i++)
        in[i] = out[i] = i;
    assert_int_equal(host_hypercall_step(caller, &call), -ERESTART);
    assert_int_equal(op.nr_exchanged, CALL_BUDGET);
    assert_int_equal(call.arg[0], XENMEM_exchange);
    assert_stamped(d, CALL_BUDGET, 1024 - CALL_BUDGET);
    op.nr_exchanged = 1000; /* the caller may skip what it likes */
    assert_int_equal(host_hypercall_step(caller, &call), 0);
    assert_int_equal(op.nr_exchanged, 1024);
    assert_new(d, 0, CALL_BUDGET);
    assert_stamped(d, CALL_BUDGET, 1000 - CALL_BUDGET);
    assert_new(d, 1000, 24);
    assert_pages(d, 1024);
    end(d);
}

/* Entered again with other lists, or when the domain has died. */
static void test_restarts_changed(void **state UNUSED)
{
    struct domain *d = make(1024, 0);
    struct hypercall call = {.nr = __HYPERVISOR_memory_op, .arg = {XENMEM_exchange, ptr(&op)}};

    prepare(d->domid, 1024, 0, 0);
    for (unsigned int i = 0; i < 1024; i++)
        in[i] = out[i] = i;
    assert_int_equal(host_hypercall_step(caller, &call), -ERESTART);
    prepare(d->domid, 2, 9, 9);
    op.nr_exchanged = 1;
    in[1] = 512;
    out[1] = 512;
    assert_int_equal(host_hypercall_step(caller, &call), 0);
    assert_new(d, 0, 1024);
    stamp(d, 0, 1024);
    prepare(d->domid, 1024, 0, 0);
    in[1] = out[1] = 1;
    assert_int_equal(host_hypercall_step(caller, &call), -ERESTART);
    assert_int_equal(destroy(d->domid), 0);
    assert_int_equal(host_hypercall_step(caller, &call), -EINVAL); /* nothing is mapped any more */
    domain_put(d);
    op.nr_exchanged = 0;
    assert_int_equal(run(), -ESRCH);
}

/* A count that is in the middle of a chunk: from its begin on, as in Xen. */
static void test_rounds_down(void **state UNUSED)
{
    struct domain *d = make(1024, 0);

    prepare(d->domid, 1024, 0, 9);
    for (unsigned int i = 0; i < 1024; i++)
        in[i] = i;
    out[0] = 0;
    out[1] = 512;
    op.nr_exchanged = 700;
    assert_int_equal(run(), 0);
    assert_int_equal(op.nr_exchanged, 1024);
    assert_stamped(d, 0, 512);
    assert_new(d, 512, 512);
    op.nr_exchanged = 1024;
    assert_int_equal(run(), 0);
    end(d);
}

/* ---- What is refused ---- */

static void test_refused(void **state UNUSED)
{
    struct domain *d = make(16, 0);
    uint64_t cmd = XENMEM_exchange;

    assert_int_equal(exchange(d->domid, 0, 0, 1, 10, 10), -EPERM);
    assert_int_equal(exchange(d->domid, 0, 0, 1, 0, 10), -EPERM);
    prepare(d->domid, 2, 0, 0);
    op.out.nr_extents = 1;
    assert_int_equal(run(), -EINVAL);
    prepare(d->domid, 2, 0, 0);
    op.out.domid = 0;
    assert_int_equal(run(), -EINVAL);
    prepare(d->domid, 2, 0, 0);
    op.nr_exchanged = 3;
    assert_int_equal(run(), -EINVAL);
    assert_int_equal(op.nr_exchanged, 3);
    prepare(d->domid, 1UL << 63, 1, 1);
    op.out.nr_extents = 1UL << 63;
    assert_int_equal(run(), -EINVAL);
    prepare(d->domid, 1UL << 62, 9, 0);
    op.out.nr_extents = 0;
    assert_int_equal(run(), -EINVAL);
    prepare(30009, 1, 0, 0);
    assert_int_equal(run(), -ESRCH);
    prepare(d->domid, 1, 0, 0);
    op.out.mem_flags = XENMEMF_exact_node(7);
    assert_int_equal(run(), -EINVAL);
    prepare(d->domid, 1, 0, 0);
    assert_int_equal(hcall(__HYPERVISOR_memory_op, cmd | 1 << 6, ptr(&op), 0), -EINVAL);
    assert_int_equal(hcall(__HYPERVISOR_memory_op, cmd, BAD_PTR, 0), -EFAULT);
    op.in.extent_start.p = (void *)BAD_PTR;
    assert_int_equal(run(), -EFAULT);
    prepare(d->domid, 1, 0, 0);
    op.out.extent_start.p = (void *)BAD_PTR;
    assert_int_equal(run(), -EFAULT);
    prepare(d->domid, 0, 0, 0);
    assert_int_equal(run(), 0);
    assert_stamped(d, 0, 16);
    assert_pages(d, 16);
    end(d);
}

/* The result cannot be written. */
static void test_read_only_argument(void **state UNUSED)
{
    struct domain *d = make(1024, 0);
    struct xen_memory_exchange *arg =
        mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    prepare(d->domid, 1024, 0, 0);
    for (unsigned int i = 0; i < 1024; i++)
        in[i] = out[i] = i;
    *arg = op;
    mprotect(arg, PAGE_SIZE, PROT_READ);
    assert_int_equal(hcall(__HYPERVISOR_memory_op, XENMEM_exchange, ptr(arg), 0), -EFAULT);
    assert_new(d, 0, CALL_BUDGET);
    assert_stamped(d, CALL_BUDGET, 1024 - CALL_BUDGET);
    munmap(arg, PAGE_SIZE);
    end(d);
}

#define TWICE (1UL << 40) /* as the next one of the list */

/* What is wrong with one entry of a chunk of 8 on either side, wherever it stands: the chunk before it is
 * done, this one is as it was. */
static void test_chunk_is_whole(void **state UNUSED)
{
    struct domain *d = make(32, 0);
    struct page_info *pg = NULL;
    static const struct {
        uint64_t gfn;
        int error;
    } wrong_in[] = {{40, EINVAL}, {TWICE, EINVAL}, {31, EINVAL}, {P2M_MAX_GFN, EINVAL}, {~0UL, EINVAL}},
      wrong_out[] = {{30, EEXIST}, {P2M_MAX_GFN, EINVAL}, {~0UL, EINVAL}, {TWICE, EEXIST}};
    mfn_t m;

    assert_int_equal(p2m_lookup(&d->arch, gfn(31), &m, NULL), P2M_RAM);
    pg = mfn_to_page(m);
    assert_true(get_page(pg, &d->mem)); /* somebody else uses the page at 31 */
    for (unsigned int at = 0; at < 8; at++)
        for (unsigned int k = 0; k < ARRAY_SIZE(wrong_in); k++) {
            prepare(d->domid, 16, 0, 3);
            for (unsigned int i = 0; i < 16; i++)
                in[i] = 8 + i;
            out[0] = out[1] = 8;
            out[1] = 16;
            in[8 + at] = wrong_in[k].gfn == TWICE ? in[8 + (at + 1) % 8] : wrong_in[k].gfn;
            assert_int_equal(run(), -wrong_in[k].error);
            assert_int_equal(op.nr_exchanged, 8);
            assert_stamped(d, 16, 16);
            assert_stamped(d, 0, 8);
            stamp(d, 8, 8);
            assert_pages(d, 32);
        }
    for (unsigned int at = 0; at < 8; at++)
        for (unsigned int k = 0; k < ARRAY_SIZE(wrong_out); k++) {
            prepare(d->domid, 1, 3, 0);
            in[0] = 16;
            for (unsigned int i = 0; i < 8; i++)
                out[i] = 1001 + i;
            out[at] = wrong_out[k].gfn == TWICE ? out[(at + 1) % 8] : wrong_out[k].gfn;
            assert_int_equal(run(), -wrong_out[k].error);
            assert_int_equal(op.nr_exchanged, 0);
            assert_stamped(d, 0, 32);
            assert_absent(d, 1000, 10);
            assert_pages(d, 32);
        }
    put_page(&d->mem, pg);
    end(d);
}

/* A page that another domain maps stays where it is. */
static void test_foreign_mapping(void **state UNUSED)
{
    struct domain *d = make(8, 0);
    struct xen_add_to_physmap_batch b = {
        .domid = DOMID_SELF, .space = XENMAPSPACE_gmfn_foreign, .size = 1, .u.foreign_domid = d->domid};
    struct xen_remove_from_physmap r = {.domid = DOMID_SELF, .gpfn = 1000};
    xen_ulong_t idx = 3;
    xen_pfn_t at = 1000;
    int err = 1;

    assert_int_equal(set_pool(caller->domain->domid, POOL_BYTES), 0);
    b.idxs.p = &idx;
    b.gpfns.p = &at;
    b.errs.p = &err;
    assert_int_equal(hcall(__HYPERVISOR_memory_op, XENMEM_add_to_physmap_batch, ptr(&b), 0), 0);
    assert_int_equal(err, 0);
    assert_int_equal(exchange(d->domid, 0, 0, 8, 0, 0), -EINVAL);
    assert_int_equal(op.nr_exchanged, 3);
    assert_stamped(d, 3, 5);
    prepare(DOMID_SELF, 1, 0, 0);
    in[0] = 1000; /* nor can a foreign page be exchanged */
    assert_int_equal(run(), -EINVAL);
    assert_int_equal(hcall(__HYPERVISOR_memory_op, XENMEM_remove_from_physmap, ptr(&r), 0), 0);
    assert_int_equal(exchange(d->domid, 0, 0, 8, 0, 0), 0);
    assert_new(d, 0, 8);
    end(d);
}

/* Claims protect their memory from it, the domain's own as well, and none is redeemed. */
static void test_claims(void **state UNUSED)
{
    struct domain *d = make(8, 0);
    struct heap_info info;

    heap_info(&info);
    assert_int_equal(set_max(d->domid, 2 * NODE_PAGES), 0);
    assert_int_equal(claim_node(d->domid, XEN_DOMCTL_CLAIM_MEMORY_HOST, info.avail_pages - 1), 0);
    assert_int_equal(exchange(d->domid, 0, 0, 1, 1, 1), -ENOMEM);
    assert_int_equal(exchange(d->domid, 0, 0, 8, 0, 0), 0); /* one after the other */
    assert_int_equal(info_of(d->domid).outstanding_pages, info.avail_pages - 1);
    assert_new(d, 0, 8);
    assert_int_equal(claim_node(d->domid, XEN_DOMCTL_CLAIM_MEMORY_HOST, info.avail_pages), 0);
    stamp(d, 0, 8);
    assert_int_equal(exchange(d->domid, 0, 0, 8, 0, 0), -ENOMEM);
    assert_int_equal(op.nr_exchanged, 0);
    assert_stamped(d, 0, 8);
    assert_pages(d, 8);
    end(d);
}

/* No page for tables, wherever it is missing: nothing has changed. */
static void test_without_pool(void **state UNUSED)
{
    for (unsigned int pool = 3; pool <= 12; pool++) {
        domid_t domid = new_domain();
        struct domain *d = domain_get(domid);
        unsigned int done = 0;

        assert_int_equal(populate(domid, 0, 2, 9, 0), 2);
        stamp(d, 0, 1024);
        assert_int_equal(set_pool(domid, pool * PAGE_SIZE), 0);
        prepare(domid, 1, 3, 0);
        for (unsigned int i = 0; i < 8; i++) {
            in[0] = 1016;
            out[i] = (1UL << 18) + ((uint64_t)i << 9); /* a table each */
        }
        if (run() == 0)
            done = 8;
        else
            assert_int_equal(op.nr_exchanged, 0);
        assert_stamped(d, 0, 1024 - done);
        assert_int_equal(done, pool == 12 ? 8 : 0);
        if (!done)
            assert_absent(d, 1UL << 18, 8 << 9);
        assert_pages(d, 1024);
        end(d);
    }
}

/* An unprivileged domain exchanges its own pages only, and chooses no node. */
static void test_unprivileged(void **state UNUSED)
{
    domid_t other = (domid_t)(caller->domain->domid - 1);

    assert_int_equal(exchange(other, 0, 0, 1, 0, 0), -EPERM);
    assert_int_equal(exchange(30009, 0, 0, 1, 0, 0), -EPERM);
    assert_int_equal(set_max(caller->domain->domid, 100), -EPERM);
    assert_int_equal(exchange(DOMID_SELF, 0, 0, 1, 0, 0), -EINVAL); /* nothing there */
    prepare(DOMID_SELF, 0, 0, 0);
    op.out.mem_flags = XENMEMF_exact_node(0);
    assert_int_equal(run(), -EINVAL);
    op.out.mem_flags = XENMEMF_node(0);
    assert_int_equal(run(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_same_frames),      TEST(test_other_frames),
        TEST(test_orders),           TEST(test_small_pages_become_large),
        TEST(test_unaligned),        TEST(test_restarts),
        TEST(test_restarts_changed), TEST(test_rounds_down),
        TEST(test_refused),          TEST(test_read_only_argument),
        TEST(test_chunk_is_whole),   TEST(test_foreign_mapping),
        TEST(test_claims),           TEST(test_without_pool),
        TEST_U(test_unprivileged),
    };

    hypercall_checks = true;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
