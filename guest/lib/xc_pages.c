/* SPDX-License-Identifier: MIT */
/* Whole pages of another domain, written through a mapping. */
#include "xc_private.h"
#include <xenforeignmemory.h>

struct xenforeignmemory_handle *xc_interface_fmem_handle(xc_interface *xch)
{
    if (!xch->fmem)
        xch->fmem = xenforeignmemory_open(NULL, 0);
    return xch->fmem;
}

/* SRC NULL: zeroes. */
static int write_page(xc_interface *xch, uint32_t domid, xen_pfn_t gfn, const char *src)
{
    xenforeignmemory_handle *fmem = xc_interface_fmem_handle(xch);
    void *page = fmem ? xenforeignmemory_map(fmem, domid, PROT_WRITE, 1, &gfn, NULL) : NULL;

    if (!page)
        return -1;
    if (src)
        memcpy(page, src, XC_PAGE_SIZE);
    else
        memset(page, 0, XC_PAGE_SIZE);
    return xenforeignmemory_unmap(fmem, page, 1);
}

int xc_copy_to_domain_page(xc_interface *xch, uint32_t domid, unsigned long dst_pfn, const char *src_page)
{
    return write_page(xch, domid, dst_pfn, src_page);
}

int xc_clear_domain_pages(xc_interface *xch, uint32_t domid, unsigned long dst_pfn, int num)
{
    for (int i = 0; i < num; i++)
        if (write_page(xch, domid, dst_pfn + (unsigned long)i, NULL))
            return -1;
    return 0;
}
