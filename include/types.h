/* SPDX-License-Identifier: MIT */
/* Base types: addresses and page numbers that do not mix, node and domain ids, page constants. */
#pragma once

#include "compiler.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE  (1UL << PAGE_SHIFT)
#define PAGE_MASK  (~(PAGE_SIZE - 1))

#define KiB        (1UL << 10)
#define MiB        (1UL << 20)
#define GiB        (1UL << 30)

typedef struct {
    uint64_t v;
} paddr_t; /* machine physical address, bytes */
typedef struct {
    uint64_t v;
} mfn_t; /* machine page number */
typedef struct {
    uint64_t v;
} gpaddr_t; /* guest physical address, bytes */
typedef struct {
    uint64_t v;
} gfn_t; /* guest page number */
typedef struct {
    uint64_t va;
} guest_ptr_t; /* guest virtual address; only arch_copy_{from,to}_guest open it */

static inline mfn_t mfn(uint64_t n)
{
    return (mfn_t){n};
}

static inline gfn_t gfn(uint64_t n)
{
    return (gfn_t){n};
}

static inline paddr_t paddr(uint64_t a)
{
    return (paddr_t){a};
}

static inline gpaddr_t gpaddr(uint64_t a)
{
    return (gpaddr_t){a};
}

static inline paddr_t mfn_to_paddr(mfn_t m)
{
    return paddr(m.v << PAGE_SHIFT);
}

static inline mfn_t paddr_to_mfn(paddr_t a)
{
    return mfn(a.v >> PAGE_SHIFT);
}

static inline gpaddr_t gfn_to_gpaddr(gfn_t g)
{
    return gpaddr(g.v << PAGE_SHIFT);
}

static inline gfn_t gpaddr_to_gfn(gpaddr_t a)
{
    return gfn(a.v >> PAGE_SHIFT);
}

static inline guest_ptr_t guest_ptr(uint64_t va)
{
    return (guest_ptr_t){va};
}

static inline guest_ptr_t guest_ptr_add(guest_ptr_t p, uint64_t bytes)
{
    return guest_ptr(p.va + bytes);
}

#define INVALID_MFN mfn(UINT64_MAX >> PAGE_SHIFT)

typedef uint8_t nodeid_t;    /* logical node id, below MAX_NUMNODES, or NUMA_NO_NODE */
typedef uint64_t nodemask_t; /* one bit per node */

#define MAX_NUMNODES 64
#define NUMA_NO_NODE 0xffU
#define MAX_ORDER    18U /* the largest block: 1 GiB */

/* A half-open run of machine pages [start, end) on one node. */
struct mem_range {
    mfn_t start, end;
    nodeid_t node;
};
