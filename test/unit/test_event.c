/* SPDX-License-Identifier: MIT */
/* Event channels: how ports are opened and used, and what is refused. */
#include "event_guests.h"

static void test_alloc_unbound(void **state UNUSED)
{
    assert_int_equal(alloc_unbound(DOMID_SELF, B), 1);
    assert_int_equal(alloc_unbound(A, NOBODY), 2); /* whoever comes */
    assert_int_equal(alloc_unbound(DOMID_SELF, DOMID_SELF), 3);
    assert_status(DOMID_SELF, 1, unbound);
    assert_int_equal(status_of(DOMID_SELF, 1).u.unbound.dom, B);
    assert_int_equal(status_of(DOMID_SELF, 2).u.unbound.dom, NOBODY);
    assert_int_equal(status_of(DOMID_SELF, 3).u.unbound.dom, A);
    assert_int_equal(alloc_unbound(B, A), -EPERM);
    assert_int_equal(alloc_unbound(NOBODY, A), -EPERM);
    as(control);
    assert_int_equal(alloc_unbound(B, A), 1);
    assert_int_equal(alloc_unbound(NOBODY, A), -ESRCH);
    assert_int_equal(event_op(EVTCHNOP_alloc_unbound, (void *)BAD_PTR), -EFAULT);
}

static void test_no_such_port(void **state UNUSED)
{
    static const int64_t ports[] = {0, 1, 4095, 4096, UINT32_MAX};

    for (unsigned int opened = 0; opened < 2; opened++) { /* without a table and with one */
        for (unsigned int i = 0; i < ARRAY_SIZE(ports); i++) {
            assert_int_equal(port_op(EVTCHNOP_close, ports[i]), -EINVAL);
            assert_int_equal(port_op(EVTCHNOP_send, ports[i]), -EINVAL);
            assert_int_equal(bind_vcpu(ports[i], 0), -EINVAL);
            assert_int_equal(bind_interdomain(DOMID_SELF, ports[i]), -EINVAL);
        }
        assert_status(DOMID_SELF, 0, closed);
        assert_status(DOMID_SELF, 1, closed);
        assert_int_equal(event_op(EVTCHNOP_status, &(struct evtchn_status){.dom = A, .port = 4096}), -EINVAL);
        assert_int_equal(port_op(EVTCHNOP_unmask, 4096), -EINVAL);
        assert_int_equal(alloc_unbound(DOMID_SELF, B), 1);
        assert_int_equal(port_op(EVTCHNOP_close, 1), 0);
    }
    assert_int_equal(event_op(EVTCHNOP_status, &(struct evtchn_status){.dom = B, .port = 1}), -EPERM);
    as(control);
    assert_int_equal(event_op(EVTCHNOP_status, &(struct evtchn_status){.dom = NOBODY, .port = 1}), -ESRCH);
    assert_int_equal(event_op(99, &(struct evtchn_status){.dom = A}), -ENOSYS);
    assert_int_equal(event_op(EVTCHNOP_set_priority, &(struct evtchn_set_priority){1, 1}), -ENOSYS);
}

static void test_interdomain(void **state UNUSED)
{
    int64_t pa = alloc_unbound(DOMID_SELF, B), other = alloc_unbound(DOMID_SELF, NOBODY), pb;

    assert_int_equal(port_op(EVTCHNOP_send, pa), 0); /* lost */
    as(b);
    assert_int_equal(bind_interdomain(A, other), -EINVAL); /* not for B */
    assert_int_equal(bind_interdomain(A, 0), -EINVAL);
    assert_int_equal(bind_interdomain(NOBODY, pa), -ESRCH);
    pb = connect_b(pa);
    assert_true(is_pending(b, pb));
    assert_false(is_pending(a, pa));
    assert_status(DOMID_SELF, pa, interdomain);
    assert_int_equal(status_of(DOMID_SELF, pa).u.interdomain.dom, B);
    assert_int_equal(status_of(DOMID_SELF, pa).u.interdomain.port, pb);
    as(b);
    assert_int_equal(status_of(DOMID_SELF, pb).u.interdomain.dom, A);
    assert_int_equal(bind_interdomain(A, pa), -EINVAL); /* taken */
    assert_int_equal(port_op(EVTCHNOP_send, pb), 0);
    assert_true(is_pending(a, pa));
    clear_port(b, pb);
    as(a);
    assert_int_equal(port_op(EVTCHNOP_send, pa), 0);
    assert_true(is_pending(b, pb));
}

/* Whoever closes first: the other end waits for it, keeps its vCPU, and can be connected again. */
static void test_closing_in_both_orders(void **state UNUSED)
{
    int64_t pa = alloc_unbound(DOMID_SELF, B), pb;

    assert_int_equal(bind_vcpu(pa, 2), 0);
    pb = connect_b(pa);
    as(b);
    assert_int_equal(port_op(EVTCHNOP_close, pb), 0);
    assert_status(DOMID_SELF, pb, closed);
    assert_int_equal(port_op(EVTCHNOP_close, pb), -EINVAL);
    as(a);
    assert_status(DOMID_SELF, pa, unbound);
    assert_int_equal(status_of(DOMID_SELF, pa).u.unbound.dom, B);
    assert_int_equal(status_of(DOMID_SELF, pa).vcpu, 2);
    pb = connect_b(pa);
    assert_int_equal(port_op(EVTCHNOP_close, pa), 0);
    assert_status(DOMID_SELF, pa, closed);
    as(b);
    assert_int_equal(status_of(DOMID_SELF, pb).u.unbound.dom, A);
    assert_int_equal(port_op(EVTCHNOP_send, pb), 0); /* lost */
    as(a);
    assert_int_equal(bind_interdomain(B, pb), pa); /* the other way round */
    assert_int_equal(status_of(DOMID_SELF, pa).vcpu, 0);
}

static void test_loopback(void **state UNUSED)
{
    int64_t one = alloc_unbound(DOMID_SELF, DOMID_SELF), other = bind_interdomain(DOMID_SELF, one);

    assert_int_equal(other, 2);
    clear_port(a, other);
    assert_int_equal(port_op(EVTCHNOP_send, one), 0);
    assert_true(is_pending(a, other));
    assert_int_equal(port_op(EVTCHNOP_send, other), 0);
    assert_true(is_pending(a, one));
    assert_int_equal(port_op(EVTCHNOP_close, one), 0);
    assert_status(DOMID_SELF, other, unbound);
    assert_false(is_pending(a, one)); /* it is not the next user's */
    assert_int_equal(port_op(EVTCHNOP_close, other), 0);
}

static void test_virq(void **state UNUSED)
{
    int64_t port = bind_virq(VIRQ_TIMER, 0);

    assert_int_equal(port, 1);
    assert_status(DOMID_SELF, port, virq);
    assert_int_equal(status_of(DOMID_SELF, port).u.virq, VIRQ_TIMER);
    assert_int_equal(bind_virq(VIRQ_TIMER, 0), -EEXIST);
    assert_int_equal(bind_virq(VIRQ_TIMER, 3), 2);
    assert_int_equal(status_of(DOMID_SELF, 2).vcpu, 3);
    assert_int_equal(bind_virq(VIRQ_TIMER, MAX_TEST_VCPUS), -ENOENT);
    assert_int_equal(bind_virq(VIRQ_TIMER, UINT32_MAX), -ENOENT);
    assert_int_equal(bind_virq(NR_VIRQS, 0), -EINVAL);
    assert_int_equal(bind_virq(UINT32_MAX, 0), -EINVAL);
    assert_int_equal(bind_virq(VIRQ_CONSOLE, 1), -EINVAL); /* global */
    assert_int_equal(bind_virq(VIRQ_CONSOLE, 0), 3);
    assert_int_equal(bind_virq(VIRQ_CONSOLE, 0), -EEXIST);
    assert_int_equal(port_op(EVTCHNOP_send, port), -EINVAL); /* the hypervisor's to send */
    assert_int_equal(bind_vcpu(port, 1), -EINVAL);
    assert_int_equal(bind_vcpu(3, 1), 0);
    assert_int_equal(status_of(DOMID_SELF, 3).vcpu, 1);
    assert_int_equal(port_op(EVTCHNOP_close, 3), 0);
    assert_int_equal(bind_virq(VIRQ_CONSOLE, 0), 3);
    assert_int_equal(port_op(EVTCHNOP_close, 2), 0);
    assert_int_equal(bind_virq(VIRQ_TIMER, 0), -EEXIST); /* vCPU 0's is still bound */
    assert_int_equal(bind_virq(VIRQ_TIMER, 3), 2);
}

/* To the vCPU that it is bound for, and nobody else; nothing when it is not bound. */
static void test_virqs_arrive(void **state UNUSED)
{
    int64_t port = bind_virq(VIRQ_DEBUG, 1);

    event_send_virq(a->domain->vcpu[0], VIRQ_DEBUG);
    assert_false(is_pending(a, port));
    event_send_virq(a->domain->vcpu[1], VIRQ_DEBUG);
    assert_true(is_pending(a, port));
    assert_int_equal(legacy_info(a->domain->vcpu[1])[0], 1);
    assert_int_equal(legacy_info(a)[0], 0);
    event_send_virq(b, VIRQ_DEBUG); /* it has no table, no page */
}

static void test_ipi(void **state UNUSED)
{
    int64_t port = bind_ipi(3);

    assert_int_equal(port, 1);
    assert_int_equal(bind_ipi(3), 2); /* as many as wanted */
    assert_int_equal(bind_ipi(MAX_TEST_VCPUS), -ENOENT);
    assert_status(DOMID_SELF, port, ipi);
    assert_int_equal(status_of(DOMID_SELF, port).vcpu, 3);
    assert_int_equal(bind_vcpu(port, 0), -EINVAL);
    assert_int_equal(port_op(EVTCHNOP_send, port), 0);
    assert_true(is_pending(a, port));
    assert_int_equal(legacy_info(a->domain->vcpu[3])[0], 1);
    assert_int_equal(legacy_info(a)[0], 0);
}

static void test_bind_vcpu(void **state UNUSED)
{
    int64_t pa = alloc_unbound(DOMID_SELF, B), pb;

    assert_int_equal(bind_vcpu(pa, MAX_TEST_VCPUS), -ENOENT);
    assert_int_equal(bind_vcpu(pa, 1), 0);
    pb = connect_b(pa);
    assert_int_equal(status_of(DOMID_SELF, pa).vcpu, 1);
    assert_int_equal(bind_vcpu(pa, 2), 0);
    as(b);
    assert_int_equal(port_op(EVTCHNOP_send, pb), 0);
    assert_int_equal(legacy_info(a->domain->vcpu[2])[0], 1);
    assert_int_equal(legacy_info(a->domain->vcpu[1])[0], 0);
}

/* Privileged domains learn that a domain has shut down, and that it is gone. */
static void test_dom_exc(void **state UNUSED)
{
    int64_t port;

    assert_int_equal(bind_virq(VIRQ_DOM_EXC, 0), 1); /* A may bind it, but is told nothing */
    as(control);
    assert_int_equal(set_pool(control->domain->domid, POOL_BYTES), 0);
    port = bind_virq(VIRQ_DOM_EXC, 0);
    assert_true(port > 0);
    domain_shutdown(b->domain, SHUTDOWN_poweroff);
    assert_true(is_pending(control, port));
    assert_false(is_pending(a, 1));
    clear_port(control, port);
    domain_shutdown(b->domain, SHUTDOWN_crash); /* the first one counts */
    assert_false(is_pending(control, port));
    assert_int_equal(destroy(B), 0);
    assert_true(is_pending(control, port));
    clear_port(control, port);
    assert_int_equal(port_op(EVTCHNOP_close, port), 0);
    assert_int_equal(destroy(A), 0);
    assert_false(is_pending(control, port));
}

static void test_no_fifo(void **state UNUSED)
{
    struct evtchn_init_control c = {.control_gfn = UINT64_MAX - 1};

    assert_int_equal(event_op(EVTCHNOP_init_control, &c), -EINVAL);
    assert_int_equal(populate(DOMID_SELF, 5, 1, 0, 0), 1);
    c.control_gfn = 5;
    assert_int_equal(event_op(EVTCHNOP_init_control, &c), -ENOSYS);
    assert_int_equal(event_op(EVTCHNOP_expand_array, &c), -ENOSYS);
}

#define TEST_G(f) cmocka_unit_test_setup_teardown(f, setup_guests, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_G(test_alloc_unbound), TEST_G(test_no_such_port),
        TEST_G(test_interdomain),   TEST_G(test_closing_in_both_orders),
        TEST_G(test_loopback),      TEST_G(test_virq),
        TEST_G(test_virqs_arrive),  TEST_G(test_ipi),
        TEST_G(test_bind_vcpu),     TEST_G(test_dom_exc),
        TEST_G(test_no_fifo),
    };

    hypercall_checks = true;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
