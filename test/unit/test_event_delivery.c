/* SPDX-License-Identifier: MIT */
/* Delivery of events: bits in shared memory of both layouts, masks, vcpu_info wherever it is, the callback's
 * vector, and SCHEDOP_poll. */
#include "event_test.h"

extern bool host_interrupts_enabled;

static struct vcpu *control, *a;
static struct domain *d;

static int setup_guest(void **state)
{
    setup(state);
    control = caller;
    a = new_guest(MAX_TEST_VCPUS, UINT32_MAX);
    d = a->domain;
    as(a);
    host_interrupts_enabled = true;
    return 0;
}

/* An IPI to vCPU 1 by a port that has neighbours in other words. */
static int64_t some_port(void)
{
    int64_t port = 0;

    while (port < 77)
        port = bind_ipi(1);
    return port;
}

/* ---- bits ---- */

static void check_bits(bool compat)
{
    uint8_t *info;
    int64_t port;

    event_latch_width(d, compat);
    port = some_port();
    info = legacy_info(d->vcpu[1]);
    assert_int_equal(port_op(EVTCHNOP_send, port), 0);
    assert_true(is_pending(a, port));
    assert_true(is_selected(info, compat, port));
    assert_int_equal(info[0], 1);
    for (unsigned int i = 1; i < 32; i++) /* nothing else is touched */
        if (i != (compat ? 4U : 8U))
            assert_int_equal(info[i], 0);
    for (int64_t i = 0; i < 1024; i++)
        assert_int_equal(is_pending(a, i), i == port);
    assert_int_equal(legacy_info(a)[0], 0); /* another vCPU's */

    take_upcall(info);
    assert_int_equal(port_op(EVTCHNOP_send, port), 0); /* the bit is still set: nothing new */
    assert_int_equal(info[0], 0);
    clear_port(a, port);
    assert_int_equal(port_op(EVTCHNOP_send, port), 0);
    assert_int_equal(info[0], 1);
}

static void test_bits_of_64_bit_code(void **state UNUSED)
{
    check_bits(false);
}

static void test_bits_of_32_bit_code(void **state UNUSED)
{
    check_bits(true);
}

static void check_mask(bool compat)
{
    uint8_t *info;
    int64_t port;

    event_latch_width(d, compat);
    port = some_port();
    info = legacy_info(d->vcpu[1]);
    mask_of(a)[port / 8] |= (uint8_t)(1U << port % 8);
    assert_int_equal(port_op(EVTCHNOP_send, port), 0);
    assert_true(is_pending(a, port));
    assert_int_equal(info[0], 0);
    assert_false(is_selected(info, compat, port));
    assert_int_equal(port_op(EVTCHNOP_unmask, port), 0);
    assert_false(bit_of(mask_of(a), port));
    assert_true(is_selected(info, compat, port));
    assert_int_equal(info[0], 1);
    take_upcall(info);
    assert_int_equal(port_op(EVTCHNOP_unmask, port), 0); /* it was not masked: nothing new */
    assert_int_equal(info[0], 0);
    mask_of(a)[port / 8] |= (uint8_t)(1U << port % 8);
    clear_port(a, port);
    assert_int_equal(port_op(EVTCHNOP_unmask, port), 0); /* it was not pending */
    assert_int_equal(info[0], 0);
}

static void test_masks(void **state UNUSED)
{
    check_mask(false);
    assert_int_equal(reset(DOMID_SELF), 0);
    memset(shared_of(a), 0, PAGE_SIZE);
    check_mask(true);
}

/* The layout is that of the code that chooses its callback, or asks for the hypercall page. */
static void test_who_chooses_the_layout(void **state UNUSED)
{
    assert_false(d->events.compat);
    upcall_hypercall_page(a, true);
    assert_true(d->events.compat);
    assert_int_equal(set_callback(VECTOR(0x20)), 0);
    assert_false(d->events.compat);
    upcall_hypercall_page(a, true);
    as(control); /* what its builder sets says nothing about it */
    struct xen_hvm_param p = {.domid = d->domid, .index = HVM_PARAM_CALLBACK_IRQ};
    assert_int_equal(hcall(__HYPERVISOR_hvm_op, HVMOP_set_param, ptr(&p), 0), 0);
    assert_true(d->events.compat);
}

/* Whatever a guest writes there, only it suffers. */
static void test_hostile_memory(void **state UNUSED)
{
    int64_t port = some_port();
    uint8_t *shared = shared_of(a);

    for (unsigned int value = 0; value < 256; value += 51) {
        memset(shared, (int)value, PAGE_SIZE);
        assert_int_equal(port_op(EVTCHNOP_send, port), 0);
        assert_int_equal(port_op(EVTCHNOP_unmask, port), 0);
        event_send_virq(a, VIRQ_TIMER);
        assert_int_equal(port_op(EVTCHNOP_close, port), 0);
        assert_int_equal(bind_ipi(1), port);
        assert_int_equal(upcall_interrupt(a), -1);
    }
}

/* ---- vcpu_info ---- */

static int64_t register_info(uint32_t id, uint64_t frame, uint32_t offset)
{
    struct vcpu_register_vcpu_info info = {frame, offset, 0};

    return hcall(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, id, ptr(&info));
}

/* From then on events come there, and not to the old place; no alignment is asked for. */
static void test_registered_info(void **state UNUSED)
{
    int64_t port = some_port();
    uint8_t *old = legacy_info(d->vcpu[1]), *info;

    assert_int_equal(populate(DOMID_SELF, 5, 1, 0, 0), 1);
    vcpu_down(d->vcpu[1]);
    assert_int_equal(register_info(1, 5, 77), 0);
    info = (uint8_t *)host_gfn_ptr(d, gfn(5)) + 77;
    assert_int_equal(info[0], 1);
    for (unsigned int i = 8; i < 16; i++)
        assert_int_equal(info[i], 0xff);
    assert_int_equal(register_info(1, 5, 0), -EINVAL); /* once */
    take_upcall(info);
    take_upcall(old);
    assert_int_equal(port_op(EVTCHNOP_send, port), 0);
    assert_int_equal(info[0], 1);
    assert_true(is_selected(info, false, port));
    assert_int_equal(old[0], 0);
}

/* The page is referenced: the guest may give it away, but it stays what it is. */
static void test_registered_page_stays(void **state UNUSED)
{
    int64_t port = bind_ipi(0);
    uint8_t *info;

    assert_int_equal(populate(DOMID_SELF, 5, 1, 0, 0), 1);
    assert_int_equal(register_info(0, 5, 0), 0);
    info = host_gfn_ptr(d, gfn(5));
    assert_int_equal(decrease(DOMID_SELF, 5, 1, 0), 1);
    take_upcall(info);
    assert_int_equal(port_op(EVTCHNOP_send, port), 0);
    assert_int_equal(info[0], 1);
}

/* vCPUs from 32 on have none until they register one. */
static void test_beyond_the_legacy_vcpus(void **state UNUSED)
{
    uint8_t *info;
    int64_t port;

    as(control);
    a = new_guest(XEN_LEGACY_MAX_VCPUS + 1, UINT32_MAX);
    as(a);
    port = bind_ipi(XEN_LEGACY_MAX_VCPUS);
    assert_int_equal(port_op(EVTCHNOP_send, port), 0);
    assert_true(is_pending(a, port));
    assert_false(event_is_pending(a->domain->vcpu[XEN_LEGACY_MAX_VCPUS]));
    assert_int_equal(populate(DOMID_SELF, 5, 1, 0, 0), 1);
    vcpu_down(a->domain->vcpu[XEN_LEGACY_MAX_VCPUS]);
    assert_int_equal(register_info(XEN_LEGACY_MAX_VCPUS, 5, 0), 0);
    assert_true(event_is_pending(a->domain->vcpu[XEN_LEGACY_MAX_VCPUS])); /* nothing is lost */
    info = host_gfn_ptr(a->domain, gfn(5));
    take_upcall(info);
    clear_port(a, port);
    assert_int_equal(port_op(EVTCHNOP_send, port), 0);
    assert_int_equal(info[0], 1);
}

/* ---- the callback ---- */

static void test_callback_vector(void **state UNUSED)
{
    int64_t port = bind_ipi(0);

    assert_int_equal(set_callback(VECTOR(0xf3)), 0);
    assert_int_equal(upcall_interrupt(a), -1);
    assert_int_equal(port_op(EVTCHNOP_send, port), 0);
    assert_int_equal(upcall_interrupt(a), 0xf3);
    assert_int_equal(upcall_interrupt(a), 0xf3); /* until the guest takes notice */
    assert_int_equal(upcall_interrupt(d->vcpu[1]), -1);
    take_upcall(legacy_info(a));
    assert_int_equal(upcall_interrupt(a), -1);
    take_upcall(legacy_info(a));
    legacy_info(a)[0] = 1;
    assert_int_equal(set_callback(VECTOR(15)), 0); /* an exception's */
    assert_int_equal(upcall_interrupt(a), -1);
    assert_int_equal(set_callback(VECTOR(16)), 0);
    assert_int_equal(upcall_interrupt(a), 16);
    assert_int_equal(set_callback(1), 0); /* a GSI: there is none */
    assert_int_equal(upcall_interrupt(a), -1);
    assert_int_equal(set_callback(0), 0);
    assert_int_equal(upcall_interrupt(a), -1);
}

/* ---- SCHEDOP_poll ---- */

static int64_t poll(evtchn_port_t *ports, unsigned int nr, uint64_t timeout)
{
    struct sched_poll p = {.nr_ports = nr, .timeout = timeout};

    set_xen_guest_handle(p.ports, ports);
    return hcall(__HYPERVISOR_sched_op, SCHEDOP_poll, ptr(&p), 0);
}

static bool sleeps(const struct vcpu *v)
{
    return v->state == VCPU_BLOCKED;
}

/* What the architecture asks before it enters the guest. */
static void enter(struct vcpu *v)
{
    assert_false(sleeps(v));
    upcall_interrupt(v);
    assert_int_equal(v->poll_port, 0);
    assert_int_equal(d->events.polling[0], 0);
}

static void mask_all(void)
{
    memset(mask_of(a), 0xff, 512);
}

static void test_poll_refuses(void **state UNUSED)
{
    evtchn_port_t ports[129] = {1};

    assert_int_equal(poll(ports, 129, 0), -EINVAL);
    assert_int_equal(poll((evtchn_port_t *)BAD_PTR, 1, 0), -EFAULT);
    assert_false(sleeps(a));
    assert_int_equal(a->poll_port, 0);
}

/* Each port must be open, up to the first one that is pending. */
static void test_poll_of_ports_that_are_not_open(void **state UNUSED)
{
    const evtchn_port_t closed = (evtchn_port_t)bind_ipi(0), mine = (evtchn_port_t)bind_ipi(0);
    const evtchn_port_t bad[] = {0, closed, mine + 1, 4095, 4096, UINT32_MAX - 1, UINT32_MAX};

    mask_all();
    assert_int_equal(port_op(EVTCHNOP_close, closed), 0);
    for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
        evtchn_port_t ports[] = {mine, bad[i]};

        assert_int_equal(poll(ports, 2, 0), -EINVAL);
        assert_int_equal(poll(&ports[1], 1, 0), -EINVAL);
        assert_int_equal(poll(&ports[1], 1, 1), -EINVAL); /* the time is over as well */
    }
    assert_int_equal(port_op(EVTCHNOP_send, mine), 0);
    assert_int_equal(poll((evtchn_port_t[]){mine, 4096}, 2, 0), 0);
    assert_int_equal(poll((evtchn_port_t[]){4096, mine}, 2, 0), -EINVAL);
    assert_false(sleeps(a));
    assert_int_equal(a->poll_port, 0);
}

static void test_poll_of_what_is_pending(void **state UNUSED)
{
    evtchn_port_t ports[] = {(evtchn_port_t)bind_ipi(0), (evtchn_port_t)bind_ipi(0)};

    mask_all();
    assert_int_equal(port_op(EVTCHNOP_send, ports[1]), 0);
    assert_int_equal(poll(ports, 2, 0), 0);
    assert_false(sleeps(a));
    enter(a);
    assert_int_equal(poll(ports, 1, 1), 0); /* the time is over */
    assert_false(sleeps(a));
    enter(a);
}

/* One port: for that one alone, masked or not. */
static void test_poll_of_one_port(void **state UNUSED)
{
    evtchn_port_t mine = (evtchn_port_t)bind_ipi(0), other = (evtchn_port_t)bind_ipi(0);

    mask_all();
    assert_int_equal(poll(&mine, 1, 0), 0);
    assert_true(sleeps(a));
    as(d->vcpu[1]);
    assert_int_equal(port_op(EVTCHNOP_send, other), 0);
    assert_true(sleeps(a));
    assert_int_equal(port_op(EVTCHNOP_send, mine), 0);
    enter(a);
    as(a);
    assert_int_equal(poll(&mine, 1, 0), 0); /* still pending */
    assert_false(sleeps(a));
}

/* More: for any of the domain, as in Xen; and for one each by two vCPUs at once. */
static void test_polls(void **state UNUSED)
{
    evtchn_port_t p = (evtchn_port_t)bind_ipi(0), q = (evtchn_port_t)bind_ipi(0),
                  r = (evtchn_port_t)bind_ipi(0);
    evtchn_port_t both[] = {p, q};

    mask_all();
    assert_int_equal(poll(both, 2, 0), 0);
    as(d->vcpu[1]);
    assert_int_equal(poll(&p, 1, 0), 0);
    as(d->vcpu[2]);
    assert_int_equal(poll(NULL, 0, 0), 0);
    as(d->vcpu[3]);
    assert_int_equal(port_op(EVTCHNOP_send, r), 0);
    assert_true(sleeps(d->vcpu[1]));
    assert_false(sleeps(a) || sleeps(d->vcpu[2]));
    assert_int_equal(port_op(EVTCHNOP_send, p), 0);
    assert_false(sleeps(d->vcpu[1]));
}

/* An event that comes between the look and the sleep is not lost: what vcpu_block asks says so. */
static void test_no_lost_wake_up(void **state UNUSED)
{
    evtchn_port_t p = (evtchn_port_t)bind_ipi(0);

    mask_all();
    event_poll_begin(a, p);
    assert_false(event_is_pending(a));
    assert_int_equal(port_op(EVTCHNOP_send, p), 0);
    assert_true(event_is_pending(a));
    enter(a);
    assert_false(event_is_pending(a)); /* masked: no reason not to sleep otherwise */
}

/* What is pending already ends a poll only if it can be delivered; what comes new ends it. */
static void test_poll_with_an_upcall_pending(void **state UNUSED)
{
    evtchn_port_t mine = (evtchn_port_t)bind_ipi(0), other = (evtchn_port_t)bind_ipi(0);

    assert_int_equal(set_callback(VECTOR(0x20)), 0);
    assert_int_equal(port_op(EVTCHNOP_send, other), 0);
    event_poll_begin(a, mine);
    assert_true(event_is_pending(a));
    host_interrupts_enabled = false;
    assert_false(event_is_pending(a));
    assert_int_equal(port_op(EVTCHNOP_send, mine), 0);
    assert_true(event_is_pending(a));
    event_poll_end(a);
    assert_true(event_is_pending(a)); /* SCHEDOP_block asks for nothing else */
}

#define TEST_G(f) cmocka_unit_test_setup_teardown(f, setup_guest, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_G(test_bits_of_64_bit_code),
        TEST_G(test_bits_of_32_bit_code),
        TEST_G(test_masks),
        TEST_G(test_who_chooses_the_layout),
        TEST_G(test_hostile_memory),
        TEST_G(test_registered_info),
        TEST_G(test_registered_page_stays),
        TEST_G(test_beyond_the_legacy_vcpus),
        TEST_G(test_callback_vector),
        TEST_G(test_poll_refuses),
        TEST_G(test_poll_of_ports_that_are_not_open),
        TEST_G(test_poll_of_what_is_pending),
        TEST_G(test_poll_of_one_port),
        TEST_G(test_polls),
        TEST_G(test_no_lost_wake_up),
        TEST_G(test_poll_with_an_upcall_pending),
    };

    hypercall_checks = true;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
