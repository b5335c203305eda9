/* SPDX-License-Identifier: MIT */
/* Calls of 32-bit code: structures in its layout, lists of 32-bit words, and the same results as 64-bit code.
 */
#include "caller.h"
#include "compat.h"
#include "offline.h"
#include "schedule.h"
#include <sys/mman.h>
#include <xen/hvm/hvm_op.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>

/* Memory that 32-bit addresses reach, and a page behind it that is not there. */
static uint32_t *low;
#define LOW_WORDS (PAGE_SIZE / sizeof(uint32_t))

static int setup_low(void **state)
{
    low = mmap(NULL, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    mprotect((char *)low + PAGE_SIZE, PAGE_SIZE, PROT_NONE);
    return setup(state);
}

static int teardown_low(void **state)
{
    munmap(low, 2 * PAGE_SIZE);
    return teardown(state);
}

static uint32_t low_ptr(const void *p)
{
    return (uint32_t)ptr(p);
}

static int32_t call32(uint32_t nr, uint32_t a0, uint32_t a1, uint32_t a2)
{
    struct hypercall call = {nr, {a0, a1, a2}, true};
    int64_t rc;

    hcall(__HYPERVISOR_xen_version, XENVER_version, 0, 0); /* it is this vCPU that calls */
    do
        rc = upcall_hypercall(caller, &call);
    while (rc == -ERESTART && call_fits_compat(&call));
    return rc == -ERESTART ? -EFAULT : (int32_t)rc;
}

static void test_fields_are_widened_and_cut(void **state UNUSED)
{
    struct xen_memory_reservation r;

    memset(low, 0xff, PAGE_SIZE);
    assert_int_equal(guest_struct_read(true, &guest_xen_memory_reservation, &r, guest_ptr(ptr(low))), 0);
    assert_int_equal(ptr(r.extent_start.p), 0xffffffff);
    assert_int_equal(r.nr_extents, 0xffffffff);
    assert_int_equal(r.domid, 0xffff);
    r = (struct xen_memory_reservation){{(void *)0x1122334455667788}, 0x99aabbccddeeff00, 3, 4, 5};
    assert_int_equal(guest_struct_write(true, &guest_xen_memory_reservation, guest_ptr(ptr(low)), &r), 0);
    assert_int_equal(low[0], 0x55667788);
    assert_int_equal(low[1], 0xddeeff00);
    assert_int_equal(low[2], 3);
    assert_int_equal(low[3], 4);
    assert_int_equal(low[4], 5);
    assert_int_equal(low[5], 0xffffffff); /* 20 bytes and not one more */
}

/* Every field of every structure arrives and returns: only padding, all of it 0, is not in the lists. */
static void check_round_trip(const struct guest_struct *s)
{
    uint8_t *p = (uint8_t *)low, own[128] = {0}, before[64];
    unsigned int covered = 0;

    assert_in_range(s->size, 1, sizeof(own));
    for (unsigned int i = 0; i < s->size32; i++)
        p[i] = (uint8_t)(i + 1);
    memcpy(before, p, s->size32);
    assert_int_equal(guest_struct_read(true, s, own, guest_ptr(ptr(low))), 0);
    memset(p, 0, s->size32);
    assert_int_equal(guest_struct_write(true, s, guest_ptr(ptr(low)), own), 0);
    for (unsigned int i = 0; i < s->size32; i++) {
        covered += p[i] != 0;
        assert_true(p[i] == before[i] || p[i] == 0);
    }
    for (unsigned int i = 0; i < s->nr_fields; i++)
        covered -= s->fields[i].size32;
    assert_int_equal(covered, 0);
}

static void test_all_structures(void **state UNUSED)
{
#define END(name, size32) check_round_trip(&guest_##name);
#include "compat_structs.h"
}

static void test_descriptions_by_type(void **state UNUSED)
{
    assert_ptr_equal(GUEST_STRUCT(struct sched_poll), &guest_sched_poll);
    assert_ptr_equal(GUEST_STRUCT(xen_memory_reservation_t), &guest_xen_memory_reservation);
    assert_int_equal(GUEST_STRUCT(struct sched_shutdown)->nr_fields, 0);
    assert_int_equal(GUEST_STRUCT(struct sched_shutdown)->size, 4);
}

static void test_version(void **state UNUSED)
{
    low[0] = low[1] = 0xffffffff;
    assert_int_equal(call32(__HYPERVISOR_xen_version, XENVER_version, 0, 0), 4 << 16 | 17);
    assert_int_equal(call32(__HYPERVISOR_xen_version, XENVER_platform_parameters, low_ptr(low), 0), 0);
    assert_int_equal(low[0], 0);
    assert_int_equal(low[1], 0xffffffff);
    assert_int_equal(call32(__HYPERVISOR_xen_version, XENVER_compile_info, low_ptr(low + LOW_WORDS - 36), 0),
                     0);
    assert_int_equal(call32(__HYPERVISOR_xen_version, XENVER_compile_info, low_ptr(low + LOW_WORDS - 35), 0),
                     -EFAULT);
    assert_int_equal(call32(63, 0, 0, 0), -ENOSYS);
}

static void test_poll(void **state UNUSED)
{
    memcpy(low, (uint32_t[]){0, 129, 1, 0}, 16);
    assert_int_equal(call32(__HYPERVISOR_sched_op, SCHEDOP_poll, low_ptr(low), 0), -EINVAL);
    low[1] = 0;
    assert_int_equal(call32(__HYPERVISOR_sched_op, SCHEDOP_poll, low_ptr(low), 0), 0);
    assert_int_equal(caller->state, VCPU_RUNNABLE); /* 1 ns is past: both halves were read */
    low[3] = 1;
    assert_int_equal(call32(__HYPERVISOR_sched_op, SCHEDOP_poll, low_ptr(low), 0), 0);
    assert_int_equal(caller->state, VCPU_BLOCKED);
}

/* A reservation at low[0], its list at LIST. */
static int32_t reservation32(uint32_t cmd, domid_t domid, uint32_t nr, const uint32_t *list)
{
    memcpy(low, (uint32_t[]){low_ptr(list), nr, 0, 0, domid}, 20);
    return call32(__HYPERVISOR_memory_op, cmd, low_ptr(low), 0);
}

/* The lists end in the middle: what can be read is exchanged, and nr_exchanged, one word, says how much. */
static void test_exchange(void **state UNUSED)
{
    domid_t domid = new_domain();
    uint32_t *list = low + LOW_WORDS - 3;

    assert_int_equal(populate(domid, 100, 5, 0, 0), 5);
    for (unsigned int i = 0; i < 3; i++)
        list[i] = 100 + i;
    memcpy(low, (uint32_t[]){low_ptr(list), 5, 0, 0, domid, low_ptr(list), 5, 0, 0, domid, 0, ~0U}, 48);
    assert_int_equal(call32(__HYPERVISOR_memory_op, XENMEM_exchange, low_ptr(low), 0), -EFAULT);
    assert_int_equal(low[10], 3);
    assert_int_equal(low[11], ~0U);
    low[1] = low[6] = 3;
    assert_int_equal(call32(__HYPERVISOR_memory_op, XENMEM_exchange, low_ptr(low), 0), 0);
    assert_int_equal(info_of(domid).tot_pages, 5);
    assert_int_equal(destroy(domid), 0);
}

static void test_memory(void **state UNUSED)
{
    domid_t domid = new_domain();
    uint32_t *list = low + LOW_WORDS - 3; /* three entries, then nothing */

    for (unsigned int i = 0; i < 3; i++)
        list[i] = 100 + i;
    assert_int_equal(reservation32(XENMEM_populate_physmap, domid, 2, list), 2);
    assert_int_equal(reservation32(XENMEM_populate_physmap | 2 << 6, domid, 5, list), 3);
    assert_int_equal(info_of(domid).tot_pages, 3);
    assert_int_equal(reservation32(XENMEM_decrease_reservation, domid, 5, list), 3);
    assert_int_equal(info_of(domid).tot_pages, 0);
    /* The command says in 26 bits how many are done. */
    assert_int_equal(reservation32(XENMEM_populate_physmap, domid, 1U << 26, list), 0);
    assert_int_equal(info_of(domid).tot_pages, 0);
    assert_int_equal(reservation32(XENMEM_claim_pages, domid, 7, NULL), 0);
    assert_int_equal(info_of(domid).outstanding_pages, 7);
    assert_int_equal(destroy(domid), 0);
}

/* What one domain sees of another: list of sources, list of places, list of results. */
static void test_physmap(void **state UNUSED)
{
    domid_t domid = new_domain();
    uint32_t *at = low + 64;

    assert_int_equal(paging_set_allocation(&caller->domain->mem, 16), 0);
    assert_int_equal(populate(domid, 10, 2, 0, 0), 2);
    memcpy(at, (uint32_t[]){10, 11, 12, /* to */ 5000, 5001, 5002, /* results */ 9, 9, 9}, 36);
    memcpy(low,
           (uint32_t[]){DOMID_SELF | XENMAPSPACE_gmfn_foreign << 16, 3U | (uint32_t)domid << 16, low_ptr(at),
                        low_ptr(at + 3), low_ptr(at + 6)},
           20);
    assert_int_equal(call32(__HYPERVISOR_memory_op, XENMEM_add_to_physmap_batch, low_ptr(low), 0), 0);
    assert_int_equal((int)at[6], 0);
    assert_int_equal((int)at[7], 0);
    assert_int_equal((int)at[8], -EINVAL);
    for (uint32_t g = 5000; g < 5002; g++) {
        memcpy(low, (uint32_t[]){DOMID_SELF, g}, 8);
        assert_int_equal(call32(__HYPERVISOR_memory_op, XENMEM_remove_from_physmap, low_ptr(low), 0), 0);
    }
    assert_int_equal(destroy(domid), 0);
}

static void test_multicall(void **state UNUSED)
{
    static const uint32_t calls[3][8] = {{__HYPERVISOR_xen_version, 0, XENVER_version},
                                         {63, 0},
                                         {__HYPERVISOR_xen_version, 0, XENVER_pagesize}};
    uint32_t *list = low + LOW_WORDS - 24; /* three entries, then nothing */

    memcpy(list, calls, sizeof(calls));
    assert_int_equal(call32(__HYPERVISOR_multicall, low_ptr(list), 3, 0), 0);
    assert_int_equal(list[1], 4 << 16 | 17);
    assert_int_equal((int32_t)list[9], -ENOSYS);
    assert_int_equal(list[17], 4096);
    assert_int_equal(list[2], XENVER_version);
    list[17] = 0;
    assert_int_equal(call32(__HYPERVISOR_multicall, low_ptr(list), 4, 0), -EFAULT);
    assert_int_equal(list[17], 4096); /* done before the fault */
}

/* More entries than are done in one go. */
static void test_multicall_restarts(void **state UNUSED)
{
    uint32_t(*list)[8] = (void *)low;

    for (unsigned int i = 0; i < LOW_WORDS / 8; i++)
        memcpy(list[i], (uint32_t[]){__HYPERVISOR_xen_version, 0, XENVER_pagesize}, 12);
    assert_int_equal(call32(__HYPERVISOR_multicall, low_ptr(low), LOW_WORDS / 8, 0), 0);
    for (unsigned int i = 0; i < LOW_WORDS / 8; i++)
        assert_int_equal(list[i][1], 4096);
}

/* 32-bit code has evtchn_pending_sel, a word of 32 bits, elsewhere. */
static void test_vcpu_info(void **state UNUSED)
{
    const uint32_t *info;

    assert_int_equal(set_pool(caller->domain->domid, POOL_BYTES), 0);
    assert_int_equal(populate(DOMID_SELF, 5, 1, 0, 0), 1);
    memset(low, 0, sizeof(struct xen_hvm_param)); /* CALLBACK_IRQ, by which the layout is chosen */
    ((struct xen_hvm_param *)low)->domid = DOMID_SELF;
    assert_int_equal(call32(__HYPERVISOR_hvm_op, HVMOP_set_param, low_ptr(low), 0), 0);
    memcpy(low, (uint32_t[]){5, 0, 128, 0}, 16);
    assert_int_equal(call32(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 0, low_ptr(low)), 0);
    info = (uint32_t *)host_gfn_ptr(caller->domain, gfn(5)) + 32;
    assert_int_equal(info[0], 1); /* evtchn_upcall_pending */
    assert_int_equal(info[1], ~0U);
    assert_int_equal(info[2], 0);
}

/* Handles of 32-bit code are not 8-aligned: this one follows `end` at once. */
static void test_page_offline(void **state UNUSED)
{
    uint32_t first = (uint32_t)machine_node_range(0).start.v + 4, *status = low + 512;
    struct xen_sysctl *op = (void *)low;
    uint32_t *args = (uint32_t *)&op->u;

    assert_int_equal(heap_offline_page(mfn(first + 1), false).outcome, OFFLINE_DONE);
    op->cmd = XEN_SYSCTL_page_offline_op;
    op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    memcpy(args, (uint32_t[]){sysctl_query_page_offline, first, first + 2, low_ptr(status), ~0U}, 20);
    memset(status, 0xff, 16);
    assert_int_equal(call32(__HYPERVISOR_sysctl, low_ptr(op), 0, 0), 0);
    assert_int_equal(status[0], 0);
    assert_int_equal(status[1], PG_OFFLINE_STATUS_OFFLINED);
    assert_int_equal(status[2], 0);
    assert_int_equal(status[3], ~0U);
    assert_int_equal(args[4], ~0U);
    assert_int_equal(heap_online_page(mfn(first + 1)).outcome, ONLINE_DONE);
}

/* The tools' interface is the same for all code. */
static void test_domctl_is_the_same(void **state UNUSED)
{
    struct xen_domctl *op = (void *)low;

    *op = (struct xen_domctl){.cmd = XEN_DOMCTL_getdomaininfo,
                              .interface_version = XEN_DOMCTL_INTERFACE_VERSION,
                              .domain = caller->domain->domid};
    assert_int_equal(call32(__HYPERVISOR_domctl, low_ptr(op), 0, 0), 0);
    assert_int_equal(op->u.getdomaininfo.domain, caller->domain->domid);
    assert_int_equal(op->u.getdomaininfo.max_vcpu_id, 0);
}

#define TEST_LOW(f) cmocka_unit_test_setup_teardown(f, setup_low, teardown_low)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_LOW(test_fields_are_widened_and_cut),
        TEST_LOW(test_all_structures),
        TEST_LOW(test_descriptions_by_type),
        TEST_LOW(test_version),
        TEST_LOW(test_poll),
        TEST_LOW(test_exchange),
        TEST_LOW(test_memory),
        TEST_LOW(test_physmap),
        TEST_LOW(test_multicall),
        TEST_LOW(test_multicall_restarts),
        TEST_LOW(test_vcpu_info),
        TEST_LOW(test_page_offline),
        TEST_LOW(test_domctl_is_the_same),
    };

    hypercall_checks = true;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
