/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/har/har_time.h"

#include <stdio.h>
#include <time.h>

#include "base/date.h"

#define SECOND INT64_C(1000000000)

static bool take_digits(struct bytes *b, size_t n, int64_t *out)
{
    struct bytes digits;
    uint64_t value;

    if (!bytes_take(b, n, &digits) || !bytes_decimal(digits, &value))
        return false;
    *out = (int64_t)value;
    return true;
}

static bool take_char(struct bytes *b, uint8_t c)
{
    return b->n != 0 && b->p[0] == c && bytes_skip(b, 1);
}

static int64_t take_fraction(struct bytes *b)
{
    int64_t ns = 0, unit = SECOND / 10;

    for (; b->n != 0 && ascii_is_digit(b->p[0]); unit /= 10) {
        ns += (b->p[0] - '0') * unit;
        *b = bytes_slice(*b, 1, b->n);
    }
    return ns;
}

/* Seconds to take away; with or without a colon. */
static bool take_offset(struct bytes *b, int64_t *seconds)
{
    bool minus = b->n != 0 && b->p[0] == '-';
    int64_t hours, minutes;

    *seconds = 0;
    if (b->n == 0 || take_char(b, 'Z') || take_char(b, 'z'))
        return true;
    if (!minus && b->p[0] != '+')
        return false;
    if (!bytes_skip(b, 1) || !take_digits(b, 2, &hours))
        return false;
    (void)take_char(b, ':');
    if (!take_digits(b, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *seconds = (hours * 60 + minutes) * 60 * (minus ? -1 : 1);
    return true;
}

bool har_time_read(struct bytes text, int64_t *ns)
{
    int64_t year, month, day, hour, minute, second, fraction = 0, offset;
    int64_t seconds;

    if (!take_digits(&text, 4, &year) || !take_char(&text, '-') ||
            !take_digits(&text, 2, &month) || !take_char(&text, '-') ||
            !take_digits(&text, 2, &day) ||
            !(take_char(&text, 'T') || take_char(&text, 't') || take_char(&text, ' ')) ||
            !take_digits(&text, 2, &hour) || !take_char(&text, ':') ||
            !take_digits(&text, 2, &minute) || !take_char(&text, ':') ||
            !take_digits(&text, 2, &second))
        return false;
    if (take_char(&text, '.') || take_char(&text, ','))
        fraction = take_fraction(&text);
    if (!take_offset(&text, &offset) || text.n != 0 || year < 1970 || year > 2261 ||
            !date_valid(year, month, day) || hour > 23 || minute > 59 || second > 60)
        return false;
    seconds = date_days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset;
    if (seconds < 0)
        return false;
    *ns = seconds * SECOND + fraction;
    return true;
}

int64_t har_time_ms(double ms)
{
    static const double day = 86400e3;

    if (!(ms > 0))
        return 0;
    return (int64_t)((ms < day ? ms : day) * 1e6);
}

bool har_time_date(int64_t ns, char out[HAR_DATE_TEXT])
{
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t seconds = (time_t)(ns / SECOND);
    struct tm t;

    if (gmtime_r(&seconds, &t) == NULL || t.tm_year < 0 || t.tm_year > 9999 - 1900)
        return false;
    (void)snprintf(out, HAR_DATE_TEXT, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[t.tm_wday],
            t.tm_mday % 100, months[t.tm_mon], (t.tm_year + 1900) % 10000, t.tm_hour % 100,
            t.tm_min % 100, t.tm_sec % 100);
    return true;
}
