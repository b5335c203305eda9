/* SPDX-License-Identifier: MIT */
/* For tests of allod.cfg: what a text and a command line are read as. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config.h"
#include "error.h"
#include "observe.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct config c;
static char error[CONFIG_ERROR_SIZE];

/* Parse copies of exactly the needed size, so that the address sanitizer sees a read beyond them. */
static int parse(const char *text, size_t size, const char *cmdline)
{
    char *copy = malloc(size ? size : 1), *line = strdup(cmdline);

    memcpy(copy, text, size);
    memset(&c, 0xa5, sizeof(c));
    memset(error, 0, sizeof(error));
    int rc = config_parse(&c, copy, size, line, error, sizeof(error));
    free(copy);
    free(line);
    return rc;
}

static void good(const char *text, const char *cmdline)
{
    if (parse(text, strlen(text), cmdline) != 0)
        fail_msg("%s", error);
}

static void bad(const char *text, const char *cmdline, const char *message)
{
    assert_int_equal(parse(text, strlen(text), cmdline), -EINVAL);
    assert_string_equal(error, message);
}

static const char any[] = "[domain builder]\nimage = b.elf\n";

#define DOMAIN_KEYS "image, memory, vcpus, vnodes, privileged, console, modules, cmdline"
