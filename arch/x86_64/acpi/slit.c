/* SPDX-License-Identifier: MIT */
/* SLIT: how far the proximity domains are from each other. Whether the numbers make sense is topology's part.
 */
#include "acpi.h"
#include <string.h>

int acpi_parse_slit(const struct acpi_header *table, struct machine *m)
{
    const struct acpi_slit *slit = (const void *)table;
    uint64_t n = slit->localities, room = table->length - sizeof(*slit);

    if (n == 0 || n > room || n * n > room)
        return acpi_ignore("SLIT", "%lu localities do not fit its %u bytes", n, table->length);

    /* Topology says what is missing if a node lies beyond. */
    m->slit_size = (unsigned int)MIN(n, (uint64_t)MAX_NUMNODES);
    for (unsigned int row = 0; row < m->slit_size; row++)
        memcpy(&m->slit[row * m->slit_size], &slit->distance[row * n], m->slit_size);
    return 0;
}
