/* SPDX-License-Identifier: MIT */
/* What the tests of mm/ share: cmocka, a fake machine, domains, and one-line assertions about counters. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "claims.h"
#include "domheap.h"
#include "error.h"
#include "machine.h"

#define HOST   XEN_DOMCTL_CLAIM_MEMORY_HOST
#define LEGACY XEN_DOMCTL_CLAIM_MEMORY_LEGACY

/* claim(&d, E(pages, target), ...): install a set. */
#define E(pages, target) ((memory_claim_t){(pages), (target), 0})
#define claim(d, ...)                                                                                        \
    domain_set_claim_entries(d, ARRAY_SIZE(((memory_claim_t[]){__VA_ARGS__})),                               \
                             (memory_claim_t[]){__VA_ARGS__})

#define exact(node) (MEMF_node(node) | MEMF_exact_node)

/* machine(4, 8): a machine whose nodes have so many pages. */
#define machine(...)                                                                                         \
    machine_create_nodes(ARRAY_SIZE(((unsigned long[]){__VA_ARGS__})), (unsigned long[]){__VA_ARGS__})

#define DEFAULT_MAX_PAGES 1048576UL

static inline void domain_make(struct domain_mem *d, domid_t domid)
{
    memset(d, 0, sizeof(*d));
    domain_mem_init(d, domid);
    domain_set_max_pages(d, DEFAULT_MAX_PAGES);
}

static inline void domain_end(struct domain_mem *d)
{
    domain_mem_kill(d);
    while (domain_relinquish_pages(d, 100))
        ;
    assert_int_equal(paging_set_allocation(d, 0), 0);
    domain_mem_destroy(d);
}

/* Allocate up to COUNT blocks for d, as populate_physmap does; return how many there were. */
static inline unsigned int populate(struct domain_mem *d, unsigned int count, unsigned int order,
                                    unsigned int memflags)
{
    unsigned int done = 0;

    while (done < count && alloc_domheap_pages(d, order, memflags | MEMF_no_scrub))
        done++;
    return done;
}

/* The host's and two nodes' counters at once. */
static inline void assert_host(unsigned long total, unsigned long claimed, unsigned long free0,
                               unsigned long free1, unsigned long claimed0, unsigned long claimed1)
{
    struct heap_info info;

    heap_info(&info);
    assert_true(heap_check());
    assert_int_equal(info.avail_pages, total);
    assert_int_equal(info.claimed_pages, claimed);
    assert_int_equal(info.node_avail[0], free0);
    assert_int_equal(info.node_avail[1], free1);
    assert_int_equal(info.node_claimed[0], claimed0);
    assert_int_equal(info.node_claimed[1], claimed1);
}

static inline void assert_domain(struct domain_mem *d, unsigned long pages, unsigned long host,
                                 unsigned long claims0, unsigned long claims1)
{
    struct domain_mem_info info;

    domain_mem_info(d, &info);
    assert_int_equal(info.tot_pages, pages);
    assert_int_equal(info.outstanding_pages - info.node_claims, host);
    assert_int_equal(d->claims[0], claims0);
    assert_int_equal(d->claims[1], claims1);
}

/* Two domains on two nodes of 64 pages, the machine of most conformance cases. */
struct pair {
    struct domain_mem d1, d2;
};

static inline struct pair *pair_make(unsigned long pages0, unsigned long pages1)
{
    struct pair *p = calloc(1, sizeof(*p));

    machine(pages0, pages1);
    domain_make(&p->d1, 1);
    domain_make(&p->d2, 2);
    return p;
}

static inline void pair_end(struct pair *p)
{
    struct heap_info info;

    domain_end(&p->d1);
    domain_end(&p->d2);
    heap_info(&info);
    assert_int_equal(info.avail_pages, info.total_pages);
    assert_int_equal(info.claimed_pages, 0);
    assert_true(heap_check());
    machine_destroy();
    free(p);
}
