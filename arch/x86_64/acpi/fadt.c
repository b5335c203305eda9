/* SPDX-License-Identifier: MIT */
/* FADT: the power-management timer, the clock that the TSC is calibrated with. */
#include "acpi.h"

#define PM_TIMER_BYTES 4
#define LAST_PORT      (0xffffU - (PM_TIMER_BYTES - 1))

/* The 64-bit address where the table has one; firmware that leaves it empty still fills the old field. */
static uint64_t timer_port(const struct acpi_fadt *fadt)
{
    const struct acpi_gas *gas = &fadt->x_pm_timer_block;

    if (fadt->header.length >= sizeof(*fadt) && gas->space == ACPI_SPACE_IO && gas->address)
        return gas->address;
    return fadt->pm_timer_length == PM_TIMER_BYTES ? fadt->pm_timer_block : 0;
}

int acpi_parse_fadt(const struct acpi_header *table, struct machine *m)
{
    const struct acpi_fadt *fadt = (const void *)table;

    if (fadt->flags & FADT_HW_REDUCED)
        return 0;

    uint64_t port = timer_port(fadt);
    if (port > LAST_PORT)
        return acpi_ignore("FACP", "PM timer at 0x%lx is no I/O port", port);
    m->pm_timer_port = (uint16_t)port;
    m->pm_timer_32bit = !!(fadt->flags & FADT_TMR_VAL_EXT);
    return 0;
}
