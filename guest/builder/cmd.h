/* SPDX-License-Identifier: MIT */
/* The handlers of the command table, and what they share. */
#pragma once

#include "builder.h"
#include <errno.h>

typedef void command_fn(const struct args *a, struct outcome *r);

command_fn cmd_domain, cmd_host, cmd_max, cmd_affinity, cmd_pause, cmd_unpause, cmd_destroy, cmd_dying;
command_fn cmd_claim, cmd_claims, cmd_claim_pages;
command_fn cmd_populate, cmd_noref, cmd_release, cmd_exchange, cmd_offline, cmd_online;
command_fn cmd_state, cmd_check, cmd_fail, cmd_test;
command_fn cmd_nodes, cmd_domains, cmd_heap, cmd_map, cmd_frames, cmd_locks, cmd_exits;
command_fn cmd_vcpus, cmd_pin;
command_fn cmd_boot, cmd_run, cmd_help, cmd_quit;

/* The domain id of a line; false with the outcome filled in. */
static inline bool line_domain(const struct args *a, struct outcome *r, uint32_t *domid)
{
    return resolve_domain(a->dom, domid, &r->why);
}

/* What listings call a domain; "" for one that the builder does not know. */
const char *domain_name(uint32_t domid);
/* XEN_DOMINF_* in a word. */
const char *domain_state_name(uint32_t flags);

/* There is no file called NAME: say so, and which there are. */
void no_file(const char *name, struct outcome *r);

/* A library call's 0 or -1 with errno, as the outcome. */
static inline void finish(struct outcome *r, int rc)
{
    r->err = rc < 0 ? errno : 0;
}

/* What the functions of builder.h that change domains return. */
static inline void finish_change(struct outcome *r, int err)
{
    r->err = err;
    if (err == EAGAIN)
        text_add(&r->why, "the filler domain could not restore the numbers of the host line");
}

/* Is somebody there who reads what commands say beyond their result? */
extern bool interactive;
