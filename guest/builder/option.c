/* SPDX-License-Identifier: MIT */
/* The options of all commands: their names and what their values look like. */
#include "option.h"
#include <string.h>

enum option_kind {
    FLAG,   /* alone */
    NUMBER, /* =N, any that fits 64 bits */
    SMALL,  /* =N that fits 32 bits */
    LIST,   /* =N,N,... */
    OFFSET, /* =+N */
    BAD,    /* =bad */
    SIZE,   /* =16M */
    NAME,   /* =NAME */
};

static const struct {
    const char *name;
    enum option_kind kind;
} options[NR_OPTIONS] = {
    [OPT_MAX] = {"max", NUMBER},
    [OPT_NR] = {"nr", SMALL},
    [OPT_NULL] = {"null", FLAG},
    [OPT_MODE] = {"mode", SMALL},
    [OPT_VERSION] = {"version", OFFSET},
    [OPT_ARG] = {"arg", BAD},
    [OPT_CAP] = {"cap", SMALL},
    [OPT_ORDER] = {"order", SMALL},
    [OPT_NODE] = {"node", SMALL},
    [OPT_EXACT] = {"exact", FLAG},
    [OPT_FLAGS] = {"flags", SMALL},
    [OPT_START] = {"start", NUMBER},
    [OPT_CONTINUATION] = {"continuation", SMALL},
    [OPT_FROM] = {"from", SMALL},
    [OPT_TO] = {"to", SMALL},
    [OPT_TOTAL] = {"total", NUMBER},
    [OPT_CLAIMED] = {"claimed", NUMBER},
    [OPT_FREE] = {"free", LIST},
    [OPT_NODE_CLAIMED] = {"node-claimed", LIST},
    [OPT_PAGES] = {"pages", NUMBER},
    [OPT_CLAIMS] = {"claims", NUMBER},
    [OPT_HOST] = {"host", NUMBER},
    [OPT_NODES] = {"nodes", LIST},
    [OPT_MEM] = {"mem", SIZE},
    [OPT_VCPUS] = {"vcpus", SMALL},
    [OPT_WAIT] = {"wait", FLAG},
    [OPT_JSON] = {"-j", FLAG},
    [OPT_TIMES] = {"times", SMALL},
    [OPT_SOFT] = {"soft", FLAG},
    [OPT_RESET] = {"reset", FLAG},
    [OPT_INITRD] = {"initrd", NAME},
    [OPT_VNUMA] = {"vnuma", FLAG},
    [OPT_ALL] = {"all", FLAG},
};

enum option find_option(const char *token)
{
    size_t len = strcspn(token, "=");
    unsigned int o = 0;

    while (o < NR_OPTIONS && (strncmp(options[o].name, token, len) || options[o].name[len]))
        o++;
    return (enum option)o;
}

const char *option_name(enum option o)
{
    return options[o].name;
}

bool parse_list(struct list *l, char *s)
{
    l->nr = 0;
    for (char *end; s; s = end) {
        end = strchr(s, ',');
        if (end)
            *end++ = 0;
        if (l->nr == MAX_NODES || !parse_number(s, UINT64_MAX, &l->v[l->nr]))
            return false;
        l->nr++;
    }
    return true;
}

static bool parse_list_copy(struct list *l, const char *s)
{
    char buf[MAX_LINE + 1];

    strcpy(buf, s); /* a part of one line */
    return parse_list(l, buf);
}

bool parse_option(struct args *a, enum option o, const char *token, struct text *error)
{
    const char *value = strchr(token, '=');
    uint64_t *n = &a->value[o];
    bool good = false;

    if (given(a, o)) {
        text_add(error, "option \"%s\" twice", options[o].name);
        return false;
    }
    a->given |= 1UL << o;
    if (!value || options[o].kind == FLAG) {
        good = !value && options[o].kind == FLAG;
        if (!good)
            text_add(error, value ? "\"%s\" takes no value" : "\"%s\" needs a value", options[o].name);
        return good;
    }
    value++;
    switch (options[o].kind) {
    case FLAG:
        break;
    case NUMBER:
        good = parse_number(value, UINT64_MAX, n);
        break;
    case SMALL:
        good = parse_number(value, UINT32_MAX, n);
        break;
    case LIST:
        good = parse_list_copy(&a->lists[option_list(a, o) - a->lists], value);
        break;
    case OFFSET:
        good = *value == '+' && parse_number(value + 1, UINT32_MAX, n);
        break;
    case BAD:
        good = !strcmp(value, "bad");
        break;
    case SIZE:
        good = parse_size(value, n);
        break;
    case NAME:
        a->initrd = value;
        good = *value;
        break;
    }
    if (!good)
        text_add(error, "bad value in \"%s\"", token);
    return good;
}
