/* SPDX-License-Identifier: MIT */
/* xen_version: what guests learn about the hypervisor. We speak Xen 4.17's ABI. */
#include "compat.h"
#include "version.h"
#include <string.h>
#include <xen/version.h>

#define ABI_MAJOR 4U
#define ABI_MINOR 17U

_Static_assert(sizeof(xen_compile_info_t) == 144, "version.h: struct xen_compile_info");

/* All that is copied out; as much of it as is copied was zeroed before it is filled. */
union version_info {
    xen_extraversion_t extraversion;
    xen_compile_info_t compile_info;
    xen_capabilities_info_t capabilities;
    xen_changeset_info_t changeset;
    xen_platform_parameters_t platform_parameters;
    xen_feature_info_t features;
    xen_domain_handle_t handle;
    xen_commandline_t commandline;
};

static void set_text(char *dst, size_t size, const char *text)
{
    memcpy(dst, text, MIN(strlen(text), size - 1));
}

static int64_t version_extraversion(struct vcpu *v UNUSED, union version_info *info)
{
    set_text(info->extraversion, sizeof(info->extraversion), ".0-allod");
    return 0;
}

static int64_t version_compile_info(struct vcpu *v UNUSED, union version_info *info)
{
    set_text(info->compile_info.compiler, sizeof(info->compile_info.compiler), "gcc " __VERSION__);
    set_text(info->compile_info.compile_by, sizeof(info->compile_info.compile_by), "allod");
    return 0;
}

static int64_t version_capabilities(struct vcpu *v UNUSED, union version_info *info)
{
    set_text(info->capabilities, sizeof(info->capabilities), "hvm-3.0-x86_64 ");
    return 0;
}

static int64_t version_version(struct vcpu *v UNUSED, union version_info *info UNUSED)
{
    return ABI_MAJOR << 16 | ABI_MINOR;
}

static int64_t version_pagesize(struct vcpu *v UNUSED, union version_info *info UNUSED)
{
    return PAGE_SIZE;
}

static int64_t version_changeset(struct vcpu *v UNUSED, union version_info *info)
{
    set_text(info->changeset, sizeof(info->changeset), allod_version);
    return 0;
}

/* What we have no value for reads as empty: virt_start (PV only), command line. */
static int64_t version_nothing(struct vcpu *v UNUSED, union version_info *info UNUSED)
{
    return 0;
}
#define version_platform_parameters version_nothing
#define version_commandline         version_nothing

static int64_t version_get_features(struct vcpu *v, union version_info *info)
{
    if (info->features.submap_idx >= XENFEAT_NR_SUBMAPS)
        return refuse(EINVAL, "xen_version: feature submap %u", info->features.submap_idx);
    info->features.submap = 1U << XENFEAT_writable_page_tables | 1U << XENFEAT_auto_translated_physmap |
                            1U << XENFEAT_hvm_callback_vector | 1U << XENFEAT_hvm_safe_pvclock |
                            1U << XENFEAT_memory_op_vnode_supported |
                            (v->domain->privileged ? 1U << XENFEAT_dom0 : 0);
    return 0;
}

static int64_t version_guest_handle(struct vcpu *v, union version_info *info)
{
    spin_lock(&v->domain->domctl_lock);
    memcpy(info->handle, v->domain->handle, sizeof(info->handle));
    spin_unlock(&v->domain->domctl_lock);
    return 0;
}

static const struct version_desc {
    const struct guest_struct *arg;
    bool in; /* copied in first */
    int64_t (*fill)(struct vcpu *v, union version_info *info);
} versions[] = {
#define XEN_VERSION(name, structure, in, who, errors)                                                        \
    [XENVER_##name] = {GUEST_STRUCT(structure), in, version_##name},
#include "calls.h"
};

static int64_t version_struct(struct vcpu *v, const struct version_desc *desc, const struct hypercall *call)
{
    guest_ptr_t arg = guest_ptr(call->arg[1]);
    union version_info info;
    int64_t rc;

    memset(&info, 0, desc->arg->size);
    if (desc->in && guest_struct_read(call->compat, desc->arg, &info, arg))
        return refuse(EFAULT, "xen_version: argument at %#lx", arg.va);
    rc = desc->fill(v, &info);
    if (rc)
        return rc;
    if (guest_struct_write(call->compat, desc->arg, arg, &info))
        return refuse(EFAULT, "xen_version: result to %#lx", arg.va);
    return 0;
}

int64_t do_xen_version(struct vcpu *v, struct hypercall *call)
{
    uint32_t cmd = (uint32_t)call->arg[0];

    if (cmd >= ARRAY_SIZE(versions))
        return refuse(ENOSYS, "xen_version: operation %u", cmd);
    return versions[cmd].arg->size ? version_struct(v, &versions[cmd], call) : versions[cmd].fill(v, NULL);
}
