/* SPDX-License-Identifier: MIT */
/* What is plausible in which structure: tables of fields by kind. Calls without a table get random words. */
#include "hyperfuzz.h"
#include <string.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/hvm_vcpu.h>
#include <xen/vcpu.h>

#include "fields.h"

#define MAX_FIELDS 10

struct field {
    enum kind kind;
    uint8_t size;
    uint16_t offset;
};
struct shape {
    unsigned int nr, op;
    struct field field[MAX_FIELDS]; /* up to one without a size */
};

#define F(type, member, what)                                                                                \
    {                                                                                                        \
        what, sizeof(((type *)NULL)->member), offsetof(type, member)                                         \
    }
#define RESERVATION(member)                                                                                  \
    F(struct xen_memory_reservation, member extent_start, GFNS),                                             \
        F(struct xen_memory_reservation, member nr_extents, COUNT),                                          \
        F(struct xen_memory_reservation, member extent_order, ORDER),                                        \
        F(struct xen_memory_reservation, member mem_flags, MEMFLAGS),                                        \
        F(struct xen_memory_reservation, member domid, DOMID)
#define EXCHANGE(part)                                                                                       \
    F(struct xen_memory_exchange, part.extent_start, GFNS),                                                  \
        F(struct xen_memory_exchange, part.nr_extents, COUNT),                                               \
        F(struct xen_memory_exchange, part.extent_order, ORDER),                                             \
        F(struct xen_memory_exchange, part.mem_flags, MEMFLAGS),                                             \
        F(struct xen_memory_exchange, part.domid, DOMID)
#define MEM(op)             __HYPERVISOR_memory_op, XENMEM_##op
#define DOM(op)             __HYPERVISOR_domctl, XEN_DOMCTL_##op
#define SYS(op)             __HYPERVISOR_sysctl, XEN_SYSCTL_##op
#define VCPU(op)            __HYPERVISOR_vcpu_op, VCPUOP_##op
#define EVENT(op)           __HYPERVISOR_event_channel_op, EVTCHNOP_##op
#define GRANT(op)           __HYPERVISOR_grant_table_op, GNTTABOP_##op
#define G(op, member, kind) F(struct gnttab_##op, member, kind)

#define M(member, kind)     F(struct xen_memory_reservation, member, kind)
#define A(member, kind)     F(struct xen_add_to_physmap, member, kind)
#define B(member, kind)     F(struct xen_add_to_physmap_batch, member, kind)
#define V(member, kind)     F(struct xen_vnuma_topology_info, member, kind)
#define C(member, kind)     F(struct xen_domctl_createdomain, member, kind)
#define N(member, kind)     F(struct xen_domctl_vnuma, member, kind)
#define Y(member, kind)     F(struct xen_domctl_vcpuaffinity, member, kind)
#define K(member, kind)     F(struct xen_domctl_claim_memory, member, kind)
#define R(member, kind)     F(struct xen_sysctl_readconsole, member, kind)
#define I(member, kind)     F(struct xen_sysctl_claiminfo, member, kind)
#define D(member, kind)     F(struct xen_sysctl_allod_debug, member, kind)
#define MAP(member, kind)   F(struct xen_sysctl_domain_map, member, kind)

static const struct shape shapes[] = {
    {MEM(increase_reservation), {RESERVATION()}},
    {MEM(decrease_reservation), {RESERVATION()}},
    {MEM(populate_physmap), {RESERVATION()}},
    {MEM(claim_pages), {M(nr_extents, PAGES), M(domid, DOMID)}},
    {MEM(exchange), {EXCHANGE(in), EXCHANGE(out)}},
    {MEM(current_reservation), {F(struct xen_memory_domain, domid, DOMID)}},
    {MEM(maximum_reservation), {F(struct xen_memory_domain, domid, DOMID)}},
    {MEM(maximum_gpfn), {F(struct xen_memory_domain, domid, DOMID)}},
    {MEM(add_to_physmap),
     {A(domid, DOMID), A(size, SMALL), A(space, SPACE), A(idx, SMALL), A(gpfn, MAPPING_GFN)}},
    {MEM(memory_map),
     {F(struct xen_memory_map, nr_entries, SMALL), F(struct xen_memory_map, buffer, BUFFER)}},
    {MEM(set_memory_map),
     {F(struct xen_foreign_memory_map, domid, DOMID), F(struct xen_foreign_memory_map, map.nr_entries, SMALL),
      F(struct xen_foreign_memory_map, map.buffer, BUFFER)}},
    {MEM(remove_from_physmap),
     {F(struct xen_remove_from_physmap, domid, DOMID), F(struct xen_remove_from_physmap, gpfn, MAPPING_GFN)}},
    {MEM(add_to_physmap_batch),
     {B(domid, DOMID), B(space, SPACE), B(size, SMALL), B(u, OTHER_DOMID), B(idxs, GFNS),
      B(gpfns, MAPPING_GFNS), B(errs, BUFFER)}},
    {MEM(get_vnumainfo),
     {V(domid, DOMID), V(nr_vnodes, COUNT), V(nr_vcpus, COUNT), V(nr_vmemranges, COUNT), V(vdistance, BUFFER),
      V(vcpu_to_vnode, BUFFER), V(vmemrange, BUFFER)}},

    {VCPU(register_vcpu_info),
     {F(struct vcpu_register_vcpu_info, mfn, MAPPING_GFN), F(struct vcpu_register_vcpu_info, offset, SMALL)}},
    {VCPU(initialise), {F(struct vcpu_hvm_context, mode, BIT)}},
    {__HYPERVISOR_sched_op, SCHEDOP_shutdown, {F(struct sched_shutdown, reason, SMALL)}},
    {__HYPERVISOR_sched_op,
     SCHEDOP_remote_shutdown,
     {F(struct sched_remote_shutdown, domain_id, DOMID), F(struct sched_remote_shutdown, reason, SMALL)}},
    {__HYPERVISOR_sched_op,
     SCHEDOP_poll,
     {F(struct sched_poll, ports, BUFFER), F(struct sched_poll, nr_ports, COUNT),
      F(struct sched_poll, timeout, SMALL)}},
    {EVENT(bind_interdomain),
     {F(struct evtchn_bind_interdomain, remote_dom, DOMID),
      F(struct evtchn_bind_interdomain, remote_port, SMALL)}},
    {EVENT(bind_virq), {F(struct evtchn_bind_virq, virq, SMALL), F(struct evtchn_bind_virq, vcpu, BIT)}},
    {EVENT(bind_ipi), {F(struct evtchn_bind_ipi, vcpu, BIT)}},
    {EVENT(close), {F(struct evtchn_close, port, SMALL)}},
    {EVENT(send), {F(struct evtchn_send, port, SMALL)}},
    {EVENT(status), {F(struct evtchn_status, dom, DOMID), F(struct evtchn_status, port, SMALL)}},
    {EVENT(alloc_unbound),
     {F(struct evtchn_alloc_unbound, dom, DOMID), F(struct evtchn_alloc_unbound, remote_dom, DOMID)}},
    {EVENT(bind_vcpu), {F(struct evtchn_bind_vcpu, port, SMALL), F(struct evtchn_bind_vcpu, vcpu, BIT)}},
    {EVENT(unmask), {F(struct evtchn_unmask, port, SMALL)}},
    {EVENT(reset), {F(struct evtchn_reset, dom, DOMID)}},
    {EVENT(init_control), {F(struct evtchn_init_control, control_gfn, GFN)}},
    {__HYPERVISOR_hvm_op,
     HVMOP_set_param,
     {F(struct xen_hvm_param, domid, DOMID), F(struct xen_hvm_param, index, COUNT),
      F(struct xen_hvm_param, value, NUMBER)}},
    {__HYPERVISOR_hvm_op,
     HVMOP_get_param,
     {F(struct xen_hvm_param, domid, DOMID), F(struct xen_hvm_param, index, COUNT)}},
    {__HYPERVISOR_hvm_op,
     HVMOP_set_evtchn_upcall_vector,
     {F(struct xen_hvm_evtchn_upcall_vector, vcpu, BIT)}},

    {GRANT(map_grant_ref),
     {G(map_grant_ref, host_addr, MAPPING_ADDRESS), G(map_grant_ref, flags, MAP_FLAGS),
      G(map_grant_ref, ref, SMALL), G(map_grant_ref, dom, OTHER_DOMID)}},
    {GRANT(unmap_grant_ref),
     {G(unmap_grant_ref, host_addr, MAPPING_ADDRESS), G(unmap_grant_ref, handle, SMALL)}},
    {GRANT(unmap_and_replace),
     {G(unmap_and_replace, host_addr, MAPPING_ADDRESS), G(unmap_and_replace, handle, SMALL)}},
    {GRANT(setup_table),
     {G(setup_table, dom, DOMID), G(setup_table, nr_frames, SMALL), G(setup_table, frame_list, BUFFER)}},
    {GRANT(query_size), {G(query_size, dom, DOMID)}},
    {GRANT(get_version), {G(get_version, dom, DOMID)}},
    {GRANT(set_version), {G(set_version, version, COMMAND)}},
    {GRANT(copy),
     {G(copy, source.u, GFN), G(copy, source.domid, OTHER_DOMID), G(copy, source.offset, SMALL),
      G(copy, dest.u, SMALL), G(copy, dest.domid, OTHER_DOMID), G(copy, dest.offset, SMALL),
      G(copy, len, COUNT), G(copy, flags, SMALL_COMMAND)}},

    {SYS(readconsole),
     {R(clear, BIT), R(incremental, BIT), R(index, NUMBER), R(buffer, BUFFER), R(count, SMALL)}},
    {SYS(getdomaininfolist),
     {F(struct xen_sysctl_getdomaininfolist, first_domain, DOMID),
      F(struct xen_sysctl_getdomaininfolist, max_domains, COUNT),
      F(struct xen_sysctl_getdomaininfolist, buffer, BUFFER)}},
    {SYS(debug_keys),
     {F(struct xen_sysctl_debug_keys, keys, BUFFER), F(struct xen_sysctl_debug_keys, nr_keys, BIT)}},
    {SYS(getcpuinfo),
     {F(struct xen_sysctl_getcpuinfo, max_cpus, COUNT), F(struct xen_sysctl_getcpuinfo, info, BUFFER)}},
    {SYS(availheap),
     {F(struct xen_sysctl_availheap, min_bitwidth, COUNT),
      F(struct xen_sysctl_availheap, max_bitwidth, COUNT), F(struct xen_sysctl_availheap, node, NODE)}},
    {SYS(cputopoinfo),
     {F(struct xen_sysctl_cputopoinfo, num_cpus, COUNT), F(struct xen_sysctl_cputopoinfo, cputopo, BUFFER)}},
    {SYS(numainfo),
     {F(struct xen_sysctl_numainfo, num_nodes, COUNT), F(struct xen_sysctl_numainfo, meminfo, BUFFER),
      F(struct xen_sysctl_numainfo, distance, BUFFER)}},
    {SYS(page_offline_op),
     {F(struct xen_sysctl_page_offline_op, cmd, COMMAND), F(struct xen_sysctl_page_offline_op, start, FRAME),
      F(struct xen_sysctl_page_offline_op, end, FRAME_BEHIND),
      F(struct xen_sysctl_page_offline_op, status, BUFFER)}},
    {SYS(claiminfo), {I(nr_nodes, COUNT), I(nodes, BUFFER)}},
    {SYS(domain_map), {MAP(domid, DOMID), MAP(first_gfn, GFN), MAP(nr_runs, COUNT), MAP(runs, BUFFER)}},
    {SYS(lock_stats),
     {F(struct xen_sysctl_lock_stats, nr_locks, COUNT), F(struct xen_sysctl_lock_stats, flags, BIT),
      F(struct xen_sysctl_lock_stats, locks, BUFFER)}},
    {SYS(exit_stats),
     {F(struct xen_sysctl_exit_stats, domid, DOMID), F(struct xen_sysctl_exit_stats, nr_exits, COUNT),
      F(struct xen_sysctl_exit_stats, exits, BUFFER)}},
    {SYS(allod_debug),
     {D(op, SMALL), D(domid, DOMID), D(order, ORDER), D(mem_flags, MEMFLAGS), D(nr_extents, COUNT),
      D(times, BIT)}},

    {DOM(createdomain),
     {C(flags, CDF), C(max_vcpus, VCPUS), C(max_grant_frames, SMALL), C(max_maptrack_frames, SMALL),
      C(arch.emulation_flags, BIT)}},
    {DOM(setvcpuaffinity),
     {Y(vcpu, VCPU), Y(flags, SMALL_COMMAND), Y(cpumap_hard.bitmap, BUFFER), Y(cpumap_hard.nr_bits, COUNT),
      Y(cpumap_soft.bitmap, BUFFER), Y(cpumap_soft.nr_bits, COUNT)}},
    {DOM(getvcpuaffinity),
     {Y(vcpu, VCPU), Y(flags, SMALL_COMMAND), Y(cpumap_hard.bitmap, BUFFER), Y(cpumap_hard.nr_bits, COUNT),
      Y(cpumap_soft.bitmap, BUFFER), Y(cpumap_soft.nr_bits, COUNT)}},
    {DOM(shadow_op), {F(struct xen_domctl_shadow_op, op, SHADOW), F(struct xen_domctl_shadow_op, mb, BIT)}},
    {DOM(max_mem), {F(struct xen_domctl_max_mem, max_memkb, KIB)}},
    {DOM(getvcpuinfo), {F(struct xen_domctl_getvcpuinfo, vcpu, VCPU)}},
    {DOM(max_vcpus), {F(struct xen_domctl_max_vcpus, max, VCPUS)}},
    {DOM(hypercall_init), {F(struct xen_domctl_hypercall_init, gmfn, GFN)}},
    {DOM(gethvmcontext),
     {F(struct xen_domctl_hvmcontext, size, PAGE), F(struct xen_domctl_hvmcontext, buffer, BUFFER)}},
    {DOM(sethvmcontext),
     {F(struct xen_domctl_hvmcontext, size, CONTEXT_SIZE), F(struct xen_domctl_hvmcontext, buffer, CONTEXT)}},
    {DOM(setnodeaffinity),
     {F(struct xen_domctl_nodeaffinity, nodemap.bitmap, BUFFER),
      F(struct xen_domctl_nodeaffinity, nodemap.nr_bits, COUNT)}},
    {DOM(getnodeaffinity),
     {F(struct xen_domctl_nodeaffinity, nodemap.bitmap, BUFFER),
      F(struct xen_domctl_nodeaffinity, nodemap.nr_bits, COUNT)}},
    {DOM(setvnumainfo),
     {N(nr_vnodes, BIT), N(nr_vmemranges, BIT), N(nr_vcpus, VCPUS), N(vdistance, ZEROES),
      N(vcpu_to_vnode, ZEROES), N(vnode_to_pnode, ZEROES), N(vmemrange, ZEROES)}},
    {DOM(set_paging_mempool_size), {F(struct xen_domctl_paging_mempool, size, POOL)}},
    {DOM(claim_memory), {K(claim_set, CLAIMS), K(nr_entries, CLAIM_COUNT), K(mode, MODE)}},
};

static const struct shape *find_shape(const struct row *r)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(shapes); i++)
        if (shapes[i].nr == r->nr && shapes[i].op == r->op)
            return &shapes[i];
    return NULL;
}

/* Each structure is either right in all its fields or wrong in some. */
void shape_fill(const struct row *r, bool compat, void *own)
{
    const struct shape *shape = one_in(12) ? NULL : find_shape(r);
    unsigned int wrong = one_in(3) ? 4 : 0;
    uint8_t *bytes = own;

    for (size_t i = 0; !shape && i + 8 <= r->size; i += 8) {
        uint64_t word = random_number();

        memcpy(bytes + i, &word, 8);
    }
    for (unsigned int i = 0; shape && i < MAX_FIELDS && shape->field[i].size; i++) {
        const struct field *f = &shape->field[i];
        uint64_t value = wrong && one_in(wrong) ? random_number() : field_value(f->kind, compat);

        memcpy(bytes + f->offset, &value, f->size < 8 ? f->size : 8);
    }
}
