/* SPDX-License-Identifier: MIT */
/* What stands behind the name in a random line: numbers, entries, options. */
#pragma once

#include "generate.h"

/* Of the machine that generate_begin made. */
extern unsigned int generate_nodes, generate_names;

static inline bool one_in(uint64_t n)
{
    return generate_number(n) == 0;
}

#define PICK(array) ((array)[generate_number(sizeof(array) / sizeof((array)[0]))])

/* Append to a line. */
__attribute__((format(printf, 2, 3))) void generate_add(char *line, const char *fmt, ...);

/* Complete LINE, which has the command and the name; D is the domain of that name or NULL. */
typedef void generate_fn(struct model *m, struct model_domain *d, char *line);
generate_fn generate_claim, generate_claims, generate_claim_pages, generate_populate, generate_release,
    generate_exchange, generate_max, generate_affinity, generate_offline, generate_online, generate_idle,
    generate_domain, generate_nothing;
