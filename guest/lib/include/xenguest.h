/* SPDX-License-Identifier: MIT */
/* Of libxenguest: pages taken out of use and brought back, docs/claims.md section 9. */
#pragma once

#include <xenctrl.h>

/* Machine pages START to END, the last one included; STATUS gets a word for each, PG_OFFLINE_* and
 * PG_ONLINE_* of <xen/sysctl.h>. 0, or -1 with errno when a page failed: those behind it were not handled. */
int xc_mark_page_offline(xc_interface *xch, unsigned long start, unsigned long end, uint32_t *status);
int xc_mark_page_online(xc_interface *xch, unsigned long start, unsigned long end, uint32_t *status);
int xc_query_page_offline_status(xc_interface *xch, unsigned long start, unsigned long end, uint32_t *status);
