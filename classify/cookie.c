/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/cookie.h"

#include "base/date.h"

enum { SECONDS_OF_DAY = 86400 };

/* Everything up to `c`, or all of the rest. */
static struct bytes take_part(struct bytes *rest, uint8_t c)
{
    struct bytes part;

    if (bytes_take_until(rest, c, &part))
        return part;
    part = *rest;
    *rest = bytes_slice(*rest, rest->n, rest->n);
    return part;
}

static void split_pair(struct bytes part, struct bytes *name, struct bytes *value)
{
    struct bytes rest = part, left;

    if (bytes_take_until(&rest, '=', &left)) {
        *name = bytes_trim(left);
        *value = bytes_trim(rest);
    } else {
        *name = bytes_slice(part, 0, 0);
        *value = bytes_trim(part);
    }
}

bool cookie_next(struct bytes *rest, struct cookie *out)
{
    while (rest->n != 0) {
        struct bytes part = bytes_trim(take_part(rest, ';'));

        if (part.n == 0)
            continue;
        split_pair(part, &out->name, &out->value);
        return true;
    }
    return false;
}

static bool is_delimiter(uint8_t c)
{
    return c == 0x09 || (c >= 0x20 && c <= 0x2f) || (c >= 0x3b && c <= 0x40) ||
           (c >= 0x5b && c <= 0x60) || (c >= 0x7b && c <= 0x7e);
}

static bool next_token(struct bytes *rest, struct bytes *token)
{
    size_t n = 0;

    while (rest->n != 0 && is_delimiter(rest->p[0]))
        *rest = bytes_slice(*rest, 1, rest->n);
    while (n < rest->n && !is_delimiter(rest->p[n]))
        n++;
    *token = bytes_slice(*rest, 0, n);
    *rest = bytes_slice(*rest, n, rest->n);
    return n != 0;
}

/* `least` to `most` digits at the front, then something that is no digit. */
static bool take_digits(struct bytes *rest, size_t least, size_t most, int *out)
{
    int value = 0;
    size_t n = 0;

    while (n < rest->n && n <= most && ascii_is_digit(rest->p[n]))
        value = value * 10 + (rest->p[n++] - '0');
    if (n < least || n > most)
        return false;
    *rest = bytes_slice(*rest, n, rest->n);
    *out = value;
    return true;
}

static bool read_time(struct bytes token, int *hour, int *minute, int *second)
{
    int h, m, s;

    if (!take_digits(&token, 1, 2, &h) || token.n == 0 || token.p[0] != ':')
        return false;
    token = bytes_slice(token, 1, token.n);
    if (!take_digits(&token, 1, 2, &m) || token.n == 0 || token.p[0] != ':')
        return false;
    token = bytes_slice(token, 1, token.n);
    if (!take_digits(&token, 1, 2, &s))
        return false;
    *hour = h;
    *minute = m;
    *second = s;
    return true;
}

static bool read_number(struct bytes token, size_t least, size_t most, int *out)
{
    struct bytes rest = token;
    int value;

    if (!take_digits(&rest, least, most, &value))
        return false;
    *out = value;
    return true;
}

static bool read_month(struct bytes token, int *out)
{
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";

    if (token.n < 3)
        return false;
    for (int i = 0; i < 12; i++) {
        if (bytes_equal_nocase(bytes_slice(token, 0, 3), bytes_of(names + 3 * (size_t)i, 3))) {
            *out = i + 1;
            return true;
        }
    }
    return false;
}

bool cookie_date(struct bytes text, int64_t *seconds)
{
    int hour = -1, minute = 0, second = 0, day = -1, month = -1, year = -1;
    struct bytes token;

    while (next_token(&text, &token)) {
        if (hour == -1 && read_time(token, &hour, &minute, &second))
            continue;
        if (day == -1 && read_number(token, 1, 2, &day))
            continue;
        if (month == -1 && read_month(token, &month))
            continue;
        if (year == -1 && read_number(token, 2, 4, &year))
            continue;
    }
    if (year >= 70 && year <= 99)
        year += 1900;
    else if (year >= 0 && year <= 69)
        year += 2000;
    if (hour < 0 || hour > 23 || minute > 59 || second > 59 || year < 1601 ||
            !date_valid(year, month, day))
        return false;
    *seconds =
            date_days(year, month, day) * SECONDS_OF_DAY + hour * 3600 + minute * 60 + second;
    return true;
}

/* Max-Age: an optional minus and digits; anything else makes browsers ignore it. */
static bool read_max_age(struct bytes value, int64_t *out)
{
    bool minus = value.n != 0 && value.p[0] == '-';
    uint64_t n;

    if (minus)
        value = bytes_slice(value, 1, value.n);
    if (!bytes_decimal(value, &n)) {
        for (size_t i = 0; i < value.n; i++) {
            if (!ascii_is_digit(value.p[i]))
                return false;
        }
        if (value.n == 0)
            return false;
        n = INT64_MAX; /* more seconds than a number holds */
    }
    if (n > INT64_MAX)
        n = INT64_MAX;
    *out = minus ? -(int64_t)n : (int64_t)n;
    return true;
}

static void take_attribute(struct bytes part, struct set_cookie *c)
{
    struct bytes name, value, rest = part, left;

    if (bytes_take_until(&rest, '=', &left)) {
        name = bytes_trim(left);
        value = bytes_trim(rest);
    } else {
        name = bytes_trim(part);
        value = bytes_slice(part, 0, 0);
    }
    if (bytes_is_nocase(name, "domain")) {
        if (value.n != 0 && value.p[0] == '.')
            value = bytes_slice(value, 1, value.n);
        c->domain = value;
    } else if (bytes_is_nocase(name, "path")) {
        /* Anything else means the default path, RFC 6265 section 5.2.4. */
        c->path = value.n != 0 && value.p[0] == '/' ? value : bytes_slice(value, 0, 0);
    } else if (bytes_is_nocase(name, "samesite")) {
        c->same_site = value;
    } else if (bytes_is_nocase(name, "secure")) {
        c->secure = true;
    } else if (bytes_is_nocase(name, "httponly")) {
        c->http_only = true;
    } else if (bytes_is_nocase(name, "partitioned")) {
        c->partitioned = true;
    } else if (bytes_is_nocase(name, "max-age")) {
        c->has_max_age |= read_max_age(value, &c->max_age_s);
    } else if (bytes_is_nocase(name, "expires")) {
        c->has_expires |= cookie_date(value, &c->expires_s);
    }
}

bool cookie_parse_set(struct bytes field, struct set_cookie *out)
{
    struct set_cookie c = {0};
    struct bytes rest = field;

    split_pair(take_part(&rest, ';'), &c.name, &c.value);
    if (c.name.n == 0 && c.value.n == 0)
        return false;
    c.attributes = bytes_trim(rest);
    while (rest.n != 0)
        take_attribute(take_part(&rest, ';'), &c);
    *out = c;
    return true;
}

int64_t cookie_lifetime(const struct set_cookie *c, int64_t now_s)
{
    int64_t left;

    if (c->has_max_age)
        return c->max_age_s > 0 ? c->max_age_s : -1;
    if (!c->has_expires)
        return 0;
    left = c->expires_s - now_s;
    return left > 0 ? left : -1;
}
