/* SPDX-License-Identifier: MIT */
/* The table with privilege: each call that unprivileged domains are refused is valid, and succeeds on a
 * sample domain. So it is for the missing privilege that they are refused. */
#include "isolation.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* The steps that make a sample, by the table's own rows. */
static const unsigned int steps[] = {XEN_DOMCTL_set_paging_mempool_size, XEN_DOMCTL_max_mem,
                                     XEN_DOMCTL_max_vcpus, XEN_DOMCTL_setvnumainfo};

static const struct row *find_domctl(unsigned int op)
{
    for (unsigned int i = 0; i < nr_rows; i++)
        if (rows[i].nr == __HYPERVISOR_domctl && rows[i].op == op)
            return &rows[i];
    abort();
}

static bool make_sample(xc_interface *xch, domid_t *domid)
{
    xen_pfn_t frames[SAMPLE_PAGES];
    struct xen_domctl reply;

    if (row_call(find_domctl(XEN_DOMCTL_createdomain), 0, &reply))
        return false;
    *domid = reply.domain;
    for (unsigned int i = 0; i < ARRAY_SIZE(steps); i++)
        if (row_call(find_domctl(steps[i]), *domid, &reply))
            return false;
    for (unsigned int i = 0; i < SAMPLE_PAGES; i++)
        frames[i] = i;
    return xc_domain_populate_physmap_exact(xch, *domid, SAMPLE_PAGES, 0, 0, frames) == 0;
}

/* What there is in debug builds only. */
static bool is_missing(const struct row *r, int64_t result)
{
    return r->nr == __HYPERVISOR_sysctl && result == -ENOSYS &&
           (r->op == XEN_SYSCTL_allod_debug || r->op == XEN_SYSCTL_lock_stats);
}

static void judge_row(xc_interface *xch, const struct row *r)
{
    struct xen_domctl reply;
    domid_t domid;
    char what[80];
    int64_t result;

    snprintf(what, sizeof(what), "%s succeeds with privilege", r->name);
    if (!make_sample(xch, &domid)) {
        case_equal(role, "a sample domain is made", 0, -errno);
        return;
    }
    result = row_call(r, domid, &reply);
    if (is_missing(r, result))
        result = 0;
    case_equal(role, what, r->counts ? 1 : 0, result > 0 && !r->counts ? 0 : result);
    if (r->nr == __HYPERVISOR_domctl && r->op == XEN_DOMCTL_createdomain)
        xc_domain_destroy(xch, reply.domain);
    xc_domain_destroy(xch, domid);
}

void judge_table(xc_interface *xch)
{
    for (unsigned int i = 0; i < nr_rows; i++)
        if (rows[i].who != HC_ANY)
            judge_row(xch, &rows[i]);
}
