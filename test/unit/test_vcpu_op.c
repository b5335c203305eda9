/* SPDX-License-Identifier: MIT */
/* vcpu_op for a domain's own vCPUs, hvm_op's parameters, and sched_op about others. */
#include "caller.h"
#include "schedule.h"
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/hvm_vcpu.h>
#include <xen/sched.h>

#define OTHER 1U /* the caller's second vCPU */

static int64_t vcpu_op(uint32_t cmd, uint32_t id, const void *arg)
{
    return hcall(__HYPERVISOR_vcpu_op, cmd, id, ptr(arg));
}

/* Its domain was created for one vCPU: make room for a second one. */
static void add_vcpu(void)
{
    caller->domain->max_vcpus = 2;
    assert_int_equal(domain_add_vcpu(caller->domain, OTHER), 0);
}

static void test_life(void **state UNUSED)
{
    struct vcpu_hvm_context ctx = {.mode = VCPU_HVM_MODE_64B}, bad = {.mode = 2};

    assert_int_equal(vcpu_op(VCPUOP_is_up, OTHER, NULL), -ENOENT);
    add_vcpu();
    assert_int_equal(vcpu_op(VCPUOP_is_up, OTHER, NULL), 0);
    assert_int_equal(vcpu_op(VCPUOP_up, OTHER, NULL), -EINVAL); /* it has no state */
    assert_int_equal(vcpu_op(VCPUOP_initialise, OTHER, (void *)BAD_PTR), -EFAULT);
    assert_int_equal(vcpu_op(VCPUOP_initialise, OTHER, &bad), -EINVAL);
    assert_int_equal(vcpu_op(VCPUOP_up, OTHER, NULL), -EINVAL);
    assert_int_equal(vcpu_op(VCPUOP_initialise, OTHER, &ctx), 0);
    assert_int_equal(vcpu_op(VCPUOP_initialise, OTHER, &ctx), -EEXIST);
    assert_int_equal(vcpu_op(VCPUOP_up, OTHER, NULL), 0);
    assert_int_equal(vcpu_op(VCPUOP_is_up, OTHER, NULL), 1);
    assert_int_equal(vcpu_op(VCPUOP_down, OTHER, NULL), 0);
    assert_int_equal(vcpu_op(VCPUOP_is_up, OTHER, NULL), 0);
    assert_false(caller->domain->shut_down);
    assert_int_equal(vcpu_op(VCPUOP_down, 0, NULL), 0); /* the last one */
    assert_true(caller->domain->shut_down);
    assert_int_equal(vcpu_op(VCPUOP_is_up, MAX_VCPUS, NULL), -ENOENT);
}

/* The times of all states add up to the vCPU's age. */
static void test_runstate(void **state UNUSED)
{
    struct vcpu_runstate_info a = {0}, b = {0};

    assert_int_equal(vcpu_op(VCPUOP_get_runstate_info, 0, &a), 0);
    assert_int_equal(a.state, RUNSTATE_runnable); /* on the host nothing ever runs */
    assert_int_equal(vcpu_op(VCPUOP_get_runstate_info, 0, &b), 0);
    assert_true(b.time[RUNSTATE_runnable] > a.time[RUNSTATE_runnable]);
    assert_int_equal(b.time[RUNSTATE_running], 0);
    vcpu_block(caller, UINT64_MAX);
    assert_int_equal(vcpu_op(VCPUOP_get_runstate_info, 0, (void *)BAD_PTR), -EFAULT);
    add_vcpu();
    assert_int_equal(vcpu_op(VCPUOP_get_runstate_info, OTHER, &a), 0);
    assert_int_equal(a.state, RUNSTATE_offline);
}

/* Written at once, and whenever the vCPU comes or goes; elsewhere when it is registered anew. */
static void test_runstate_area(void **state UNUSED)
{
    struct vcpu_runstate_info area = {.state = 77}, now;
    struct vcpu_register_runstate_memory_area where = {.addr.v = &area};

    upcall_switch(caller, true); /* to nowhere */
    assert_int_equal(vcpu_op(VCPUOP_register_runstate_memory_area, 0, (void *)BAD_PTR), -EFAULT);
    assert_int_equal(vcpu_op(VCPUOP_register_runstate_memory_area, 0, &where), 0);
    assert_int_equal(area.state, RUNSTATE_runnable); /* on the host nothing ever runs */
    vcpu_op(VCPUOP_get_runstate_info, 0, &now);
    assert_int_equal(area.state_entry_time, now.state_entry_time);
    vcpu_block(caller, UINT64_MAX);
    upcall_switch(caller, true);
    assert_int_equal(area.state, RUNSTATE_blocked);
    assert_true(area.state_entry_time >= now.state_entry_time);
    area.state = 77;
    where.addr.v = (void *)BAD_PTR; /* nobody hears of what cannot be written */
    assert_int_equal(vcpu_op(VCPUOP_register_runstate_memory_area, 0, &where), 0);
    where.addr.v = NULL;
    assert_int_equal(vcpu_op(VCPUOP_register_runstate_memory_area, 0, &where), 0);
    upcall_switch(caller, false);
    assert_int_equal(area.state, 77);
}

static int64_t register_info(uint32_t id, uint64_t frame, uint32_t offset)
{
    struct vcpu_register_vcpu_info info = {frame, offset, 0};

    return vcpu_op(VCPUOP_register_vcpu_info, id, &info);
}

/* What was in shared info moves, and everything is pending. */
static void test_vcpu_info(void **state UNUSED)
{
    struct xen_add_to_physmap add = {.domid = DOMID_SELF, .space = XENMAPSPACE_shared_info, .gpfn = 9};
    struct domain *d = caller->domain;
    struct shared_info *shared;
    struct vcpu_info *info;

    assert_int_equal(set_pool(d->domid, POOL_BYTES), 0);
    assert_int_equal(populate(DOMID_SELF, 5, 1, 0, 0), 1);
    assert_int_equal(hcall(__HYPERVISOR_memory_op, XENMEM_add_to_physmap, ptr(&add), 0), 0);
    shared = host_gfn_ptr(d, gfn(9));
    shared->vcpu_info[0].arch.cr2 = 0x1234;
    assert_int_equal(register_info(0, 5, PAGE_SIZE - 63), -EINVAL);
    assert_int_equal(register_info(0, 6, 0), -EINVAL); /* not mapped */
    assert_int_equal(register_info(0, 9, 0), -EINVAL); /* not its memory */
    assert_int_equal(register_info(0, 5, PAGE_SIZE - 64), 0);
    assert_int_equal(register_info(0, 5, 0), -EINVAL); /* once only */
    info = (struct vcpu_info *)((char *)host_gfn_ptr(d, gfn(5)) + PAGE_SIZE - 64);
    assert_int_equal(info->evtchn_upcall_pending, 1);
    assert_int_equal(info->evtchn_pending_sel, ~0UL);
    assert_int_equal(info->arch.cr2, 0x1234);
    assert_int_equal(vcpu_op(VCPUOP_register_vcpu_info, 0, (void *)BAD_PTR), -EFAULT);
}

static int64_t param(uint32_t cmd, domid_t domid, uint32_t index, uint64_t *value)
{
    struct xen_hvm_param p = {.domid = domid, .index = index, .value = *value};
    int64_t rc = hcall(__HYPERVISOR_hvm_op, cmd, ptr(&p), 0);

    *value = p.value;
    return rc;
}

static void test_params(void **state UNUSED)
{
    domid_t domid = new_domain();
    uint64_t v = 0xfeff8, zero = 0, big = 7;

    /* a ring needs a port, and the builder allows this domain none */
    assert_int_equal(param(HVMOP_set_param, domid, HVM_PARAM_STORE_PFN, &v), -ENOSPC);
    assert_int_equal(param(HVMOP_get_param, domid, HVM_PARAM_STORE_PFN, &zero), 0);
    assert_int_equal(zero, 0);
    assert_int_equal(param(HVMOP_set_param, domid, HVM_PARAM_IOREQ_PFN, &v), 0);
    v = 0;
    assert_int_equal(param(HVMOP_get_param, domid, HVM_PARAM_IOREQ_PFN, &v), 0);
    assert_int_equal(v, 0xfeff8);
    assert_int_equal(param(HVMOP_get_param, domid, HVM_PARAM_CALLBACK_IRQ, &zero), 0);
    assert_int_equal(zero, 0);
    assert_int_equal(param(HVMOP_set_param, domid, HVM_NR_PARAMS, &v), -EINVAL);
    assert_int_equal(param(HVMOP_get_param, domid, UINT32_MAX, &v), -EINVAL);
    assert_int_equal(param(HVMOP_get_param, domid, HVM_PARAM_PAE_ENABLED, &v), -EINVAL); /* gone */
    assert_int_equal(param(HVMOP_get_param, 30009, HVM_PARAM_STORE_PFN, &v), -ESRCH);
    assert_int_equal(param(HVMOP_set_param, domid, HVM_PARAM_NR_IOREQ_SERVER_PAGES, &big), 0);
    assert_int_equal(param(HVMOP_set_param, domid, HVM_PARAM_NR_IOREQ_SERVER_PAGES, &v), -EEXIST);
    assert_int_equal(hcall(__HYPERVISOR_hvm_op, HVMOP_get_param, BAD_PTR, 0), -EFAULT);
    assert_int_equal(destroy(domid), 0);
}

/* What only the builder sets, the guest reads. */
static void test_params_of_a_guest(void **state UNUSED)
{
    uint64_t v = 5;

    assert_int_equal(param(HVMOP_set_param, DOMID_SELF, HVM_PARAM_STORE_PFN, &v), -EPERM);
    assert_int_equal(param(HVMOP_get_param, DOMID_SELF, HVM_PARAM_STORE_PFN, &v), 0);
    assert_int_equal(v, 0);
    v = 0x20000000000000f3;
    assert_int_equal(param(HVMOP_set_param, DOMID_SELF, HVM_PARAM_CALLBACK_IRQ, &v), 0);
    assert_int_equal(param(HVMOP_get_param, DOMID_SELF, HVM_PARAM_IDENT_PT, &v), -EPERM);
}

static void test_remote_shutdown(void **state UNUSED)
{
    domid_t domid = new_domain();
    struct sched_remote_shutdown s = {domid, SHUTDOWN_reboot};

    assert_int_equal(hcall(__HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, ptr(&s), 0), 0);
    assert_true(info_of(domid).flags & XEN_DOMINF_shutdown);
    assert_int_equal(info_of(domid).flags >> XEN_DOMINF_shutdownshift & 0xff, SHUTDOWN_reboot);
    s.domain_id = 30009;
    assert_int_equal(hcall(__HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, ptr(&s), 0), -ESRCH);
    assert_int_equal(hcall(__HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, BAD_PTR, 0), -EFAULT);
    assert_int_equal(destroy(domid), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_life),
        TEST(test_runstate),
        TEST(test_runstate_area),
        TEST(test_vcpu_info),
        TEST(test_params),
        TEST_U(test_params_of_a_guest),
        TEST(test_remote_shutdown),
    };

    hypercall_checks = true;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
