/* SPDX-License-Identifier: MIT */
/* The roles of the soup through hypercalls. */
#pragma once

#include "privileged.h"

void call_builder(struct worker *w); /* ARG: its number. Creates, claims, populates, releases, destroys */
void call_wild(struct worker *w);    /* anything with domains that others work on, too */
void call_mapper(struct worker *w);  /* maps pages of all domains into domain 0 */
void call_reader(struct worker *w);  /* snapshots: claiminfo, getdomaininfolist */
/* After the crew: destroy what is left. */
void call_soup_end(void);
