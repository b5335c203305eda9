/* SPDX-License-Identifier: MIT */
/* The domains of the hypercall fuzzer: two builders and two ordinary guests, whose memory is real pages
 * behind their own page tables. */
#pragma once

#include "guest/walk.h"
#include "hypercall.h"

#define NR_GUESTS   4U /* domains 1 to 4 */
#define NR_BUILDERS 2U /* the first of them */
#define GUEST_NODES 3U
#define NODE_PAGES  1024UL

/* What a guest sees of its memory at first, in all modes: frames 0 to 15, at the same virtual addresses. */
#define GUEST_PAGES   16U
#define GUEST_TABLES  0U /* frames: page tables of all modes */
#define GUEST_ARGS    4U /* frame: the structures of calls */
#define GUEST_ENTRIES 6U /* frame: entries of a multicall */
#define GUEST_DATA    8U /* frame: what they point to */

struct guest {
    struct domain *d;         /* referenced */
    uint64_t cr3;             /* of 64-bit code */
    struct guest_view view32; /* registers of 32-bit code */
    struct known_walk known[KNOWN_WALKS];
    bool pending; /* a call wants to be entered again */
    struct hypercall call;
};
extern struct guest guests[NR_GUESTS];

void guests_create_machine(void);
void guests_create(void);
/* Destroy all domains, and abort unless all is as it was before them. */
void guests_destroy(void);

/* The paging mode of 32-bit code: none, 4 KiB and 4 MiB pages, PAE. */
void guest_set_mode(struct guest *g, unsigned int mode);
/* The vCPU that calls, NULL when there is none any more. */
struct vcpu *guest_vcpu(const struct guest *g);
/* From here on copies are from and to its memory, as 64-bit or 32-bit code sees it. */
void guest_enter(const struct guest *g, bool compat);
/* The same by guest-physical address, for who prepares its calls. */
void guest_enter_flat(const struct guest *g);

/* A number for all that matters of all domains but this and the dying ones. */
uint64_t guests_digest(struct domain *but);
