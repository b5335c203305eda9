/* SPDX-License-Identifier: MIT */
/* The prompt: read a line, run it, say what came of it. */
#include "shell.h"
#include "cmd.h"
#include "edit.h"
#include "platform.h"
#include "scenario.h"
#include <string.h>

bool interactive;
static bool quit;

/* What the errors mean that builders meet: of one command, then of any. */
static const struct {
    int err;
    const char *meaning;
    command_fn *of;
} meanings[] = {
    {EINVAL, "vcpus= is 0, or more than a domain can have", cmd_domain},
    {EINVAL, "the domain has fewer vCPUs, or the machine none of these CPUs", cmd_pin},
    {ESRCH, "this vCPU was not made (domain NAME vcpus=N makes N), or the domain is gone", cmd_pin},
    {EINVAL, "none of these nodes is online", cmd_affinity},
    {EINVAL, "a domain cannot pause itself", cmd_pause},
    {EPERM, "this domain is not privileged", NULL},
    {ENOENT, "no such node, or it is offline", NULL},
    {ESRCH, "no such domain, or it is being destroyed", NULL},
    {E2BIG, "too many entries", NULL},
    {ENOMEM, "not enough unclaimed memory", NULL},
    {EACCES, "wrong interface version", NULL},
    {EFAULT, "an address that is not mapped", NULL},
    {EEXIST, "that name is taken", NULL},
    {EINVAL, "not allowed like this: a node twice, above max_pages, a reserved field, ...", NULL},
    {ENOSYS, "this hypervisor does not have it", NULL},
};

/* NULL: nothing is to be said. */
static const char *meaning(const struct args *a, const struct outcome *r)
{
    if (r->needs_debug)
        return "only debug builds of the hypervisor have it (make run DEBUG=1)";
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
        if (r->err == meanings[i].err && (!meanings[i].of || meanings[i].of == a->cmd->run))
            return meanings[i].meaning;
    return NULL;
}

void print_outcome(const struct args *a, const struct outcome *r)
{
    struct text t = {0};

    if (a->cmd->result == RESULT_PAIR && !r->err)
        return; /* printed as a table */
    if (a->cmd->result == RESULT_COUNT && !r->err)
        text_add(&t, "%lu of %lu", (unsigned long)r->count, (unsigned long)r->wanted);
    else
        describe_outcome(a, r, &t);
    if (!strcmp(t.s, "ok") && a->cmd->run != cmd_state && a->cmd->run != cmd_check)
        return; /* silence is good news, except where it was asked for */
    out("%s", t.s);
    if (!r->why.len && meaning(a, r))
        out(": %s", meaning(a, r));
    if (!r->why.len && r->detail.len)
        out(": %s", r->detail.s);
    out("\n");
}

static void run_typed(const char *line)
{
    static struct args a;
    struct outcome r;
    struct text error = {0};
    enum parse_status status = parse_line(&a, line, strlen(line), &error);

    if (status == PARSE_ERROR)
        out("%s%s\n", error.s, a.cmd ? "" : " (try help)");
    if (status == PARSE_ERROR && a.cmd)
        out("usage: %s %s\n", a.cmd->name, a.cmd->usage);
    if (status != PARSE_COMMAND)
        return;
    run_command(&a, &r);
    print_outcome(&a, &r);
    if (a.expect.kind != EXPECT_NOTHING && !outcome_expected(&a, &r))
        out("not as expected\n");
}

/* A file's lines, as if they had been typed. */
static void type_lines(const char *s, size_t size)
{
    char line[MAX_LINE + 1];

    for (const char *end = s + size; s < end && !quit; s++) {
        const char *newline = memchr(s, '\n', (size_t)(end - s));
        size_t n = (size_t)((newline ? newline : end) - s);

        n = n < sizeof(line) ? n : sizeof(line) - 1;
        memcpy(line, s, n);
        line[n] = 0;
        out(SHELL_PROMPT "%s\n", line);
        run_typed(line);
        s = newline ? newline : end;
    }
}

void run_shell(const char *first, size_t size)
{
    char line[256];

    interactive = true;
    quit = false;
    out("Type help for the commands, quit to end.\n");
    type_lines(first, size);
    while (!quit && read_line(SHELL_PROMPT, line, sizeof(line)))
        run_typed(line);
}

void cmd_quit(const struct args *a, struct outcome *r)
{
    (void)a;
    (void)r;
    quit = true;
}

/* At the prompt `test` only starts afresh; in files the player acts on it. */
void cmd_test(const struct args *a, struct outcome *r)
{
    (void)a;
    (void)r;
    machine_clean(false);
}

/* A scenario inside a scenario would end the domains of the outer one. */
void cmd_run(const struct args *a, struct outcome *r)
{
    struct scenario s = {.name = a->word};

    s.text = platform_load(a->word, &s.size);
    if (!interactive) {
        text_add(&r->why, "run works at the prompt only");
    } else if (!s.text) {
        r->err = ENOENT;
        no_file(a->word, r);
    } else {
        interactive = false;
        if (!play_tap(&s))
            text_add(&r->why, "%s: not everything passed", a->word);
        interactive = true;
    }
}
