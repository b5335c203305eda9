/* SPDX-License-Identifier: MIT */
/* memory_op: populate, decrease, legacy claims, and foreign mappings. */
#include "caller.h"
#include <sys/mman.h>

static void test_populate_counts(void **state UNUSED)
{
    domid_t domid = new_domain();
    struct xen_memory_reservation r = {.nr_extents = 1, .domid = domid};

    assert_int_equal(populate(domid, 0, 100, 0, 0), 100);
    assert_int_equal(populate(domid, 99, 1, 0, 0), 0); /* mapped already */
    assert_int_equal(populate(domid, 0, 1, 9, 0), 0);  /* in part */
    assert_int_equal(populate(domid, 512, 2, 9, 0), 2);
    assert_int_equal(populate(domid, 2049, 1, 3, 0), 0); /* misaligned */
    assert_int_equal(populate(domid, P2M_MAX_GFN, 1, 0, 0), 0);
    assert_int_equal(populate(domid, 4096, 0, 0, 0), 0);
    assert_int_equal(populate(30009, 0, 1, 0, 0), 0);
    assert_int_equal(populate(domid, 0, 1, 19, 0), 0);
    assert_int_equal(reservation(XENMEM_populate_physmap, domid, &r.nr_extents, 1, ~0U, 0), 0);
    assert_int_equal(hcall(__HYPERVISOR_memory_op, XENMEM_populate_physmap, BAD_PTR, 0), 0);
    assert_int_equal(hcall(__HYPERVISOR_memory_op, XENMEM_populate_physmap, ptr(&r), 0), 0); /* NULL list */
    assert_int_equal(info_of(domid).tot_pages, 100 + 1024);
    assert_int_equal(destroy(domid), 0);
}

static void test_populate_max(void **state UNUSED)
{
    domid_t domid = new_domain();

    assert_int_equal(set_max(domid, 4), 0);
    assert_int_equal(claim_node(domid, 0, 4), 0);
    assert_int_equal(populate(domid, 0, 5, 0, XENMEMF_exact_node(0)), 4);
    assert_int_equal(info_of(domid).outstanding_pages, 0);
    assert_int_equal(destroy(domid), 0);
}

static void test_populate_nodes(void **state UNUSED)
{
    domid_t domid = new_domain();
    domid_t other = new_domain();

    assert_int_equal(populate(domid, 0, 8, 0, XENMEMF_exact_node(1)), 8);
    assert_int_equal(populate(domid, 8, 1, 0, XENMEMF_exact_node(7)), 0);
    assert_int_equal(populate(domid, 8, 1, 0, XENMEMF_exact_node(200)), 0);
    assert_int_equal(populate(domid, 8, 1, 0, XENMEMF_node(7)), 1);
    assert_int_equal(populate(domid, 9, 1, 0, XENMEMF_node(200)), 1);
    assert_int_equal(populate(domid, 10, 1, 0, XENMEMF_populate_on_demand), 0);
    assert_int_equal(set_max(other, NODE_PAGES), 0);
    assert_int_equal(claim_node(other, 0, NODE_PAGES / 2), 0);
    assert_int_equal(populate(domid, 4096, 16, 9, XENMEMF_exact_node(0)), 7);
    assert_int_equal(destroy(domid), 0);
    assert_int_equal(destroy(other), 0);
}

/* The extents that are done already are skipped; the list of frames is left alone. */
static void test_populate_continuation(void **state UNUSED)
{
    domid_t domid = new_domain();
    xen_pfn_t gfns[] = {0, 1, 2, 3};

    assert_int_equal(reservation(XENMEM_populate_physmap | 2 << 6, domid, gfns, 4, 0, 0), 4);
    assert_int_equal(info_of(domid).tot_pages, 2);
    assert_int_equal(reservation(XENMEM_populate_physmap | 5 << 6, domid, gfns, 4, 0, 0), 5);
    assert_int_equal(reservation(XENMEM_populate_physmap | 2 << 6, 30009, gfns, 4, 0, 0), 2);
    for (unsigned int i = 0; i < 4; i++)
        assert_int_equal(gfns[i], i);
    assert_int_equal(destroy(domid), 0);
}

/* The list ends at the end of its page: what can be read is done. */
static void test_populate_half_list(void **state UNUSED)
{
    domid_t domid = new_domain();
    char *pages = mmap(NULL, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    xen_pfn_t *gfns = (void *)(pages + PAGE_SIZE - 3 * sizeof(*gfns));

    mprotect(pages + PAGE_SIZE, PAGE_SIZE, PROT_NONE);
    for (unsigned int i = 0; i < 3; i++)
        gfns[i] = i;
    assert_int_equal(reservation(XENMEM_populate_physmap, domid, gfns, 5, 0, 0), 3);
    munmap(pages, 2 * PAGE_SIZE);
    assert_int_equal(destroy(domid), 0);
}

/* Without a page for the tables nothing is allocated, so no claim is redeemed. */
static void test_populate_without_pool(void **state UNUSED)
{
    domid_t domid = new_domain();

    assert_int_equal(set_pool(domid, 3 * PAGE_SIZE), 0);
    assert_int_equal(claim_node(domid, 0, 100), 0);
    assert_int_equal(populate(domid, 0, 10, 0, 0), 10);
    assert_int_equal(populate(domid, 1UL << 20, 10, 0, 0), 0);
    assert_int_equal(info_of(domid).outstanding_pages, 90);
    assert_int_equal(info_of(domid).tot_pages, 10);
    assert_int_equal(destroy(domid), 0);
}

static void test_populated_memory_is_clean(void **state UNUSED)
{
    domid_t domid = new_domain();
    struct domain *d = domain_get(domid);
    const char *page;

    assert_int_equal(populate(domid, 512, 1, 9, 0), 1);
    page = host_gfn_ptr(d, gfn(700));
    assert_non_null(page);
    assert_int_equal(page[0], 0);
    assert_memory_equal(page, page + 1, PAGE_SIZE - 1);
    assert_null(host_gfn_ptr(d, gfn(0)));
    domain_put(d);
    assert_int_equal(destroy(domid), 0);
}

static void test_decrease(void **state UNUSED)
{
    domid_t domid = new_domain();

    assert_int_equal(populate(domid, 0, 10, 0, 0), 10);
    assert_int_equal(populate(domid, 512, 2, 9, 0), 2);
    assert_int_equal(decrease(domid, 8, 4, 0), 2); /* 10 is a hole */
    assert_int_equal(decrease(domid, 0, 1, 4), 0); /* not all there: untouched */
    assert_int_equal(info_of(domid).tot_pages, 8 + 1024);
    assert_int_equal(decrease(domid, 512, 1, 9), 1);
    assert_int_equal(info_of(domid).tot_pages, 8 + 512);
    assert_int_equal(decrease(domid, 1030, 1, 0), 1); /* splits the large mapping */
    assert_int_equal(decrease(domid, 1032, 2, 2), 2);
    assert_int_equal(decrease(domid, 1024, 1, 9), 0);
    assert_int_equal(info_of(domid).tot_pages, 8 + 503);
    assert_int_equal(decrease(domid, P2M_MAX_GFN, 1, 0), 0);
    assert_int_equal(decrease(domid, UINT64_MAX, 1, 0), 0);
    assert_int_equal(decrease(30009, 0, 1, 0), 0);
    assert_int_equal(populate(domid, 1030, 1, 0, 0), 1);
    assert_int_equal(destroy(domid), 0);
}

static int64_t legacy(domid_t domid, uint64_t nr, unsigned int order, unsigned int flags, xen_pfn_t *list,
                      unsigned int start)
{
    return reservation(XENMEM_claim_pages | (uint64_t)start << 6, domid, list, nr, order, flags);
}

static void test_claim_pages(void **state UNUSED)
{
    domid_t domid = new_domain();
    xen_pfn_t list[1];

    assert_int_equal(legacy(domid, 40, 1, 0, NULL, 0), -EINVAL);
    assert_int_equal(legacy(domid, 40, 0, 1, NULL, 0), -EINVAL);
    assert_int_equal(legacy(domid, 40, 0, 0, list, 0), -EINVAL);
    assert_int_equal(legacy(domid, 40, 0, 0, NULL, 1), -EINVAL);
    assert_int_equal(legacy(30009, 0, 0, 0, NULL, 0), -EINVAL);
    assert_int_equal(legacy(DOMID_SELF, 4, 0, 0, NULL, 0), -EINVAL);
    assert_int_equal(hcall(__HYPERVISOR_memory_op, XENMEM_claim_pages, BAD_PTR, 0), -EFAULT);
    assert_int_equal(populate(domid, 0, 10, 0, 0), 10);
    assert_int_equal(legacy(domid, 40, 0, 0, NULL, 0), 0);
    assert_int_equal(info_of(domid).outstanding_pages, 30);
    assert_int_equal(legacy(domid, 41, 0, 0, NULL, 0), -EINVAL);
    assert_int_equal(legacy(domid, 0, 0, 0, NULL, 0), 0);
    assert_int_equal(legacy(domid, 4097, 0, 0, NULL, 0), -EINVAL);
    assert_int_equal(destroy(domid), 0);
}

static void test_claim_pages_unprivileged(void **state UNUSED)
{
    assert_int_equal(legacy(caller->domain->domid, 4, 0, 0, NULL, 0), -EPERM);
    assert_int_equal(legacy(30009, 4, 0, 0, NULL, 0), -EPERM);
    assert_int_equal(legacy(30009, 4, 1, 1, NULL, 1), -EPERM);
}

/* An unprivileged domain may change its own memory only, and not choose nodes. */
static void test_own_memory(void **state UNUSED)
{
    struct domain *d = caller->domain;
    domid_t other = (domid_t)(d->domid - 1);

    assert_int_equal(paging_set_allocation(&d->mem, 16), 0);
    assert_int_equal(populate(DOMID_SELF, 0, 4, 0, 0), 4);
    assert_int_equal(populate(d->domid, 4, 1, 0, XENMEMF_node(1)), 1);
    assert_int_equal(populate(DOMID_SELF, 8, 1, 0, XENMEMF_exact_node(0)), 0);
    assert_int_equal(populate(DOMID_SELF, 1024, 1, 9, 0), 1);
    assert_int_equal(populate(DOMID_SELF, 4096, 1, 10, 0), 0);
    assert_int_equal(decrease(DOMID_SELF, 0, 2, 0), 2);
    assert_int_equal(populate(other, 0, 1, 0, 0), 0);
    assert_int_equal(decrease(other, 0, 1, 0), 0);
}

static int64_t map_foreign(domid_t domid, domid_t owner, unsigned int nr, xen_ulong_t *idxs, xen_pfn_t *gfns,
                           int *errs)
{
    struct xen_add_to_physmap_batch b = {
        domid, XENMAPSPACE_gmfn_foreign, (uint16_t)nr, {owner}, {idxs}, {gfns}, {errs}};

    return hcall(__HYPERVISOR_memory_op, XENMEM_add_to_physmap_batch, ptr(&b), 0);
}

static int64_t unmap(domid_t domid, xen_pfn_t gfn_nr)
{
    struct xen_remove_from_physmap r = {domid, gfn_nr};

    return hcall(__HYPERVISOR_memory_op, XENMEM_remove_from_physmap, ptr(&r), 0);
}

static void test_foreign(void **state UNUSED)
{
    domid_t domid = new_domain();
    struct domain *self = caller->domain, *d = domain_get(domid);
    xen_ulong_t idxs[] = {0, 77, 1};
    xen_pfn_t gfns[] = {1000, 1001, 1002};
    int errs[] = {1, 1, 1};

    assert_int_equal(paging_set_allocation(&self->mem, 16), 0);
    assert_int_equal(populate(domid, 0, 2, 0, 0), 2);
    assert_int_equal(map_foreign(DOMID_SELF, domid, 3, idxs, gfns, errs), 0);
    assert_int_equal(errs[0], 0);
    assert_int_equal(errs[1], -EINVAL);
    assert_int_equal(errs[2], 0);
    assert_ptr_equal(host_gfn_ptr(self, gfn(1000)), host_gfn_ptr(d, gfn(0)));
    assert_int_equal(map_foreign(DOMID_SELF, domid, 1, idxs, gfns, errs), 0);
    assert_int_equal(errs[0], -EEXIST);
    assert_int_equal(decrease(DOMID_SELF, 1000, 1, 0), 0); /* not its own page */
    assert_int_equal(unmap(DOMID_SELF, 1000), 0);
    assert_int_equal(unmap(DOMID_SELF, 1000), -ENOENT);
    assert_int_equal(unmap(DOMID_SELF, 1002), 0);
    domain_put(d);
    assert_int_equal(destroy(domid), 0);
}

/* A page that is mapped elsewhere outlives its domain until the mapping goes. */
static void test_foreign_outlives_owner(void **state UNUSED)
{
    domid_t domid = new_domain();
    xen_ulong_t idx = 0;
    xen_pfn_t at = 1000;
    int err = 1;

    assert_int_equal(paging_set_allocation(&caller->domain->mem, 16), 0);
    assert_int_equal(populate(domid, 0, 2, 0, 0), 2);
    assert_int_equal(map_foreign(DOMID_SELF, domid, 1, &idx, &at, &err), 0);
    assert_int_equal(destroy(domid), 0);
    assert_true(info_of(domid).flags & XEN_DOMINF_dying);
    assert_int_equal(info_of(domid).tot_pages, 1);
    assert_int_equal(populate(domid, 5, 1, 0, 0), 0);
    assert_int_equal(unmap(DOMID_SELF, 1000), 0);
    assert_int_equal(destroy(domid), -ESRCH);
}

static void test_foreign_refused(void **state UNUSED)
{
    domid_t domid = new_domain();
    xen_ulong_t idx = 0;
    xen_pfn_t at = 1000;
    int err = 1;
    struct xen_add_to_physmap_batch b = {.domid = DOMID_SELF, .space = XENMAPSPACE_shared_info, .size = 1};

    assert_int_equal(paging_set_allocation(&caller->domain->mem, 16), 0);
    assert_int_equal(populate(domid, 0, 1, 0, 0), 1);
    assert_int_equal(map_foreign(DOMID_SELF, 30009, 1, &idx, &at, &err), -ESRCH);
    assert_int_equal(map_foreign(30009, domid, 1, &idx, &at, &err), -ESRCH);
    assert_int_equal(map_foreign(domid, domid, 1, &idx, &at, &err), -EINVAL);
    assert_int_equal(map_foreign(DOMID_SELF, domid, 1, NULL, &at, &err), -EFAULT);
    assert_int_equal(map_foreign(DOMID_SELF, domid, 1, &idx, &at, NULL), -EFAULT);
    assert_int_equal(unmap(DOMID_SELF, 1000), -ENOENT); /* undone */
    assert_int_equal(hcall(__HYPERVISOR_memory_op, XENMEM_add_to_physmap_batch, ptr(&b), 0), -EOPNOTSUPP);
    assert_int_equal(hcall(__HYPERVISOR_memory_op, XENMEM_add_to_physmap_batch | 2 << 6, ptr(&b), 0),
                     -EILSEQ);
    assert_int_equal(hcall(__HYPERVISOR_memory_op, XENMEM_add_to_physmap_batch, BAD_PTR, 0), -EFAULT);
    assert_int_equal(unmap(30009, 0), -ESRCH);
    assert_int_equal(destroy(domid), 0);
}

static void test_foreign_unprivileged(void **state UNUSED)
{
    domid_t other = (domid_t)(caller->domain->domid - 1);
    xen_ulong_t idx = 0;
    xen_pfn_t at = 1000;
    int err = 1;

    assert_int_equal(map_foreign(DOMID_SELF, other, 1, &idx, &at, &err), -EPERM);
    assert_int_equal(map_foreign(DOMID_SELF, 30009, 1, &idx, &at, &err), -EPERM);
    assert_int_equal(unmap(other, 0), -EPERM);
    assert_int_equal(unmap(30009, 0), -EPERM);
}

/* Destroying the domain that maps gives the references back. */
static void test_mapper_dies(void **state UNUSED)
{
    domid_t owner = new_domain(), mapper = new_domain();
    xen_ulong_t idx = 0;
    xen_pfn_t at = 1000;
    int err = 1;

    assert_int_equal(populate(owner, 0, 1, 0, 0), 1);
    assert_int_equal(map_foreign(mapper, owner, 1, &idx, &at, &err), 0);
    assert_int_equal(err, 0);
    assert_int_equal(destroy(mapper), 0);
    assert_int_equal(destroy(owner), 0);
    assert_int_equal(destroy(owner), -ESRCH);
}

static void test_empty_batch(void **state UNUSED)
{
    domid_t domid = new_domain();
    struct xen_add_to_physmap_batch b = {
        .domid = DOMID_SELF, .space = XENMAPSPACE_gmfn_foreign, .u.foreign_domid = domid};

    assert_int_equal(hcall(__HYPERVISOR_memory_op, XENMEM_add_to_physmap_batch, ptr(&b), 0), 0);
    assert_int_equal(destroy(domid), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_populate_counts),
        TEST(test_populate_max),
        TEST(test_populate_nodes),
        TEST(test_populate_continuation),
        TEST(test_populate_half_list),
        TEST(test_populate_without_pool),
        TEST(test_decrease),
        TEST(test_populated_memory_is_clean),
        TEST(test_claim_pages),
        TEST_U(test_claim_pages_unprivileged),
        TEST_U(test_own_memory),
        TEST(test_foreign),
        TEST(test_foreign_outlives_owner),
        TEST(test_foreign_refused),
        TEST_U(test_foreign_unprivileged),
        TEST(test_mapper_dies),
        TEST(test_empty_batch),
    };

    hypercall_checks = true;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
