/* SPDX-License-Identifier: MIT */
/* The C library over a hypercall that only records: what it passes on, errno, and the earlier drafts' forms.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../guest/lib/xc_private.h"

#include "../../guest/lib/xc_claims.c"
#include "../../guest/lib/xc_core.c"
#include "../../guest/lib/xc_domain.c"
#include "../../guest/lib/xc_memory.c"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* What the library handed over, and the answer it gets. */
static struct {
    int64_t answer;
    unsigned int calls, nr;
    uint64_t cmd;
    struct xen_domctl domctl;
    struct xen_memory_reservation reservation;
    struct xen_memory_claim entries[MAX_ENTRIES + 1];
} seen;

int64_t xen_hypercall(unsigned int nr, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    (void)a3;
    (void)a4;
    (void)a5;
    seen.calls++;
    seen.nr = nr;
    seen.cmd = a1;
    if (nr == __HYPERVISOR_domctl) {
        const struct xen_domctl_claim_memory *op;

        memcpy(&seen.domctl, (void *)a1, sizeof(seen.domctl));
        op = allod_claim_memory(&seen.domctl);
        if (seen.domctl.cmd == XEN_DOMCTL_claim_memory && op->claim_set.p && op->nr_entries <= MAX_ENTRIES)
            memcpy(seen.entries, op->claim_set.p, op->nr_entries * sizeof(seen.entries[0]));
    }
    if (nr == __HYPERVISOR_memory_op)
        memcpy(&seen.reservation, (void *)a2, sizeof(seen.reservation));
    return seen.answer;
}

static int reset(void **state)
{
    (void)state;
    memset(&seen, 0, sizeof(seen));
    errno = 0;
    return 0;
}

/* The calls as the design documents show them. */
static void test_forms_of_claim_memory(void **state)
{
    memory_claim_t v3[] = {{.pages = 1024, .target = 0},
                           {.pages = 512, .target = XEN_DOMCTL_CLAIM_MEMORY_HOST}};
    memory_claim_t guide[] = {{.pages = 7, .node = XEN_DOMCTL_CLAIM_MEMORY_GLOBAL}};
    memory_claim_t v4 = {.nr_pages = 9, .node = XEN_DOMCTL_CLAIM_MEMORY_NO_NODE};
    struct xen_memory_claim plain[] = {{.pages = 3, .target = 2}};
    uint32_t nr = 1;

    (void)state;
    assert_int_equal(xc_domain_claim_memory(NULL, 5, ARRAY_SIZE(v3), v3), 0);
    assert_int_equal(seen.domctl.cmd, XEN_DOMCTL_claim_memory);
    assert_int_equal(seen.domctl.interface_version, XEN_DOMCTL_INTERFACE_VERSION);
    assert_int_equal(seen.domctl.domain, 5);
    assert_int_equal(allod_claim_memory(&seen.domctl)->mode, XEN_DOMCTL_CLAIM_MEMORY_SET);
    assert_int_equal(allod_claim_memory(&seen.domctl)->nr_entries, 2);
    assert_memory_equal(seen.entries, v3, sizeof(v3));

    assert_int_equal(xc_domain_claim_memory(NULL, 5, 1, guide), 0);
    assert_int_equal(seen.entries[0].pages, 7);
    assert_int_equal(seen.entries[0].target, XEN_DOMCTL_CLAIM_MEMORY_HOST);
    assert_int_equal(xc_domain_claim_memory(NULL, 5, 1, &v4), 0);
    assert_int_equal(seen.entries[0].pages, 9);
    assert_int_equal(xc_domain_claim_memory(NULL, 5, XEN_DOMCTL_CLAIM_MEMORY_SET, &nr, plain), 0);
    assert_int_equal(seen.entries[0].target, 2);
    assert_int_equal(xc_domain_claim_memory(NULL, 5, XEN_DOMCTL_CLAIM_MEMORY_GET, &nr, NULL), 0);
    assert_null(allod_claim_memory(&seen.domctl)->claim_set.p);
}

static void test_total_becomes_host(void **state)
{
    memory_claim_t claims[] = {{.pages = 1024, .node = 0},
                               {.pages = 3072, .node = XEN_DOMCTL_CLAIM_MEMORY_TOTAL},
                               {.pages = 1024, .node = 1}};

    (void)state;
    assert_int_equal(xc_domain_claim_memory(NULL, 1, 3, claims), 0);
    assert_int_equal(seen.entries[1].target, XEN_DOMCTL_CLAIM_MEMORY_HOST);
    assert_int_equal(seen.entries[1].pages, 1024);
    assert_int_equal(claims[1].pages, 3072); /* the caller's array stays */
}

static void test_wrong_totals(void **state)
{
    memory_claim_t too_small[] = {{.pages = 1024, .node = 0},
                                  {.pages = 1023, .node = XEN_DOMCTL_CLAIM_MEMORY_TOTAL}};
    memory_claim_t twice[] = {{.pages = 1, .node = XEN_DOMCTL_CLAIM_MEMORY_TOTAL},
                              {.pages = 1, .node = XEN_DOMCTL_CLAIM_MEMORY_TOTAL}};
    memory_claim_t wraps[] = {{.pages = UINT64_MAX, .node = 0},
                              {.pages = 2, .node = 1},
                              {.pages = 5, .node = XEN_DOMCTL_CLAIM_MEMORY_TOTAL}};
    memory_claim_t beside_host[] = {{.pages = 1, .node = XEN_DOMCTL_CLAIM_MEMORY_HOST},
                                    {.pages = 5, .node = XEN_DOMCTL_CLAIM_MEMORY_TOTAL}};

    (void)state;
    assert_int_equal(xc_domain_claim_memory(NULL, 1, 2, too_small), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(xc_domain_claim_memory(NULL, 1, 2, twice), -1);
    assert_int_equal(xc_domain_claim_memory(NULL, 1, 3, wraps), -1);
    assert_int_equal(xc_domain_claim_memory(NULL, 1, 2, beside_host), -1);
    assert_int_equal(seen.calls, 0);
}

/* Too long a set is the hypervisor's to refuse. */
static void test_long_sets_pass(void **state)
{
    memory_claim_t claims[MAX_ENTRIES + 1] = {{.pages = 0}};

    (void)state;
    seen.answer = -E2BIG;
    assert_int_equal(xc_domain_claim_memory(NULL, 1, MAX_ENTRIES + 1, claims), -1);
    assert_int_equal(errno, E2BIG);
    assert_int_equal(allod_claim_memory(&seen.domctl)->nr_entries, MAX_ENTRIES + 1);
}

static void test_enosys_is_not_hidden(void **state)
{
    (void)state;
    seen.answer = -ENOSYS;
    assert_int_equal(xc_domain_claim_pages(NULL, 3, 100), -1);
    assert_int_equal(errno, ENOSYS);
    assert_int_equal(seen.cmd, XENMEM_claim_pages);
    assert_int_equal(seen.reservation.nr_extents, 100);
    assert_int_equal(seen.reservation.domid, 3);
}

static void test_exact_forms(void **state)
{
    xen_pfn_t extents[4] = {0};

    (void)state;
    seen.answer = 3;
    assert_int_equal(xc_domain_populate_physmap(NULL, 1, 4, 9, XENMEMF_exact_node(1), extents), 3);
    assert_int_equal(seen.reservation.mem_flags, XENMEMF_exact_node(1));
    assert_int_equal(seen.reservation.extent_order, 9);
    assert_int_equal(xc_domain_populate_physmap_exact(NULL, 1, 4, 9, 0, extents), -1);
    assert_int_equal(errno, EBUSY);
    seen.answer = 4;
    assert_int_equal(xc_domain_populate_physmap_exact(NULL, 1, 4, 9, 0, extents), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_forms_of_claim_memory, reset),
        cmocka_unit_test_setup(test_total_becomes_host, reset),
        cmocka_unit_test_setup(test_wrong_totals, reset),
        cmocka_unit_test_setup(test_long_sets_pass, reset),
        cmocka_unit_test_setup(test_enosys_is_not_hidden, reset),
        cmocka_unit_test_setup(test_exact_forms, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
