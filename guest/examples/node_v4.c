/* SPDX-License-Identifier: MIT */
/* The example of version 4 of the patch for a single node: `nr_pages`, selector NO_NODE. */
#include "examples.h"

/* clang-format off */
  #include <xenctrl.h>

  int claim_guest_memory(xc_interface *xch, uint32_t domid,
                         uint64_t nr_pages)
  {
      memory_claim_t claim = {
        .nr_pages = nr_pages,
        .node = 0,  /* Claim memory on NUMA node 0 */
      };

      /* Claim memory from NUMA node 0 for the domain build. */
      return xc_domain_claim_memory(xch, domid, 1, &claim);
  }

  int release_claim(xc_interface *xch, uint32_t domid)
  {
      memory_claim_t claim = {
        .nr_pages = 0,  /* Release the claimed memory */
        .node = XEN_DOMCTL_CLAIM_MEMORY_NO_NODE,
      };

      /* Release any remaining claim once population is done. */
      return xc_domain_claim_memory(xch, domid, 1, &claim);
  }
