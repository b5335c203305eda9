/* SPDX-License-Identifier: MIT */
/* Dispatch, xen_version, console_io and sched_op. */
#include "caller.h"
#include "host_log.h"
#include "observe.h"
#include "schedule.h"
#include "version.h"
#include <stdio.h>
#include <xen/sched.h>
#include <xen/version.h>

static void test_unknown_calls(void **state UNUSED)
{
    assert_int_equal(hcall(0, 0, 0, 0), -ENOSYS);
    assert_int_equal(hcall(63, 0, 0, 0), -ENOSYS);
    assert_int_equal(hcall(UINT64_MAX, 0, 0, 0), -ENOSYS);
    assert_int_equal(hcall(__HYPERVISOR_memory_op, 63, 0, 0), -ENOSYS);
    assert_int_equal(hcall(__HYPERVISOR_xen_version, 1000, 0, 0), -ENOSYS);
    assert_int_equal(hcall(__HYPERVISOR_sched_op, 77, 0, 0), -ENOSYS);
    assert_int_equal(hcall(__HYPERVISOR_console_io, 77, 0, 0), -ENOSYS);
}

static void test_version(void **state UNUSED)
{
    struct {
        xen_compile_info_t info;
        char guard;
    } c = {.guard = 'x'};
    xen_capabilities_info_t caps;
    xen_changeset_info_t build;

    assert_int_equal(hcall(__HYPERVISOR_xen_version, XENVER_version, 0, 0), 4 << 16 | 17);
    assert_int_equal(hcall(__HYPERVISOR_xen_version, XENVER_pagesize, 0, 0), 4096);
    assert_int_equal(hcall(__HYPERVISOR_xen_version, XENVER_compile_info, ptr(&c), 0), 0);
    assert_int_equal(c.guard, 'x');
    assert_memory_equal(c.info.compiler, "gcc", 3);
    assert_int_equal(hcall(__HYPERVISOR_xen_version, XENVER_capabilities, ptr(caps), 0), 0);
    assert_non_null(strstr(caps, "hvm-3.0-x86_64"));
    assert_int_equal(hcall(__HYPERVISOR_xen_version, XENVER_changeset, ptr(build), 0), 0);
    assert_string_equal(build, allod_version);
    assert_int_equal(hcall(__HYPERVISOR_xen_version, XENVER_extraversion, BAD_PTR, 0), -EFAULT);
}

static void test_guest_handle(void **state UNUSED)
{
    xen_domain_handle_t handle = {0};

    memcpy(caller->domain->handle, "0123456789abcdef", sizeof(handle));
    assert_int_equal(hcall(__HYPERVISOR_xen_version, XENVER_guest_handle, ptr(handle), 0), 0);
    assert_memory_equal(handle, "0123456789abcdef", sizeof(handle));
}

static char traced[400];

static void keep_trace(const char *s, size_t n)
{
    snprintf(traced, sizeof(traced), "%.*s", (int)n, s);
}

/* Who called, what (if there is such a call), its number and operation, the result. */
static void test_trace(void **state UNUSED)
{
    char expected[100];

    host_log_sink = keep_trace;
    trace_topics = TRACE_CALL;
    hcall(__HYPERVISOR_xen_version, XENVER_pagesize, 0, 0);
    snprintf(expected, sizeof(expected), "d%u xen_version", caller->domain->domid);
    assert_non_null(strstr(traced, expected));
    assert_non_null(strstr(traced, "(17, 7): 4096"));
    hcall(63, 5, 0, 0);
    assert_non_null(strstr(traced, "call (63, 5): -38"));
    trace_topics = 0;
    traced[0] = 0;
    hcall(__HYPERVISOR_xen_version, XENVER_pagesize, 0, 0);
    host_log_sink = NULL;
    assert_string_equal(traced, "");
}

static void test_features(void **state UNUSED)
{
    xen_feature_info_t f = {0, 0};

    assert_int_equal(hcall(__HYPERVISOR_xen_version, XENVER_get_features, ptr(&f), 0), 0);
    assert_true(f.submap & 1U << XENFEAT_auto_translated_physmap);
    assert_true(f.submap & 1U << XENFEAT_dom0);
    assert_true(f.submap & 1U << XENFEAT_hvm_callback_vector);
    assert_true(f.submap & 1U << XENFEAT_hvm_safe_pvclock);
    f.submap_idx = 1;
    assert_int_equal(hcall(__HYPERVISOR_xen_version, XENVER_get_features, ptr(&f), 0), -EINVAL);
    assert_int_equal(hcall(__HYPERVISOR_xen_version, XENVER_get_features, BAD_PTR, 0), -EFAULT);
}

static void test_console(void **state UNUSED)
{
    char buf[8] = {0}, text[5000];

    host_console_quiet(true);
    memset(text, 'a', sizeof(text));
    assert_int_equal(hcall(__HYPERVISOR_console_io, CONSOLEIO_write, sizeof(text), ptr(text)), 0);
    assert_int_equal(hcall(__HYPERVISOR_console_io, CONSOLEIO_write, 1, BAD_PTR), -EFAULT);
    assert_int_equal(hcall(__HYPERVISOR_console_io, CONSOLEIO_read, sizeof(buf), ptr(buf)), 0);
    host_console_input("abc");
    assert_int_equal(hcall(__HYPERVISOR_console_io, CONSOLEIO_read, 2, ptr(buf)), 2);
    assert_string_equal(buf, "ab");
    assert_int_equal(hcall(__HYPERVISOR_console_io, CONSOLEIO_read, 2, ptr(buf)), 1);
    host_console_quiet(false);
}

static void test_console_unprivileged(void **state UNUSED)
{
    char buf[8];

    assert_int_equal(hcall(__HYPERVISOR_console_io, CONSOLEIO_read, sizeof(buf), ptr(buf)), -EPERM);
    assert_int_equal(hcall(__HYPERVISOR_console_io, CONSOLEIO_write, 0, 0), 0);
}

/* No time limit: it waits. */
static void test_poll_without_limit(void **state UNUSED)
{
    struct sched_poll poll = {0};

    assert_int_equal(hcall(__HYPERVISOR_sched_op, SCHEDOP_poll, ptr(&poll), 0), 0);
    assert_int_equal(caller->state, VCPU_BLOCKED);
}

static void test_sched(void **state UNUSED)
{
    struct sched_poll poll = {.nr_ports = 129};
    struct sched_shutdown shutdown = {SHUTDOWN_poweroff};

    assert_int_equal(hcall(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0), 0);
    assert_int_equal(hcall(__HYPERVISOR_sched_op, SCHEDOP_poll, ptr(&poll), 0), -EINVAL);
    assert_int_equal(hcall(__HYPERVISOR_sched_op, SCHEDOP_poll, BAD_PTR, 0), -EFAULT);
    poll = (struct sched_poll){.timeout = 1};
    assert_int_equal(hcall(__HYPERVISOR_sched_op, SCHEDOP_poll, ptr(&poll), 0), 0);
    assert_int_equal(caller->state, VCPU_RUNNABLE); /* the time is past */
    assert_int_equal(hcall(__HYPERVISOR_sched_op, SCHEDOP_block, 0, 0), 0);
    assert_int_equal(caller->state, VCPU_BLOCKED);
    assert_int_equal(hcall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, BAD_PTR, 0), -EFAULT);
    assert_false(caller->domain->shut_down);
    assert_int_equal(hcall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, ptr(&shutdown), 0), 0);
    assert_true(caller->domain->shut_down);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_unknown_calls), TEST(test_version), TEST(test_features),
        TEST(test_console),       TEST(test_sched),   TEST_U(test_console_unprivileged),
        TEST(test_guest_handle),  TEST(test_trace),   TEST(test_poll_without_limit),
    };

    hypercall_checks = true;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
