/* SPDX-License-Identifier: MIT */
/* The examples of the design documents, as they stand there, and a builder that knows only libxenctrl. */
#pragma once

#include <xenctrl.h>

/* What the texts take for granted. */
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* The claim-set design, version 3. */
void install_example_claims(xc_interface *xch, uint32_t domid);
/* The same document's example in OCaml, line by line. */
void install_ocaml_claims(xc_interface *xch, uint32_t domid);
void release_all_claims(xc_interface *xch, uint32_t domid);
/* The guide to XEN_DOMCTL_claim_memory. */
void example_claims(xc_interface *xch, uint32_t domid);
/* Version 4 of the patch for a single node. */
int claim_guest_memory(xc_interface *xch, uint32_t domid, uint64_t nr_pages);
int release_claim(xc_interface *xch, uint32_t domid);
/* The guide to XENMEM_claim_pages. */
int build_with_claims(xc_interface *xch, uint32_t domid, unsigned long nr_pages);

/* portable.c. Each returns 0, or -1 with errno. */
int portable_build(xc_interface *xch, unsigned long nr_pages, uint32_t *domid);
int portable_describe(xc_interface *xch, uint32_t domid, unsigned long nr_pages);
int portable_survey(xc_interface *xch, uint32_t domid, unsigned long nr_pages);
int portable_balloon(xc_interface *xch, uint32_t domid, unsigned long nr_pages);
int portable_host(xc_interface *xch);
