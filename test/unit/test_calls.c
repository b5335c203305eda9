/* SPDX-License-Identifier: MIT */
/* The table of hypercalls: who may call. Every privileged call of an unprivileged domain is refused, whatever
 * domain it names, and nothing it answers tells which domains exist. */
#include "caller.h"
#include <stdio.h>
#include <xen/hvm/hvm_op.h>
#include <xen/sched.h>

#define NOBODY 30009

/* A structure for every call: its bytes are zero but for the domain. */
struct argument {
    uint64_t words[32];
};

/* Where a structure has its domain. */
static size_t domid_offset(const struct call_desc *c)
{
    if (c->nr == __HYPERVISOR_domctl)
        return offsetof(struct xen_domctl, domain);
    if (c->nr == __HYPERVISOR_memory_op &&
        (c->counts || c->op == XENMEM_claim_pages || c->op == XENMEM_exchange))
        return offsetof(struct xen_memory_reservation, domid);
    return 0;
}

static int64_t call_for(const struct call_desc *c, domid_t domid)
{
    struct argument a = {{0}};
    uint32_t version =
        c->nr == __HYPERVISOR_domctl ? XEN_DOMCTL_INTERFACE_VERSION : XEN_SYSCTL_INTERFACE_VERSION;
    uint32_t head[2] = {c->op, version};

    if (c->nr == __HYPERVISOR_domctl || c->nr == __HYPERVISOR_sysctl)
        memcpy(&a, head, sizeof(head));
    if (c->counts)
        ((struct xen_memory_reservation *)&a)->nr_extents = 1;
    if (c->nr != __HYPERVISOR_sysctl)
        memcpy((char *)&a + domid_offset(c), &domid, sizeof(domid));
    if (c->nr == __HYPERVISOR_memory_op && c->op == XENMEM_exchange)
        ((struct xen_memory_exchange *)&a)->out.domid = domid; /* it is named twice */
    if (c->nr == __HYPERVISOR_domctl || c->nr == __HYPERVISOR_sysctl)
        return hcall(c->nr, ptr(&a), 0, 0);
    return hcall(c->nr, c->op, ptr(&a), ptr(&a));
}

/* Three kinds of ids: the control domain, the caller's own, and none. */
static void test_privileged(void **state UNUSED)
{
    const domid_t ids[] = {(domid_t)(caller->domain->domid - 1), caller->domain->domid, NOBODY, DOMID_SELF};
    unsigned int tested = 0;

    for (unsigned int i = 0; i < nr_call_descs; i++) {
        const struct call_desc *c = &call_descs[i];

        if (c->who != HC_PRIVILEGED)
            continue;
        for (unsigned int k = 0; k < ARRAY_SIZE(ids); k++) {
            int64_t rc = call_for(c, ids[k]);

            if (rc != -EPERM)
                fail_msg("%s for domain %u: expected %d, seen %ld", c->name, ids[k], -EPERM, rc);
        }
        tested++;
    }
    assert_true(tested > 30);
}

/* For itself a domain may; for others it learns the same whether they exist or not. */
static void test_target(void **state UNUSED)
{
    domid_t other = (domid_t)(caller->domain->domid - 1);
    unsigned int tested = 0;

    for (unsigned int i = 0; i < nr_call_descs; i++) {
        const struct call_desc *c = &call_descs[i];
        int64_t expected = c->counts ? 0 : -EPERM, seen, unknown;

        if (c->who != HC_TARGET)
            continue;
        seen = call_for(c, other);
        unknown = call_for(c, NOBODY);
        if (seen != expected || unknown != expected)
            fail_msg("%s: expected %ld, seen %ld for domain %u, %ld for none", c->name, expected, seen, other,
                     unknown);
        assert_int_not_equal(call_for(c, DOMID_SELF), -EPERM);
        tested++;
    }
    assert_true(tested > 10);
}

/* A privileged caller is told the truth. */
static void test_privileged_caller(void **state UNUSED)
{
    for (unsigned int i = 0; i < nr_call_descs; i++) {
        const struct call_desc *c = &call_descs[i];

        if (c->who == HC_PRIVILEGED && c->nr == __HYPERVISOR_domctl && c->op != XEN_DOMCTL_createdomain)
            if (call_for(c, NOBODY) != -ESRCH)
                fail_msg("%s for no domain: expected %d", c->name, -ESRCH);
    }
}

/* Names and numbers are unique, and what is not in the table is not there. */
static void test_table(void **state UNUSED)
{
    for (unsigned int i = 0; i < nr_call_descs; i++) {
        assert_ptr_equal(call_find(call_descs[i].nr, call_descs[i].op), &call_descs[i]);
        for (unsigned int k = 0; k < i; k++)
            assert_string_not_equal(call_descs[i].name, call_descs[k].name);
    }
    assert_null(call_find(__HYPERVISOR_domctl, 999));
    assert_int_equal(hcall(__HYPERVISOR_hvm_op, 9, 0, 0), -ENOSYS);
    assert_int_equal(hcall(__HYPERVISOR_vcpu_op, 99, 0, 0), -ENOSYS);
    assert_int_equal(hcall(__HYPERVISOR_vcpu_op, VCPUOP_send_nmi, 0, 0), -ENOSYS);
}

static void test_errors(void **state UNUSED)
{
    assert_true(call_declares(__HYPERVISOR_domctl, XEN_DOMCTL_claim_memory, ERANGE));
    assert_true(call_declares(__HYPERVISOR_domctl, XEN_DOMCTL_claim_memory, EACCES)); /* the family's */
    assert_false(call_declares(__HYPERVISOR_domctl, XEN_DOMCTL_pausedomain, ERANGE));
    assert_true(call_declares(__HYPERVISOR_domctl, 999, ENOSYS));
    assert_false(call_declares(__HYPERVISOR_domctl, 999, EINVAL));
    assert_true(call_declares(63, 0, ENOSYS)); /* no hypercall has this number */
    assert_false(call_declares(63, 0, EPERM));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_U(test_privileged), TEST_U(test_target), TEST(test_privileged_caller),
        TEST(test_table),        TEST(test_errors),
    };

    hypercall_checks = true;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
