/* SPDX-License-Identifier: MIT */
/* What the fields of the calls' structures mean, so that an input's numbers can become ones that make sense.
 */
#pragma once

#include "types.h"

enum field_kind {
    FIELD_DOMAIN,  /* mostly of a domain that there is */
    FIELD_POINTER, /* 0: NULL; N: the Nth 8 bytes of the data */
    FIELD_WORDS,   /* the same, to a list of frames */
    FIELD_CLAIMS,  /* the same, to a list of claims */
    FIELD_FRAME,   /* of the machine */
    FIELD_FLAGS,   /* XENMEMF_* */
    FIELD_ORDER,   /* 0 to 11 */
    FIELD_PAGES,   /* below 128, in bytes */
    FIELD_FEW,     /* below 8 */
    FIELD_SOME,    /* below 128 */
    FIELD_MANY,    /* below 4096 */
};

struct call_field {
    const char *structure; /* as calls.h writes it */
    uint16_t offset;
    uint8_t size, kind;
};
extern const struct call_field call_fields[];
extern const unsigned int nr_call_fields;
