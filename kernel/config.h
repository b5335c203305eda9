/* SPDX-License-Identifier: MIT */
/* What the administrator asks for: allod.cfg and the command line, parsed and checked. */
#pragma once

#include "boot_info.h"
#include "log.h"
#include "mistake.h"
#include "types.h"

#define CONFIG_MAX_DOMAINS  8
#define CONFIG_MAX_MODULES  16 /* per domain */
#define CONFIG_NAME_SIZE    16
#define CONFIG_CMDLINE_SIZE 256
#define CONFIG_MAX_VNODES   8
#define CONFIG_ERROR_SIZE   256 /* enough for every message */

/* [domain NAME]: a domain that the hypervisor itself builds at boot. */
struct config_domain {
    char name[CONFIG_NAME_SIZE];            /* unique; letters, digits, '-' and '_' */
    char image[BOOT_NAME_SIZE];             /* a boot module's name, never empty */
    uint64_t memory;                        /* bytes, whole pages, at least 1 MiB; default 64 MiB */
    unsigned int vcpus;                     /* 1 to 128; default 1 */
    unsigned int nr_vnodes;                 /* 0: no virtual NUMA */
    unsigned int vnodes[CONFIG_MAX_VNODES]; /* each one's node; memory and vCPUs are shared out evenly */
    bool privileged, console;               /* default no */
    unsigned int nr_modules;
    char modules[CONFIG_MAX_MODULES][BOOT_NAME_SIZE];
    char cmdline[CONFIG_CMDLINE_SIZE];
    unsigned int line; /* of its section in allod.cfg */
};

/* [allod] and all domains. */
struct config {
    enum log_level loglvl;     /* default LOG_INFO */
    unsigned int console, log; /* serial port, 1 or 2; default 1 */
    unsigned int trace;        /* topics, TRACE_*; default none */
    bool checks;               /* debug builds: all invariants after every hypercall; default no */
    uint64_t fail, fail_times; /* debug builds: fault_arm (mm/fault.h); default 0: no allocation fails */
    unsigned int watchdog;     /* seconds (kernel/watchdog.h); default WATCHDOG_SECONDS, 0: off */
    bool idle_scrub;           /* CPUs without work scrub free memory; default yes */
    unsigned int input;        /* is given the keyboard when it first speaks; default 0: nobody */
    enum mistake mistake;      /* debug builds: kernel/mistake.h; default none */
    unsigned int mistake_cpu;
    unsigned int nr_domains; /* at least 1 */
    struct config_domain domains[CONFIG_MAX_DOMAINS];
};

/* Parse the SIZE bytes of allod.cfg at TEXT, then CMDLINE (NUL-terminated, may be empty), which overrides it.
 *
 * File: sections `[allod]` and `[domain NAME]`; in them `key = value`, several on a line when two blanks or a
 * tab separate them. A value keeps single blanks; with quotes it keeps everything ("" is the empty value),
 * and a value with '=' needs them. '#' at the start of a line or after a blank begins a comment. A
 * byte order mark, CR LF and a missing last newline are accepted, control characters are not. Command
 * line: `key=value` for [allod], `NAME.key=value` for a domain, separated by blanks, quotes as above.
 *
 * 0, or -EINVAL with the mistake in ERROR (CONFIG_ERROR_SIZE is enough), as in
 * `allod.cfg:3: read "memroy = 64M", expected one of: image, memory, ...`. *c is big: keep it static. */
int config_parse(struct config *c, const char *text, size_t size, const char *cmdline, char *error,
                 size_t error_size);

/* Index of the domain that owns the console's raw input and output: the first with `console = yes`, else the
 * first privileged one, else the first. */
unsigned int config_console_owner(const struct config *c);
