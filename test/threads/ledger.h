/* SPDX-License-Identifier: MIT */
/* What a builder knows about the claims of a domain that only it claims for: it must always be so, but for
 * what the hypervisor says it has recalled. */
#pragma once

#include "slots.h"

struct ledger {
    unsigned long host, node[NR_NODES];
    unsigned long recalled; /* the domain's count, up to which this is true */
};

/* Pages that it says are claimed. */
unsigned long ledger_total(const struct ledger *l);

/* A new set takes the place of the old one. */
void ledger_set(struct ledger *l, unsigned int nr, const struct xen_memory_claim *set);

/* PAGES more came from NODE (docs/claims.md, section 5). */
void ledger_redeem(struct ledger *l, unsigned long pages, nodeid_t node);

/* Compare with what the domain's claims are; take them over where a recall explains the difference. */
void ledger_compare(struct ledger *l, struct domain_mem *d);
