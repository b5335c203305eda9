/* SPDX-License-Identifier: MIT */
/* Between the files of the guest that checks what vCPUs and events do. */
#pragma once

#include "guest.h"
#include "guest_smp.h"

struct topic_case {
    const char *title;
    void (*run)(void);
};

/* Each up to one without a title. */
extern const struct topic_case starting[], library[], translations[];

/* How many vCPUs there are; main asks once. */
extern unsigned int nr_vcpus;

/* The case fails, with both numbers. From any vCPU. */
void expect_equal(const char *what, int64_t seen, int64_t expected);
void expect_less(const char *what, uint64_t seen, uint64_t below); /* SEEN < BELOW */

/* The result of a hypercall: 0 or more, or a negative error number. */
int64_t vcpu_op(unsigned int cmd, unsigned int vcpu, void *arg);
int64_t sched_op(unsigned int cmd, void *arg);

/* End in a crash: vCPU 1 writes to a page that is there no more. */
void lose_written_page(void);

/* ENTRY(ARG) on every vCPU, 0 with them; a vCPU that does not start is a failure. */
void run_everywhere(void (*entry)(void *), void *arg);
