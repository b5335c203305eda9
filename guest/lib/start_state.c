/* SPDX-License-Identifier: MIT */
/* The state in which a PVH guest's first vCPU starts, as the hypervisor's save stream. */
#include "guest_build.h"

#define CR0_PE_ET  0x11
#define RFLAGS_ONE 2
#define CODE_32    0xc9b
#define DATA_32    0xc93
#define TSS_32     0x8b
#define TSS_LIMIT  0x67
#define DR6_INIT   0xffff0ff0UL
#define DR7_INIT   0x400

#define DESCRIPTOR(name)                                                                                     \
    {                                                                                                        \
        .typecode = HVM_SAVE_CODE(name), .length = HVM_SAVE_LENGTH(name)                                     \
    }

/* 32-bit protected mode without paging, flat segments; the other vCPUs are down and have no state. */
void guest_start_state_init(struct guest_start_state *state, uint32_t entry, uint64_t start_info)
{
    *state = (struct guest_start_state){
        .header_d = DESCRIPTOR(HEADER),
        .header = {.magic = HVM_FILE_MAGIC, .version = HVM_FILE_VERSION},
        .cpu_d = DESCRIPTOR(CPU),
        .cpu = {.rip = entry,
                .rbx = start_info,
                .rflags = RFLAGS_ONE,
                .cr0 = CR0_PE_ET,
                .cs_limit = UINT32_MAX,
                .ds_limit = UINT32_MAX,
                .es_limit = UINT32_MAX,
                .ss_limit = UINT32_MAX,
                .tr_limit = TSS_LIMIT,
                .cs_arbytes = CODE_32,
                .ds_arbytes = DATA_32,
                .es_arbytes = DATA_32,
                .ss_arbytes = DATA_32,
                .tr_arbytes = TSS_32,
                .dr6 = DR6_INIT,
                .dr7 = DR7_INIT},
        .end_d = DESCRIPTOR(END),
    };
}
