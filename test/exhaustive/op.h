/* SPDX-License-Identifier: MIT */
/* The operations of the search: which there are in a state, what each does, and what it must do. */
#pragma once

#include "world.h"

enum op_kind {
    OP_CLAIM,       /* domain_set_claim_entries(set) */
    OP_LEGACY,      /* domain_set_legacy_claim(value) */
    OP_ALLOC,       /* reference-counted, order and flags */
    OP_ALLOC_NOREF, /* not reference-counted, dom may be NOBODY */
    OP_ALLOC_STEP,  /* one step towards a block that is scrubbed bit by bit */
    OP_EXCHANGE,    /* the block of this order at frame for a new one */
    OP_FREE,        /* the owner gives up the block of this order at frame */
    OP_FREE_NOREF,  /* the hypervisor gives it up */
    OP_GET,         /* another domain takes a reference on frame */
    OP_PUT,         /* and drops it */
    OP_MAX_MEM,     /* value */
    OP_POOL,        /* value pages in the paging pool */
    OP_AFFINITY,    /* value: a mask of nodes */
    OP_KILL,        /* dying, claims released */
    OP_RELINQUISH,  /* of a dying domain: value pages at most */
    OP_REBIRTH,     /* nothing is left of it: its id is used again */
    OP_SCRUB,       /* value pages, by an idle CPU */
    OP_OFFLINE,     /* frame */
    OP_ONLINE,      /* frame */
    OP_LOOK,        /* heap_info and both domains' counters: must be consistent at any time */
};

#define NOBODY  DOMAINS
#define MAX_OPS 256

struct op {
    uint8_t kind, dom, order, frame;
    uint8_t nr; /* entries of set */
    unsigned int flags;
    unsigned long value;
    memory_claim_t set[2];
};

/* The operations that make a difference in a state; SMALL: those that races are made of. */
unsigned int op_list(const struct view *v, struct op *ops, bool small);
/* Do it. 0 or what it returned; allocations: the node, or -ENOMEM. */
int op_do(const struct op *op);
/* In words, without an end of line. */
void op_print(const struct op *op);

/* A state as the specification sees it: which page is which does not matter. */
struct sums {
    unsigned long free[NODES], offline[NODES], marked, noref;
    struct {
        unsigned long claims[NODES], host, max, tot, pool, dying;
    } dom[DOMAINS];
};
void sums_of(const struct view *v, struct sums *s);
void sums_print(const struct sums *a, const struct sums *b);
/* What the operation must return in state V, and the sums it must leave (docs/claims.md). */
int op_predict(const struct view *v, const struct op *op, struct sums *s);

/* I1 to I5, by counting; and that free pages which count as clean are. */
void check_view(const struct view *v);
/* The heap's own check, what follows from the invariants, and the end of both domains. Changes the world. */
void check_futures(const struct view *v, const struct image *image);
