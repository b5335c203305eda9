/* SPDX-License-Identifier: MIT */
/* Every way to get memory into one's own address space, for what is not one's own. */
#include "isolation.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <xen/vcpu.h>

#define NR_SPACES    8U
#define GRANT_FRAMES 64U /* of a domain whose builder sets no limit */
#define OFFSET       64U

static int64_t result_of(long rc)
{
    return rc < 0 ? -errno : rc;
}

const xen_pfn_t beyond[NR_BEYOND] = {FREE_GFN,  0xfee00,         1UL << 32, (1UL << 36) - 1,
                                     1UL << 36, (1UL << 40) - 1, 1UL << 40, (1UL << 44) | 1,
                                     1UL << 52, (1UL << 52) | 1, 1UL << 63, ~0UL};

/* Is nothing mapped there? Then there is nothing to remove. */
static void expect_unmapped(const char *what)
{
    case_equal(role, what, -ENOENT, result_of(xc_domain_remove_from_physmap(NULL, DOMID_SELF, FREE_GFN)));
}

static bool holds_secret(const volatile uint64_t *page)
{
    for (uint64_t i = 0; i < PAGE_SIZE / 8; i++)
        if (page[i] == (SECRET ^ i))
            return true;
    return false;
}

/* A page that may be mapped is this domain's own: in none of them is anybody's secret. */
static int64_t map_one(unsigned int space, uint64_t idx)
{
    int64_t rc = result_of(xc_domain_add_to_physmap(NULL, DOMID_SELF, space, idx, FREE_GFN));

    if (rc)
        return rc;
    rc = holds_secret((uint64_t *)(FREE_GFN << PAGE_SHIFT)) ? 1 : 0;
    return rc ? rc : result_of(xc_domain_remove_from_physmap(NULL, DOMID_SELF, FREE_GFN));
}

/* Shared info and the own grant table are all that there is. */
static void probe_spaces(void)
{
    static const uint64_t indices[] = {0, 1, 2, 3, 4, 255, 1UL << 20, 1UL << 31, 1UL << 32, 1UL << 52, ~0UL};
    char what[80];

    for (unsigned int space = 0; space < NR_SPACES; space++) {
        int64_t wrong = 0;

        for (unsigned int i = 0; i < ARRAY_SIZE(indices); i++) {
            bool own = (space == XENMAPSPACE_shared_info && indices[i] == 0) ||
                       (space == XENMAPSPACE_grant_table && indices[i] < GRANT_FRAMES);

            wrong += map_one(space, indices[i]) != (own ? 0 : -EINVAL);
        }
        snprintf(what, sizeof(what), "add_to_physmap, space %u: wrong answers", space);
        case_equal(role, what, 0, wrong);
    }
    expect_unmapped("nothing stays mapped");
}

static int64_t map_batch(unsigned int space, domid_t owner, uint64_t idx)
{
    xen_ulong_t index = idx;
    xen_pfn_t frame = FREE_GFN;
    int error = 0;
    int64_t rc =
        result_of(xc_domain_add_to_physmap_batch(NULL, DOMID_SELF, owner, space, 1, &index, &frame, &error));

    return rc ? rc : error;
}

static void probe_foreign(domid_t holder_domid)
{
    const domid_t ids[] = {holder_domid, 0,         NOBODY,        DOMID_XEN,
                           DOMID_IO,     DOMID_COW, DOMID_INVALID, DOMID_IDLE};
    int64_t wrong = 0;

    for (unsigned int i = 0; i < ARRAY_SIZE(ids); i++)
        for (uint64_t idx = 0; idx < 8192; idx += 512)
            wrong += map_batch(XENMAPSPACE_gmfn_foreign, ids[i], idx) != -EPERM;
    case_equal(role, "mapping others' memory: wrong answers", 0, wrong);
    case_equal(role, "mapping one's own as foreign", -EINVAL,
               map_batch(XENMAPSPACE_gmfn_foreign, DOMID_SELF, 0));
    wrong = 0;
    for (unsigned int space = 0; space < NR_SPACES; space++)
        if (space != XENMAPSPACE_gmfn_foreign)
            for (unsigned int i = 0; i < ARRAY_SIZE(ids); i++)
                wrong += map_batch(space, ids[i], 0) != -EOPNOTSUPP;
    case_equal(role, "mapping in batches from other spaces: wrong answers", 0, wrong);
    expect_unmapped("nothing of it is mapped");
}

/* Frames outside of every address space. */
static void probe_beyond(void)
{
    int64_t populated = 0, mapped = 0, given = 0;

    for (unsigned int i = 0; i < ARRAY_SIZE(beyond); i++) {
        xen_pfn_t frame = beyond[i];

        given += xc_domain_decrease_reservation(NULL, DOMID_SELF, 1, 0, &frame);
        if (frame < 1UL << 36)
            continue;
        populated += xc_domain_populate_physmap(NULL, DOMID_SELF, 1, 0, 0, &frame);
        mapped += result_of(xc_domain_add_to_physmap(NULL, DOMID_SELF, XENMAPSPACE_shared_info, 0, frame)) !=
                  -EINVAL;
    }
    case_equal(role, "frames given back that one does not have", 0, given);
    case_equal(role, "frames populated that there are not", 0, populated);
    case_equal(role, "pages mapped where nothing can be: wrong answers", 0, mapped);
}

static int64_t register_info(uint64_t gfn, uint32_t offset)
{
    struct vcpu_register_vcpu_info info = {.mfn = gfn, .offset = offset};

    return xen_hypercall(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 0, (uintptr_t)&info, 0, 0);
}

/* The hypervisor writes to a page of the guest's choice: only to one of its own, and only where it said. */
static void probe_vcpu_info(void)
{
    static uint8_t page[PAGE_SIZE] __attribute__((aligned(4096)));
    int64_t wrong = 0, changed = 0;

    for (unsigned int i = 0; i < ARRAY_SIZE(beyond); i++)
        wrong += register_info(beyond[i], 0) != -EINVAL;
    case_equal(role, "vcpu_info on a page that one does not have: wrong answers", 0, wrong);
    case_equal(role, "vcpu_info across a page's end", -EINVAL,
               register_info((uintptr_t)page >> PAGE_SHIFT, PAGE_SIZE - 8));
    case_equal(role, "vcpu_info on one's own page", 0, register_info((uintptr_t)page >> PAGE_SHIFT, OFFSET));
    for (unsigned int i = 0; i < PAGE_SIZE; i++)
        if (i < OFFSET || i >= OFFSET + sizeof(struct vcpu_info))
            changed += ((volatile uint8_t *)page)[i] != 0;
    case_equal(role, "bytes changed around it", 0, changed);
    case_equal(role, "and a second time elsewhere", -EINVAL, register_info((uintptr_t)page >> PAGE_SHIFT, 0));
}

/* Parameters that are frame numbers are the builder's. */
static void probe_parameters(void)
{
    static const uint32_t pages[] = {
        HVM_PARAM_STORE_PFN,        HVM_PARAM_CONSOLE_PFN,      HVM_PARAM_IOREQ_PFN,
        HVM_PARAM_BUFIOREQ_PFN,     HVM_PARAM_IDENT_PT,         HVM_PARAM_PAGING_RING_PFN,
        HVM_PARAM_MONITOR_RING_PFN, HVM_PARAM_SHARING_RING_PFN, HVM_PARAM_IOREQ_SERVER_PFN,
    };
    int64_t wrong = 0;

    for (unsigned int i = 0; i < ARRAY_SIZE(pages); i++)
        wrong += result_of(xc_hvm_param_set(NULL, DOMID_SELF, pages[i], FREE_GFN)) != -EPERM;
    case_equal(role, "setting parameters that are pages: wrong answers", 0, wrong);
}

void probe_mappings(domid_t holder_domid)
{
    probe_spaces();
    probe_foreign(holder_domid);
    probe_beyond();
    probe_vcpu_info();
    probe_parameters();
}
