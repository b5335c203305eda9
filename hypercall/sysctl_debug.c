/* SPDX-License-Identifier: MIT */
/* sysctl: what tests need to see and do in a debug build. */
#include "fault.h"
#include "heap.h"
#include "memory_op.h"
#include "sysctl.h"

unsigned long call_budget = CALL_BUDGET;

/* Blocks that NOREF allocated, linked through their first records. They belong to the hypervisor. */
static spinlock_t noref_lock = SPINLOCK_INIT(RANK_DOMCTL, "noref blocks");
static uint32_t noref_head GUARDED_BY(noref_lock) = FRAME_NONE;

static int debug_check(struct vcpu *v UNUSED, struct xen_sysctl_allod_debug *op)
{
    op->result = heap_check() ? 0 : 1;
    return 0;
}

static void allocate_norefs(struct xen_sysctl_allod_debug *op, struct domain *d, unsigned int flags)
{
    spin_lock(&noref_lock);
    for (; op->result < op->nr_extents; op->result++) {
        struct page_info *pg = alloc_heap_pages(ZONE_LOW, NR_ZONES - 1, op->order, flags, d ? &d->mem : NULL);

        if (!pg)
            break;
        pg->next = noref_head;
        noref_head = (uint32_t)page_to_mfn(pg).v;
    }
    spin_unlock(&noref_lock);
}

static int debug_noref(struct vcpu *v, struct xen_sysctl_allod_debug *op)
{
    struct domain *d = NULL;
    unsigned int flags;

    if (op->order > MAX_ORDER)
        return refuse(EINVAL, "noref: order %u", op->order);
    if (op->domid != DOMID_INVALID) {
        d = domain_get(op->domid);
        if (!d)
            return refuse(ESRCH, "noref: no domain %u", op->domid);
    }
    op->result = 0;
    if (convert_memflags(v->domain, op->mem_flags, &flags))
        allocate_norefs(op, d, flags | (d ? MEMF_no_refcount : MEMF_no_owner));
    if (d)
        domain_put(d);
    return 0;
}

static int debug_free_noref(struct vcpu *v UNUSED, struct xen_sysctl_allod_debug *op)
{
    op->result = 0;
    spin_lock(&noref_lock);
    while (noref_head != FRAME_NONE) {
        struct page_info *pg = mfn_to_page(mfn(noref_head));
        unsigned int order = pg->order;

        noref_head = pg->next;
        op->result += 1UL << order;
        free_heap_pages(pg, order);
    }
    spin_unlock(&noref_lock);
    return 0;
}

static int debug_dying(struct vcpu *v, struct xen_sysctl_allod_debug *op)
{
    struct domain *d = domain_get(op->domid);

    if (!d)
        return refuse(ESRCH, "dying: no domain %u", op->domid);
    if (d != v->domain)
        domain_begin_kill(d);
    domain_put(d);
    return d != v->domain ? 0 : refuse(EINVAL, "dying: d%u itself", op->domid);
}

static int debug_fail(struct vcpu *v UNUSED, struct xen_sysctl_allod_debug *op)
{
    op->result = fault_arm(op->nr_extents, MAX(op->times, 1U));
    return 0;
}

/* From 1 on: every call of any domain is then interrupted after every step. */
static int debug_budget(struct vcpu *v UNUSED, struct xen_sysctl_allod_debug *op)
{
    op->result = READ_ONCE(call_budget);
    WRITE_ONCE(call_budget, op->nr_extents ? MIN(op->nr_extents, CALL_BUDGET) : CALL_BUDGET);
    return 0;
}

static int (*const operations[])(struct vcpu *v, struct xen_sysctl_allod_debug *op) = {
    [ALLOD_DEBUG_CHECK] = debug_check, [ALLOD_DEBUG_NOREF] = debug_noref,
    [ALLOD_DEBUG_DYING] = debug_dying, [ALLOD_DEBUG_FREE_NOREF] = debug_free_noref,
    [ALLOD_DEBUG_FAIL] = debug_fail,   [ALLOD_DEBUG_BUDGET] = debug_budget,
};

int sysctl_allod_debug(struct sysctl_call *c)
{
    struct xen_sysctl_allod_debug *op = allod_debug(&c->op);
    int rc;

    if (!IS_DEBUG || op->op >= ARRAY_SIZE(operations))
        return refuse(ENOSYS, "allod_debug: operation %u", op->op);
    rc = operations[op->op](c->v, op);
    c->copy_back = rc == 0;
    return rc;
}
