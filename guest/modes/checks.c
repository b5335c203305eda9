/* SPDX-License-Identifier: MIT */
/* What is tried in every mode: arguments that lie on two pages. */
#include "checks.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/sysctl.h>
#include <xen/vcpu.h>
#include <xen/version.h>

#define NR_CALLS 80 /* more than one piece of work: the call restarts */

static const struct paging_mode *mode;
static const struct window *window;

void *across(size_t n)
{
    return memset(window->cross - n / 2, 0x5a, n);
}

void equal(const char *what, long expected, long seen)
{
    case_equal(mode->name, what, expected, seen);
}

struct xen_memory_reservation reservation(xen_pfn_t *list)
{
    struct xen_memory_reservation r = {.nr_extents = NR_PAGES, .domid = DOMID_SELF};

    set_xen_guest_handle(r.extent_start, list);
    return r;
}

static void check_console(void)
{
    char text[96];
    int len = snprintf(text, sizeof(text), "# %s: this text lies on two pages\n", mode->name);
    char *p = across((size_t)len);

    memcpy(p, text, (size_t)len);
    equal("console_io across pages", 0, call(__HYPERVISOR_console_io, CONSOLEIO_write, (size_t)len, addr(p)));
}

static void check_version(void)
{
    struct {
        char before;
        xen_compile_info_t info;
        char behind;
    } *p = across(sizeof(*p));
    xen_compile_info_t plain;
    xen_platform_parameters_t *parameters;

    equal("xen_version", 4L << 16 | 17, call(__HYPERVISOR_xen_version, XENVER_version, 0, 0));
    call(__HYPERVISOR_xen_version, XENVER_compile_info, addr(&plain), 0);
    equal("compile_info across pages", 0,
          call(__HYPERVISOR_xen_version, XENVER_compile_info, addr(&p->info), 0));
    equal("compile_info is the same", 0, memcmp(&p->info, &plain, sizeof(plain)));
    equal("nothing before and behind it changed", 2 * 0x5a, p->before + p->behind);
    parameters = across(2 * sizeof(*parameters));
    equal("platform_parameters", 0,
          call(__HYPERVISOR_xen_version, XENVER_platform_parameters, addr(parameters), 0));
    equal("platform_parameters is a long", 0x5a, *(char *)(parameters + 1));
}

static xen_pfn_t *fill_list(xen_pfn_t *list, unsigned int first, unsigned int nr)
{
    for (unsigned int i = 0; i < nr; i++)
        list[i] = (SPARE >> PAGE_SHIFT) + first + i;
    return list;
}

/* Give pages away and have them back, with the list and then the structure across pages. */
static void check_memory(void)
{
    xen_pfn_t plain[NR_PAGES], *list = fill_list(across(sizeof(plain)), 0, NR_PAGES);
    struct xen_memory_reservation r = reservation(list), *p;

    equal("decrease_reservation", NR_PAGES, memory_op(XENMEM_decrease_reservation, &r));
    equal("of pages that are not there", 0, memory_op(XENMEM_decrease_reservation, &r));
    p = across(sizeof(*p));
    *p = reservation(fill_list(plain, 0, NR_PAGES));
    equal("populate_physmap", NR_PAGES, memory_op(XENMEM_populate_physmap, p));
    equal("start behind the first two", 2, memory_op(XENMEM_populate_physmap | 2 << 6, p));
    r = reservation(fill_list((xen_pfn_t *)window->end - 2, 0, 2));
    equal("decrease by a list that ends", 2, memory_op(XENMEM_decrease_reservation, &r));
    equal("populate by a list that ends", 2, memory_op(XENMEM_populate_physmap, &r));
}

/* As of BIOS call E820. */
struct __attribute__((packed)) map_entry {
    uint64_t addr, size;
    uint32_t type;
};

static void check_memory_map(void)
{
    static const struct map_entry entries[] = {{0, RAM_END, 1}, {0xf0000000, 0x10000000, 2}};
    struct xen_foreign_memory_map set = {DOMID_SELF, {2, {NULL}}};
    struct xen_memory_map get = {.nr_entries = 5};
    struct map_entry *list = across(sizeof(entries));

    memcpy(list, entries, sizeof(entries));
    set_xen_guest_handle(set.map.buffer, list);
    equal("set_memory_map", 0, call(__HYPERVISOR_memory_op, XENMEM_set_memory_map, addr(&set), 0));
    across(sizeof(entries));
    set_xen_guest_handle(get.buffer, list);
    equal("memory_map", 0, call(__HYPERVISOR_memory_op, XENMEM_memory_map, addr(&get), 0));
    equal("it has two entries", 2, get.nr_entries);
    equal("they are the same", 0, memcmp(list, entries, sizeof(entries)));
}

/* Small structures: their fields' places and their ends. */
static void check_queries(void)
{
    struct xen_remove_from_physmap *remove = across(sizeof(*remove));
    struct xen_memory_domain self = {DOMID_SELF};
    struct {
        struct vcpu_runstate_info info;
        char behind;
    } * state;

    equal("maximum_gpfn", 0x1007ff, call(__HYPERVISOR_memory_op, XENMEM_maximum_gpfn, addr(&self), 0));
    *remove = (struct xen_remove_from_physmap){DOMID_SELF, 0xfffff};
    equal("remove_from_physmap", -ENOENT,
          call(__HYPERVISOR_memory_op, XENMEM_remove_from_physmap, addr(remove), 0));
    state = across(sizeof(*state));
    equal("runstate", 0, call(__HYPERVISOR_vcpu_op, VCPUOP_get_runstate_info, 0, addr(&state->info)));
    equal("it runs", RUNSTATE_running, state->info.state);
    equal("it has been running for less than a day", 1,
          state->info.time[RUNSTATE_running] > 0 && state->info.time[RUNSTATE_running] < 86400000000000ULL);
    equal("nothing behind runstate changed", 0x5a, state->behind);
}

static void check_multicall(void)
{
    multicall_entry_t *list = across(NR_CALLS * sizeof(*list));
    unsigned int right = 0;

    memset(list, 0, NR_CALLS * sizeof(*list));
    for (unsigned int i = 0; i < NR_CALLS; i++) {
        list[i].op = i & 1 ? __HYPERVISOR_xen_version : UNKNOWN;
        list[i].args[0] = XENVER_pagesize;
    }
    equal("multicall", 0, call(__HYPERVISOR_multicall, addr(list), NR_CALLS, 0));
    for (unsigned int i = 0; i < NR_CALLS; i++)
        right += (long)list[i].result == (i & 1 ? 4096 : -ENOSYS);
    equal("every entry has its result", NR_CALLS, right);
}

static void check_sched(void)
{
    struct sched_poll *poll = across(sizeof(*poll));

    memset(poll, 0, sizeof(*poll));
    poll->timeout = 1; /* long ago */
    equal("poll", 0, call(__HYPERVISOR_sched_op, SCHEDOP_poll, addr(poll), 0));
    poll->nr_ports = 129;
    equal("poll of too many ports", -EINVAL, call(__HYPERVISOR_sched_op, SCHEDOP_poll, addr(poll), 0));
}

/* The tools' interface is the same for all code: its addresses have 64 bits. */
static void check_sysctl(void)
{
    xen_sysctl_meminfo_t *info = across(sizeof(*info));
    struct xen_sysctl op = {.cmd = XEN_SYSCTL_numainfo,
                            .interface_version = XEN_SYSCTL_INTERFACE_VERSION,
                            .u.numainfo.num_nodes = 1};

    set_xen_guest_handle(op.u.numainfo.meminfo, info);
    equal("sysctl numainfo", 0, call(__HYPERVISOR_sysctl, addr(&op), 0, 0));
    equal("node 0 has memory", 1, info->memsize > RAM_END && info->memsize < 1ULL << 40);
}

void run_checks(const struct paging_mode *m, const struct window *w)
{
    mode = m;
    window = w;
    equal("negative results", -ENOSYS, call(UNKNOWN, 0, 0, 0));
    equal("hypercall page", 1, hypercall_page_works());
    check_console();
    check_version();
    check_memory();
    check_memory_map();
    check_queries();
    check_multicall();
    check_sched();
    check_sysctl();
    check_bad_addresses(w);
    if (w->paged) {
        check_read_only(m, w);
        check_accessed(m, w);
    }
    if (m->code_bits == 64 || !m->long_mode)
        check_events();
}
