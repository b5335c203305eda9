/* SPDX-License-Identifier: MIT */
/* The hypervisor as the other end of a domain's console and xenstore rings: what xenconsoled and xenstored do
 * elsewhere.
 *
 * A ring is one page that the guest writes whenever it likes: all that is read there is read once and
 * checked, and a ring that makes no sense is left alone. Events make it move: the guest sends one when it has
 * written or has made room, and gets one when the hypervisor has. */
#pragma once

#include "domain.h"

/* The builder says where the page is: HVM_PARAM_CONSOLE_PFN, HVM_PARAM_STORE_PFN. The domain's own page
 * there, if there is one, else one of its paging pool. The port that the guest finds in the parameter for it
 * is opened. Nothing happens for page 0, and where somebody else serves the ring: then the builder has set
 * that parameter before. -EINVAL: no such page or dying; -EEXIST: the ring is elsewhere, or something else
 * there; -ENOMEM: its paging pool is empty; -ENOSPC: no free port; -ESRCH: dying. */
int ring_open(struct domain *d, enum ring_kind which, uint64_t gfn) REQUIRES(d->domctl_lock);
/* The guest has sent an event: one step is done. -ERESTART: there is more to do. */
int ring_event(struct domain *d, enum ring_kind which);
/* What D may own is another than before: who watches memory/target is told. */
void ring_tell_target(struct domain *d);
/* Destruction, when no vCPU of D runs any more. */
void ring_destroy(struct domain *d) REQUIRES(d->domctl_lock);

/* What one step came to. */
enum ring_step {
    RING_NOTHING,
    RING_DONE, /* something was moved: the guest is told */
    RING_MORE, /* and more is waiting */
};
/* The steps of each kind. */
enum ring_step ring_console_step(struct domain *d, uint8_t *page) REQUIRES(d->ring_lock);
enum ring_step ring_store_step(struct domain *d, uint8_t *page) REQUIRES(d->ring_lock);

/* Input for D by its ring: at most N bytes, the rest does not fit. D must use its ring (ring_console_in_use).
 */
size_t ring_console_input(struct domain *d, const char *text, size_t n);
/* Has D sent anything through its ring? Then it reads its input there, too. */
static inline bool ring_console_in_use(const struct domain *d)
{
    return READ_ONCE(d->ring[RING_CONSOLE].used);
}
/* Does any domain? */
bool ring_console_any(void);
