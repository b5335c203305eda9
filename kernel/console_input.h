/* SPDX-License-Identifier: MIT */
/* What is typed at the console, and who has the console: a domain, or the hypervisor itself (debug keys).
 * Ctrl-a three times gives it to the next one that listens, as in Xen. */
#pragma once

#include "domain.h"

/* D has the console from now on, and again when another domain that had it has ended. */
void console_set_home(const struct domain *d);
/* The domain that will have this number has the console from its first words on its ring on, once. 0: none.
 */
void console_input_for(domid_t domid);
/* D has used its console ring for the first time. */
void console_used(struct domain *d);
/* Does D have it? */
bool console_is_with(const struct domain *d);
/* D has ended. */
void console_leave(const struct domain *d);

/* CONSOLEIO_read: what was typed, at most N bytes; returns how many. 0 for everybody but who has the console.
 * Called without locks. */
size_t console_guest_read(struct domain *d, char *buf, size_t n);
/* Look at the port, and give what was typed to who has the console: by its ring, or VIRQ_CONSOLE says that
 * there is something to be read. Called without locks. */
void console_input_look(void);
