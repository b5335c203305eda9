/* SPDX-License-Identifier: MIT */
/* The parser of the command language: a line against the pattern of its command. */
#include "option.h"
#include "position.h"
#include <string.h>

static bool is_option(const struct parser *p, const char *token)
{
    enum option o = find_option(token);

    return strchr(token, '=') || (o < NR_OPTIONS && (p->allowed & (1UL << o)));
}

static bool parse_position(struct parser *p, const struct position *pos)
{
    struct tokens *t = &p->tokens;

    for (bool first = true; tokens_left(t) && (first || pos->many); first = false) {
        if (is_option(p, t->v[t->next]) && !pos->title)
            return first && !pos->optional ? parse_fail(p, pos->what, t->v[t->next]) : true;
        if (!pos->take(p, t->v[t->next++]))
            return false;
        if (!pos->many)
            return true;
    }
    return pos->optional || p->a->list.nr || parse_fail(p, pos->what, NULL);
}

static bool parse_options(struct parser *p)
{
    struct tokens *t = &p->tokens;

    while (tokens_left(t) && is_option(p, t->v[t->next])) {
        const char *token = t->v[t->next++];
        enum option o = find_option(token);
        if (o == NR_OPTIONS || !(p->allowed & (1UL << o))) {
            text_add(p->error, "\"%s\" has no option \"%s\"", p->a->cmd->name, token);
            return false;
        }
        if (!parse_option(p->a, o, token, p->error))
            return false;
    }
    for (unsigned int o = 0; o < NR_OPTIONS; o++)
        if ((p->required & ~p->a->given) & (1UL << o)) {
            text_add(p->error, "\"%s\" needs %s=", p->a->cmd->name, option_name((enum option)o));
            return false;
        }
    return true;
}

/* The options of the pattern: "order=", "node=!" (must be there), "?exact" (without a value). */
static void collect_options(struct parser *p, const char *spec)
{
    for (const char *s = spec; *s; s += strspn(s, " ")) {
        size_t len = strcspn(s, " ");
        const char *name = *s == '?' ? s + 1 : s;
        char word[24] = "";
        memcpy(word, name, len - (size_t)(name - s));
        if (*s == '?' || strchr(word, '='))
            p->allowed |= 1UL << find_option(word);
        if (strchr(word, '!'))
            p->required |= 1UL << find_option(word);
        s += len;
    }
}

static bool parse_positions(struct parser *p, bool last)
{
    for (const char *s = p->a->cmd->spec; *s; s += strspn(s, " ")) {
        size_t len = strcspn(s, " ");
        const struct position *pos = find_position(s, len);
        if (pos && pos->last == last && !parse_position(p, pos))
            return false;
        s += len;
    }
    return true;
}

/* ---- The expectation ---- */

static bool parse_expect(struct parser *p, char **token, unsigned int nr)
{
    static const char words[] = " offlined pending onlined ";
    struct expect *e = &p->a->expect;
    enum result_kind result = p->a->cmd->result;

    if (nr == 0 || nr > 2)
        return parse_fail(p, "one result after =>", NULL);
    if (!strcmp(token[0], "ok")) {
        e->kind = EXPECT_OK;
    } else if (parse_number(token[0], UINT64_MAX, &e->number)) {
        e->kind = EXPECT_NUMBER;
    } else if ((e->err = error_number(token[0]))) {
        e->kind = EXPECT_ERROR;
    } else if (result == RESULT_WORD && strlen(token[0]) < sizeof(e->word) && strstr(words, token[0])) {
        e->kind = EXPECT_WORD;
        strcpy(e->word, token[0]);
    } else {
        return parse_fail(p, "ok, a number, an error or a word of this command after =>", token[0]);
    }
    if (nr == 1)
        return true;
    e->counted = true;
    if (result != RESULT_PAIR || e->kind == EXPECT_NUMBER || !parse_number(token[1], UINT64_MAX, &e->number))
        return parse_fail(p, "one result after =>", token[1]);
    return true;
}

static bool split_expect(struct parser *p)
{
    struct tokens *t = &p->tokens;

    for (unsigned int i = 0; i < t->nr; i++) {
        if (strcmp(t->v[i], "=>"))
            continue;
        unsigned int nr = t->nr - i - 1;
        t->nr = i;
        return parse_expect(p, &t->v[i + 1], nr);
    }
    return true;
}

/* What stands behind "--" is for the guest. */
static void split_words(struct parser *p)
{
    struct tokens *t = &p->tokens;

    for (unsigned int i = 0; i < t->nr; i++) {
        if (strcmp(t->v[i], "--"))
            continue;
        if (i + 1 < t->nr)
            p->a->title = rejoin_tokens(t, i + 1);
        t->nr = i;
    }
}

static bool check_combination(struct parser *p)
{
    struct args *a = p->a;

    if (p->free_or_domain && !strcmp(a->dom, "free") != given(a, OPT_NODE)) {
        text_add(p->error, "\"free\" needs node=, and only \"free\" takes it");
        return false;
    }
    if (strstr(a->cmd->spec, "nr=") && !a->nr_entries && !a->given)
        return parse_fail(p, "TARGET:PAGES", NULL);
    return true;
}

enum parse_status parse_line(struct args *a, const char *line, size_t len, struct text *error)
{
    static struct parser p;

    memset(&p, 0, sizeof(p));
    memset(a, 0, offsetof(struct args, buf));
    p.a = a;
    p.error = error;
    if (len > MAX_LINE) {
        text_add(error, "the line is longer than %d characters", MAX_LINE);
        return PARSE_ERROR;
    }
    memcpy(a->buf, line, len);
    a->buf[len] = 0;
    if (!split_tokens(&p.tokens, a->buf)) {
        text_add(error, "more than %d words", MAX_TOKENS);
        return PARSE_ERROR;
    }
    if (!tokens_left(&p.tokens))
        return PARSE_EMPTY;
    const char *name = p.tokens.v[p.tokens.next++];
    a->cmd = find_command(name);
    if (!a->cmd) {
        text_add(error, "unknown command \"%s\"", name);
        return PARSE_ERROR;
    }
    collect_options(&p, a->cmd->spec);
    bool has_title = strstr(a->cmd->spec, "title");
    if (!has_title && !split_expect(&p))
        return PARSE_ERROR;
    if (strstr(a->cmd->spec, "--"))
        split_words(&p);
    if (!parse_positions(&p, false) || !parse_options(&p) || !parse_positions(&p, true) ||
        !check_combination(&p))
        return PARSE_ERROR;
    if (tokens_left(&p.tokens)) {
        text_add(error, "too much: \"%s\"", p.tokens.v[p.tokens.next]);
        return PARSE_ERROR;
    }
    return PARSE_COMMAND;
}
