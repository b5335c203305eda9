/* SPDX-License-Identifier: MIT */
/* Hypercalls at random, reproducible by seed and count, from a guest that must not end itself by them.
 *
 * Every call is made in an address space of its own (space.c), where only the calling instruction and the
 * places for arguments are mapped, so that no result can overwrite this program. What would still end it, or
 * a bystander that a privileged caller may harm by right, is left out (safety.c). Left out are:
 *   - taking away, or mapping over, this image's guest frames, or writing a hypercall page or a vcpu_info
 *     into them;
 *   - mapping others' pages into this domain at frames that the final cleaning does not visit;
 *   - sched_op shutdown (it is the very last call), remote_shutdown of itself or of a bystander;
 *   - sched_op block, and poll without a time limit that is near: nothing might ever wake it;
 *   - vcpu_op down of a vCPU, and up of one that would then run in this program's memory;
 *   - as a privileged caller: any change of a domain that was there at the start, but itself; and much
 *     memory for itself, since what has no address is not to be given back;
 *   - long texts to the console, many debug keys and many pages offline at once, which only take time.
 */
#pragma once

#include <guest.h>
#include <guest_random.h>
#include <stddef.h>
#include <xenctrl.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* ---- numbers.c ---- */

/* True once in N times. */
bool one_in(unsigned int n);
/* A number of the kinds that programs stumble over. */
uint64_t random_number(void);

/* ---- space.c: the address space of the calls ---- */

#define ARENA      0x40000000UL /* where arguments are placed; below 4 GiB, so that 32-bit code sees it */
#define ARENA_SIZE 32UL         /* pages, an unmapped one behind them */

void space_init(void);
/* The root of its page tables. */
uint64_t space_root(void);
/* Forget what was placed; now and then fill some of it, and the wild page table, at random. */
void space_new_call(void);
/* Find room for SIZE bytes (at most 4 pages) and copy them there; usually a good place, but it may be
 * anywhere. The address as the hypervisor will see it. DATA NULL: room for results, apart from arguments. */
uint64_t space_place(const void *data, size_t size);
/* A list of calls begins or ends: the arguments of a later one must not be overwritten by an earlier one's
 * results, or safety.c would have looked at the wrong ones. */
void space_list(bool begins);
/* An address of any kind. */
uint64_t random_address(void);
/* What the hypervisor would read there; false: nothing, as far as is known. */
bool space_peek(uint64_t va, void *to, size_t size);
/* Has anything changed that calls cannot write to? */
bool space_intact(void);

/* ---- layout.c: structures of 32-bit callers ---- */

struct field32 {
    uint8_t offset32, size32, offset, size;
};
struct layout {
    uint16_t size32, size, nr_fields;
    const struct field32 *fields;
};
#define LAYOUT_OF(name) struct name * : &layout_##name
/* NULL: the same for all code. */
#define LAYOUT(type)                                                                                         \
    _Generic(                                                                                                \
        (type *)NULL, LAYOUT_OF(multicall_entry), LAYOUT_OF(xen_memory_reservation),                         \
        LAYOUT_OF(xen_memory_exchange), LAYOUT_OF(xen_add_to_physmap), LAYOUT_OF(xen_add_to_physmap_batch),  \
        LAYOUT_OF(xen_remove_from_physmap), LAYOUT_OF(xen_memory_map), LAYOUT_OF(xen_foreign_memory_map),    \
        LAYOUT_OF(xen_vnuma_topology_info), LAYOUT_OF(sched_poll), LAYOUT_OF(vcpu_runstate_info), default    \
        : (const struct layout *)NULL)
extern const struct layout layout_multicall_entry, layout_xen_memory_reservation, layout_xen_memory_exchange,
    layout_xen_add_to_physmap, layout_xen_add_to_physmap_batch, layout_xen_remove_from_physmap,
    layout_xen_memory_map, layout_xen_foreign_memory_map, layout_xen_vnuma_topology_info, layout_sched_poll,
    layout_vcpu_runstate_info;

/* SIZE bytes of a structure in the layout of the calling code; returns its size there. */
size_t layout_lower(bool compat, const struct layout *l, const void *own, size_t size, uint8_t *view);
/* Place a structure in the layout of the calling code, and read one that lies there. */
uint64_t layout_place(bool compat, const struct layout *l, const void *own, size_t size);
bool layout_peek(bool compat, const struct layout *l, uint64_t va, void *own, size_t size);
/* The same for lists of frame numbers, of up to 64 entries, and for one of their entries. */
uint64_t layout_place_words(bool compat, const uint64_t *words, size_t nr);
bool layout_peek_word(bool compat, uint64_t list, uint64_t index, uint64_t *word);

/* ---- table.c: all calls, from hypercall/calls.h ---- */

enum who { HC_ANY, HC_TARGET, HC_PRIVILEGED };

struct row {
    unsigned int nr, op;
    enum who who;
    size_t size; /* of the structure */
    const struct layout *layout;
    const char *name;
};
extern const struct row rows[];
extern const unsigned int nr_rows;

/* ---- shapes.c: what is plausible in which structure ---- */

/* Fill the structure of R, which is R->size bytes of zeroes. */
void shape_fill(const struct row *r, bool compat, void *own);
/* Choose the domain and the order for what comes next, so that the parts of a call fit together. */
void shape_choose(bool privileged);
/* The domain that was chosen. */
domid_t shape_domain(void);

/* ---- calls.c ---- */

struct call {
    uint64_t nr, arg[6];
    bool compat; /* made by 32-bit code */
};
void call_make_up(struct call *c, bool privileged);
/* Make the call; enter.asm. */
int64_t call_enter(const struct call *c, uint64_t root);
int64_t call_enter_32(const struct call *c, uint64_t root);
void call_init(void);

/* ---- safety.c ---- */

/* The domains that are there now are bystanders, if this is a privileged caller. */
void safety_init(bool privileged);
bool is_bystander(domid_t domid);
bool is_self(domid_t domid);
domid_t own_domid(void);
/* May the call be made? See above. */
bool is_safe(const struct call *c);
/* Guest frames into which others' pages may be mapped: number I, or false when there are no more. */
bool mapping_frame(unsigned int i, uint64_t *gfn);

/* ---- domains.c: what a privileged caller made, and what it leaves behind ---- */

void domains_note(const struct call *c, int64_t result);
domid_t random_domain(bool privileged);
/* Is there a domain that was just made? Then *op is what it needs next. */
bool domains_follow_up(struct xen_domctl *op);

struct memory_sum {
    uint64_t total, free, claimed; /* pages */
    uint64_t own, bystanders;      /* of this domain and of those, with their paging pools */
};
bool memory_sum(struct memory_sum *sum);
/* Destroy the domains that were made, unmap what is others', release claims, bring pages online. */
void clean_up(void);

/* ---- score.c ---- */

void score_note(const struct call *c, int64_t result);
/* TAP comments: calls by family, errors by name, digests of calls and results. A privileged caller's results
 * may differ from run to run in a few calls, where they depend on which pages are free just now. */
void score_print(void);

/* ---- watch.c ---- */

/* The other role: build unprivileged callers, or only watch over one; see there. */
int watch(uint64_t seed, uint64_t count, unsigned int runs);
