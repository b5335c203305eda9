/* SPDX-License-Identifier: MIT */
/* From an address to the function it lies in, for backtraces. */
#include "elf.h"

enum {
    SYMBOL_SIZE = 24,
    SYMBOL_FUNC = 2
}; /* Elf64_Sym: name 4, info 1, other 1, section 2, value 8, size 8 */

static uint64_t read64(const uint8_t *p)
{
    uint64_t v = 0;

    for (unsigned int i = 8; i-- > 0;)
        v = v << 8 | p[i];
    return v;
}

/* The string at POS of a string table, NULL if it does not end within it. */
static const char *string_at(const struct elf_section *table, uint32_t pos)
{
    for (uint64_t end = pos; end < table->size; end++) {
        if (!table->data[end])
            return (const char *)table->data + pos;
    }
    return NULL;
}

/* The nearest symbol at or below ADDRESS that covers it; assembly labels have no size and reach to the next
 * one. */
static const uint8_t *symbol_in(const struct elf_section *symtab, uint64_t address)
{
    const uint8_t *best = NULL;

    for (uint64_t pos = 0; pos + SYMBOL_SIZE <= symtab->size; pos += SYMBOL_SIZE) {
        const uint8_t *sym = symtab->data + pos;
        uint64_t value = read64(sym + 8), size = read64(sym + 16);
        bool defined = sym[6] | sym[7], code = (sym[4] & 15) == SYMBOL_FUNC || (sym[4] & 15) == 0;

        if (!defined || !code || !value || value > address || (size && address - value >= size))
            continue;
        if (!best || value >= read64(best + 8))
            best = sym;
    }
    return best;
}

const char *elf_symbol_at(const struct elf_image *e, uint64_t address, uint64_t *offset)
{
    struct elf_section symtab, names;
    const uint8_t *sym;

    for (unsigned int i = 0; e->is64 && i < e->sections.nr; i++) {
        if (elf_section(e, i, &symtab) || symtab.type != ELF_SHT_SYMTAB)
            continue;
        if (elf_section(e, symtab.link, &names) || names.type != ELF_SHT_STRTAB)
            return NULL;
        sym = symbol_in(&symtab, address);
        if (!sym)
            return NULL;
        *offset = address - read64(sym + 8);
        return string_at(&names,
                         sym[0] | (uint32_t)sym[1] << 8 | (uint32_t)sym[2] << 16 | (uint32_t)sym[3] << 24);
    }
    return NULL;
}
