/* SPDX-License-Identifier: Apache-2.0 */
#include "report/compare_read.h"

#include <string.h>
#include <time.h>

#include "classify/party.h"
#include "classify/verdict.h"
#include "classify/verdict_fact.h"

enum { NS_DIGITS = 9, NAME_MOST = 4096, GROUND_MOST = 64 };

#define SECOND_NS INT64_C(1000000000)

struct reader {
    struct arena *arena;
    bool ok, nomem;
};

static struct bytes copy(struct reader *r, const char *text, size_t most)
{
    struct bytes out = {0};

    if (text != NULL && !arena_copy(r->arena, bytes_slice(bytes_text(text), 0, most), &out))
        r->nomem = true;
    return out;
}

static struct bytes text_of(
        struct reader *r, const struct json_value *object, const char *key, size_t most)
{
    return copy(r, json_string_of(json_member(object, key)), most);
}

static uint64_t number_of(const struct json_value *object, const char *key)
{
    int64_t n;

    return json_integer_of(json_member(object, key), &n) && n > 0 ? (uint64_t)n : 0;
}

static bool take_number(struct bytes *text, size_t digits, int *out)
{
    struct bytes part;
    uint64_t n;

    if (!bytes_take(text, digits, &part) || !bytes_decimal(part, &n))
        return false;
    *out = (int)n;
    return true;
}

static bool take_mark(struct bytes *text, char mark)
{
    if (text->n == 0 || text->p[0] != (uint8_t)mark)
        return false;
    return bytes_skip(text, 1);
}

bool compare_read_time(struct bytes text, int64_t *ns)
{
    struct tm t = {0};
    int64_t fraction = 0, second;
    int digits = 0;

    if (!take_number(&text, 4, &t.tm_year) || !take_mark(&text, '-') ||
            !take_number(&text, 2, &t.tm_mon) || !take_mark(&text, '-') ||
            !take_number(&text, 2, &t.tm_mday) || !take_mark(&text, 'T') ||
            !take_number(&text, 2, &t.tm_hour) || !take_mark(&text, ':') ||
            !take_number(&text, 2, &t.tm_min) || !take_mark(&text, ':') ||
            !take_number(&text, 2, &t.tm_sec))
        return false;
    if (take_mark(&text, '.')) {
        for (; text.n != 0 && ascii_is_digit(text.p[0]); digits++) {
            fraction = digits < NS_DIGITS ? fraction * 10 + (text.p[0] - '0') : fraction;
            text = bytes_slice(text, 1, text.n);
        }
        for (int i = digits; i < NS_DIGITS; i++)
            fraction *= 10;
    }
    /* 2261 is the last whole year of 64 bits of nanoseconds, 1678 the first. */
    if (!take_mark(&text, 'Z') || text.n != 0 || t.tm_year < 1678 || t.tm_year > 2261 ||
            t.tm_mon < 1 || t.tm_mon > 12 || t.tm_mday < 1 || t.tm_mday > 31 ||
            t.tm_hour > 23 || t.tm_min > 59 || t.tm_sec > 60)
        return false;
    t.tm_year -= 1900;
    t.tm_mon -= 1;
    second = (int64_t)timegm(&t);
    *ns = second * SECOND_NS + fraction;
    return true;
}

bool compare_read_manifest(struct bytes line, struct bytes *sha256, struct bytes *name)
{
    struct bytes rest = line, hex;

    if (!bytes_take(&rest, SHA256_TEXT - 1, &hex) || rest.n < 2)
        return false;
    for (size_t i = 0; i < hex.n; i++)
        if (ascii_hex_value(hex.p[i]) < 0)
            return false;
    if (rest.p[0] != ' ')
        return false;
    while (rest.n != 0 && (rest.p[0] == ' ' || rest.p[0] == '*'))
        rest = bytes_slice(rest, 1, rest.n);
    if (rest.n == 0)
        return false;
    *sha256 = hex;
    *name = rest;
    return true;
}

static bool find_name(const char *text, const char *(*name)(int), int n, int *out)
{
    for (int i = 0; text != NULL && i < n; i++) {
        if (strcmp(text, name(i)) == 0) {
            *out = i;
            return true;
        }
    }
    return false;
}

static const char *carrier_at(int i)
{
    return carrier_name((enum carrier)i);
}

static const char *class_at(int i)
{
    return trace_class_name((enum trace_class)i);
}

static const char *verdict_at(int i)
{
    return verdict_name((enum verdict)i);
}

static const char *string_of(const struct json_value *object, const char *key)
{
    return json_string_of(json_member(object, key));
}

static struct bytes *list_of(struct reader *r, const struct json_value *list, size_t most,
        size_t length, size_t *count)
{
    struct bytes *out;
    size_t n = 0;

    for (const struct json_value *v = json_first(list); v != NULL && n < most; v = json_next(v))
        n += json_string_of(v) != NULL;
    *count = n;
    out = arena_array(r->arena, n, sizeof(*out));
    if (out == NULL) {
        r->nomem = true;
        *count = 0;
        return NULL;
    }
    n = 0;
    for (const struct json_value *v = json_first(list); v != NULL && n < *count;
            v = json_next(v))
        if (json_string_of(v) != NULL)
            out[n++] = copy(r, json_string_of(v), length);
    return out;
}

static void read_verdicts(
        struct reader *r, const struct json_value *v, struct compare_item *item)
{
    for (int i = 0; i < READINGS; i++) {
        const char *key = reading_name((enum reading)i);
        int verdict = VERDICT_UNDETERMINED;

        (void)find_name(string_of(json_member(v, "verdicts"), key), verdict_at,
                VERDICT_ANONYMOUS + 1, &verdict);
        item->verdicts[i] = (enum verdict)verdict;
        item->grounds[i] = list_of(r, json_member(json_member(v, "grounds"), key),
                TRACE_GROUNDS_MOST, GROUND_MOST, &item->ground_count[i]);
    }
}

static uint32_t read_facts(const struct json_value *list)
{
    uint32_t facts = 0;

    for (const struct json_value *v = json_first(list); v != NULL; v = json_next(v))
        for (unsigned f = 0; f < VERDICT_FACTS; f++)
            if (json_string_of(v) != NULL &&
                    strcmp(json_string_of(v), verdict_fact_names[f]) == 0)
                facts |= FACT_BIT(f);
    return facts;
}

static bool has_term(const struct json_value *terms, const char *code)
{
    for (const struct json_value *v = json_first(terms); v != NULL; v = json_next(v)) {
        const char *is = string_of(v, "code");

        if (is != NULL && strcmp(is, code) == 0)
            return true;
    }
    return false;
}

static const char *how_of(const char *how)
{
    static const char *const known[] = {"set-cookie", "script", "response"};

    for (size_t i = 0; how != NULL && i < sizeof(known) / sizeof(*known); i++)
        if (strcmp(how, known[i]) == 0)
            return known[i];
    return "unknown";
}

static enum party party_of(const char *name)
{
    if (name != NULL && strcmp(name, party_name(PARTY_FIRST)) == 0)
        return PARTY_FIRST;
    if (name != NULL && strcmp(name, party_name(PARTY_THIRD)) == 0)
        return PARTY_THIRD;
    return PARTY_UNKNOWN;
}

/* A value whose text cannot be had back from the line is known by its digest only. */
static void read_value(struct reader *r, const struct json_value *v, struct bytes line,
        struct compare_item *item)
{
    const char *value = string_of(v, "value"), *decoded = string_of(v, "decoded");
    size_t at;

    item->masked = value == NULL;
    decoded = decoded == NULL ? value : decoded;
    /* A NUL ends the text for the reader of JSON, though the value went on. */
    item->by_hash = value == NULL || strlen(decoded) > COMPARE_VALUE_MOST ||
                    bytes_find(line, BYTES_LITERAL("\\u0000"), 0, &at);
    if (!item->by_hash)
        item->text = copy(r, decoded, COMPARE_VALUE_MOST);
}

static bool read_item(struct reader *r, const struct json_value *v, struct bytes line,
        struct compare_item *item)
{
    const char *id = string_of(v, "id"), *owner = string_of(v, "owner");
    const struct json_value *setter = json_member(v, "set_by"),
                            *score = json_member(v, "score");
    int carrier, class_;

    if (id == NULL || id[0] != 'i' || !bytes_decimal(bytes_text(id + 1), &item->number) ||
            !find_name(string_of(v, "carrier"), carrier_at, CARRIER_TLS + 1, &carrier) ||
            !find_name(string_of(v, "class"), class_at, CLASS_TECHNICAL + 1, &class_) ||
            string_of(v, "name") == NULL || string_of(v, "recipient_site") == NULL)
        return false;
    item->carrier = (enum carrier)carrier;
    item->class_ = (enum trace_class)class_;
    item->party = party_of(string_of(v, "party"));
    item->name = text_of(r, v, "name", NAME_MOST);
    item->recipient = text_of(r, v, "recipient", NAME_MOST);
    item->recipient_site = text_of(r, v, "recipient_site", NAME_MOST);
    item->sha256 = text_of(r, v, "value_sha256", SHA256_TEXT - 1);
    if (item->sha256.n != SHA256_TEXT - 1)
        return false;
    read_value(r, v, line, item);
    if (owner != NULL) {
        item->owner = arena_string(r->arena, bytes_slice(bytes_text(owner), 0, NAME_MOST));
        r->nomem |= item->owner == NULL;
    }
    item->set_how = how_of(string_of(setter, "how"));
    item->set_by = text_of(r, setter, "exchange", EXCHANGE_ID_TEXT);
    item->bits = (unsigned)(number_of(score, "bits") & 0xffffff);
    item->known_format = has_term(json_member(score, "terms"), VERDICT_KNOWN_FORMAT);
    if (!json_integer_of(json_member(v, "lifetime_days"), &item->lifetime_days))
        item->lifetime_days = -1;
    item->occurrences = number_of(v, "occurrences");
    if (!compare_read_time(bytes_text(string_of(v, "first_time")), &item->first_ns) ||
            !compare_read_time(bytes_text(string_of(v, "last_time")), &item->last_ns))
        return false;
    item->pages = list_of(
            r, json_member(v, "pages"), COMPARE_LIST_MOST, NAME_MOST, &item->page_count);
    item->exchanges = list_of(r, json_member(v, "exchanges"), COMPARE_LIST_MOST,
            EXCHANGE_ID_TEXT, &item->exchange_count);
    item->facts = read_facts(json_member(v, "facts"));
    read_verdicts(r, v, item);
    return !r->nomem;
}

bool compare_read_item(
        struct arena *arena, struct bytes line, struct compare_item *out, bool *nomem)
{
    struct reader r = {.arena = arena};
    struct json_value *v = json_parse(line, NULL);
    struct compare_item item = {0};
    bool ok = v != NULL && json_is_object(v) && read_item(&r, v, line, &item);

    json_free(v);
    *nomem = r.nomem;
    if (ok)
        *out = item;
    return ok;
}

static bool is_media(const char *type)
{
    static const char *const kinds[] = {"image/", "font/", "audio/", "video/"};

    for (size_t i = 0; type != NULL && i < sizeof(kinds) / sizeof(*kinds); i++)
        if (bytes_starts_nocase(bytes_text(type), bytes_text(kinds[i])))
            return strncmp(type, "image/svg", 9) != 0;
    return false;
}

bool compare_read_exchange(
        struct arena *arena, struct bytes line, struct compare_exchange *out, bool *nomem)
{
    struct reader r = {.arena = arena};
    struct json_value *v = json_parse(line, NULL);
    const struct json_value *body = json_member(json_member(v, "response"), "body");
    const char *sha256 = string_of(body, "sha256"), *time = string_of(v, "time");
    struct compare_exchange x = {0};
    bool ok = v != NULL && string_of(v, "id") != NULL && time != NULL;

    if (ok && compare_read_time(bytes_text(time), &x.time_ns)) {
        x.id = text_of(&r, v, "id", EXCHANGE_ID_TEXT);
        x.site = text_of(&r, v, "site", NAME_MOST);
        x.page_site = text_of(&r, v, "page_site", NAME_MOST);
        x.complete = json_is_true(json_member(v, "complete"));
        x.body_bytes = number_of(body, "bytes");
        x.body_kept = number_of(body, "kept");
        x.body_media = is_media(string_of(body, "type"));
        if (sha256 != NULL && strlen(sha256) == SHA256_TEXT - 1)
            memcpy(x.body_sha256, sha256, SHA256_TEXT);
        *out = x;
    } else {
        ok = false;
    }
    json_free(v);
    *nomem = r.nomem;
    return ok && !r.nomem;
}
