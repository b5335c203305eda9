/* SPDX-License-Identifier: MIT */
/* A walker of guest page tables that is as plain as the manual, for comparison. */
#pragma once

#include "guest/walk.h"

/* The guest's memory: frames with a number in the guest, what is mapped there, and a copy of the contents. */
#define NR_GUEST_FRAMES 16
struct guest_frame {
    uint64_t gfn;
    enum p2m_type type;
    uint8_t copy[PAGE_SIZE];
};
extern struct guest_frame guest_frames[NR_GUEST_FRAMES];

struct guest_frame *find_guest_frame(uint64_t gfn);

/* What guest_translate and guest_copy have to come to; the copy works on guest_frames[].copy. */
struct guest_frame *reference_translate(const struct guest_view *g, uint64_t va, unsigned int access);
int reference_copy(const struct guest_view *g, uint64_t va, uint8_t *buf, size_t n, enum copy_direction dir);
