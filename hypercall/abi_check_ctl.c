/* SPDX-License-Identifier: MIT */
/* The structures of domctl and sysctl, ours among them, byte by byte.
 *
 * The numbers are Xen's promise to its guests: 64-bit code, Debian's libxen-dev 4.17. When a line fails, the
 * headers that this was compiled with are not those of the guests. */
#include "domctl.h"
#include "sysctl.h"

/* clang-format off */
#define SIZE(size)          _Static_assert(sizeof(struct S) == (size), "size");
#define AT(member, offset)  _Static_assert(offsetof(struct S, member) == (offset), #member);

#define S xenctl_bitmap
SIZE(16) AT(bitmap, 0) AT(nr_bits, 8)
#undef S

#define S xen_sysctl
SIZE(136) AT(cmd, 0) AT(interface_version, 4) AT(u, 8)
#undef S

#define S xen_sysctl_readconsole
SIZE(24) AT(clear, 0) AT(incremental, 1) AT(pad0, 2) AT(pad1, 3) AT(index, 4) AT(buffer, 8) AT(count, 16)
#undef S

#define S xen_sysctl_physinfo
SIZE(112) AT(threads_per_core, 0) AT(cores_per_socket, 4) AT(nr_cpus, 8) AT(max_cpu_id, 12) AT(nr_nodes, 16)
    AT(max_node_id, 20) AT(cpu_khz, 24) AT(capabilities, 28) AT(arch_capabilities, 32) AT(pad, 36)
    AT(total_pages, 40) AT(free_pages, 48) AT(scrub_pages, 56) AT(outstanding_pages, 64) AT(max_mfn, 72)
    AT(hw_cap, 80)
#undef S

#define S xen_sysctl_getdomaininfolist
SIZE(24) AT(first_domain, 0) AT(max_domains, 4) AT(buffer, 8) AT(num_domains, 16)
#undef S

#define S xen_sysctl_debug_keys
SIZE(16) AT(keys, 0) AT(nr_keys, 8)
#undef S

#define S xen_sysctl_getcpuinfo
SIZE(24) AT(max_cpus, 0) AT(info, 8) AT(nr_cpus, 16)
#undef S

#define S xen_sysctl_cpuinfo
SIZE(8) AT(idletime, 0)
#undef S

#define S xen_sysctl_availheap
SIZE(24) AT(min_bitwidth, 0) AT(max_bitwidth, 4) AT(node, 8) AT(avail_bytes, 16)
#undef S

#define S xen_sysctl_cputopoinfo
SIZE(16) AT(num_cpus, 0) AT(cputopo, 8)
#undef S

#define S xen_sysctl_cputopo
SIZE(12) AT(core, 0) AT(socket, 4) AT(node, 8)
#undef S

#define S xen_sysctl_numainfo
SIZE(24) AT(num_nodes, 0) AT(meminfo, 8) AT(distance, 16)
#undef S

#define S xen_sysctl_meminfo
SIZE(16) AT(memsize, 0) AT(memfree, 8)
#undef S

#define S xen_domctl
SIZE(144) AT(cmd, 0) AT(interface_version, 4) AT(domain, 8) AT(_pad, 10) AT(u, 16)
#undef S

#define S xen_domctl_createdomain
SIZE(64) AT(ssidref, 0) AT(handle, 4) AT(flags, 20) AT(iommu_opts, 24) AT(max_vcpus, 28)
    AT(max_evtchn_port, 32) AT(max_grant_frames, 36) AT(max_maptrack_frames, 40) AT(grant_opts, 44)
    AT(vmtrace_size, 48) AT(cpupool_id, 52) AT(arch, 56)
#undef S

#define S xen_arch_domainconfig
SIZE(8) AT(emulation_flags, 0) AT(misc_flags, 4)
#undef S

#define S xen_domctl_getdomaininfo
SIZE(112) AT(domain, 0) AT(pad1, 2) AT(flags, 4) AT(tot_pages, 8) AT(max_pages, 16) AT(outstanding_pages, 24)
    AT(shr_pages, 32) AT(paged_pages, 40) AT(shared_info_frame, 48) AT(cpu_time, 56) AT(nr_online_vcpus, 64)
    AT(max_vcpu_id, 68) AT(ssidref, 72) AT(handle, 76) AT(cpupool, 92) AT(gpaddr_bits, 96) AT(pad2, 97)
    AT(arch_config, 104)
#undef S

#define S xen_domctl_vcpuaffinity
SIZE(40) AT(vcpu, 0) AT(flags, 4) AT(cpumap_hard, 8) AT(cpumap_soft, 24)
#undef S

#define S xen_domctl_shadow_op
SIZE(40) AT(op, 0) AT(mode, 4) AT(mb, 8) AT(dirty_bitmap, 16) AT(pages, 24) AT(stats, 32)
#undef S

#define S xen_domctl_max_mem
SIZE(8) AT(max_memkb, 0)
#undef S

#define S xen_domctl_getvcpuinfo
SIZE(24) AT(vcpu, 0) AT(online, 4) AT(blocked, 5) AT(running, 6) AT(cpu_time, 8) AT(cpu, 16)
#undef S

#define S xen_domctl_max_vcpus
SIZE(4) AT(max, 0)
#undef S

#define S xen_domctl_settimeoffset
SIZE(8) AT(time_offset_seconds, 0)
#undef S

#define S xen_domctl_hvmcontext
SIZE(16) AT(size, 0) AT(buffer, 8)
#undef S

#define S xen_domctl_hypercall_init
SIZE(8) AT(gmfn, 0)
#undef S

#define S xen_domctl_nodeaffinity
SIZE(16) AT(nodemap, 0)
#undef S

#define S xen_domctl_vnuma
SIZE(48) AT(nr_vnodes, 0) AT(nr_vmemranges, 4) AT(nr_vcpus, 8) AT(pad, 12) AT(vdistance, 16)
    AT(vcpu_to_vnode, 24) AT(vnode_to_pnode, 32) AT(vmemrange, 40)
#undef S

#define S xen_domctl_paging_mempool
SIZE(8) AT(size, 0)
#undef S

#define S xen_memory_claim
SIZE(16) AT(pages, 0) AT(target, 8) AT(cmd, 12)
#undef S

#define S xen_domctl_claim_memory
SIZE(16) AT(claim_set, 0) AT(nr_entries, 8) AT(mode, 12)
#undef S

#define S xen_claiminfo_node
SIZE(32) AT(total, 0) AT(free, 8) AT(claimed, 16) AT(offlined, 24)
#undef S

#define S xen_sysctl_claiminfo
SIZE(72) AT(nr_nodes, 0) AT(domid, 4) AT(pad, 6) AT(nodes, 8) AT(total, 16) AT(free, 24) AT(claimed, 32)
AT(dirty, 40) AT(pending, 48) AT(recalled, 56) AT(domain_recalled, 64)
#undef S

#define S xen_domain_map_run
SIZE(24) AT(gfn, 0) AT(nr_pages, 8) AT(node, 16) AT(order, 20)
#undef S

#define S xen_page_run
SIZE(24) AT(mfn, 0) AT(nr_pages, 8) AT(node, 16) AT(use, 20) AT(owner, 22)
#undef S

#define S xen_sysctl_page_runs
SIZE(32) AT(first_mfn, 0) AT(nr_runs, 8) AT(node, 12) AT(uses, 16) AT(domid, 18) AT(pad, 20) AT(runs, 24)
#undef S

#define S xen_sysctl_page_offline_op
SIZE(24) AT(cmd, 0) AT(start, 4) AT(end, 8) AT(status, 16)
#undef S

#define S xen_sysctl_domain_map
SIZE(32) AT(domid, 0) AT(pad, 2) AT(first_gfn, 8) AT(nr_runs, 16) AT(pad2, 20) AT(runs, 24)
#undef S

#define S xen_lock_stat
SIZE(64) AT(name, 0) AT(taken, 24) AT(contended, 32) AT(longest_hold, 40) AT(longest_wait, 48) AT(where, 56)
#undef S

#define S xen_sysctl_lock_stats
SIZE(16) AT(nr_locks, 0) AT(flags, 4) AT(locks, 8)
#undef S

#define S xen_exit_stat
SIZE(16) AT(code, 0) AT(pad, 4) AT(count, 8)
#undef S

#define S xen_sysctl_exit_stats
SIZE(16) AT(domid, 0) AT(pad, 2) AT(nr_exits, 4) AT(exits, 8)
#undef S

#define S xen_sysctl_allod_debug
SIZE(32) AT(op, 0) AT(domid, 4) AT(order, 6) AT(mem_flags, 8) AT(times, 12) AT(nr_extents, 16) AT(result, 24)
#undef S
