/* SPDX-License-Identifier: MIT */
/* What the builder knows of the machine: its domains by name, the counters, and how to start afresh. */
#pragma once

#include "command.h"
#include <xenctrl.h>

#define MAX_KNOWN   256
#define DOMAIN_POOL 64UL /* pages for nested tables that a new domain gets */
#define PAGE_KIB    4UL
#define PAGE_BYTES  4096UL

extern xc_interface *xch;

struct known_domain {
    char name[MAX_NAME];
    uint32_t domid;
    bool alive;              /* not destroyed by us; a name stays known afterwards */
    uint64_t next_gfn;       /* where the next memory goes */
    uint64_t pool;           /* pages in its paging pool */
    int64_t cost[MAX_NODES]; /* pages of each node that its structures and pool took */
};

bool builder_open(void);
void builder_close(void);
/* By name, or NULL. */
struct known_domain *known_domain(const char *name);
struct known_domain *known_domain_at(unsigned int i);
/* The domain id that TOKEN stands for ("self", "@N", "-", a name). False, and it is said in WHY, for an
 * unknown name. */
bool resolve_domain(const char *token, uint32_t *domid, struct text *why);
/* Errors of these: the hypervisor's, and EAGAIN when the fixture's numbers could not be restored.
 *
 * Create a paused domain with quota and paging pool, in pages, and with VCPUS vCPUs; 0: it may have one,
 * which is not made. 0 or an error number. */
int create_bare_domain(uint32_t *domid, uint64_t max_pages, uint64_t pool, unsigned int vcpus);
/* The same, known by NAME and with the usual pool. */
int create_domain(const char *name, uint64_t max_pages, unsigned int vcpus, struct known_domain **out);
/* Grow the pool so that PAGES pages more in extents of 2^ORDER can be mapped. */
int reserve_tables(struct known_domain *d, uint64_t pages, unsigned int order);
/* A record for a new domain called NAME; NULL when the name is taken or there are too many. */
struct known_domain *adopt_domain(const char *name);
int destroy_domain(uint32_t domid);
/* max_mem: a number of pages, however large. */
int set_max_pages(uint32_t domid, uint64_t pages);

/* A clean machine: no domains of ours, no pages taken for nobody, no names. KEEP_FIXTURE leaves the filler,
 * which the next `host` line adjusts. */
void machine_clean(bool keep_fixture);

/* Bring back what `offline` took, if it took something. */
void online_everything(void);

/* Do the invariants hold? True also where the hypervisor has no checker. */
bool machine_sound(void);

/* Counters of host and nodes, one consistent snapshot. */
struct counters {
    unsigned int nr_nodes;
    uint64_t total, free, claimed;
    xc_claiminfo_node_t node[MAX_NODES];
};
/* 0 or an error number. */
int read_counters(struct counters *c);

/* A debug command: 0 or an error number, ENOSYS from a release build. */
int debug_command(struct xen_sysctl_allod_debug *op);
