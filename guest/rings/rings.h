/* SPDX-License-Identifier: MIT */
/* The rings that the hypervisor has the other end of, and what checks them. */
#pragma once

#include <guest.h>
#include <guest_cases.h>
#include <guest_event.h>
#include <stdio.h>
#include <string.h>
#include <xenctrl.h>

extern const struct guest_case console_cases[], own_cases[], store_cases[], target_cases[];

/* The page and the port that two HVM parameters name; NULL: there is none. */
void *ring_find(uint32_t pfn_param, uint32_t evtchn_param, evtchn_port_t *port);
/* Wait for PORT, a second at most: has it become pending? It is cleared. */
bool ring_wait(evtchn_port_t port);

/* Read lines from the console ring and repeat each until one is "end". */
int console_echo(void);
