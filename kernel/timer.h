/* SPDX-License-Identifier: MIT */
/* Timers: a list for each CPU, in the order of their deadlines. */
#pragma once

#include "arch.h"

struct timer {
    void (*fn)(struct timer *t);
    unsigned int cpu; /* whose list it is on, or was on last; changed under that list's lock */
    bool armed;       /* in the list. This and what follows is guarded by the list's lock */
    uint64_t deadline;
    struct timer *next;
    uint64_t round; /* of timers_fire on that list: in which it fired last; 0: in none */
};

/* Boot, before there is a timer: the lists of all CPUs. */
void timers_init(void);

/* Prepare T, which is new or was stopped, and calls FN when it fires: on the CPU that set it, with no lock
 * held and interrupts off, in the scheduler's loop or the timer's interrupt. FN may set T again. */
void timer_init(struct timer *t, void (*fn)(struct timer *t));

/* Fire at DEADLINE (absolute ns of arch_now; in the past: soon; TIMER_NEVER: stop), on the calling CPU. Takes
 * the place of an earlier deadline. It may come a millisecond late: see timer.c. Any lock that ranks before
 * RANK_TIMER may be held. */
void timer_set(struct timer *t, uint64_t deadline);

/* Afterwards FN neither runs nor will run, on whatever CPU; but FN itself may stop its own timer. Waits for
 * FN, so the caller holds no lock that FN takes. */
void timer_stop(struct timer *t);

/* Call what is due on this CPU, each timer once even if its function sets it again to a time in the past; no
 * lock held. */
void timers_fire(void);
