/* SPDX-License-Identifier: MIT */
/* The structures of Xen's interface that 32-bit code lays out otherwise than 64-bit code: longs, frame
 * numbers and handles have 4 bytes there, and 64-bit integers are aligned to 4. What is not here, all of
 * domctl and sysctl among it, is the same in both.
 *
 * START(structure), FIELD(structure, member, 32-bit offset, 32-bit size), ..., END(structure, 32-bit size).
 * Whoever includes it defines the macros it wants first; the others are empty, and all are undefined at the
 * end. test/abi/compat32.c compares the numbers with what the compiler makes of Xen's headers for 32-bit
 * code.
 */
#ifndef START
#define START(name)
#endif
#ifndef FIELD
#define FIELD(name, member, offset32, size32)
#endif
#ifndef END
#define END(name, size32)
#endif

START(multicall_entry)
FIELD(multicall_entry, op, 0, 4)
FIELD(multicall_entry, result, 4, 4)
FIELD(multicall_entry, args[0], 8, 4)
FIELD(multicall_entry, args[1], 12, 4)
FIELD(multicall_entry, args[2], 16, 4)
FIELD(multicall_entry, args[3], 20, 4)
FIELD(multicall_entry, args[4], 24, 4)
FIELD(multicall_entry, args[5], 28, 4)
END(multicall_entry, 32)

START(xen_memory_reservation)
FIELD(xen_memory_reservation, extent_start, 0, 4)
FIELD(xen_memory_reservation, nr_extents, 4, 4)
FIELD(xen_memory_reservation, extent_order, 8, 4)
FIELD(xen_memory_reservation, mem_flags, 12, 4)
FIELD(xen_memory_reservation, domid, 16, 2)
END(xen_memory_reservation, 20)

START(xen_memory_exchange)
FIELD(xen_memory_exchange, in.extent_start, 0, 4)
FIELD(xen_memory_exchange, in.nr_extents, 4, 4)
FIELD(xen_memory_exchange, in.extent_order, 8, 4)
FIELD(xen_memory_exchange, in.mem_flags, 12, 4)
FIELD(xen_memory_exchange, in.domid, 16, 2)
FIELD(xen_memory_exchange, out.extent_start, 20, 4)
FIELD(xen_memory_exchange, out.nr_extents, 24, 4)
FIELD(xen_memory_exchange, out.extent_order, 28, 4)
FIELD(xen_memory_exchange, out.mem_flags, 32, 4)
FIELD(xen_memory_exchange, out.domid, 36, 2)
FIELD(xen_memory_exchange, nr_exchanged, 40, 4)
END(xen_memory_exchange, 44)

START(xen_add_to_physmap)
FIELD(xen_add_to_physmap, domid, 0, 2)
FIELD(xen_add_to_physmap, size, 2, 2)
FIELD(xen_add_to_physmap, space, 4, 4)
FIELD(xen_add_to_physmap, idx, 8, 4)
FIELD(xen_add_to_physmap, gpfn, 12, 4)
END(xen_add_to_physmap, 16)

START(xen_add_to_physmap_batch)
FIELD(xen_add_to_physmap_batch, domid, 0, 2)
FIELD(xen_add_to_physmap_batch, space, 2, 2)
FIELD(xen_add_to_physmap_batch, size, 4, 2)
FIELD(xen_add_to_physmap_batch, u, 6, 2)
FIELD(xen_add_to_physmap_batch, idxs, 8, 4)
FIELD(xen_add_to_physmap_batch, gpfns, 12, 4)
FIELD(xen_add_to_physmap_batch, errs, 16, 4)
END(xen_add_to_physmap_batch, 20)

START(xen_remove_from_physmap)
FIELD(xen_remove_from_physmap, domid, 0, 2)
FIELD(xen_remove_from_physmap, gpfn, 4, 4)
END(xen_remove_from_physmap, 8)

START(xen_memory_map)
FIELD(xen_memory_map, nr_entries, 0, 4)
FIELD(xen_memory_map, buffer, 4, 4)
END(xen_memory_map, 8)

START(xen_foreign_memory_map)
FIELD(xen_foreign_memory_map, domid, 0, 2)
FIELD(xen_foreign_memory_map, map.nr_entries, 4, 4)
FIELD(xen_foreign_memory_map, map.buffer, 8, 4)
END(xen_foreign_memory_map, 12)

/* Handles in 8 bytes, of which 32-bit code fills the lower half. */
START(xen_vnuma_topology_info)
FIELD(xen_vnuma_topology_info, domid, 0, 2)
FIELD(xen_vnuma_topology_info, pad, 2, 2)
FIELD(xen_vnuma_topology_info, nr_vnodes, 4, 4)
FIELD(xen_vnuma_topology_info, nr_vcpus, 8, 4)
FIELD(xen_vnuma_topology_info, nr_vmemranges, 12, 4)
FIELD(xen_vnuma_topology_info, vdistance.h, 16, 4)
FIELD(xen_vnuma_topology_info, vcpu_to_vnode.h, 24, 4)
FIELD(xen_vnuma_topology_info, vmemrange.h, 32, 4)
END(xen_vnuma_topology_info, 40)

START(xen_platform_parameters)
FIELD(xen_platform_parameters, virt_start, 0, 4)
END(xen_platform_parameters, 4)

START(sched_poll)
FIELD(sched_poll, ports, 0, 4)
FIELD(sched_poll, nr_ports, 4, 4)
FIELD(sched_poll, timeout, 8, 8)
END(sched_poll, 16)

START(vcpu_set_singleshot_timer)
FIELD(vcpu_set_singleshot_timer, timeout_abs_ns, 0, 8)
FIELD(vcpu_set_singleshot_timer, flags, 8, 4)
END(vcpu_set_singleshot_timer, 12)

START(vcpu_runstate_info)
FIELD(vcpu_runstate_info, state, 0, 4)
FIELD(vcpu_runstate_info, state_entry_time, 4, 8)
FIELD(vcpu_runstate_info, time[0], 12, 8)
FIELD(vcpu_runstate_info, time[1], 20, 8)
FIELD(vcpu_runstate_info, time[2], 28, 8)
FIELD(vcpu_runstate_info, time[3], 36, 8)
END(vcpu_runstate_info, 44)

START(gnttab_setup_table)
FIELD(gnttab_setup_table, dom, 0, 2)
FIELD(gnttab_setup_table, nr_frames, 4, 4)
FIELD(gnttab_setup_table, status, 8, 2)
FIELD(gnttab_setup_table, frame_list, 12, 4)
END(gnttab_setup_table, 16)

START(gnttab_copy)
FIELD(gnttab_copy, source.u, 0, 4)
FIELD(gnttab_copy, source.domid, 4, 2)
FIELD(gnttab_copy, source.offset, 6, 2)
FIELD(gnttab_copy, dest.u, 8, 4)
FIELD(gnttab_copy, dest.domid, 12, 2)
FIELD(gnttab_copy, dest.offset, 14, 2)
FIELD(gnttab_copy, len, 16, 2)
FIELD(gnttab_copy, flags, 18, 2)
FIELD(gnttab_copy, status, 20, 2)
END(gnttab_copy, 24)

#undef START
#undef FIELD
#undef END
