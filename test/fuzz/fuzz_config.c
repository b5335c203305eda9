/* SPDX-License-Identifier: MIT */
/* Fuzzer for allod.cfg and the command line: the hypervisor's parser and the loader's search for file names.
 *
 * Input: a byte with the command line's length, the command line, the file. Every file that an accepted
 * configuration names must be one that the loader has found: otherwise it would be called missing. */
#include "config.h"
#include "error.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* arch/x86_64/boot/scan.c */
void scan_names(const char *text, uint64_t size, int is_cmdline,
                void (*found)(const char *name, uint64_t len));

static const char *wanted;
static bool wanted_found;

static void compare_name(const char *name, uint64_t len)
{
    wanted_found |= len == strlen(wanted) && !memcmp(wanted, name, len);
}

static void check_found(const char *name, const char *text, size_t size, const char *cmdline)
{
    wanted = name;
    wanted_found = false;
    scan_names(text, size, 0, compare_name);
    scan_names(cmdline, BOOT_CMDLINE_SIZE, 1, compare_name);
    if (!wanted_found)
        abort();
}

static void check_accepted(const struct config *c, const char *text, size_t size, const char *cmdline)
{
    if (c->nr_domains < 1 || c->nr_domains > CONFIG_MAX_DOMAINS || config_console_owner(c) >= c->nr_domains)
        abort();
    for (unsigned int i = 0; i < c->nr_domains; i++) {
        const struct config_domain *d = &c->domains[i];

        if (!d->name[0] || !d->image[0] || d->memory < MiB || d->memory % PAGE_SIZE || d->vcpus < 1 ||
            d->vcpus > 128)
            abort();
        check_found(d->image, text, size, cmdline);
        for (unsigned int k = 0; k < d->nr_modules; k++)
            check_found(d->modules[k], text, size, cmdline);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char cmdline[BOOT_CMDLINE_SIZE];
    static struct config c;
    size_t n = size ? MIN((size_t)data[0], size - 1) : 0, rest = size ? size - 1 - n : 0;
    char *text = malloc(rest ? rest : 1), error[CONFIG_ERROR_SIZE] = "";
    int rc;

    memset(cmdline, 0, sizeof(cmdline));
    memcpy(cmdline, data + !!size, n);
    for (size_t i = 0; i < n; i++)
        if (cmdline[i] < ' ' || cmdline[i] > '~')
            cmdline[i] = ' '; /* the loader passes printable text only */
    memcpy(text, data + !!size + n, rest);
    rc = config_parse(&c, text, rest, cmdline, error, sizeof(error));
    if (rc ? rc != -EINVAL || !strstr(error, ", expected ") || strlen(error) >= sizeof(error) - 1 : error[0])
        abort();
    if (!rc)
        check_accepted(&c, text, rest, cmdline);
    free(text);
    return 0;
}
