/* SPDX-License-Identifier: MIT */
/* Where the hypervisor writes about a vCPU, and the time that it writes there (xen/xen.h, vcpu_time_info). */
#include "guest.h"
#include "vcpu_block.h"
#include <xen/vcpu.h>

struct vcpu_info *vcpu_info_register(void)
{
    struct vcpu_block *b = this_vcpu();
    uintptr_t address = (uintptr_t)&b->own_info;
    struct vcpu_register_vcpu_info where = {.mfn = address >> PAGE_SHIFT, .offset = address % PAGE_SIZE};

    if (!b->info &&
        !xen_hypercall(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, b->id, (uintptr_t)&where, 0, 0))
        b->info = &b->own_info;
    return b->info;
}

static uint64_t read_tsc(void)
{
    uint32_t low, high;

    __asm__ volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high) : : "memory");
    return low | (uint64_t)high << 32;
}

/* The time at this moment by T, which nobody changes meanwhile. */
static uint64_t time_by(const struct vcpu_time_info *t)
{
    uint64_t ticks = read_tsc() - t->tsc_timestamp;

    ticks = t->tsc_shift < 0 ? ticks >> -t->tsc_shift : ticks << t->tsc_shift;
    return t->system_time + (uint64_t)((__uint128_t)ticks * t->tsc_to_system_mul >> 32);
}

/* The version is odd while the hypervisor writes, and another one afterwards. */
uint64_t guest_now(void)
{
    const struct vcpu_info *info = vcpu_info_register();
    const struct vcpu_time_info *t = &info->time;
    uint32_t before;
    uint64_t now;

    if (!info)
        return 0;
    do {
        before = __atomic_load_n(&t->version, __ATOMIC_ACQUIRE);
        now = before ? time_by(t) : 0;
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
    } while (before % 2 || before != __atomic_load_n(&t->version, __ATOMIC_RELAXED));
    return now;
}
