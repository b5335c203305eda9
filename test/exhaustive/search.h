/* SPDX-License-Identifier: MIT */
/* The search: states by breadth, each reached by a shortest sequence of operations. */
#pragma once

#include "op.h"

struct search_node {
    fingerprint key;
    struct image *image; /* until the state was left behind */
    uint32_t parent;
    uint16_t op; /* in the list of the parent's operations */
    uint8_t depth;
};

#define IN_ORDER ~0U

/* On the heap: it is not part of the world. */
struct search {
    struct search_node *node;
    uint32_t nr, capacity;
    uint32_t *table; /* node index + 1 by key; a power of two */
    uint32_t table_size;
    unsigned long transitions, races;
    uint32_t current;          /* the state that operations start from now */
    const struct op *doing;    /* and which one: for a failure's report */
    const struct op *intruder; /* in the middle of it, at this point */
    unsigned int point;        /* IN_ORDER: after it */
    unsigned int depth;
};
extern struct search *search;

void search_start(void);
/* Do all operations in all states up to a depth, and check; and all races in those up to RACE_DEPTH. */
void search_all(unsigned int depth, unsigned int race_depth);
/* All races in a state: each operation, at each of its points each other one. */
void search_races(uint32_t at);
