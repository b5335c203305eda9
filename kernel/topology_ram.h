/* SPDX-License-Identifier: MIT */
/* Between the two halves of topology: free RAM by proximity domain. */
#pragma once

#include "arch.h"

/* Each range of the firmware's map and each edge of an affinity begins at most one piece. */
#define MAX_RAM_PIECES (BOOT_MAX_RANGES + 2 * MAX_MEM_AFFINITY)

/* RAM of one proximity domain, bytes. */
struct ram_piece {
    uint64_t start, end;
    uint32_t domain;
};

struct ram_pieces {
    unsigned int nr;
    struct ram_piece piece[MAX_RAM_PIECES]; /* ascending, whole pages, neighbours of one domain are merged */
};

/* Find the free RAM from 1 MiB up to arch_phys_limit, and say what SRAT leaves open or contradicts. */
void ram_find_pieces(const struct boot_info *bi, const struct machine *m, struct ram_pieces *ram);

/* Did the firmware say anything about proximity domains? */
bool machine_has_srat(const struct machine *m);
