/* SPDX-License-Identifier: MIT */
/* Domains and vCPUs: their life from creation to the last reference. */
#pragma once

#include "arch.h"
#include "domain_mem.h"
#include "timer.h"
#include <xen/hvm/params.h>
#include <xen/vcpu.h>

#define MAX_VCPUS       128
#define MAX_DOMAINS     1024
#define DOMAIN_HASH     256
#define DOMAIN_NAME_LEN 16

enum vcpu_state {
    VCPU_DOWN,     /* created, no state to run yet (VCPUOP_up or sethvmcontext brings it up) */
    VCPU_RUNNABLE, /* wants a CPU; gets one while its domain is neither paused, shut down nor dying */
    VCPU_BLOCKED,  /* halted until an event or its deadline */
};

struct vcpu {
    struct domain *domain;
    unsigned int id;
    struct arch_vcpu *arch;
    uint32_t call_op;   /* the operation of the hypercall that it makes, whatever the family */
    uint64_t call_work; /* pages that its hypercall has handled since it was entered */

    /* How far a memory_op that has to be entered again has come within an extent; order 0: there is none. */
    struct part_done {
        uint64_t serial; /* the domain's */
        uint8_t order;
        uint64_t first, checked, done; /* guest frames: the extent's, and the first that is not */
        uint64_t unmapped;             /* the machine page at DONE, if its mapping is gone already; else 0 */
    } part;

    /* Guarded by the domain's domctl_lock, initialised also by the domain's pause. */
    bool initialised;                            /* it has a state to start from */
    struct cpumask hard_affinity, soft_affinity; /* as they were set; changed under the queue's lock, too */

    /* Where the guest reads its runstate by itself (a virtual address of its own, ~0: nowhere), and whether
     * in the layout of 32-bit code. Any vCPU of the domain may change them at any time: no more than guesses.
     */
    uint64_t runstate_area;
    bool runstate_compat;

    /* Event channels: written under the lock of the domain's events. */
    uint8_t *info;      /* vcpu_info where it was registered, its page referenced; NULL: not registered */
    uint32_t poll_port; /* what SCHEDOP_poll waits for: event_2l.h */
    uint16_t virq_port[NR_VIRQS];      /* 0: not bound */
    struct timer singleshot, periodic; /* VIRQ_TIMER */
    uint64_t period, next_tick;        /* ns; period 0: the periodic timer is off */
    struct timer apic_timer;           /* of its local APIC */
    uint8_t upcall_vector; /* HVMOP_set_evtchn_upcall_vector: for its local APIC; atomic; 0: none */

    /* Guarded by its run queue's lock. */
    enum vcpu_state state;
    bool queued, running;               /* never both; running until it has arrived on the next queue */
    bool started;                       /* waits with the rest of a slice */
    struct vcpu *next, *prev;           /* in the run queue */
    uint64_t slice_left;                /* ns, while it does not run */
    bool halted;                        /* down by HLT without interrupts: an NMI brings it up */
    uint64_t wake_at;                   /* ns, while blocked: when it wakes by itself */
    struct vcpu_runstate_info runstate; /* as Xen's: its state, since when, and the sums up to then */
    unsigned int cpu;                   /* whose queue that is: schedule.h says who may change it */

    struct timer wake_timer;
};

/* A port of a domain: one end of an event channel (event.h). */
enum evtchn_state { ECS_FREE, ECS_UNBOUND, ECS_INTERDOMAIN, ECS_VIRQ, ECS_IPI, ECS_RING };
struct evtchn {
    uint8_t state; /* enum evtchn_state */
    uint8_t vcpu;  /* which vCPU of the domain is told */
    domid_t remote_dom;
    uint16_t remote_port;
    uint16_t virq; /* ECS_RING: enum ring_kind */
};
#define MAX_EVTCHNS      4096U /* ports of 64-bit guests, xen/event_channel.h */
#define EVTCHNS_PER_PAGE (PAGE_SIZE / sizeof(struct evtchn))

/* What a domain has of event channels. */
struct domain_events {
    /* What is structure (table, the ports in it, first_free, bound VIRQs) is written under
     * event_bind_lock and this one: either is enough to read it. */
    spinlock_t lock;
    struct evtchn *table[MAX_EVTCHNS / EVTCHNS_PER_PAGE]; /* pages of the paging pool, when they are needed */
    uint16_t first_free;                                  /* no port below is free */
    uint32_t max_port;                                    /* what the builder allows; atomic */
    bool compat;                                          /* its shared info has the layout of 32-bit code */
    uint64_t polling[MAX_VCPUS / 64];                     /* which vCPUs wait in SCHEDOP_poll; lock */
    uint8_t *shared; /* the shared info page, NULL: none yet; written under lock, read without */
};

/* What a domain has of grant tables (grant.h). */
struct domain_grants {
    spinlock_t lock;
    struct grant_table *table;         /* a page of the paging pool, when it is needed first; lock */
    uint32_t max_frames, max_maptrack; /* what the builder allows, in pages; domctl_lock, atomic */
};

/* Pages that the hypervisor keeps for a domain (domain_pages.h). The guest sees the first ones. */
enum domain_page {
    DOMAIN_PAGE_SHARED_INFO,
    DOMAIN_PAGE_MEMORY_MAP,
    DOMAIN_PAGE_VNUMA_DISTANCE,
    DOMAIN_PAGE_VNUMA_MAPS,
    DOMAIN_PAGE_VNUMA_RANGES,
    DOMAIN_PAGE_CONSOLE, /* these two at an address of the builder's choice */
    DOMAIN_PAGE_STORE,
    DOMAIN_PAGE_STORE_STATE,
    NR_DOMAIN_PAGES,
};
#define NR_GUEST_PAGES DOMAIN_PAGE_MEMORY_MAP /* those that the guest moves about */

/* A page that the domain shares with the hypervisor, which has the other end (ring.h). */
enum ring_kind { RING_CONSOLE, RING_STORE, NR_RINGS };
struct ring {
    uint8_t *page;   /* NULL: the hypervisor does not serve it */
    uint16_t port;   /* the domain's */
    bool referenced; /* the page is the domain's own */
    bool used;       /* the domain has sent an event; read without the lock, too */
};

struct domain {
    domid_t domid;
    bool privileged;
    bool console_owner; /* has the serial console at first (console_input.h) */
    bool boot_domain;   /* made from allod.cfg (domain_set_boot) */
    bool is_dying;      /* destruction has begun (set with mem.dying) */
    bool torn_down;     /* destruction has finished: all that is left are pages that others still map */
    bool shut_down;
    uint8_t shutdown_code;
    int pause_count;          /* atomic; > 0: no vCPU of it runs */
    int tool_pauses;          /* atomic; those of them that pausedomain made, and the one it begins with */
    uint32_t refs;            /* guarded by the table's lock; the structure goes after the last one */
    uint8_t handle[16];       /* guarded by domctl_lock */
    uint64_t serial;          /* no other domain since boot has or had it, unlike its id */
    struct domain *next;      /* list of all, ascending domid; guarded by the table's lock */
    struct domain *hash_next; /* same hash; guarded by the table's lock */
    spinlock_t domctl_lock;
    gfn_t kill_gfn; /* destruction: foreign mappings below are dropped; guarded by domctl_lock */

    /* What builder and guest told, guarded by domctl_lock. */
    void *page[NR_DOMAIN_PAGES];
    gfn_t page_gfn[NR_GUEST_PAGES];    /* where the guest sees it, while that still is so */
    uint32_t nr_memory_map;            /* entries; 0: none was set */
    uint32_t nr_vnodes, nr_vmemranges; /* 0: no virtual NUMA */
    int64_t time_offset;               /* seconds, of the guest's wall clock to the host's */
    uint64_t hvm_param[HVM_NR_PARAMS];

    struct domain_events events;
    spinlock_t ring_lock;
    struct ring ring[NR_RINGS]; /* changed under domctl_lock and ring_lock; used: see there */
    struct domain_grants grants;
    struct arch_domain arch;
    struct domain_mem mem;

    unsigned int max_vcpus;
    struct vcpu *vcpu[MAX_VCPUS]; /* filled under domctl_lock; without it: domain_vcpu */
    char out[128];                /* its unfinished console line; guarded by the console's lock */
    unsigned int out_len;
};
_Static_assert(sizeof(struct domain) <= PAGE_SIZE, "struct domain fits one page");

/* Create a domain without vCPUs and memory, paused once, and return it with a reference (domain_put). WANTED
 * 0 or >= DOMID_FIRST_RESERVED: the next free id. -EEXIST: WANTED is taken; -EINVAL: max_vcpus not in
 * 1..MAX_VCPUS; -ENOMEM: no memory that claims leave, or no id; nothing is left behind. */
int domain_create(domid_t wanted, unsigned int max_vcpus, struct domain **out);

/* Find a domain and take a reference on it, NULL when there is none; domain_put gives it back. Dying domains
 * are found until their last page and reference are gone. DOMID_SELF is not resolved here. */
struct domain *domain_get(domid_t domid);
/* May free the domain, so no lock but domctl_lock of another domain may be held. */
void domain_put(struct domain *d);
/* The first domain with an id >= domid, with a reference. */
struct domain *domain_get_next(domid_t domid);

/* Drop a foreign mapping's reference on a page, whoever owns it: the last one of a zombie's pages frees it.
 */
void domain_put_foreign_page(mfn_t m);

/* Create vCPU ID, down, on the domain's affinity. -EINVAL: beyond max_vcpus; -EEXIST; -ENOMEM. */
int domain_add_vcpu(struct domain *d, unsigned int id);

/* Until domain_release no vCPU of d runs, whatever privileged domains pause and unpause meanwhile. Returns
 * when none runs any more; it waits for other CPUs, so d's own vCPUs must not call it on d, and domctl_lock
 * must not be held. -ERESTART: the caller's own vCPU must leave its CPU first, nothing changed, call again.
 */
int domain_hold(struct domain *d);
void domain_release(struct domain *d);
/* The same for privileged domains; pauses count. domain_unpause: -EINVAL when none of theirs is left. */
int domain_pause(struct domain *d);
int domain_unpause(struct domain *d);

/* Begin of destruction: dying, claims released, vCPUs told to stop. Idempotent. */
void domain_begin_kill(struct domain *d);
/* Begin and finish destruction: claims first, then memory in bounded steps. -ERESTART: call again, also while
 * its vCPUs still run elsewhere. -EINVAL: the caller's own domain. Caller holds a reference and domctl_lock.
 */
int domain_kill(struct domain *d) REQUIRES(d->domctl_lock);

/* The guest is done (SCHEDOP_shutdown) or crashed (SHUTDOWN_crash): stop its vCPUs, remember why. The first
 * reason counts. Does not wait. */
void domain_shutdown(struct domain *d, uint8_t code);
/* May its vCPUs run: neither paused, shut down nor dying? */
static inline bool domain_may_run(const struct domain *d)
{
    return __atomic_load_n(&d->pause_count, __ATOMIC_ACQUIRE) == 0 && !READ_ONCE(d->shut_down) &&
           !READ_ONCE(d->is_dying);
}
/* Count d as a boot domain: the machine lives as long as one of them does. */
void domain_set_boot(struct domain *d);
/* True when there were boot domains and all have shut down or are gone; *ok: none by anything but
 * SHUTDOWN_poweroff. */
bool domains_ended(bool *ok);

/* vCPU ID of D, NULL: there is none (yet). No lock: vCPUs come one by one, and go with the domain. */
static inline struct vcpu *domain_vcpu(const struct domain *d, unsigned int id)
{
    return id < d->max_vcpus ? __atomic_load_n(&d->vcpu[id], __ATOMIC_ACQUIRE) : NULL;
}

struct vcpu *current_vcpu(void); /* whose hypercall this CPU handles; NULL: nobody's */
