/* SPDX-License-Identifier: MIT */
/* The roles of the soup over mm/: what all of them do to the same places at once. */
#pragma once

#include "offline.h"
#include "slots.h"

/* Places below this are builders' own: nobody else claims, kills or changes max_pages there. */
#define NR_BUILDERS 3U
#define NR_PLACES   6U

/* A place that nobody owns, or any; pinned. NULL when its domain is just going. */
struct slot *pin_wild(struct worker *w);
struct slot *pin_any(struct worker *w);

void builder(struct worker *w);   /* ARG: its place */
void freer(struct worker *w);     /* frees blocks of all places, whole and in pieces */
void mapper(struct worker *w);    /* holds references on pages of all places, and looks at them */
void destroyer(struct worker *w); /* replaces the domains of wild places */
void wild(struct worker *w);      /* claims, allocates, changes max_pages, affinity and paging pool there */
void taker(struct worker *w);     /* allocates there, and frees */
void thief(struct worker *w);     /* takes what is not claimed, for nobody */
void offliner(struct worker *w);  /* takes pages out of use, and brings them back. ARG: how slow it is */
/* The same in another way. The only one who offlines: what it knows must be so. */
struct offline_way {
    enum offline_outcome (*offline)(mfn_t m), (*online)(mfn_t m), (*query)(mfn_t m);
};
void offline_some(struct worker *w, const struct offline_way *way);
void scrubber(struct worker *w);  /* idle CPU */
void reader(struct worker *w);    /* takes snapshots: each must be consistent in itself */
void snapshots(struct worker *w); /* the same of the host alone, at full speed */
void checker(struct worker *w);   /* heap_check */
