/* SPDX-License-Identifier: MIT */
/* The example of the guide to XENMEM_claim_pages. */
#include "examples.h"

#define FIRST_PAGES 4096

/* The guest frames from 0 on. */
static xen_pfn_t *frames(void)
{
    static xen_pfn_t list[FIRST_PAGES];

    for (xen_pfn_t i = 0; i < FIRST_PAGES; i++)
        list[i] = i;
    return list;
}

/* clang-format off */
  #include <xenctrl.h>

  int build_with_claims(xc_interface *xch, uint32_t domid,
                        unsigned long nr_pages)
  {
      int ret;

      /* Claim pages for the domain build. */
      ret = xc_domain_claim_pages(xch, domid, nr_pages);
      if ( ret < 0 )
          return ret;

      /* Populate the domain's physmap. */
      ret = xc_domain_populate_physmap(xch, domid, /* the text: ... */ nr_pages, 0, 0, frames());
      if ( ret < 0 )
          return ret;

      /* Release any remaining claim after populating the domain memory. */
      ret = xc_domain_claim_pages(xch, domid, 0);
      if ( ret < 0 )
          return ret;

      /* Unpause the domain to allow it to run. */
      return xc_unpause_domain(xch, domid);
  }
