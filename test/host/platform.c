/* SPDX-License-Identifier: MIT */
/* The builder's platform in a host program: stdout, no prompt, no modules, no CPU that runs guests. */
#include "platform.h"
#include <errno.h>
#include <stdio.h>

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
