/* SPDX-License-Identifier: MIT */
/* Runs every example against the hypervisor, on a machine with four nodes, and prints TAP. */
#include "examples.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PAGES     3072UL
#define POOL      (1UL << 20)
#define NR_NODES  4
#define MAX_CLAIM (NR_NODES + 1)

static xc_interface *xch;
static unsigned int number, failed;

static void check(bool good, const char *what)
{
    printf("%s %u - %s\n", good ? "ok" : "not ok", ++number, what);
    failed += !good;
    if (!good)
        printf("# errno %d (%s), last error: %s\n", errno, strerror(errno), xc_get_last_error(xch)->message);
}

static uint32_t new_domain(void)
{
    struct xen_domctl_createdomain config = {
        .flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap,
        .max_vcpus = 1,
        .grant_opts = XEN_DOMCTL_GRANT_version(1),
        .arch = {.emulation_flags = XEN_X86_EMU_LAPIC},
    };
    uint32_t domid = 0;

    if (xc_domain_create(xch, &domid, &config) || xc_set_paging_mempool_size(xch, domid, POOL) ||
        xc_domain_setmaxmem(xch, domid, PAGES * (XC_PAGE_SIZE / 1024)))
        check(false, "a domain to work on");
    xc_clear_last_error(xch);
    return domid;
}

/* Did every call succeed since the domain was made? */
static bool no_error(void)
{
    return xc_get_last_error(xch)->code == XC_ERROR_NONE;
}

/* Are the domain's claims these: host-wide, on node 0, 1, ...? */
static bool claims_are(uint32_t domid, const uint64_t expected[MAX_CLAIM])
{
    memory_claim_t seen[MAX_CLAIM];
    uint64_t pages[MAX_CLAIM] = {0};
    uint32_t nr = MAX_CLAIM;

    if (xc_domain_claim_memory(xch, domid, XEN_DOMCTL_CLAIM_MEMORY_GET, &nr, seen))
        return false;
    for (uint32_t i = 0; i < nr; i++)
        pages[seen[i].target == XEN_DOMCTL_CLAIM_MEMORY_HOST ? 0 : seen[i].target + 1] = seen[i].pages;
    return !memcmp(pages, expected, sizeof(pages));
}

static bool nothing_claimed(uint32_t domid)
{
    static const uint64_t none[MAX_CLAIM];

    return claims_are(domid, none);
}

static void test_claim_sets(void)
{
    static const uint64_t three[MAX_CLAIM] = {1024, 1024, 1024};
    uint32_t domid = new_domain();

    install_example_claims(xch, domid);
    check(no_error() && nothing_claimed(domid), "design, version 3: install, replace, release");
    example_claims(xch, domid);
    check(no_error() && nothing_claimed(domid), "guide to claim_memory: install, replace, release");
    install_ocaml_claims(xch, domid);
    check(no_error() && claims_are(domid, three),
          "design, version 3, in OCaml: 3072 in total, 1024 host-wide");
    release_all_claims(xch, domid);
    check(no_error() && nothing_claimed(domid), "design, version 3, in OCaml: release");
    xc_domain_destroy(xch, domid);
}

static void test_single_node(void)
{
    static const uint64_t one[MAX_CLAIM] = {0, PAGES};
    uint32_t domid = new_domain();

    check(!claim_guest_memory(xch, domid, PAGES) && claims_are(domid, one), "version 4: a claim on node 0");
    check(!release_claim(xch, domid) && nothing_claimed(domid), "version 4: release");
    xc_domain_destroy(xch, domid);
}

static void test_legacy(void)
{
    uint32_t domid = new_domain();
    xc_dominfo_t info;

    check(!build_with_claims(xch, domid, PAGES) && xc_domain_getinfo(xch, domid, 1, &info) == 1 &&
              info.nr_pages == PAGES && !info.nr_outstanding_pages && !info.paused,
          "guide to claim_pages: claim, populate, release, unpause");
    xc_domain_destroy(xch, domid);
}

static void test_portable(void)
{
    uint32_t domid;

    check(!portable_build(xch, PAGES, &domid), "a builder for libxenctrl builds");
    check(!portable_survey(xch, domid, PAGES), "it reads about its domain");
    check(!portable_balloon(xch, domid, PAGES), "it takes memory back and gives it again");
    check(!portable_host(xch), "it reads about the host");
    check(!portable_describe(xch, domid, PAGES), "it describes the domain's machine");
    check(!xc_domain_unpause(xch, domid) && !xc_domain_shutdown(xch, domid, SHUTDOWN_poweroff) &&
              !xc_domain_destroy(xch, domid) && xc_get_tot_pages(xch, domid) == -1,
          "it starts, stops and destroys it");
}

int main(void)
{
    xch = xc_interface_open(NULL, NULL, 0);
    printf("1..13\n");
    test_claim_sets();
    test_single_node();
    test_legacy();
    test_portable();
    xc_interface_close(xch);
    return failed != 0;
}
