/* SPDX-License-Identifier: MIT */
/* Reports on demand: one letter each, as in Xen (XEN_SYSCTL_debug_keys). */
#pragma once

/* Print the report of KEY to the log; 'h' lists them all. Other letters are ignored. */
void debug_key(char key);
