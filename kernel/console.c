/* SPDX-License-Identifier: MIT */
/* printk and the consoles of domains, on one or two serial ports. */
#include "console.h"
#include "console_input.h"
#include "lock.h"
#include "message_ring.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define MESSAGE_SIZE 512
#define EARLY_SIZE   4096
#define NR_PORTS     2

static spinlock_t console_lock = SPINLOCK_INIT(RANK_CONSOLE, "console");
static unsigned int console_port = 1, log_port = 1;
static enum log_level log_limit = LOG_INFO;
static bool ready, forced;

/* Messages from before console_init: each is a digit for its level, its text, and a 0. */
static char early[EARLY_SIZE] GUARDED_BY(console_lock);
static size_t early_len GUARDED_BY(console_lock);
static bool line_open[NR_PORTS + 1] GUARDED_BY(console_lock); /* by port: raw output ended within a line */

/* A panic must print even if this CPU was stopped while it held the lock. */
static void lock_console(void) ACQUIRES(console_lock) NO_LOCK_CHECK
{
    if (!READ_ONCE(forced))
        spin_lock(&console_lock);
}

static void unlock_console(void) RELEASES(console_lock) NO_LOCK_CHECK
{
    if (!READ_ONCE(forced))
        spin_unlock(&console_lock);
}

static void put(unsigned int port, const char *s)
{
    arch_console_put(port, s, strlen(s));
}

/* For who asks later; a panic does not risk its lock. */
static void keep_line(const char *prefix, const char *s, size_t n) REQUIRES(console_lock)
{
    if (READ_ONCE(forced))
        return;
    message_ring_put(prefix, strlen(prefix));
    message_ring_put(s, n);
    message_ring_put("\n", 1);
}

/* One whole line; a line that the console owner has begun is ended first. */
static void put_line(unsigned int port, const char *prefix, const char *s, size_t n) REQUIRES(console_lock)
{
    if (line_open[port])
        put(port, "\r\n");
    line_open[port] = false;
    put(port, prefix);
    arch_console_put(port, s, n);
    put(port, "\r\n");
    keep_line(prefix, s, n);
}

static void put_message(enum log_level level, const char *text) REQUIRES(console_lock)
{
    if (level > log_limit)
        return;
    while (*text) {
        size_t n = strcspn(text, "\n");

        put_line(log_port, "(allod) ", text, n);
        text += n + (text[n] == '\n');
    }
}

static void keep_message(enum log_level level, const char *text) REQUIRES(console_lock)
{
    size_t n = strlen(text) + 1;

    if (n + 1 > EARLY_SIZE - early_len)
        return; /* the first messages matter most */
    early[early_len] = (char)('0' + level);
    memcpy(early + early_len + 1, text, n);
    early_len += n + 1;
}

static void put_kept_messages(void) REQUIRES(console_lock)
{
    for (size_t i = 0; i < early_len; i += strlen(early + i) + 1)
        put_message((enum log_level)(early[i] - '0'), early + i + 1);
    early_len = 0;
}

void printk(enum log_level level, const char *fmt, ...)
{
    char text[MESSAGE_SIZE];
    va_list args;

    if (ready && level > log_limit)
        return;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    lock_console();
    if (ready)
        put_message(level, text);
    else
        keep_message(level, text);
    unlock_console();
}

void console_init(unsigned int console, unsigned int log, enum log_level level)
{
    lock_console();
    console_port = console;
    log_port = log;
    log_limit = level;
    ready = true;
    put_kept_messages();
    unlock_console();
}

void console_force(void)
{
    WRITE_ONCE(forced, true);
    if (!ready)
        console_init(console_port, log_port, log_limit);
}

/* ---- domains ---- */

static void put_domain_line(struct domain *d) REQUIRES(console_lock)
{
    char prefix[sizeof("(d65535) ")];

    snprintf(prefix, sizeof(prefix), "(d%u) ", d->domid);
    put_line(log_port, prefix, d->out, d->out_len);
    d->out_len = 0;
}

static void put_raw(const char *s, size_t n) REQUIRES(console_lock)
{
    if (n == 0)
        return;
    arch_console_put(console_port, s, n);
    line_open[console_port] = s[n - 1] != '\n';
}

void console_guest_write(struct domain *d, const char *s, size_t n)
{
    lock_console();
    if (console_is_with(d)) {
        put_raw(d->out, d->out_len); /* from before it had the console */
        d->out_len = 0;
        put_raw(s, n);
        n = 0;
    }
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '\n')
            put_domain_line(d);
        else if (isprint((unsigned char)s[i]) || s[i] == '\t')
            d->out[d->out_len++] = s[i];
        if (d->out_len == sizeof(d->out))
            put_domain_line(d);
    }
    unlock_console();
}

void console_guest_end(struct domain *d)
{
    lock_console();
    if (d->out_len)
        put_domain_line(d);
    unlock_console();
}

int console_getc(void)
{
    int c;

    lock_console();
    c = arch_console_get(console_port);
    unlock_console();
    return c;
}
