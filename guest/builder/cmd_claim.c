/* SPDX-License-Identifier: MIT */
/* Commands on claims: install a set, rightly or wrongly, read it back, and legacy claims. */
#include "cmd.h"
#include "table.h"
#include <guest_build.h>
#include <string.h>
#include <xen_hypercall.h>

#define BAD_ADDRESS              (3UL << 44) /* nothing is mapped there, in a guest or on the host */
#define MEMOP_START_EXTENT_SHIFT 6           /* of a memory_op's command: where a continuation goes on */
#define MAX_RECORDS              (MAX_NODES + 1)

/* Entries behind the given ones are zero, so that nr= may be larger. */
static struct xen_memory_claim buffer[MAX_ENTRIES];

/* A claim call with something wrong in it, past the library. */
static int64_t malformed_claim(const struct args *a, uint32_t domid)
{
    struct xen_domctl op;
    struct xen_domctl_claim_memory *claim = allod_claim_memory(&op);

    memset(&op, 0, sizeof(op));
    op.cmd = XEN_DOMCTL_claim_memory;
    op.interface_version = ALLOD_DOMCTL_VERSION_MAX + (uint32_t)option_or(a, OPT_VERSION, 0);
    op.domain = (domid_t)domid;
    claim->nr_entries = (uint32_t)option_or(a, OPT_NR, a->nr_entries);
    claim->mode = (uint32_t)option_or(a, OPT_MODE, XEN_DOMCTL_CLAIM_MEMORY_SET);
    if (!given(a, OPT_NULL))
        set_xen_guest_handle(claim->claim_set, buffer);
    return xen_hypercall(__HYPERVISOR_domctl, given(a, OPT_ARG) ? BAD_ADDRESS : (uint64_t)(uintptr_t)&op, 0,
                         0, 0, 0);
}

/* Not enough memory, but where? */
static void explain_refusal(struct outcome *r, uint32_t domid, const struct xen_memory_claim *set,
                            uint32_t nr)
{
    char shortage[100] = "";

    if (interactive && r->err == ENOMEM)
        guest_claim_shortage(xch, domid, set, nr, shortage, sizeof(shortage));
    text_add(&r->detail, "%s", shortage);
}

void cmd_claim(const struct args *a, struct outcome *r)
{
    uint32_t domid, nr = a->nr_entries;

    if (!line_domain(a, r, &domid))
        return;
    memset(buffer, 0, sizeof(buffer));
    memcpy(buffer, a->entries, nr * sizeof(buffer[0]));
    if (a->given)
        r->err = (int)-malformed_claim(a, domid);
    else
        finish(r, xc_domain_claim_memory(xch, domid, XEN_DOMCTL_CLAIM_MEMORY_SET, &nr, buffer));
    explain_refusal(r, domid, a->entries, a->nr_entries);
}

/* And what offlining took away: no longer claimed. */
static void print_claims(const struct args *a, uint32_t domid, const struct xen_memory_claim *claims,
                         unsigned int nr)
{
    static const struct column columns[] = {{"target", -8, true}, {"pages", 9, false}};
    uint64_t recalled;
    struct table t;

    table_begin(&t, given(a, OPT_JSON), columns, 2);
    for (unsigned int i = 0; i < nr; i++) {
        struct text target = {0};
        if (claims[i].target == XEN_DOMCTL_CLAIM_MEMORY_HOST)
            text_add(&target, "host");
        else
            text_add(&target, t.json ? "%u" : "node %u", claims[i].target);
        table_text(&t, target.s);
        table_number(&t, claims[i].pages);
    }
    if (!xc_domain_recalled_pages(xch, domid, &recalled) && recalled) {
        table_text(&t, "recalled");
        table_number(&t, recalled);
    }
}

/* A capacity above what there can be is passed on as it is: the hypervisor never writes more. */
void cmd_claims(const struct args *a, struct outcome *r)
{
    static struct xen_memory_claim records[MAX_RECORDS];
    uint32_t domid, nr = (uint32_t)option_or(a, OPT_CAP, MAX_RECORDS);

    if (!line_domain(a, r, &domid))
        return;
    finish(r, xc_domain_claim_memory(xch, domid, XEN_DOMCTL_CLAIM_MEMORY_GET, &nr, records));
    r->counted = true;
    r->count = nr;
    if (interactive && !r->err)
        print_claims(a, domid, records, nr);
}

void cmd_claim_pages(const struct args *a, struct outcome *r)
{
    struct xen_memory_reservation res = {
        .nr_extents = a->count,
        .extent_order = (unsigned int)option_or(a, OPT_ORDER, 0),
        .mem_flags = (unsigned int)option_or(a, OPT_FLAGS, 0),
    };
    uint32_t domid;

    if (!line_domain(a, r, &domid))
        return;
    if (!a->given) {
        struct xen_memory_claim legacy = {a->count, XEN_DOMCTL_CLAIM_MEMORY_LEGACY, 0};

        finish(r, xc_domain_claim_pages(xch, domid, a->count));
        explain_refusal(r, domid, &legacy, 1);
        return;
    }
    res.domid = (domid_t)domid;
    set_xen_guest_handle(res.extent_start, (xen_pfn_t *)(uintptr_t)option_or(a, OPT_START, 0));
    uint64_t cmd = XENMEM_claim_pages | option_or(a, OPT_CONTINUATION, 0) << MEMOP_START_EXTENT_SHIFT;
    r->err = (int)-xen_hypercall(__HYPERVISOR_memory_op, cmd, (uint64_t)(uintptr_t)&res, 0, 0, 0);
}
