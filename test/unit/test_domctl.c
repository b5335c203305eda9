/* SPDX-License-Identifier: MIT */
/* domctl: the common checks, a domain's life, claims, node affinity and the paging pool. */
#include "caller.h"
#include <sys/mman.h>

static void test_order_of_checks(void **state UNUSED)
{
    struct xen_domctl op = {.cmd = XEN_DOMCTL_pausedomain, .domain = 77};

    assert_int_equal(hcall(__HYPERVISOR_domctl, BAD_PTR, 0, 0), -EFAULT);
    for (uint32_t version = 0x12; version <= 0x1b; version++) {
        op.interface_version = version;
        assert_int_equal(hcall(__HYPERVISOR_domctl, ptr(&op), 0, 0),
                         version >= 0x15 && version <= 0x18 ? -ESRCH : -EACCES);
    }
    assert_int_equal(domctl(XEN_DOMCTL_pausedomain, 77, &op), -ESRCH);
    assert_int_equal(domctl(XEN_DOMCTL_pausedomain, DOMID_SELF, &op), -ESRCH);
    assert_int_equal(domctl(999, 77, &op), -ENOSYS);
}

static void test_unprivileged(void **state UNUSED)
{
    struct xen_domctl op = create_args();
    unsigned int nr = 3;
    memory_claim_t claims[3];

    assert_int_equal(domctl(XEN_DOMCTL_createdomain, 0, &op), -EPERM);
    assert_int_equal(domctl(XEN_DOMCTL_pausedomain, caller->domain->domid, &op), -EPERM);
    assert_int_equal(domctl(XEN_DOMCTL_pausedomain, 30009, &op), -EPERM);
    assert_int_equal(domctl(999, 30009, &op), -EPERM);
    assert_int_equal(claim_node(30009, 0, 1), -EPERM);
    assert_int_equal(get_claims(caller->domain->domid - 1, &nr, claims), -EPERM);
}

static void test_create(void **state UNUSED)
{
    struct xen_domctl op = create_args(), bad;
    domid_t domid;

    memcpy(op.u.createdomain.handle, "0123456789abcdef", 16);
    assert_int_equal(domctl(XEN_DOMCTL_createdomain, 0, &op), 0);
    domid = op.domain;
    assert_int_not_equal(domid, caller->domain->domid);
    assert_memory_equal(info_of(domid).handle, "0123456789abcdef", 16);
    assert_int_equal(domctl(XEN_DOMCTL_createdomain, domid, &op), -EEXIST);
    bad = create_args();
    bad.u.createdomain.flags = 0;
    assert_int_equal(domctl(XEN_DOMCTL_createdomain, 0, &bad), -EINVAL);
    bad = create_args();
    bad.u.createdomain.flags |= 1U << 20;
    assert_int_equal(domctl(XEN_DOMCTL_createdomain, 0, &bad), -EINVAL);
    bad = create_args();
    bad.u.createdomain.max_vcpus = 0;
    assert_int_equal(domctl(XEN_DOMCTL_createdomain, 0, &bad), -EINVAL);
    bad = create_args();
    bad.u.createdomain.arch.emulation_flags = XEN_X86_EMU_PIT;
    assert_int_equal(domctl(XEN_DOMCTL_createdomain, 0, &bad), -EINVAL);
    assert_int_equal(destroy(domid), 0);
    assert_int_equal(destroy(domid), -ESRCH);
}

/* A caller that cannot learn the id gets no domain. */
static void test_create_read_only(void **state UNUSED)
{
    struct xen_domctl *op = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct xen_domctl probe = {0};

    *op = create_args();
    op->cmd = XEN_DOMCTL_createdomain;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    mprotect(op, PAGE_SIZE, PROT_READ);
    assert_int_equal(hcall(__HYPERVISOR_domctl, ptr(op), 0, 0), -EFAULT);
    assert_int_equal(domctl(XEN_DOMCTL_getdomaininfo, (domid_t)(caller->domain->domid + 1), &probe), -ESRCH);
    munmap(op, PAGE_SIZE);
}

static void test_life(void **state UNUSED)
{
    domid_t domid = new_domain();
    struct xen_domctl op = {0};

    assert_true(info_of(domid).flags & XEN_DOMINF_paused);
    assert_int_equal(info_of(domid).max_vcpu_id, XEN_INVALID_MAX_VCPU_ID);
    op.u.max_vcpus.max = 2;
    assert_int_equal(domctl(XEN_DOMCTL_max_vcpus, domid, &op), -EINVAL);
    op.u.max_vcpus.max = 1;
    assert_int_equal(domctl(XEN_DOMCTL_max_vcpus, domid, &op), 0);
    assert_int_equal(domctl(XEN_DOMCTL_max_vcpus, domid, &op), 0);
    assert_int_equal(info_of(domid).max_vcpu_id, 0);
    assert_int_equal(domctl(XEN_DOMCTL_unpausedomain, domid, &op), 0);
    assert_false(info_of(domid).flags & XEN_DOMINF_paused);
    assert_int_equal(domctl(XEN_DOMCTL_unpausedomain, domid, &op), -EINVAL);
    assert_int_equal(domctl(XEN_DOMCTL_pausedomain, domid, &op), 0);
    assert_int_equal(info_of(domid).max_pages, 4096);
    assert_int_equal(destroy(domid), 0);
}

static void test_self(void **state UNUSED)
{
    domid_t self = caller->domain->domid;
    struct xen_domctl op = {0};

    assert_int_equal(destroy(self), -EINVAL);
    assert_int_equal(domctl(XEN_DOMCTL_pausedomain, self, &op), -EINVAL);
    assert_int_equal(domctl(XEN_DOMCTL_sethvmcontext, self, &op), -EINVAL);
    assert_int_equal(domctl(XEN_DOMCTL_gethvmcontext, self, &op), -EINVAL);
    assert_int_equal(domctl(XEN_DOMCTL_max_vcpus, self, &op), -EINVAL);
}

/* getdomaininfo looks upwards and says which one it found. */
static void test_getdomaininfo_next(void **state UNUSED)
{
    domid_t domid = new_domain();
    struct xen_domctl op = {0};

    assert_int_equal(domctl(XEN_DOMCTL_getdomaininfo, (domid_t)(caller->domain->domid + 1), &op), 0);
    assert_int_equal(op.domain, domid);
    assert_int_equal(op.u.getdomaininfo.domain, domid);
    assert_int_equal(domctl(XEN_DOMCTL_getdomaininfo, (domid_t)(domid + 1), &op), -ESRCH);
    assert_int_equal(destroy(domid), 0);
}

static void test_affinity(void **state UNUSED)
{
    domid_t domid = new_domain();
    uint8_t map[12];
    struct xen_domctl op = {.u.nodeaffinity.nodemap = {{map}, 2}};

    memset(map, 0xff, sizeof(map));
    map[0] = 2;
    assert_int_equal(domctl(XEN_DOMCTL_setnodeaffinity, domid, &op), 0);
    map[0] = 0xff;
    op.u.nodeaffinity.nodemap.nr_bits = 90;
    assert_int_equal(domctl(XEN_DOMCTL_getnodeaffinity, domid, &op), 0);
    assert_int_equal(map[0], 2);
    for (unsigned int i = 1; i < sizeof(map); i++)
        assert_int_equal(map[i], 0);
    map[0] = 4; /* a node that does not exist */
    assert_int_equal(domctl(XEN_DOMCTL_setnodeaffinity, domid, &op), -EINVAL);
    op.u.nodeaffinity.nodemap.nr_bits = 0;
    assert_int_equal(domctl(XEN_DOMCTL_setnodeaffinity, domid, &op), -EINVAL);
    op.u.nodeaffinity.nodemap = (struct xenctl_bitmap){{(uint8_t *)BAD_PTR}, 2};
    assert_int_equal(domctl(XEN_DOMCTL_setnodeaffinity, domid, &op), -EFAULT);
    assert_int_equal(domctl(XEN_DOMCTL_getnodeaffinity, domid, &op), -EFAULT);
    op.u.nodeaffinity.nodemap.nr_bits = ~0U;
    assert_int_equal(domctl(XEN_DOMCTL_getnodeaffinity, domid, &op), -EINVAL);
    assert_int_equal(destroy(domid), 0);
}

static void test_pool(void **state UNUSED)
{
    domid_t domid = new_domain();
    struct xen_domctl op = {0};

    assert_int_equal(domctl(XEN_DOMCTL_get_paging_mempool_size, domid, &op), 0);
    assert_int_equal(op.u.paging_mempool.size, POOL_BYTES);
    assert_int_equal(set_pool(domid, 4097), -EINVAL);
    assert_int_equal(set_pool(domid, 3 * NODE_PAGES * PAGE_SIZE), -ENOMEM);
    assert_int_equal(set_pool(domid, 0), 0);
    assert_int_equal(destroy(domid), 0);
}

static void test_claims(void **state UNUSED)
{
    domid_t domid = new_domain();
    memory_claim_t set[] = {{10, XEN_DOMCTL_CLAIM_MEMORY_HOST, 0}, {20, 0, 0}, {30, 1, 0}};
    memory_claim_t got[4];
    unsigned int nr = 0;

    assert_int_equal(set_claims(domid, 3, set), 0);
    assert_int_equal(info_of(domid).outstanding_pages, 60);
    assert_int_equal(get_claims(domid, &nr, NULL), -ERANGE);
    assert_int_equal(nr, 3);
    nr = 2;
    memset(got, 0x55, sizeof(got));
    assert_int_equal(get_claims(domid, &nr, got), -ERANGE);
    assert_int_equal(nr, 3);
    assert_int_equal(got[0].pages, 0x5555555555555555UL);
    nr = 1000000;
    assert_int_equal(get_claims(domid, &nr, got), 0);
    assert_int_equal(nr, 3);
    assert_memory_equal(got, set, sizeof(set));
    assert_int_equal(got[3].pages, 0x5555555555555555UL);
    nr = 3;
    assert_int_equal(get_claims(domid, &nr, NULL), -EFAULT);
    assert_int_equal(destroy(domid), 0);
}

static void test_claims_refused(void **state UNUSED)
{
    domid_t domid = new_domain();
    memory_claim_t set[] = {{1, 0, 0}, {1, 1, 7}};
    struct xen_domctl op = {0};

    assert_int_equal(set_claims(domid, 0, NULL), -EINVAL);
    assert_int_equal(set_claims(domid, 66, set), -E2BIG);
    assert_int_equal(set_claims(domid, 1, NULL), -EFAULT);
    assert_int_equal(set_claims(domid, 1, (memory_claim_t *)BAD_PTR), -EFAULT);
    assert_int_equal(set_claims(domid, 2, set), -EINVAL);
    assert_int_equal(claim_node(domid, 256, 1), -ENOENT);
    assert_int_equal(claim_node(domid, 0, NODE_PAGES + 1), -ENOMEM);
    assert_int_equal(claim_node(30009, 0, 1), -ESRCH);
    allod_claim_memory(&op)->mode = 2;
    assert_int_equal(domctl(XEN_DOMCTL_claim_memory, domid, &op), -EOPNOTSUPP);
    assert_int_equal(info_of(domid).outstanding_pages, 0);
    assert_int_equal(destroy(domid), 0);
}

/* A host whose memory is all claimed can still replace and read claims. */
static void test_claims_without_memory(void **state UNUSED)
{
    domid_t domid = new_domain();
    struct xen_sysctl phys = {0};
    struct xen_domctl op = create_args();
    memory_claim_t got[1];
    unsigned int nr = 1;

    assert_int_equal(sysctl(XEN_SYSCTL_physinfo, &phys), 0);
    assert_int_equal(set_max(domid, 1UL << 20), 0);
    assert_int_equal(claim_node(domid, XEN_DOMCTL_CLAIM_MEMORY_HOST, phys.u.physinfo.free_pages), 0);
    assert_int_equal(domctl(XEN_DOMCTL_createdomain, 0, &op), -ENOMEM);
    assert_int_equal(claim_node(domid, XEN_DOMCTL_CLAIM_MEMORY_HOST, phys.u.physinfo.free_pages - 5), 0);
    assert_int_equal(get_claims(domid, &nr, got), 0);
    assert_int_equal(got[0].pages, phys.u.physinfo.free_pages - 5);
    assert_int_equal(destroy(domid), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_order_of_checks),
        TEST_U(test_unprivileged),
        TEST(test_create),
        TEST(test_create_read_only),
        TEST(test_life),
        TEST(test_self),
        TEST(test_getdomaininfo_next),
        TEST(test_affinity),
        TEST(test_pool),
        TEST(test_claims),
        TEST(test_claims_refused),
        TEST(test_claims_without_memory),
    };

    hypercall_checks = true;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
