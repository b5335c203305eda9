/* SPDX-License-Identifier: MIT */
/* The machine as the builder knows it: domains by name, and how to start afresh. */
#include "cmd.h"
#include "fixture.h"
#include <stdio.h>
#include <string.h>

xc_interface *xch;
static struct known_domain known[MAX_KNOWN];

bool builder_open(void)
{
    xch = xc_interface_open(NULL, NULL, 0);
    return xch;
}

void builder_close(void)
{
    xc_interface_close(xch);
}

/* A build that failed may leave a hole between the names. */
struct known_domain *known_domain_at(unsigned int i)
{
    for (struct known_domain *d = known; d < known + MAX_KNOWN; d++)
        if (d->name[0] && !i--)
            return d;
    return NULL;
}

struct known_domain *known_domain(const char *name)
{
    for (unsigned int i = 0; i < MAX_KNOWN; i++)
        if (known[i].name[0] && !strcmp(known[i].name, name))
            return &known[i];
    return NULL;
}

/* A new name, or one whose domain is gone. */
struct known_domain *adopt_domain(const char *name)
{
    struct known_domain *d = known_domain(name);

    for (unsigned int i = 0; !d && i < MAX_KNOWN; i++)
        if (!known[i].name[0])
            d = &known[i];
    if (!d || d->alive)
        return NULL;
    memset(d, 0, sizeof(*d));
    strcpy(d->name, name); /* the parser checked its length */
    return d;
}

/* Listings have names in parentheses for domains that the builder has not made. */
static void unknown_domain(const char *token, struct text *why)
{
    char listed[MAX_NAME + 2];
    xc_domaininfo_t info;

    text_add(why, "no domain is called \"%s\"", token);
    snprintf(listed, sizeof(listed), "(%s)", token);
    for (uint32_t domid = 0; xc_domain_getinfolist(xch, domid, 1, &info) == 1; domid = info.domain + 1U)
        if (!strcmp(domain_name(info.domain), listed))
            text_add(why, "; %s is @%u", listed, info.domain);
}

bool resolve_domain(const char *token, uint32_t *domid, struct text *why)
{
    struct known_domain *d;
    uint64_t id = 0;

    if (!strcmp(token, "self")) {
        *domid = DOMID_SELF;
    } else if (!strcmp(token, "-")) {
        *domid = DOMID_INVALID;
    } else if (*token == '@') {
        parse_number(token + 1, UINT16_MAX, &id); /* the parser checked it */
        *domid = (uint32_t)id;
    } else if ((d = known_domain(token))) {
        *domid = d->domid;
    } else {
        unknown_domain(token, why);
        return false;
    }
    return true;
}

int set_max_pages(uint32_t domid, uint64_t pages)
{
    uint64_t kib = pages > UINT64_MAX / PAGE_KIB ? UINT64_MAX : pages * PAGE_KIB;

    return xc_domain_setmaxmem(xch, domid, kib) ? errno : 0;
}

static int set_pool(uint32_t domid, uint64_t pages)
{
    return xc_set_paging_mempool_size(xch, domid, pages * PAGE_BYTES) ? errno : 0;
}

int create_bare_domain(uint32_t *domid, uint64_t max_pages, uint64_t pool, unsigned int vcpus)
{
    struct xen_domctl_createdomain config = {
        .flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap,
        .max_vcpus = vcpus ? vcpus : 1,
        .max_evtchn_port = UINT32_MAX,
        .max_grant_frames = -1,
        .max_maptrack_frames = -1,
        .grant_opts = XEN_DOMCTL_GRANT_version(1),
        .arch.emulation_flags = XEN_X86_EMU_LAPIC,
    };

    *domid = 0;
    if (xc_domain_create(xch, domid, &config))
        return errno;
    int err = set_max_pages(*domid, max_pages);
    if (!err)
        err = set_pool(*domid, pool);
    if (!err && vcpus && xc_domain_max_vcpus(xch, *domid, vcpus))
        err = errno;
    if (err)
        xc_domain_destroy(xch, *domid);
    return err;
}

/* What a change between two readings took from each node. */
static void add_cost(struct known_domain *d, const struct counters *before)
{
    struct counters after;

    if (read_counters(&after))
        return;
    for (unsigned int i = 0; i < after.nr_nodes; i++)
        d->cost[i] += (int64_t)(before->node[i].free - after.node[i].free);
}

int create_domain(const char *name, uint64_t max_pages, unsigned int vcpus, struct known_domain **out)
{
    struct known_domain *d = adopt_domain(name);
    struct counters before;

    if (!d)
        return EEXIST;
    fixture_open(DOMAIN_POOL);
    int err = read_counters(&before);
    if (!err)
        err = create_bare_domain(&d->domid, max_pages, DOMAIN_POOL, vcpus);
    d->alive = !err;
    d->pool = DOMAIN_POOL;
    if (err)
        d->name[0] = 0;
    else
        add_cost(d, &before);
    *out = d;
    return (fixture_close() || err) ? err : EAGAIN;
}

/* Tables: for each GiB one, and for small extents one for each 2 MiB; some more for the levels above. More
 * than what is free can never be mapped. */
int reserve_tables(struct known_domain *d, uint64_t pages, unsigned int order)
{
    struct counters before;
    int err = read_counters(&before);

    if (err)
        return err;
    uint64_t end = d->next_gfn + (pages < before.free ? pages : before.free) + (1UL << order);
    uint64_t need = 8 + (end >> 18) + (order < 9 ? end >> 9 : 0);
    if (need <= d->pool)
        return 0;
    fixture_open(need - d->pool);
    err = read_counters(&before);
    if (!err)
        err = set_pool(d->domid, need);
    add_cost(d, &before);
    if (!err)
        d->pool = need;
    return (fixture_close() || err) ? err : EAGAIN;
}

int destroy_domain(uint32_t domid)
{
    struct known_domain *d = NULL;

    if (xc_domain_destroy(xch, domid))
        return errno;
    for (unsigned int i = 0; i < MAX_KNOWN; i++)
        if (known[i].alive && known[i].domid == domid)
            d = &known[i];
    if (!d)
        return 0;
    d->alive = false;
    return fixture_absorb(d->cost) ? 0 : EAGAIN;
}

int debug_command(struct xen_sysctl_allod_debug *op)
{
    return xc_allod_debug(xch, op) ? errno : 0;
}

void machine_clean(bool keep_fixture)
{
    struct xen_sysctl_allod_debug op = {.op = ALLOD_DEBUG_FAIL, .domid = DOMID_INVALID};

    debug_command(&op);
    for (unsigned int i = 0; i < MAX_KNOWN; i++)
        if (known[i].alive)
            xc_domain_destroy(xch, known[i].domid);
    memset(known, 0, sizeof(known));
    online_everything();
    fixture_relax(keep_fixture);
    op = (struct xen_sysctl_allod_debug){.op = ALLOD_DEBUG_FREE_NOREF, .domid = DOMID_INVALID};
    debug_command(&op);
}

bool machine_sound(void)
{
    struct xen_sysctl_allod_debug op = {.op = ALLOD_DEBUG_CHECK, .domid = DOMID_INVALID};

    return debug_command(&op) || !op.result;
}

int read_counters(struct counters *c)
{
    xc_claiminfo_t host;

    memset(c, 0, sizeof(*c));
    c->nr_nodes = MAX_NODES;
    if (xc_claiminfo(xch, &c->nr_nodes, c->node, &host))
        return errno;
    c->total = host.total;
    c->free = host.free;
    c->claimed = host.claimed;
    return 0;
}
