/* SPDX-License-Identifier: MIT */
/* The hypercalls: who may make them, what describes them, and what their handlers share. */
#pragma once

#include "domain.h"
#include "error.h"
#include "log.h"
#include "observe.h"

/* Who may call. */
enum hc_privilege {
    HC_ANY,        /* everybody: it concerns the caller alone */
    HC_TARGET,     /* a domain for itself, a privileged one for every domain */
    HC_PRIVILEGED, /* privileged domains */
};

/* One line of calls.h, for traces and tests; the tables that calls go through are made from the same lines.
 */
struct call_desc {
    uint16_t nr;        /* Xen's hypercall number */
    uint32_t op;        /* the operation's number in its family */
    uint8_t who;        /* enum hc_privilege */
    bool counts;        /* returns how many extents are done, never an error */
    const char *name;   /* e.g. "domctl max_mem" */
    const char *errors; /* besides the family's, each with a blank behind it */
};

extern const struct call_desc call_descs[];
extern const unsigned int nr_call_descs;

/* The line for an operation, NULL when there is none. A search: not for the way of a call. */
const struct call_desc *call_find(uint64_t nr, uint32_t op);
/* Does calls.h name this error (positive) for it? */
bool call_declares(uint64_t nr, uint32_t op, int error);

/* Look the call up, check, run it: upcall_hypercall is this plus debug checks. -ENOSYS for unknown numbers;
 * -ERESTART: call again with the same, perhaps changed, *call. */
int64_t hypercall_dispatch(struct vcpu *v, struct hypercall *call);

/* A long call counts the pages that it handles, and when it has had its share it ends with -ERESTART: the
 * instruction is executed again, and interrupts and other vCPUs get their turn before. At least one step is
 * done between two restarts. */
#define CALL_BUDGET 512UL         /* pages */
extern unsigned long call_budget; /* debug builds: what counts instead (ALLOD_DEBUG_BUDGET) */
static inline unsigned long call_share(void)
{
    return IS_DEBUG ? READ_ONCE(call_budget) : CALL_BUDGET;
}

static inline bool call_is_long(struct vcpu *v, unsigned long pages)
{
    v->call_work += pages;
    return v->call_work >= call_share();
}

/* How many pages the call may handle before it is long. */
static inline unsigned long call_share_left(const struct vcpu *v)
{
    const unsigned long share = call_share();

    return share > v->call_work ? share - v->call_work : 0;
}

/* A guest handle (XEN_GUEST_HANDLE) is an address in the guest, whatever its C type says. */
#define handle_ptr(h)     guest_ptr((uint64_t)(uintptr_t)(h).p)
#define handle_is_null(h) ((h).p == NULL)

/* The domain that a call is about, with a reference. DOMID_SELF is the caller's. -EPERM when an unprivileged
 * caller names another one, be it there or not; -ESRCH when there is none. */
int find_target(struct vcpu *v, domid_t domid, struct domain **d);

/* The largest extent that a domain may ask for. */
unsigned int max_extent_order(const struct domain *d);

/* In calls.h: no structure; its size is 0. */
struct none {
};

/* The handlers of the families. */
#define HYPERCALL(name, args, errors) int64_t do_##name(struct vcpu *v, struct hypercall *call);
#include "calls.h"
