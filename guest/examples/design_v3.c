/* SPDX-License-Identifier: MIT */
/* The C example of the claim-set design, version 3. */
#include "examples.h"

/* clang-format off */
  #include <xenctrl.h>

  void install_example_claims(xc_interface *xch, uint32_t domid)
  {
    /*
     * Claim 1024 pages on node 0, 1024 pages on node 1, and by setting
     * the total claim target to 3072 pages, an additional host-wide claim of
     * 1024 pages which is never bound to any specific node is also installed.
     */
    memory_claim_t claims[] = {
      {.pages = 1024, .target = 0},
      {.pages = 1024, .target = 1},
      {.pages = 1024, .target = XEN_DOMCTL_CLAIM_MEMORY_HOST},
    };
    xc_domain_claim_memory(xch, domid, ARRAY_SIZE(claims), claims);

    /* Replace the claim set with claims on nodes 1, 2, and 3 */
    memory_claim_t claims2[] = {
      {.pages = 1024, .target = 1},
      {.pages = 1024, .target = 2},
      {.pages = 1024, .target = 3},
    };
    xc_domain_claim_memory(xch, domid, ARRAY_SIZE(claims2), claims2);

    /* Release all remaining claims once the domain is built */
    memory_claim_t clear[] = {
      {.pages = 0, .target = XEN_DOMCTL_CLAIM_MEMORY_HOST}
    };
    xc_domain_claim_memory(xch, domid, ARRAY_SIZE(clear), clear);
  }
