/* SPDX-License-Identifier: MIT */
/* The table of domains: creation, lookup, references, and the end of the structure. */
#include "domain.h"
#include "domheap.h"
#include "error.h"
#include "event.h"
#include "grant.h"
#include "host_info.h"
#include "log.h"
#include "schedule.h"

static spinlock_t table_lock = SPINLOCK_INIT(RANK_DOMLIST, "domain table");
static struct domain *domain_list GUARDED_BY(table_lock);
static struct domain *domain_hash[DOMAIN_HASH] GUARDED_BY(table_lock);
static unsigned int nr_domains GUARDED_BY(table_lock);
static domid_t next_domid GUARDED_BY(table_lock); /* where the search for a free id goes on */

static struct domain *find(domid_t domid) REQUIRES(table_lock)
{
    struct domain *d = domain_hash[domid % DOMAIN_HASH];

    while (d && d->domid != domid)
        d = d->hash_next;
    return d;
}

static void insert(struct domain *d) REQUIRES(table_lock)
{
    struct domain **link = &domain_list;

    while (*link && (*link)->domid < d->domid)
        link = &(*link)->next;
    d->next = *link;
    *link = d;
    d->hash_next = domain_hash[d->domid % DOMAIN_HASH];
    domain_hash[d->domid % DOMAIN_HASH] = d;
    nr_domains++;
}

/* From here on the id may be used again, so mm/ must not know it any more either. */
static void unlink_domain(struct domain *d) REQUIRES(table_lock)
{
    struct domain **link = &domain_list;

    domain_mem_destroy(&d->mem);
    while (*link != d)
        link = &(*link)->next;
    *link = d->next;
    link = &domain_hash[d->domid % DOMAIN_HASH];
    while (*link != d)
        link = &(*link)->hash_next;
    *link = d->hash_next;
    nr_domains--;
}

static domid_t domid_after(domid_t domid)
{
    return domid == DOMID_FIRST_RESERVED - 1 ? 1 : (domid_t)(domid + 1);
}

/* Ids go round, so that a freed one is not handed out again at once; 0 is only ever the first domain's. */
static int choose_domid(domid_t wanted, domid_t *domid) REQUIRES(table_lock)
{
    if (nr_domains >= MAX_DOMAINS)
        return refuse(ENOMEM, "domain: there are %u already", nr_domains);
    if (wanted && wanted < DOMID_FIRST_RESERVED) {
        *domid = wanted;
        return find(wanted) ? refuse(EEXIST, "domain: id %u is taken", wanted) : 0;
    }
    while (find(next_domid))
        next_domid = domid_after(next_domid);
    *domid = next_domid;
    next_domid = domid_after(next_domid);
    return 0;
}

static int register_domain(struct domain *d, domid_t wanted) REQUIRES(table_lock)
{
    static uint64_t serials;
    int rc = choose_domid(wanted, &d->domid);

    if (rc)
        return rc;
    d->serial = ++serials;
    domain_mem_init(&d->mem, d->domid);
    rc = arch_domain_init(&d->arch, &d->mem);
    if (rc)
        domain_mem_destroy(&d->mem);
    else
        insert(d);
    return rc;
}

int domain_create(domid_t wanted, unsigned int max_vcpus, struct domain **out)
{
    struct domain *d;
    int rc;

    if (max_vcpus == 0 || max_vcpus > MAX_VCPUS)
        return refuse(EINVAL, "domain: %u vCPUs, 1 to %u are possible", max_vcpus, MAX_VCPUS);
    d = alloc_xenheap_pages(0, NUMA_NO_NODE);
    if (!d)
        return refuse(ENOMEM, "domain: no unclaimed page for its structure");
    spin_lock_init(&d->domctl_lock, RANK_DOMCTL, "domctl");
    spin_lock_init(&d->ring_lock, RANK_RING, "rings");
    event_init_domain(d);
    grant_init_domain(d);
    d->max_vcpus = max_vcpus;
    d->pause_count = d->tool_pauses = 1;
    d->refs = 1;

    spin_lock(&table_lock);
    rc = register_domain(d, wanted);
    spin_unlock(&table_lock);
    if (rc)
        free_xenheap_pages(d, 0);
    else
        *out = d;
    return rc;
}

struct domain *domain_get(domid_t domid)
{
    struct domain *d;

    spin_lock(&table_lock);
    d = find(domid);
    if (d)
        d->refs++;
    spin_unlock(&table_lock);
    return d;
}

struct domain *domain_get_next(domid_t domid)
{
    struct domain *d;

    spin_lock(&table_lock);
    for (d = domain_list; d && d->domid < domid; d = d->next)
        ;
    if (d)
        d->refs++;
    spin_unlock(&table_lock);
    return d;
}

static void free_vcpu(struct vcpu *v)
{
    sched_remove_vcpu(v);
    arch_vcpu_destroy(v->arch);
    free_xenheap_pages(v, 0);
}

static void free_domain(struct domain *d)
{
    for (unsigned int i = 0; i < d->max_vcpus; i++)
        if (d->vcpu[i])
            free_vcpu(d->vcpu[i]);
    log_debug("d%u is gone\n", d->domid);
    free_xenheap_pages(d, 0);
}

/* Its destruction is finished, nobody holds a reference, and no page of it is mapped by others. */
static bool is_unused(struct domain *d) REQUIRES(table_lock)
{
    struct domain_mem_info info;

    if (d->refs || !d->torn_down)
        return false;
    domain_mem_info(&d->mem, &info);
    return info.tot_pages == 0;
}

void domain_put(struct domain *d)
{
    bool unused;

    spin_lock(&table_lock);
    BUG_ON(d->refs == 0);
    d->refs--;
    unused = is_unused(d);
    if (unused)
        unlink_domain(d);
    spin_unlock(&table_lock);
    if (unused)
        free_domain(d);
}

void domain_put_foreign_page(mfn_t m)
{
    struct page_info *pg = mfn_to_page(m);
    struct domain *owner = domain_get(READ_ONCE(pg->owner));

    BUG_ON(!owner); /* a page that is referenced keeps its owner */
    put_page(&owner->mem, pg);
    domain_put(owner);
}

int domain_add_vcpu(struct domain *d, unsigned int id)
{
    unsigned int cpu;
    struct vcpu *v;
    nodeid_t node;

    if (id >= d->max_vcpus)
        return refuse(EINVAL, "d%u: vCPU %u of %u", d->domid, id, d->max_vcpus);
    if (d->vcpu[id])
        return refuse(EEXIST, "d%u: vCPU %u exists", d->domid, id);
    cpu = sched_new_cpu(d);
    node = host_info.cpu_node[cpu];
    v = alloc_xenheap_pages(0, node);
    if (!v)
        return refuse(ENOMEM, "d%u: no unclaimed page for vCPU %u", d->domid, id);
    v->domain = d;
    v->id = id;
    event_init_vcpu(v);
    v->arch = arch_vcpu_create(v, &d->arch, id, node);
    if (!v->arch) {
        free_xenheap_pages(v, 0);
        return refuse(ENOMEM, "d%u: no unclaimed pages for the state of vCPU %u", d->domid, id);
    }
    sched_add_vcpu(v, cpu);
    __atomic_store_n(&d->vcpu[id], v, __ATOMIC_RELEASE);
    return 0;
}
