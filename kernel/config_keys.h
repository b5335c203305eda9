/* SPDX-License-Identifier: MIT */
/* The keys of allod.cfg: what each takes and where it goes. */
#pragma once

#include "config.h"

/* A piece of the text that is parsed. */
struct slice {
    const char *p;
    size_t n;
};

bool slice_is(struct slice s, const char *word);

struct config_key {
    const char *name;
    const char *expected;                         /* for the error message: what a value looks like */
    bool (*set)(void *field, struct slice value); /* false: not such a value */
    size_t offset;                                /* of the field in its structure */
};

/* NULL when there is no such key. */
const struct config_key *config_find_key(const struct config_key *keys, unsigned int nr, struct slice name);

#define CONFIG_ALLOD_KEYS  10
#define CONFIG_DOMAIN_KEYS 8
extern const struct config_key config_allod_keys[CONFIG_ALLOD_KEYS];   /* fields of struct config */
extern const struct config_key config_domain_keys[CONFIG_DOMAIN_KEYS]; /* fields of struct config_domain */

/* `name = value`: the whole of it for messages, and its parts; quotes are taken off the value. */
struct setting {
    struct slice all, name, value;
};

enum scan_style { SCAN_FILE, SCAN_COMMAND_LINE };

/* Take blanks off the front. False when nothing follows but a comment (in a file). */
bool scan_blanks(struct slice *rest, enum scan_style style);
/* Take one setting off the front. NULL, or what was expected where *out->all was read. */
const char *scan_setting(struct slice *rest, enum scan_style style, struct setting *out);
