/* SPDX-License-Identifier: MIT */
/* The loader's error messages, on the firmware's console and on COM1, and its end. */
#include "../cpu/insn.h"
#include "exit_code.h"
#include "loader.h"

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

static void print(const CHAR16 *fmt, va_list args)
{
    CHAR16 line[LINE_LENGTH];

    VSPrint(line, sizeof(line), fmt, args);
    if (!detached)
        ST->ConOut->OutputString(ST->ConOut, line);
    for (const CHAR16 *c = line; *c && (detached || !console_is_serial()); c++)
        serial_put((char)*c);
}

static void print_line(const CHAR16 *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    print(fmt, args);
    va_end(args);
}

void complain(const CHAR16 *fmt, ...)
{
    va_list args;

    print_line(L"(allod) boot: ");
    va_start(args, fmt);
    print(fmt, args);
    va_end(args);
    print_line(L"\r\n");
}

void console_detach(void)
{
    detached = 1;
}

void fail(const CHAR16 *fmt, ...)
{
    va_list args;

    print_line(L"(allod) boot: ");
    va_start(args, fmt);
    print(fmt, args);
    va_end(args);
    print_line(L"\r\n");
    outl(EXIT_PORT, EXIT_CODE_BOOT);
    if (detached)
        cpu_halt_for_ever();
    BS->Stall(READ_TIME_US);
    BS->Exit(loader_handle, EFI_LOAD_ERROR, 0, NULL);
    cpu_halt_for_ever();
}
