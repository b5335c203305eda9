/* SPDX-License-Identifier: MIT */
/* The serial ports: the hypervisor's log, domains' lines, and the raw output of the domain that has the
 * console. */
#pragma once

#include "domain.h"
#include "log.h"

/* Ports as arch_console_put counts them: 1 is COM1, 2 is COM2. Until this is called messages are kept; then
 * they go to LOG_PORT. */
void console_init(unsigned int console_port, unsigned int log_port, enum log_level level);
/* From now on messages go out whatever happens: no lock, no buffering. For panic. */
void console_force(void);

/* CONSOLEIO_write: raw for who has the console (console_input.h); for others whole lines with the prefix
 * "(dN) " on the log port, control characters left out. A line end completes the domain's unfinished line. */
void console_guest_write(struct domain *d, const char *s, size_t n);
/* The domain has ended: its last words may lack a line end. */
void console_guest_end(struct domain *d);
/* The next byte that was typed, -1: none. For console_input.c alone. */
int console_getc(void);
