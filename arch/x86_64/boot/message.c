/* SPDX-License-Identifier: MIT */
/* The loader's error messages, on the firmware's console and on COM1, and its end. */
#include "../cpu/insn.h"
#include "exit_code.h"
#include "loader.h"
#include <stdio.h>

#define COM1         0x3f8
#define LINE_STATUS  5
#define STATUS_EMPTY 0x60 /* holding and shift register */
#define LINE_LENGTH  240
#define READ_TIME_US 5000000

static int detached;

/* A message is lost rather than hanging when nothing drains the port. */
static void serial_put(char c)
{
    for (unsigned int i = 0; i < 100000 && (inb(COM1 + LINE_STATUS) & STATUS_EMPTY) != STATUS_EMPTY; i++)
        cpu_pause();
    outb(COM1, (uint8_t)c);
}

/* Does the firmware's console show on a serial port anyway? Then do not say everything twice. */
static int console_is_serial(void)
{
    EFI_GUID serial = SERIAL_IO_PROTOCOL;
    void *port;

    return !EFI_ERROR(BS->LocateProtocol(&serial, NULL, &port));
}

static void print(const char *text)
{
    CHAR16 wide[LINE_LENGTH];
    unsigned int n = 0;

    do
        wide[n] = (CHAR16)text[n];
    while (text[n++]);
    if (!detached)
        ST->ConOut->OutputString(ST->ConOut, wide);
    for (; *text && (detached || !console_is_serial()); text++)
        serial_put(*text);
}

static void print_line(const char *fmt, va_list args)
{
    char line[LINE_LENGTH];

    vsnprintf(line, sizeof(line), fmt, args);
    print("(allod) boot: ");
    print(line);
    print("\r\n");
}

void complain(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    print_line(fmt, args);
    va_end(args);
}

void console_detach(void)
{
    detached = 1;
}

void fail(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    print_line(fmt, args);
    va_end(args);
    outl(EXIT_PORT, EXIT_CODE_BOOT);
    if (detached)
        cpu_halt_for_ever();
    BS->Stall(READ_TIME_US);
    BS->Exit(loader_handle, EFI_LOAD_ERROR, 0, NULL);
    cpu_halt_for_ever();
}
