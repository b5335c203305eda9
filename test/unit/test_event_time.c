/* SPDX-License-Identifier: MIT */
/* The timers of vCPUs, and the clocks that guests read. */
#include "event_test.h"
#include "guest_time.h"
#include "timer.h"

#define MS 1000000UL

static struct vcpu *control, *a;
static struct domain *d;

static int setup_guest(void **state)
{
    setup(state);
    control = caller;
    a = new_guest(2, UINT32_MAX);
    d = a->domain;
    as(a);
    return 0;
}

static int64_t vcpu_op(uint32_t cmd, uint32_t id, const void *arg)
{
    return hcall(__HYPERVISOR_vcpu_op, cmd, id, ptr(arg));
}

static int64_t set_singleshot(uint64_t at, uint32_t flags)
{
    struct vcpu_set_singleshot_timer t = {at, flags};

    return vcpu_op(VCPUOP_set_singleshot_timer, 0, &t);
}

/* The host's clock moves by being read. */
static void until(uint64_t time)
{
    while (arch_now() < time)
        ;
    timers_fire();
}

/* Has VIRQ_TIMER come since the last look? */
static bool came(int64_t port)
{
    bool pending = is_pending(a, port);

    clear_port(a, port);
    take_upcall(legacy_info(a));
    return pending;
}

static void test_singleshot(void **state UNUSED)
{
    int64_t port = bind_virq(VIRQ_TIMER, 0);
    uint64_t now = arch_now();

    assert_int_equal(set_singleshot(now + 20 * MS, 0), 0);
    until(now + 19 * MS);
    assert_false(came(port));
    until(now + 20 * MS);
    assert_int_equal(legacy_info(a)[0], 1);
    assert_true(came(port));
    until(now + 60 * MS);
    assert_false(came(port)); /* once */

    now = arch_now();
    assert_int_equal(set_singleshot(now + 5 * MS, 0), 0);
    assert_int_equal(set_singleshot(now + 9 * MS, VCPU_SSHOTTMR_future), 0); /* takes its place */
    until(now + 8 * MS);
    assert_false(came(port));
    assert_int_equal(vcpu_op(VCPUOP_stop_singleshot_timer, 0, NULL), 0);
    until(now + 20 * MS);
    assert_false(came(port));
    assert_int_equal(set_singleshot(1, 0), 0); /* long ago: soon */
    until(0);
    assert_true(came(port));
}

static unsigned int apic_ticks;
static uint64_t machine_timer;

void arch_timer_set(uint64_t deadline)
{
    machine_timer = deadline;
}

void arch_vcpu_timer(struct arch_vcpu *v UNUSED)
{
    apic_ticks++;
}

/* Whoever gives a dying domain's vCPU a state may set the timer of its local APIC: it goes with the vCPU, and
 * until then it is not the guest's any more. */
static void test_apic_timer_ends(void **state UNUSED)
{
    struct domain *held = domain_get(d->domid);
    uint64_t now = arch_now();

    upcall_apic_timer(a, now + 5 * MS);
    until(now + 6 * MS);
    assert_int_equal(apic_ticks, 1);
    as(control);
    assert_int_equal(destroy(d->domid), 0);
    now = arch_now();
    upcall_apic_timer(a, now + 5 * MS);
    until(now + 6 * MS);
    assert_int_equal(apic_ticks, 1);
    upcall_apic_timer(a, now + 40 * MS);
    assert_int_equal(machine_timer, now + 40 * MS);
    domain_put(held); /* the last one */
    timers_fire();
    assert_true(machine_timer == TIMER_NEVER);
}

static void test_singleshot_refuses(void **state UNUSED)
{
    struct vcpu_set_singleshot_timer t = {0};

    assert_int_equal(set_singleshot(1, VCPU_SSHOTTMR_future), -ETIME);
    assert_int_equal(vcpu_op(VCPUOP_set_singleshot_timer, 1, &t), -EINVAL); /* another vCPU's */
    assert_int_equal(vcpu_op(VCPUOP_stop_singleshot_timer, 1, &t), -EINVAL);
    assert_int_equal(vcpu_op(VCPUOP_set_singleshot_timer, 0, (void *)BAD_PTR), -EFAULT);
    assert_int_equal(vcpu_op(VCPUOP_set_singleshot_timer, 2, &t), -ENOENT);
}

static void test_timer_wakes(void **state UNUSED)
{
    int64_t port = bind_virq(VIRQ_TIMER, 0);
    uint64_t now = arch_now();

    take_upcall(legacy_info(a));
    assert_int_equal(set_singleshot(now + 3 * MS, 0), 0);
    assert_int_equal(hcall(__HYPERVISOR_sched_op, SCHEDOP_block, 0, 0), 0);
    assert_int_equal(a->state, VCPU_BLOCKED);
    until(now + 3 * MS);
    assert_int_equal(a->state, VCPU_RUNNABLE);
    assert_true(came(port));
}

static void test_periodic(void **state UNUSED)
{
    int64_t port = bind_virq(VIRQ_TIMER, 0);
    struct vcpu_set_periodic_timer p = {MS - 1};
    uint64_t now;

    assert_int_equal(vcpu_op(VCPUOP_set_periodic_timer, 0, &p), -EINVAL);
    p.period_ns = UINT64_MAX;
    assert_int_equal(vcpu_op(VCPUOP_set_periodic_timer, 0, &p), -EINVAL);
    assert_int_equal(vcpu_op(VCPUOP_set_periodic_timer, 0, (void *)BAD_PTR), -EFAULT);
    assert_int_equal(vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0); /* it was off */
    p.period_ns = 4 * MS;
    now = arch_now();
    assert_int_equal(vcpu_op(VCPUOP_set_periodic_timer, 0, &p), 0);
    for (unsigned int i = 1; i < 4; i++) {
        until(now + i * 4 * MS + MS);
        assert_true(came(port));
        until(0);
        assert_false(came(port));
    }
    assert_int_equal(vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0);
    until(now + 40 * MS);
    assert_false(came(port));
}

static int64_t set_timer_op(uint64_t at)
{
    return hcall(__HYPERVISOR_set_timer_op, at, 0, 0);
}

static void test_set_timer_op(void **state UNUSED)
{
    int64_t port = bind_virq(VIRQ_TIMER, 0);
    uint64_t now = arch_now();

    assert_int_equal(set_timer_op(now + 4 * MS), 0);
    until(now + 4 * MS);
    assert_true(came(port));
    assert_int_equal(set_timer_op(arch_now() + 4 * MS), 0);
    assert_int_equal(set_timer_op(0), 0); /* off */
    until(arch_now() + 10 * MS);
    assert_false(came(port));
    for (unsigned int i = 0; i < 2; i++) { /* mistakes: neither at once nor never */
        now = arch_now();
        assert_int_equal(set_timer_op(i ? UINT64_MAX : now + (1UL << 51)), 0);
        until(now + 99 * MS);
        assert_false(came(port));
        until(now + 101 * MS);
        assert_true(came(port));
    }
}

/* Its halves come one by one. */
static void test_set_timer_op_of_32_bit_code(void **state UNUSED)
{
    int64_t port = bind_virq(VIRQ_TIMER, 0);
    uint64_t at = arch_now() + 4 * MS;
    struct hypercall call = {__HYPERVISOR_set_timer_op, {(uint32_t)at, at >> 32}, .compat = true};

    set_current_vcpu(a);
    assert_int_equal(upcall_hypercall(a, &call), 0);
    assert_int_equal(a->singleshot.deadline, at);
    call = (struct hypercall){__HYPERVISOR_set_timer_op, {5, 7}, .compat = true};
    assert_int_equal(upcall_hypercall(a, &call), 0);
    assert_int_equal(a->singleshot.deadline, 7UL << 32 | 5);
    (void)port;
}

/* A domain that is destroyed takes its timers along. */
static void test_timers_end(void **state UNUSED)
{
    struct vcpu_set_periodic_timer p = {4 * MS};

    assert_int_equal(bind_virq(VIRQ_TIMER, 0), 1);
    assert_int_equal(set_singleshot(arch_now() + 4 * MS, 0), 0);
    assert_int_equal(vcpu_op(VCPUOP_set_periodic_timer, 1, &p), 0);
    as(control);
    assert_int_equal(destroy(d->domid), 0);
    until(arch_now() + 10 * MS);
}

/* ---- the console's input ---- */

/* Has VIRQ_CONSOLE come to V in the last look at the port? */
static bool console_event(struct vcpu *v, int64_t port)
{
    bool pending;

    until(arch_now() + 11 * MS);
    pending = is_pending(v, port);
    clear_port(v, port);
    take_upcall(legacy_info(v));
    return pending;
}

static void test_console_input_is_an_event(void **state UNUSED)
{
    char text[4];
    int64_t others = bind_virq(VIRQ_CONSOLE, 0), port;

    host_console_input("a");
    assert_false(console_event(a, others)); /* not the owner */
    as(control);
    host_console_input("");
    assert_int_equal(set_pool(control->domain->domid, POOL_BYTES), 0);
    port = bind_virq(VIRQ_CONSOLE, 0);
    assert_true(port > 0);
    assert_false(console_event(control, port));
    host_console_input("ab");
    assert_true(console_event(control, port));
    assert_true(console_event(control, port)); /* it still is to be read */
    assert_int_equal(hcall(__HYPERVISOR_console_io, CONSOLEIO_read, sizeof(text), ptr(text)), 2);
    assert_false(console_event(control, port));
    assert_int_equal(port_op(EVTCHNOP_close, port), 0);
    host_console_input("c");
    assert_false(console_event(control, port));
    assert_int_equal(bind_virq(VIRQ_CONSOLE, 0), port); /* who listens again is told again */
    assert_true(console_event(control, port));
    assert_int_equal(port_op(EVTCHNOP_close, port), 0);
    host_console_input("");
    assert_false(console_event(a, others));
}

/* ---- clocks ---- */

static void map_shared_info(void)
{
    struct xen_add_to_physmap add = {.domid = DOMID_SELF, .space = XENMAPSPACE_shared_info, .gpfn = 9};

    assert_int_equal(hcall(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, ptr(&add), 0), 0);
}

/* What a guest computes from a TSC is what the hypervisor would say at that moment. */
static void check_clock(const uint8_t *info)
{
    const struct arch_clock clock = arch_clock();
    struct vcpu_time_info t;

    memcpy(&t, info + 32, sizeof(t));
    assert_int_equal(t.version % 2, 0);
    assert_true(t.version > 0);
    assert_int_equal(t.tsc_timestamp, clock.tsc_base);
    assert_int_equal(t.system_time, 0);
    assert_int_equal(t.tsc_to_system_mul, clock.mul);
    assert_int_equal(t.tsc_shift, clock.shift);
    assert_int_equal(t.flags, XEN_PVCLOCK_TSC_STABLE_BIT);
}

static void test_system_time(void **state UNUSED)
{
    struct vcpu_register_vcpu_info info = {5, 33, 0};

    map_shared_info();
    for (unsigned int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
        check_clock((uint8_t *)host_gfn_ptr(d, gfn(9)) + i * 64);
    assert_int_equal(populate(DOMID_SELF, 5, 1, 0, 0), 1);
    memset(host_gfn_ptr(d, gfn(5)), 0xff, PAGE_SIZE);
    memset((char *)host_gfn_ptr(d, gfn(9)) + 32, 0x55, 32); /* the guest's own fault, but repaired */
    assert_int_equal(vcpu_op(VCPUOP_register_vcpu_info, 0, &info), 0);
    check_clock((uint8_t *)host_gfn_ptr(d, gfn(5)) + 33);
}

struct wallclock {
    uint32_t version, sec, nsec;
};

static void check_wallclock(unsigned int at, unsigned int high_at, uint64_t seconds)
{
    struct wallclock wc;
    uint32_t high;

    memcpy(&wc, shared_of(a) + at, sizeof(wc));
    memcpy(&high, shared_of(a) + high_at, sizeof(high));
    assert_int_equal(wc.version % 2, 0);
    assert_int_equal((uint64_t)high << 32 | wc.sec, seconds);
    assert_int_equal(wc.nsec, 0);
}

static void test_wallclock(void **state UNUSED)
{
    struct xen_domctl op = {0};

    guest_time_init(1700000000);
    map_shared_info();
    check_wallclock(3072, 3084, 1700000000);
    as(control);
    op.u.settimeoffset.time_offset_seconds = -3600;
    assert_int_equal(domctl(XEN_DOMCTL_settimeoffset, d->domid, &op), 0);
    check_wallclock(3072, 3084, 1700000000 - 3600);
    op.u.settimeoffset.time_offset_seconds = 1L << 33;
    assert_int_equal(domctl(XEN_DOMCTL_settimeoffset, d->domid, &op), 0);
    check_wallclock(3072, 3084, 1700000000 + (1L << 33));
    event_latch_width(d, true);
    check_wallclock(2304, 2340, 1700000000 + (1L << 33));
    guest_time_init(0);
}

#define TEST_G(f) cmocka_unit_test_setup_teardown(f, setup_guest, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_G(test_console_input_is_an_event),
        TEST_G(test_singleshot),
        TEST_G(test_singleshot_refuses),
        TEST_G(test_apic_timer_ends),
        TEST_G(test_timer_wakes),
        TEST_G(test_periodic),
        TEST_G(test_set_timer_op),
        TEST_G(test_set_timer_op_of_32_bit_code),
        TEST_G(test_timers_end),
        TEST_G(test_system_time),
        TEST_G(test_wallclock),
    };

    hypercall_checks = true;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
