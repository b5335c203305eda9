/* SPDX-License-Identifier: MIT */
/* For tests of the UEFI loader: fake firmware, and what the loader's other files bring. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#undef fail /* the loader's is meant */

#include "../../arch/x86_64/boot/loader.h"

EFI_SYSTEM_TABLE *ST;
EFI_BOOT_SERVICES *BS;
EFI_HANDLE loader_handle;

static jmp_buf failed;
static char message[300];

static struct boot_info bi;

void fail(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(message, sizeof(message), fmt, args);
    va_end(args);
    longjmp(failed, 1);
}

void console_detach(void)
{
}

static void *pool;

static inline EFI_STATUS EFIAPI allocate_pool(EFI_MEMORY_TYPE memory, UINTN size, void **at)
{
    assert_int_equal(memory, EfiBootServicesData);
    *at = pool = malloc(size);
    return EFI_SUCCESS;
}

static inline EFI_STATUS EFIAPI free_pool(void *p)
{
    assert_ptr_equal(p, pool);
    free(p);
    pool = NULL;
    return EFI_SUCCESS;
}
