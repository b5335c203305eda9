/* SPDX-License-Identifier: MIT */
/* Playing lines of the command language in model and implementation side by side. */
#include "play.h"
#include "builder.h"
#include "host.h"
#include "log.h"
#include "machine.h"
#include "scenario_machine.h"
#include "view.h"
#include <heap.h>
#include <stdio.h>
#include <string.h>

#define STATE_SIZE 8192

void play_begin(struct model *m, const struct scenario *s, uint64_t node_pages)
{
    scenario_machine_create(s, 0, node_pages);
    host_boot(true);
    BUG_ON(!builder_open());
    model_reset(m, node_online_map);
}

void play_end(void)
{
    machine_clean(false);
    builder_close();
    host_shutdown();
    machine_destroy();
}

/* ---- Counters ---- */

__attribute__((format(printf, 3, 4))) static void add(char *buf, size_t size, const char *fmt, ...)
{
    size_t len = strlen(buf);
    va_list args;

    va_start(args, fmt);
    vsnprintf(buf + len, size - len, fmt, args);
    va_end(args);
}

static void write_domain(const struct model *m, const struct model_domain *d, char *buf, size_t size)
{
    if (d->gone) {
        add(buf, size, "state %s => ESRCH\n", d->name);
        return;
    }
    add(buf, size, "state %s pages=%lu claims=%lu", d->name, owned_pages(m, d), all_claimed_by(d));
    for (unsigned int n = 0; !d->dying && m->online >> n; n++)
        add(buf, size, n ? ",%lu" : " nodes=%lu", claimed_by(d, n));
    if (!d->dying)
        add(buf, size, " host=%lu", claimed_by(d, XEN_DOMCTL_CLAIM_MEMORY_HOST));
    add(buf, size, "\n");
}

void write_state(const struct model *m, char *buf, size_t size)
{
    *buf = 0;
    if (m->fixed) {
        add(buf, size, "state total=%lu claimed=%lu", free_on(m, ANY_NODE), all_claimed(m));
        for (unsigned int n = 0; m->online >> n; n++)
            add(buf, size, n ? ",%lu" : " free=%lu", free_on(m, n));
        for (unsigned int n = 0; m->online >> n; n++)
            add(buf, size, n ? ",%lu" : " node-claimed=%lu", claimed_on(m, n));
        add(buf, size, "\n");
    }
    for (unsigned int i = 0; i < m->nr_domains; i++) {
        bool last = true;

        for (unsigned int j = i + 1; j < m->nr_domains; j++)
            last &= strcmp(m->domain[i].name, m->domain[j].name) != 0;
        if (last)
            write_domain(m, &m->domain[i], buf, size);
    }
}

/* Does the implementation pass the model's `state` lines? */
static bool state_is_same(const struct model *m, struct text *why)
{
    static struct args a;
    static char lines[STATE_SIZE];
    struct line l = {0};

    write_state(m, lines, sizeof(lines));
    for (const struct scenario s = {"state", lines, strlen(lines)}; next_line(&s, &l);) {
        struct outcome r;

        BUG_ON(parse_line(&a, l.s, l.len, why) != PARSE_COMMAND);
        run_command(&a, &r);
        if (outcome_expected(&a, &r))
            continue;
        text_add(why, "%.*s: ", (int)l.len, l.s);
        describe_outcome(&a, &r, why);
        return false;
    }
    return true;
}

/* ---- One line ---- */

/* What a line states when this is what becomes of it. */
static void state_outcome(const struct args *a, const struct outcome *r, struct text *t)
{
    const bool pair = a->cmd->result == RESULT_PAIR;

    if (r->err)
        text_add(t, "%s", error_name(r->err));
    else if (a->cmd->result == RESULT_COUNT)
        text_add(t, "%lu", r->count);
    else
        text_add(t, "%s", r->word ? r->word : "ok");
    if (pair && r->counted)
        text_add(t, " %lu", r->count);
    if (r->why.len)
        text_add(t, "%s", r->why.s);
}

/* Some commands move what the filler and the hypervisor have: the model learns what is free then. */
static bool adopt_fixture(struct model *m, const struct args *a, struct text *why)
{
    const struct known_domain *known = a->dom ? known_domain(a->dom) : NULL;
    const bool host = !strcmp(a->cmd->name, "host");

    if (!strcmp(a->cmd->name, "domain") && known)
        named_domain(m, a->dom)->domid = known->domid;
    if (host)
        m->fixed = false; /* there is nothing to compare with yet */
    else if (!m->fixed || (strcmp(a->cmd->name, "domain") && strcmp(a->cmd->name, "destroy")))
        return true;
    if (!view_adopt(m, why))
        return false;
    m->fixed |= host;
    for (unsigned int i = 0; host && i < MAX_NODES; i++)
        if (free_on(m, i) != (i < a->list.nr ? a->list.v[i] : 0)) {
            text_add(why, "node %u has %lu free pages", i, free_on(m, i));
            return false;
        }
    return true;
}

static bool frames_are_same(struct model *m, struct text *why)
{
    if (!view_matches(m, why))
        return false;
    view_soil(m);
    return true;
}

static void compare(struct model *m, const struct args *a, struct played_line *p)
{
    const bool adopted = adopt_fixture(m, a, &p->why);

    p->visible = true;
    p->played = DIFFERS;
    if (!adopted || !state_is_same(m, &p->why))
        return;
    if (!machine_sound()) {
        text_add(&p->why, "an invariant is broken");
        return;
    }
    p->visible = false;
    if (frames_are_same(m, &p->why))
        p->played = SAME;
}

static void idle(struct model *m, const char *line, struct played_line *p)
{
    uint64_t pages = 0;

    BUG_ON(!parse_number(line + strlen(IDLE), UINT32_MAX, &pages));
    heap_scrub_slice(0, pages);
    view_refresh(m);
    view_adopt_clean(m);
    p->played = frames_are_same(m, &p->why) ? SAME : DIFFERS;
}

/* The prediction comes first, and does not depend on the implementation; then its choice of frames is
 * checked. */
static void play_command(struct model *m, const struct args *a, struct played_line *p)
{
    static struct model before;
    struct outcome predicted, seen;
    struct text expected = {0}, real = {0};

    model_copy(&before, m);
    if (!model_step(&before, a, NULL, &predicted)) {
        p->played = MEANINGLESS;
        return;
    }
    p->as_stated = outcome_expected(a, &predicted);
    state_outcome(a, &predicted, &expected);
    text_add(&p->stated, " => %s", expected.s);
    run_command(a, &seen);
    state_outcome(a, &seen, &real);
    view_refresh(m);
    model_step(m, a, view_look, &predicted);
    if (strcmp(expected.s, real.s)) {
        text_add(&p->why, "the model says %s, the implementation %s", expected.s, real.s);
        p->played = DIFFERS;
        p->visible = true;
        return;
    }
    compare(m, a, p);
}

void play_line(struct model *m, const char *line, struct played_line *p)
{
    static struct args a;

    memset(p, 0, sizeof(*p));
    text_add(&p->stated, "%s", line);
    if (!strncmp(line, IDLE, strlen(IDLE)))
        idle(m, line, p);
    else if (parse_line(&a, line, strlen(line), &p->why) != PARSE_COMMAND)
        p->played = MEANINGLESS;
    else
        play_command(m, &a, p);
}
