/* SPDX-License-Identifier: MIT */
/* The command language: what a line means once it is parsed, and what became of it once it is done. */
#pragma once

#include "text.h"
#include <public/claims.h>

#define MAX_NODES   64
#define MAX_CPUS    256
#define MAX_LINE    2000
#define MAX_ENTRIES 256
#define MAX_NAME    32
#define DEFAULT_MAX 1048576 /* pages of a new domain */

enum option {
    OPT_MAX,
    OPT_NR,
    OPT_NULL,
    OPT_MODE,
    OPT_VERSION,
    OPT_ARG,
    OPT_CAP,
    OPT_ORDER,
    OPT_NODE,
    OPT_EXACT,
    OPT_FLAGS,
    OPT_START,
    OPT_CONTINUATION,
    OPT_FROM,
    OPT_TO,
    OPT_TOTAL,
    OPT_CLAIMED,
    OPT_FREE,
    OPT_NODE_CLAIMED,
    OPT_PAGES,
    OPT_CLAIMS,
    OPT_HOST,
    OPT_NODES,
    OPT_MEM,
    OPT_VCPUS,
    OPT_WAIT,
    OPT_JSON,
    OPT_TIMES,
    OPT_SOFT,
    OPT_RESET,
    OPT_INITRD,
    OPT_VNUMA,
    OPT_ALL,
    NR_OPTIONS
};

struct list {
    unsigned int nr;
    uint64_t v[MAX_NODES];
};

/* What "=> RESULT" states. */
enum expect_kind { EXPECT_NOTHING, EXPECT_OK, EXPECT_NUMBER, EXPECT_ERROR, EXPECT_WORD };
struct expect {
    enum expect_kind kind;
    int err;
    bool counted; /* "ok 3", "ERANGE 3": this number, too */
    uint64_t number;
    char word[16];
};

/* A parsed line. Strings point into BUF. */
struct args {
    const struct command *cmd;
    const char *dom;    /* domain as typed, or NULL: a name, "self", "@N", "-" */
    const char *word;   /* a file, an image, a test's name */
    const char *title;  /* the rest of the line, or what stands behind "--" */
    const char *initrd; /* a file: value of OPT_INITRD */
    uint64_t count;
    struct list list; /* positional numbers */
    uint64_t cpus[MAX_CPUS / 64];
    unsigned int nr_entries;
    struct xen_memory_claim entries[MAX_ENTRIES];
    uint64_t given; /* a bit for each option */
    uint64_t value[NR_OPTIONS];
    struct list lists[3]; /* of OPT_FREE, OPT_NODE_CLAIMED, OPT_NODES: see option_list */
    struct expect expect;
    char buf[MAX_LINE + 1];
};

static inline bool given(const struct args *a, enum option o)
{
    return a->given >> o & 1;
}

static inline uint64_t option_or(const struct args *a, enum option o, uint64_t value)
{
    return given(a, o) ? a->value[o] : value;
}

static inline const struct list *option_list(const struct args *a, enum option o)
{
    return &a->lists[o == OPT_FREE ? 0 : o == OPT_NODE_CLAIMED ? 1 : 2];
}

/* What a command has to say in the end. */
enum result_kind {
    RESULT_STATUS, /* ok or an error */
    RESULT_COUNT,  /* how many were done */
    RESULT_PAIR,   /* ok or an error, and a number */
    RESULT_WORD,
};

struct outcome {
    int err;          /* 0, or an error number of Xen's */
    bool counted;     /* COUNT is valid */
    bool needs_debug; /* the hypervisor is a release build and lacks the command */
    uint64_t count, wanted;
    const char *word;
    struct text detail; /* more about ERR, for people */
    struct text why;    /* not empty: failed, and this says how; it overrules the others */
};

struct command {
    const char *name;
    const char
        *spec; /* what parse.c reads: positions, then options with '=', '!' for those that must be there */
    enum result_kind result;
    void (*run)(const struct args *a, struct outcome *r);
    const char *usage, *help;
};

/* The table ends with a NULL name. A section of help begins with a name of "" and its title in help. */
extern const struct command commands[];
const struct command *find_command(const char *name);

enum parse_status { PARSE_EMPTY, PARSE_COMMAND, PARSE_ERROR };
/* Parse one line of LEN characters. What is wrong goes to ERROR. */
enum parse_status parse_line(struct args *a, const char *line, size_t len, struct text *error);
/* Is S a name that a domain can have? */
bool is_domain_name(const char *s);

/* Run a parsed command and complete the outcome. */
void run_command(const struct args *a, struct outcome *r);
/* Did it end as the line states? */
bool outcome_expected(const struct args *a, const struct outcome *r);
/* "ok", "ENOMEM", "ERANGE 3", "4" */
void describe_expected(const struct args *a, struct text *t);
void describe_outcome(const struct args *a, const struct outcome *r, struct text *t);
