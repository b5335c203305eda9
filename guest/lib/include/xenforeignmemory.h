/* SPDX-License-Identifier: MIT */
/* libxenforeignmemory's interface: another domain's memory in one's own address space. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>

#ifndef PROT_READ
#define PROT_READ  1
#define PROT_WRITE 2
#endif

typedef struct xenforeignmemory_handle xenforeignmemory_handle;
struct xentoollog_logger;

xenforeignmemory_handle *xenforeignmemory_open(struct xentoollog_logger *logger, unsigned open_flags);
int xenforeignmemory_close(xenforeignmemory_handle *fmem);

/* Map PAGES frames of DOM, one behind the other. With ERR: partial success, err[i] is 0 or the errno of frame
 * i. Without it: all or NULL. PROT is not looked at: mappings are writable. */
void *xenforeignmemory_map(xenforeignmemory_handle *fmem, uint32_t dom, int prot, size_t pages,
                           const xen_pfn_t arr[/*pages*/], int err[/*pages*/]);
int xenforeignmemory_unmap(xenforeignmemory_handle *fmem, void *addr, size_t pages);
