/* SPDX-License-Identifier: MIT */
/* The hypervisor as a host program: boot domains, and hypercalls as one of their vCPUs. */
#include "host.h"

#include "console_input.h"
#include "hypercall.h"
#include "map.h"
#include "schedule.h"

static struct vcpu *boot_domain(bool privileged)
{
    struct domain *d;

    BUG_ON(domain_create(0, 1, &d));
    d->privileged = d->console_owner = privileged;
    if (privileged)
        console_set_home(d);
    domain_set_max_pages(&d->mem, 1UL << 20);
    BUG_ON(domain_add_vcpu(d, 0));
    BUG_ON(domain_unpause(d));
    vcpu_up(d->vcpu[0]);
    domain_put(d); /* it stays until it is destroyed */
    return d->vcpu[0];
}

struct vcpu *host_boot(bool privileged)
{
    struct vcpu *v;

    sched_init_cpu();
    v = boot_domain(true);
    if (!privileged)
        v = boot_domain(false);
    set_current_vcpu(v);
    return v;
}

static void destroy(struct domain *d)
{
    int rc;

    do {
        spin_lock(&d->domctl_lock);
        rc = domain_kill(d);
        spin_unlock(&d->domctl_lock);
    } while (rc == -ERESTART);
    BUG_ON(rc);
}

void host_shutdown(void)
{
    struct domain *d;

    set_current_vcpu(NULL);
    for (domid_t next = 0; (d = domain_get_next(next));) {
        next = (domid_t)(d->domid + 1);
        destroy(d);
        domain_put(d);
    }
}

int64_t host_hypercall_step(struct vcpu *v, struct hypercall *call)
{
    set_current_vcpu(v);
    return upcall_hypercall(v, call);
}

int64_t host_hypercall(struct vcpu *v, uint64_t nr, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
                       uint64_t a4, uint64_t a5)
{
    struct hypercall call = {.nr = nr, .arg = {a0, a1, a2, a3, a4, a5}};
    int64_t rc;

    do
        rc = host_hypercall_step(v, &call);
    while (rc == -ERESTART);
    return rc;
}

void *host_gfn_ptr(struct domain *d, gfn_t g)
{
    mfn_t m;

    return p2m_lookup(&d->arch, g, &m, NULL) == P2M_NONE ? NULL : mfn_to_virt(m);
}
