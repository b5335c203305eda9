/* SPDX-License-Identifier: MIT */
/* Arguments at addresses of the hypervisor, and at addresses that the guest's own tables lead out of its
 * memory: nothing is read there and nothing written. */
#include "isolation.h"
#include <errno.h>
#include <stdio.h>
#include <xen/hvm/hvm_op.h>
#include <xen/vcpu.h>
#include <xen/version.h>

#define SLOT 300UL /* of the root: free, in the upper half */
#define P    1UL
#define RW   2UL

typedef uint64_t table_t[512] __attribute__((aligned(4096)));

static table_t level3, level2, level1;

/* Calls with one argument that they read from or write to first of all. Numbers, then where the address is.
 */
static const struct probe {
    unsigned int nr;
    uint64_t arg[3];
    unsigned int address;
    int64_t expected;
} probes[] = {
    {__HYPERVISOR_xen_version, {XENVER_extraversion}, 1, -EFAULT},
    {__HYPERVISOR_xen_version, {XENVER_compile_info}, 1, -EFAULT},
    {__HYPERVISOR_xen_version, {XENVER_get_features}, 1, -EFAULT},
    {__HYPERVISOR_console_io, {CONSOLEIO_write, 16}, 2, -EFAULT},
    {__HYPERVISOR_vcpu_op, {VCPUOP_get_runstate_info}, 2, -EFAULT},
    {__HYPERVISOR_vcpu_op, {VCPUOP_register_vcpu_info}, 2, -EFAULT},
    {__HYPERVISOR_vcpu_op, {VCPUOP_initialise}, 2, -EFAULT},
    {__HYPERVISOR_sched_op, {SCHEDOP_poll}, 1, -EFAULT},
    {__HYPERVISOR_sched_op, {SCHEDOP_shutdown}, 1, -EFAULT},
    {__HYPERVISOR_hvm_op, {HVMOP_get_param}, 1, -EFAULT},
    {__HYPERVISOR_hvm_op, {HVMOP_set_param}, 1, -EFAULT},
    {__HYPERVISOR_multicall, {0, 1}, 0, -EFAULT},
    {__HYPERVISOR_memory_op, {XENMEM_populate_physmap}, 1, 0},
    {__HYPERVISOR_memory_op, {XENMEM_decrease_reservation}, 1, 0},
    {__HYPERVISOR_memory_op, {XENMEM_add_to_physmap}, 1, -EFAULT},
    {__HYPERVISOR_memory_op, {XENMEM_add_to_physmap_batch}, 1, -EFAULT},
    {__HYPERVISOR_memory_op, {XENMEM_memory_map}, 1, -EFAULT},
    {__HYPERVISOR_memory_op, {XENMEM_set_memory_map}, 1, -EFAULT},
    {__HYPERVISOR_memory_op, {XENMEM_get_vnumainfo}, 1, -EFAULT},
};

static int64_t wrong_answers(uint64_t address)
{
    int64_t wrong = 0;

    for (unsigned int i = 0; i < ARRAY_SIZE(probes); i++) {
        uint64_t arg[] = {probes[i].arg[0], probes[i].arg[1], probes[i].arg[2]};

        arg[probes[i].address] = address;
        wrong += xen_hypercall(probes[i].nr, arg[0], arg[1], arg[2], 0, 0) != probes[i].expected;
    }
    return wrong;
}

/* A good structure, whose list or buffer is there. */
static int64_t wrong_lists(uint64_t address)
{
    struct xen_memory_reservation r = {.nr_extents = 1, .domid = DOMID_SELF};
    struct xen_foreign_memory_map set = {.domid = DOMID_SELF, .map = {.nr_entries = 1}};
    struct xen_memory_map get = {.nr_entries = 1};

    set_xen_guest_handle_raw(r.extent_start, (xen_pfn_t *)address);
    set_xen_guest_handle_raw(set.map.buffer, (void *)address);
    set_xen_guest_handle_raw(get.buffer, (void *)address);
    return (xc_memory_op(NULL, XENMEM_decrease_reservation, &r, sizeof(r)) != 0) +
           (xc_memory_op(NULL, XENMEM_set_memory_map, &set, sizeof(set)) != -1 || errno != EFAULT) +
           (xc_memory_op(NULL, XENMEM_memory_map, &get, sizeof(get)) != -1 || errno != EFAULT);
}

static void probe_at(const char *where, uint64_t number, uint64_t address)
{
    char what[80];

    snprintf(what, sizeof(what), "arguments %s %#lx: wrong answers", where, number);
    case_equal(role, what, 0, wrong_answers(address) + wrong_lists(address));
}

static uint64_t *root(void)
{
    uint64_t cr3;

    __asm__ volatile("mov %%cr3, %0" : "=r"(cr3));
    return (uint64_t *)(cr3 & ~0xfffUL);
}

/* The one page of the slot leads to this guest-physical page. */
static void lead_to(uint64_t gfn)
{
    level1[0] = gfn << PAGE_SHIFT | P | RW;
    level2[0] = (uintptr_t)level1 | P | RW;
    level3[0] = (uintptr_t)level2 | P | RW;
    root()[SLOT] = (uintptr_t)level3 | P | RW;
    __asm__ volatile("mov %0, %%cr3" : : "r"(root()) : "memory");
}

void probe_addresses(void)
{
    static const uint64_t hypervisor[] = {0xffff800000000000, 0xffff800000100000, 0xffff800010000000,
                                          0xffffa00000000000, 0xffffb00000000000, 0xffffffff80000000,
                                          0xffffffff80100000};
    static const uint64_t outside[] = {PAGES(PROBER_SIZE), FREE_GFN,  0xe0000,         0xfee00,  1UL << 32,
                                       (1UL << 36) - 1,    1UL << 36, (1UL << 40) - 1, 1UL << 39};

    for (unsigned int i = 0; i < ARRAY_SIZE(hypervisor); i++)
        probe_at("at the hypervisor's address", hypervisor[i], hypervisor[i]);
    for (unsigned int i = 0; i < ARRAY_SIZE(outside); i++) {
        lead_to(outside[i]);
        probe_at("on the page of another's memory", outside[i], -((512 - SLOT) << 39));
    }
}
