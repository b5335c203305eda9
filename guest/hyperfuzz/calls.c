/* SPDX-License-Identifier: MIT */
/* Make a call up: one of the table with its structure, a list of them in a multicall, or mere numbers. */
#include "hyperfuzz.h"
#include <string.h>

#define CMD_BITS      6 /* of a memory_op: above them the extents that are done */
#define MAX_SIZE      1024
#define MAX_MULTICALL 40

static uint32_t version(uint32_t low, uint32_t high)
{
    return one_in(16) ? (uint32_t)random_number() : low + (uint32_t)random_below(high - low + 1);
}

static uint64_t place_domctl(const struct row *r, bool compat)
{
    struct xen_domctl op = {.cmd = r->op, .domain = shape_domain()};

    op.interface_version = version(ALLOD_DOMCTL_VERSION_MIN, ALLOD_DOMCTL_VERSION_MAX);
    shape_fill(r, compat, &op.u);
    return space_place(&op, sizeof(op));
}

static uint64_t place_sysctl(const struct row *r, bool compat)
{
    struct xen_sysctl op = {.cmd = r->op};

    op.interface_version = version(ALLOD_SYSCTL_VERSION_MIN, ALLOD_SYSCTL_VERSION_MAX);
    shape_fill(r, compat, &op.u);
    return space_place(&op, sizeof(op));
}

static uint64_t place_argument(const struct row *r, bool compat)
{
    static uint64_t own[MAX_SIZE / 8];

    memset(own, 0, sizeof(own));
    shape_fill(r, compat, own);
    return layout_place(compat, r->layout, own, r->size);
}

static uint64_t done_extents(void)
{
    return one_in(12) ? random_number() << CMD_BITS : 0;
}

static void make_from(struct call *c, const struct row *r)
{
    *c = (struct call){.nr = r->nr, .arg = {r->op}, .compat = c->compat};
    switch (r->nr) {
    case __HYPERVISOR_domctl:
        c->arg[0] = place_domctl(r, c->compat);
        break;
    case __HYPERVISOR_sysctl:
        c->arg[0] = place_sysctl(r, c->compat);
        break;
    case __HYPERVISOR_vcpu_op:
        c->arg[1] = one_in(8) ? random_number() : random_below(3);
        c->arg[2] = place_argument(r, c->compat);
        break;
    case __HYPERVISOR_console_io:
        c->arg[1] = random_below(32);
        c->arg[2] = space_place(NULL, 32);
        break;
    case __HYPERVISOR_grant_table_op:
        c->arg[1] = place_argument(r, c->compat);
        c->arg[2] = one_in(8) ? random_number() : 1;
        break;
    default:
        c->arg[0] |= r->nr == __HYPERVISOR_memory_op ? done_extents() : 0;
        c->arg[1] = place_argument(r, c->compat);
    }
}

static void make_numbers(struct call *c)
{
    c->nr = one_in(8) ? random_number() : random_below(64);
    for (unsigned int i = 0; i < ARRAY_SIZE(c->arg); i++)
        c->arg[i] = random_number();
}

/* What a new domain needs before it can have memory. */
static bool make_follow_up(struct call *c)
{
    struct xen_domctl op = {.interface_version = XEN_DOMCTL_INTERFACE_VERSION};

    if (!domains_follow_up(&op))
        return false;
    *c = (struct call){.nr = __HYPERVISOR_domctl, .arg = {space_place(&op, sizeof(op))}, .compat = c->compat};
    return true;
}

static void make_one(struct call *c, bool privileged)
{
    shape_choose(privileged);
    if (one_in(10))
        make_numbers(c);
    else if (!make_follow_up(c))
        make_from(c, &rows[random_below(nr_rows)]);
}

static void make_multicall(struct call *c, bool privileged)
{
    static uint8_t list[MAX_MULTICALL * sizeof(struct multicall_entry)];
    unsigned int nr = 1 + (unsigned int)random_below(one_in(4) ? MAX_MULTICALL : 4);
    size_t size = c->compat ? layout_multicall_entry.size32 : sizeof(struct multicall_entry);

    space_list(true);
    for (unsigned int i = 0; i < nr; i++) {
        struct call one = {.compat = c->compat};
        struct multicall_entry entry = {0};

        make_one(&one, privileged);
        entry.op = one.nr;
        memcpy(entry.args, one.arg, sizeof(entry.args));
        layout_lower(c->compat, &layout_multicall_entry, &entry, sizeof(entry), list + i * size);
    }
    *c = (struct call){.nr = __HYPERVISOR_multicall, .compat = c->compat};
    c->arg[0] = space_place(list, nr * size);
    c->arg[1] = one_in(16) ? random_below(nr) : nr; /* what lies behind the list is no list */
    space_list(false);
}

void call_make_up(struct call *c, bool privileged)
{
    space_new_call();
    *c = (struct call){.compat = one_in(4)};
    if (one_in(16))
        make_multicall(c, privileged);
    else
        make_one(c, privileged);
    if (!c->compat)
        return;
    c->nr = (uint32_t)c->nr;
    for (unsigned int i = 0; i < ARRAY_SIZE(c->arg); i++)
        c->arg[i] = (uint32_t)c->arg[i];
}
