/* SPDX-License-Identifier: MIT */
/* A guest that changes its memory while the hypervisor reads it. */
#pragma once

/* What becomes of each byte right after it was fetched. */
enum hostile_mode { HOSTILE_NO, HOSTILE_ZEROS, HOSTILE_ONES, HOSTILE_MORE, HOSTILE_MODES };

void hostile_mode(enum hostile_mode mode);
const char *hostile_name(enum hostile_mode mode);
/* Around a hypercall: in between, no byte may be fetched twice. */
void hostile_begin(void);
void hostile_end(void);
