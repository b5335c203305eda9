/* SPDX-License-Identifier: MIT */
/* The first C on the boot CPU: what must be there so that everything after can report its faults. */
#include "start.h"
#include "arch.h"
#include "layout.h"
#include "map.h"
#include "percpu.h"

char *direct_map = (char *)DIRECT_MAP_BASE;
const struct boot_info *boot_record;

void arch_start(uint64_t record)
{
    boot_record = paddr_to_virt(paddr(record));
    percpu_load(&boot_cpu);
    kernel_main(boot_record);
}
