/* SPDX-License-Identifier: MIT */
/* Between the files of the guest that checks what vCPUs and events do. */
#pragma once

#include "guest.h"
#include "guest_cases.h"
#include "guest_event.h"
#include "guest_smp.h"

#define MS 1000000UL /* ns */

/* Each up to one without a title. */
extern const struct guest_case starting[], info[], library[], clocks[], runstates[], ports[], delivery[],
    waiting[], timers[], peer[], affinity[], fairness[], translations[], exceptions[];

/* How many vCPUs there are; main asks once. */
extern unsigned int nr_vcpus;

/* The case fails, with both numbers. From any vCPU. */
void expect_less(const char *what, uint64_t seen, uint64_t below);     /* SEEN < BELOW */
void expect_at_least(const char *what, uint64_t seen, uint64_t least); /* SEEN >= LEAST */
/* RC of a function of guest_event.h: -1, and errno is ERROR. */
void expect_error(const char *what, int rc, int error);

/* The result of a hypercall: 0 or more, or a negative error number. */
int64_t vcpu_op(unsigned int cmd, unsigned int vcpu, void *arg);
int64_t sched_op(unsigned int cmd, void *arg);

/* Have another page in this one's place; 0 or a negative error number. Its contents are lost. */
int64_t exchange_page(const void *page);
/* End in a crash: vCPU 1 writes to a page that is there no more. */
void lose_written_page(void);

/* ENTRY(ARG) on every vCPU, 0 with them; a vCPU that does not start is a failure. */
void run_everywhere(void (*entry)(void *), void *arg);
/* On one, not vCPU 0, while the caller goes on. */
void run_on(unsigned int vcpu, void (*entry)(void *), void *arg);

/* Events for this vCPU, and the one gone that comes with registering. Interrupts are off afterwards. */
void events_here(void);
/* Halt until it is so, looking again after each interrupt; off before and afterwards. */
void halt_until(bool (*is_so)(void));
/* Let NS pass, and whatever comes. */
void pass_time(uint64_t ns);

/* What the other domain of topic `peer` runs. */
int peer_main(void);
