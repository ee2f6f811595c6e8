/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/marks.h"

#include <stdlib.h>

#include "base/date.h"
#include "base/json.h"
#include "classify/url.h"

#define SECOND_NS INT64_C(1000000000)
#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

enum {
    YEAR_FIRST = 1970, /* nanoseconds since 1970 fit in 64 bits ... */
    YEAR_LAST = 2261,  /* ... up to the spring of 2262 */
    FRACTION_DIGITS = 9,
    SITE_MOST = 253, /* of a host name, RFC 1035 section 2.3.4 */
};

static const char *const names[MARK_KINDS] = {
        [MARK_START] = "start",
        [MARK_CONSENT_SHOWN] = "consent-shown",
        [MARK_CONSENT_ACCEPTED] = "consent-accepted",
        [MARK_CONSENT_REFUSED] = "consent-refused",
        [MARK_CONSENT_WITHDRAWN] = "consent-withdrawn",
        [MARK_ERASURE_REQUESTED] = "erasure-requested",
        [MARK_COOKIES_CLEARED] = "cookies-cleared",
        [MARK_LOGIN] = "login",
        [MARK_NOTE] = "note",
        [MARK_END] = "end",
};

const char *mark_kind_name(enum mark_kind kind)
{
    return names[kind];
}

static bool find_kind(const char *name, enum mark_kind *out)
{
    for (unsigned k = 0; k < MARK_KINDS; k++) {
        if (!bytes_is(bytes_text(name), names[k]))
            continue;
        *out = (enum mark_kind)k;
        return true;
    }
    return false;
}

/* A number of exactly `digits` digits, then `behind` (0: nothing is asked for). */
static bool take_number(struct bytes *text, size_t digits, uint8_t behind, int64_t *out)
{
    struct bytes rest = *text, part;
    uint64_t n;
    uint8_t c;

    if (!bytes_take(&rest, digits, &part) || !bytes_decimal(part, &n))
        return false;
    if (behind != 0 && (!bytes_take_u8(&rest, &c) || c != behind))
        return false;
    *out = (int64_t)n;
    *text = rest;
    return true;
}

static bool take_date(struct bytes *text, int64_t *days)
{
    int64_t year, month, day;

    if (!take_number(text, 4, '-', &year) || !take_number(text, 2, '-', &month) ||
            !take_number(text, 2, 0, &day) || year < YEAR_FIRST || year > YEAR_LAST ||
            !date_valid(year, month, day))
        return false;
    *days = date_days(year, month, day);
    return true;
}

/* ".25" in nanoseconds; what is finer is cut off. Nothing is 0. */
static bool take_fraction(struct bytes *text, int64_t *ns)
{
    struct bytes rest = *text;
    int64_t sum = 0;
    size_t n = 0;
    uint8_t c;

    *ns = 0;
    if (rest.n == 0 || rest.p[0] != '.')
        return true;
    if (!bytes_skip(&rest, 1))
        return false;
    for (; rest.n != 0 && ascii_is_digit(rest.p[0]) && bytes_take_u8(&rest, &c); n++) {
        if (n < FRACTION_DIGITS)
            sum = sum * 10 + (c - '0');
    }
    if (n == 0)
        return false;
    for (; n < FRACTION_DIGITS; n++)
        sum *= 10;
    *ns = sum;
    *text = rest;
    return true;
}

/* "Z", "+08:00"; east of Greenwich is positive. */
static bool take_offset(struct bytes *text, int64_t *seconds)
{
    int64_t hours, minutes;
    uint8_t c;

    if (!bytes_take_u8(text, &c))
        return false;
    *seconds = 0;
    if (c == 'Z' || c == 'z')
        return true;
    if ((c != '+' && c != '-') || !take_number(text, 2, ':', &hours) ||
            !take_number(text, 2, 0, &minutes) || hours > 23 || minutes > 59)
        return false;
    *seconds = (hours * 60 + minutes) * (c == '-' ? -60 : 60);
    return true;
}

bool marks_time(struct bytes text, int64_t *ns)
{
    int64_t days, hour, minute, second, fraction, offset;
    uint8_t c;

    if (!take_date(&text, &days) || !bytes_take_u8(&text, &c) ||
            (c != 'T' && c != 't' && c != ' ') || !take_number(&text, 2, ':', &hour) ||
            !take_number(&text, 2, ':', &minute) || !take_number(&text, 2, 0, &second))
        return false;
    /* Second 60 is a leap second (RFC 3339 section 5.7); UTC since 1970 has no place for it,
       so that it counts as the one that follows. */
    if (hour > 23 || minute > 59 || second > 60 || !take_fraction(&text, &fraction) ||
            !take_offset(&text, &offset) || text.n != 0)
        return false;
    *ns = (days * 86400 + hour * 3600 + minute * 60 + second - offset) * SECOND_NS + fraction;
    return true;
}

/* What is read so far, and where. */
struct reading {
    struct arena *arena;
    const char *path;
    struct fault *fault;
    struct marks marks;
    size_t capacity;
    size_t line;
};

static enum status refuse(const struct reading *r, const char *why)
{
    return fault_set(r->fault, STATUS_INPUT,
            "%s: line %zu: %s. A line is, for example, {\"time\": \"2026-01-02T03:04:05Z\", "
            "\"kind\": \"consent-refused\"}.",
            r->path, r->line, why);
}

/* The host of what "site" says: a site, a host or a URL. */
static enum status take_site(const struct reading *r, const char *given, struct bytes *out)
{
    struct bytes text = bytes_trim(bytes_text(given)), site = {0};
    uint8_t *lower;
    size_t at;

    if (bytes_find(text, BYTES_LITERAL("://"), 0, &at)) {
        if (!url_host(r->arena, text, &site))
            return STATUS_NOMEM;
    } else {
        lower = arena_alloc(r->arena, text.n);
        if (lower == NULL)
            return STATUS_NOMEM;
        for (size_t i = 0; i < text.n; i++)
            lower[i] = ascii_lower(text.p[i]);
        site = bytes_of(lower, text.n);
    }
    if (site.n == 0 || site.n > SITE_MOST)
        return refuse(r, "\"site\" names no site");
    for (size_t i = 0; i < site.n; i++) {
        if (site.p[i] <= ' ' || site.p[i] == '/' || site.p[i] == 0x7f)
            return refuse(r, "\"site\" names no site");
    }
    *out = site;
    return STATUS_OK;
}

/* A member that may be missing: then the text stays NULL. */
static bool take_string(const struct json_value *line, const char *key, const char **out)
{
    const struct json_value *v = json_member(line, key);

    *out = json_string_of(v);
    return v == NULL || *out != NULL;
}

static enum status take_members(
        const struct reading *r, const struct json_value *line, struct mark *m)
{
    const char *time, *kind, *text, *site;

    if (!json_is_object(line))
        return refuse(r, "not a JSON object");
    if (!take_string(line, "time", &time) || time == NULL)
        return refuse(r, "it has no \"time\"");
    if (!marks_time(bytes_text(time), &m->time_ns))
        return refuse(r, "\"time\" is no time as in RFC 3339, with its offset from UTC");
    if (!take_string(line, "kind", &kind) || kind == NULL || !find_kind(kind, &m->kind))
        return refuse(r, "\"kind\" is none of start, consent-shown, consent-accepted, "
                         "consent-refused, consent-withdrawn, erasure-requested, "
                         "cookies-cleared, login, note, end");
    if (!take_string(line, "text", &text) || !take_string(line, "site", &site))
        return refuse(r, "\"text\" and \"site\" must be strings");
    if (text != NULL && bytes_text(text).n > MARKS_TEXT_MOST)
        return refuse(r, "\"text\" is too long");
    if (text != NULL && !arena_copy(r->arena, bytes_text(text), &m->text))
        return STATUS_NOMEM;
    return site == NULL ? STATUS_OK : take_site(r, site, &m->site);
}

static enum status take_line(struct reading *r, struct bytes text)
{
    struct mark m = {.line = r->line}, *grown;
    struct json_value *line;
    enum status status;
    size_t at;

    /* Strings end at NUL here: what would stand behind one must not be lost unsaid. */
    if (bytes_find(text, BYTES_LITERAL("\\u0000"), 0, &at))
        return refuse(r, "it has a NUL character");
    line = json_parse(text, NULL);
    if (line == NULL)
        return refuse(r, "not JSON");
    status = take_members(r, line, &m);
    json_free(line);
    if (status != STATUS_OK)
        return status;
    if (r->marks.n == MARKS_MOST)
        return refuse(r, "there are too many marks");
    grown = arena_grow(r->arena, r->marks.at, r->marks.n, &r->capacity, sizeof(*grown));
    if (grown == NULL)
        return STATUS_NOMEM;
    r->marks.at = grown;
    r->marks.at[r->marks.n++] = m;
    return STATUS_OK;
}

static int by_time(const void *a, const void *b)
{
    const struct mark *left = a, *right = b;
    int order = ORDER(left->time_ns, right->time_ns);

    return order == 0 ? ORDER(left->line, right->line) : order;
}

enum status marks_read(struct arena *arena, struct bytes text, const char *path,
        struct marks *out, struct fault *fault)
{
    struct reading r = {.arena = arena, .path = path, .fault = fault};
    enum status status = STATUS_OK;

    if (text.n > MARKS_BYTES_MOST)
        return fault_set(fault, STATUS_INPUT, "%s: larger than %d MiB, too large for marks",
                path, MARKS_BYTES_MOST >> 20);
    if (bytes_starts(text, BYTES_LITERAL("\xef\xbb\xbf")))
        text = bytes_slice(text, 3, text.n);
    while (text.n != 0 && status == STATUS_OK) {
        struct bytes line;

        if (!bytes_take_line(&text, &line)) {
            line = text;
            text = (struct bytes){0};
        }
        r.line++;
        if (line.n != 0 && line.p[line.n - 1] == '\r')
            line.n--;
        line = bytes_trim(line);
        if (line.n != 0)
            status = take_line(&r, line);
    }
    if (status == STATUS_NOMEM)
        return fault_set(fault, status, "%s: out of memory while reading marks", path);
    if (status != STATUS_OK)
        return status;
    if (r.marks.n != 0)
        qsort(r.marks.at, r.marks.n, sizeof(*r.marks.at), by_time);
    *out = r.marks;
    return STATUS_OK;
}
