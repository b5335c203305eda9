/* SPDX-License-Identifier: MIT */
/* Random lines of the command language, aimed at the borders of what the model counts. */
#include "generate_line.h"
#include <stdio.h>
#include <string.h>

static const char *const names[] = {"a", "b", "c", "d"};
static const char *const strangers[] = {"self", "@40000"};
#define NR_NAMES (sizeof(names) / sizeof(names[0]))

static uint64_t random_state;
unsigned int generate_nodes, generate_names;

void generate_seed(uint64_t seed)
{
    random_state = seed;
}

uint64_t generate_number(uint64_t below)
{
    random_state = random_state * 6364136223846793005UL + 1442695040888963407UL;
    return (random_state >> 33) % below;
}

void generate_add(char *line, const char *fmt, ...)
{
    size_t len = strlen(line);
    va_list args;

    va_start(args, fmt);
    vsnprintf(line + len, LINE_SIZE - len, fmt, args);
    va_end(args);
}

/* ---- The machine ---- */

/* Mostly tiny; sometimes room for a block of 2 MiB. */
static unsigned int node_pages(void)
{
    static const unsigned int even[] = {4, 8, 16, 32, 64};

    if (one_in(20))
        return 500 + (unsigned int)generate_number(100);
    return one_in(2) ? PICK(even) : 4 + (unsigned int)generate_number(61);
}

unsigned int generate_begin(char line[][LINE_SIZE])
{
    unsigned int nr = 0;

    generate_nodes = 1 + (unsigned int)generate_number(4);
    generate_names = one_in(8) ? 1 : 2 + (unsigned int)generate_number(NR_NAMES - 1);
    for (unsigned int i = 0; i < generate_names; i++)
        snprintf(line[nr++], LINE_SIZE, "domain %s", names[i]);
    strcpy(line[nr], "host");
    for (unsigned int i = 0; i < generate_nodes; i++)
        generate_add(line[nr], " %u", one_in(12) && generate_nodes > 1 ? 0 : node_pages());
    return nr + 1;
}

static const struct {
    unsigned int weight;
    const char *name;
    generate_fn *add;
} kinds[] = {
    {24, "claim", generate_claim},
    {3, "claims", generate_claims},
    {5, "claim-pages", generate_claim_pages},
    {18, "populate", generate_populate},
    {16, "release", generate_release},
    {5, "noref", generate_populate},
    {7, "exchange", generate_exchange},
    {4, "max", generate_max},
    {4, "affinity", generate_affinity},
    {5, "offline", generate_offline},
    {4, "online", generate_online},
    {2, "destroy", generate_nothing},
    {1, "dying", generate_nothing},
    {4, "domain", generate_domain},
    {2, "idle", generate_idle},
};

/* Mostly a domain that lives; `domain` and `destroy` are for the others. */
static const char *random_name(struct model *m, const char *command)
{
    const bool odd = one_in(12), dead = !strcmp(command, "domain") || !strcmp(command, "destroy");
    const char *name = names[0];

    if (!strcmp(command, "noref") && one_in(2))
        return "-";
    if (odd && !dead && strcmp(command, "offline") && one_in(4))
        return PICK(strangers);
    for (unsigned int i = 0; i < 8; i++) {
        const struct model_domain *d = named_domain(m, name = names[generate_number(generate_names)]);

        if (odd || (d && !d->dying) != dead)
            break;
    }
    return name;
}

void generate_line(struct model *m, char *line)
{
    unsigned int total = 0, kind = 0;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        total += kinds[i].weight;
    for (uint64_t at = generate_number(total); at >= kinds[kind].weight; kind++)
        at -= kinds[kind].weight;
    const char *name = random_name(m, kinds[kind].name);
    snprintf(line, LINE_SIZE, "%s %s", kinds[kind].name, name);
    kinds[kind].add(m, named_domain(m, name), line);
}
