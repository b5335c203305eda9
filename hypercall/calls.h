/* SPDX-License-Identifier: MIT */
/* Every hypercall, one line each: a list for macros. Whoever includes it defines the macros it wants first;
 * the others are empty, and all are undefined at the end.
 *
 * The columns: Xen's name, which gives number and handler as well; the structure that the guest passes;
 * who may call; and its errors besides what every call of the family may return. docs/abi.md explains each
 * line; tools/check-abi-doc.py compares. HC_PRIVILEGED: EPERM for all others (but the console is also for its
 * owner). HC_TARGET: a domain for itself, privileged ones for everybody.
 */
/* clang-format off */

#ifndef HYPERCALL
#define HYPERCALL(name, args, errors)
#endif
#ifndef MEMORY_OP
#define MEMORY_OP(name, structure, who, counts, errors)
#endif
#ifndef XEN_VERSION
#define XEN_VERSION(name, structure, in, who, errors)
#endif
#ifndef CONSOLE_IO
#define CONSOLE_IO(name, structure, who, errors)
#endif
#ifndef VCPU_OP
#define VCPU_OP(name, structure, who, errors)
#endif
#ifndef SCHED_OP
#define SCHED_OP(name, structure, who, errors)
#endif
#ifndef EVENT_CHANNEL_OP
#define EVENT_CHANNEL_OP(name, structure, out, who, errors)
#endif
#ifndef HVM_OP
#define HVM_OP(name, structure, who, errors)
#endif
#ifndef GRANT_TABLE_OP
#define GRANT_TABLE_OP(name, structure, count, who, errors)
#endif
#ifndef SYSCTL
#define SYSCTL(name, structure, who, errors)
#endif
#ifndef DOMCTL
#define DOMCTL(name, structure, who, finds, errors)
#endif

/* name, arguments, errors of every operation of the family */
HYPERCALL(memory_op,   2, "ENOSYS EFAULT")
HYPERCALL(multicall,   2, "EFAULT")
HYPERCALL(xen_version, 2, "ENOSYS EFAULT")
HYPERCALL(console_io,  3, "ENOSYS EFAULT")
HYPERCALL(vcpu_op,     3, "ENOSYS ENOENT EFAULT")
HYPERCALL(sched_op,    2, "ENOSYS EFAULT")
HYPERCALL(event_channel_op, 2, "ENOSYS EFAULT")
HYPERCALL(set_timer_op, 2, "")
HYPERCALL(hvm_op,      2, "ENOSYS EFAULT")
HYPERCALL(grant_table_op, 3, "ENOSYS EINVAL EFAULT")
HYPERCALL(sysctl,      1, "EFAULT EACCES EPERM ENOSYS")
HYPERCALL(domctl,      1, "EFAULT EACCES EPERM ENOSYS ESRCH")

/* counts: it returns the number of extents done, never an error */
MEMORY_OP(increase_reservation, struct xen_memory_reservation,   HC_TARGET,     true,  "")
MEMORY_OP(decrease_reservation, struct xen_memory_reservation,   HC_TARGET,     true,  "")
MEMORY_OP(maximum_ram_page,     struct none,                     HC_ANY,        false, "EINVAL")
MEMORY_OP(current_reservation,  struct xen_memory_domain,        HC_TARGET,     false, "EINVAL EPERM ESRCH")
MEMORY_OP(maximum_reservation,  struct xen_memory_domain,        HC_TARGET,     false, "EINVAL EPERM ESRCH")
MEMORY_OP(populate_physmap,     struct xen_memory_reservation,   HC_TARGET,     true,  "")
MEMORY_OP(add_to_physmap,       struct xen_add_to_physmap,       HC_TARGET,     false, "EINVAL EPERM ESRCH ENOMEM EEXIST")
MEMORY_OP(exchange,             struct xen_memory_exchange,      HC_TARGET,     false, "EPERM EINVAL ESRCH ENOMEM EEXIST")
MEMORY_OP(memory_map,           struct xen_memory_map,           HC_ANY,        false, "EINVAL ENOSYS")
MEMORY_OP(set_memory_map,       struct xen_foreign_memory_map,   HC_TARGET,     false, "EINVAL EPERM ESRCH ENOMEM")
MEMORY_OP(maximum_gpfn,         struct xen_memory_domain,        HC_TARGET,     false, "EINVAL EPERM ESRCH")
MEMORY_OP(remove_from_physmap,  struct xen_remove_from_physmap,  HC_TARGET,     false, "EINVAL EPERM ESRCH ENOENT ENOMEM")
MEMORY_OP(add_to_physmap_batch, struct xen_add_to_physmap_batch, HC_TARGET,     false, "EILSEQ EPERM ESRCH EINVAL EOPNOTSUPP")
MEMORY_OP(claim_pages,          struct xen_memory_reservation,   HC_PRIVILEGED, false, "EPERM EINVAL ENOMEM")
MEMORY_OP(get_vnumainfo,        struct xen_vnuma_topology_info,  HC_TARGET,     false, "EINVAL EPERM ESRCH EOPNOTSUPP ENOBUFS")

/* in: the structure is read first; without one the value is returned */
XEN_VERSION(version,             struct none,               false, HC_ANY, "")
XEN_VERSION(extraversion,        xen_extraversion_t,        false, HC_ANY, "")
XEN_VERSION(compile_info,        xen_compile_info_t,        false, HC_ANY, "")
XEN_VERSION(capabilities,        xen_capabilities_info_t,   false, HC_ANY, "")
XEN_VERSION(changeset,           xen_changeset_info_t,      false, HC_ANY, "")
XEN_VERSION(platform_parameters, xen_platform_parameters_t, false, HC_ANY, "")
XEN_VERSION(get_features,        xen_feature_info_t,        true,  HC_ANY, "EINVAL")
XEN_VERSION(pagesize,            struct none,               false, HC_ANY, "")
XEN_VERSION(guest_handle,        xen_domain_handle_t,       false, HC_ANY, "")
XEN_VERSION(commandline,         xen_commandline_t,         false, HC_ANY, "")

CONSOLE_IO(write, struct none, HC_ANY,        "")
CONSOLE_IO(read,  struct none, HC_PRIVILEGED, "EPERM")

VCPU_OP(initialise,         struct vcpu_hvm_context,        HC_ANY, "EEXIST EINVAL")
VCPU_OP(up,                 struct none,                    HC_ANY, "EINVAL")
VCPU_OP(down,               struct none,                    HC_ANY, "")
VCPU_OP(is_up,              struct none,                    HC_ANY, "")
VCPU_OP(get_runstate_info,  struct vcpu_runstate_info,      HC_ANY, "")
VCPU_OP(register_runstate_memory_area, struct vcpu_register_runstate_memory_area, HC_ANY, "")
VCPU_OP(set_periodic_timer,    struct vcpu_set_periodic_timer,   HC_ANY, "EINVAL")
VCPU_OP(stop_periodic_timer,   struct none,                      HC_ANY, "")
VCPU_OP(set_singleshot_timer,  struct vcpu_set_singleshot_timer, HC_ANY, "EINVAL ETIME")
VCPU_OP(stop_singleshot_timer, struct none,                      HC_ANY, "EINVAL")
VCPU_OP(register_vcpu_info, struct vcpu_register_vcpu_info, HC_ANY, "EINVAL")

SCHED_OP(yield,           struct none,                  HC_ANY,        "")
SCHED_OP(block,           struct none,                  HC_ANY,        "")
SCHED_OP(shutdown,        struct sched_shutdown,        HC_ANY,        "")
SCHED_OP(poll,            struct sched_poll,            HC_ANY,        "EINVAL")
SCHED_OP(remote_shutdown, struct sched_remote_shutdown, HC_PRIVILEGED, "EPERM ESRCH")

/* out: the structure is written back when the call succeeds */
EVENT_CHANNEL_OP(bind_interdomain, struct evtchn_bind_interdomain, true,  HC_ANY,    "EINVAL ESRCH ENOSPC ENOMEM")
EVENT_CHANNEL_OP(bind_virq,        struct evtchn_bind_virq,        true,  HC_ANY,    "EINVAL ENOENT EEXIST ENOSPC ENOMEM")
EVENT_CHANNEL_OP(close,            struct evtchn_close,            false, HC_ANY,    "EINVAL")
EVENT_CHANNEL_OP(send,             struct evtchn_send,             false, HC_ANY,    "EINVAL")
EVENT_CHANNEL_OP(status,           struct evtchn_status,           true,  HC_TARGET, "EINVAL EPERM ESRCH")
EVENT_CHANNEL_OP(alloc_unbound,    struct evtchn_alloc_unbound,    true,  HC_TARGET, "EINVAL EPERM ESRCH ENOSPC ENOMEM")
EVENT_CHANNEL_OP(bind_ipi,         struct evtchn_bind_ipi,         true,  HC_ANY,    "EINVAL ENOENT ENOSPC ENOMEM")
EVENT_CHANNEL_OP(bind_vcpu,        struct evtchn_bind_vcpu,        false, HC_ANY,    "EINVAL ENOENT")
EVENT_CHANNEL_OP(unmask,           struct evtchn_unmask,           false, HC_ANY,    "EINVAL")
EVENT_CHANNEL_OP(reset,            struct evtchn_reset,            false, HC_TARGET, "EINVAL EPERM ESRCH")
EVENT_CHANNEL_OP(init_control,     struct evtchn_init_control,     false, HC_ANY,    "EINVAL")

HVM_OP(set_param, struct xen_hvm_param, HC_TARGET, "EINVAL EPERM ESRCH EEXIST ENOMEM ENOSPC")
HVM_OP(get_param, struct xen_hvm_param, HC_TARGET, "EINVAL EPERM ESRCH")
HVM_OP(set_evtchn_upcall_vector, struct xen_hvm_evtchn_upcall_vector, HC_ANY, "EINVAL ENOENT")

/* count: 1: of this one structure; GRANT_LIST: of each in a list, in which their results are, too; GRANT_ANY:
 * the count is not looked at. Where the list has a status, it says who may call. */
GRANT_TABLE_OP(map_grant_ref,      struct gnttab_map_grant_ref,      GRANT_LIST, HC_ANY,    "")
GRANT_TABLE_OP(unmap_grant_ref,    struct gnttab_unmap_grant_ref,    GRANT_LIST, HC_ANY,    "")
GRANT_TABLE_OP(setup_table,        struct gnttab_setup_table,        1,          HC_ANY,    "")
GRANT_TABLE_OP(copy,               struct gnttab_copy,               GRANT_LIST, HC_ANY,    "")
GRANT_TABLE_OP(query_size,         struct gnttab_query_size,         1,          HC_ANY,    "")
GRANT_TABLE_OP(unmap_and_replace,  struct gnttab_unmap_and_replace,  GRANT_LIST, HC_ANY,    "")
GRANT_TABLE_OP(set_version,        struct gnttab_set_version,        GRANT_ANY,  HC_ANY,    "")
GRANT_TABLE_OP(get_version,        struct gnttab_get_version,        GRANT_ANY,  HC_TARGET, "EPERM ESRCH")

SYSCTL(readconsole,       struct xen_sysctl_readconsole,       HC_PRIVILEGED, "")
SYSCTL(physinfo,          struct xen_sysctl_physinfo,          HC_PRIVILEGED, "")
SYSCTL(getdomaininfolist, struct xen_sysctl_getdomaininfolist, HC_PRIVILEGED, "")
SYSCTL(debug_keys,        struct xen_sysctl_debug_keys,        HC_PRIVILEGED, "EINVAL")
SYSCTL(getcpuinfo,        struct xen_sysctl_getcpuinfo,        HC_PRIVILEGED, "")
SYSCTL(availheap,         struct xen_sysctl_availheap,         HC_PRIVILEGED, "")
SYSCTL(page_offline_op,   struct xen_sysctl_page_offline_op,   HC_PRIVILEGED, "EINVAL")
SYSCTL(cputopoinfo,       struct xen_sysctl_cputopoinfo,       HC_PRIVILEGED, "ENOBUFS")
SYSCTL(numainfo,          struct xen_sysctl_numainfo,          HC_PRIVILEGED, "ENOBUFS")
SYSCTL(claiminfo,         struct xen_sysctl_claiminfo,         HC_PRIVILEGED, "ENOBUFS")
SYSCTL(domain_map,        struct xen_sysctl_domain_map,        HC_PRIVILEGED, "ESRCH")
SYSCTL(page_runs,         struct xen_sysctl_page_runs,         HC_PRIVILEGED, "")
SYSCTL(allod_debug,       struct xen_sysctl_allod_debug,       HC_PRIVILEGED, "EINVAL ESRCH")
SYSCTL(exit_stats,        struct xen_sysctl_exit_stats,        HC_PRIVILEGED, "ESRCH ENOBUFS")
SYSCTL(lock_stats,        struct xen_sysctl_lock_stats,        HC_PRIVILEGED, "EINVAL ENOBUFS")

/* finds: op.domain need not name a domain; the operation finds its own */
DOMCTL(createdomain,            struct xen_domctl_createdomain,   HC_PRIVILEGED, true,  "EINVAL EEXIST ENOMEM")
DOMCTL(destroydomain,           struct none,                      HC_PRIVILEGED, false, "EINVAL")
DOMCTL(pausedomain,             struct none,                      HC_PRIVILEGED, false, "EINVAL")
DOMCTL(unpausedomain,           struct none,                      HC_PRIVILEGED, false, "EINVAL")
DOMCTL(getdomaininfo,           struct xen_domctl_getdomaininfo,  HC_PRIVILEGED, true,  "ESRCH")
DOMCTL(setvcpuaffinity,         struct xen_domctl_vcpuaffinity,   HC_PRIVILEGED, false, "EINVAL ESRCH")
DOMCTL(shadow_op,               struct xen_domctl_shadow_op,      HC_PRIVILEGED, false, "EINVAL ENOMEM EBUSY")
DOMCTL(max_mem,                 struct xen_domctl_max_mem,        HC_PRIVILEGED, false, "")
DOMCTL(getvcpuinfo,             struct xen_domctl_getvcpuinfo,    HC_PRIVILEGED, false, "EINVAL ESRCH")
DOMCTL(max_vcpus,               struct xen_domctl_max_vcpus,      HC_PRIVILEGED, false, "EINVAL ENOMEM ESRCH")
DOMCTL(settimeoffset,           struct xen_domctl_settimeoffset,  HC_PRIVILEGED, false, "")
DOMCTL(getvcpuaffinity,         struct xen_domctl_vcpuaffinity,   HC_PRIVILEGED, false, "EINVAL ESRCH")
DOMCTL(gethvmcontext,           struct xen_domctl_hvmcontext,     HC_PRIVILEGED, false, "EINVAL ENOSPC")
DOMCTL(sethvmcontext,           struct xen_domctl_hvmcontext,     HC_PRIVILEGED, false, "EINVAL ESRCH")
DOMCTL(hypercall_init,          struct xen_domctl_hypercall_init, HC_PRIVILEGED, false, "EACCES")
DOMCTL(setnodeaffinity,         struct xen_domctl_nodeaffinity,   HC_PRIVILEGED, false, "EINVAL")
DOMCTL(getnodeaffinity,         struct xen_domctl_nodeaffinity,   HC_PRIVILEGED, false, "EINVAL")
DOMCTL(setvnumainfo,            struct xen_domctl_vnuma,          HC_PRIVILEGED, false, "EINVAL E2BIG ENOMEM ESRCH")
DOMCTL(get_paging_mempool_size, struct xen_domctl_paging_mempool, HC_PRIVILEGED, false, "")
DOMCTL(set_paging_mempool_size, struct xen_domctl_paging_mempool, HC_PRIVILEGED, false, "EINVAL ENOMEM EBUSY")
DOMCTL(claim_memory,            struct xen_domctl_claim_memory,   HC_PRIVILEGED, false, "EOPNOTSUPP EINVAL E2BIG ENOENT ENOMEM ERANGE ESRCH")

#undef HYPERCALL
#undef MEMORY_OP
#undef XEN_VERSION
#undef CONSOLE_IO
#undef VCPU_OP
#undef SCHED_OP
#undef EVENT_CHANNEL_OP
#undef HVM_OP
#undef GRANT_TABLE_OP
#undef SYSCTL
#undef DOMCTL
/* clang-format on */
