/* SPDX-License-Identifier: MIT */
/* The UEFI loader's parts: each fills its fields of the hand-over record. They return only when all went
 * well; otherwise they call fail(). */
#pragma once

#include "boot_info.h"
#include <efi.h>
#include <string.h>

#define EFI_PAGE 4096UL

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table);
/* What the firmware offers, and the loader's own handle; main.c sets them first of all. */
extern EFI_SYSTEM_TABLE *ST;
extern EFI_BOOT_SERVICES *BS;
extern EFI_HANDLE loader_handle;

/* Say what is wrong, on the console and on COM1, and end: QEMU with its "boot" status, other machines by
 * going back to the firmware. FMT as for snprintf. */
__attribute__((noreturn, format(printf, 1, 2))) void fail(const char *fmt, ...);
/* The same without the end. */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* A status in words, as UEFI 2.10 appendix D lists them. */
const char *status_name(EFI_STATUS status);
/* Boot services are gone: only COM1 is left to complain on. */
void console_detach(void);

/* NR pages below 4 GiB that the hypervisor will find again, zeroed; ALIGN bytes is a power of two. */
void *alloc_kept(uint64_t nr, uint64_t align);

/* allod.cfg and the images that it and the command line name, as modules. */
void load_modules(struct boot_info *bi, EFI_HANDLE own_volume);
void scan_names(const char *text, uint64_t size, int is_cmdline,
                void (*found)(const char *name, uint64_t len));

/* The firmware's clock, in seconds since 1970; 0: it has none. Boot services must be there. */
uint64_t firmware_seconds(void);

/* The memory map as it is now, into bi->ranges. Boot services must be there. */
void read_memory_map(struct boot_info *bi);
/* The same, and leave boot services with it. */
void leave_boot_services(EFI_HANDLE image, struct boot_info *bi);

/* Put the hypervisor's image and its ELF file into memory. Returns the entry's virtual address. */
uint64_t load_hypervisor(struct boot_info *bi);
/* The temporary page tables: the first 4 GiB at 0 and at the direct map, and the image. Returns CR3. */
uint64_t build_early_tables(const struct boot_info *bi);
/* Pages for the hypervisor's own first page tables, enough for all RAM of bi->ranges. */
void reserve_tables(struct boot_info *bi);
/* A page below 1 MiB in which other CPUs can be started; a machine without one has one CPU. */
void reserve_trampoline(struct boot_info *bi);
/* A page with the code that leaves the loader; see hand_over. */
void *prepare_hand_over(void);
__attribute__((noreturn)) void hand_over(void *page, uint64_t cr3, uint64_t entry, struct boot_info *bi);
