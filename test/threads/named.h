/* SPDX-License-Identifier: MIT */
/* Races with one right outcome, each on a machine of its own; the level says how domains are reached. */
#pragma once

#include "level.h"

/* Eight builders want 10 pages each of a node that has 64: six get them, and every page of them. */
void eight_builders(const struct level *l, unsigned int milliseconds);
/* Two builders claim all there is: never both hold it, neither starves. */
void two_hold_all(const struct level *l, unsigned int milliseconds);
/* A claim is replaced over and over, by larger and smaller ones: nobody ever gets what all of them cover. */
void replaced_claim(const struct level *l, unsigned int milliseconds);
/* Claims are installed while their domain is destroyed: none is left behind. */
void claim_against_destroy(const struct level *l, unsigned int milliseconds);
/* One populates what it has claimed while another claims and releases all the rest. */
void populate_against_claim(const struct level *l, unsigned int milliseconds);
/* Pages go offline while all memory is claimed: what was granted comes, but for what was recalled. */
void recalled_claim(const struct level *l, unsigned int milliseconds);
/* Limits change during builds: what they refuse keeps its claim. */
void limits_change(const struct level *l, unsigned int milliseconds);
/* More want memory on one or two nodes than there is: who was granted gets all of it, there. */
void storm(const struct level *l, unsigned int milliseconds);
/* Event channels are connected, closed and sent to while one of the domains is destroyed: none leads into
 * nothing. */
void events(const struct level *l, unsigned int milliseconds);
/* Guests grant each other pages, map, copy and unmap them, and one is destroyed all the time: what is used
 * stays, and its end ends all uses. */
void guests_grant(const struct level *l, unsigned int milliseconds);
/* Guests use their console and xenstore rings while the console is switched, and one is destroyed all the
 * time: all comes to whom it is for. */
void guests_talk(const struct level *l, unsigned int milliseconds);
/* Two destroy a domain at once, by hypercalls, while others build it. */
void destroyed_by_two(const struct level *l, unsigned int milliseconds);
