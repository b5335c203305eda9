/* SPDX-License-Identifier: MIT */
/* The hypercall tables: one line for each call says number, arguments, privilege, handler and name. */
#pragma once

#include "domain.h"
#include "error.h"
#include "log.h"

/* Who may call. */
enum hc_privilege { HC_ANY, HC_PRIVILEGED };

struct hypercall_desc {
    uint16_t nr;
    uint8_t args; /* how many it takes: the others are not looked at */
    uint8_t privilege;
    const char *name;
    int64_t (*handler)(struct vcpu *v, struct hypercall *call);
};

/* Look the call up, check, run it: upcall_hypercall is this plus debug checks. -ENOSYS for unknown numbers;
 * -ERESTART: call again with the same, perhaps changed, *call. */
int64_t hypercall_dispatch(struct vcpu *v, struct hypercall *call);

/* Debug builds: check all invariants of the heap after each hypercall, and panic when one is broken. */
extern bool hypercall_checks;

/* The handlers of the table. domctl, sysctl, memory_op, sched_op and xen_version have tables of their own. */
int64_t do_memory_op(struct vcpu *v, struct hypercall *call);
int64_t do_multicall(struct vcpu *v, struct hypercall *call);
int64_t do_xen_version(struct vcpu *v, struct hypercall *call);
int64_t do_console_io(struct vcpu *v, struct hypercall *call);
int64_t do_sched_op(struct vcpu *v, struct hypercall *call);
int64_t do_sysctl(struct vcpu *v, struct hypercall *call);
int64_t do_domctl(struct vcpu *v, struct hypercall *call);

/* A guest handle (XEN_GUEST_HANDLE) is an address in the guest, whatever its C type says. */
#define handle_ptr(h)     guest_ptr((uint64_t)(uintptr_t)(h).p)
#define handle_is_null(h) ((h).p == NULL)

/* The domain that a call is about, with a reference. DOMID_SELF is the caller's. -EPERM when an unprivileged
 * caller names another one, be it there or not; -ESRCH when there is none. */
int find_target(struct vcpu *v, domid_t domid, struct domain **d);

/* The largest extent that a domain may ask for: it is scrubbed in one go. */
unsigned int max_extent_order(const struct domain *d);
