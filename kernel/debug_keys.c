/* SPDX-License-Identifier: MIT */
/* Reports on demand, to the log. */
#include "debug_keys.h"
#include "domain.h"
#include "event.h"
#include "heap.h"
#include "log.h"
#include "machine_check.h"
#include "schedule.h"

static void report_help(void);

static void report_memory(void)
{
    const struct machine_check_counts errors = machine_check_counts();
    struct heap_info heap;
    nodeid_t node;

    heap_info(&heap);
    log_info("heap: %lu pages, %lu free, %lu claimed, %lu dirty\n", heap.total_pages, heap.avail_pages,
             heap.claimed_pages, heap.dirty_pages);
    log_info("machine checks: %lu corrected, %lu with data lost\n", errors.corrected, errors.data_lost);
    for_each_node_in (node, node_online_map)
        log_info("node %u: %lu pages, %lu free, %lu claimed\n", node, heap.node_total[node],
                 heap.node_avail[node], heap.node_claimed[node]);
}

static void report_vcpus(struct domain *d)
{
    static const char *const names[] = {"running", "runnable", "blocked", "offline"};

    for (unsigned int i = 0; i < d->max_vcpus; i++) {
        struct vcpu *v = domain_vcpu(d, i);
        struct vcpu_runstate_info r;

        if (!v)
            continue;
        sched_runstate(v, &r);
        log_info("  vCPU %u on CPU %u: %s, ran %lu ms\n", i, READ_ONCE(v->cpu), names[r.state],
                 r.time[RUNSTATE_running] / 1000000);
        event_send_virq(v, VIRQ_DEBUG);
    }
}

static void report_domains(void)
{
    struct domain *d;

    for (domid_t next = 0; (d = domain_get_next(next));) {
        struct domain_mem_info mem;

        domain_mem_info(&d->mem, &mem);
        log_info("d%u: %lu of %lu pages, %lu claimed, paging pool %lu, paused %d%s%s\n", d->domid,
                 mem.tot_pages, mem.max_pages, mem.outstanding_pages, mem.paging_total,
                 __atomic_load_n(&d->tool_pauses, __ATOMIC_RELAXED), READ_ONCE(d->is_dying) ? ", dying" : "",
                 READ_ONCE(d->shut_down) ? ", shut down" : "");
        report_vcpus(d);
        next = (domid_t)(d->domid + 1);
        domain_put(d);
    }
}

static const struct {
    char key;
    const char *what;
    void (*report)(void);
} keys[] = {
    {'h', "this list", report_help},
    {'m', "memory", report_memory},
    {'q', "domains and their vCPUs, which are asked to report as well (VIRQ_DEBUG)", report_domains},
};

static void report_help(void)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(keys); i++)
        log_info("key %c: %s\n", keys[i].key, keys[i].what);
}

void debug_key(char key)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(keys); i++)
        if (keys[i].key == key)
            keys[i].report();
}
