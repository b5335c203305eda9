/* SPDX-License-Identifier: MIT */
/* Valid arguments for every call about domains and the machine. */
#include "isolation.h"
#include <guest_build.h>
#include <string.h>

#define CAPACITY 256U
#define LEGACY   16U /* pages: more than a sample has */

/* Where results go. No call looks at what lies there, so that one place is enough. */
static uint64_t buffer[4096];
static xen_pfn_t frames[2];
static xen_ulong_t indices[1];
static uint64_t zeroes[32], one = 1;

static void fill_reservation(struct xen_memory_reservation *r, domid_t domid, xen_pfn_t *frame, xen_pfn_t gfn)
{
    *frame = gfn;
    r->nr_extents = 1;
    r->domid = domid;
    set_xen_guest_handle(r->extent_start, frame);
}

static void fill_batch(struct xen_add_to_physmap_batch *b, domid_t domid)
{
    b->domid = domid;
    b->space = XENMAPSPACE_gmfn_foreign;
    b->size = 1;
    b->u.foreign_domid = DOMID_SELF;
    indices[0] = 1;
    frames[0] = FREE_GFN;
    set_xen_guest_handle(b->idxs, indices);
    set_xen_guest_handle(b->gpfns, frames);
    set_xen_guest_handle(b->errs, (int *)buffer);
}

static void fill_vnuma(struct xen_vnuma_topology_info *t, domid_t domid)
{
    t->domid = domid;
    t->nr_vnodes = t->nr_vcpus = t->nr_vmemranges = CAPACITY;
    set_xen_guest_handle(t->vdistance.h, (unsigned int *)buffer);
    set_xen_guest_handle(t->vcpu_to_vnode.h, (unsigned int *)buffer);
    set_xen_guest_handle(t->vmemrange.h, (xen_vmemrange_t *)buffer);
}

void fill_memory_op(unsigned int op, domid_t domid, void *argument)
{
    struct xen_foreign_memory_map *map = argument;
    struct xen_memory_exchange *exchange = argument;

    memcpy(argument, &domid, sizeof(domid)); /* where most structures have it */
    switch (op) {
    case XENMEM_increase_reservation:
    case XENMEM_populate_physmap:
        fill_reservation(argument, domid, &frames[0], FREE_GFN);
        break;
    case XENMEM_decrease_reservation:
        fill_reservation(argument, domid, &frames[0], 1);
        break;
    case XENMEM_claim_pages:
        *(struct xen_memory_reservation *)argument =
            (struct xen_memory_reservation){.nr_extents = LEGACY, .domid = domid};
        break;
    case XENMEM_exchange:
        fill_reservation(&exchange->in, domid, &frames[0], 1);
        fill_reservation(&exchange->out, domid, &frames[1], 1);
        break;
    case XENMEM_add_to_physmap:
        *(struct xen_add_to_physmap *)argument =
            (struct xen_add_to_physmap){.domid = domid, .space = XENMAPSPACE_shared_info, .gpfn = FREE_GFN};
        break;
    case XENMEM_set_memory_map:
        map->map.nr_entries = 1;
        set_xen_guest_handle(map->map.buffer, zeroes);
        break;
    case XENMEM_remove_from_physmap:
        ((struct xen_remove_from_physmap *)argument)->gpfn = 1;
        break;
    case XENMEM_add_to_physmap_batch:
        fill_batch(argument, domid);
        break;
    case XENMEM_get_vnumainfo:
        fill_vnuma(argument, domid);
        break;
    default:
        break;
    }
}

void fill_sysctl(struct xen_sysctl *op)
{
    struct xen_sysctl_page_offline_op *offline = &op->u.page_offline;

    switch (op->cmd) {
    case XEN_SYSCTL_getdomaininfolist:
        op->u.getdomaininfolist.max_domains = 1;
        set_xen_guest_handle(op->u.getdomaininfolist.buffer, (xen_domctl_getdomaininfo_t *)buffer);
        break;
    case XEN_SYSCTL_readconsole:
        op->u.readconsole.count = CAPACITY;
        set_xen_guest_handle(op->u.readconsole.buffer, (char *)buffer);
        break;
    case XEN_SYSCTL_page_offline_op:
        offline->cmd = sysctl_query_page_offline;
        offline->start = offline->end = PAGES(128 * MiB); /* a page of the heap */
        set_xen_guest_handle(offline->status, (uint32_t *)buffer);
        break;
    case XEN_SYSCTL_allod_debug:
        allod_debug(op)->op = ALLOD_DEBUG_CHECK;
        break;
    default: /* the others ask, and zero asks for little */
        break;
    }
}

static void fill_context(struct xen_domctl_hvmcontext *c)
{
    static struct guest_start_state state;

    guest_start_state_init(&state, 0, 0);
    c->size = sizeof(state);
    set_xen_guest_handle(c->buffer, (uint8_t *)&state);
}

static void fill_affinity(struct xen_domctl_vcpuaffinity *a)
{
    a->flags = XEN_VCPUAFFINITY_HARD;
    a->cpumap_hard.nr_bits = 1;
    set_xen_guest_handle(a->cpumap_hard.bitmap, (uint8_t *)&one);
    one = 1;
}

static void fill_vnodes(struct xen_domctl_vnuma *v)
{
    v->nr_vnodes = v->nr_vcpus = 1;
    set_xen_guest_handle(v->vdistance, (unsigned int *)zeroes);
    set_xen_guest_handle(v->vcpu_to_vnode, (unsigned int *)zeroes);
    set_xen_guest_handle(v->vnode_to_pnode, (unsigned int *)zeroes);
}

static void fill_claim(struct xen_domctl_claim_memory *c)
{
    static struct xen_memory_claim claim = {.pages = 1, .target = XEN_DOMCTL_CLAIM_MEMORY_HOST};

    c->mode = XEN_DOMCTL_CLAIM_MEMORY_SET;
    c->nr_entries = 1;
    set_xen_guest_handle(c->claim_set, &claim);
}

void fill_domctl(struct xen_domctl *op)
{
    switch (op->cmd) {
    case XEN_DOMCTL_createdomain:
        op->domain = 0; /* the next that is free */
        op->u.createdomain.flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap;
        op->u.createdomain.max_vcpus = 1;
        op->u.createdomain.max_evtchn_port = UINT32_MAX;
        break;
    case XEN_DOMCTL_setvcpuaffinity:
    case XEN_DOMCTL_getvcpuaffinity:
        fill_affinity(&op->u.vcpuaffinity);
        break;
    case XEN_DOMCTL_shadow_op:
        op->u.shadow_op.op = XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION;
        break;
    case XEN_DOMCTL_max_mem:
        op->u.max_mem.max_memkb = MiB >> 10;
        break;
    case XEN_DOMCTL_max_vcpus:
        op->u.max_vcpus.max = 1;
        break;
    case XEN_DOMCTL_sethvmcontext:
        fill_context(&op->u.hvmcontext);
        break;
    case XEN_DOMCTL_hypercall_init:
        op->u.hypercall_init.gmfn = 1;
        break;
    case XEN_DOMCTL_setnodeaffinity:
    case XEN_DOMCTL_getnodeaffinity:
        op->u.nodeaffinity.nodemap.nr_bits = 1;
        set_xen_guest_handle(op->u.nodeaffinity.nodemap.bitmap, (uint8_t *)&one);
        one = 1;
        break;
    case XEN_DOMCTL_setvnumainfo:
        fill_vnodes(&op->u.vnuma);
        break;
    case XEN_DOMCTL_set_paging_mempool_size:
        op->u.paging_mempool.size = MiB;
        break;
    case XEN_DOMCTL_claim_memory:
        fill_claim(allod_claim_memory(op));
        break;
    default:
        break;
    }
}
