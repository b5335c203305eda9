/* SPDX-License-Identifier: MIT */
/* The switches of allod.cfg for who wants to watch: traces and checks. */
#include "observe.h"

unsigned int trace_topics;
bool hypercall_checks;
