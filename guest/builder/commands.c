/* SPDX-License-Identifier: MIT */
/* The table of commands, and the help made from it. */
#include "cmd.h"
#include <string.h>

/* Of SPEC says parse.c what the words mean: positions, options with '=' ('!': required), flags with '?'. */
const struct command commands[] = {
    {"", "", RESULT_STATUS, NULL, "", "Domains"},
    {"domain", "name max= vcpus=", RESULT_STATUS, cmd_domain, "NAME [max=PAGES] [vcpus=N]",
     "create a paused domain"},
    {"boot", "name file mem= vcpus= initrd= ?vnuma ?wait entries --", RESULT_STATUS, cmd_boot,
     "NAME IMAGE [mem=64M] [vcpus=1] [initrd=FILE] [vnuma] [wait] [TARGET:PAGES ...] [-- WORDS]",
     "build a domain from an image, under claims, and start it. TARGET is a node, or host for any; PAGES "
     "are of 4 KiB; without TARGET all of its memory is claimed on host. vnuma: it sees the claims' nodes; "
     "wait: until it has shut down"},
    {"max", "dom count", RESULT_STATUS, cmd_max, "NAME PAGES", "limit what a domain may own"},
    {"affinity", "dom list", RESULT_STATUS, cmd_affinity, "NAME N,N,...",
     "nodes to look for its memory first"},
    {"pin", "dom count cpus ?soft", RESULT_STATUS, cmd_pin, "NAME VCPU CPUS [soft]",
     "CPUs that a vCPU may run on, or (soft) prefers; CPUS is 0-3,7 or all"},
    {"pause", "dom", RESULT_STATUS, cmd_pause, "NAME", "stop its vCPUs"},
    {"unpause", "dom", RESULT_STATUS, cmd_unpause, "NAME", "let them run"},
    {"destroy", "dom", RESULT_STATUS, cmd_destroy, "NAME", "end it and take its memory back"},
    {"dying", "dom", RESULT_STATUS, cmd_dying, "NAME", "begin its end, keep its memory (debug builds)"},

    {"", "", RESULT_STATUS, NULL, "", "Claims"},
    {"claim", "dom nr= ?null mode= version= arg= entries", RESULT_STATUS, cmd_claim,
     "NAME [nr=N] [null] [mode=N] [version=+N] [arg=bad] TARGET:PAGES[/CMD] ...",
     "replace its claim set; TARGET is a node, host or legacy; PAGES are of 4 KiB"},
    {"claims", "dom cap= ?-j", RESULT_PAIR, cmd_claims, "NAME [cap=N] [-j]", "read its claim set back"},
    {"claim-pages", "dom count order= flags= start= continuation=", RESULT_STATUS, cmd_claim_pages,
     "NAME PAGES [order=N] [flags=N] [start=N] [continuation=N]", "legacy claim: PAGES in all, host-wide"},

    {"", "", RESULT_STATUS, NULL, "", "Memory"},
    {"populate", "dom count order= node= ?exact", RESULT_COUNT, cmd_populate,
     "NAME COUNT [order=K] [node=N] [exact]", "give it COUNT extents of 2^K pages"},
    {"noref", "dom|- count order= node= ?exact", RESULT_COUNT, cmd_noref,
     "NAME|- COUNT [order=K] [node=N] [exact]", "allocate without reference counting (debug builds)"},
    {"release", "dom count node=!", RESULT_COUNT, cmd_release, "NAME COUNT node=N",
     "give back pages that lie on a node"},
    {"exchange", "dom count from=! to=", RESULT_STATUS, cmd_exchange, "NAME COUNT from=N [to=N]",
     "exchange pages on a node for new ones"},
    {"offline", "dom|free count node=", RESULT_WORD, cmd_offline, "free COUNT node=N | NAME COUNT",
     "take free or owned pages out of use"},
    {"online", "count node=!", RESULT_WORD, cmd_online, "COUNT node=N", "bring them back"},

    {"", "", RESULT_STATUS, NULL, "", "Looking"},
    {"nodes", "?-j", RESULT_STATUS, cmd_nodes, "[-j]", "NUMA nodes: memory, claims, distances"},
    {"heap", "?-j", RESULT_STATUS, cmd_heap, "[-j]", "a picture of each node's memory"},
    {"domains", "?-j", RESULT_STATUS, cmd_domains, "[-j]", "all domains"},
    {"vcpus", "dom? ?-j", RESULT_STATUS, cmd_vcpus, "[NAME] [-j]",
     "where vCPUs run and may run: all, or a domain's"},
    {"map", "dom ?all ?-j", RESULT_STATUS, cmd_map, "NAME [all] [-j]",
     "where a domain's memory lies: the first 40 runs of pages, or all"},
    {"frames", "dom? node= ?-j", RESULT_STATUS, cmd_frames, "[NAME] [node=N] [-j]",
     "what machine pages are used for: all, or a domain's"},
    {"exits", "dom ?-j", RESULT_STATUS, cmd_exits, "NAME [-j]",
     "how often a domain has left its guest code, and why"},
    {"locks", "?reset ?-j", RESULT_STATUS, cmd_locks, "[reset] [-j]",
     "the hypervisor's locks: how often and how long; reset: then count anew (debug builds)"},

    {"", "", RESULT_STATUS, NULL, "", "Tests"},
    {"test", "word title", RESULT_STATUS, cmd_test, "NAME TITLE...", "begin a test on a clean machine"},
    {"host", "numbers", RESULT_STATUS, cmd_host, "N0 N1 ...", "leave exactly Ni free pages on node i"},
    {"state", "dom? total= claimed= free= node-claimed= pages= claims= host= nodes=", RESULT_STATUS,
     cmd_state,
     "total=N claimed=N free=A,B,.. node-claimed=A,B,.. | NAME pages=N claims=N host=N nodes=A,B,..",
     "assert counters"},
    {"check", "", RESULT_STATUS, cmd_check, "", "run the invariant checker (debug builds)"},
    {"fail", "count times=", RESULT_PAIR, cmd_fail, "N [times=K]",
     "let the hypervisor's Nth allocation from now on fail, and the K - 1 after it; 0: none; says how many "
     "did since the last fail (debug builds)"},
    {"run", "file", RESULT_STATUS, cmd_run, "FILE", "play a file of tests"},

    {"", "", RESULT_STATUS, NULL, "", "The prompt"},
    {"help", "word?", RESULT_STATUS, cmd_help, "[COMMAND]", "this, or more about one command; also: ?"},
    {"quit", "", RESULT_STATUS, cmd_quit, "", "end the builder; also: exit"},
    {NULL, NULL, RESULT_STATUS, NULL, NULL, NULL},
};

/* What people type out of habit; files have one name for each command. */
static const struct {
    const char *name, *command;
} aliases[] = {{"exit", "quit"}, {"?", "help"}};

const struct command *find_command(const char *name)
{
    for (size_t i = 0; interactive && i < sizeof(aliases) / sizeof(aliases[0]); i++)
        if (!strcmp(aliases[i].name, name))
            name = aliases[i].command;
    for (const struct command *c = commands; c->name; c++)
        if (*c->name && !strcmp(c->name, name))
            return c;
    return NULL;
}

static void help_all(void)
{
    for (const struct command *c = commands; c->name; c++)
        if (*c->name)
            out("  %-12s %s\n", c->name, c->help);
        else
            out("%s\n", c->help);
    out("help COMMAND says how it is written. \"=> RESULT\" behind a command states what it has to "
        "return.\nTAB completes commands and files. Lines that begin with (dN) are domain N's, with (allod) "
        "the hypervisor's.\n");
}

void cmd_help(const struct args *a, struct outcome *r)
{
    const struct command *c = a->word ? find_command(a->word) : NULL;

    if (!a->word)
        help_all();
    else if (c)
        out("%s %s\n    %s\n", c->name, c->usage, c->help);
    else
        text_add(&r->why, "no command \"%s\" (try help)", a->word);
}
