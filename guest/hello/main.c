/* SPDX-License-Identifier: MIT */
/* The smallest guest: it says who it is and ends.
 *
 * A new guest starts as a copy of this folder: every folder guest/NAME with C or assembly files becomes
 * build/guest/NAME.elf, linked with guest/lib; `make build/guest/NAME.elf` builds it. What it may include:
 *   <guest.h>           its command line, modules and memory, the console, the end
 *   <stdio.h> ...       printf, malloc, strings: lib/include
 *   <xenctrl.h>         libxenctrl's calls, for privileged guests
 *   <guest_build.h>     building other domains
 *   <xen_hypercall.h>   any hypercall, with the structures of <xen/...>
 * It starts in main, in long mode with the first 4 GiB mapped one to one and without interrupts. Returning 0
 * powers it off; anything else counts as a crash. To boot it with the machine, add a [domain NAME] section to
 * allod.cfg. */
#include <guest.h>
#include <stdio.h>
#include <xenctrl.h>

/* CPUID leaf 0x40000004: ECX is the domain id, if bit 4 of EAX says so (xen/arch-x86/cpuid.h). */
static int domain_id(void)
{
    uint32_t eax = 0x40000004, ebx, ecx = 0, edx;

    __asm__("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    return eax & (1U << 4) ? (int)ecx : -1;
}

int main(int argc, char **argv)
{
    uint32_t version = (uint32_t)xc_version(NULL, XENVER_version, NULL);

    printf("Hello from domain %d with %lu MiB, on version %u.%u of the interface.\n", domain_id(),
           guest_memory() >> 20, version >> 16, version & 0xffff);
    printf("The hypercall page %s.\n", hypercall_page_works() ? "works" : "does not work");
    for (int i = 1; i < argc; i++)
        printf("argument %d: %s\n", i, argv[i]);
    for (unsigned int i = 0; i < guest_module_count(); i++)
        printf("module %s: %zu bytes\n", guest_module_at(i)->name, guest_module_at(i)->size);
    return 0;
}
