/* SPDX-License-Identifier: MIT */
/* The world that is searched: a machine of a few pages, two domains, and what can be seen of them from
 * outside.
 *
 * All that changes lies in the program's data, in a few frame records and in the pages' contents: a state is
 * a copy of those. The search's own records are therefore not static, but on the heap. */
#pragma once

#include "claims.h"
#include "domheap.h"

#define NODES      2
#define NODE_PAGES 4
#define FRAMES     (NODES * NODE_PAGES)
#define DOMAINS    2
#define ORDERS     3 /* a node's RAM is one block of order 2 */
#define MANY_PAGES 12UL

/* What outsiders hold. Part of the world: restored with it. */
struct world {
    struct domain_mem dom[DOMAINS];
    uint8_t refs[FRAMES];  /* references that others hold on a domain's page */
    uint8_t owner[FRAMES]; /* whose page that is */
    bool noref[FRAMES];    /* allocated, but not reference-counted */
};
extern struct world world;

enum frame_state {
    FRAME_LOST,
    FRAME_FREE,
    FRAME_OWNED,
    FRAME_GIVEN_UP,
    FRAME_NOREF,
    FRAME_POOL,
    FRAME_OFFLINE
};

/* One frame as its list and its record show it; nothing here comes from a counter. */
struct frame {
    uint8_t state, owner;
    uint8_t order; /* of the block that it is part of */
    uint8_t rank;  /* of a free block: its place on the list of its order */
    uint8_t dirty; /* free or unfinished: others may have left something there */
    uint8_t refs;
    uint8_t marked;     /* will leave the heap when it is freed */
    uint8_t unfinished; /* of a block that is still scrubbed for its domain */
};

struct domain_view {
    unsigned long claims[NODES], host, max, tot, pool;
    uint8_t dying, over_quota, affinity, last;
};

/* Everything at once. All of it is compared byte by byte: no padding. */
struct view {
    struct frame frame[FRAMES];
    struct domain_view dom[DOMAINS];
    unsigned long free[NODES], offline[NODES], marked, dirty;
};

/* Build the machine, with dirty memory as at boot, and two domains that may have MANY_PAGES. */
void world_create(void);
/* Forget a domain that has nothing left and begin it anew. */
void world_rebirth(unsigned int dom);

/* Copies of the whole world. The first is the base of the others, which keep what differs from it. */
struct image;
void image_init(void);
struct image *image_take(void);
void image_restore(const struct image *image); /* NULL: the base */

mfn_t frame_mfn(unsigned int frame);
unsigned int frame_index(const struct page_info *pg);
static inline unsigned int frame_node(unsigned int frame)
{
    return frame / NODE_PAGES;
}

/* What a page's user leaves there, and whether all of it is zero. */
void frame_soil(unsigned int frame);
bool frame_is_zero(unsigned int frame);

/* Look at the world; fails the search when a frame is in two places or in none. */
void view_take(struct view *v);
/* The same for a moment in the middle of an operation: free lists and counters only. */
void check_counters(const char *when);
/* The same fingerprint for states that differ only by which of a node's pages is which. */
typedef unsigned __int128 fingerprint;
fingerprint view_fingerprint(const struct view *v);
