/* SPDX-License-Identifier: MIT */
/* The roles of the soup through hypercalls. */
#pragma once

#include "privileged.h"

void call_builder(struct worker *w);  /* ARG: its number. Creates, claims, populates, releases, destroys */
void call_wild(struct worker *w);     /* anything with domains that others work on, too */
void call_taker(struct worker *w);    /* populates the same few frames of one, and takes back */
void call_mapper(struct worker *w);   /* maps pages of all domains into domain 0 */
void call_reader(struct worker *w);   /* snapshots: claiminfo, getdomaininfolist */
void call_offliner(struct worker *w); /* offliner, by page_offline_op. ARG as there */
void call_runs(struct worker *w);     /* page_runs, over and over */

/* Exchange some of a domain's frames below FRAMES, whether they are there or not. */
void exchange_some(struct worker *w, uint32_t domid, unsigned long frames);
/* Give a domain extents that are scrubbed in steps, and take them back. */
void populate_large(struct worker *w, uint32_t domid);
void decrease_large(struct worker *w, uint32_t domid);

/* After the crew: destroy what is left. */
void call_soup_end(void);
