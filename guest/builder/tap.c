/* SPDX-License-Identifier: MIT */
/* Play a scenario as tests and print plain TAP. */
#include "cmd.h"
#include "fixture.h"
#include "refusals.h"
#include "scenario.h"
#include <string.h>

struct run {
    unsigned int number, failed;
    bool open; /* a test has begun */
    bool over; /* the rest of this test is skipped */
    bool bad;
    struct text title, skip, diagnostics;
};

static void begin_test(struct run *t, const char *name, const char *title, bool keep_filler)
{
    unsigned int number = t->number + 1, failed = t->failed;

    memset(t, 0, sizeof(*t));
    t->number = number;
    t->failed = failed;
    t->open = true;
    text_add(&t->title, "%s%s%s", name, title ? " " : "", title ? title : "");
    machine_clean(keep_filler);
}

static void end_test(struct run *t)
{
    if (!t->open)
        return;
    out("%s %u - %s", t->bad ? "not ok" : "ok", t->number, t->title.s);
    if (t->skip.len && !t->bad)
        out(" # SKIP %s", t->skip.s);
    out("\n%s", t->diagnostics.s);
    t->failed += t->bad;
    t->open = false;
}

static void fail_test(struct run *t, const struct line *l, const char *what)
{
    const char *s = l->s;
    size_t len = bare_line(&s, l->len);

    text_add(&t->diagnostics, "# line %u: %.*s: %s\n", l->number, (int)len, s, what);
    refusals_add(&t->diagnostics);
    t->bad = t->over = true;
}

static void run_line(struct run *t, const struct args *a, const struct line *l)
{
    struct outcome r;
    struct text what = {0};

    refusals_forget();
    out_comments(true);
    run_command(a, &r);
    out_comments(false);
    if (r.needs_debug && !(a->expect.kind == EXPECT_ERROR && a->expect.err == r.err)) {
        text_add(&t->skip, "\"%s\" needs a debug build of the hypervisor", a->cmd->name);
        t->over = true;
        return;
    }
    if (r.why.len) {
        fail_test(t, l, r.why.s);
    } else if (!outcome_expected(a, &r)) {
        text_add(&what, "expected ");
        describe_expected(a, &what);
        text_add(&what, ", saw ");
        describe_outcome(a, &r, &what);
        fail_test(t, l, what.s);
    } else if (!machine_sound()) {
        fail_test(t, l, "afterwards an invariant of the hypervisor is broken, see its log");
    }
}

static void play_line(struct run *t, const struct scenario *s, const struct args *a, const struct line *l)
{
    if (!strcmp(a->cmd->name, "test")) {
        end_test(t);
        begin_test(t, a->word, a->title, test_keeps_filler(s, *l));
        return;
    }
    if (!t->open)
        begin_test(t, s->name, NULL, false);
    if (!t->over)
        run_line(t, a, l);
}

/* Some `host` line is for a larger machine: better said once than by each of its tests. */
static bool machine_fits(const struct scenario *s, struct text *error)
{
    static struct args a;
    struct line l = {0};

    while (next_line(s, &l)) {
        struct text what = {0};
        if (parse_line(&a, l.s, l.len, &what) != PARSE_COMMAND || a.cmd->run != cmd_host ||
            fixture_fits(&a.list, &what))
            continue;
        text_add(error, "%s: line %u: %s", s->name, l.number, what.s);
        return false;
    }
    return true;
}

bool play_tap(const struct scenario *s)
{
    static struct args a;
    static struct run t;
    struct text error = {0};
    struct line l = {0};
    unsigned int nr_tests;

    memset(&t, 0, sizeof(t));
    if (!check_scenario(s, &nr_tests, &error) || !machine_fits(s, &error)) {
        out("Bail out! %s\n", error.s);
        return false;
    }
    out("1..%u\n", nr_tests);
    while (next_line(s, &l)) {
        struct text ignored = {0};
        if (parse_line(&a, l.s, l.len, &ignored) == PARSE_COMMAND)
            play_line(&t, s, &a, &l);
    }
    end_test(&t);
    machine_clean(false);
    return !t.failed;
}
