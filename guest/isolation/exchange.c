/* SPDX-License-Identifier: MIT */
/* Exchange of what is not one's own: pages that one does not have, others' pages, the hypervisor's. */
#include "isolation.h"
#include <errno.h>

#define KEPT 0x6b657074UL

static uint64_t own[PAGE_SIZE / 8] __attribute__((aligned(4096)));

int64_t exchange(const struct xen_memory_reservation *in, const struct xen_memory_reservation *out)
{
    struct xen_memory_exchange e = {.in = *in, .out = *out};

    return xc_memory_op(NULL, XENMEM_exchange, &e, sizeof(e)) < 0 ? -errno : 0;
}

static int64_t exchange_lists(domid_t from, xen_pfn_t *in, domid_t to, xen_pfn_t *out)
{
    struct xen_memory_reservation old = {.nr_extents = 1, .domid = from};
    struct xen_memory_reservation new = {.nr_extents = 1, .domid = to};

    set_xen_guest_handle_raw(old.extent_start, in);
    set_xen_guest_handle_raw(new.extent_start, out);
    return exchange(&old, &new);
}

static int64_t exchange_one(domid_t from, xen_pfn_t in, domid_t to, xen_pfn_t out)
{
    return exchange_lists(from, &in, to, &out);
}

static xen_pfn_t own_gfn(void)
{
    return (uintptr_t)own >> PAGE_SHIFT;
}

/* What is refused takes no page away and brings none. */
static void expect_unchanged(const char *what)
{
    int64_t changed = xc_domain_remove_from_physmap(NULL, DOMID_SELF, FREE_GFN) == 0;

    for (unsigned int i = 0; i < PAGE_SIZE / 8; i++)
        changed += ((volatile uint64_t *)own)[i] != KEPT + i;
    case_equal(role, what, 0, changed);
}

static void probe_frames(void)
{
    int64_t wrong_in = 0, wrong_out = 0;

    for (unsigned int i = 0; i < NR_BEYOND; i++) {
        wrong_in += exchange_one(DOMID_SELF, beyond[i], DOMID_SELF, FREE_GFN) != -EINVAL;
        if (beyond[i] >= 1UL << 36)
            wrong_out += exchange_one(DOMID_SELF, own_gfn(), DOMID_SELF, beyond[i]) != -EINVAL;
    }
    case_equal(role, "exchange of frames that one does not have: wrong answers", 0, wrong_in);
    case_equal(role, "exchange for frames that there are not: wrong answers", 0, wrong_out);
    expect_unchanged("nothing has changed by that");
}

static void probe_domains(domid_t holder_domid)
{
    const domid_t ids[] = {holder_domid, 0,         NOBODY,        DOMID_XEN,
                           DOMID_IO,     DOMID_COW, DOMID_INVALID, DOMID_IDLE};
    int64_t wrong = 0;

    for (unsigned int i = 0; i < ARRAY_SIZE(ids); i++) {
        wrong += exchange_one(ids[i], own_gfn(), ids[i], FREE_GFN) != -EPERM;
        wrong += exchange_one(ids[i], own_gfn(), DOMID_SELF, FREE_GFN) != -EINVAL;
        wrong += exchange_one(DOMID_SELF, own_gfn(), ids[i], FREE_GFN) != -EINVAL;
    }
    case_equal(role, "exchange of or for others' pages: wrong answers", 0, wrong);
    expect_unchanged("nothing has changed by that, either");
}

/* The hypervisor's pages that a domain may map stay the hypervisor's, and in their place. */
static void probe_shared(unsigned int space)
{
    case_equal(role, "a page of the hypervisor is mapped", 0,
               xc_domain_add_to_physmap(NULL, DOMID_SELF, space, 0, FREE_GFN));
    case_equal(role, "exchange of it", -EINVAL, exchange_one(DOMID_SELF, FREE_GFN, DOMID_SELF, FREE_GFN + 1));
    case_equal(role, "exchange for a frame where it is", -EEXIST,
               exchange_one(DOMID_SELF, own_gfn(), DOMID_SELF, FREE_GFN));
    case_equal(role, "it is still there", 0, xc_domain_remove_from_physmap(NULL, DOMID_SELF, FREE_GFN));
    expect_unchanged("and one's own page, too");
}

static void probe_lists(void)
{
    static const uint64_t addresses[] = {0xffff800000000000, 0xffff800000100000, 0xffffa00000000000,
                                         0xffffffff80000000, 0xffffffff80100000};
    xen_pfn_t in = own_gfn(), out = FREE_GFN;
    int64_t wrong = 0;

    for (unsigned int i = 0; i < ARRAY_SIZE(addresses); i++) {
        wrong += exchange_lists(DOMID_SELF, (xen_pfn_t *)addresses[i], DOMID_SELF, &out) != -EFAULT;
        wrong += exchange_lists(DOMID_SELF, &in, DOMID_SELF, (xen_pfn_t *)addresses[i]) != -EFAULT;
    }
    case_equal(role, "exchange by lists of the hypervisor: wrong answers", 0, wrong);
    expect_unchanged("nothing has changed by these lists");
}

void probe_exchange(domid_t holder_domid)
{
    for (unsigned int i = 0; i < PAGE_SIZE / 8; i++)
        own[i] = KEPT + i;
    probe_frames();
    probe_domains(holder_domid);
    probe_shared(XENMAPSPACE_shared_info);
    probe_shared(XENMAPSPACE_grant_table);
    probe_lists();
}
