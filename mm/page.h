/* SPDX-License-Identifier: MIT */
/* The frame table: one 16-byte record for each page of RAM. */
#pragma once

#include "map.h"
#include "types.h"
#include <xen/xen.h> /* domid_t */

/* State and reference count of a page, changed atomically once a page is allocated (spec section 11, no. 8).
 */
#define PGC_STATE_MASK     0xc0000000U
#define PGC_STATE_INUSE    0x00000000U /* allocated: to a domain when owner is one, else to the hypervisor */
#define PGC_STATE_FREE     0x40000000U /* head of a free block, or inside one */
#define PGC_STATE_NONE     0x80000000U /* not the heap's: a hole, firmware, the hypervisor's image */
#define PGC_STATE_OFFLINED PGC_STATE_MASK /* taken out of use (section 9) */
#define PGC_ALLOCATED      0x20000000U /* the owner's own reference: cleared once, when the owner gives it up */
#define PGC_DIRTY          0x10000000U /* free block: must be scrubbed before anybody sees it */
#define PGC_OFFLINING      0x08000000U /* leaves the heap when it is freed (section 9) */
#define PGC_BROKEN         0x04000000U /* never to be used again: with PGC_OFFLINING, or offlined */
#define PGC_TAKEN          0x02000000U /* first page of a block whose records are still being written */
#define PGC_COUNT_MASK     0x00ffffffU
#define PGC_CLEAN_MASK     PGC_COUNT_MASK /* dirty free block: so many of its first pages are clean */

#define FRAME_NONE         UINT32_MAX /* end of a list of frames */

/* Blocks are linked by page number through their first record. The records inside a free block are not
 * maintained: only a block's first record says what it is. In an allocated block every record is valid. */
struct page_info {
    uint32_t next, prev;
    union {
        struct {
            uint32_t count_info;
            domid_t owner; /* DOMID_INVALID: the hypervisor */
            nodeid_t node;
            uint8_t order; /* of the block that begins here; deep inside one: as it was allocated */
        };
        uint64_t state; /* the four of them, for reading and changing at once */
    };
};
_Static_assert(sizeof(struct page_info) == 16, "a frame record has 16 bytes");

/* The four fields of a record as one number, little endian. */
static inline uint64_t page_state(uint32_t count_info, domid_t owner, nodeid_t node, unsigned int order)
{
    return count_info | (uint64_t)owner << 32 | (uint64_t)node << 48 | (uint64_t)order << 56;
}

/* Indexed by machine page number; sparse: backed only around RAM. Set once at boot by who maps it. */
extern struct page_info *frame_table;

static inline struct page_info *mfn_to_page(mfn_t m)
{
    return &frame_table[m.v];
}

static inline mfn_t page_to_mfn(const struct page_info *pg)
{
    return mfn((uint64_t)(pg - frame_table));
}

static inline void *page_to_virt(const struct page_info *pg)
{
    return mfn_to_virt(page_to_mfn(pg));
}

static inline struct page_info *virt_to_page(const void *p)
{
    return mfn_to_page(virt_to_mfn(p));
}
