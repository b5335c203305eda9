/* SPDX-License-Identifier: MIT */
/* Grant tables between three guests, one of which is destroyed all the time: vCPUs map, copy and unmap, also
 * the same mapping at once, while tables grow and pages go. What is used stays its owner's, and an end ends
 * all uses. */
#include "domain.h"
#include "domheap.h"
#include "grant.h"
#include "named_part.h"
#include "privileged.h"
#include <string.h>

#define GUESTS 3U
#define MORTAL 2U /* the last one; only who destroys it runs its vCPU */
#define PAGES  12U
#define SLOTS  6U /* where a guest maps: frames from AT on */
#define AT     100U
#define REFS   6U /* of each peer: from FIRST on, one after the other */
#define FIRST  8U
#define FRAMES 4U /* that a table grows to */
#define POOL   64U
#define NONE   ~0U

static domid_t ends[GUESTS];
static struct grant_entry_v1 *entries[GUESTS];
static grant_handle_t mapped[GUESTS][SLOTS];

static grant_ref_t ref_of(unsigned int peer, uint64_t n)
{
    return FIRST + peer * REFS + (grant_ref_t)n;
}

/* As its guest does it; what was granted before must be in use no more. */
static void grant_to(struct grant_entry_v1 *table, unsigned int peer, domid_t domid)
{
    for (unsigned int n = 0; n < REFS; n++) {
        struct grant_entry_v1 *e = &table[ref_of(peer, n)];
        uint16_t flags = __atomic_exchange_n(&e->flags, 0, __ATOMIC_SEQ_CST);

        expect(!(flags & (GTF_reading | GTF_writing)), "flags %#x: d%u has ended, and its use has not", flags,
               e->domid);
        WRITE_ONCE(e->domid, domid);
        WRITE_ONCE(e->frame, n);
        __atomic_store_n(&e->flags, GTF_permit_access | (n % 2 ? GTF_readonly : 0), __ATOMIC_SEQ_CST);
    }
}

static void new_guest(unsigned int i)
{
    struct call_domain c;
    struct domain *d;
    gfn_t *at;

    expect(call_create(&c, LEVEL_MAX_PAGES) == 0 && call_set_pool(c.domid, POOL) == 0, "a domain: %d", errno);
    expect(call_populate(&c, PAGES, 0, 0) == PAGES, "its pages");
    d = domain_get((domid_t)c.domid);
    spin_lock(&d->domctl_lock);
    grant_set_limits(d, ~0U, ~0U);
    expect(grant_grow(d, 1) == 0, "its grant table");
    entries[i] = grant_frame(d, 0, &at);
    spin_unlock(&d->domctl_lock);
    for (unsigned int peer = 0; peer < GUESTS; peer++)
        grant_to(entries[i], peer, READ_ONCE(ends[peer]));
    for (unsigned int slot = 0; slot < SLOTS; slot++)
        mapped[i][slot] = NONE;
    WRITE_ONCE(ends[i], d->domid);
    domain_put(d);
}

/* One of the first NR; NULL: it has ended just now. */
static struct domain *some_guest(struct worker *w, unsigned int nr)
{
    return domain_get(READ_ONCE(ends[pick(w, nr)]));
}

/* ---- what vCPUs of guest I do ---- */

static void map_some(struct worker *w, unsigned int i, struct domain *d, struct domain *owner)
{
    const uint64_t slot = pick(w, SLOTS), n = pick(w, REFS);
    grant_handle_t handle;
    int rc = grant_map(d, owner, ref_of(i, n), n % 2, gfn(AT + slot), &handle);

    rc ? w->refused++ : w->granted++;
    if (rc == GNTST_okay)
        __atomic_store_n(&mapped[i][slot], handle, __ATOMIC_SEQ_CST);
}

/* It may be gone already, by another vCPU. */
static void unmap_some(struct worker *w, unsigned int i, struct domain *d)
{
    const uint64_t slot = pick(w, SLOTS);

    grant_unmap(d, __atomic_load_n(&mapped[i][slot], __ATOMIC_SEQ_CST), gfn(AT + slot));
}

static void copy_some(struct worker *w, unsigned int i, struct domain *owner)
{
    const uint64_t n = pick(w, REFS);
    struct page_info *pg, now;

    if (grant_use(owner, ref_of(i, n), ends[i], n % 2, &pg))
        return;
    perturb();
    now.state = __atomic_load_n(&pg->state, __ATOMIC_RELAXED);
    expect((now.count_info & PGC_STATE_MASK) == PGC_STATE_INUSE && now.owner == owner->domid,
           "a page of d%u is used, with count %#x of d%u", owner->domid, now.count_info, now.owner);
    __atomic_fetch_add((uint64_t *)page_to_virt(pg), 1, __ATOMIC_RELAXED);
    grant_end_use(owner, ref_of(i, n), n % 2, pg);
}

static void vcpu(struct worker *w)
{
    const unsigned int i = (unsigned int)(uintptr_t)w->arg;
    struct domain *d = domain_get(ends[i]);

    level->enter(w);
    while (crew_goes_on(w)) {
        struct domain *owner = some_guest(w, GUESTS);

        unmap_some(w, i, d);
        if (!owner)
            continue;
        map_some(w, i, d, owner);
        copy_some(w, i, owner);
        domain_put(owner);
    }
    domain_put(d);
}

/* ---- others ---- */

static void grower(struct worker *w)
{
    level->enter(w);
    while (crew_goes_on(w)) {
        struct domain *d = some_guest(w, GUESTS);

        if (!d)
            continue;
        grant_grow(d, 1 + (uint32_t)pick(w, FRAMES)) ? w->refused++ : w->granted++;
        domain_put(d);
    }
}

/* Pages that are granted go, and others come. */
static void shrinker(struct worker *w)
{
    level->enter(w);
    while (crew_goes_on(w)) {
        struct call_domain d = {.domid = ends[pick(w, MORTAL)], .pages = pick(w, REFS)};

        w->granted += call_decrease(&d, d.pages, 1);
        call_populate(&d, 1, 0, 0);
    }
}

static void play_mortal(struct worker *w)
{
    struct domain *d = domain_get(ends[MORTAL]);

    for (unsigned int n = 0; n < SLOTS; n++) {
        struct domain *owner = some_guest(w, MORTAL);

        map_some(w, MORTAL, d, owner);
        copy_some(w, MORTAL, owner);
        domain_put(owner);
    }
    domain_put(d);
}

static void destroyer_of_guests(struct worker *w)
{
    level->enter(w);
    while (crew_goes_on(w)) {
        domid_t old = ends[MORTAL];

        play_mortal(w);
        new_guest(MORTAL);
        expect(call_destroy(old) == 0, "d%u is destroyed: errno %d", old, errno);
        for (unsigned int i = 0; i < MORTAL; i++)
            grant_to(entries[i], MORTAL, ends[MORTAL]);
        w->granted++;
    }
}

void guests_grant(const struct level *l, unsigned int milliseconds)
{
    if (l == &level_mm)
        return; /* it knows of none */
    open_level(l);
    for (unsigned int i = 0; i < GUESTS; i++)
        new_guest(i);
    for (unsigned int i = 0; i < GUESTS; i++)
        for (unsigned int peer = 0; peer < GUESTS; peer++)
            grant_to(entries[i], peer, ends[peer]);
    for (uintptr_t i = 0; i < 2 * MORTAL; i++)
        crew_add("vCPU", vcpu, (void *)(i % MORTAL));
    crew_add("grower", grower, NULL);
    crew_add("shrinker", shrinker, NULL);
    crew_add("destroyer", destroyer_of_guests, NULL);
    crew_run(level->name, "grants between guests that come and go", milliseconds);
    for (unsigned int i = 0; i < GUESTS; i++)
        expect(call_destroy(ends[i]) == 0, "d%u is destroyed: errno %d", ends[i], errno);
    memset(ends, 0, sizeof(ends));
    level->close();
}
