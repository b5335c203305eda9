/* SPDX-License-Identifier: MIT */
/* Structures of guests in the layout of the calling code, 32 or 64 bit; handlers only see the 64-bit one.
 *
 * COMPAT is struct hypercall's flag. Values of 32-bit callers come zero-extended; results that are wider than
 * their 32-bit field are cut, as in Xen. */
#pragma once

#include "hypercall.h"

struct guest_field {
    uint8_t offset32, size32, offset, size;
};

struct guest_struct {
    uint16_t size32, size;
    uint16_t nr_fields; /* 0: the same for both kinds of code */
    const struct guest_field *fields;
};

/* guest_<name>, one for each structure of compat_structs.h. */
#define START(name)                                                                                          \
    struct name;                                                                                             \
    extern const struct guest_struct guest_##name;
#include "compat_structs.h"

/* For tables: the description of a structure type; one without fields if it is the same for all code. */
#define GUEST_SAME(type)  (&(const struct guest_struct){sizeof(type), sizeof(type), 0, NULL})
#define GUEST_OTHER(name) struct name * : &guest_##name
#define GUEST_STRUCT(type)                                                                                   \
    _Generic((type *)NULL, GUEST_OTHER(multicall_entry), GUEST_OTHER(xen_memory_reservation),                \
             GUEST_OTHER(xen_memory_exchange), GUEST_OTHER(xen_add_to_physmap),                              \
             GUEST_OTHER(xen_add_to_physmap_batch), GUEST_OTHER(xen_remove_from_physmap),                    \
             GUEST_OTHER(xen_memory_map), GUEST_OTHER(xen_foreign_memory_map),                               \
             GUEST_OTHER(xen_vnuma_topology_info), GUEST_OTHER(xen_platform_parameters),                     \
             GUEST_OTHER(sched_poll), GUEST_OTHER(vcpu_set_singleshot_timer),                                \
             GUEST_OTHER(vcpu_runstate_info), GUEST_OTHER(gnttab_setup_table), GUEST_OTHER(gnttab_copy),     \
             default                                                                                         \
             : GUEST_SAME(type))

/* The distance of two such structures in the guest's arrays, bytes. */
static inline size_t guest_struct_size(bool compat, const struct guest_struct *s)
{
    return compat ? s->size32 : s->size;
}

/* A whole structure; S->size bytes are read or written here. 0 or -EFAULT. Native padding reads as 0 for
 * 32-bit callers, and their padding is written as 0. */
int guest_struct_read(bool compat, const struct guest_struct *s, void *own, guest_ptr_t guest);
int guest_struct_write(bool compat, const struct guest_struct *s, guest_ptr_t guest, const void *own);
/* One field of it, named by its native offset: only these bytes change in the guest. 0 or -EFAULT. */
int guest_field_write(bool compat, const struct guest_struct *s, guest_ptr_t guest, size_t offset,
                      const void *own);

/* Entries FIRST to FIRST + NR of a list of xen_ulong_t or xen_pfn_t. 0 or -EFAULT. */
#define GUEST_WORDS_MAX 64U /* NR at most */
static inline size_t guest_word_size(bool compat)
{
    return compat ? sizeof(uint32_t) : sizeof(uint64_t);
}
int guest_words_read(bool compat, uint64_t *own, guest_ptr_t list, uint64_t first, unsigned int nr);
