/* SPDX-License-Identifier: MIT */
/* VCPUOP_register_vcpu_info: where a vCPU's part of the shared information may go (xen/vcpu.h). */
#include "vcpus.h"
#include <errno.h>
#include <xen/vcpu.h>

#define LAST    (PAGE_SIZE - sizeof(struct vcpu_info))
#define NO_PAGE 0xe0000UL /* frame: above the RAM */

static char page[PAGE_SIZE] __attribute__((aligned(4096)));
static bool leave;

static int64_t place(unsigned int vcpu, uint64_t frame, uint32_t offset)
{
    struct vcpu_register_vcpu_info where = {.mfn = frame, .offset = offset};

    return vcpu_op(VCPUOP_register_vcpu_info, vcpu, &where);
}

static void stay(void *arg)
{
    (void)arg;
    while (!__atomic_load_n(&leave, __ATOMIC_ACQUIRE))
        smp_wait(0);
}

static void refusals(void)
{
    uint64_t frame = (uintptr_t)page >> PAGE_SHIFT;

    expect_equal("beyond the page's end", place(0, frame, LAST + 1), -EINVAL);
    expect_equal("an offset far away", place(0, frame, UINT32_MAX), -EINVAL);
    expect_equal("where no page is", place(0, NO_PAGE, 0), -EINVAL);
    expect_equal("a frame that cannot be", place(0, ~0UL, 0), -EINVAL);
    expect_equal("of no vCPU", place(1000, frame, 0), -ENOENT);
    run_on(1, stay, NULL);
    expect_equal("of another vCPU that is up", place(1, frame, 0), -EINVAL);
    __atomic_store_n(&leave, true, __ATOMIC_RELEASE);
}

/* At the very end of a page, by vCPU 0 while the other one is down. */
static void moves(void)
{
    uint64_t frame = (uintptr_t)page >> PAGE_SHIFT;
    const struct vcpu_info *there = (const struct vcpu_info *)(page + LAST);
    unsigned int last = nr_vcpus - 1;

    expect_equal("of another vCPU that is down", place(last, frame, LAST), 0);
    expect_equal("an event is pending", there->evtchn_upcall_pending, 1);
    expect_equal("in any word", (int64_t)there->evtchn_pending_sel, -1);
    expect_equal("the time's version is odd", there->time.version % 2, 0);
    expect_at_least("the time's version", there->time.version, 2);
    expect_equal("a second time", place(last, frame, 0), -EINVAL);
}

const struct guest_case info[] = {
    {"what is refused", refusals},
    {"it moves once, and all is pending then", moves},
    {0},
};
