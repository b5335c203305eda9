/* SPDX-License-Identifier: MIT */
/* All calls, from the hypervisor's own table: what is added there is tried here. */
#include "hyperfuzz.h"
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/hvm_vcpu.h>
#include <xen/vcpu.h>

struct none {
};

#define ROW(family, number, name, structure, who)                                                            \
    {__HYPERVISOR_##family, number, who, sizeof(structure), LAYOUT(structure), #family " " #name},

const struct row rows[] = {
#define MEMORY_OP(name, structure, who, counts, errors) ROW(memory_op, XENMEM_##name, name, structure, who)
#define XEN_VERSION(name, structure, in, who, errors)   ROW(xen_version, XENVER_##name, name, structure, who)
#define CONSOLE_IO(name, structure, who, errors)        ROW(console_io, CONSOLEIO_##name, name, structure, who)
#define VCPU_OP(name, structure, who, errors)           ROW(vcpu_op, VCPUOP_##name, name, structure, who)
#define SCHED_OP(name, structure, who, errors)          ROW(sched_op, SCHEDOP_##name, name, structure, who)
#define EVENT_CHANNEL_OP(name, structure, out, who, errors)                                                  \
    ROW(event_channel_op, EVTCHNOP_##name, name, structure, who)
#define HVM_OP(name, structure, who, errors) ROW(hvm_op, HVMOP_##name, name, structure, who)
#define GRANT_TABLE_OP(name, structure, count, who, errors)                                                  \
    ROW(grant_table_op, GNTTABOP_##name, name, structure, who)
#define SYSCTL(name, structure, who, errors)        ROW(sysctl, XEN_SYSCTL_##name, name, structure, who)
#define DOMCTL(name, structure, who, finds, errors) ROW(domctl, XEN_DOMCTL_##name, name, structure, who)
#include <allod/calls.h>
};
const unsigned int nr_rows = ARRAY_SIZE(rows);
