/* SPDX-License-Identifier: MIT */
/* Fuzzer for the command language: any text as a scenario, played on a fake machine with the hypervisor's own
 * code, as `make scenario-host` does.
 *
 * Input: a byte (odd: told as a story and with the caller unprivileged if bit 1 is set; else played as
 * tests), the text. Whatever it says, it ends, the hypervisor's invariants hold, and all memory comes back.
 */
#include "cmd.h"
#include "fault.h"
#include "heap.h"
#include "host.h"
#include "machine.h"
#include "observe.h"
#include "platform.h"
#include "scenario.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STORY        1U
#define UNPRIVILEGED 2U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* ---- what the builder wants of its place ---- */

void platform_write(const char *s, size_t n)
{
    static uint64_t sum; /* all of it is read: the address sanitizer sees what is not there */

    for (size_t i = 0; i < n; i++)
        WRITE_ONCE(sum, sum + (unsigned char)s[i]);
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
    return i == 0 ? "some.elf" : NULL;
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

/* ---- */

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const unsigned long pages[] = {1024, 1024, 512};

    (void)argc;
    (void)argv;
    hypercall_checks = true;
    host_console_quiet(true);
    machine_create_nodes(ARRAY_SIZE(pages), pages);
    return 0;
}

static void check_machine(void)
{
    struct heap_info info;

    heap_info(&info);
    if (!heap_check() || info.avail_pages != info.total_pages || info.claimed_pages)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + !size); /* of exactly this size: the address sanitizer sees a byte too many */
    struct scenario s = {.name = "fuzz.scn", .text = text, .size = size ? size - 1 : 0};
    unsigned int flags = size ? data[0] : 0;

    memcpy(text, data + !!size, s.size);
    host_boot(!(flags & UNPRIVILEGED));
    if (!builder_open())
        abort();
    interactive = false;
    if (flags & STORY)
        play_demo(&s);
    else
        play_tap(&s);
    fault_arm(0, 0);
    machine_clean(false);
    builder_close();
    host_shutdown();
    check_machine();
    free(text);
    return 0;
}
