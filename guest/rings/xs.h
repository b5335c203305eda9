/* SPDX-License-Identifier: MIT */
/* The xenstore ring as its cases use it. In requests and answers a '|' stands for a 0. */
#pragma once

#include "rings.h"
#include <xen/io/xs_wire.h>

extern struct xenstore_domain_interface *xs_ring;
extern evtchn_port_t xs_port;
extern struct xsd_sockmsg xs_last; /* the head of the message that was read last */

/* Each case begins with it: is there a ring? */
bool xs_find(void);
/* N bytes, with an event behind every CHUNK of them. */
void xs_put(const void *data, size_t n, size_t chunk);
void xs_request(uint32_t type, uint32_t tx, const char *text, size_t chunk);
/* The next message; "" if there is none. */
const char *xs_message(void);
/* What reading PATH gives. */
const char *xs_answer_to(const char *path);

void xs_text(const char *what, const char *seen, const char *expected);
/* The request is answered so, in transaction TX; outside of any; with an error. */
void xs_expect_in(uint32_t type, uint32_t tx, const char *text, uint32_t answer_type, const char *answer);
void xs_expect(uint32_t type, const char *text, const char *answer);
void xs_error(uint32_t type, const char *text, const char *error);
/* The next message is this event; "": there is none. */
void xs_event(const char *text);
/* Watch a path, and see that it fires once. */
void xs_watch(const char *text);
