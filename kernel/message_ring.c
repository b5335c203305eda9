/* SPDX-License-Identifier: MIT */
/* The last messages, for XEN_SYSCTL_readconsole. */
#include "message_ring.h"
#include "lock.h"

static spinlock_t ring_lock = SPINLOCK_INIT(RANK_MESSAGES, "message ring");
static char ring[MESSAGE_RING_SIZE] GUARDED_BY(ring_lock);
static uint32_t start GUARDED_BY(ring_lock), end GUARDED_BY(ring_lock); /* free-running; never far apart */

/* Differences of indices wrap as the indices do. */
void message_ring_put(const char *s, size_t n)
{
    spin_lock(&ring_lock);
    for (size_t i = 0; i < n; i++)
        ring[end++ % MESSAGE_RING_SIZE] = s[i];
    if (end - start > MESSAGE_RING_SIZE)
        start = end - MESSAGE_RING_SIZE;
    spin_unlock(&ring_lock);
}

size_t message_ring_get(uint32_t *index, char *buf, size_t n)
{
    size_t done = 0;

    spin_lock(&ring_lock);
    if (*index - start > end - start)
        *index = start;
    for (; done < n && *index != end; done++)
        buf[done] = ring[(*index)++ % MESSAGE_RING_SIZE];
    spin_unlock(&ring_lock);
    return done;
}

uint32_t message_ring_start(void)
{
    uint32_t index;

    spin_lock(&ring_lock);
    index = start;
    spin_unlock(&ring_lock);
    return index;
}

void message_ring_drop(uint32_t index)
{
    spin_lock(&ring_lock);
    if (index - start <= end - start)
        start = index;
    spin_unlock(&ring_lock);
}
