/* SPDX-License-Identifier: MIT */
/* Guests that cannot be built: the host is full, or the request makes no sense. Nothing stays behind. */
#include "guest_build_test.h"

/* ---- a full host ---- */

/* Claim all but LEFT of the free memory for another domain. */
static uint32_t claim_all_but(uint64_t left)
{
    struct xen_memory_claim claim = {.target = XEN_DOMCTL_CLAIM_MEMORY_HOST};
    domid_t hog = new_domain();
    xc_claiminfo_t host;
    unsigned int nr = 0;
    uint32_t one = 1;

    assert_int_equal(set_max(hog, 1UL << 20), 0);
    assert_int_equal(xc_claiminfo(xch, &nr, NULL, &host), 0);
    claim.pages = host.free - left;
    assert_int_equal(xc_domain_claim_memory(xch, hog, XEN_DOMCTL_CLAIM_MEMORY_SET, &one, &claim), 0);
    return hog;
}

/* What one build takes beside the domain's RAM. */
static uint64_t cost_of(const struct guest_build_config *config)
{
    xc_claiminfo_t before, after;
    unsigned int nr = 0;

    assert_int_equal(xc_claiminfo(xch, &nr, NULL, &before), 0);
    uint32_t domid = build(config);
    assert_int_equal(xc_claiminfo(xch, &nr, NULL, &after), 0);
    assert_int_equal(xc_domain_destroy(xch, domid), 0);
    return before.free - after.free - PAGES;
}

/* Once the claims stand there is not one unclaimed page left; the rest of the build needs none. */
static void test_a_host_that_is_claimed_in_full(void **state UNUSED)
{
    struct xen_memory_claim claims[] = {{1024, 0, 0}, {1024, 1, 0}};
    struct guest_build_config config = config_of(claims, 2);
    uint64_t cost = cost_of(&config);
    uint32_t hog = claim_all_but(PAGES + cost), domid = build(&config);
    xc_claiminfo_t host;
    unsigned int nr = 0;

    assert_int_equal(xc_claiminfo(xch, &nr, NULL, &host), 0);
    assert_int_equal(host.claimed, host.free);
    assert_int_equal(pages_on(domid, 0), 1024);
    assert_int_equal(pages_on(domid, 1), 1024);
    assert_int_equal(xc_domain_destroy(xch, domid), 0);
    assert_int_equal(xc_domain_destroy(xch, hog), 0);
}

static void test_one_page_less(void **state UNUSED)
{
    struct xen_memory_claim claims[] = {{1024, 0, 0}, {1024, 1, 0}};
    struct guest_build_config config = config_of(claims, 2);
    uint64_t cost = cost_of(&config);

    claim_all_but(PAGES + cost - 1);
    assert_refused(&config, ENOMEM,
                   "claim_memory, 2 entries, 2048 pages; host: 2048 pages (8 MiB) wanted, 2047 (7 MiB) free "
                   "and unclaimed: ");
    config.nr_claims = 0;
    assert_refused(&config, ENOMEM, "populate_physmap, 2047 of 2048 pages from any node: ");
}

/* The first node that is short is named; all in all the host has enough. */
static void test_a_node_that_is_short(void **state UNUSED)
{
    struct xen_memory_claim claims[] = {{512, 0, 0}, {1536, 1, 0}};
    struct guest_build_config config = config_of(claims, 2);
    unsigned int nr = 2;
    xc_claiminfo_node_t node[2];
    struct xen_memory_claim hog = {.target = 1};
    domid_t domid = new_domain();
    uint32_t one = 1;

    assert_int_equal(set_max(domid, 1UL << 20), 0);
    assert_int_equal(xc_claiminfo(xch, &nr, node, NULL), 0);
    hog.pages = node[1].free - 1000;
    assert_int_equal(xc_domain_claim_memory(xch, domid, XEN_DOMCTL_CLAIM_MEMORY_SET, &one, &hog), 0);
    assert_refused(&config, ENOMEM, "; node 1: 1536 pages (6 MiB) wanted, ");
    assert_non_null(strstr(error, " MiB) free and unclaimed: "));
}

/* A set replaces the domain's own, and a legacy claim counts what it owns. */
static void test_own_claims_are_no_shortage(void **state UNUSED)
{
    struct xen_memory_claim set = {1000, 0, 0};
    domid_t domid = new_domain();
    xc_claiminfo_node_t node[2];
    unsigned int nr = 2;
    uint32_t one = 1;

    assert_int_equal(set_max(domid, 1UL << 20), 0);
    assert_int_equal(xc_domain_claim_memory(xch, domid, XEN_DOMCTL_CLAIM_MEMORY_SET, &one, &set), 0);
    assert_int_equal(xc_claiminfo(xch, &nr, node, NULL), 0);
    set.pages = node[0].free;
    guest_claim_shortage(xch, domid, &set, 1, error, sizeof(error));
    assert_string_equal(error, "");
    set.pages++;
    guest_claim_shortage(xch, domid, &set, 1, error, sizeof(error));
    assert_memory_equal(error, "node 0: ", 8);
    set = (struct xen_memory_claim){node[0].free + node[1].free + 1, XEN_DOMCTL_CLAIM_MEMORY_LEGACY, 0};
    guest_claim_shortage(xch, domid, &set, 1, error, sizeof(error));
    assert_memory_equal(error, "host: ", 6);
}

/* ---- what is refused before anything is created ---- */

static void test_modules(void **state UNUSED)
{
    struct guest_build_module modules[PVH_MAX_MODULES + 1];
    struct guest_build_config config = config_of(NULL, 0);

    for (unsigned int i = 0; i < ARRAY_SIZE(modules); i++)
        modules[i] = (struct guest_build_module){"m", "x", 1};
    config.modules = modules;
    config.nr_modules = PVH_MAX_MODULES;
    build(&config);
    config.nr_modules++;
    assert_refused(&config, E2BIG, "17 modules, at most 16");

    config.nr_modules = 1;
    modules[0].size = PAGES << PAGE_SHIFT;
    assert_refused(&config, ENOMEM, "image and modules reach ");
    modules[0].size = UINT64_MAX;
    assert_refused(&config, EINVAL, "a module is larger than the address space");
}

static void test_wrong_numbers(void **state UNUSED)
{
    struct xen_memory_claim claims[MAX_CLAIMS + 1] = {{.pages = PAGES + 1}};
    struct guest_build_config config = config_of(claims, 1);

    assert_refused(&config, EINVAL, "claim_memory, 1 entries, 2049 pages: ");
    config.nr_claims = MAX_CLAIMS + 1;
    assert_refused(&config, E2BIG, "claim_memory: 66 entries, at most 65");
    config.nr_claims = 0;
    config.affinity = 1UL << 40;
    assert_refused(&config, ENOENT, "it: there is no node 40, the last one is 1");
    config.affinity = 1UL << 2 | 1UL << 1;
    assert_refused(&config, ENOENT, "it: there is no node 2, the last one is 1");
    config.pages = 1UL << 60;
    assert_refused(&config, EINVAL, "pages are more than there are addresses");
    config.pages = 256;
    assert_refused(&config, ENOEXEC, "too large for the domain's memory");
    config.pages = PAGES;
    config.image_size = 70;
    assert_refused(&config, ENOEXEC, "image of 70 bytes");
}

#define BUILD(f) cmocka_unit_test_setup_teardown(f, setup_build, teardown_build)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BUILD(test_a_host_that_is_claimed_in_full),
        BUILD(test_one_page_less),
        BUILD(test_a_node_that_is_short),
        BUILD(test_own_claims_are_no_shortage),
        BUILD(test_modules),
        BUILD(test_wrong_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
