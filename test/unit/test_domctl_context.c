/* SPDX-License-Identifier: MIT */
/* The context of vCPUs, saved and loaded: streams, what is refused, and which domains have one. */
#include "caller.h"
#include <xen/hvm/save.h>

struct stream {
    struct hvm_save_descriptor header;
    struct hvm_save_header header_body;
    struct hvm_save_descriptor cpu;
    uint8_t cpu_body[64];
    struct hvm_save_descriptor end;
} PACKED;

static struct stream make_stream(uint16_t instance)
{
    struct stream s = {0};

    s.header = (struct hvm_save_descriptor){HVM_SAVE_CODE(HEADER), 0, sizeof(s.header_body)};
    s.cpu = (struct hvm_save_descriptor){HVM_SAVE_CODE(CPU), instance, sizeof(s.cpu_body)};
    s.end = (struct hvm_save_descriptor){HVM_SAVE_CODE(END), 0, 0};
    return s;
}

static int64_t context(uint32_t cmd, domid_t domid, void *buffer, uint32_t *size)
{
    struct xen_domctl op = {.u.hvmcontext = {*size, {buffer}}};
    int64_t rc = domctl(cmd, domid, &op);

    *size = op.u.hvmcontext.size;
    return rc;
}

static void test_context(void **state UNUSED)
{
    domid_t domid = new_domain();
    struct xen_domctl op = {.u.max_vcpus.max = 1};
    struct stream in = make_stream(0), out;
    uint32_t size = sizeof(in), shorter = sizeof(in) - 1, too_big = 1U << 30;

    assert_int_equal(context(XEN_DOMCTL_sethvmcontext, domid, &in, &size), -EINVAL); /* no vCPU yet */
    assert_int_equal(domctl(XEN_DOMCTL_max_vcpus, domid, &op), 0);
    assert_int_equal(context(XEN_DOMCTL_sethvmcontext, domid, &in, &too_big), -EINVAL);
    assert_int_equal(context(XEN_DOMCTL_sethvmcontext, domid, NULL, &size), -EFAULT);
    assert_int_equal(info_of(domid).nr_online_vcpus, 0);
    assert_int_equal(context(XEN_DOMCTL_sethvmcontext, domid, &in, &size), 0);
    assert_int_equal(info_of(domid).nr_online_vcpus, 1);
    size = 0;
    assert_int_equal(context(XEN_DOMCTL_gethvmcontext, domid, NULL, &size), 0);
    assert_int_equal(size, sizeof(in));
    assert_int_equal(context(XEN_DOMCTL_gethvmcontext, domid, &out, &shorter), -ENOSPC);
    assert_int_equal(context(XEN_DOMCTL_gethvmcontext, domid, &out, &size), 0);
    assert_memory_equal(&in, &out, sizeof(in));
    assert_int_equal(destroy(domid), 0);
}

/* While pages of it are mapped elsewhere it is still found. */
static void test_context_of_a_dying_domain(void **state UNUSED)
{
    domid_t domid = new_domain();
    struct xen_domctl op = {.u.max_vcpus.max = 1};
    struct stream in = make_stream(0);
    struct domain *held = domain_get(domid);
    uint32_t size = sizeof(in);

    assert_int_equal(domctl(XEN_DOMCTL_max_vcpus, domid, &op), 0);
    assert_int_equal(destroy(domid), 0);
    assert_int_equal(context(XEN_DOMCTL_sethvmcontext, domid, &in, &size), -ESRCH);
    assert_int_equal(info_of(domid).nr_online_vcpus, 0);
    domain_put(held);
}

static void test_context_bad_streams(void **state UNUSED)
{
    domid_t domid = new_domain();
    struct xen_domctl op = {.u.max_vcpus.max = 1};
    struct stream s = make_stream(1);
    uint32_t size = sizeof(s), cut = sizeof(s) - sizeof(s.end);

    assert_int_equal(domctl(XEN_DOMCTL_max_vcpus, domid, &op), 0);
    assert_int_equal(context(XEN_DOMCTL_sethvmcontext, domid, &s, &size), -EINVAL);
    s = make_stream(0);
    s.cpu.length = ~0U;
    assert_int_equal(context(XEN_DOMCTL_sethvmcontext, domid, &s, &size), -EINVAL);
    s = make_stream(0);
    assert_int_equal(context(XEN_DOMCTL_sethvmcontext, domid, &s, &cut), -EINVAL);
    assert_int_equal(info_of(domid).nr_online_vcpus, 0);
    assert_int_equal(destroy(domid), 0);
}

/* A state that a CPU cannot be in: here, one that is too long for the machine. */
static void test_context_refused(void **state UNUSED)
{
    static struct {
        struct hvm_save_descriptor cpu;
        uint8_t body[PAGE_SIZE];
        struct hvm_save_descriptor end;
    } PACKED s = {.cpu = {HVM_SAVE_CODE(CPU), 0, PAGE_SIZE}, .end = {HVM_SAVE_CODE(END), 0, 0}};
    domid_t domid = new_domain();
    struct xen_domctl op = {.u.max_vcpus.max = 1};
    uint32_t size = sizeof(s);

    assert_int_equal(domctl(XEN_DOMCTL_max_vcpus, domid, &op), 0);
    assert_int_equal(context(XEN_DOMCTL_sethvmcontext, domid, &s, &size), -EINVAL);
    assert_int_equal(info_of(domid).nr_online_vcpus, 0);
    assert_int_equal(destroy(domid), 0);
}

/* One stream for all vCPUs: one header, the CPUs in their order, one end. */
static void test_context_of_two_vcpus(void **state UNUSED)
{
    struct xen_domctl op = create_args();
    struct stream in[2] = {make_stream(0), make_stream(1)};
    const uint32_t head = offsetof(struct stream, end), tail = sizeof(in[0]) - offsetof(struct stream, cpu);
    uint8_t out[sizeof(in)];
    uint32_t size = sizeof(in[0]);
    domid_t domid;

    op.u.createdomain.max_vcpus = 2;
    assert_int_equal(domctl(XEN_DOMCTL_createdomain, 0, &op), 0);
    domid = op.domain;
    assert_int_equal(context(XEN_DOMCTL_gethvmcontext, domid, NULL, &size), -EINVAL); /* no vCPU yet */
    assert_int_equal(set_pool(domid, POOL_BYTES), 0);
    op = (struct xen_domctl){.u.max_vcpus.max = 2};
    assert_int_equal(domctl(XEN_DOMCTL_max_vcpus, domid, &op), 0);
    size = sizeof(in[0]);
    assert_int_equal(context(XEN_DOMCTL_sethvmcontext, domid, &in[0], &size), 0);
    size = sizeof(out);
    assert_int_equal(context(XEN_DOMCTL_gethvmcontext, domid, out, &size), 0); /* the last one is down */
    assert_int_equal(size, sizeof(in[0]));
    assert_memory_equal(out, &in[0], sizeof(in[0]));
    for (unsigned int i = 0; i < 2; i++) {
        size = sizeof(in[i]);
        memset(in[i].cpu_body, (int)i + 1, sizeof(in[i].cpu_body));
        assert_int_equal(context(XEN_DOMCTL_sethvmcontext, domid, &in[i], &size), 0);
    }
    size = sizeof(out);
    assert_int_equal(context(XEN_DOMCTL_gethvmcontext, domid, (void *)BAD_PTR, &size), -EFAULT);
    assert_int_equal(context(XEN_DOMCTL_gethvmcontext, domid, out, &size), 0);
    assert_int_equal(size, head + tail);
    assert_memory_equal(out, &in[0], head);
    assert_memory_equal(out + head, &in[1].cpu, tail);
    assert_int_equal(destroy(domid), 0);
}

/* More than the hypervisor has room for: 100 vCPUs with 3 KiB each. */
static void test_contexts_too_long(void **state UNUSED)
{
    static struct {
        struct hvm_save_descriptor cpu;
        uint8_t body[3072];
        struct hvm_save_descriptor end;
    } PACKED s = {.end = {HVM_SAVE_CODE(END), 0, 0}};
    struct xen_domctl op = create_args();
    uint32_t size = sizeof(s);
    domid_t domid;

    op.u.createdomain.max_vcpus = 100;
    assert_int_equal(domctl(XEN_DOMCTL_createdomain, 0, &op), 0);
    domid = op.domain;
    op = (struct xen_domctl){.u.max_vcpus.max = 100};
    assert_int_equal(domctl(XEN_DOMCTL_max_vcpus, domid, &op), 0);
    for (uint16_t i = 0; i < 100; i++) {
        s.cpu = (struct hvm_save_descriptor){HVM_SAVE_CODE(CPU), i, sizeof(s.body)};
        assert_int_equal(context(XEN_DOMCTL_sethvmcontext, domid, &s, &size), 0);
    }
    assert_int_equal(context(XEN_DOMCTL_gethvmcontext, domid, NULL, &size), -EINVAL);
    assert_int_equal(destroy(domid), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_context),         TEST(test_context_of_a_dying_domain), TEST(test_context_bad_streams),
        TEST(test_context_refused), TEST(test_context_of_two_vcpus),      TEST(test_contexts_too_long),
    };

    hypercall_checks = true;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
