/* SPDX-License-Identifier: MIT */
/* The hypervisor as a host program: after machine_create(), boot domains and call the hypervisor as their
 * vCPU.
 *
 * A caller's memory is the process's own memory: guest pointers are plain addresses, a bad one gives EFAULT.
 */
#pragma once

#include "domain.h"

/* Create domain 0, privileged, owner of the console, with one vCPU, and return that vCPU as the caller. With
 * PRIVILEGED false, create an unprivileged domain 1 as well and return its vCPU instead. */
struct vcpu *host_boot(bool privileged);

/* Destroy every domain that is left, the boot domains included: machine_destroy() may follow. */
void host_shutdown(void);

/* One hypercall as V would make it: repeats while the hypervisor wants a restart (-ERESTART), as the
 * architecture's run loop does. */
int64_t host_hypercall(struct vcpu *v, uint64_t nr, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
                       uint64_t a4, uint64_t a5);

/* The same, entered once: -ERESTART when it has to be entered again with what *CALL says then. */
int64_t host_hypercall_step(struct vcpu *v, struct hypercall *call);

/* Where the page that D sees at G lies in this process; NULL when nothing is mapped there. */
void *host_gfn_ptr(struct domain *d, gfn_t g);

/* What console_io of the console's owner reads, and whether what domains write goes to stdout (default: yes).
 */
void host_console_input(const char *text);
void host_console_quiet(bool quiet);
