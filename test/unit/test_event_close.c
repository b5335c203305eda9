/* SPDX-License-Identifier: MIT */
/* Event channels: how many ports there can be, and their end with the domain that has them. */
#include "event_guests.h"

#define PORTS_64 4096
#define PORTS_32 1024

/* ---- how many ---- */

static int64_t fill_with_ipis(int64_t last)
{
    int64_t port;

    while ((port = bind_ipi(0)) > 0) {
        assert_int_equal(port, last + 1);
        last = port;
    }
    assert_int_equal(port, -ENOSPC);
    return last;
}

static void test_out_of_ports(void **state UNUSED)
{
    assert_int_equal(fill_with_ipis(0), PORTS_64 - 1);
    assert_int_equal(alloc_unbound(DOMID_SELF, B), -ENOSPC);
    assert_int_equal(bind_virq(VIRQ_TIMER, 0), -ENOSPC);
    assert_int_equal(bind_interdomain(B, 1), -ENOSPC); /* before it looks at B's port */
    assert_int_equal(port_op(EVTCHNOP_close, 4000), 0);
    assert_int_equal(port_op(EVTCHNOP_close, 77), 0);
    assert_int_equal(bind_virq(VIRQ_TIMER, 0), 77);
    assert_int_equal(bind_ipi(0), 4000);
    assert_int_equal(port_op(EVTCHNOP_send, PORTS_64 - 1), 0);
    assert_true(is_pending(a, PORTS_64 - 1));
}

static void test_out_of_ports_of_32_bit_code(void **state UNUSED)
{
    event_latch_width(a->domain, true);
    assert_int_equal(fill_with_ipis(0), PORTS_32 - 1);
    event_latch_width(a->domain, false);
    assert_int_equal(bind_ipi(0), PORTS_32);
    event_latch_width(a->domain, true);
    assert_int_equal(port_op(EVTCHNOP_send, PORTS_32), 0); /* there is no place for it now */
    assert_int_equal(port_op(EVTCHNOP_unmask, PORTS_32), 0);
    assert_int_equal(port_op(EVTCHNOP_close, PORTS_32), 0);
    for (unsigned int i = 2048 + PORTS_32 / 8; i < 2304; i++)
        assert_int_equal(shared_of(a)[i], 0);
}

static void test_the_builders_limit(void **state UNUSED)
{
    as(control);
    as(new_guest(1, 5));
    assert_int_equal(fill_with_ipis(0), 5);
    as(control);
    as(new_guest(1, 0));
    assert_int_equal(bind_ipi(0), -ENOSPC);
}

static void test_empty_pool(void **state UNUSED)
{
    as(control);
    assert_int_equal(set_pool(B, 0), 0);
    as(b);
    assert_int_equal(bind_ipi(0), -ENOMEM); /* no shared info page */
    as(control);
    assert_int_equal(set_pool(B, PAGE_SIZE), 0);
    as(b);
    assert_int_equal(bind_ipi(0), -ENOMEM); /* no table */
    assert_int_equal(bind_interdomain(A, 1), -ENOMEM);
    as(control);
    assert_int_equal(set_pool(B, 2 * PAGE_SIZE), 0);
    as(b);
    for (unsigned int i = 1; i < 512; i++)
        assert_int_equal(bind_ipi(0), i);
    assert_int_equal(bind_ipi(0), -ENOMEM); /* no second table */
}

/* ---- the end ---- */

static void test_reset(void **state UNUSED)
{
    int64_t pa = alloc_unbound(DOMID_SELF, B), pb = connect_b(pa);
    struct xen_domctl op = {0};

    assert_int_equal(bind_virq(VIRQ_TIMER, 0), 2);
    fill_with_ipis(2); /* more than one step closes */
    assert_int_equal(reset(B), -EPERM);
    assert_int_equal(reset(DOMID_SELF), 0);
    for (int64_t port = 1; port < PORTS_64; port += 333)
        assert_status(DOMID_SELF, port, closed);
    assert_int_equal(bind_virq(VIRQ_TIMER, 0), 1);
    as(control);
    assert_status(B, pb, unbound);
    assert_int_equal(reset(NOBODY), -ESRCH);
    assert_int_equal(reset(B), -EINVAL); /* it runs */
    assert_int_equal(domain_hold(b->domain), 0);
    assert_int_equal(reset(B), -EINVAL); /* another call holds it for a moment, nobody has paused it */
    domain_release(b->domain);
    assert_int_equal(domctl(XEN_DOMCTL_pausedomain, B, &op), 0);
    assert_int_equal(reset(B), 0);
    assert_status(B, pb, closed);
}

/* The other side waits for a domain that is gone; a new one with its id is no heir of the channel. */
static void test_destruction(void **state UNUSED)
{
    int64_t pa = alloc_unbound(DOMID_SELF, B), pb = connect_b(pa), port;
    domid_t gone = B;

    assert_int_equal(bind_virq(VIRQ_TIMER, 1), 2);
    as(b);
    assert_int_equal(bind_virq(VIRQ_TIMER, 0), 2);
    assert_int_equal(bind_ipi(0), 3);
    as(control);
    assert_int_equal(destroy(gone), 0);
    assert_status(A, pa, unbound);
    as(a);
    assert_int_equal(port_op(EVTCHNOP_send, pa), 0);
    assert_int_equal(bind_interdomain(gone, pb), -ESRCH);
    port = alloc_unbound(DOMID_SELF, gone);
    assert_true(port > 0);
    as(control);
    assert_int_equal(destroy(A), 0);
}

/* Destroying one end while the domain that has the other is a zombie, and the other way round. */
static void test_destruction_of_both(void **state UNUSED)
{
    int64_t pa = alloc_unbound(DOMID_SELF, B);
    struct domain *kept = domain_get(A);

    connect_b(pa);
    as(control);
    assert_int_equal(destroy(A), 0); /* still found: somebody has a reference */
    assert_int_equal(alloc_unbound(A, B), -EINVAL);
    assert_int_equal(destroy(B), 0);
    domain_put(kept);
}

static void test_a_dying_domain_opens_nothing(void **state UNUSED)
{
    assert_int_equal(bind_ipi(0), 1);
    domain_begin_kill(a->domain);
    assert_int_equal(bind_ipi(0), -EINVAL);
    assert_int_equal(bind_virq(VIRQ_TIMER, 0), -EINVAL);
    assert_int_equal(alloc_unbound(DOMID_SELF, B), -EINVAL);
    assert_int_equal(port_op(EVTCHNOP_close, 1), 0);
    domain_begin_kill(b->domain);
    as(b);
    assert_int_equal(bind_ipi(0), -EINVAL); /* it has no shared info either */
}

/* A domain without vCPUs has ports: its builder made them. */
static void test_ports_before_vcpus(void **state UNUSED)
{
    struct xen_domctl op = create_args(), more = {.u.max_vcpus.max = 1};
    int64_t pa, port;

    op.u.createdomain.max_evtchn_port = 100;
    as(control);
    assert_int_equal(domctl(XEN_DOMCTL_createdomain, 0, &op), 0);
    assert_int_equal(set_pool(op.domain, POOL_BYTES), 0);
    port = alloc_unbound(op.domain, A);
    assert_int_equal(port, 1);
    as(a);
    pa = bind_interdomain(op.domain, port);
    assert_int_equal(port_op(EVTCHNOP_send, pa), 0);
    as(control);
    assert_int_equal(domctl(XEN_DOMCTL_max_vcpus, op.domain, &more), 0);
    as(a);
    assert_int_equal(port_op(EVTCHNOP_send, pa), 0);
}

#define TEST_G(f) cmocka_unit_test_setup_teardown(f, setup_guests, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_G(test_out_of_ports),
        TEST_G(test_out_of_ports_of_32_bit_code),
        TEST_G(test_the_builders_limit),
        TEST_G(test_empty_pool),
        TEST_G(test_reset),
        TEST_G(test_destruction),
        TEST_G(test_destruction_of_both),
        TEST_G(test_a_dying_domain_opens_nothing),
        TEST_G(test_ports_before_vcpus),
    };

    hypercall_checks = true;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
