/* SPDX-License-Identifier: MIT */
/* The ring of last messages, and the sysctls about it, idle times and free memory. */
#include "caller.h"
#include "host_info.h"
#include "message_ring.h"

static void empty_ring(void)
{
    uint32_t index = message_ring_start();
    char c;

    while (message_ring_get(&index, &c, 1))
        ;
    message_ring_drop(index);
}

static struct xen_sysctl read_console(char *buf, uint32_t size, bool clear, bool incremental, uint32_t index)
{
    struct xen_sysctl op = {.u.readconsole = {clear, incremental, 0, 0, index, {buf}, size}};

    assert_int_equal(sysctl(XEN_SYSCTL_readconsole, &op), 0);
    return op;
}

static void test_read(void **state UNUSED)
{
    char buf[32] = {0};
    struct xen_sysctl op;

    empty_ring();
    message_ring_put("one two three", 13);
    op = read_console(buf, 7, false, false, 0);
    assert_int_equal(op.u.readconsole.count, 7);
    assert_memory_equal(buf, "one two", 7);
    op = read_console(buf, sizeof(buf), false, true, op.u.readconsole.index); /* from there on */
    assert_int_equal(op.u.readconsole.count, 6);
    assert_memory_equal(buf, " three", 6);
    op = read_console(buf, sizeof(buf), true, false, 0); /* from the start, and forget it */
    assert_int_equal(op.u.readconsole.count, 13);
    op = read_console(buf, sizeof(buf), false, false, 0);
    assert_int_equal(op.u.readconsole.count, 0);
    op = (struct xen_sysctl){.u.readconsole = {.buffer = {(char *)BAD_PTR}, .count = 4}};
    message_ring_put("x", 1);
    assert_int_equal(sysctl(XEN_SYSCTL_readconsole, &op), -EFAULT);
}

/* The newest bytes are kept; an index from before them means the oldest that is left. */
static void test_overflow(void **state UNUSED)
{
    static char buf[2 * MESSAGE_RING_SIZE];
    struct xen_sysctl op;
    uint32_t before;

    empty_ring();
    before = message_ring_start();
    for (unsigned int i = 0; i < MESSAGE_RING_SIZE + 5; i++)
        message_ring_put(i % 10 ? "." : "X", 1);
    op = read_console(buf, sizeof(buf), false, true, before);
    assert_int_equal(op.u.readconsole.count, MESSAGE_RING_SIZE);
    assert_memory_equal(buf, ".....X....", 10);
    assert_int_equal(op.u.readconsole.index, before + MESSAGE_RING_SIZE + 5);
    op = read_console(buf, sizeof(buf), false, true, op.u.readconsole.index);
    assert_int_equal(op.u.readconsole.count, 0);
    op = read_console(buf, sizeof(buf), false, true, op.u.readconsole.index + 99); /* never was */
    assert_int_equal(op.u.readconsole.count, MESSAGE_RING_SIZE);
}

static void test_debug_keys(void **state UNUSED)
{
    char keys[] = "hmq?";
    struct xen_sysctl op = {.u.debug_keys = {{keys}, 4}};

    assert_int_equal(sysctl(XEN_SYSCTL_debug_keys, &op), 0);
    op.u.debug_keys.keys.p = (char *)BAD_PTR;
    assert_int_equal(sysctl(XEN_SYSCTL_debug_keys, &op), -EFAULT);
    op.u.debug_keys.nr_keys = UINT32_MAX;
    assert_int_equal(sysctl(XEN_SYSCTL_debug_keys, &op), -EINVAL);
}

static void test_cpuinfo(void **state UNUSED)
{
    xen_sysctl_cpuinfo_t cpus[2] = {{77}, {77}};
    struct xen_sysctl op = {.u.getcpuinfo = {1, {cpus}, 0}};

    host_info.nr_cpus = 2;
    assert_int_equal(sysctl(XEN_SYSCTL_getcpuinfo, &op), 0);
    assert_int_equal(op.u.getcpuinfo.nr_cpus, 1);
    assert_int_equal(cpus[0].idletime, 0);  /* it never waited */
    assert_int_equal(cpus[1].idletime, 77); /* not asked for */
    op.u.getcpuinfo.max_cpus = 9;
    assert_int_equal(sysctl(XEN_SYSCTL_getcpuinfo, &op), 0);
    assert_int_equal(op.u.getcpuinfo.nr_cpus, 2);
    assert_true(cpus[1].idletime > 77); /* it takes no vCPUs: always */
    op.u.getcpuinfo.info.p = (void *)BAD_PTR;
    assert_int_equal(sysctl(XEN_SYSCTL_getcpuinfo, &op), -EFAULT);
    host_info.nr_cpus = 1;
}

static uint64_t avail(uint32_t min, uint32_t max, int32_t node)
{
    struct xen_sysctl op = {.u.availheap = {min, max, node, 0}};

    assert_int_equal(sysctl(XEN_SYSCTL_availheap, &op), 0);
    return op.u.availheap.avail_bytes;
}

static void test_availheap(void **state UNUSED)
{
    struct xen_sysctl phys = {0};
    uint64_t free;

    host_info.max_mfn = mfn(machine_node_range(1).end.v - 1);
    assert_int_equal(sysctl(XEN_SYSCTL_physinfo, &phys), 0);
    free = phys.u.physinfo.free_pages << PAGE_SHIFT;
    assert_int_equal(avail(0, 0, -1), free);
    assert_int_equal(avail(0, 0, 0) + avail(0, 0, 1), free);
    assert_int_equal(avail(0, 0, 7), 0);      /* no such node */
    assert_int_equal(avail(0, 32, -1), free); /* all RAM of this machine is below 4 GiB */
    assert_int_equal(avail(33, 0, -1), 0);
    assert_int_equal(avail(0, 12, -1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_read), TEST(test_overflow), TEST(test_debug_keys), TEST(test_cpuinfo), TEST(test_availheap),
    };

    hypercall_checks = true;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
