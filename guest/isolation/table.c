/* SPDX-License-Identifier: MIT */
/* All calls, from the hypervisor's own table, each with valid arguments. */
#include "isolation.h"
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/hvm/hvm_op.h>
#include <xen/vcpu.h>

#define ROW(family, number, name, who, counts)                                                               \
    {__HYPERVISOR_##family, number, who, counts, #family " " #name},

const struct row rows[] = {
#define MEMORY_OP(name, structure, who, counts, errors) ROW(memory_op, XENMEM_##name, name, who, counts)
#define XEN_VERSION(name, structure, in, who, errors)   ROW(xen_version, XENVER_##name, name, who, false)
#define CONSOLE_IO(name, structure, who, errors)        ROW(console_io, CONSOLEIO_##name, name, who, false)
#define VCPU_OP(name, structure, who, errors)           ROW(vcpu_op, VCPUOP_##name, name, who, false)
#define SCHED_OP(name, structure, who, errors)          ROW(sched_op, SCHEDOP_##name, name, who, false)
#define EVENT_CHANNEL_OP(name, structure, out, who, errors)                                                  \
    ROW(event_channel_op, EVTCHNOP_##name, name, who, false)
#define HVM_OP(name, structure, who, errors) ROW(hvm_op, HVMOP_##name, name, who, false)
#define GRANT_TABLE_OP(name, structure, count, who, errors)                                                  \
    ROW(grant_table_op, GNTTABOP_##name, name, who, false)
#define SYSCTL(name, structure, who, errors)        ROW(sysctl, XEN_SYSCTL_##name, name, who, false)
#define DOMCTL(name, structure, who, finds, errors) ROW(domctl, XEN_DOMCTL_##name, name, who, false)
#include <allod/calls.h>
};
const unsigned int nr_rows = ARRAY_SIZE(rows);

static int64_t call_memory_op(const struct row *r, domid_t domid)
{
    uint64_t argument[32] = {0};

    fill_memory_op(r->op, domid, argument);
    return xen_hypercall(r->nr, r->op, (uintptr_t)argument, 0, 0, 0);
}

static int64_t call_sysctl(const struct row *r)
{
    struct xen_sysctl op = {.cmd = r->op, .interface_version = XEN_SYSCTL_INTERFACE_VERSION};

    fill_sysctl(&op);
    return xen_hypercall(r->nr, (uintptr_t)&op, 0, 0, 0, 0);
}

static int64_t call_domctl(const struct row *r, domid_t domid, struct xen_domctl *op)
{
    *op =
        (struct xen_domctl){.cmd = r->op, .interface_version = XEN_DOMCTL_INTERFACE_VERSION, .domain = domid};
    fill_domctl(op);
    return xen_hypercall(r->nr, (uintptr_t)op, 0, 0, 0, 0);
}

/* sched_op remote_shutdown, hvm_op, event_channel_op: what is left of the calls about domains. All begin with
 * the domain, and zeroes ask for something that there is. */
static int64_t call_small(const struct row *r, domid_t domid)
{
    uint64_t argument[4] = {domid};

    return xen_hypercall(r->nr, r->op, (uintptr_t)argument, 0, 0, 0);
}

int64_t row_call(const struct row *r, domid_t domid, struct xen_domctl *reply)
{
    char text[16];

    switch (r->nr) {
    case __HYPERVISOR_memory_op:
        return call_memory_op(r, domid);
    case __HYPERVISOR_sysctl:
        return call_sysctl(r);
    case __HYPERVISOR_domctl:
        return call_domctl(r, domid, reply);
    case __HYPERVISOR_console_io:
        return xen_hypercall(r->nr, r->op, sizeof(text), (uintptr_t)text, 0, 0);
    default:
        return call_small(r, domid);
    }
}
