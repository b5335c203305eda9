/* SPDX-License-Identifier: MIT */
/* The machine that runs guests, played by threads: a CPU enters as the run loop does, walks tables as an MMU
 * does, keeps what it learned under its ASID until that is flushed, and leaves when it is kicked. */
#include "guest_cpus.h"

#include "domain.h"
#include "hvm/asid.h"
#include "hvm/p2m_table.h"
#include "soup_calls.h"
#include "turns.h"
#include <stdlib.h>
#include <string.h>

#define NR_GUESTS 2U
#define NR_VCPUS  2U  /* of each */
#define NR_CPUS   4U  /* as many, so that vCPUs move about */
#define NR_FRAMES 48U /* below all of them is one table */
#define NR_ASIDS  MAX_ASIDS
#define GUEST_CPU 1U        /* the first one's number */
#define PATIENCE  5000000UL /* looks at memory in which a builder that goes on kicks many times */

/* What an MMU knows for an ASID: leaves, and the table that they are in. */
struct asid_cache {
    uint64_t leaf[NR_FRAMES];
    const uint64_t *table;
};

struct guest_cpu {
    struct svm_percpu percpu;
    struct asid_cache tlb[NR_ASIDS];
    bool kicked;
};

static struct guest_vcpu {
    struct arch_vcpu arch;
    struct vmcb vmcb;
    bool taken; /* by a CPU */
} vcpus[NR_GUESTS][NR_VCPUS];

static struct domain *guests[NR_GUESTS];
static struct guest_cpu *cpus[NR_CPUS];
static unsigned int builders_left;

/* One in four is lost on the way, but for the scheduler's. */
void arch_cpu_kick(unsigned int cpu)
{
    static unsigned int nr;

    turns_kick(cpu);
    if (cpu - GUEST_CPU < NR_CPUS && cpus[cpu - GUEST_CPU] &&
        __atomic_add_fetch(&nr, 1, __ATOMIC_RELAXED) % 4)
        __atomic_store_n(&cpus[cpu - GUEST_CPU]->kicked, true, __ATOMIC_RELAXED);
}

static uint64_t entry_at(const uint64_t *table, uint64_t gfn, unsigned int level)
{
    uint64_t entry = __atomic_load_n(&table[(gfn >> LEVEL_ORDER(level)) % P2M_ENTRIES], __ATOMIC_ACQUIRE);

    expect(!entry || (entry & ~(P2M_ADDRESS | P2M_TYPE)) == P2M_TABLE,
           "%#lx is no entry: the table of level %u was freed while CPUs walk it", entry, level);
    return entry;
}

/* From the table that is known, or from the root. */
static uint64_t walk(const struct arch_domain *a, struct asid_cache *known, uint64_t gfn)
{
    const uint64_t *table = __atomic_load_n((uint64_t *const *)&a->p2m, __ATOMIC_ACQUIRE);

    for (unsigned int level = P2M_LEVELS; level > 1 && !known->table; level--) {
        uint64_t entry = entry_at(table, gfn, level);

        if (!entry)
            return 0;
        table = mfn_to_virt(p2m_entry_mfn(entry));
        if (level == 2)
            known->table = table;
    }
    return entry_at(known->table, gfn, 1);
}

/* Read, modify and write a word of a page, if there is one. A page that is exchanged in gets its owner just
 * after it is mapped. */
static void touch(const struct domain *d, struct asid_cache *known, uint64_t gfn)
{
    struct page_info *pg, now;

    if (!known->leaf[gfn])
        known->leaf[gfn] = walk(&d->arch, known, gfn);
    if (!known->leaf[gfn])
        return;
    pg = mfn_to_page(p2m_entry_mfn(known->leaf[gfn]));
    now.state = __atomic_load_n(&pg->state, __ATOMIC_RELAXED);
    expect((now.count_info & PGC_STATE_MASK) == PGC_STATE_INUSE &&
               (now.owner == d->domid || now.owner == DOMID_INVALID),
           "d%u touches gfn %#lx, a page with count %#x of d%u", d->domid, gfn, now.count_info, now.owner);
    __atomic_fetch_add((uint64_t *)page_to_virt(pg), 1, __ATOMIC_RELAXED);
}

/* One in four stays until it is kicked, as guests do that compute. */
static void in_guest_mode(struct worker *w, struct guest_cpu *c, const struct domain *d,
                          struct asid_cache *known)
{
    uint64_t looks = one_in(w, 4) ? PATIENCE : pick(w, 40);

    for (uint64_t n = 0; n < looks; n++) {
        if (__atomic_load_n(&c->kicked, __ATOMIC_RELAXED) ||
            !__atomic_load_n(&builders_left, __ATOMIC_RELAXED))
            break;
        touch(d, known, pick(w, NR_FRAMES));
        perturb();
        expect(n < PATIENCE - 1, "d%u computes for ever on CPU %u, and nobody kicks it", d->domid, w->cpu);
    }
    __atomic_store_n(&c->kicked, false, __ATOMIC_RELAXED);
}

/* As arch_vcpu_run does it. */
static void run_vcpu(struct worker *w, struct guest_cpu *c, const struct domain *d, struct arch_vcpu *v)
{
    p2m_attach(v->domain);
    asid_arrive(v);
    for (uint64_t rounds = 1 + pick(w, 8); rounds; rounds--) {
        perturb();
        asid_use(v, &c->percpu);
        if (v->vmcb->tlb_control == TLB_FLUSH_ALL)
            memset(c->tlb, 0, sizeof(c->tlb));
        in_guest_mode(w, c, d, &c->tlb[v->vmcb->asid]);
        p2m_use_end(v->uses);
        v->vmcb->tlb_control = 0;
    }
    p2m_detach(v->domain);
}

static void run_guests(struct worker *w)
{
    struct guest_cpu *c = cpus[w->cpu - GUEST_CPU];

    asid_init(&c->percpu, NR_ASIDS);
    while (crew_goes_on(w)) {
        uint64_t d = pick(w, NR_GUESTS);
        struct guest_vcpu *v = &vcpus[d][pick(w, NR_VCPUS)];

        if (__atomic_exchange_n(&v->taken, true, __ATOMIC_ACQUIRE)) {
            w->refused++;
            continue;
        }
        run_vcpu(w, c, guests[d], &v->arch);
        __atomic_store_n(&v->taken, false, __ATOMIC_RELEASE);
        w->granted++;
    }
}

/* Pages come, are exchanged, go one by one; in the end the table goes, too. */
static void build_guest(struct worker *w)
{
    struct call_domain d = {.domid = guests[(uintptr_t)w->arg]->domid};

    calls_enter(w);
    while (crew_goes_on(w)) {
        d.pages = 0;
        w->granted += call_populate(&d, 1 + pick(w, NR_FRAMES - 1), 0, 0);
        exchange_some(w, d.domid, d.pages);
        call_decrease(&d, pick(w, d.pages), 1 + pick(w, 8));
        exchange_some(w, d.domid, d.pages);
        for (unsigned long g = 0; g < d.pages; g++) /* some are gone: one call ends at the first of them */
            call_decrease(&d, g, 1);
    }
    __atomic_sub_fetch(&builders_left, 1, __ATOMIC_RELAXED);
}

static void open_guest(unsigned int i)
{
    struct call_domain d;

    expect(call_create(&d, LEVEL_MAX_PAGES) == 0, "a new domain: errno %d", errno);
    guests[i] = domain_get((domid_t)d.domid);
    for (unsigned int n = 0; n < NR_VCPUS; n++) {
        struct guest_vcpu *v = &vcpus[i][n];

        *v = (struct guest_vcpu){.arch = {.vmcb = &v->vmcb, .domain = &guests[i]->arch, .asid_cpu = ~0U}};
    }
}

static void close_guest(unsigned int i)
{
    const domid_t domid = guests[i]->domid;

    domain_put(guests[i]);
    expect(call_destroy(domid) == 0, "destroydomain d%u: errno %d", domid, errno);
}

void pages_leave_running_guests(const struct level *l, unsigned int milliseconds)
{
    if (l != &level_calls)
        return;
    calls_boot(768);
    builders_left = NR_GUESTS;
    for (unsigned int i = 0; i < NR_GUESTS; i++)
        open_guest(i);
    for (unsigned int i = 0; i < NR_CPUS; i++) {
        cpus[i] = aligned_alloc(64, (sizeof(*cpus[i]) + 63) & ~63UL);
        memset(cpus[i], 0, sizeof(*cpus[i]));
        crew_add("guest CPU", run_guests, NULL);
    }
    for (uintptr_t i = 0; i < NR_GUESTS; i++)
        crew_add("builder", build_guest, (void *)i);
    crew_run(l->name, "pages leave running guests", milliseconds);
    for (unsigned int i = 0; i < NR_CPUS; i++) {
        free(cpus[i]);
        cpus[i] = NULL;
    }
    for (unsigned int i = 0; i < NR_GUESTS; i++)
        close_guest(i);
    calls_end();
}
