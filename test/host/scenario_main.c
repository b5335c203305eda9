/* SPDX-License-Identifier: MIT */
/* scenario [--nodes N] [--pages P] FILE: play a scenario on a fake machine, with the real hypervisor code. */
#include "builder.h"
#include "host.h"
#include "machine.h"
#include "platform.h"
#include "scenario.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define USAGE         "usage: scenario [--nodes N] [--pages PAGES-OF-A-NODE] FILE\n"
#define DEFAULT_NODES 2U
#define DEFAULT_PAGES 16384UL
#define MAX_PAGES     (1UL << 24)
#define MAX_FILE      (64L << 20) /* bytes */
#define HOST_LIMIT                                                                                           \
    (1UL << 20) /* pages of all nodes together, unless --pages says otherwise: all get touched */

void platform_write(const char *s, size_t n)
{
    fwrite(s, 1, n, stdout);
}

int platform_getc(void)
{
    return PLATFORM_END;
}

bool platform_others_printed(void)
{
    return false;
}

const char *platform_load(const char *name, size_t *size)
{
    (void)name;
    *size = 0;
    return NULL;
}

const char *platform_file_name(unsigned int i)
{
    (void)i;
    return NULL;
}

int platform_build(const struct guest_build_config *config, uint32_t *domid, char *error, size_t size)
{
    (void)domid;
    snprintf(error, size, "no CPU runs \"%s\" here", config->name);
    errno = ENODEV;
    return -1;
}

bool platform_run_others(void)
{
    return false;
}

static char *read_file(const char *name, size_t *size)
{
    FILE *f = fopen(name, "rb");
    long length = -1;

    if (f && !fseek(f, 0, SEEK_END))
        length = ftell(f);
    char *text = length >= 0 && length < MAX_FILE ? malloc((size_t)length + 1) : NULL;
    if (!text) {
        fprintf(stderr, "scenario: %s: %s\n", name, strerror(errno));
        exit(2);
    }
    rewind(f);
    *size = fread(text, 1, (size_t)length, f);
    fclose(f);
    return text;
}

/* What the `host` lines of a file need: so many nodes, of this size; a node between others that is 0 on every
 * line is a hole. */
static void survey(const struct scenario *s, unsigned int *nr_nodes, uint64_t *largest, uint64_t *sum)
{
    static struct args a;
    struct line l = {0};

    while (next_line(s, &l)) {
        struct text ignored = {0};
        if (parse_line(&a, l.s, l.len, &ignored) != PARSE_COMMAND || strcmp(a.cmd->name, "host"))
            continue;
        if (a.list.nr > *nr_nodes)
            *nr_nodes = a.list.nr;
        for (unsigned int i = 0; i < a.list.nr; i++) {
            sum[i] |= a.list.v[i];
            if (a.list.v[i] > *largest)
                *largest = a.list.v[i];
        }
    }
}

/* Pages of a node from which an aligned run of LARGEST pages can be left over, within reason. */
static uint64_t node_size(uint64_t largest, unsigned int nodes)
{
    uint64_t pages = DEFAULT_PAGES;

    while (pages < 2 * largest && 2 * pages * nodes <= HOST_LIMIT)
        pages *= 2;
    return pages;
}

static void build_machine(const struct scenario *s, unsigned int nodes, uint64_t pages)
{
    unsigned int named = 0;
    uint64_t largest = 0, sum[MAX_NODES] = {0};
    struct machine_config config = {0};

    survey(s, &named, &largest, sum);
    config.nr_nodes = nodes ? nodes : named ? named : DEFAULT_NODES;
    if (!pages)
        pages = node_size(largest, config.nr_nodes);
    for (unsigned int i = 0; i < config.nr_nodes; i++) {
        bool hole = i && i + 1 < named && !sum[i];
        config.pages[i] = hole ? 0 : pages;
    }
    machine_create(&config);
}

static unsigned long number_argument(const char *s, uint64_t max)
{
    uint64_t n = 0;

    if (!parse_number(s, max, &n) || !n) {
        fprintf(stderr, "scenario: \"%s\" is no number from 1 to %lu\n" USAGE, s, (unsigned long)max);
        exit(2);
    }
    return n;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

int main(int argc, char **argv)
{
    const char *env = getenv("NODES");
    unsigned int nodes = env && *env ? (unsigned int)number_argument(env, MAX_NODES) : 0;
    uint64_t pages = 0;
    struct scenario s = {0};

    for (argv++, argc--; argc > 2; argv += 2, argc -= 2) {
        if (!strcmp(argv[0], "--nodes"))
            nodes = (unsigned int)number_argument(argv[1], MAX_NODES);
        else if (!strcmp(argv[0], "--pages"))
            pages = number_argument(argv[1], MAX_PAGES);
        else
            break;
    }
    if (argc != 1) {
        fputs(USAGE, stderr);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0); /* so that a crash loses no line */
    char *text = read_file(argv[0], &s.size);
    s.name = base_name(argv[0]);
    s.text = text;
    build_machine(&s, nodes, pages);
    host_boot(strcmp(s.name, "unprivileged.scn"));
    bool good = builder_open() && play_tap(&s);
    builder_close();
    host_shutdown();
    machine_destroy();
    free(text);
    return good ? 0 : 1;
}
