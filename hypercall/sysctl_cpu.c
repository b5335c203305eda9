/* SPDX-License-Identifier: MIT */
/* sysctl: the machine's processors. */
#include "host_info.h"
#include "schedule.h"
#include "sysctl.h"

/* As in Xen: one socket for each processor. */
int sysctl_cputopoinfo(struct sysctl_call *c)
{
    struct xen_sysctl_cputopoinfo *info = &c->op.u.cputopoinfo;
    uint32_t capacity = info->num_cpus;

    info->num_cpus = host_info.nr_cpus;
    c->copy_back = true;
    if (handle_is_null(info->cputopo))
        return 0;
    if (capacity < host_info.nr_cpus)
        return refuse(ENOBUFS, "cputopoinfo: room for %u of %u", capacity, host_info.nr_cpus);
    for (unsigned int i = 0; i < host_info.nr_cpus; i++) {
        struct xen_sysctl_cputopo cpu = {.core = 0, .socket = i, .node = host_info.cpu_node[i]};

        if (arch_copy_to_guest(guest_ptr_add(handle_ptr(info->cputopo), i * sizeof(cpu)), &cpu, sizeof(cpu)))
            return refuse(EFAULT, "cputopoinfo: entry %u cannot be written", i);
    }
    return 0;
}

int sysctl_getcpuinfo(struct sysctl_call *c)
{
    struct xen_sysctl_getcpuinfo *info = &c->op.u.getcpuinfo;

    info->nr_cpus = MIN(info->max_cpus, host_info.nr_cpus);
    for (unsigned int i = 0; i < info->nr_cpus; i++) {
        struct xen_sysctl_cpuinfo cpu = {.idletime = sched_idle_time(i)};

        if (arch_copy_to_guest(guest_ptr_add(handle_ptr(info->info), i * sizeof(cpu)), &cpu, sizeof(cpu)))
            return refuse(EFAULT, "getcpuinfo: entry %u cannot be written", i);
    }
    c->copy_back = true;
    return 0;
}
