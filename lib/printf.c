/* SPDX-License-Identifier: MIT */
/* vsnprintf: one conversion is parsed into a spec, turned into text and padded. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct output {
    char *buf;
    size_t size; /* of buf, with the final 0 */
    size_t len;  /* of the whole text, whether it fits or not */
};

struct spec {
    bool left, zero, plus, blank, prefix;
    int width, precision; /* precision < 0: none given */
    unsigned int bits;    /* width of the integer argument */
};

static void emit(struct output *out, char c)
{
    if (out->len + 1 < out->size)
        out->buf[out->len] = c;
    out->len++;
}

static void repeat(struct output *out, char c, int n)
{
    while (n-- > 0)
        emit(out, c);
}

static void emit_text(struct output *out, const struct spec *s, const char *text, int len)
{
    if (!s->left)
        repeat(out, ' ', s->width - len);
    for (int i = 0; i < len; i++)
        emit(out, text[i]);
    if (s->left)
        repeat(out, ' ', s->width - len);
}

static void emit_string(struct output *out, const struct spec *s, const char *text)
{
    int len = 0;

    if (!text)
        text = "(null)";
    while ((s->precision < 0 || len < s->precision) && text[len])
        len++;
    emit_text(out, s, text, len);
}

static void emit_character(struct output *out, const struct spec *s, int c)
{
    char text = (char)c;

    emit_text(out, s, &text, 1);
}

/* SIGN is "", "-", "+", " " or the prefix "0x": it stands before the zeros. */
static void emit_digits(struct output *out, const struct spec *s, uint64_t value, unsigned int base, char ten,
                        const char *sign)
{
    char digits[20];
    int nr = 0, zeros, sign_len = sign[0] ? (sign[1] ? 2 : 1) : 0;

    for (; value; value /= base) {
        unsigned int digit = (unsigned int)(value % base);

        digits[nr++] = (char)(digit < 10 ? '0' + digit : ten + digit - 10);
    }
    zeros = (s->precision < 0 ? 1 : s->precision) - nr;
    if (s->precision < 0 && s->zero && !s->left && s->width - sign_len - nr > zeros)
        zeros = s->width - sign_len - nr;
    if (zeros < 0)
        zeros = 0;
    if (!s->left)
        repeat(out, ' ', s->width - sign_len - zeros - nr);
    for (int i = 0; i < sign_len; i++)
        emit(out, sign[i]);
    repeat(out, '0', zeros);
    for (int i = nr; i-- > 0;)
        emit(out, digits[i]);
    if (s->left)
        repeat(out, ' ', s->width - sign_len - zeros - nr);
}

static void emit_signed(struct output *out, const struct spec *s, uint64_t raw)
{
    unsigned int unused = 64 - s->bits;
    int64_t value = (int64_t)(raw << unused) >> unused;
    const char *sign = value < 0 ? "-" : s->plus ? "+" : s->blank ? " " : "";

    emit_digits(out, s, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10, 'a', sign);
}

static void emit_unsigned(struct output *out, const struct spec *s, uint64_t value, char conversion)
{
    bool hex = conversion != 'u';

    value &= UINT64_MAX >> (64 - s->bits);
    emit_digits(out, s, value, hex ? 16 : 10, conversion == 'X' ? 'A' : 'a',
                !s->prefix || !hex || !value ? "" : (conversion == 'X' ? "0X" : "0x"));
}

static const char *parse_flags(struct spec *s, const char *fmt)
{
    for (;; fmt++) {
        switch (*fmt) {
        case '-':
            s->left = true;
            break;
        case '0':
            s->zero = true;
            break;
        case '+':
            s->plus = true;
            break;
        case ' ':
            s->blank = true;
            break;
        case '#':
            s->prefix = true;
            break;
        default:
            return fmt;
        }
    }
}

static const char *parse_number(const char *fmt, int *value)
{
    for (*value = 0; *fmt >= '0' && *fmt <= '9'; fmt++)
        *value = *value * 10 + (*fmt - '0');
    return fmt;
}

static const char *parse_size(struct spec *s, const char *fmt)
{
    s->bits = 32;
    for (; *fmt == 'h'; fmt++)
        s->bits /= 2;
    for (; *fmt == 'l' || *fmt == 'z' || *fmt == 'j' || *fmt == 't'; fmt++)
        s->bits = fmt[0] == 'j' || fmt[1] == 'l' || s->bits == 64 ? 64 : 8 * sizeof(long);
    return fmt;
}

/* Passing a va_list on by reference needs a structure around it. */
struct arguments {
    va_list list;
};

/* A number in the text, or `*`: the next argument. */
static const char *parse_field(const char *fmt, int *value, struct arguments *args)
{
    if (*fmt != '*')
        return parse_number(fmt, value);
    *value = va_arg(args->list, int);
    return fmt + 1;
}

/* From behind the % to the conversion's letter. */
static const char *parse_spec(struct spec *s, const char *fmt, struct arguments *args)
{
    fmt = parse_flags(s, fmt);
    fmt = parse_field(fmt, &s->width, args);
    if (s->width < 0) {
        s->left = true;
        s->width = -s->width;
    }
    if (*fmt == '.')
        fmt = parse_field(fmt + 1, &s->precision, args);
    return parse_size(s, fmt);
}

static uint64_t integer(const struct spec *s, struct arguments *args)
{
    if (s->bits == 64)
        return va_arg(args->list, uint64_t);
    return va_arg(args->list, unsigned int);
}

static void convert(struct output *out, struct spec *s, char conversion, struct arguments *args)
{
    switch (conversion) {
    case 'd':
    case 'i':
        emit_signed(out, s, integer(s, args));
        break;
    case 'u':
    case 'x':
    case 'X':
        emit_unsigned(out, s, integer(s, args), conversion);
        break;
    case 'p':
        s->prefix = true;
        s->bits = 64;
        emit_unsigned(out, s, (uintptr_t)va_arg(args->list, void *), 'x');
        break;
    case 's':
        emit_string(out, s, va_arg(args->list, const char *));
        break;
    case 'c':
        emit_character(out, s, va_arg(args->list, int));
        break;
    default:
        emit(out, conversion); /* also %% */
    }
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list list)
{
    struct output out = {.buf = buf, .size = size};
    struct arguments args;

    va_copy(args.list, list);
    for (; *fmt; fmt++) {
        struct spec s = {.precision = -1};

        if (*fmt != '%') {
            emit(&out, *fmt);
            continue;
        }
        fmt = parse_spec(&s, fmt + 1, &args);
        if (!*fmt)
            break; /* a lone % at the end */
        convert(&out, &s, *fmt, &args);
    }
    va_end(args.list);
    if (size)
        buf[out.len < size ? out.len : size - 1] = '\0';
    return (int)out.len;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
    va_list args;
    int len;

    va_start(args, fmt);
    len = vsnprintf(buf, size, fmt, args);
    va_end(args);
    return len;
}
