/* SPDX-License-Identifier: MIT */
/* The example of the guide to XEN_DOMCTL_claim_memory: field `node`, selector GLOBAL. */
#include "examples.h"

/* clang-format off */
#include <xenctrl.h> /* the text lost this name */

void example_claims(xc_interface *xch, uint32_t domid)
{
    /* Claim 1024 pages on node 0, 1024 pages on node 1, and 1024 global */
    memory_claim_t claims[] = {
        {.pages = 1024, .node = XEN_DOMCTL_CLAIM_MEMORY_GLOBAL},
        {.pages = 1024, .node = 0},
        {.pages = 1024, .node = 1}
    };
    xc_domain_claim_memory(xch, domid, ARRAY_SIZE(claims), claims);

    /* Replace the claim set with claims on nodes 1, 2, and 3 */
    memory_claim_t claims2[] = {
        {.pages = 1024, .node = 1},
        {.pages = 1024, .node = 2},
        {.pages = 1024, .node = 3},
    };
    xc_domain_claim_memory(xch, domid, ARRAY_SIZE(claims2), claims2);

    /* Release any remaining claim once the domain is built */
    memory_claim_t clear[] = {
        {.pages = 0, .node = XEN_DOMCTL_CLAIM_MEMORY_GLOBAL}
    };
    xc_domain_claim_memory(xch, domid, ARRAY_SIZE(clear), clear);
}
