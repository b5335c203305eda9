/* SPDX-License-Identifier: MIT */
/* Commands that take pages out of use and bring them back, and show what became of them. */
#include "cmd.h"
#include "table.h"
#include <string.h>
#include <xenguest.h>

#define RUNS     64U
#define ALL_OF   UINT64_MAX
#define ALL_USES ((1U << (ALLOD_PAGE_BROKEN + 1)) - 1)

typedef int page_call(xc_interface *handle, unsigned long start, unsigned long end, uint32_t *status);

/* Which pages a command is about. */
struct selection {
    uint16_t uses; /* 1 << ALLOD_PAGE_* */
    uint32_t node;
    domid_t domid;
};

static bool some_are_offline; /* since the machine was clean */

/* CALL for up to WANTED pages of a run, one by one; the statuses must be DONE or PENDING. How many were. */
static uint64_t handle_run(const struct xen_page_run *run, uint64_t wanted, page_call *call,
                           struct outcome *r)
{
    uint64_t n = run->nr_pages < wanted ? run->nr_pages : wanted;

    for (uint64_t i = 0; i < n; i++) {
        uint32_t status = 0;
        if (call(xch, run->mfn + i, run->mfn + i, &status)) {
            r->err = errno;
            return i;
        }
        if (!(status & (PG_OFFLINE_OFFLINED | PG_OFFLINE_PENDING))) {
            text_add(&r->why, "page %#lx: status %#x", (unsigned long)run->mfn + i, status);
            return i;
        }
        r->word = status & PG_OFFLINE_PENDING ? "pending" : "offlined";
    }
    return n;
}

/* CALL for WANTED of the selected pages, the lowest first. How many there were. */
static uint64_t handle_pages(const struct selection *s, uint64_t wanted, page_call *call, struct outcome *r)
{
    static struct xen_page_run runs[RUNS];
    uint64_t done = 0;

    for (uint64_t mfn = 0; mfn != ~0UL && done < wanted && !r->err && !r->why.len;) {
        int nr = xc_page_runs(xch, &mfn, s->uses, s->node, s->domid, RUNS, runs);
        if (nr < 0) {
            finish(r, nr);
            return done;
        }
        for (int i = 0; i < nr && done < wanted && !r->err && !r->why.len; i++)
            done += handle_run(&runs[i], wanted - done, call, r);
    }
    return done;
}

/* DONE of the line's count were handled. */
static void finish_count(const struct args *a, uint64_t done, const char *what, struct outcome *r)
{
    if (done < a->count && !r->err && !r->why.len)
        text_add(&r->why, "only %lu %s", (unsigned long)done, what);
}

void cmd_offline(const struct args *a, struct outcome *r)
{
    bool free_ones = !strcmp(a->dom, "free");
    struct selection s = {.uses = 1U << (free_ones ? ALLOD_PAGE_FREE : ALLOD_PAGE_OWNED),
                          .node = (uint32_t)option_or(a, OPT_NODE, ALLOD_ANY_NODE),
                          .domid = DOMID_INVALID};
    uint32_t domid = DOMID_INVALID;

    if (free_ones && !given(a, OPT_NODE)) {
        text_add(&r->why, "node= is missing");
        return;
    }
    if (!free_ones && !line_domain(a, r, &domid))
        return;
    if (domid == DOMID_SELF)
        domid = 0;
    s.domid = (domid_t)domid;
    some_are_offline = true;
    finish_count(a, handle_pages(&s, a->count, xc_mark_page_offline, r),
                 free_ones ? "pages of the node are free" : "pages to mark", r);
}

/* Those that are out of use first, then marked ones: their marks are taken back. */
void cmd_online(const struct args *a, struct outcome *r)
{
    struct selection s = {1U << ALLOD_PAGE_OFFLINED, (uint32_t)a->value[OPT_NODE], DOMID_INVALID};
    uint64_t done = handle_pages(&s, a->count, xc_mark_page_online, r);

    s.uses = 1U << ALLOD_PAGE_PENDING;
    done += handle_pages(&s, a->count - done, xc_mark_page_online, r);
    finish_count(a, done, "pages of the node were offline or marked", r);
    if (r->word)
        r->word = "onlined";
}

void online_everything(void)
{
    const struct selection s = {1U << ALLOD_PAGE_OFFLINED | 1U << ALLOD_PAGE_PENDING, ALLOD_ANY_NODE,
                                DOMID_INVALID};
    static struct outcome ignored;

    if (some_are_offline)
        handle_pages(&s, ALL_OF, xc_mark_page_online, &ignored);
    memset(&ignored, 0, sizeof(ignored));
    some_are_offline = false;
}

static void frame_row(struct table *t, const struct xen_page_run *run)
{
    static const char *const uses[] = {
        [ALLOD_PAGE_FREE] = "free",       [ALLOD_PAGE_OWNED] = "owned",      [ALLOD_PAGE_XEN] = "hypervisor",
        [ALLOD_PAGE_PENDING] = "pending", [ALLOD_PAGE_OFFLINED] = "offline", [ALLOD_PAGE_BROKEN] = "broken",
    };

    table_number(t, run->mfn);
    table_number(t, run->nr_pages);
    table_number(t, run->node);
    table_text(t, run->use < sizeof(uses) / sizeof(uses[0]) ? uses[run->use] : "?");
    table_text(t, run->owner == DOMID_INVALID ? "" : domain_name(run->owner));
}

/* A run that goes on where the last one ended belongs to it: the hypervisor stops after a bounded number. */
static bool extend_run(struct xen_page_run *last, const struct xen_page_run *run)
{
    if (!last->nr_pages || run->mfn != last->mfn + last->nr_pages || run->node != last->node ||
        run->use != last->use || run->owner != last->owner)
        return false;
    last->nr_pages += run->nr_pages;
    return true;
}

void cmd_frames(const struct args *a, struct outcome *r)
{
    static const struct column columns[] = {
        {"mfn", 10, false}, {"pages", 9, false}, {"node", 4, false}, {"use", -10, true}, {"owner", -12, true},
    };
    static struct xen_page_run runs[RUNS];
    struct xen_page_run last = {0};
    uint32_t domid = DOMID_INVALID;
    struct table t;
    int nr = 0;

    if (a->dom && !line_domain(a, r, &domid))
        return;
    table_begin(&t, given(a, OPT_JSON), COLUMNS(columns));
    for (uint64_t mfn = 0; mfn != ~0UL && nr >= 0;) {
        nr = xc_page_runs(xch, &mfn, ALL_USES, (uint32_t)option_or(a, OPT_NODE, ALLOD_ANY_NODE),
                          domid == DOMID_SELF ? 0 : domid, RUNS, runs);
        for (int i = 0; i < nr; i++) {
            if (extend_run(&last, &runs[i]))
                continue;
            if (last.nr_pages)
                frame_row(&t, &last);
            last = runs[i];
        }
    }
    if (last.nr_pages)
        frame_row(&t, &last);
    finish(r, nr);
}
