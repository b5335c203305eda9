/* SPDX-License-Identifier: MIT */
/* VCPUOP_get_runstate_info: all time is counted, each moment once (xen/vcpu.h). */
#include "vcpus.h"
#include <errno.h>
#include <xen/vcpu.h>

#define SLEEP (5 * MS)

/* What has been counted of VCPU, at some moment between *BEFORE and *AFTER. */
struct reading {
    uint64_t before, after;
    struct vcpu_runstate_info info;
};

static uint64_t sum(const struct reading *r)
{
    uint64_t all = 0;

    for (unsigned int i = 0; i < 4; i++)
        all += r->info.time[i];
    return all;
}

static struct reading read_states(unsigned int vcpu)
{
    struct reading r;

    r.before = guest_now();
    expect_equal("get_runstate_info", vcpu_op(VCPUOP_get_runstate_info, vcpu, &r.info), 0);
    r.after = guest_now();
    return r;
}

static void check_sum(const struct reading *a, const struct reading *b)
{
    expect_at_least("time counted", sum(b) - sum(a) + 1, b->before - a->after);
    expect_less("time counted", sum(b) - sum(a), b->after - a->before + 1);
}

static void add_up(void *arg)
{
    unsigned int self = smp_id();
    struct reading first = read_states(self), then;

    (void)arg;
    expect_equal("one's own state", first.info.state, RUNSTATE_running);
    expect_less("since when", first.info.state_entry_time, first.after + 1);
    pass_time(SLEEP);
    then = read_states(self);
    check_sum(&first, &then);
    expect_less("blocked time", first.info.time[RUNSTATE_blocked], then.info.time[RUNSTATE_blocked]);
    expect_less("running time", first.info.time[RUNSTATE_running], then.info.time[RUNSTATE_running]);
}

static void of_each(void)
{
    run_everywhere(add_up, NULL);
}

static void of_one_down(void)
{
    struct reading first = read_states(1), then;

    expect_equal("state", first.info.state, RUNSTATE_offline);
    pass_time(SLEEP);
    then = read_states(1);
    check_sum(&first, &then);
    expect_equal("running time", (int64_t)then.info.time[RUNSTATE_running],
                 (int64_t)first.info.time[RUNSTATE_running]);
    expect_equal("to nowhere", vcpu_op(VCPUOP_get_runstate_info, 1, (void *)0x8000000000UL), -EFAULT);
}

/* Written whenever the vCPU comes to a CPU: what it reads there is what the call says, but for what has
 * passed since. */
static void by_itself(void)
{
    static struct vcpu_runstate_info area;
    const volatile struct vcpu_runstate_info *seen = &area;
    struct vcpu_register_runstate_memory_area where = {.addr.v = &area}, nowhere = {.addr.v = NULL};
    struct reading then;

    expect_equal("register", vcpu_op(VCPUOP_register_runstate_memory_area, 0, &where), 0);
    expect_equal("state", seen->state, RUNSTATE_running);
    pass_time(SLEEP);
    then = read_states(0);
    expect_equal("state", seen->state, RUNSTATE_running);
    expect_equal("blocked time", (int64_t)seen->time[RUNSTATE_blocked],
                 (int64_t)then.info.time[RUNSTATE_blocked]);
    expect_equal("since when", (int64_t)seen->state_entry_time, (int64_t)then.info.state_entry_time);
    expect_equal("register none", vcpu_op(VCPUOP_register_runstate_memory_area, 0, &nowhere), 0);
    area.state = 77;
    pass_time(SLEEP);
    expect_equal("left alone", seen->state, 77);
    expect_equal("from nowhere", vcpu_op(VCPUOP_register_runstate_memory_area, 0, (void *)0x8000000000UL),
                 -EFAULT);
}

const struct guest_case runstates[] = {
    {"the states of a vCPU add up to the time that passes", of_each},
    {"a vCPU that is down spends its time offline", of_one_down},
    {"a vCPU reads its states without a call", by_itself},
    {0},
};
