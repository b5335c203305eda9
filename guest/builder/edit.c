/* SPDX-License-Identifier: MIT */
/* Line editing with history, on a terminal that understands ANSI. */
#include "edit.h"
#include "complete.h"
#include "input.h"
#include "platform.h"
#include <ctype.h>
#include <string.h>

#define HISTORY 32U
#define WIDTH   256U

enum key {
    KEY_HOME = 1,
    KEY_LEFT,
    KEY_CANCEL,
    KEY_END_OF_INPUT,
    KEY_END,
    KEY_RIGHT,
    KEY_BACKSPACE = 8,
    KEY_TAB,
    KEY_ENTER,
    KEY_KILL,
    KEY_CLEAR,
    KEY_DOWN = 14,
    KEY_UP = 16,
    KEY_KILL_LINE = 21,
    KEY_KILL_WORD = 23,
    KEY_ESCAPE = 27,
    KEY_NONE = 256,
    KEY_DELETE,
};

struct editor {
    const char *prompt;
    char s[WIDTH];
    size_t len, at;
    unsigned int back; /* how many lines back in history */
};

static char history[HISTORY][WIDTH];
static unsigned int history_len; /* lines ever entered */

static void redraw(const struct editor *e)
{
    out("\r%s%s\033[K", e->prompt, e->s);
    if (e->at < e->len)
        out("\033[%uD", (unsigned int)(e->len - e->at));
}

static void insert(struct editor *e, char c)
{
    if (e->len + 1 >= sizeof(e->s))
        return;
    memmove(e->s + e->at + 1, e->s + e->at, e->len - e->at + 1);
    e->s[e->at++] = c;
    e->len++;
    if (e->at == e->len)
        platform_write(&c, 1);
    else
        redraw(e);
}

/* Remove N characters before the cursor. */
static void erase(struct editor *e, size_t n)
{
    memmove(e->s + e->at - n, e->s + e->at, e->len - e->at + 1);
    e->at -= n;
    e->len -= n;
    redraw(e);
}

static size_t word_before(const struct editor *e)
{
    size_t at = e->at;

    while (at && e->s[at - 1] == ' ')
        at--;
    while (at && e->s[at - 1] != ' ')
        at--;
    return e->at - at;
}

static void set_line(struct editor *e, const char *s)
{
    strcpy(e->s, s);
    e->len = e->at = strlen(s);
    redraw(e);
}

static void recall(struct editor *e, unsigned int back)
{
    unsigned int kept = history_len < HISTORY ? history_len : HISTORY;

    if (back > kept)
        return;
    e->back = back;
    set_line(e, back ? history[(history_len - back) % HISTORY] : "");
}

static void remember(const char *s)
{
    if (*s && (!history_len || strcmp(history[(history_len - 1) % HISTORY], s)))
        strcpy(history[history_len++ % HISTORY], s);
}

/* At the end of the line: what completion adds. */
static void complete(struct editor *e)
{
    struct text tail = {0};

    if (e->at != e->len)
        return;
    complete_line(e->s, &tail);
    for (size_t i = 0; i < tail.len; i++)
        insert(e, tail.s[i]);
}

/* What others print ends the line that the cursor is on: begin it again below. */
static int read_char(const struct editor *e)
{
    for (int c;; platform_run_others()) {
        if (platform_others_printed())
            redraw(e);
        c = input_getc();
        if (c != PLATFORM_NOTHING)
            return c;
    }
}

/* The keys that terminals send as several characters. */
static int read_escape(const struct editor *e)
{
    int c = read_char(e);

    if (c != '[' && c != 'O')
        return KEY_NONE;
    switch (c = read_char(e)) {
    case 'A':
        return KEY_UP;
    case 'B':
        return KEY_DOWN;
    case 'C':
        return KEY_RIGHT;
    case 'D':
        return KEY_LEFT;
    case 'H':
        return KEY_HOME;
    case 'F':
        return KEY_END;
    }
    int number = c;
    while (isdigit(c) || c == ';')
        c = read_char(e);
    return number == '3' ? KEY_DELETE : number == '1' ? KEY_HOME : number == '4' ? KEY_END : KEY_NONE;
}

static int read_key(const struct editor *e)
{
    int c = read_char(e);

    return c == KEY_ESCAPE ? read_escape(e) : c == '\r' ? KEY_ENTER : c == 127 ? KEY_BACKSPACE : c;
}

static void move(struct editor *e, size_t at)
{
    e->at = at;
    redraw(e);
}

static void edit(struct editor *e, int key)
{
    switch (key) {
    case KEY_HOME:
        move(e, 0);
        break;
    case KEY_END:
        move(e, e->len);
        break;
    case KEY_LEFT:
        move(e, e->at - (e->at > 0));
        break;
    case KEY_RIGHT:
        move(e, e->at + (e->at < e->len));
        break;
    case KEY_BACKSPACE:
        erase(e, e->at > 0);
        break;
    case KEY_END_OF_INPUT: /* not on an empty line: delete */
    case KEY_DELETE:
        if (e->at < e->len) {
            e->at++;
            erase(e, 1);
        }
        break;
    case KEY_KILL:
        e->s[e->len = e->at] = 0;
        redraw(e);
        break;
    case KEY_KILL_LINE:
        erase(e, e->at);
        break;
    case KEY_KILL_WORD:
        erase(e, word_before(e));
        break;
    case KEY_CLEAR:
        out("\033[H\033[2J");
        redraw(e);
        break;
    case KEY_UP:
        recall(e, e->back + 1);
        break;
    case KEY_DOWN:
        recall(e, e->back ? e->back - 1 : 0);
        break;
    case KEY_TAB:
        complete(e);
        break;
    default:
        if (key >= ' ' && key < KEY_NONE)
            insert(e, (char)key);
    }
}

bool read_line(const char *prompt, char *line, size_t size)
{
    struct editor e = {.prompt = prompt};
    int key;

    platform_others_printed(); /* what was printed before does not matter */
    out("%s", prompt);
    while ((key = read_key(&e)) != KEY_ENTER) {
        if (key < 0 || (key == KEY_END_OF_INPUT && !e.len)) {
            out("\n");
            return false;
        }
        if (key == KEY_CANCEL) {
            out("^C\n%s", prompt);
            memset(&e, 0, sizeof(e));
            e.prompt = prompt;
        } else {
            edit(&e, key);
        }
    }
    out("\n");
    remember(e.s);
    strncpy(line, e.s, size - 1);
    line[size - 1] = 0;
    return true;
}
