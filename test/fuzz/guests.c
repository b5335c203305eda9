/* SPDX-License-Identifier: MIT */
/* The fuzzer's domains: their creation with memory and page tables, copies by their calls, and their end. */
#include "guests.h"
#include "bits.h"
#include "claims.h"
#include "console_input.h"
#include "domheap.h"
#include "fault.h"
#include "host.h"
#include "host_info.h"
#include "hvm/p2m_table.h"
#include "machine.h"
#include "map.h"
#include "offline.h"
#include "schedule.h"
#include "sysctl.h"
#include <string.h>

#define MAX_PAGES   1024U
#define POOL_PAGES  24U
#define CLAIM       48U /* pages, of each ordinary guest */
#define P_ALL       7UL /* present, writable, user */
#define P_LARGE     0x80UL

#define CR0_PAGED   0x80000001UL
#define CR4_PSE_BIT 0x10UL
#define CR4_PAE_BIT 0x20UL
#define EFER_LONG   0xd00UL /* LME, LMA, NXE */
#define PAE_ROOT    0x800UL /* where in its frame */

struct guest guests[NR_GUESTS];

static struct guest_view current;

void guests_create_machine(void)
{
    unsigned long pages[GUEST_NODES];

    for (unsigned int i = 0; i < GUEST_NODES; i++)
        pages[i] = NODE_PAGES;
    machine_create_nodes(GUEST_NODES, pages);
    sched_init_cpu();
    host_info.nr_cpus = 2;
    host_info.cpu_node[1] = 1;
    host_info.max_mfn = mfn(machine_node_range(GUEST_NODES - 1).end.v - 1);
}

/* ---- memory ---- */

int arch_copy_from_guest(void *dst, guest_ptr_t src, size_t n)
{
    return guest_copy(&current, src.va, dst, n, FROM_GUEST);
}

int arch_copy_to_guest(guest_ptr_t dst, const void *src, size_t n)
{
    return guest_copy(&current, dst.va, (void *)(uintptr_t)src, n, TO_GUEST);
}

void guest_enter(const struct guest *g, bool compat)
{
    current = g->view32;
    if (compat)
        return;
    current.code64 = true;
    current.cr0 = CR0_PAGED;
    current.cr4 = CR4_PAE_BIT;
    current.efer = EFER_LONG;
    current.cr3 = g->cr3;
}

void guest_enter_flat(const struct guest *g)
{
    current = (struct guest_view){.domain = &g->d->arch, .cr0 = 1};
}

static void write_entry(unsigned int frame, uint64_t offset, uint64_t entry)
{
    BUG_ON(arch_copy_to_guest(guest_ptr(((uint64_t)frame << PAGE_SHIFT) + offset), &entry, sizeof(entry)));
}

/* Everywhere one large page at 0: long mode from frame 0 to 1, PAE from 1 to 2, without PAE from 3. */
static void write_tables(void)
{
    const uint64_t large = P_ALL | P_LARGE;

    write_entry(GUEST_TABLES, 0, (GUEST_TABLES + 1) << PAGE_SHIFT | P_ALL);
    write_entry(GUEST_TABLES + 1, 0, large);
    write_entry(GUEST_TABLES + 1, PAE_ROOT, (GUEST_TABLES + 2) << PAGE_SHIFT | 1);
    write_entry(GUEST_TABLES + 2, 0, large);
    write_entry(GUEST_TABLES + 3, 0, large);
}

void guest_set_mode(struct guest *g, unsigned int mode)
{
    g->view32.cr0 = mode % 4 ? CR0_PAGED : 1;
    g->view32.cr4 = mode % 4 == 1 ? CR4_PSE_BIT : CR4_PAE_BIT;
    g->view32.efer = mode % 4 == 2 ? EFER_LONG : 0;
    g->view32.cr3 = mode % 4 == 1   ? (GUEST_TABLES + 3) << PAGE_SHIFT
                    : mode % 4 == 2 ? g->cr3
                                    : ((GUEST_TABLES + 1) << PAGE_SHIFT | PAE_ROOT);
}

/* ---- domains ---- */

static void give_memory(struct domain *d)
{
    struct page_info *pg;

    BUG_ON(paging_set_allocation(&d->mem, POOL_PAGES));
    domain_set_max_pages(&d->mem, MAX_PAGES);
    pg = alloc_domheap_pages(&d->mem, ffs64(GUEST_PAGES), 0);
    BUG_ON(!pg);
    BUG_ON(p2m_map(&d->arch, gfn(0), page_to_mfn(pg), ffs64(GUEST_PAGES), P2M_RAM));
}

static void create_guest(struct guest *g, unsigned int i)
{
    struct domain *d;

    BUG_ON(domain_create((domid_t)(i + 1), 2, &d));
    d->privileged = i < NR_BUILDERS;
    d->console_owner = i == 0;
    if (d->console_owner)
        console_set_home(d);
    give_memory(d);
    BUG_ON(domain_add_vcpu(d, 0));
    BUG_ON(domain_unpause(d));
    vcpu_up(d->vcpu[0]);
    if (!d->privileged)
        BUG_ON(domain_set_legacy_claim(&d->mem, GUEST_PAGES + CLAIM));
    *g = (struct guest){.d = d, .cr3 = GUEST_TABLES << PAGE_SHIFT};
    g->view32 = (struct guest_view){.domain = &d->arch, .known = g->known};
    guest_set_mode(g, 0);
    guest_enter_flat(g);
    write_tables();
}

void guests_create(void)
{
    for (unsigned int i = 0; i < NR_GUESTS; i++)
        create_guest(&guests[i], i);
}

/* One that is dying may be in the middle of a call, but not once its memory is gone. */
struct vcpu *guest_vcpu(const struct guest *g)
{
    return g->d->torn_down ? NULL : g->d->vcpu[0];
}

/* What went offline comes back; with broken pages, which never do, a new machine is needed. Returns whether.
 */
static bool bring_online(void)
{
    bool broken = false;

    for (unsigned int node = 0; node < GUEST_NODES; node++) {
        struct mem_range range = machine_node_range((nodeid_t)node);

        for (uint64_t frame = range.start.v; frame < range.end.v; frame++)
            broken |= heap_online_page(mfn(frame)).outcome == ONLINE_BROKEN;
    }
    return broken;
}

static void check_counters(void)
{
    struct heap_info info;

    heap_info(&info);
    for (unsigned int i = 0; i < GUEST_NODES; i++)
        BUG_ON(info.node_avail[i] + info.node_offlined[i] != NODE_PAGES);
    BUG_ON(info.claimed_pages || info.pending_pages);
    if (info.avail_pages == GUEST_NODES * NODE_PAGES)
        return;
    if (bring_online()) {
        machine_destroy();
        guests_create_machine();
    }
    heap_info(&info);
    BUG_ON(!heap_check() || info.avail_pages != GUEST_NODES * NODE_PAGES);
}

void guests_destroy(void)
{
    struct sysctl_call c = {.op.cmd = XEN_SYSCTL_allod_debug};

    fault_arm(0, 0);
    allod_debug(&c.op)->op = ALLOD_DEBUG_FREE_NOREF;
    BUG_ON(sysctl_allod_debug(&c));
    allod_debug(&c.op)->op = ALLOD_DEBUG_BUDGET;
    allod_debug(&c.op)->nr_extents = 0;
    BUG_ON(sysctl_allod_debug(&c));
    for (unsigned int i = 0; i < NR_GUESTS; i++)
        domain_put(guests[i].d);
    host_shutdown();
    BUG_ON(!heap_check());
    check_counters();
}

/* ---- digest ---- */

static uint64_t mix(uint64_t h, uint64_t v)
{
    return (h ^ v) * 0x9e3779b97f4a7c15UL ^ h >> 29;
}

static uint64_t mix_bytes(uint64_t h, const void *p, size_t n)
{
    const uint8_t *at = p;
    uint64_t word;

    for (; n >= sizeof(word); n -= sizeof(word), at += sizeof(word)) {
        memcpy(&word, at, sizeof(word));
        h = mix(h, word);
    }
    return h;
}

/* Its nested page table, entry by entry. */
static uint64_t digest_table(uint64_t h, const uint64_t *table, unsigned int level)
{
    for (unsigned int i = 0; i < P2M_ENTRIES; i++) {
        if (!table[i])
            continue;
        h = mix(mix(h, i), table[i]);
        if (!p2m_is_leaf(table[i], level))
            h = digest_table(h, mfn_to_virt(p2m_entry_mfn(table[i])), level - 1);
    }
    return h;
}

static uint64_t digest_memory(uint64_t h, struct domain *d)
{
    struct domain_mem_info info;

    domain_mem_info(&d->mem, &info);
    h = mix(mix(mix(h, info.tot_pages), info.max_pages), info.outstanding_pages);
    h = mix(mix(mix(h, info.node_claims), info.paging_total), d->mem.paging_free_count);
    h = mix_bytes(mix(h, d->mem.node_affinity), d->mem.claims, sizeof(d->mem.claims));
    return d->arch.p2m ? digest_table(h, d->arch.p2m, P2M_LEVELS) : h;
}

static uint64_t digest_state(uint64_t h, const struct domain *d)
{
    h = mix(h, d->privileged | d->shut_down << 1 | d->shutdown_code << 8 | (uint64_t)d->pause_count << 32);
    h = mix_bytes(h, d->handle, sizeof(d->handle));
    h = mix_bytes(h, d->page, sizeof(d->page));
    h = mix_bytes(h, d->page_gfn, sizeof(d->page_gfn));
    h = mix_bytes(h, d->hvm_param, sizeof(d->hvm_param));
    h = mix(mix(h, d->nr_memory_map), d->nr_vnodes | (uint64_t)d->nr_vmemranges << 32);
    h = mix(h, (uint64_t)d->time_offset);
    for (unsigned int i = 0; i < d->max_vcpus; i++)
        if (d->vcpu[i])
            h = mix(mix(h, (uintptr_t)d->vcpu[i]->info), d->vcpu[i]->state | d->vcpu[i]->initialised << 8);
    return h;
}

/* Only the owner's own reference is left. */
static bool is_unshared(mfn_t m)
{
    return (mfn_to_page(m)->count_info & PGC_COUNT_MASK) == 1;
}

/* The first pages' contents, but for those that others have mapped. */
static uint64_t digest_contents(uint64_t h, struct domain *d)
{
    mfn_t m;

    for (unsigned int i = 0; i < GUEST_PAGES; i++)
        if (p2m_lookup(&d->arch, gfn(i), &m, NULL) == P2M_RAM && is_unshared(m))
            h = mix_bytes(h, mfn_to_virt(m), PAGE_SIZE);
    return h;
}

uint64_t guests_digest(struct domain *but)
{
    struct domain *d;
    uint64_t h = 0;

    for (domid_t next = 0; (d = domain_get_next(next)); domain_put(d)) {
        next = (domid_t)(d->domid + 1);
        if (d == but || d->is_dying)
            continue;
        h = digest_state(digest_memory(mix(h, d->domid), d), d);
        h = digest_contents(h, d);
    }
    return h;
}
