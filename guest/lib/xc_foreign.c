/* SPDX-License-Identifier: MIT */
/* Foreign mappings: another domain's frames appear in a window of guest-physical addresses that holds no RAM
 * and that the guest's page tables map one to one. */
#include "xc_private.h"
#include <stdbool.h>
#include <xenforeignmemory.h>

#define WINDOW_START 0xf0000000UL /* RAM ends here, see PVH_HOLE_START */
#define WINDOW_PAGES 0xc000UL     /* up to 0xfc000000: above lie ACPI tables, local APIC and special pages */
#define BATCH        128

/* All handles share the one window. */
static struct xenforeignmemory_handle {
    bool used[WINDOW_PAGES];
} window;

xenforeignmemory_handle *xenforeignmemory_open(struct xentoollog_logger *logger, unsigned open_flags)
{
    (void)logger;
    (void)open_flags;
    return &window;
}

int xenforeignmemory_close(xenforeignmemory_handle *fmem)
{
    (void)fmem;
    return 0;
}

static void give_back(xenforeignmemory_handle *fmem, size_t start, size_t pages)
{
    for (size_t i = 0; i < pages; i++)
        __atomic_store_n(&fmem->used[start + i], false, __ATOMIC_RELEASE);
}

/* Take the first free run of PAGES in the window, page by page, for other vCPUs do the same; WINDOW_PAGES if
 * there is none. */
static size_t take_run(xenforeignmemory_handle *fmem, size_t pages)
{
    for (size_t start = 0, len = 0; start + len < WINDOW_PAGES;) {
        if (__atomic_exchange_n(&fmem->used[start + len], true, __ATOMIC_ACQUIRE)) {
            give_back(fmem, start, len);
            start += len + 1;
            len = 0;
        } else if (++len == pages) {
            return start;
        } else if (start + len == WINDOW_PAGES) {
            give_back(fmem, start, len);
        }
    }
    return WINDOW_PAGES;
}

/* One batch. Returns 0 or the errno of the whole call; ERR gets the errno of every frame. */
static int map_batch(uint32_t dom, xen_pfn_t first, unsigned int nr, const xen_pfn_t *arr, int *err)
{
    xen_ulong_t idxs[BATCH];
    xen_pfn_t gpfns[BATCH];

    for (unsigned int i = 0; i < nr; i++) {
        idxs[i] = arr[i];
        gpfns[i] = first + i;
        err[i] = 0;
    }
    if (xc_domain_add_to_physmap_batch(NULL, DOMID_SELF, dom, XENMAPSPACE_gmfn_foreign, nr, idxs, gpfns, err))
        return errno;
    for (unsigned int i = 0; i < nr; i++)
        err[i] = err[i] < 0 ? -err[i] : err[i];
    return 0;
}

/* Returns 0, or the first errno that the caller does not get through ERR. */
static int map_all(uint32_t dom, xen_pfn_t first, size_t pages, const xen_pfn_t *arr, int *err)
{
    int errors[BATCH], rc;

    for (size_t done = 0; done < pages; done += BATCH) {
        unsigned int nr = (unsigned int)(pages - done < BATCH ? pages - done : BATCH);

        rc = map_batch(dom, first + done, nr, arr + done, errors);
        if (rc)
            return rc;
        for (unsigned int i = 0; i < nr; i++) {
            if (err)
                err[done + i] = errors[i];
            else if (errors[i])
                return errors[i];
        }
    }
    return 0;
}

void *xenforeignmemory_map(xenforeignmemory_handle *fmem, uint32_t dom, int prot, size_t pages,
                           const xen_pfn_t arr[/*pages*/], int err[/*pages*/])
{
    size_t start = pages && pages <= WINDOW_PAGES ? take_run(fmem, pages) : WINDOW_PAGES;
    void *address = (void *)(WINDOW_START + start * XC_PAGE_SIZE);
    int rc;

    (void)prot;
    if (start == WINDOW_PAGES) {
        errno = ENOMEM;
        return NULL;
    }
    rc = map_all(dom, (WINDOW_START >> XC_PAGE_SHIFT) + start, pages, arr, err);
    if (rc) {
        xenforeignmemory_unmap(fmem, address, pages);
        errno = rc;
        return NULL;
    }
    return address;
}

int xenforeignmemory_unmap(xenforeignmemory_handle *fmem, void *addr, size_t pages)
{
    size_t start = ((uintptr_t)addr - WINDOW_START) >> XC_PAGE_SHIFT;

    if (start >= WINDOW_PAGES || pages > WINDOW_PAGES - start) {
        errno = EINVAL;
        return -1;
    }
    for (size_t i = 0; i < pages; i++) {
        /* A frame that could not be mapped is not there: ENOENT. */
        xc_domain_remove_from_physmap(NULL, DOMID_SELF, (WINDOW_START >> XC_PAGE_SHIFT) + start + i);
    }
    give_back(fmem, start, pages);
    return 0;
}
