/* SPDX-License-Identifier: MIT */
/* The positions of a command's pattern: each takes its tokens and stores what they say. */
#include "position.h"
#include "option.h"
#include <ctype.h>
#include <string.h>

bool parse_fail(struct parser *p, const char *what, const char *token)
{
    if (token)
        text_add(p->error, "expected %s, read \"%s\"", what, token);
    else
        text_add(p->error, "expected %s", what);
    return false;
}

bool is_domain_name(const char *s)
{
    static const char *const reserved[] = {"self", "free", "host", "legacy", "null", "exact"};

    if (!isalpha((unsigned char)*s) || strlen(s) >= MAX_NAME)
        return false;
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
        if (!strcmp(s, reserved[i]))
            return false;
    while (isalnum((unsigned char)*s) || *s == '_' || *s == '-' || *s == '.')
        s++;
    return !*s;
}

static bool is_domain(const char *s)
{
    uint64_t id;

    return !strcmp(s, "self") || (*s == '@' ? parse_number(s + 1, UINT16_MAX, &id) : is_domain_name(s));
}

/* ---- Positions. Each takes its tokens and stores what they say. ---- */

static bool take_name(struct parser *p, char *s)
{
    p->a->dom = s;
    return is_domain_name(s) || parse_fail(p, "a name for a domain", s);
}

static bool take_dom(struct parser *p, char *s)
{
    uint64_t id;

    p->a->dom = s;
    if (is_domain(s))
        return true;
    if (parse_number(s, UINT16_MAX, &id))
        text_add(p->error, "expected a domain's name, or @%s for domain id %s", s, s);
    else
        parse_fail(p, "a domain's name, or @ID", s);
    return false;
}

static bool take_dom_or_nobody(struct parser *p, char *s)
{
    return strcmp(s, "-") ? take_dom(p, s) : (p->a->dom = s, true);
}

static bool take_dom_or_free(struct parser *p, char *s)
{
    p->free_or_domain = true;
    return strcmp(s, "free") ? take_dom(p, s) : (p->a->dom = s, true);
}

static bool take_count(struct parser *p, char *s)
{
    return parse_number(s, UINT64_MAX, &p->a->count) || parse_fail(p, "a number", s);
}

static bool take_list(struct parser *p, char *s)
{
    return parse_list(&p->a->list, s) || parse_fail(p, "N,N,...", s);
}

static void add_cpus(struct args *a, uint64_t first, uint64_t last)
{
    for (uint64_t cpu = first; cpu <= last; cpu++)
        a->cpus[cpu / 64] |= 1UL << cpu % 64;
}

/* N, N-N; S is changed. */
static bool parse_cpu_range(struct args *a, char *s)
{
    char *dash = strchr(s, '-');
    uint64_t first, last;

    if (dash)
        *dash++ = 0;
    if (!parse_number(s, MAX_CPUS - 1, &first) || !parse_number(dash ? dash : s, MAX_CPUS - 1, &last))
        return false;
    add_cpus(a, first, last);
    return first <= last;
}

static bool take_cpus(struct parser *p, char *s)
{
    static char copy[MAX_LINE + 1];
    char *range = strcpy(copy, s);

    if (!strcmp(s, "all")) {
        add_cpus(p->a, 0, MAX_CPUS - 1);
        return true;
    }
    for (char *end; range; range = end) {
        end = strchr(range, ',');
        if (end)
            *end++ = 0;
        if (!parse_cpu_range(p->a, range))
            return parse_fail(p, "CPUs from 0 to 255, as in 0-3,7, or all", s);
    }
    return true;
}

static bool take_number(struct parser *p, char *s)
{
    struct list *l = &p->a->list;

    return (l->nr < MAX_NODES && parse_number(s, UINT64_MAX, &l->v[l->nr++])) ||
           parse_fail(p, "a number of pages", s);
}

static bool take_word(struct parser *p, char *s)
{
    p->a->word = s;
    return true;
}

static bool take_title(struct parser *p, char *s)
{
    struct tokens *t = &p->tokens;

    (void)s; /* the token before the next one */
    p->a->title = rejoin_tokens(t, t->next - 1);
    t->next = t->nr;
    return true;
}

/* TARGET:PAGES[/CMD] */
static bool take_entry(struct parser *p, char *s)
{
    struct xen_memory_claim *e = &p->a->entries[p->a->nr_entries];
    char *pages = strchr(s, ':'), *cmd = strchr(s, '/');
    uint64_t target, n, reserved = 0;

    if (!pages || p->a->nr_entries == MAX_ENTRIES)
        return parse_fail(p, pages ? "fewer entries" : "TARGET:PAGES", s);
    *pages++ = 0;
    if (cmd)
        *cmd++ = 0;
    if (!strcmp(s, "host"))
        target = XEN_DOMCTL_CLAIM_MEMORY_HOST;
    else if (!strcmp(s, "legacy"))
        target = XEN_DOMCTL_CLAIM_MEMORY_LEGACY;
    else if (!parse_number(s, UINT32_MAX, &target))
        return parse_fail(p, "host, legacy or a node", s);
    if (!parse_number(pages, UINT64_MAX, &n))
        return parse_fail(p, "a number of pages", pages);
    if (cmd && !parse_number(cmd, UINT32_MAX, &reserved))
        return parse_fail(p, "a number after /", cmd);
    *e = (struct xen_memory_claim){.pages = n, .target = (uint32_t)target, .cmd = (uint32_t)reserved};
    p->a->nr_entries++;
    return true;
}

static const struct position positions[] = {
    {"name", "a name for a domain", take_name, false, false, false, false},
    {"dom", "a domain", take_dom, false, false, false, false},
    {"dom?", "a domain", take_dom, true, false, false, false},
    {"dom|-", "a domain or -", take_dom_or_nobody, false, false, false, false},
    {"dom|free", "free or a domain", take_dom_or_free, false, false, false, false},
    {"count", "a number", take_count, false, false, false, false},
    {"list", "N,N,...", take_list, false, false, false, false},
    {"cpus", "CPUs", take_cpus, false, false, false, false},
    {"numbers", "a number of pages", take_number, false, true, false, false},
    {"word", "a name", take_word, false, false, false, false},
    {"file", "a file", take_word, false, false, false, false},
    {"word?", "a name", take_word, true, false, false, false},
    {"title", "a title", take_title, true, false, false, true},
    {"entries", "TARGET:PAGES", take_entry, true, true, true, false},
};

const struct position *find_position(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof(positions) / sizeof(positions[0]); i++)
        if (!strncmp(positions[i].name, name, len) && !positions[i].name[len])
            return &positions[i];
    return NULL;
}
