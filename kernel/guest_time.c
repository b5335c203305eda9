/* SPDX-License-Identifier: MIT */
/* The clocks that guests read. */
#include "guest_time.h"
#include "shared_info_32.h"
#include <string.h>

static uint64_t boot_epoch; /* seconds since 1970 when system time was 0 */

void guest_time_init(uint64_t epoch)
{
    boot_epoch = epoch;
}

/* The version is odd while the rest is written. In no place is any alignment promised: guests choose it. */
static uint32_t begin_update(uint8_t *version)
{
    uint32_t odd;

    memcpy(&odd, version, sizeof(odd));
    odd |= 1;
    memcpy(version, &odd, sizeof(odd));
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return odd;
}

static void end_update(uint8_t *version, uint32_t odd)
{
    uint32_t even = odd + 1;

    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    memcpy(version, &even, sizeof(even));
}

void guest_time_fill(uint8_t *info)
{
    const struct arch_clock clock = arch_clock();
    struct vcpu_time_info t = {.tsc_timestamp = clock.tsc_base,
                               .tsc_to_system_mul = clock.mul,
                               .tsc_shift = clock.shift,
                               .flags = XEN_PVCLOCK_TSC_STABLE_BIT};
    uint8_t *to = info + offsetof(struct vcpu_info, time);

    t.version = begin_update(to);
    memcpy(to, &t, sizeof(t));
    end_update(to, t.version);
}

struct wallclock {
    uint32_t version, sec, nsec;
};

void guest_time_update_wallclock(struct domain *d)
{
    const bool compat = d->events.compat;
    const uint64_t now = boot_epoch + (uint64_t)READ_ONCE(d->time_offset);
    const uint32_t high = (uint32_t)(now >> 32);
    struct wallclock wc = {.sec = (uint32_t)now};
    uint8_t *to = d->events.shared + (compat ? SHARED_INFO_WC_32 : offsetof(struct shared_info, wc_version));

    wc.version = begin_update(to);
    memcpy(to, &wc, sizeof(wc));
    memcpy(d->events.shared + (compat ? SHARED_INFO_WC_SEC_HI_32 : offsetof(struct shared_info, wc_sec_hi)),
           &high, sizeof(high));
    end_update(to, wc.version);
}

void guest_time_set_offset(struct domain *d, int64_t offset)
{
    WRITE_ONCE(d->time_offset, offset);
    spin_lock(&d->events.lock);
    if (d->events.shared)
        guest_time_update_wallclock(d);
    spin_unlock(&d->events.lock);
}
