/* SPDX-License-Identifier: MIT */
/* What happens to a domain while it exists: pause, shutdown, crash, destruction. */
#include "console.h"
#include "console_input.h"
#include "domain_pages.h"
#include "domheap.h"
#include "error.h"
#include "event.h"
#include "grant.h"
#include "host_info.h"
#include "log.h"
#include "ring.h"
#include "schedule.h"
#include <xen/sched.h>

#define KILL_MAPPINGS 4096UL    /* mappings that one step of a destruction looks at */
#define KILL_PAGES    4096UL    /* pages that one step frees */
#define KICK_NS       1000000UL /* an interrupt to another CPU may get lost: again after that */

static spinlock_t end_lock = SPINLOCK_INIT(RANK_DOMLIST, "end of domains");
static unsigned int boot_left GUARDED_BY(end_lock); /* boot domains that live */
/* Written under end_lock; each CPU reads them in every round of the scheduler, without. */
static bool boot_ended, boot_failed;

/* Must the vCPU that this CPU handles leave, so that it would be wrong to wait here for another one? */
static bool must_leave(void)
{
    struct vcpu *v = current_vcpu();

    return v && !domain_may_run(v->domain);
}

/* One of two that pause each other's domains gives way: it must leave itself. */
static int wait_until_none_runs(struct domain *d)
{
    uint64_t kick_at = 0;

    while (sched_domain_runs(d)) {
        if (must_leave())
            return -ERESTART;
        if (arch_now() >= kick_at) {
            sched_domain_changed(d);
            kick_at = arch_now() + KICK_NS;
        }
        arch_cpu_relax();
    }
    return 0;
}

/* The scheduler reads the count under the run queue's lock, and that lock is taken here afterwards: what is
 * not seen running then will not start. */
int domain_hold(struct domain *d)
{
    int rc;

    __atomic_add_fetch(&d->pause_count, 1, __ATOMIC_SEQ_CST);
    sched_domain_changed(d);
    rc = wait_until_none_runs(d);
    if (rc)
        domain_release(d);
    return rc;
}

void domain_release(struct domain *d)
{
    __atomic_sub_fetch(&d->pause_count, 1, __ATOMIC_SEQ_CST);
    sched_domain_changed(d);
}

int domain_pause(struct domain *d)
{
    int rc = domain_hold(d);

    if (rc == 0)
        __atomic_add_fetch(&d->tool_pauses, 1, __ATOMIC_SEQ_CST);
    return rc;
}

int domain_unpause(struct domain *d)
{
    int count = __atomic_load_n(&d->tool_pauses, __ATOMIC_SEQ_CST);

    do {
        if (count == 0)
            return refuse(EINVAL, "d%u: not paused", d->domid);
    } while (!__atomic_compare_exchange_n(&d->tool_pauses, &count, count - 1, false, __ATOMIC_SEQ_CST,
                                          __ATOMIC_SEQ_CST));
    domain_release(d);
    return 0;
}

void domain_set_boot(struct domain *d)
{
    spin_lock(&end_lock);
    d->boot_domain = true;
    boot_left++;
    WRITE_ONCE(boot_ended, false);
    spin_unlock(&end_lock);
}

bool domains_ended(bool *ok)
{
    const bool ended = __atomic_load_n(&boot_ended, __ATOMIC_ACQUIRE);

    *ok = !READ_ONCE(boot_failed);
    return ended;
}

/* A boot domain stops counting when it shuts down or dies, whatever comes first. */
static void uncount_boot(struct domain *d, bool failed) REQUIRES(end_lock)
{
    if (!d->boot_domain || d->shut_down || d->is_dying)
        return;
    if (failed)
        WRITE_ONCE(boot_failed, true);
    if (--boot_left == 0)
        __atomic_store_n(&boot_ended, true, __ATOMIC_RELEASE); /* after the last one's result */
}

/* d may run no longer; with the last boot domain all CPUs leave the scheduler. */
static void tell_cpus(struct domain *d)
{
    bool ok;

    sched_domain_changed(d);
    if (domains_ended(&ok))
        for (unsigned int cpu = 0; cpu_is_online(cpu); cpu++)
            arch_cpu_kick(cpu);
}

static const char *shutdown_name(uint8_t code)
{
    static const char *const names[] = {
        [SHUTDOWN_poweroff] = "poweroff", [SHUTDOWN_reboot] = "reboot",
        [SHUTDOWN_suspend] = "suspend",   [SHUTDOWN_crash] = "crash",
        [SHUTDOWN_watchdog] = "watchdog", [SHUTDOWN_soft_reset] = "soft reset",
    };

    return code < ARRAY_SIZE(names) ? names[code] : "unknown";
}

void domain_shutdown(struct domain *d, uint8_t code)
{
    bool first;

    spin_lock(&end_lock);
    first = !d->shut_down;
    uncount_boot(d, code != SHUTDOWN_poweroff);
    if (first) {
        d->shutdown_code = code;
        __atomic_store_n(&d->shut_down, true, __ATOMIC_RELEASE); /* after its code */
    }
    spin_unlock(&end_lock);
    if (!first)
        return;
    tell_cpus(d);
    console_guest_end(d);
    console_leave(d);
    log_info("d%u shut down, reason %u (%s)\n", d->domid, code, shutdown_name(code));
    event_send_global_virq(VIRQ_DOM_EXC);
}

void upcall_crash(struct vcpu *v, const char *reason)
{
    struct domain *d = v->domain;

    if (READ_ONCE(d->shut_down))
        return; /* another vCPU was first: one report is enough */
    log_err("d%u crashed: %s (vCPU %u)\n", d->domid, reason, v->id);
    arch_vcpu_dump(v->arch);
    domain_shutdown(d, SHUTDOWN_crash);
}

void domain_begin_kill(struct domain *d)
{
    spin_lock(&end_lock);
    uncount_boot(d, false);
    WRITE_ONCE(d->is_dying, true);
    spin_unlock(&end_lock);
    tell_cpus(d);
    domain_mem_kill(&d->mem);
}

/* Give back the references that d's mappings hold on others' pages, a bounded number in one call. No mapping
 * can be added any more: p2m_map refuses dying domains. */
static int drop_foreign_mappings(struct domain *d) REQUIRES(d->domctl_lock)
{
    for (unsigned long i = 0; i < KILL_MAPPINGS; i++) {
        unsigned int order;
        enum p2m_type type;
        mfn_t m;

        if (!p2m_next(&d->arch, &d->kill_gfn, &m, &order, &type))
            return 0;
        if (type == P2M_FOREIGN && p2m_unmap(&d->arch, d->kill_gfn, &m, &type) == 0 && type == P2M_FOREIGN)
            domain_put_foreign_page(m);
        else
            d->kill_gfn = gfn((d->kill_gfn.v | ((1UL << order) - 1)) + 1);
    }
    return -ERESTART;
}

int domain_kill(struct domain *d)
{
    struct vcpu *v = current_vcpu();
    int rc;

    if (v && v->domain == d)
        return refuse(EINVAL, "d%u: cannot destroy itself", d->domid);
    if (d->torn_down)
        return 0;
    domain_begin_kill(d);
    if (sched_domain_runs(d))
        return -ERESTART;
    rc = event_destroy(d);
    if (rc)
        return rc;
    ring_destroy(d);
    console_leave(d);
    rc = grant_unmap_all(d);
    if (rc)
        return rc;
    rc = drop_foreign_mappings(d);
    if (rc)
        return rc;
    rc = arch_domain_destroy(&d->arch);
    if (rc)
        return rc;
    domain_pages_free(d);
    grant_destroy(d);
    rc = domain_relinquish_pages(&d->mem, KILL_PAGES);
    if (rc)
        return rc;
    rc = paging_set_allocation(&d->mem, 0);
    if (rc == -ERESTART)
        return rc;
    BUG_ON(rc); /* all tables went back to the pool */
    WRITE_ONCE(d->torn_down, true);
    event_send_global_virq(VIRQ_DOM_EXC);
    return 0;
}
