/* SPDX-License-Identifier: MIT */
/* COM1 and COM2 (16550, polled), and the machine's end, which waits until all output is out. */
#include "arch.h"
#include "exit_code.h"
#include "insn.h"

/* Registers, as offsets from a port's base. */
enum { UART_DATA, UART_INTERRUPTS, UART_FIFO, UART_LINE, UART_MODEM, UART_STATUS, UART_SCRATCH = 7 };

#define LINE_8N1        0x03
#define LINE_DIVISOR    0x80 /* data and interrupt register are the divisor */
#define DIVISOR_115200  1
#define FIFO_ON_CLEAR   0x07
#define MODEM_DTR_RTS   0x03
#define STATUS_RECEIVED 0x01
#define STATUS_ROOM     0x20 /* the holding register is empty */
#define STATUS_DRAINED  0x60 /* the shift register, too */
#define SCRATCH_TEST    0x5a
#define MAX_POLLS       200000U /* far longer than a character takes; then it is lost rather than all of us */

static const uint16_t bases[] = {0, 0x3f8, 0x2f8};
static bool present[ARRAY_SIZE(bases)];

static bool wait_for(uint16_t base, uint8_t bits)
{
    for (unsigned int i = 0; i < MAX_POLLS; i++) {
        if ((inb(base + UART_STATUS) & bits) == bits)
            return true;
        cpu_pause();
    }
    return false;
}

static void init_port(unsigned int port)
{
    uint16_t base = bases[port];

    outb(base + UART_SCRATCH, SCRATCH_TEST);
    present[port] = inb(base + UART_SCRATCH) == SCRATCH_TEST;
    if (!present[port])
        return;
    wait_for(base, STATUS_DRAINED); /* what the firmware has written comes out unharmed */
    outb(base + UART_INTERRUPTS, 0);
    outb(base + UART_LINE, LINE_DIVISOR);
    outb(base + UART_DATA, DIVISOR_115200);
    outb(base + UART_INTERRUPTS, 0);
    outb(base + UART_LINE, LINE_8N1);
    outb(base + UART_FIFO, FIFO_ON_CLEAR);
    outb(base + UART_MODEM, MODEM_DTR_RTS);
}

void arch_console_early(void)
{
    for (unsigned int port = 1; port < ARRAY_SIZE(bases); port++)
        init_port(port);
}

static bool is_present(unsigned int port)
{
    return port < ARRAY_SIZE(bases) && present[port];
}

void arch_console_put(unsigned int port, const char *s, size_t n)
{
    for (size_t i = 0; is_present(port) && i < n; i++) {
        if (wait_for(bases[port], STATUS_ROOM))
            outb(bases[port] + UART_DATA, (uint8_t)s[i]);
    }
}

int arch_console_get(unsigned int port)
{
    const bool waits = is_present(port) && (inb(bases[port] + UART_STATUS) & STATUS_RECEIVED);

    return waits ? inb(bases[port] + UART_DATA) : -1;
}

void arch_exit(unsigned int code)
{
    arch_cpus_stop();
    for (unsigned int port = 1; port < ARRAY_SIZE(bases); port++) {
        if (present[port])
            wait_for(bases[port], STATUS_DRAINED);
    }
    outl(EXIT_PORT, code);
    cpu_halt_for_ever();
}
