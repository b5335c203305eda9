/* SPDX-License-Identifier: MIT */
/* vCPUs: where they run and may run. */
#include "cmd.h"
#include "table.h"

static xc_cputopo_t topology[MAX_CPUS];

/* The host's CPUs; 0 with errno. */
static unsigned int read_topology(void)
{
    unsigned int nr = MAX_CPUS;

    return xc_cputopoinfo(xch, &nr, topology) ? 0 : nr;
}

/* A vCPU that only its domain keeps from running is what its domain is. */
static const char *vcpu_state_name(const xc_vcpuinfo_t *v, uint32_t flags)
{
    const uint32_t stopped = flags & (XEN_DOMINF_dying | XEN_DOMINF_shutdown | XEN_DOMINF_paused);

    return v->running   ? "running"
           : !v->online ? "down"
           : stopped    ? domain_state_name(stopped)
           : v->blocked ? "blocked"
                        : "ready";
}

/* "0-3,7"; "all" when none of NR is missing. */
static void add_cpus(struct text *t, xc_cpumap_t map, unsigned int nr)
{
    unsigned int first = 0;

    for (unsigned int cpu = 0; cpu <= nr; cpu++) {
        if (cpu < nr && xc_cpumap_testcpu((int)cpu, map))
            continue;
        if (cpu == nr && first == 0)
            text_add(t, "all");
        else if (cpu > first)
            text_add(t, cpu > first + 1 ? "%s%u-%u" : "%s%u", t->len ? "," : "", first, cpu - 1);
        first = cpu + 1;
    }
}

static bool vcpu_row(struct table *t, const xc_domaininfo_t *info, unsigned int id, unsigned int nr_cpus)
{
    const uint32_t domid = info->domain;
    uint8_t hard[MAX_CPUS / 8] = {0}, soft[MAX_CPUS / 8] = {0};
    struct text hard_text = {0}, soft_text = {0};
    xc_vcpuinfo_t v;

    if (xc_vcpu_getinfo(xch, domid, id, &v) ||
        xc_vcpu_getaffinity(xch, domid, (int)id, hard, soft, XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT))
        return errno == ESRCH; /* it was not made, or the domain has just ended */
    add_cpus(&hard_text, hard, nr_cpus);
    add_cpus(&soft_text, soft, nr_cpus);
    table_number(t, domid);
    table_text(t, domain_name(domid));
    table_number(t, id);
    table_text(t, vcpu_state_name(&v, info->flags));
    table_number(t, v.cpu);
    table_number(t, v.cpu < nr_cpus ? topology[v.cpu].node : 0);
    table_text(t, hard_text.s);
    table_text(t, soft_text.s);
    table_number(t, v.cpu_time / 1000000);
    return true;
}

static int list_vcpus(struct table *t, const xc_domaininfo_t *info)
{
    unsigned int nr_cpus = read_topology();

    if (!nr_cpus)
        return -1;
    for (unsigned int id = 0; info->max_vcpu_id != XEN_INVALID_MAX_VCPU_ID && id <= info->max_vcpu_id; id++)
        if (!vcpu_row(t, info, id, nr_cpus))
            return -1;
    return 0;
}

void cmd_vcpus(const struct args *a, struct outcome *r)
{
    static const struct column columns[] = {
        {"domid", 5, false},  {"name", -12, true}, {"vcpu", 4, false},           {"state", -9, true},
        {"cpu", 3, false},    {"node", 4, false},  {"hard_affinity", -13, true}, {"soft_affinity", -13, true},
        {"cpu_ms", 8, false},
    };
    xc_domaininfo_t info;
    uint32_t domid = 0;
    struct table t;
    int found;

    if (a->dom && !line_domain(a, r, &domid))
        return;
    found = xc_domain_getinfolist(xch, domid, 1, &info);
    if (a->dom && found >= 0 && (found == 0 || info.domain != domid)) {
        r->err = ESRCH;
        return;
    }
    table_begin(&t, given(a, OPT_JSON), COLUMNS(columns));
    for (; found > 0; found = a->dom ? 0 : xc_domain_getinfolist(xch, info.domain + 1U, 1, &info))
        if (list_vcpus(&t, &info))
            found = -1;
    finish(r, found);
}

/* Of the CPUs that were asked for, IN_EFFECT are those that exist, and that the vCPU may run on; a map of NR.
 */
static void print_effect(const struct args *a, xc_cpumap_t in_effect, unsigned int nr)
{
    struct text t = {0};
    unsigned int cpu = 0;

    while (cpu < MAX_CPUS &&
           (!(a->cpus[cpu / 64] >> cpu % 64 & 1) || (cpu < nr && xc_cpumap_testcpu((int)cpu, in_effect))))
        cpu++;
    if (cpu == MAX_CPUS)
        return;
    add_cpus(&t, in_effect, nr);
    out("in effect: %s; there is no CPU %u%s\n", t.len ? t.s : "none", cpu,
        given(a, OPT_SOFT) ? ", or the vCPU must not run on it" : "");
}

static bool names_all(const struct args *a)
{
    bool all = true;

    for (unsigned int i = 0; i < MAX_CPUS / 64; i++)
        all &= a->cpus[i] == ~0UL;
    return all;
}

static int pin(uint32_t domid, unsigned int vcpu, const struct args *a)
{
    xc_cpumap_t map = xc_cpumap_alloc(xch);
    int size = xc_get_cpumap_size(xch), rc;

    if (!map)
        return -1;
    for (int i = 0; i < size; i++)
        map[i] = (uint8_t)(a->cpus[i / 8] >> i % 8 * 8);
    rc = given(a, OPT_SOFT) ? xc_vcpu_setaffinity(xch, domid, (int)vcpu, NULL, map, XEN_VCPUAFFINITY_SOFT)
                            : xc_vcpu_setaffinity(xch, domid, (int)vcpu, map, NULL, XEN_VCPUAFFINITY_HARD);
    if (interactive && rc == 0 && !names_all(a))
        print_effect(a, map, (unsigned int)size * 8);
    free(map);
    return rc;
}

void cmd_pin(const struct args *a, struct outcome *r)
{
    uint32_t domid;

    if (!line_domain(a, r, &domid))
        return;
    if (a->count > UINT32_MAX)
        r->err = EINVAL;
    else
        finish(r, pin(domid, (unsigned int)a->count, a));
}
