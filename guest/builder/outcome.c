/* SPDX-License-Identifier: MIT */
/* Run a command, compare what became of it with what its line states, and say both. */
#include "command.h"
#include <string.h>

void run_command(const struct args *a, struct outcome *r)
{
    memset(r, 0, sizeof(*r));
    a->cmd->run(a, r);
}

bool outcome_expected(const struct args *a, const struct outcome *r)
{
    const struct expect *e = &a->expect;

    if (r->why.len)
        return false;
    switch (e->kind) {
    case EXPECT_ERROR:
        return r->err == e->err && (!e->counted || (r->counted && r->count == e->number));
    case EXPECT_NUMBER:
        return !r->err && (r->counted ? r->count : 0) == e->number;
    case EXPECT_WORD:
        return !r->err && r->word && !strcmp(r->word, e->word);
    case EXPECT_OK:
        if (e->counted)
            return !r->err && r->counted && r->count == e->number;
        break;
    case EXPECT_NOTHING:
        break;
    }
    return !r->err && (a->cmd->result != RESULT_COUNT || r->count == r->wanted);
}

static void describe_error(struct text *t, int err)
{
    const char *name = error_name(err);

    if (name)
        text_add(t, "%s", name);
    else
        text_add(t, "error %d", err);
}

void describe_expected(const struct args *a, struct text *t)
{
    const struct expect *e = &a->expect;

    if (e->kind == EXPECT_ERROR)
        describe_error(t, e->err);
    else if (e->kind == EXPECT_WORD)
        text_add(t, "%s", e->word);
    else if (e->kind == EXPECT_NUMBER)
        text_add(t, "%lu", (unsigned long)e->number);
    else
        text_add(t, "ok");
    if (e->counted)
        text_add(t, " %lu", (unsigned long)e->number);
}

void describe_outcome(const struct args *a, const struct outcome *r, struct text *t)
{
    if (r->why.len) {
        text_add(t, "%s", r->why.s);
        return;
    }
    if (r->err) {
        describe_error(t, r->err);
        if (a->cmd->result != RESULT_PAIR)
            return;
    }
    switch (a->cmd->result) {
    case RESULT_STATUS:
        text_add(t, "ok");
        break;
    case RESULT_COUNT:
        text_add(t, "%lu", (unsigned long)r->count);
        if (a->expect.kind != EXPECT_NUMBER && r->count != r->wanted)
            text_add(t, " of %lu", (unsigned long)r->wanted);
        break;
    case RESULT_PAIR:
        if (!r->err)
            text_add(t, "ok");
        if (r->counted)
            text_add(t, " %lu", (unsigned long)r->count);
        break;
    case RESULT_WORD:
        text_add(t, "%s", r->word ? r->word : "ok");
        break;
    }
}
