/* SPDX-License-Identifier: MIT */
/* What becomes of errors that the machine reports: pages leave, domains that lost data end. Spec section 9.
 */
#include "machine_check.h"
#include "domain.h"
#include "log.h"
#include "offline.h"
#include <xen/sched.h>

#define NR_RECORDS 16
#define POLL_NS    1000000000UL

/* #MC comes at any instruction, under any lock: it only fills a record, without a lock. */
enum record_state { RECORD_FREE, RECORD_BUSY, RECORD_READY };
static struct record {
    uint32_t state; /* who makes it BUSY has it to himself */
    struct machine_check mc;
} records[NR_RECORDS];
uint32_t machine_checks_waiting;
static uint64_t poll_at[MAX_CPUS];
static struct machine_check_counts counts;

static bool take(struct record *r, uint32_t state)
{
    return __atomic_compare_exchange_n(&r->state, &state, RECORD_BUSY, false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

static void leave(struct record *r, uint32_t state)
{
    __atomic_store_n(&r->state, state, __ATOMIC_RELEASE);
}

NORETURN static void give_up(const struct machine_check *mc, const char *why)
{
    panic("machine check in bank %u, status %#lx, address %#lx: %s", mc->bank, mc->status, mc->address, why);
}

void upcall_machine_check(const struct machine_check *mc)
{
    if (mc->kind == MACHINE_CHECK_FATAL)
        give_up(mc, mc->why);
    for (unsigned int i = 0; i < NR_RECORDS; i++) {
        if (!take(&records[i], RECORD_FREE))
            continue;
        records[i].mc = *mc;
        __atomic_add_fetch(&machine_checks_waiting, 1, __ATOMIC_RELAXED);
        leave(&records[i], RECORD_READY);
        return;
    }
    if (mc->kind == MACHINE_CHECK_DATA_LOST)
        give_up(mc, "too many before it wait to be handled");
}

/* Its data is gone, so it cannot go on; the page leaves when the domain is destroyed. */
static void crash_owner(const struct machine_check *mc, domid_t owner)
{
    struct domain *d = domain_get(owner);

    log_err("d%u crashed: the data in page %#lx is lost (machine check in bank %u, status %#lx)\n", owner,
            mc->mfn.v, mc->bank, mc->status);
    if (!d)
        return; /* it ended just now, and the page has left with it */
    domain_shutdown(d, SHUTDOWN_crash);
    domain_put(d);
}

/* False: not now, the page is being handed out. */
static bool handle_lost_data(const struct machine_check *mc)
{
    struct offline_result r = heap_offline_page(mc->mfn, true);

    if (r.outcome == OFFLINE_AGAIN)
        return false;
    if (r.outcome == OFFLINE_NOT_RAM)
        give_up(mc, "it is not in the guests' memory");
    if (r.outcome == OFFLINE_PENDING && r.owner == DOMID_INVALID)
        give_up(mc, "the page is the hypervisor's own");
    if (r.outcome != OFFLINE_PENDING)
        log_err("machine check in bank %u, status %#lx: page %#lx is nobody's, nothing is lost\n", mc->bank,
                mc->status, mc->mfn.v);
    else if (r.given_up)
        log_err("machine check in bank %u, status %#lx: d%u has given page %#lx up, it has lost nothing\n",
                mc->bank, mc->status, r.owner, mc->mfn.v);
    else if (!r.was_broken) /* or its owner has crashed for it */
        crash_owner(mc, r.owner);
    __atomic_add_fetch(&counts.data_lost, 1, __ATOMIC_RELAXED);
    return true;
}

static bool handle(const struct machine_check *mc)
{
    if (mc->kind == MACHINE_CHECK_DATA_LOST)
        return handle_lost_data(mc);
    log_warn("machine check in bank %u, status %#lx, address %#lx: corrected\n", mc->bank, mc->status,
             mc->address);
    __atomic_add_fetch(&counts.corrected, 1, __ATOMIC_RELAXED);
    return true;
}

void machine_checks_handle(uint64_t now)
{
    uint64_t *mine = &poll_at[smp_processor_id()];

    if (now >= *mine) {
        *mine = now + POLL_NS;
        arch_machine_check_poll();
    }
    for (unsigned int i = 0; machine_checks_pending() && i < NR_RECORDS; i++) {
        if (!take(&records[i], RECORD_READY))
            continue;
        if (handle(&records[i].mc)) {
            __atomic_sub_fetch(&machine_checks_waiting, 1, __ATOMIC_RELAXED);
            leave(&records[i], RECORD_FREE);
        } else {
            leave(&records[i], RECORD_READY);
        }
    }
}

struct machine_check_counts machine_check_counts(void)
{
    return (struct machine_check_counts){READ_ONCE(counts.corrected), READ_ONCE(counts.data_lost)};
}
