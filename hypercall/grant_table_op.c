/* SPDX-License-Identifier: MIT */
/* grant_table_op: version 1. Results of their own (GNTST_*) are in the structures. */
#include "compat.h"
#include "domain_pages.h"
#include "domheap.h"
#include "grant.h"
#include <string.h>

#define GRANT_ANY  0U /* the count is not looked at */
#define GRANT_LIST UINT32_MAX

/* What is copied in, changed and copied back. */
union grant_arg {
    struct gnttab_map_grant_ref map_grant_ref;
    struct gnttab_unmap_grant_ref unmap_grant_ref;
    struct gnttab_setup_table setup_table;
    struct gnttab_copy copy;
    struct gnttab_query_size query_size;
    struct gnttab_unmap_and_replace unmap_and_replace;
    struct gnttab_set_version set_version;
    struct gnttab_get_version get_version;
};

static struct domain *find_domain(struct vcpu *v, domid_t domid)
{
    return domain_get(domid == DOMID_SELF ? v->domain->domid : domid);
}

/* Guest-physical addresses take the place of Xen's virtual ones, and no device looks at any: there is one way
 * to map. */
static int64_t grant_op_map_grant_ref(struct vcpu *v, union grant_arg *arg, bool compat UNUSED)
{
    struct gnttab_map_grant_ref *m = &arg->map_grant_ref;
    struct domain *owner;

    m->dev_bus_addr = 0;
    m->status = GNTST_general_error;
    if ((m->flags & ~(uint32_t)GNTMAP_readonly) != GNTMAP_host_map)
        return 0;
    m->status = GNTST_bad_domain;
    owner = find_domain(v, m->dom);
    if (!owner)
        return 0;
    m->status = (int16_t)grant_map(v->domain, owner, m->ref, m->flags & GNTMAP_readonly,
                                   gpaddr_to_gfn(gpaddr(m->host_addr)), &m->handle);
    domain_put(owner);
    return 0;
}

static int64_t grant_op_unmap_grant_ref(struct vcpu *v, union grant_arg *arg, bool compat UNUSED)
{
    struct gnttab_unmap_grant_ref *u = &arg->unmap_grant_ref;

    u->status = (int16_t)grant_unmap(v->domain, u->handle, gpaddr_to_gfn(gpaddr(u->host_addr)));
    return 0;
}

/* As in Xen nothing can take the place of a mapping of a translated guest. */
static int64_t grant_op_unmap_and_replace(struct vcpu *v, union grant_arg *arg, bool compat UNUSED)
{
    struct gnttab_unmap_and_replace *u = &arg->unmap_and_replace;

    u->status = GNTST_general_error;
    if (u->new_addr == 0)
        u->status = (int16_t)grant_unmap(v->domain, u->handle, gpaddr_to_gfn(gpaddr(u->host_addr)));
    return 0;
}

/* ---- the table ---- */

/* As find_target, with a status. */
static int16_t find_table(struct vcpu *v, domid_t domid, struct domain **d)
{
    int rc = find_target(v, domid, d);

    return rc == 0 ? GNTST_okay : rc == -EPERM ? GNTST_permission_denied : GNTST_bad_domain;
}

/* The guest frame where D sees a frame of its table: all ones when it does not, as in Xen. */
static uint64_t seen_at(struct domain *d, uint32_t i) REQUIRES(d->domctl_lock)
{
    gfn_t *at;
    const void *page = grant_frame(d, i, &at);

    return domain_page_is_at(d, page, *at) ? at->v : UINT64_MAX;
}

static int write_frames(struct domain *d, const struct gnttab_setup_table *s, bool compat)
    REQUIRES(d->domctl_lock)
{
    int rc = 0;

    for (uint32_t i = 0; rc == 0 && i < s->nr_frames; i++) {
        uint64_t g = seen_at(d, i);
        size_t size = guest_word_size(compat);

        rc = arch_copy_to_guest(guest_ptr_add(handle_ptr(s->frame_list), i * size), &g, size);
    }
    return rc;
}

static int64_t grant_op_setup_table(struct vcpu *v, union grant_arg *arg, bool compat)
{
    struct gnttab_setup_table *s = &arg->setup_table;
    struct domain *d;
    int rc = 0;

    s->status = find_table(v, s->dom, &d);
    if (s->status)
        return 0;
    if (grant_grow(d, s->nr_frames)) {
        s->status = GNTST_general_error;
    } else {
        spin_lock(&d->domctl_lock);
        rc = READ_ONCE(d->is_dying) ? 0 : write_frames(d, s, compat);
        spin_unlock(&d->domctl_lock);
    }
    domain_put(d);
    return rc ? refuse(EFAULT, "grant_table_op: frame list at %p", (const void *)s->frame_list.p) : 0;
}

static int64_t grant_op_query_size(struct vcpu *v, union grant_arg *arg, bool compat UNUSED)
{
    struct gnttab_query_size *q = &arg->query_size;
    struct domain *d;

    q->status = find_table(v, q->dom, &d);
    if (q->status)
        return 0;
    q->nr_frames = grant_nr_frames(d);
    q->max_nr_frames = READ_ONCE(d->grants.max_frames);
    domain_put(d);
    return 0;
}

/* Of versions there is one; that there could be a second is not known here, as by a Xen that is told so. */
static int64_t grant_op_set_version(struct vcpu *v UNUSED, union grant_arg *arg, bool compat UNUSED)
{
    const uint32_t version = arg->set_version.version;

    if (version == 1)
        return 0;
    return version == 2 ? refuse(ENOSYS, "grant_table_op: no version 2")
                        : refuse(EINVAL, "grant_table_op: version %u", version);
}

static int64_t grant_op_get_version(struct vcpu *v, union grant_arg *arg, bool compat UNUSED)
{
    struct domain *d;
    int rc = find_target(v, arg->get_version.dom, &d);

    if (rc)
        return rc;
    arg->get_version.version = 1;
    domain_put(d);
    return 0;
}

/* ---- copy ---- */

/* One side of a copy: a page that is granted, or one of the caller's own. */
struct copy_side {
    struct domain *d;
    struct page_info *pg;
    bool granted, readonly;
    grant_ref_t ref;
};

static int begin_side(struct vcpu *v, const struct gnttab_copy_ptr *p, struct copy_side *s)
{
    if (!s->granted && p->domid != DOMID_SELF)
        return GNTST_permission_denied;
    s->d = find_domain(v, p->domid);
    if (!s->d)
        return GNTST_bad_domain;
    s->ref = p->u.ref;
    if (s->granted)
        return grant_use(s->d, s->ref, v->domain->domid, s->readonly, &s->pg);
    s->pg = get_guest_page(s->d, gfn(p->u.gmfn));
    return s->pg ? GNTST_okay : GNTST_bad_page;
}

static void end_side(const struct copy_side *s)
{
    if (s->pg && s->granted)
        grant_end_use(s->d, s->ref, s->readonly, s->pg);
    else if (s->pg)
        put_page(&s->d->mem, s->pg);
    if (s->d)
        domain_put(s->d);
}

static int copy(struct vcpu *v, const struct gnttab_copy *c)
{
    struct copy_side from = {.granted = c->flags & GNTCOPY_source_gref, .readonly = true};
    struct copy_side to = {.granted = c->flags & GNTCOPY_dest_gref};
    int rc;

    if (c->source.offset + c->len > (int)PAGE_SIZE || c->dest.offset + c->len > (int)PAGE_SIZE)
        return GNTST_bad_copy_arg;
    rc = begin_side(v, &c->source, &from);
    if (rc == 0)
        rc = begin_side(v, &c->dest, &to);
    if (rc == 0)
        memmove((char *)page_to_virt(to.pg) + c->dest.offset,
                (const char *)page_to_virt(from.pg) + c->source.offset, c->len);
    end_side(&to);
    end_side(&from);
    return rc;
}

static int64_t grant_op_copy(struct vcpu *v, union grant_arg *arg, bool compat UNUSED)
{
    arg->copy.status = (int16_t)copy(v, &arg->copy);
    return 0;
}

/* ---- all ---- */

static const struct {
    int64_t (*handler)(struct vcpu *v, union grant_arg *arg, bool compat);
    const struct guest_struct *arg;
    uint32_t count; /* as in calls.h */
} operations[] = {
#define GRANT_TABLE_OP(name, structure, count, who, errors)                                                  \
    [GNTTABOP_##name] = {grant_op_##name, GUEST_STRUCT(structure), count},
#include "calls.h"
};

static int64_t run_one(struct vcpu *v, const struct hypercall *call, unsigned int cmd)
{
    const guest_ptr_t at = guest_ptr(call->arg[1]);
    union grant_arg own;
    int64_t rc;

    if (guest_struct_read(call->compat, operations[cmd].arg, &own, at))
        return refuse(EFAULT, "grant_table_op: argument at %#lx", at.va);
    rc = operations[cmd].handler(v, &own, call->compat);
    if (rc == 0 && guest_struct_write(call->compat, operations[cmd].arg, at, &own))
        return refuse(EFAULT, "grant_table_op: result to %#lx", at.va);
    return rc;
}

/* (command, list, count): a long list ends with a restart, whose arguments are the rest of it. */
int64_t do_grant_table_op(struct vcpu *v, struct hypercall *call)
{
    const uint32_t cmd = (uint32_t)call->arg[0];
    uint32_t left = (uint32_t)call->arg[2];
    int64_t rc = 0;

    if (cmd >= ARRAY_SIZE(operations) || !operations[cmd].handler)
        return refuse(ENOSYS, "grant_table_op: operation %u", cmd);
    if (operations[cmd].count == GRANT_ANY)
        return run_one(v, call, cmd);
    if (operations[cmd].count == 1 ? left != 1 : left > INT32_MAX)
        return refuse(EINVAL, "grant_table_op: operation %u on %u structures", cmd, left);
    while (left && rc == 0) {
        rc = run_one(v, call, cmd);
        if (rc)
            break;
        call->arg[1] += guest_struct_size(call->compat, operations[cmd].arg);
        call->arg[2] = --left;
        if (left && call->compat && !call_fits_compat(call))
            return refuse(EFAULT, "grant_table_op: the list runs over 4 GiB");
        if (left && call_is_long(v, 1))
            rc = -ERESTART;
    }
    return rc;
}
