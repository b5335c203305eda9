/* SPDX-License-Identifier: MIT */
/* Do domains see or touch what is not theirs? Three roles of one image:
 *   judge   privileged: builds the other two, tells them when to go on, counts memory
 *   holder  fills its memory with a secret, gives half of it back, has it back, is destroyed in the end
 *   prober  tries every privileged call and every way to map memory, and takes all memory that is free
 *           to look for what others have left in it
 * The judge goes on when a child's stage, an HVM parameter that it may write itself, says so; the child when
 * the judge's word does, one that only the judge may write. */
#pragma once

#include <guest.h>
#include <guest_cases.h>
#include <xenctrl.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MiB           (1UL << 20)
#define PAGES(bytes)  ((bytes) >> PAGE_SHIFT)

#define HOLDER_SIZE   (32 * MiB)
#define PROBER_SIZE   (16 * MiB)
#define SECRET        0x5ec2e75ec2e75ec2UL /* exclusive-or with the word's number */
#define FREE_GFN      0x80000UL            /* nothing is there in any of the domains */

#define NOBODY        30009U /* no domain has this id */

#define STAGE_PARAM   HVM_PARAM_VM86_TSS_SIZED
#define PAGES_PARAM   HVM_PARAM_VM86_TSS /* how many pages the prober has searched */
#define WORD_PARAM    HVM_PARAM_X87_FIP_WIDTH

extern const char *role; /* the cases' topic */

/* ---- talk.c: a child tells the judge, and waits for its word ---- */

void stage_reached(uint64_t stage);
void wait_for_word(uint64_t word);

/* ---- table.c: one valid call for each line of hypercall/calls.h ---- */

enum who { HC_ANY, HC_TARGET, HC_PRIVILEGED };

struct row {
    unsigned int nr, op;
    enum who who;
    bool counts; /* returns how much is done, never an error */
    const char *name;
};
extern const struct row rows[];
extern const unsigned int nr_rows;

/* Make the call about this domain, which has the pages and the vCPU of a sample (judge_table.c). What a
 * domctl returned is in *reply. */
int64_t row_call(const struct row *r, domid_t domid, struct xen_domctl *reply);

/* ---- arguments.c ---- */

/* The structure of an operation of memory_op, hvm_op, sched_op or vcpu_op, all ready; *size is given. */
void fill_memory_op(unsigned int op, domid_t domid, void *argument);
void fill_sysctl(struct xen_sysctl *op);
void fill_domctl(struct xen_domctl *op);

#define SAMPLE_PAGES 4U /* at guest frames from 0 on */

/* ---- the roles ---- */

int judge(xc_interface *xch);
/* Each call of the table that is not for everybody succeeds with privilege. */
void judge_table(xc_interface *xch);
int holder(void);
int prober(domid_t holder_domid);
/* Parts of it. */
void probe_privilege(domid_t holder_domid);
void probe_mappings(domid_t holder_domid);
void probe_exchange(domid_t holder_domid);
void probe_addresses(void);
void search(const char *when);
void search_by_exchange(const char *when);

/* Frames that this domain does not have, up to the highest that a page table can name and further. */
#define NR_BEYOND 12U
extern const xen_pfn_t beyond[NR_BEYOND];

/* Exchange the extents of one list for those of the other; 0 or a negative errno. */
int64_t exchange(const struct xen_memory_reservation *in, const struct xen_memory_reservation *out);
