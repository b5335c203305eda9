/* SPDX-License-Identifier: MIT */
/* All hypercalls as one list, for traces, tests and checks. */
#include "domctl.h"
#include "memory_op.h"
#include "sysctl.h"
#include <string.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/hvm/hvm_op.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>

#define CALL(family, number, name, who, counts, errors)                                                      \
    {__HYPERVISOR_##family, number, who, counts, #family " " #name, errors " "},

const struct call_desc call_descs[] = {
#define MEMORY_OP(name, structure, who, counts, errors)                                                      \
    CALL(memory_op, XENMEM_##name, name, who, counts, errors)
#define XEN_VERSION(name, structure, in, who, errors)                                                        \
    CALL(xen_version, XENVER_##name, name, who, false, errors)
#define CONSOLE_IO(name, structure, who, errors) CALL(console_io, CONSOLEIO_##name, name, who, false, errors)
#define VCPU_OP(name, structure, who, errors)    CALL(vcpu_op, VCPUOP_##name, name, who, false, errors)
#define SCHED_OP(name, structure, who, errors)   CALL(sched_op, SCHEDOP_##name, name, who, false, errors)
#define HVM_OP(name, structure, who, errors)     CALL(hvm_op, HVMOP_##name, name, who, false, errors)
#define EVENT_CHANNEL_OP(name, structure, out, who, errors)                                                  \
    CALL(event_channel_op, EVTCHNOP_##name, name, who, false, errors)
#define GRANT_TABLE_OP(name, structure, count, who, errors)                                                  \
    CALL(grant_table_op, GNTTABOP_##name, name, who, false, errors)
#define SYSCTL(name, structure, who, errors)        CALL(sysctl, XEN_SYSCTL_##name, name, who, false, errors)
#define DOMCTL(name, structure, who, finds, errors) CALL(domctl, XEN_DOMCTL_##name, name, who, false, errors)
#include "calls.h"
};
const unsigned int nr_call_descs = ARRAY_SIZE(call_descs);

static const struct {
    uint16_t nr;
    const char *errors;
} families[] = {
#define HYPERCALL(name, args, errors) {__HYPERVISOR_##name, errors " "},
#include "calls.h"
};

static const struct {
    int value;
    const char *name;
} error_names[] = {
#define XEN_ERRNO(name, value) {value, #name " "},
#include <xen/errno.h>
};

const struct call_desc *call_find(uint64_t nr, uint32_t op)
{
    for (unsigned int i = 0; i < nr_call_descs; i++)
        if (call_descs[i].nr == nr && call_descs[i].op == op)
            return &call_descs[i];
    return NULL;
}

/* NAME is a whole word with its blank; no error's name ends with another one's. */
static bool lists(const char *errors, const char *name)
{
    size_t n = strlen(name);

    for (; *errors; errors += strcspn(errors, " ") + 1)
        if (strncmp(errors, name, n) == 0)
            return true;
    return false;
}

static bool family_declares(uint64_t nr, const char *error)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(families); i++)
        if (families[i].nr == nr)
            return lists(families[i].errors, error);
    return strcmp(error, "ENOSYS ") == 0;
}

bool call_declares(uint64_t nr, uint32_t op, int error)
{
    const struct call_desc *desc = call_find(nr, op);

    for (unsigned int i = 0; i < ARRAY_SIZE(error_names); i++)
        if (error_names[i].value == error &&
            (family_declares(nr, error_names[i].name) || (desc && lists(desc->errors, error_names[i].name))))
            return true;
    return false;
}
