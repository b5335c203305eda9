/* SPDX-License-Identifier: MIT */
/* The kinds of fields that structures are made of. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum kind {
    NUMBER,
    DOMID,       /* the domain that was chosen */
    OTHER_DOMID, /* any */
    GFN,
    MAPPING_GFN, /* one that may be mapped in this domain */
    MAPPING_ADDRESS,
    MAP_FLAGS, /* of a grant */
    COUNT,
    SMALL,
    BIT,
    ORDER,
    NODE,
    VCPU,
    VCPUS, /* the number that domains are made with */
    MEMFLAGS,
    SPACE,         /* XENMAPSPACE_* */
    COMMAND,       /* 1 to 3 */
    SMALL_COMMAND, /* 0 to 3 */
    MODE,          /* 0 or 1 */
    SHADOW,
    CDF,   /* flags of createdomain */
    PAGES, /* how many could be claimed */
    KIB,   /* memory of a domain */
    POOL,  /* bytes of a paging pool */
    PAGE,  /* its size */
    FRAME, /* of the machine, and one not far behind */
    FRAME_BEHIND,
    CLAIM_COUNT,
    CONTEXT_SIZE,
    /* Addresses of what is placed. */
    GFNS,
    MAPPING_GFNS,
    BUFFER, /* whatever lies there */
    ZEROES,
    CLAIMS,
    CONTEXT, /* the state of a vCPU */
};

uint64_t field_value(enum kind kind, bool compat);
