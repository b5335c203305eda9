/* SPDX-License-Identifier: MIT */
/* The tables of keys, and the functions that check and store a value. */
#include "config_keys.h"
#include "arch.h"
#include "observe.h"
#include <string.h>

#define MAX_MEMORY      (1UL << 48) /* bytes that a guest can address */
#define MAX_VCPUS_ASKED 128
#define MAX_DOMID       32751 /* DOMID_FIRST_RESERVED - 1 */
#define MAX_SECONDS     3600

struct word {
    const char *name;
    unsigned int value;
};

bool slice_is(struct slice s, const char *word)
{
    return s.n == strlen(word) && memcmp(s.p, word, s.n) == 0;
}

static bool find_word(const struct word *words, unsigned int nr, struct slice value, unsigned int *out)
{
    for (unsigned int i = 0; i < nr; i++)
        if (slice_is(value, words[i].name)) {
            *out = words[i].value;
            return true;
        }
    return false;
}

static bool set_bool(void *field, struct slice value)
{
    static const struct word words[] = {{"no", 0}, {"yes", 1}};
    unsigned int v;

    if (!find_word(words, ARRAY_SIZE(words), value, &v))
        return false;
    *(bool *)field = v;
    return true;
}

static bool set_port(void *field, struct slice value)
{
    static const struct word words[] = {{"com1", 1}, {"com2", 2}};

    return find_word(words, ARRAY_SIZE(words), value, field);
}

static bool set_level(void *field, struct slice value)
{
    static const struct word words[] = {
        {"err", LOG_ERR}, {"warn", LOG_WARN}, {"info", LOG_INFO}, {"debug", LOG_DEBUG}};
    unsigned int v;

    if (!find_word(words, ARRAY_SIZE(words), value, &v))
        return false;
    *(enum log_level *)field = v;
    return true;
}

/* Digits only, up to MAX: nothing can overflow. */
static bool parse_number(struct slice s, uint64_t max, uint64_t *out)
{
    uint64_t v = 0;

    if (s.n == 0)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        uint64_t digit = (uint64_t)(s.p[i] - '0');
        if (v > (max - digit) / 10)
            return false;
        v = v * 10 + digit;
    }
    *out = v;
    return true;
}

static bool set_number(void *field, struct slice value, unsigned int min, unsigned int max)
{
    uint64_t v;

    if (!parse_number(value, max, &v) || v < min)
        return false;
    *(unsigned int *)field = (unsigned int)v;
    return true;
}

static bool set_vcpus(void *field, struct slice value)
{
    return set_number(field, value, 1, MAX_VCPUS_ASKED);
}

static bool set_seconds(void *field, struct slice value)
{
    return set_number(field, value, 0, MAX_SECONDS);
}

static bool set_domid(void *field, struct slice value)
{
    return set_number(field, value, 1, MAX_DOMID);
}

/* A list with commas; the field is the whole domain. */
static bool set_vnodes(void *field, struct slice value)
{
    struct config_domain *d = field;

    for (d->nr_vnodes = 0; d->nr_vnodes < CONFIG_MAX_VNODES;) {
        const char *comma = memchr(value.p, ',', value.n);
        size_t n = comma ? (size_t)(comma - value.p) : value.n;
        uint64_t node;

        if (!parse_number((struct slice){value.p, n}, MAX_NUMNODES - 1, &node))
            return false;
        d->vnodes[d->nr_vnodes++] = (unsigned int)node;
        if (!comma)
            return true;
        value = (struct slice){comma + 1, value.n - n - 1};
    }
    return false;
}

static bool set_memory(void *field, struct slice value)
{
    static const struct word units[] = {{"K", 10}, {"M", 20}, {"G", 30}};
    unsigned int shift;
    uint64_t v;

    if (value.n == 0)
        return false;
    value.n--;
    if (!find_word(units, ARRAY_SIZE(units), (struct slice){value.p + value.n, 1}, &shift))
        return false;
    if (!parse_number(value, MAX_MEMORY >> shift, &v) || v << shift < MiB || (v << shift) % PAGE_SIZE)
        return false;
    *(uint64_t *)field = v << shift;
    return true;
}

static bool copy_text(char *field, size_t size, struct slice value)
{
    if (value.n >= size)
        return false;
    memcpy(field, value.p, value.n);
    field[value.n] = 0;
    return true;
}

/* The field is the whole configuration: which allocation fails, and how many from there on. */
static bool set_fail(void *field, struct slice value)
{
    struct config *c = field;
    const char *comma = memchr(value.p, ',', value.n);
    struct slice first = {value.p, comma ? (size_t)(comma - value.p) : value.n};
    struct slice times = {"1", 1};

    if (comma)
        times = (struct slice){comma + 1, value.n - first.n - 1};
    return IS_DEBUG && parse_number(first, UINT32_MAX, &c->fail) &&
           parse_number(times, UINT32_MAX, &c->fail_times) && c->fail && c->fail_times;
}

/* The field is the whole configuration: WHAT@CPU. */
static bool set_mistake(void *field, struct slice value)
{
    static const struct word words[] = {
        {"hang", MISTAKE_HANG}, {"panic", MISTAKE_PANIC}, {"overflow", MISTAKE_OVERFLOW}};
    struct config *c = field;
    const char *at = memchr(value.p, '@', value.n);
    unsigned int what;
    uint64_t cpu;

    if (!IS_DEBUG || !at ||
        !find_word(words, ARRAY_SIZE(words), (struct slice){value.p, (size_t)(at - value.p)}, &what) ||
        !parse_number((struct slice){at + 1, value.n - (size_t)(at - value.p) - 1}, MAX_CPUS - 1, &cpu) ||
        !cpu)
        return false;
    c->mistake = (enum mistake)what;
    c->mistake_cpu = (unsigned int)cpu;
    return true;
}

/* A list with commas. */
static bool set_trace(void *field, struct slice value)
{
    static const struct word words[] = {{"call", TRACE_CALL}, {"claim", TRACE_CLAIM}, {"heap", TRACE_HEAP}};
    unsigned int topics = 0, topic;

    for (struct slice word = value;; word.p += word.n + 1) {
        word.n = 0;
        while (word.p + word.n < value.p + value.n && word.p[word.n] != ',')
            word.n++;
        if (!find_word(words, ARRAY_SIZE(words), word, &topic))
            return false;
        topics |= topic;
        if (word.p + word.n == value.p + value.n)
            break;
    }
    *(unsigned int *)field = topics;
    return true;
}

static bool set_cmdline(void *field, struct slice value)
{
    return copy_text(field, CONFIG_CMDLINE_SIZE, value);
}

static bool set_file(void *field, struct slice value)
{
    for (size_t i = 0; i < value.n; i++)
        if (memchr("/\\ \t", value.p[i], 4))
            return false;
    return value.n && copy_text(field, BOOT_NAME_SIZE, value);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The field is the whole domain: a list and its length. */
static bool set_modules(void *field, struct slice value)
{
    struct config_domain *d = field;
    size_t at = 0;

    for (d->nr_modules = 0;; d->nr_modules++) {
        while (at < value.n && is_blank(value.p[at]))
            at++;
        if (at == value.n)
            return true;

        struct slice name = {value.p + at, 0};
        for (; at < value.n && !is_blank(value.p[at]); at++)
            name.n++;
        if (d->nr_modules == CONFIG_MAX_MODULES || !set_file(d->modules[d->nr_modules], name))
            return false;
    }
}

#define FILE_NAME "a file name without a path, at most 63 characters"
_Static_assert(BOOT_NAME_SIZE == 64 && CONFIG_MAX_MODULES == 16 && CONFIG_CMDLINE_SIZE == 256 &&
                   CONFIG_MAX_VNODES == 8,
               "the texts below name these limits");

const struct config_key config_allod_keys[CONFIG_ALLOD_KEYS] = {
    {"console", "com1 or com2", set_port, offsetof(struct config, console)},
    {"log", "com1 or com2", set_port, offsetof(struct config, log)},
    {"loglvl", "one of: err, warn, info, debug", set_level, offsetof(struct config, loglvl)},
    {"trace", "a list of: call,claim,heap", set_trace, offsetof(struct config, trace)},
    {"checks", "yes or no", set_bool, offsetof(struct config, checks)},
    {"fail", "a debug build, and N or N,TIMES from 1 on", set_fail, 0},
    {"watchdog", "seconds from 0 to 3600", set_seconds, offsetof(struct config, watchdog)},
    {"idle-scrub", "yes or no", set_bool, offsetof(struct config, idle_scrub)},
    {"input", "a domain's number from 1 to 32751", set_domid, offsetof(struct config, input)},
    {"mistake", "a debug build, and hang@CPU, panic@CPU or overflow@CPU from 1 to 255", set_mistake, 0},
};

const struct config_key config_domain_keys[CONFIG_DOMAIN_KEYS] = {
    {"image", FILE_NAME, set_file, offsetof(struct config_domain, image)},
    {"memory", "whole 4K pages from 1M to 262144G, with K, M or G behind the number", set_memory,
     offsetof(struct config_domain, memory)},
    {"vcpus", "a number from 1 to 128", set_vcpus, offsetof(struct config_domain, vcpus)},
    {"vnodes", "up to 8 of the machine's nodes, as in 0,1", set_vnodes, 0},
    {"privileged", "yes or no", set_bool, offsetof(struct config_domain, privileged)},
    {"console", "yes or no", set_bool, offsetof(struct config_domain, console)},
    {"modules", "at most 16 file names without paths, each at most 63 characters", set_modules, 0},
    {"cmdline", "at most 255 characters", set_cmdline, offsetof(struct config_domain, cmdline)},
};

const struct config_key *config_find_key(const struct config_key *keys, unsigned int nr, struct slice name)
{
    for (unsigned int i = 0; i < nr; i++)
        if (slice_is(name, keys[i].name))
            return &keys[i];
    return NULL;
}
