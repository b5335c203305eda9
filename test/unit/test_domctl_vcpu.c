/* SPDX-License-Identifier: MIT */
/* domctl: vCPUs and their affinities, the paging pool by shadow_op, hypercall pages, and createdomain in the
 * layouts of several Xen releases. */
#include "caller.h"
#include "host_info.h"
#include "schedule.h"
#include <xen/sched.h>

static domid_t domain_with_vcpu(void)
{
    struct xen_domctl op = {.u.max_vcpus.max = 1};
    domid_t domid = new_domain();

    assert_int_equal(domctl(XEN_DOMCTL_max_vcpus, domid, &op), 0);
    return domid;
}

static int64_t create_as(uint32_t version, struct xen_domctl *op)
{
    op->cmd = XEN_DOMCTL_createdomain;
    op->interface_version = version;
    op->domain = 0;
    return hcall(__HYPERVISOR_domctl, ptr(op), 0, 0);
}

/* Until 4.18 the part for x86 begins at byte 56, since 4.19 at byte 60; as much as the caller has is written.
 */
static void test_create_versions(void **state UNUSED)
{
    for (uint32_t version = 0x15; version <= 0x18; version++) {
        struct xen_domctl op = create_args();
        uint32_t *words = (uint32_t *)&op.u, arch = version < 0x17 ? 14 : 15;

        words[arch] = XEN_X86_EMU_LAPIC;
        words[arch + 2] = 0x5a5a5a5a; /* behind the structure */
        assert_int_equal(create_as(version, &op), 0);
        assert_int_equal(words[arch], XEN_X86_EMU_LAPIC);
        assert_int_equal(words[arch + 2], 0x5a5a5a5a);
        assert_int_equal(destroy(op.domain), 0);
        words[arch] = XEN_X86_EMU_PIT;
        assert_int_equal(create_as(version, &op), -EINVAL);
    }
}

static void test_create_altp2m(void **state UNUSED)
{
    struct xen_domctl op = create_args();

    ((uint32_t *)&op.u)[14] = 1; /* altp2m_opts since 4.19, emulation_flags LAPIC before */
    assert_int_equal(create_as(0x17, &op), -EINVAL);
    assert_int_equal(create_as(0x16, &op), 0);
    assert_int_equal(destroy(op.domain), 0);
}

static struct xen_domctl_getvcpuinfo vcpuinfo(domid_t domid)
{
    struct xen_domctl op = {.u.getvcpuinfo.vcpu = 0};

    assert_int_equal(domctl(XEN_DOMCTL_getvcpuinfo, domid, &op), 0);
    return op.u.getvcpuinfo;
}

static void test_vcpuinfo(void **state UNUSED)
{
    struct xen_domctl op = {.u.getvcpuinfo.vcpu = 0};
    domid_t domid = new_domain();

    assert_int_equal(domctl(XEN_DOMCTL_getvcpuinfo, domid, &op), -ESRCH); /* not created yet */
    op.u.getvcpuinfo.vcpu = 1;
    assert_int_equal(domctl(XEN_DOMCTL_getvcpuinfo, domid, &op), -EINVAL);
    assert_int_equal(destroy(domid), 0);
}

static int64_t affinity(uint32_t cmd, domid_t domid, uint32_t flags, uint8_t *hard, uint8_t *soft)
{
    struct xen_domctl op = {.u.vcpuaffinity = {0, flags, {{hard}, 16}, {{soft}, 16}}};

    return domctl(cmd, domid, &op);
}

/* On CPUs 0 to 7. */
static void set_affinity(domid_t domid, uint8_t hard_cpus, uint8_t soft_cpus)
{
    uint8_t hard[2] = {hard_cpus}, soft[2] = {soft_cpus};

    assert_int_equal(affinity(XEN_DOMCTL_setvcpuaffinity, domid,
                              XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT, hard, soft),
                     0);
}

static void expect_state(struct xen_domctl_getvcpuinfo info, bool online, bool blocked, bool running)
{
    assert_int_equal(info.online, online);
    assert_int_equal(info.blocked, blocked);
    assert_int_equal(info.running, running);
}

/* Of a vCPU that does not run. What fails after the end leaves nothing behind. */
static void test_vcpuinfo_states(void **state UNUSED)
{
    struct xen_domctl_getvcpuinfo down, up, asleep, awake, on[4];
    domid_t domid = domain_with_vcpu();
    struct domain *d = domain_get(domid);

    down = vcpuinfo(domid);
    vcpu_up(d->vcpu[0]);
    up = vcpuinfo(domid);
    vcpu_block(d->vcpu[0], UINT64_MAX);
    asleep = vcpuinfo(domid);
    vcpu_wake(d->vcpu[0]);
    awake = vcpuinfo(domid);
    host_info.nr_cpus = ARRAY_SIZE(on);
    for (unsigned int cpu = 0; cpu < ARRAY_SIZE(on); cpu++) {
        set_affinity(domid, (uint8_t)(1U << cpu), 0xff);
        on[cpu] = vcpuinfo(domid);
    }
    host_info.nr_cpus = 1;
    domain_put(d);
    assert_int_equal(destroy(domid), 0);
    expect_state(down, false, false, false);
    expect_state(up, true, false, false);
    expect_state(asleep, true, true, false);
    expect_state(awake, true, false, false);
    assert_int_equal(awake.cpu_time, 0);
    for (unsigned int cpu = 0; cpu < ARRAY_SIZE(on); cpu++)
        assert_int_equal(on[cpu].cpu, cpu);
}

static struct xen_domctl_getvcpuinfo as_it_runs[3];

/* The guest that test_vcpuinfo_of_one_that_runs lets run asks about itself, until its end. */
void arch_vcpu_run(struct arch_vcpu *a UNUSED)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(as_it_runs); i++)
        as_it_runs[i] = vcpuinfo(caller->domain->domid);
    domain_shutdown(caller->domain, SHUTDOWN_poweroff);
}

static void test_vcpuinfo_of_one_that_runs(void **state UNUSED)
{
    const domid_t self = caller->domain->domid;
    struct xen_domctl_getvcpuinfo before, after;

    domain_set_boot(caller->domain);
    before = vcpuinfo(self);
    sched_run();
    after = vcpuinfo(self);
    expect_state(before, true, false, false); /* it waits for its turn */
    assert_int_equal(before.cpu_time, 0);
    for (unsigned int i = 0; i < ARRAY_SIZE(as_it_runs); i++) {
        expect_state(as_it_runs[i], true, false, true);
        assert_true(as_it_runs[i].cpu_time > (i ? as_it_runs[i - 1].cpu_time : 0));
    }
    expect_state(after, true, false, false);
    assert_true(after.cpu_time > as_it_runs[2].cpu_time);
    assert_int_equal(vcpuinfo(self).cpu_time, after.cpu_time); /* it counts no further */
}

/* Set stores what was asked for and reports what of it counts now; get reports what was asked for, of the
 * CPUs that exist. */
static void test_vcpuaffinity(void **state UNUSED)
{
    const uint32_t both = XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT, set = XEN_DOMCTL_setvcpuaffinity;
    domid_t domid = domain_with_vcpu();
    uint8_t hard[2] = {0xff, 0xff}, soft[2] = {0, 0};

    host_info.nr_cpus = 4;
    assert_int_equal(affinity(XEN_DOMCTL_getvcpuaffinity, domid, both, hard, soft), 0);
    assert_int_equal(hard[0], 0x0f);
    assert_int_equal(hard[1], 0);
    assert_int_equal(soft[0], 0x0f);
    hard[0] = 0xf6;
    soft[0] = 0x03;
    assert_int_equal(affinity(set, domid, both, hard, soft), 0);
    assert_int_equal(hard[0], 0x06);
    assert_int_equal(soft[0], 0x02); /* soft, hard and there */
    assert_int_equal(affinity(XEN_DOMCTL_getvcpuaffinity, domid, both, hard, soft), 0);
    assert_int_equal(hard[0], 0x06);
    assert_int_equal(soft[0], 0x03);
    hard[0] = 0xf0; /* none of them is there */
    assert_int_equal(affinity(set, domid, XEN_VCPUAFFINITY_HARD, hard, NULL), -EINVAL);
    assert_int_equal(affinity(set, domid, 0, hard, soft), -EINVAL);
    assert_int_equal(affinity(set, domid, 8, hard, soft), -EINVAL);
    assert_int_equal(affinity(set, domid, XEN_VCPUAFFINITY_HARD, NULL, soft), -EINVAL);
    assert_int_equal(affinity(set, domid, XEN_VCPUAFFINITY_HARD, (uint8_t *)BAD_PTR, NULL), -EFAULT);
    assert_int_equal(affinity(set, 30009, both, hard, soft), -ESRCH);
    hard[0] = 0x01;
    assert_int_equal(affinity(set, domid, both, hard, (uint8_t *)BAD_PTR), -EFAULT);
    assert_int_equal(affinity(XEN_DOMCTL_getvcpuaffinity, domid, both, hard, soft), 0);
    assert_int_equal(hard[0], 0x06); /* what failed changed nothing */
    host_info.nr_cpus = 1;
    assert_int_equal(destroy(domid), 0);
}

static void expect_nodes(domid_t domid, uint8_t expected)
{
    uint8_t nodes[8] = {0};
    struct xen_domctl op = {.u.nodeaffinity.nodemap = {{nodes}, 64}};

    assert_int_equal(domctl(XEN_DOMCTL_getnodeaffinity, domid, &op), 0);
    assert_int_equal(nodes[0], expected);
}

static void set_nodes(domid_t domid, uint8_t wanted)
{
    uint8_t nodes[8] = {wanted};
    struct xen_domctl op = {.u.nodeaffinity.nodemap = {{nodes}, 64}};

    assert_int_equal(domctl(XEN_DOMCTL_setnodeaffinity, domid, &op), 0);
}

/* The node affinity follows the vCPUs' until a builder sets it, and again when he sets all nodes. */
static void test_auto_node_affinity(void **state UNUSED)
{
    domid_t domid = domain_with_vcpu();

    host_info.nr_cpus = 4; /* two on each node */
    host_info.cpu_node[2] = host_info.cpu_node[3] = 1;
    expect_nodes(domid, 3);
    set_affinity(domid, 0xc, 0xff);
    expect_nodes(domid, 2);
    set_affinity(domid, 0xf, 0x2); /* soft, where it restricts */
    expect_nodes(domid, 1);
    set_affinity(domid, 0xc, 0x3); /* nothing is left of soft */
    expect_nodes(domid, 2);
    set_nodes(domid, 1);
    expect_nodes(domid, 1);
    set_affinity(domid, 0x8, 0xff);
    expect_nodes(domid, 1);
    set_nodes(domid, 3);
    expect_nodes(domid, 2); /* at once */
    set_affinity(domid, 0x1, 0xff);
    expect_nodes(domid, 1);
    set_affinity(domid, 0xf, 0xff);
    expect_nodes(domid, 3);
    host_info.cpu_node[2] = host_info.cpu_node[3] = 0;
    host_info.nr_cpus = 1;
    assert_int_equal(destroy(domid), 0);
}

static int64_t shadow(domid_t domid, uint32_t operation, uint32_t *mb)
{
    struct xen_domctl op = {.u.shadow_op = {.op = operation, .mb = *mb}};
    int64_t rc = domctl(XEN_DOMCTL_shadow_op, domid, &op);

    *mb = op.u.shadow_op.mb;
    return rc;
}

/* The pool in MiB, rounded up. */
static void test_shadow_op(void **state UNUSED)
{
    domid_t domid = new_domain();
    struct xen_domctl op = {0};
    uint32_t mb = 0, huge = 1U << 20;

    assert_int_equal(shadow(domid, XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION, &mb), 0);
    assert_int_equal(mb, 1); /* 64 pages */
    mb = 2;
    assert_int_equal(shadow(domid, XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION, &mb), 0);
    assert_int_equal(mb, 2);
    assert_int_equal(domctl(XEN_DOMCTL_get_paging_mempool_size, domid, &op), 0);
    assert_int_equal(op.u.paging_mempool.size, 2 * MiB);
    assert_int_equal(shadow(domid, XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION, &huge), -ENOMEM);
    assert_int_equal(shadow(domid, XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY, &mb), -EINVAL);
    assert_int_equal(shadow(caller->domain->domid, XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION, &mb), -EINVAL);
    assert_int_equal(destroy(domid), 0);
}

static void test_hypercall_init(void **state UNUSED)
{
    static const uint8_t stub[] = {0xb8, __HYPERVISOR_sched_op, 0, 0, 0, 0x0f, 0x01, 0xd9, 0xc3};
    domid_t domid = new_domain();
    struct domain *d = domain_get(domid);
    struct xen_domctl op = {.u.hypercall_init.gmfn = 3};

    assert_int_equal(domctl(XEN_DOMCTL_hypercall_init, domid, &op), -EACCES);
    assert_int_equal(populate(domid, 3, 1, 0, 0), 1);
    assert_int_equal(domctl(XEN_DOMCTL_hypercall_init, domid, &op), 0);
    assert_memory_equal((char *)host_gfn_ptr(d, gfn(3)) + 32 * __HYPERVISOR_sched_op, stub, sizeof(stub));
    domain_put(d);
    assert_int_equal(destroy(domid), 0);
}

static void test_settimeoffset(void **state UNUSED)
{
    domid_t domid = new_domain();
    struct domain *d = domain_get(domid);
    struct xen_domctl op = {.u.settimeoffset.time_offset_seconds = -3600};

    assert_int_equal(domctl(XEN_DOMCTL_settimeoffset, domid, &op), 0);
    assert_int_equal(d->time_offset, -3600);
    domain_put(d);
    assert_int_equal(destroy(domid), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_create_versions),
        TEST(test_create_altp2m),
        TEST(test_vcpuinfo),
        TEST(test_vcpuinfo_states),
        TEST(test_vcpuinfo_of_one_that_runs),
        TEST(test_auto_node_affinity),
        TEST(test_vcpuaffinity),
        TEST(test_shadow_op),
        TEST(test_hypercall_init),
        TEST(test_settimeoffset),
    };

    hypercall_checks = true;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
