/* SPDX-License-Identifier: MIT */
/* The structures of the guest interface, byte by byte, but for domctl and sysctl (abi_check_ctl.c).
 *
 * The numbers are Xen's promise to its guests: 64-bit code, Debian's libxen-dev 4.17. When a line fails, the
 * headers that this was compiled with are not those of the guests. */
#include "hypercall.h"
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/hvm_vcpu.h>
#include <xen/hvm/save.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/version.h>

/* clang-format off */
#define SIZE(size)          _Static_assert(sizeof(struct S) == (size), "size");
#define AT(member, offset)  _Static_assert(offsetof(struct S, member) == (offset), #member);

#define S xen_memory_reservation
SIZE(32) AT(extent_start, 0) AT(nr_extents, 8) AT(extent_order, 16) AT(mem_flags, 20) AT(domid, 24)
#undef S

#define S xen_memory_exchange
SIZE(72) AT(in, 0) AT(out, 32) AT(nr_exchanged, 64)
#undef S

#define S xen_memory_domain
SIZE(2) AT(domid, 0)
#undef S

#define S xen_add_to_physmap
SIZE(24) AT(domid, 0) AT(size, 2) AT(space, 4) AT(idx, 8) AT(gpfn, 16)
#undef S

#define S xen_add_to_physmap_batch
SIZE(32) AT(domid, 0) AT(space, 2) AT(size, 4) AT(u, 6) AT(idxs, 8) AT(gpfns, 16) AT(errs, 24)
#undef S

#define S xen_remove_from_physmap
SIZE(16) AT(domid, 0) AT(gpfn, 8)
#undef S

#define S xen_memory_map
SIZE(16) AT(nr_entries, 0) AT(buffer, 8)
#undef S

#define S xen_foreign_memory_map
SIZE(24) AT(domid, 0) AT(map, 8)
#undef S

#define S xen_vmemrange
SIZE(24) AT(start, 0) AT(end, 8) AT(flags, 16) AT(nid, 20)
#undef S

#define S xen_vnuma_topology_info
SIZE(40) AT(domid, 0) AT(pad, 2) AT(nr_vnodes, 4) AT(nr_vcpus, 8) AT(nr_vmemranges, 12) AT(vdistance, 16)
    AT(vcpu_to_vnode, 24) AT(vmemrange, 32)
#undef S

#define S grant_entry_v1
SIZE(8) AT(flags, 0) AT(domid, 2) AT(frame, 4)
#undef S

#define S gnttab_map_grant_ref
SIZE(32) AT(host_addr, 0) AT(flags, 8) AT(ref, 12) AT(dom, 16) AT(status, 18) AT(handle, 20) AT(dev_bus_addr, 24)
#undef S

#define S gnttab_unmap_grant_ref
SIZE(24) AT(host_addr, 0) AT(dev_bus_addr, 8) AT(handle, 16) AT(status, 20)
#undef S

#define S gnttab_setup_table
SIZE(24) AT(dom, 0) AT(nr_frames, 4) AT(status, 8) AT(frame_list, 16)
#undef S

#define S gnttab_copy
SIZE(40) AT(source, 0) AT(dest, 16) AT(source.domid, 8) AT(source.offset, 10) AT(len, 32) AT(flags, 34) AT(status, 36)
#undef S

#define S gnttab_query_size
SIZE(16) AT(dom, 0) AT(nr_frames, 4) AT(max_nr_frames, 8) AT(status, 12)
#undef S

#define S gnttab_unmap_and_replace
SIZE(24) AT(host_addr, 0) AT(new_addr, 8) AT(handle, 16) AT(status, 20)
#undef S

#define S gnttab_get_version
SIZE(8) AT(dom, 0) AT(version, 4)
#undef S

#define S multicall_entry
SIZE(64) AT(op, 0) AT(result, 8) AT(args, 16)
#undef S

#define S xen_compile_info
SIZE(144) AT(compiler, 0) AT(compile_by, 64) AT(compile_domain, 80) AT(compile_date, 112)
#undef S

#define S xen_platform_parameters
SIZE(8) AT(virt_start, 0)
#undef S

#define S xen_feature_info
SIZE(8) AT(submap_idx, 0) AT(submap, 4)
#undef S

#define S vcpu_info
SIZE(64) AT(evtchn_upcall_pending, 0) AT(evtchn_upcall_mask, 1) AT(evtchn_pending_sel, 8) AT(arch, 16)
    AT(time, 32)
#undef S

#define S vcpu_time_info
SIZE(32) AT(version, 0) AT(pad0, 4) AT(tsc_timestamp, 8) AT(system_time, 16) AT(tsc_to_system_mul, 24)
    AT(tsc_shift, 28) AT(flags, 29) AT(pad1, 30)
#undef S

#define S arch_vcpu_info
SIZE(16) AT(cr2, 0) AT(pad, 8)
#undef S

#define S shared_info
SIZE(3136) AT(vcpu_info, 0) AT(evtchn_pending, 2048) AT(evtchn_mask, 2560) AT(wc_version, 3072)
    AT(wc_sec, 3076) AT(wc_nsec, 3080) AT(wc_sec_hi, 3084) AT(arch, 3088)
#undef S

#define S vcpu_hvm_context
SIZE(128) AT(mode, 0) AT(pad, 4) AT(cpu_regs, 8)
#undef S

#define S vcpu_hvm_x86_32
SIZE(120) AT(eax, 0) AT(ecx, 4) AT(edx, 8) AT(ebx, 12) AT(esp, 16) AT(ebp, 20) AT(esi, 24) AT(edi, 28)
    AT(eip, 32) AT(eflags, 36) AT(cr0, 40) AT(cr3, 44) AT(cr4, 48) AT(pad1, 52) AT(efer, 56) AT(cs_base, 64)
    AT(ds_base, 68) AT(ss_base, 72) AT(es_base, 76) AT(tr_base, 80) AT(cs_limit, 84) AT(ds_limit, 88)
    AT(ss_limit, 92) AT(es_limit, 96) AT(tr_limit, 100) AT(cs_ar, 104) AT(ds_ar, 106) AT(ss_ar, 108)
    AT(es_ar, 110) AT(tr_ar, 112) AT(pad2, 114)
#undef S

#define S vcpu_hvm_x86_64
SIZE(112) AT(rax, 0) AT(rcx, 8) AT(rdx, 16) AT(rbx, 24) AT(rsp, 32) AT(rbp, 40) AT(rsi, 48) AT(rdi, 56)
    AT(rip, 64) AT(rflags, 72) AT(cr0, 80) AT(cr3, 88) AT(cr4, 96) AT(efer, 104)
#undef S

#define S vcpu_runstate_info
SIZE(48) AT(state, 0) AT(state_entry_time, 8) AT(time, 16)
#undef S

#define S vcpu_register_vcpu_info
SIZE(16) AT(mfn, 0) AT(offset, 8) AT(rsvd, 12)
#undef S

#define S sched_shutdown
SIZE(4) AT(reason, 0)
#undef S

#define S sched_poll
SIZE(24) AT(ports, 0) AT(nr_ports, 8) AT(timeout, 16)
#undef S

#define S sched_remote_shutdown
SIZE(8) AT(domain_id, 0) AT(reason, 4)
#undef S

#define S evtchn_bind_interdomain
SIZE(12) AT(remote_dom, 0) AT(remote_port, 4) AT(local_port, 8)
#undef S

#define S evtchn_bind_virq
SIZE(12) AT(virq, 0) AT(vcpu, 4) AT(port, 8)
#undef S

#define S evtchn_bind_ipi
SIZE(8) AT(vcpu, 0) AT(port, 4)
#undef S

#define S evtchn_close
SIZE(4) AT(port, 0)
#undef S

#define S evtchn_send
SIZE(4) AT(port, 0)
#undef S

#define S evtchn_status
SIZE(24) AT(dom, 0) AT(port, 4) AT(status, 8) AT(vcpu, 12) AT(u, 16)
#undef S

#define S evtchn_alloc_unbound
SIZE(8) AT(dom, 0) AT(remote_dom, 2) AT(port, 4)
#undef S

#define S evtchn_bind_vcpu
SIZE(8) AT(port, 0) AT(vcpu, 4)
#undef S

#define S evtchn_unmask
SIZE(4) AT(port, 0)
#undef S

#define S evtchn_reset
SIZE(2) AT(dom, 0)
#undef S

#define S evtchn_init_control
SIZE(24) AT(control_gfn, 0) AT(offset, 8) AT(vcpu, 12) AT(link_bits, 16)
#undef S

#define S vcpu_set_singleshot_timer
SIZE(16) AT(timeout_abs_ns, 0) AT(flags, 8)
#undef S

#define S vcpu_set_periodic_timer
SIZE(8) AT(period_ns, 0)
#undef S

#define S xen_hvm_param
SIZE(16) AT(domid, 0) AT(pad, 2) AT(index, 4) AT(value, 8)
#undef S

#define S hvm_save_descriptor
SIZE(8) AT(typecode, 0) AT(instance, 2) AT(length, 4)
#undef S

#define S hvm_save_header
SIZE(24) AT(magic, 0) AT(version, 4) AT(changeset, 8) AT(cpuid, 16) AT(gtsc_khz, 20)
#undef S

#define S hvm_hw_cpu
SIZE(1032) AT(fpu_regs, 0) AT(rax, 512) AT(rbx, 520) AT(rcx, 528) AT(rdx, 536) AT(rbp, 544) AT(rsi, 552)
    AT(rdi, 560) AT(rsp, 568) AT(r8, 576) AT(r9, 584) AT(r10, 592) AT(r11, 600) AT(r12, 608) AT(r13, 616)
    AT(r14, 624) AT(r15, 632) AT(rip, 640) AT(rflags, 648) AT(cr0, 656) AT(cr2, 664) AT(cr3, 672) AT(cr4, 680)
    AT(dr0, 688) AT(dr1, 696) AT(dr2, 704) AT(dr3, 712) AT(dr6, 720) AT(dr7, 728) AT(cs_sel, 736)
    AT(ds_sel, 740) AT(es_sel, 744) AT(fs_sel, 748) AT(gs_sel, 752) AT(ss_sel, 756) AT(tr_sel, 760)
    AT(ldtr_sel, 764) AT(cs_limit, 768) AT(ds_limit, 772) AT(es_limit, 776) AT(fs_limit, 780)
    AT(gs_limit, 784) AT(ss_limit, 788) AT(tr_limit, 792) AT(ldtr_limit, 796) AT(idtr_limit, 800)
    AT(gdtr_limit, 804) AT(cs_base, 808) AT(ds_base, 816) AT(es_base, 824) AT(fs_base, 832) AT(gs_base, 840)
    AT(ss_base, 848) AT(tr_base, 856) AT(ldtr_base, 864) AT(idtr_base, 872) AT(gdtr_base, 880)
    AT(cs_arbytes, 888) AT(ds_arbytes, 892) AT(es_arbytes, 896) AT(fs_arbytes, 900) AT(gs_arbytes, 904)
    AT(ss_arbytes, 908) AT(tr_arbytes, 912) AT(ldtr_arbytes, 916) AT(sysenter_cs, 920) AT(sysenter_esp, 928)
    AT(sysenter_eip, 936) AT(shadow_gs, 944) AT(msr_flags, 952) AT(msr_lstar, 960) AT(msr_star, 968)
    AT(msr_cstar, 976) AT(msr_syscall_mask, 984) AT(msr_efer, 992) AT(msr_tsc_aux, 1000) AT(tsc, 1008) AT(pending_event, 1016)
    AT(error_code, 1020) AT(flags, 1024) AT(pad0, 1028)
#undef S
