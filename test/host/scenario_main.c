/* SPDX-License-Identifier: MIT */
/* scenario [--nodes N] [--pages P] FILE: play a scenario on a fake machine, with the real hypervisor code. */
#include "builder.h"
#include "host.h"
#include "host_log.h"
#include "machine.h"
#include "message_ring.h"
#include "scenario_machine.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define USAGE     "usage: scenario [--nodes N] [--pages PAGES-OF-A-NODE] FILE\n"
#define MAX_PAGES (1UL << 24)
#define MAX_FILE  (64L << 20) /* bytes */

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
    host_log_sink = message_ring_put;
    scenario_machine_create(&s, nodes, pages);
    host_boot(strcmp(s.name, "unprivileged.scn"));
    bool good = builder_open() && play_tap(&s);
    builder_close();
    host_shutdown();
    machine_destroy();
    free(text);
    return good ? 0 : 1;
}
