/* SPDX-License-Identifier: MIT */
/* A guest that misbehaves in the way its command line names, and one that only counts: for the tests. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define SLICES_OF_WORK 200000000UL  /* enough to be preempted several times */
#define NOBODYS_MEMORY 0xe0000000UL /* guest-physical, mapped by the guest's tables, backed by nothing */

static int count(void)
{
    for (volatile unsigned long i = 0; i < SLICES_OF_WORK; i++)
        ;
    printf("counted to the end\n");
    return 0;
}

/* Without an IDT an exception becomes a triple fault. */
static int triple_fault(void)
{
    struct __attribute__((packed)) {
        uint16_t limit;
        uint64_t base;
    } none = {0, 0};

    __asm__ volatile("lidt %0; int3" ::"m"(none));
    return 1;
}

static int touch_nobodys_memory(void)
{
    *(volatile char *)NOBODYS_MEMORY = 1;
    return 1;
}

static int undefined_instruction(void)
{
    __asm__ volatile("ud2");
    return 1;
}

static int spin(void)
{
    volatile int forever = 1;

    while (forever)
        ;
    return 1;
}

static int spin_without_interrupts(void)
{
    __asm__ volatile("cli");
    return spin();
}

static uint8_t read_port(uint16_t port)
{
    uint8_t value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

/* The console's UART, the keyboard, the exit device: none answers, none is reached. */
static int try_ports(void)
{
    static const uint16_t ports[] = {0x3f8, 0x3fd, 0x60, 0x64, 0xf4, 0x608};

    for (unsigned int i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
        __asm__ volatile("outb %0, %1" ::"a"((uint8_t)0x10), "Nd"(ports[i]));
        if (read_port(ports[i]) != 0xff) {
            printf("port %#x answers %#x, expected 0xff\n", ports[i], read_port(ports[i]));
            return 1;
        }
    }
    printf("no port answers\n");
    return 0;
}

static const struct {
    const char *name;
    int (*run)(void);
} deeds[] = {
    {"count", count},
    {"triple", triple_fault},
    {"wild", touch_nobodys_memory},
    {"undefined", undefined_instruction},
    {"spin", spin},
    {"spin-cli", spin_without_interrupts},
    {"denied", try_ports},
};

int main(int argc, char **argv)
{
    for (unsigned int i = 0; argc > 1 && i < sizeof(deeds) / sizeof(deeds[0]); i++)
        if (!strcmp(argv[1], deeds[i].name))
            return deeds[i].run();
    printf("rogue: say what to do on the command line\n");
    return 1;
}
