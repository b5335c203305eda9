/* SPDX-License-Identifier: MIT */
/* From an input's bytes to a hypercall of a guest, arguments in the guest's memory included. */
#pragma once

#include "bytes.h"
#include "guests.h"

/* A step begins with this. WHAT is a call, number << 8 | operation (our own sysctls: 0x80 and more), or one
 * of enum step_kind; any other number is some call. Then come the structure and the data that it points to.
 * Unless they are taken as they are (STEP_RAW), numbers become ones that make sense as call_fields.h says,
 * and the data of lists is packed: a byte for each frame, two for each claim. */
struct step {
    uint16_t what;
    uint8_t who, arg, nr_structure, nr_data;
};

enum step_flags {
    STEP_GUEST = 3,        /* index of the guest that calls */
    STEP_COMPAT = 4,       /* 32-bit code */
    STEP_RAW = 8,          /* any numbers */
    STEP_EDGE = 16,        /* the structure lies on two pages */
    STEP_BAD_ADDRESS = 32, /* its address is its own first 8 bytes */
    STEP_ONCE = 64,        /* a call that wants to be entered again waits for a later step */
    STEP_RESUME = 128,     /* enter the waiting call again, if there is one */
};

enum step_kind {
    STEP_REGISTERS = 0xff00, /* arg: paging mode of 32-bit code; data: CR3 */
    STEP_MEMORY,    /* the guest writes data to its frame arg, at the offset that the structure says */
    STEP_CALL,      /* the structure is number and arguments */
    STEP_MULTICALL, /* data is steps: their calls in one */
    STEP_SCRUB,     /* an idle CPU scrubs arg pages */
};

struct step read_step(struct bytes *in);
/* Read what comes behind the head, do it, and return true with the call when there is one to make. */
bool read_call(struct bytes *in, const struct step *s, struct guest *g, struct hypercall *call);
