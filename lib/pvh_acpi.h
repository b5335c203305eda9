/* SPDX-License-Identifier: MIT */
/* The ACPI tables of a domain: its vCPUs and, if it has them, its virtual NUMA nodes. */
#pragma once

#include <stdint.h>
#include <xen/memory.h>
#include <xen/xen.h>

#define PVH_ACPI_VCPUS 128 /* all have APIC ids that any local APIC can address */

struct pvh_acpi {
    unsigned int vcpus;           /* 1 to PVH_ACPI_VCPUS */
    unsigned int nr_vnodes;       /* 0: no SRAT and no SLIT */
    const uint32_t *vcpu_to_node; /* each below nr_vnodes */
    const uint32_t *distance;     /* nr_vnodes x nr_vnodes; 10 is a node's own, what is above 254 is 255 */
    unsigned int nr_ranges;
    const struct xen_vmemrange *ranges; /* bytes, [start, end) on virtual node nid */
};

/* How many bytes they take, a multiple of 8. */
uint64_t pvh_acpi_size(const struct pvh_acpi *a);

/* Write them into BUF, which has pvh_acpi_size() bytes and becomes guest-physical GPA (8-byte aligned): RSDP
 * first, so GPA goes into hvm_start_info; XSDT; FADT of a machine without fixed hardware; an empty DSDT; MADT
 * with one local APIC for each vCPU, its processor id = APIC id = the vCPU's number; SRAT and SLIT. */
void pvh_acpi_build(const struct pvh_acpi *a, uint64_t gpa, void *buf);
