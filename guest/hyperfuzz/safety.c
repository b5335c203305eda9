/* SPDX-License-Identifier: MIT */
/* Which calls are left out, because they would end this program or, by right, a bystander: hyperfuzz.h. */
#include "hyperfuzz.h"
#include <xen/hvm/hvm_op.h>
#include <xen/vcpu.h>

#define IMAGE_FIRST   256UL /* guest frames of this program */
#define IMAGE_LAST    511UL
#define NEAR_FRAMES   8192UL /* others' pages are mapped below this frame, or at one of the far ones */
#define MAX_GFN       (1UL << 36)
#define CMD_MASK      63U
#define MAX_TEXT      64U
#define MAX_ENTRIES   100000U
#define MAX_OFFLINE   64U          /* pages: each is one line in the log */
#define SOON_NS       1000000000UL /* of system time: over by now, or soon */
#define MAX_OWN_KIB   (32UL << 10)
#define MAX_BYSTANDER 8
#define CPUID_XEN_HVM 0x40000004U /* ECX: this domain's id; xen/arch-x86/cpuid.h */

static const uint64_t far_frames[] = {1UL << 18,       1UL << 20,     1UL << 27,
                                      (1UL << 30) + 1, MAX_GFN - 512, MAX_GFN - 1};

static domid_t self;
static domid_t bystander[MAX_BYSTANDER];
static unsigned int nr_bystanders;

static void find_bystanders(void)
{
    xc_domaininfo_t info[MAX_BYSTANDER];
    int nr = xc_domain_getinfolist(NULL, 0, MAX_BYSTANDER, info);

    for (int i = 0; i < nr; i++)
        if (info[i].domain != self)
            bystander[nr_bystanders++] = info[i].domain;
}

void safety_init(bool privileged)
{
    uint32_t eax = CPUID_XEN_HVM, ebx, ecx = 0, edx;

    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    self = (domid_t)ecx;
    if (privileged)
        find_bystanders();
}

domid_t own_domid(void)
{
    return self;
}

bool is_self(domid_t domid)
{
    return domid == DOMID_SELF || domid == self;
}

bool is_bystander(domid_t domid)
{
    for (unsigned int i = 0; i < nr_bystanders; i++)
        if (bystander[i] == domid)
            return true;
    return false;
}

bool mapping_frame(unsigned int i, uint64_t *gfn)
{
    unsigned int low = (unsigned int)IMAGE_FIRST,
                 nr_near = (unsigned int)(NEAR_FRAMES - (IMAGE_LAST + 1 - low));

    if (i < nr_near)
        *gfn = i < low ? i : i + (IMAGE_LAST + 1 - low);
    else if (i < nr_near + ARRAY_SIZE(far_frames))
        *gfn = far_frames[i - nr_near];
    else
        return false;
    return true;
}

static bool is_image(uint64_t gfn, unsigned int order)
{
    return order < 32 && gfn <= IMAGE_LAST && gfn + (1UL << order) > IMAGE_FIRST;
}

static bool may_map(uint64_t gfn)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(far_frames); i++)
        if (gfn == far_frames[i])
            return true;
    return gfn >= MAX_GFN || (gfn < NEAR_FRAMES && !is_image(gfn, 0));
}

/* Does none of the list's entries touch the image? What cannot be read ends the list, as it does the call. */
static bool list_spares_image(const struct call *c, uint64_t list, uint64_t nr, unsigned int order)
{
    uint64_t gfn;

    for (uint64_t i = 0; i < nr && i < MAX_ENTRIES && layout_peek_word(c->compat, list, i, &gfn); i++)
        if (is_image(gfn, order))
            return false;
    return true;
}

static bool is_safe_reservation(const struct call *c, const struct xen_memory_reservation *r, bool frees)
{
    if (is_bystander(r->domid))
        return false;
    return !frees || !is_self(r->domid) ||
           list_spares_image(c, (uintptr_t)r->extent_start.p, r->nr_extents, r->extent_order);
}

#define PEEK(c, name, va, own) layout_peek((c)->compat, &layout_##name, va, own, sizeof(struct name))

static bool is_safe_batch(const struct call *c, const struct xen_add_to_physmap_batch *b)
{
    uint64_t gfn, list = (uintptr_t)b->gpfns.p;

    if (is_bystander(b->domid) || is_bystander(b->u.foreign_domid))
        return false;
    for (uint64_t i = 0; is_self(b->domid) && i < b->size && layout_peek_word(c->compat, list, i, &gfn); i++)
        if (!may_map(gfn))
            return false;
    return true;
}

static bool is_safe_memory_op(const struct call *c)
{
    uint64_t va = c->arg[1];
    unsigned int op = (unsigned int)c->arg[0] & CMD_MASK;
    union {
        struct xen_memory_reservation r;
        struct xen_memory_exchange x;
        struct xen_add_to_physmap a;
        struct xen_add_to_physmap_batch b;
        struct xen_remove_from_physmap m;
        struct xen_foreign_memory_map f;
    } u;

    switch (op) {
    case XENMEM_increase_reservation:
    case XENMEM_decrease_reservation:
    case XENMEM_populate_physmap:
    case XENMEM_claim_pages:
        return !PEEK(c, xen_memory_reservation, va, &u.r) ||
               is_safe_reservation(c, &u.r, op == XENMEM_decrease_reservation);
    case XENMEM_exchange:
        return !PEEK(c, xen_memory_exchange, va, &u.x) ||
               (is_safe_reservation(c, &u.x.in, true) && is_safe_reservation(c, &u.x.out, true));
    case XENMEM_add_to_physmap:
        return !PEEK(c, xen_add_to_physmap, va, &u.a) ||
               (!is_bystander(u.a.domid) && (!is_self(u.a.domid) || may_map(u.a.gpfn)));
    case XENMEM_add_to_physmap_batch:
        return !PEEK(c, xen_add_to_physmap_batch, va, &u.b) || is_safe_batch(c, &u.b);
    case XENMEM_remove_from_physmap:
        return !PEEK(c, xen_remove_from_physmap, va, &u.m) ||
               (!is_bystander(u.m.domid) && (!is_self(u.m.domid) || !is_image(u.m.gpfn, 0)));
    case XENMEM_set_memory_map:
        return !PEEK(c, xen_foreign_memory_map, va, &u.f) || !is_bystander(u.f.domid);
    default:
        return true;
    }
}

static bool only_reads(uint32_t cmd)
{
    return cmd == XEN_DOMCTL_getdomaininfo || cmd == XEN_DOMCTL_getvcpuinfo ||
           cmd == XEN_DOMCTL_getvcpuaffinity || cmd == XEN_DOMCTL_getnodeaffinity ||
           cmd == XEN_DOMCTL_get_paging_mempool_size;
}

static bool is_safe_domctl(const struct call *c)
{
    struct xen_domctl op;

    if (!space_peek(c->arg[0], &op, sizeof(op)))
        return true;
    if (is_bystander(op.domain))
        return only_reads(op.cmd);
    if (op.domain != self)
        return true;
    if (op.cmd == XEN_DOMCTL_max_mem)
        return op.u.max_mem.max_memkb <= MAX_OWN_KIB;
    return op.cmd != XEN_DOMCTL_hypercall_init || !is_image(op.u.hypercall_init.gmfn, 0);
}

static bool is_safe_sysctl(const struct call *c)
{
    struct xen_sysctl op;

    if (!space_peek(c->arg[0], &op, sizeof(op)))
        return true;
    if (op.cmd == XEN_SYSCTL_debug_keys)
        return op.u.debug_keys.nr_keys <= 1;
    if (op.cmd == XEN_SYSCTL_page_offline_op)
        return op.u.page_offline.end < op.u.page_offline.start ||
               op.u.page_offline.end - op.u.page_offline.start <= MAX_OFFLINE;
    return op.cmd != XEN_SYSCTL_allod_debug || !is_bystander(allod_debug(&op)->domid);
}

/* Nothing may ever wake this program: no event need come, and it has no time limit that is near. */
static bool is_safe_poll(const struct call *c)
{
    struct sched_poll poll;

    return !PEEK(c, sched_poll, c->arg[1], &poll) || (poll.timeout && poll.timeout < SOON_NS);
}

static bool is_safe_sched_op(const struct call *c)
{
    struct sched_remote_shutdown how;

    if ((uint32_t)c->arg[0] == SCHEDOP_shutdown || (uint32_t)c->arg[0] == SCHEDOP_block)
        return false;
    if ((uint32_t)c->arg[0] == SCHEDOP_poll)
        return is_safe_poll(c);
    return (uint32_t)c->arg[0] != SCHEDOP_remote_shutdown || !space_peek(c->arg[1], &how, sizeof(how)) ||
           (!is_self(how.domain_id) && !is_bystander(how.domain_id));
}

static bool is_safe_vcpu_op(const struct call *c)
{
    struct vcpu_register_vcpu_info info;
    uint64_t area;

    switch ((uint32_t)c->arg[0]) {
    case VCPUOP_up:
    case VCPUOP_down:
        return false;
    case VCPUOP_register_vcpu_info:
        return !space_peek(c->arg[2], &info, sizeof(info)) || !is_image(info.mfn, 0);
    case VCPUOP_register_runstate_memory_area: /* written at any later time */
        return !space_peek(c->arg[2], &area, sizeof(area)) || !area;
    default:
        return true;
    }
}

static bool is_safe_hvm_op(const struct call *c)
{
    struct xen_hvm_param p;

    return (uint32_t)c->arg[0] != HVMOP_set_param || !space_peek(c->arg[1], &p, sizeof(p)) ||
           !is_bystander(p.domid);
}

static bool is_safe_single(const struct call *c)
{
    switch (c->nr) {
    case __HYPERVISOR_memory_op:
        return is_safe_memory_op(c);
    case __HYPERVISOR_console_io:
        return (uint32_t)c->arg[1] <= MAX_TEXT;
    case __HYPERVISOR_vcpu_op:
        return is_safe_vcpu_op(c);
    case __HYPERVISOR_sched_op:
        return is_safe_sched_op(c);
    case __HYPERVISOR_hvm_op:
        return is_safe_hvm_op(c);
    case __HYPERVISOR_sysctl:
        return is_safe_sysctl(c);
    case __HYPERVISOR_domctl:
        return is_safe_domctl(c);
    default:
        return true;
    }
}

static bool is_safe_multicall(const struct call *c)
{
    size_t size = c->compat ? layout_multicall_entry.size32 : sizeof(struct multicall_entry);
    struct multicall_entry entry;
    uint32_t nr = (uint32_t)c->arg[1];

    for (uint32_t i = 0; i < nr && PEEK(c, multicall_entry, c->arg[0] + i * size, &entry); i++) {
        struct call one = {.nr = entry.op, .compat = c->compat};

        for (unsigned int k = 0; k < ARRAY_SIZE(one.arg); k++)
            one.arg[k] = entry.args[k];
        if (!is_safe_single(&one))
            return false;
    }
    return true;
}

bool is_safe(const struct call *c)
{
    return c->nr == __HYPERVISOR_multicall ? is_safe_multicall(c) : is_safe_single(c);
}
