/* SPDX-License-Identifier: MIT */
/* Places for domains: pins, boxes, death and renewal. */
#include "slots.h"

#include "error.h"
#include "machine.h"
#include <sched.h>
#include <string.h>

#define MAX_SLOTS   16
#define SLOT_CLOSED 0x80000000U
#define ORDER_BITS  8

static struct slot slots[MAX_SLOTS];
static unsigned int slots_in_use;

struct slot *slot_at(unsigned int i)
{
    return &slots[i];
}

unsigned int nr_slots(void)
{
    return slots_in_use;
}

static void begin(struct slot *s)
{
    static uint64_t next_mark = 1;
    domid_t domid = (domid_t)(s - slots + 1);

    memset(&s->d, 0, sizeof(s->d));
    s->mark = __atomic_fetch_add(&next_mark, 1, __ATOMIC_RELAXED) << 16 | domid;
    domain_mem_init(&s->d, domid);
    domain_set_max_pages(&s->d, MAX_PAGES);
    __atomic_store_n(&s->users, 0, __ATOMIC_RELEASE);
}

void slots_open(unsigned int nr, const unsigned long *pages)
{
    struct machine_config config = {.nr_nodes = NR_NODES, .first_mfn = (4 * GiB >> PAGE_SHIFT) - pages[0]};

    memcpy(config.pages, pages, NR_NODES * sizeof(*pages));
    machine_create(&config);
    slots_in_use = nr;
    for (unsigned int i = 0; i < nr; i++)
        begin(&slots[i]);
}

bool slot_pin(struct slot *s)
{
    uint32_t users = __atomic_load_n(&s->users, __ATOMIC_RELAXED);

    do {
        if (users & SLOT_CLOSED)
            return false;
    } while (
        !__atomic_compare_exchange_n(&s->users, &users, users + 1, true, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED));
    return true;
}

void slot_unpin(struct slot *s)
{
    __atomic_sub_fetch(&s->users, 1, __ATOMIC_RELEASE);
}

/* Only one may end a domain, and everybody else must have left before it goes. */
static bool close_slot(struct slot *s)
{
    if (__atomic_fetch_or(&s->users, SLOT_CLOSED, __ATOMIC_ACQUIRE) & SLOT_CLOSED)
        return false;
    while (__atomic_load_n(&s->users, __ATOMIC_ACQUIRE) != SLOT_CLOSED)
        sched_yield();
    return true;
}

static void end(struct slot *s)
{
    struct domain_mem_info info;

    domain_mem_kill(&s->d);
    while (domain_relinquish_pages(&s->d, 16))
        ;
    expect(paging_set_allocation(&s->d, 0) == 0, "the paging pool of d%u is used", s->d.domid);
    domain_mem_info(&s->d, &info);
    expect(!info.tot_pages && !info.outstanding_pages && !info.node_claims,
           "d%u leaves %lu pages, %lu claimed, %lu of them on nodes", s->d.domid, info.tot_pages,
           info.outstanding_pages, info.node_claims);
    domain_mem_destroy(&s->d);
    memset(s->box, 0, sizeof(s->box));
}

void slot_replace(struct slot *s)
{
    if (!slot_pin(s))
        return;
    domain_mem_kill(&s->d);
    domain_relinquish_pages(&s->d, 64);
    slot_unpin(s);
    if (close_slot(s)) {
        end(s);
        begin(s);
    }
}

void slots_close(void)
{
    for (unsigned int i = 0; i < slots_in_use; i++)
        end(&slots[i]);
    expect_all_free();
    machine_destroy();
}

void expect_mark(const struct slot *s, struct page_info *pg)
{
    const uint64_t *word = page_to_virt(pg);
    uint64_t mark = __atomic_load_n(&word[MARK_WORD], __ATOMIC_RELAXED);

    expect(mark == 0 || mark == s->mark, "page %#lx of d%u shows %#lx, its domain writes %#lx",
           page_to_mfn(pg).v, s->d.domid, mark, s->mark);
}

/* Who wants to look at a page or write to it needs a reference: the owner may be losing it. */
struct page_info *slot_alloc_wild(struct slot *s, unsigned int order, unsigned int memflags)
{
    struct page_info *pg = alloc_domheap_pages(&s->d, order, memflags);

    for (unsigned long i = 0; pg && i < 1UL << order; i++) {
        uint64_t *word = page_to_virt(pg + i);

        if (!get_page(pg + i, &s->d))
            continue;
        expect_mark(s, pg + i);
        __atomic_store_n(&word[MARK_WORD], s->mark, __ATOMIC_RELAXED);
        put_page(&s->d, pg + i);
    }
    return pg;
}

struct page_info *slot_alloc(struct worker *w, struct slot *s, unsigned int order, unsigned int memflags)
{
    struct page_info *pg = alloc_domheap_pages(&s->d, order, memflags);

    for (unsigned long i = 0; pg && i < 1UL << order; i++) {
        uint64_t *word = page_to_virt(pg + i), other = pick(w, PAGE_SIZE / sizeof(*word));

        expect(!word[MARK_WORD] && !word[other], "page %#lx came with %#lx, and %#lx at word %lu",
               page_to_mfn(pg + i).v, word[MARK_WORD], word[other], other);
        __atomic_store_n(&word[MARK_WORD], s->mark, __ATOMIC_RELAXED);
    }
    return pg;
}

void box_put(struct worker *w, struct slot *s, struct page_info *pg, unsigned int order)
{
    uint64_t old = __atomic_exchange_n(&s->box[pick(w, MAIL)], page_to_mfn(pg).v << ORDER_BITS | order,
                                       __ATOMIC_ACQ_REL);

    if (old)
        free_domheap_pages(&s->d, mfn_to_page(mfn(old >> ORDER_BITS)), old & ((1U << ORDER_BITS) - 1));
}

void box_fill(struct slot *s)
{
    for (unsigned int i = 0; i < MAIL; i++) {
        struct page_info *pg = slot_alloc_wild(s, 0, 0);

        s->box[i] = pg ? page_to_mfn(pg).v << ORDER_BITS : 0;
    }
}

struct page_info *box_take(struct worker *w, struct slot *s, unsigned int *order)
{
    uint64_t old = __atomic_exchange_n(&s->box[pick(w, MAIL)], 0, __ATOMIC_ACQ_REL);

    *order = old & ((1U << ORDER_BITS) - 1);
    return old ? mfn_to_page(mfn(old >> ORDER_BITS)) : NULL;
}

struct page_info *box_look(struct worker *w, const struct slot *s)
{
    uint64_t old = __atomic_load_n(&s->box[pick(w, MAIL)], __ATOMIC_RELAXED);

    if (!old)
        return NULL;
    return mfn_to_page(mfn((old >> ORDER_BITS) + pick(w, 1U << (old & ((1U << ORDER_BITS) - 1)))));
}
