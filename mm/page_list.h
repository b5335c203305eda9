/* SPDX-License-Identifier: MIT */
/* Lists of blocks of pages, linked by page number through the blocks' first records. */
#pragma once

#include "page.h"

struct page_list {
    uint32_t head, tail;
};

static inline uint32_t frame_of(const struct page_info *pg)
{
    return (uint32_t)(pg - frame_table);
}

static inline void page_list_init(struct page_list *list)
{
    list->head = list->tail = FRAME_NONE;
}

static inline bool page_list_empty(const struct page_list *list)
{
    return list->head == FRAME_NONE;
}

/* Link PG between the neighbours PREV and NEXT, either of which may be FRAME_NONE: the list's end. */
static inline void page_list_link(struct page_list *list, struct page_info *pg, uint32_t prev, uint32_t next)
{
    uint32_t frame = frame_of(pg);

    pg->prev = prev;
    pg->next = next;
    *(prev == FRAME_NONE ? &list->head : &frame_table[prev].next) = frame;
    *(next == FRAME_NONE ? &list->tail : &frame_table[next].prev) = frame;
}

static inline void page_list_add_head(struct page_list *list, struct page_info *pg)
{
    page_list_link(list, pg, FRAME_NONE, list->head);
}

static inline void page_list_add_tail(struct page_list *list, struct page_info *pg)
{
    page_list_link(list, pg, list->tail, FRAME_NONE);
}

static inline void page_list_add_after(struct page_list *list, struct page_info *where, struct page_info *pg)
{
    page_list_link(list, pg, frame_of(where), where->next);
}

static inline void page_list_remove(struct page_list *list, const struct page_info *pg)
{
    *(pg->prev == FRAME_NONE ? &list->head : &frame_table[pg->prev].next) = pg->next;
    *(pg->next == FRAME_NONE ? &list->tail : &frame_table[pg->next].prev) = pg->prev;
}

/* Take the first block off a list that is not empty. */
static inline struct page_info *page_list_pop(struct page_list *list)
{
    struct page_info *pg = &frame_table[list->head];

    list->head = pg->next;
    *(pg->next == FRAME_NONE ? &list->tail : &frame_table[pg->next].prev) = FRAME_NONE;
    return pg;
}
