/* SPDX-License-Identifier: MIT */
/* The C library over a hypercall that only records: what it passes on, errno, and the earlier drafts' forms.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../guest/lib/xc_private.h"

#include "../../guest/lib/xc_claims.c"
#include "../../guest/lib/xc_console.c"
#include "../../guest/lib/xc_core.c"
#include "../../guest/lib/xc_domain.c"
#include "../../guest/lib/xc_error.c"
#include "../../guest/lib/xc_evtchn.c"
#include "../../guest/lib/xc_foreign.c"
#include "../../guest/lib/xc_host.c"
#include "../../guest/lib/xc_hvm.c"
#include "../../guest/lib/xc_info.c"
#include "../../guest/lib/xc_maps.c"
#include "../../guest/lib/xc_memory.c"
#include "../../guest/lib/xc_vcpu.c"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* What the library handed over, and the answer it gets. */
static struct {
    int64_t answer;
    unsigned int calls, nr;
    uint64_t cmd;
    uint32_t found; /* the domain that a domctl answers for */
    struct xen_domctl domctl;
    struct xen_sysctl sysctl;
    struct xen_memory_reservation reservation;
    struct xen_add_to_physmap physmap;
    struct xen_foreign_memory_map map;
    struct xen_hvm_param param;
    domid_t ends; /* the domain that an event channel's call begins with */
    struct xen_memory_claim entries[MAX_ENTRIES + 1];
} seen;

static void record_domctl(struct xen_domctl *op)
{
    const struct xen_domctl_claim_memory *claim = allod_claim_memory(op);

    seen.domctl = *op;
    if (op->cmd == XEN_DOMCTL_claim_memory && claim->claim_set.p && claim->nr_entries <= MAX_ENTRIES)
        memcpy(seen.entries, claim->claim_set.p, claim->nr_entries * sizeof(seen.entries[0]));
    if (op->cmd == XEN_DOMCTL_getdomaininfo) {
        op->domain = (domid_t)seen.found;
        op->u.getdomaininfo = (struct xen_domctl_getdomaininfo){.domain = op->domain, .tot_pages = 77};
    }
}

static void record_sysctl(struct xen_sysctl *op)
{
    seen.sysctl = *op;
    if (op->cmd == XEN_SYSCTL_readconsole) {
        op->u.readconsole.count = 5;
        op->u.readconsole.index = 105;
    }
    if (op->cmd == XEN_SYSCTL_availheap)
        op->u.availheap.avail_bytes = 4096;
}

static void record_memory_op(uint64_t cmd, const void *arg)
{
    if (cmd == XENMEM_add_to_physmap)
        memcpy(&seen.physmap, arg, sizeof(seen.physmap));
    else if (cmd == XENMEM_set_memory_map)
        memcpy(&seen.map, arg, sizeof(seen.map));
    else if (cmd != XENMEM_maximum_gpfn && cmd != XENMEM_maximum_ram_page)
        memcpy(&seen.reservation, arg, sizeof(seen.reservation));
}

static void record_event_op(uint64_t cmd, void *arg)
{
    memcpy(&seen.ends, arg, sizeof(seen.ends));
    if (cmd == EVTCHNOP_alloc_unbound)
        ((struct evtchn_alloc_unbound *)arg)->port = 33;
    if (cmd == EVTCHNOP_status)
        ((struct evtchn_status *)arg)->status = EVTCHNSTAT_ipi;
}

int64_t xen_hypercall(unsigned int nr, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    (void)a3;
    (void)a4;
    (void)a5;
    seen.calls++;
    seen.nr = nr;
    seen.cmd = a1;
    if (nr == __HYPERVISOR_domctl)
        record_domctl((struct xen_domctl *)a1);
    if (nr == __HYPERVISOR_sysctl)
        record_sysctl((struct xen_sysctl *)a1);
    if (nr == __HYPERVISOR_memory_op)
        record_memory_op(a1, (const void *)a2);
    if (nr == __HYPERVISOR_hvm_op)
        memcpy(&seen.param, (const void *)a2, sizeof(seen.param));
    if (nr == __HYPERVISOR_event_channel_op)
        record_event_op(a1, (void *)a2);
    return seen.answer;
}

static int reset(void **state)
{
    (void)state;
    memset(&seen, 0, sizeof(seen));
    errno = 0;
    return 0;
}

/* The calls as the design documents show them. */
static void test_forms_of_claim_memory(void **state)
{
    memory_claim_t v3[] = {{.pages = 1024, .target = 0},
                           {.pages = 512, .target = XEN_DOMCTL_CLAIM_MEMORY_HOST}};
    memory_claim_t guide[] = {{.pages = 7, .node = XEN_DOMCTL_CLAIM_MEMORY_GLOBAL}};
    memory_claim_t v4 = {.nr_pages = 9, .node = XEN_DOMCTL_CLAIM_MEMORY_NO_NODE};
    struct xen_memory_claim plain[] = {{.pages = 3, .target = 2}};
    uint32_t nr = 1;

    (void)state;
    assert_int_equal(xc_domain_claim_memory(NULL, 5, ARRAY_SIZE(v3), v3), 0);
    assert_int_equal(seen.domctl.cmd, XEN_DOMCTL_claim_memory);
    assert_int_equal(seen.domctl.interface_version, XEN_DOMCTL_INTERFACE_VERSION);
    assert_int_equal(seen.domctl.domain, 5);
    assert_int_equal(allod_claim_memory(&seen.domctl)->mode, XEN_DOMCTL_CLAIM_MEMORY_SET);
    assert_int_equal(allod_claim_memory(&seen.domctl)->nr_entries, 2);
    assert_memory_equal(seen.entries, v3, sizeof(v3));

    assert_int_equal(xc_domain_claim_memory(NULL, 5, 1, guide), 0);
    assert_int_equal(seen.entries[0].pages, 7);
    assert_int_equal(seen.entries[0].target, XEN_DOMCTL_CLAIM_MEMORY_HOST);
    assert_int_equal(xc_domain_claim_memory(NULL, 5, 1, &v4), 0);
    assert_int_equal(seen.entries[0].pages, 9);
    assert_int_equal(xc_domain_claim_memory(NULL, 5, XEN_DOMCTL_CLAIM_MEMORY_SET, &nr, plain), 0);
    assert_int_equal(seen.entries[0].target, 2);
    assert_int_equal(xc_domain_claim_memory(NULL, 5, XEN_DOMCTL_CLAIM_MEMORY_GET, &nr, NULL), 0);
    assert_null(allod_claim_memory(&seen.domctl)->claim_set.p);
}

static void test_total_becomes_host(void **state)
{
    memory_claim_t claims[] = {{.pages = 1024, .node = 0},
                               {.pages = 3072, .node = XEN_DOMCTL_CLAIM_MEMORY_TOTAL},
                               {.pages = 1024, .node = 1}};

    (void)state;
    assert_int_equal(xc_domain_claim_memory(NULL, 1, 3, claims), 0);
    assert_int_equal(seen.entries[1].target, XEN_DOMCTL_CLAIM_MEMORY_HOST);
    assert_int_equal(seen.entries[1].pages, 1024);
    assert_int_equal(claims[1].pages, 3072); /* the caller's array stays */
}

static void test_wrong_totals(void **state)
{
    memory_claim_t too_small[] = {{.pages = 1024, .node = 0},
                                  {.pages = 1023, .node = XEN_DOMCTL_CLAIM_MEMORY_TOTAL}};
    memory_claim_t twice[] = {{.pages = 1, .node = XEN_DOMCTL_CLAIM_MEMORY_TOTAL},
                              {.pages = 1, .node = XEN_DOMCTL_CLAIM_MEMORY_TOTAL}};
    memory_claim_t wraps[] = {{.pages = UINT64_MAX, .node = 0},
                              {.pages = 2, .node = 1},
                              {.pages = 5, .node = XEN_DOMCTL_CLAIM_MEMORY_TOTAL}};
    memory_claim_t beside_host[] = {{.pages = 1, .node = XEN_DOMCTL_CLAIM_MEMORY_HOST},
                                    {.pages = 5, .node = XEN_DOMCTL_CLAIM_MEMORY_TOTAL}};

    (void)state;
    assert_int_equal(xc_domain_claim_memory(NULL, 1, 2, too_small), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(xc_domain_claim_memory(NULL, 1, 2, twice), -1);
    assert_int_equal(xc_domain_claim_memory(NULL, 1, 3, wraps), -1);
    assert_int_equal(xc_domain_claim_memory(NULL, 1, 2, beside_host), -1);
    assert_int_equal(seen.calls, 0);
}

/* Too long a set is the hypervisor's to refuse. */
static void test_long_sets_pass(void **state)
{
    memory_claim_t claims[MAX_ENTRIES + 1] = {{.pages = 0}};

    (void)state;
    seen.answer = -E2BIG;
    assert_int_equal(xc_domain_claim_memory(NULL, 1, MAX_ENTRIES + 1, claims), -1);
    assert_int_equal(errno, E2BIG);
    assert_int_equal(allod_claim_memory(&seen.domctl)->nr_entries, MAX_ENTRIES + 1);
}

static void test_enosys_is_not_hidden(void **state)
{
    (void)state;
    seen.answer = -ENOSYS;
    assert_int_equal(xc_domain_claim_pages(NULL, 3, 100), -1);
    assert_int_equal(errno, ENOSYS);
    assert_int_equal(seen.cmd, XENMEM_claim_pages);
    assert_int_equal(seen.reservation.nr_extents, 100);
    assert_int_equal(seen.reservation.domid, 3);
}

static void test_exact_forms(void **state)
{
    xen_pfn_t extents[4] = {0};

    (void)state;
    seen.answer = 3;
    assert_int_equal(xc_domain_populate_physmap(NULL, 1, 4, 9, XENMEMF_exact_node(1), extents), 3);
    assert_int_equal(seen.reservation.mem_flags, XENMEMF_exact_node(1));
    assert_int_equal(seen.reservation.extent_order, 9);
    assert_int_equal(xc_domain_populate_physmap_exact(NULL, 1, 4, 9, 0, extents), -1);
    assert_int_equal(errno, EBUSY);
    seen.answer = 4;
    assert_int_equal(xc_domain_populate_physmap_exact(NULL, 1, 4, 9, 0, extents), 0);
}

static void test_errors_in_words(void **state)
{
    xc_interface *xch = xc_interface_open(NULL, NULL, 0);

    (void)state;
    assert_int_equal(xc_get_last_error(xch)->code, XC_ERROR_NONE);
    seen.answer = -ENOMEM;
    assert_int_equal(xc_domain_setmaxmem(xch, 1, 4096), -1);
    assert_int_equal(errno, ENOMEM);
    assert_int_equal(xc_get_last_error(xch)->code, XC_INTERNAL_ERROR);
    assert_non_null(strstr(xc_get_last_error(xch)->message, "domctl, operation 11: "));
    assert_non_null(strstr(xc_get_last_error(xch)->message, xc_strerror(xch, ENOMEM)));
    xc_clear_last_error(xch);
    assert_int_equal(xc_get_last_error(xch)->code, XC_ERROR_NONE);
    assert_string_equal(xc_error_code_to_desc(XC_INTERNAL_ERROR), "Internal error");
    assert_string_equal(xc_error_code_to_desc(-1), "Unknown error code");
    assert_int_equal(xc_interface_close(xch), 0);
}

static void test_affinity_of_vcpus(void **state)
{
    struct xc_interface_core handle = {.max_cpus = 12};
    xc_cpumap_t map = xc_cpumap_alloc(&handle);
    const struct xen_domctl_vcpuaffinity *op = &seen.domctl.u.vcpuaffinity;

    (void)state;
    assert_int_equal(xc_get_cpumap_size(&handle), 2);
    xc_cpumap_setcpu(9, map);
    assert_int_equal(map[1], 2);
    assert_int_equal(xc_cpumap_testcpu(9, map), 1);
    assert_int_equal(xc_vcpu_setaffinity(&handle, 3, 1, map, NULL, 0), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(seen.calls, 0);
    assert_int_equal(xc_vcpu_setaffinity(&handle, 3, 1, map, NULL, XEN_VCPUAFFINITY_HARD), 0);
    assert_int_equal(seen.domctl.cmd, XEN_DOMCTL_setvcpuaffinity);
    assert_int_equal(op->vcpu, 1);
    assert_int_equal(op->cpumap_hard.nr_bits, 16);
    assert_ptr_equal(op->cpumap_hard.bitmap.p, map);
    assert_null(op->cpumap_soft.bitmap.p);
    xc_cpumap_clearcpu(9, map);
    assert_int_equal(map[1], 0);
    free(map);
}

static void test_frames_of_a_domain(void **state)
{
    xen_pfn_t gpfns = 0;

    (void)state;
    seen.answer = 4095;
    assert_int_equal(xc_domain_maximum_gpfn(NULL, 1, &gpfns), 0);
    assert_int_equal(gpfns, 4095);
    assert_int_equal(xc_domain_nr_gpfns(NULL, 1, &gpfns), 0);
    assert_int_equal(gpfns, 4096);
    seen.answer = 0;
    assert_int_equal(xc_domain_add_to_physmap(NULL, 2, XENMAPSPACE_grant_table, 3, 0xfe000), 0);
    assert_int_equal(seen.physmap.domid, 2);
    assert_int_equal(seen.physmap.space, XENMAPSPACE_grant_table);
    assert_int_equal(seen.physmap.idx, 3);
    assert_int_equal(seen.physmap.gpfn, 0xfe000);
    seen.answer = -ESRCH;
    assert_int_equal(xc_domain_maximum_gpfn(NULL, 1, &gpfns), -1);
    assert_int_equal(errno, ESRCH);
    assert_int_equal(xc_domain_decrease_reservation_exact(NULL, 1, 1, 0, NULL), -1);
    assert_int_equal(errno, EINVAL);
}

/* getdomaininfo answers for the next domain when there is none of this number. */
static void test_pages_of_exactly_this_domain(void **state)
{
    (void)state;
    seen.found = 4;
    assert_int_equal(xc_get_tot_pages(NULL, 4), 77);
    assert_int_equal(xc_get_tot_pages(NULL, 3), -1);
    assert_int_equal(errno, ESRCH);
}

static void test_maps(void **state)
{
    struct e820entry map[2] = {{0, 0xa0000, E820_RAM}, {0x100000, 0x700000, E820_RAM}};
    unsigned int distance = 10, vnode = 0;
    xen_vmemrange_t range = {.end = 0x800000};

    (void)state;
    assert_int_equal(sizeof(map), 40);
    assert_int_equal(xc_domain_set_memory_map(NULL, 6, map, 2), 0);
    assert_int_equal(seen.map.domid, 6);
    assert_int_equal(seen.map.map.nr_entries, 2);
    assert_ptr_equal(seen.map.map.buffer.p, map);
    assert_int_equal(xc_domain_setvnuma(NULL, 6, 1, 1, 1, &range, &distance, &vnode, NULL), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(xc_domain_setvnuma(NULL, 6, 1, 1, 1, &range, &distance, &vnode, &vnode), 0);
    assert_int_equal(seen.domctl.u.vnuma.nr_vmemranges, 1);
    assert_ptr_equal(seen.domctl.u.vnuma.vmemrange.p, &range);
}

static void test_host_and_parameters(void **state)
{
    char text[16];
    unsigned int nr = sizeof(text);
    uint32_t index = 100;
    uint64_t bytes;

    (void)state;
    assert_int_equal(xc_readconsolering(NULL, text, &nr, 0, 1, &index), 0);
    assert_int_equal(seen.sysctl.u.readconsole.count, sizeof(text));
    assert_int_equal(seen.sysctl.u.readconsole.index, 100);
    assert_int_equal(seen.sysctl.u.readconsole.incremental, 1);
    assert_int_equal(nr, 5);
    assert_int_equal(index, 105);
    assert_int_equal(xc_availheap(NULL, 0, 32, -1, &bytes), 0);
    assert_int_equal(seen.sysctl.u.availheap.node, -1);
    assert_int_equal(bytes, 4096);
    assert_int_equal(xc_send_debug_keys(NULL, "hm"), 0);
    assert_int_equal(seen.sysctl.u.debug_keys.nr_keys, 2);
    assert_int_equal(xc_hvm_param_set(NULL, 9, HVM_PARAM_STORE_PFN, 0xfeffc), 0);
    assert_int_equal(seen.nr, __HYPERVISOR_hvm_op);
    assert_int_equal(seen.cmd, HVMOP_set_param);
    assert_int_equal(seen.param.value, 0xfeffc);
}

/* Programs that make calls of their own. */
static void test_hypercall_buffers(void **state)
{
    struct xen_memory_reservation reservation = {.nr_extents = 2};
    DECLARE_HYPERCALL_BUFFER(xen_pfn_t, frames);

    (void)state;
    frames = xc_hypercall_buffer_alloc(NULL, frames, 2 * sizeof(*frames));
    assert_int_equal(frames[1], 0);
    set_xen_guest_handle(reservation.extent_start, frames);
    assert_int_equal(xc_memory_op(NULL, XENMEM_populate_physmap, &reservation, sizeof(reservation)), 0);
    assert_ptr_equal(seen.reservation.extent_start.p, frames);
    xc_hypercall_buffer_free(NULL, frames);
}

static void test_event_channels(void **state)
{
    xc_evtchn_status_t status = {.dom = 7, .port = 4};

    (void)state;
    assert_int_equal(xc_evtchn_alloc_unbound(NULL, 5, 6), 33);
    assert_int_equal(seen.nr, __HYPERVISOR_event_channel_op);
    assert_int_equal(seen.cmd, EVTCHNOP_alloc_unbound);
    assert_int_equal(seen.ends, 5);
    assert_int_equal(xc_evtchn_status(NULL, &status), 0);
    assert_int_equal(seen.cmd, EVTCHNOP_status);
    assert_int_equal(status.status, EVTCHNSTAT_ipi);
    assert_int_equal(xc_evtchn_reset(NULL, 9), 0);
    assert_int_equal(seen.cmd, EVTCHNOP_reset);
    assert_int_equal(seen.ends, 9);
    seen.answer = -ENOSPC;
    assert_int_equal(xc_evtchn_alloc_unbound(NULL, 5, 6), -1);
    assert_int_equal(errno, ENOSPC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_forms_of_claim_memory, reset),
        cmocka_unit_test_setup(test_total_becomes_host, reset),
        cmocka_unit_test_setup(test_wrong_totals, reset),
        cmocka_unit_test_setup(test_long_sets_pass, reset),
        cmocka_unit_test_setup(test_enosys_is_not_hidden, reset),
        cmocka_unit_test_setup(test_exact_forms, reset),
        cmocka_unit_test_setup(test_errors_in_words, reset),
        cmocka_unit_test_setup(test_affinity_of_vcpus, reset),
        cmocka_unit_test_setup(test_frames_of_a_domain, reset),
        cmocka_unit_test_setup(test_pages_of_exactly_this_domain, reset),
        cmocka_unit_test_setup(test_maps, reset),
        cmocka_unit_test_setup(test_host_and_parameters, reset),
        cmocka_unit_test_setup(test_event_channels, reset),
        cmocka_unit_test_setup(test_hypercall_buffers, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
