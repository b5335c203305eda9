/* SPDX-License-Identifier: MIT */
/* xen_version: what guests learn about the hypervisor. We speak Xen 4.17's ABI. */
#include "hypercall.h"
#include <string.h>
#include <xen/version.h>

#define ABI_MAJOR 4U
#define ABI_MINOR 17U

_Static_assert(sizeof(xen_compile_info_t) == 144, "version.h: struct xen_compile_info");

/* All that is copied out, zeroed before it is filled. */
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

static int64_t fill_extraversion(struct vcpu *v UNUSED, union version_info *info)
{
    set_text(info->extraversion, sizeof(info->extraversion), ".0-allod");
    return 0;
}

static int64_t fill_compile_info(struct vcpu *v UNUSED, union version_info *info)
{
    set_text(info->compile_info.compiler, sizeof(info->compile_info.compiler), "gcc " __VERSION__);
    set_text(info->compile_info.compile_by, sizeof(info->compile_info.compile_by), "allod");
    return 0;
}

static int64_t fill_capabilities(struct vcpu *v UNUSED, union version_info *info)
{
    set_text(info->capabilities, sizeof(info->capabilities), "hvm-3.0-x86_64 ");
    return 0;
}

/* What we have no value for reads as empty: changeset, virt_start (PV only), command line. */
static int64_t fill_nothing(struct vcpu *v UNUSED, union version_info *info UNUSED)
{
    return 0;
}

static int64_t fill_features(struct vcpu *v, union version_info *info)
{
    if (info->features.submap_idx >= XENFEAT_NR_SUBMAPS)
        return refuse(EINVAL, "xen_version: feature submap %u", info->features.submap_idx);
    info->features.submap = 1U << XENFEAT_writable_page_tables | 1U << XENFEAT_auto_translated_physmap |
                            (v->domain->privileged ? 1U << XENFEAT_dom0 : 0);
    return 0;
}

static int64_t fill_handle(struct vcpu *v, union version_info *info)
{
    memcpy(info->handle, v->domain->handle, sizeof(info->handle));
    return 0;
}

/* Those with a structure; the others return a value. */
static const struct version_desc {
    uint16_t size;
    bool in; /* copied in first */
    int64_t (*fill)(struct vcpu *v, union version_info *info);
} versions[] = {
    [XENVER_extraversion] = {sizeof(xen_extraversion_t), false, fill_extraversion},
    [XENVER_compile_info] = {sizeof(xen_compile_info_t), false, fill_compile_info},
    [XENVER_capabilities] = {sizeof(xen_capabilities_info_t), false, fill_capabilities},
    [XENVER_changeset] = {sizeof(xen_changeset_info_t), false, fill_nothing},
    [XENVER_platform_parameters] = {sizeof(xen_platform_parameters_t), false, fill_nothing},
    [XENVER_get_features] = {sizeof(xen_feature_info_t), true, fill_features},
    [XENVER_guest_handle] = {sizeof(xen_domain_handle_t), false, fill_handle},
    [XENVER_commandline] = {sizeof(xen_commandline_t), false, fill_nothing},
};

static int64_t version_struct(struct vcpu *v, const struct version_desc *desc, guest_ptr_t arg)
{
    union version_info info;
    int64_t rc;

    memset(&info, 0, sizeof(info));
    if (desc->in && arch_copy_from_guest(&info, arg, desc->size))
        return refuse(EFAULT, "xen_version: argument at %#lx", arg.va);
    rc = desc->fill(v, &info);
    if (rc)
        return rc;
    return arch_copy_to_guest(arg, &info, desc->size) ? refuse(EFAULT, "xen_version: result to %#lx", arg.va)
                                                      : 0;
}

int64_t do_xen_version(struct vcpu *v, struct hypercall *call)
{
    uint32_t cmd = (uint32_t)call->arg[0];

    if (cmd == XENVER_version)
        return ABI_MAJOR << 16 | ABI_MINOR;
    if (cmd == XENVER_pagesize)
        return PAGE_SIZE;
    if (cmd >= ARRAY_SIZE(versions) || !versions[cmd].fill)
        return refuse(ENOSYS, "xen_version: operation %u", cmd);
    return version_struct(v, &versions[cmd], guest_ptr(call->arg[1]));
}
