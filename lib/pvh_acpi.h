/* SPDX-License-Identifier: MIT */
/* The ACPI tables of a domain: its vCPUs and, if it has them, its virtual NUMA nodes. */
#pragma once

#include "pvh_numa.h"

/* How many bytes they take for 1 to PVH_MAX_VCPUS vCPUs: a multiple of 8, PVH_ACPI_MAX at most. NUMA: NULL,
 * or with nr_nodes 0, for none. */
uint64_t pvh_acpi_size(unsigned int vcpus, const struct pvh_numa *numa);
#define PVH_ACPI_MAX 8192

/* Write them into BUF, which has pvh_acpi_size() bytes and becomes guest-physical GPA (8-byte aligned): RSDP
 * first, so GPA goes into hvm_start_info; FADT of a machine without fixed hardware; an empty DSDT; MADT with
 * one local APIC for each vCPU, its processor id = APIC id = the vCPU's number; SRAT and SLIT; XSDT. */
void pvh_acpi_build(unsigned int vcpus, const struct pvh_numa *numa, uint64_t gpa, void *buf);
