/* SPDX-License-Identifier: MIT */
/* Build a domain from a PVH image, by the sequence of docs/claims.md section 10. */
#pragma once

#include <xenctrl.h>

/* What xc_domain_hvm_setcontext takes for a domain that starts. */
struct __attribute__((packed)) guest_start_state {
    struct hvm_save_descriptor header_d;
    HVM_SAVE_TYPE(HEADER) header;
    struct hvm_save_descriptor cpu_d;
    HVM_SAVE_TYPE(CPU) cpu;
    struct hvm_save_descriptor end_d;
};

/* vCPU 0 at ENTRY as PVH wants it, with its start information at guest-physical START_INFO. */
void guest_start_state_init(struct guest_start_state *state, uint32_t entry, uint64_t start_info);

struct guest_build_module {
    const char *name; /* becomes the module's command line */
    const void *data;
    uint64_t size;
};

struct guest_build_config {
    const char *name; /* for messages */
    const void *image;
    uint64_t image_size;
    const char *cmdline; /* NULL: none */
    unsigned int nr_modules;
    const struct guest_build_module *modules;
    uint64_t pages; /* of RAM; guest_build_extra() come on top */
    unsigned int vcpus;
    /* The claim set; memory for a node's entry is taken from exactly that node, all other from where it is to
     * be had. 0 entries: no claims are made. */
    unsigned int nr_claims;
    const struct xen_memory_claim *claims;
    /* Each node's entry becomes a virtual node, in the set's order; what no entry covers belongs to the last
     * one. The vCPUs are shared out evenly. */
    bool vnuma;
    bool only_hints;          /* nothing is claimed: the set's nodes are asked for, any other will do */
    unsigned int order_limit; /* extents are of orders below this one; 0: as large as fits */
    uint64_t affinity;        /* one bit for each node; 0: not set */
    uint64_t *populated;      /* unless NULL: the pages that it got, also when the build fails */
};

/* Pages besides its RAM that a domain gets, before its claims and from any node: its ACPI tables. */
uint64_t guest_build_extra(const struct guest_build_config *config);

/* After a claim has failed with ENOMEM: the first target of the set with too little memory, in TEXT (SIZE
 * bytes, 100 are enough), as "node 2: 512 pages (2 MiB) wanted, 0 (0 MiB) free and unclaimed"; "host: ..."
 * when every node has enough and all together not. What DOMID itself has claimed counts as unclaimed, for the
 * set replaces it. "" when there is enough by now, or nobody says. */
void guest_claim_shortage(xc_interface *xch, uint32_t domid, const struct xen_memory_claim *set, uint32_t nr,
                          char *text, size_t size);

/* The domain is complete and still paused, claims that are left over are released; the caller unpauses it. On
 * failure nothing of it remains but *DOMID, for whoever reads the log: -1, errno, and in ERROR (SIZE bytes)
 * which step failed with what numbers. */
int guest_build(xc_interface *xch, const struct guest_build_config *config, uint32_t *domid, char *error,
                size_t size);
