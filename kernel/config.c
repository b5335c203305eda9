/* SPDX-License-Identifier: MIT */
/* allod.cfg's sections and the command line, checked as a whole; the first mistake ends it. */
#include "config.h"
#include "config_keys.h"
#include "error.h"
#include "watchdog.h"
#include <stdio.h>
#include <string.h>

#define MAX_READ 60 /* characters of the wrong text that a message quotes */

struct parser {
    struct config *config;
    unsigned int line; /* of allod.cfg, from 1; 0: the command line */
    char *error;
    size_t error_size;

    /* The section that settings go to. */
    struct config_domain *domain; /* NULL: [allod] */
    bool in_section, had_allod;
    unsigned int seen; /* keys of this section, one bit each */
};

/* The error text, first mistake only. Returns -EINVAL. */
static int mistake(const struct parser *p, struct slice read, const char *expected)
{
    char quoted[MAX_READ + 1], place[32] = "command line";
    size_t n = MIN(read.n, (size_t)MAX_READ);

    for (size_t i = 0; i < n; i++)
        quoted[i] = read.p[i] >= ' ' && read.p[i] <= '~' ? read.p[i] : '?';
    quoted[n] = 0;
    if (p->line)
        snprintf(place, sizeof(place), "allod.cfg:%u", p->line);
    snprintf(p->error, p->error_size, "%s: read \"%s%s\", expected %s", place, quoted,
             n < read.n ? "..." : "", expected);
    return -EINVAL;
}

/* "image, memory, ..." for messages. */
static int unknown_key(const struct parser *p, struct slice read, const struct config_key *keys,
                       unsigned int nr)
{
    char list[128] = "one of: ";

    for (unsigned int i = 0; i < nr; i++) {
        size_t used = strlen(list);
        snprintf(list + used, sizeof(list) - used, "%s%s", i ? ", " : "", keys[i].name);
    }
    return mistake(p, read, list);
}

static int unknown_domain(const struct parser *p, struct slice read)
{
    char list[CONFIG_MAX_DOMAINS * (CONFIG_NAME_SIZE + 1) + 16] = "a domain:";

    for (unsigned int i = 0; i < p->config->nr_domains; i++) {
        size_t used = strlen(list);
        snprintf(list + used, sizeof(list) - used, " %s", p->config->domains[i].name);
    }
    return mistake(p, read, list);
}

/* Store one setting in the current section. In the file a key comes once, on the command line the last wins.
 */
static int apply(struct parser *p, const struct setting *s)
{
    const struct config_key *keys = p->domain ? config_domain_keys : config_allod_keys;
    unsigned int nr = p->domain ? CONFIG_DOMAIN_KEYS : CONFIG_ALLOD_KEYS;
    char *base = p->domain ? (char *)p->domain : (char *)p->config;
    const struct config_key *key = config_find_key(keys, nr, s->name);

    if (!key)
        return unknown_key(p, s->all, keys, nr);
    unsigned int bit = 1U << (key - keys);
    if (p->line && (p->seen & bit))
        return mistake(p, s->all, "each key once in a section");
    p->seen |= bit;
    return key->set(base + key->offset, s->value) ? 0 : mistake(p, s->all, key->expected);
}

/* ---- allod.cfg ---- */

static struct config_domain *find_domain(struct config *c, struct slice name)
{
    for (unsigned int i = 0; i < c->nr_domains; i++)
        if (slice_is(name, c->domains[i].name))
            return &c->domains[i];
    return NULL;
}

static bool is_name(struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_')
            return false;
    }
    return s.n > 0 && s.n < CONFIG_NAME_SIZE;
}

static int begin_domain(struct parser *p, struct slice read, struct slice name)
{
    struct config *c = p->config;

    if (!is_name(name))
        return mistake(p, read, "a name of 1 to 15 letters, digits, '-' and '_'");
    if (find_domain(c, name))
        return mistake(p, read, "a name that no other domain has");
    if (c->nr_domains == CONFIG_MAX_DOMAINS)
        return mistake(p, read, "at most 8 domains");
    p->domain = &c->domains[c->nr_domains++];
    *p->domain = (struct config_domain){.memory = 64 * MiB, .vcpus = 1, .line = p->line};
    memcpy(p->domain->name, name.p, name.n);
    return 0;
}
_Static_assert(CONFIG_MAX_DOMAINS == 8 && CONFIG_NAME_SIZE == 16, "the messages above name these limits");

static int begin_allod(struct parser *p, struct slice read)
{
    if (p->had_allod)
        return mistake(p, read, "[allod] only once");
    p->had_allod = true;
    p->domain = NULL;
    return 0;
}

/* LINE begins with '['. */
static int parse_section(struct parser *p, struct slice line)
{
    static const char domain[] = "[domain ";
    const char *close = memchr(line.p, ']', line.n);
    size_t n = close ? (size_t)(close - line.p) + 1 : line.n, skip = strlen(domain);
    struct slice head = {line.p, n}, rest = {line.p + n, line.n - n};

    if (!close || scan_blanks(&rest, SCAN_FILE))
        return mistake(p, line, "[allod] or [domain NAME] on a line of its own");
    p->in_section = true;
    p->seen = 0;
    if (slice_is(head, "[allod]"))
        return begin_allod(p, head);
    if (n > skip && memcmp(line.p, domain, skip) == 0)
        return begin_domain(p, head, (struct slice){line.p + skip, n - skip - 1});
    return mistake(p, head, "[allod] or [domain NAME]");
}

static int parse_line(struct parser *p, struct slice line)
{
    int rc = 0;

    if (!scan_blanks(&line, SCAN_FILE))
        return 0;
    if (*line.p == '[')
        return parse_section(p, line);
    if (!p->in_section)
        return mistake(p, line, "[allod] or [domain NAME] before it");
    while (rc == 0 && scan_blanks(&line, SCAN_FILE)) {
        struct setting s;
        const char *expected = scan_setting(&line, SCAN_FILE, &s);
        rc = expected ? mistake(p, s.all, expected) : apply(p, &s);
    }
    return rc;
}

/* NUL, ESC and their like have no business in a text; UTF-8 is welcome in comments and values. */
static bool is_text(struct slice line)
{
    for (size_t i = 0; i < line.n; i++)
        if ((unsigned char)line.p[i] < ' ' && line.p[i] != '\t')
            return false;
    return true;
}

static int parse_file(struct parser *p, const char *text, size_t size)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    const size_t mark = strlen(byte_order_mark);
    int rc = 0;

    for (size_t at = size >= mark && !memcmp(text, byte_order_mark, mark) ? mark : 0; rc == 0 && at < size;) {
        const char *newline = memchr(text + at, '\n', size - at);
        size_t n = newline ? (size_t)(newline - text) - at : size - at;
        size_t without_cr = n && text[at + n - 1] == '\r' ? n - 1 : n;
        struct slice line = {text + at, without_cr};
        p->line++;
        rc = is_text(line) ? parse_line(p, line)
                           : mistake(p, line, "text without NUL bytes and other control characters");
        at += n + 1;
    }
    return rc;
}

/* ---- Command line ---- */

static int apply_override(struct parser *p, struct setting *s)
{
    const char *dot = memchr(s->name.p, '.', s->name.n);

    p->domain = NULL;
    if (dot) {
        struct slice name = {s->name.p, (size_t)(dot - s->name.p)};
        p->domain = find_domain(p->config, name);
        if (!p->domain)
            return unknown_domain(p, s->all);
        s->name = (struct slice){dot + 1, s->name.n - name.n - 1};
    }
    return apply(p, s);
}

static int parse_command_line(struct parser *p, const char *cmdline)
{
    struct slice rest = {cmdline, strnlen(cmdline, BOOT_CMDLINE_SIZE)};
    int rc = 0;

    p->line = 0;
    while (rc == 0 && scan_blanks(&rest, SCAN_COMMAND_LINE)) {
        struct setting s;
        const char *expected = scan_setting(&rest, SCAN_COMMAND_LINE, &s);
        rc = expected ? mistake(p, s.all, expected) : apply_override(p, &s);
    }
    return rc;
}

/* ---- Both ---- */

/* Only one domain has the console's raw input and output. */
static int check_console(const struct parser *p, const struct config_domain *d)
{
    const struct config_domain *owner = &p->config->domains[config_console_owner(p->config)];
    char expected[48 + CONFIG_NAME_SIZE];

    if (!d->console || d == owner)
        return 0;
    snprintf(expected, sizeof(expected), "console = yes in one domain only; %s has it", owner->name);
    return mistake(p, (struct slice){d->name, strlen(d->name)}, expected);
}

static int check_domains(struct parser *p, unsigned int last_line)
{
    const struct config *c = p->config;

    p->line = last_line;
    if (c->nr_domains == 0)
        return mistake(p, (struct slice){"end of file", 11}, "at least one [domain NAME]");
    for (unsigned int i = 0; i < c->nr_domains; i++) {
        p->line = c->domains[i].line;
        if (!c->domains[i].image[0])
            return mistake(p, (struct slice){c->domains[i].name, strlen(c->domains[i].name)},
                           "image = FILE in this domain's section");
        if (check_console(p, &c->domains[i]))
            return -EINVAL;
    }
    return 0;
}

int config_parse(struct config *c, const char *text, size_t size, const char *cmdline, char *error,
                 size_t error_size)
{
    struct parser p = {.config = c, .error = error, .error_size = error_size};

    memset(c, 0, sizeof(*c));
    c->loglvl = LOG_INFO;
    c->watchdog = WATCHDOG_SECONDS;
    c->idle_scrub = true;
    c->console = c->log = 1;
    if (parse_file(&p, text, size) != 0)
        return -EINVAL;

    unsigned int last_line = MAX(p.line, 1U);
    if (parse_command_line(&p, cmdline) != 0)
        return -EINVAL;
    return check_domains(&p, last_line);
}

unsigned int config_console_owner(const struct config *c)
{
    for (unsigned int i = 0; i < c->nr_domains; i++)
        if (c->domains[i].console)
            return i;
    for (unsigned int i = 0; i < c->nr_domains; i++)
        if (c->domains[i].privileged)
            return i;
    return 0;
}
