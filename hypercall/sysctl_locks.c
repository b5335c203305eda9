/* SPDX-License-Identifier: MIT */
/* sysctl: what debug builds count of the hypervisor's locks. */
#include "lock_stat.h"
#include "sysctl.h"
#include <string.h>

static int copy_lock(const struct xen_sysctl_lock_stats *op, unsigned int i, const struct lock_stat *s)
{
    struct xen_lock_stat row = {.taken = s->taken,
                                .contended = s->contended,
                                .longest_hold = s->longest_hold,
                                .longest_wait = s->longest_wait,
                                .where = s->where};

    memcpy(row.name, s->name, MIN(strlen(s->name), sizeof(row.name) - 1));
    if (arch_copy_to_guest(guest_ptr_add(handle_ptr(op->locks), i * sizeof(row)), &row, sizeof(row)))
        return refuse(EFAULT, "lock_stats: lock %u cannot be written", i);
    return 0;
}

int sysctl_lock_stats(struct sysctl_call *c)
{
    struct xen_sysctl_lock_stats *op = allod_lock_stats(&c->op);
    const uint32_t capacity = op->nr_locks;
    struct lock_stat s;
    int rc = 0;

    if (!IS_DEBUG)
        return -ENOSYS;
    if (op->flags & ~ALLOD_LOCKS_RESET)
        return refuse(EINVAL, "lock_stats: flags %#x", op->flags);
    for (op->nr_locks = 0; lock_stat_read(op->nr_locks, &s); op->nr_locks++)
        if (rc == 0 && op->nr_locks < capacity && !handle_is_null(op->locks))
            rc = copy_lock(op, op->nr_locks, &s);
    c->copy_back = true;
    if (rc == 0 && op->nr_locks > capacity && !handle_is_null(op->locks))
        rc = refuse(ENOBUFS, "lock_stats: room for %u of %u", capacity, op->nr_locks);
    if (rc == 0 && op->flags & ALLOD_LOCKS_RESET)
        lock_stat_reset();
    return rc;
}
