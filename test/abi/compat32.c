/* SPDX-License-Identifier: MIT */
/* Compiled for 32-bit code: Xen's headers show the layouts that hypercall/compat_structs.h claims, and those
 * that are claimed to be the same for all. */
#include <stddef.h>
#include <xen/domctl.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/hvm_vcpu.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/sysctl.h>
#include <xen/vcpu.h>
#include <xen/version.h>

#include "../../kernel/shared_info_32.h"
#include <public/claims.h>

#define FIELD(name, member, offset32, size32)                                                                \
    _Static_assert(offsetof(struct name, member) == (offset32), #name "." #member);                          \
    _Static_assert(sizeof(((struct name *)0)->member) == (size32), #name "." #member);
#define END(name, size32) _Static_assert(sizeof(struct name) == (size32), #name);
#include "../../hypercall/compat_structs.h"

#define SAME(name, size) _Static_assert(sizeof(struct name) == (size), #name)
SAME(xen_domctl, 144);
SAME(xen_sysctl, 136);
SAME(xen_domctl_createdomain, 64);
SAME(xen_domctl_getvcpuinfo, 24);
SAME(xen_domctl_hypercall_init, 8);
SAME(xen_domctl_max_mem, 8);
SAME(xen_domctl_nodeaffinity, 16);
SAME(xen_domctl_paging_mempool, 8);
SAME(xen_domctl_settimeoffset, 8);
SAME(xen_domctl_shadow_op, 40);
SAME(xen_domctl_vcpuaffinity, 40);
SAME(xen_domctl_vnuma, 48);
SAME(xen_domctl_getdomaininfo, 112);
SAME(xen_domctl_hvmcontext, 16);
SAME(xen_domctl_claim_memory, 16);
SAME(xen_memory_claim, 16);
SAME(xen_sysctl_claiminfo, 72);
SAME(xen_claiminfo_node, 32);
SAME(xen_sysctl_page_runs, 32);
SAME(xen_lock_stat, 64);
SAME(xen_sysctl_lock_stats, 16);
SAME(xen_exit_stat, 16);
SAME(xen_sysctl_exit_stats, 16);
SAME(xen_page_run, 24);
SAME(xen_sysctl_domain_map, 32);
SAME(xen_domain_map_run, 24);
SAME(xen_sysctl_allod_debug, 32);
SAME(xen_sysctl_availheap, 24);
SAME(xen_sysctl_cpuinfo, 8);
SAME(xen_sysctl_cputopo, 12);
SAME(xen_sysctl_cputopoinfo, 16);
SAME(xen_sysctl_debug_keys, 16);
SAME(xen_sysctl_getcpuinfo, 24);
SAME(xen_sysctl_getdomaininfolist, 24);
SAME(xen_sysctl_meminfo, 16);
SAME(xen_sysctl_numainfo, 24);
SAME(xen_sysctl_physinfo, 112);
SAME(xen_sysctl_readconsole, 24);
SAME(xen_hvm_param, 16);
SAME(vcpu_hvm_context, 128);
SAME(xen_memory_domain, 2);
SAME(xen_vmemrange, 24);
SAME(xen_compile_info, 144);
SAME(xen_feature_info, 8);
SAME(sched_shutdown, 4);
SAME(sched_remote_shutdown, 8);
SAME(vcpu_register_vcpu_info, 16);
SAME(vcpu_register_runstate_memory_area, 8);
SAME(vcpu_set_periodic_timer, 8);
SAME(evtchn_alloc_unbound, 8);
SAME(evtchn_bind_interdomain, 12);
SAME(evtchn_bind_virq, 12);
SAME(evtchn_bind_ipi, 8);
SAME(evtchn_bind_vcpu, 8);
SAME(evtchn_status, 24);
SAME(evtchn_reset, 2);
SAME(evtchn_init_control, 24);
SAME(gnttab_map_grant_ref, 32);
SAME(gnttab_unmap_grant_ref, 24);
SAME(gnttab_query_size, 16);
SAME(gnttab_unmap_and_replace, 24);
SAME(gnttab_set_version, 4);
SAME(gnttab_get_version, 8);
SAME(grant_entry_v1, 8);
SAME(vcpu_info, 64);
SAME(vcpu_time_info, 32);

/* What the hypervisor writes into the 32-bit layout. */
#define AT(name, member, offset) _Static_assert(offsetof(struct name, member) == (offset), #name "." #member)
AT(shared_info, evtchn_pending, 2048);
AT(shared_info, evtchn_mask, SHARED_INFO_MASK_32);
AT(shared_info, wc_version, SHARED_INFO_WC_32);
AT(shared_info, wc_sec, SHARED_INFO_WC_32 + 4);
AT(shared_info, wc_nsec, SHARED_INFO_WC_32 + 8);
AT(shared_info, arch.wc_sec_hi, SHARED_INFO_WC_SEC_HI_32);
AT(vcpu_info, evtchn_upcall_pending, 0);
AT(vcpu_info, evtchn_pending_sel, VCPU_INFO_SEL_32);
AT(vcpu_info, time, 32);
