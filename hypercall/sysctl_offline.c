/* SPDX-License-Identifier: MIT */
/* sysctl: pages taken out of use and brought back, and the way to find them. Spec section 9. */
#include "offline.h"
#include "page_runs.h"
#include "sysctl.h"
#include <string.h>

#define OWNER(domid) ((uint32_t)(domid) << PG_OFFLINE_OWNER_SHIFT)

/* As Xen's tools understand it: bits of <xen/sysctl.h>, the owner above them. */
static uint32_t offline_status(const struct offline_result *r)
{
    switch (r->outcome) {
    case OFFLINE_DONE:
        return PG_OFFLINE_OFFLINED | (r->broken ? PG_OFFLINE_BROKEN : 0);
    case OFFLINE_PENDING:
        return PG_OFFLINE_PENDING | (r->broken ? PG_OFFLINE_BROKEN : 0) |
               (r->owner == DOMID_INVALID ? PG_OFFLINE_XENPAGE | OWNER(DOMID_XEN)
                                          : PG_OFFLINE_OWNED | OWNER(r->owner));
    case OFFLINE_AGAIN:
        return PG_OFFLINE_FAILED | PG_OFFLINE_AGAIN;
    default:
        return PG_OFFLINE_FAILED | PG_OFFLINE_NOT_CONV_RAM;
    }
}

static int refuse_no_ram(mfn_t m)
{
    return refuse(EINVAL, "page_offline: page %#lx is not the heap's", m.v);
}

static int offline_page(mfn_t m, uint32_t *status)
{
    struct offline_result r = heap_offline_page(m, false);

    *status = offline_status(&r);
    if (r.outcome == OFFLINE_NOT_RAM)
        return refuse_no_ram(m);
    return 0;
}

static int online_page(mfn_t m, uint32_t *status)
{
    switch (heap_online_page(m).outcome) {
    case ONLINE_DONE:
        *status = PG_ONLINE_ONLINED;
        return 0;
    case ONLINE_NOTHING:
        *status = 0;
        return 0;
    case ONLINE_BROKEN:
        *status = PG_ONLINE_FAILED | PG_ONLINE_BROKEN;
        return refuse(EINVAL, "page_offline: page %#lx is broken", m.v);
    default:
        *status = PG_OFFLINE_INVALID;
        return refuse_no_ram(m);
    }
}

static int query_page(mfn_t m, uint32_t *status)
{
    struct offline_result r = heap_query_page(m);

    *status = PG_OFFLINE_INVALID;
    if (r.outcome == OFFLINE_NOT_RAM)
        return refuse_no_ram(m);
    *status = r.broken ? PG_OFFLINE_STATUS_BROKEN : 0;
    if (r.outcome == OFFLINE_DONE)
        *status |= PG_OFFLINE_STATUS_OFFLINED;
    if (r.outcome == OFFLINE_PENDING)
        *status |= PG_OFFLINE_STATUS_OFFLINE_PENDING;
    return 0;
}

static int (*const page_operations[])(mfn_t m, uint32_t *status) = {
    [sysctl_page_offline] = offline_page,
    [sysctl_page_online] = online_page,
    [sysctl_query_page_offline] = query_page,
};

/* A handle of 32-bit code lies where the structure has padding for others. */
static guest_ptr_t take_status(struct xen_sysctl_page_offline_op *op, bool compat)
{
    uint8_t *field =
        (uint8_t *)op + (compat ? offsetof(struct xen_sysctl_page_offline_op, end) + sizeof(op->end)
                                : offsetof(struct xen_sysctl_page_offline_op, status));
    const size_t size = compat ? sizeof(uint32_t) : sizeof(uint64_t);
    uint64_t at = 0, next;

    memcpy(&at, field, size);
    next = at + sizeof(uint32_t); /* wraps, as guests' addresses may */
    memcpy(field, &next, size);
    return guest_ptr(at);
}

/* As in Xen the first page that fails, also one that is no RAM of the heap, ends the work. The statuses
 * behind it are not written. A call that takes long is entered again with what is left of the range. */
int sysctl_page_offline_op(struct sysctl_call *c)
{
    struct xen_sysctl_page_offline_op *op = &c->op.u.page_offline;
    uint32_t status;
    int rc;

    if (op->cmd >= ARRAY_SIZE(page_operations) || !page_operations[op->cmd])
        return refuse(EINVAL, "page_offline: command %u", op->cmd);
    if (op->end < op->start)
        return refuse(EINVAL, "page_offline: from %#x to %#x", op->start, op->end);
    c->copy_back = true;
    do {
        rc = page_operations[op->cmd](mfn(op->start), &status);
        if (arch_copy_to_guest(take_status(op, c->compat), &status, sizeof(status)))
            return refuse(EFAULT, "page_offline: status of page %#x cannot be written", op->start);
        if (rc || op->start == op->end)
            return rc;
        op->start++;
    } while (!call_is_long(c->v, 1));
    return -ERESTART;
}

static bool is_wanted(const struct xen_sysctl_page_runs *op, const struct page_run *run)
{
    return op->uses >> run->use & 1 && (op->node == ALLOD_ANY_NODE || op->node == run->node) &&
           (op->domid == DOMID_INVALID || op->domid == run->owner);
}

int sysctl_page_runs(struct sysctl_call *c)
{
    struct xen_sysctl_page_runs *op = allod_page_runs(&c->op);
    const uint32_t capacity = op->nr_runs;
    struct page_run run;

    op->nr_runs = 0;
    c->copy_back = true;
    if (capacity == 0)
        return 0;
    do { /* one run at least, also as the last of many calls in a multicall */
        if (!heap_next_run(op->first_mfn, &run)) {
            op->first_mfn = ~0UL;
            return 0;
        }
        if (is_wanted(op, &run)) {
            struct xen_page_run out = {run.first, run.nr, run.node, run.use, run.owner};

            if (arch_copy_to_guest(guest_ptr_add(handle_ptr(op->runs), op->nr_runs * sizeof(out)), &out,
                                   sizeof(out)))
                return refuse(EFAULT, "page_runs: run %u cannot be written", op->nr_runs);
            op->nr_runs++;
        }
        op->first_mfn = run.first + run.nr;
    } while (op->nr_runs < capacity && !call_is_long(c->v, 16));
    return 0;
}
