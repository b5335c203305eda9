/* SPDX-License-Identifier: MIT */
/* The OCaml example of the claim-set design, version 3, line by line in C: the selector TOTAL. */
#include "examples.h"

void install_ocaml_claims(xc_interface *xch, uint32_t domid)
{
    memory_claim_t claims[] = {
        {.pages = 1024, .node = 0},
        {.pages = 1024, .node = 1},
        {.pages = 3072, .node = XEN_DOMCTL_CLAIM_MEMORY_TOTAL},
    };
    xc_domain_claim_memory(xch, domid, ARRAY_SIZE(claims), claims);
}

void release_all_claims(xc_interface *xch, uint32_t domid)
{
    memory_claim_t clear[] = {
        {.pages = 0, .node = XEN_DOMCTL_CLAIM_MEMORY_TOTAL},
    };
    xc_domain_claim_memory(xch, domid, ARRAY_SIZE(clear), clear);
}
