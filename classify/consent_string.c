/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/consent_string.h"

#include <string.h>

#include "base/base64.h"
#include "base/json.h"
#include "classify/consent_gpp.h"
#include "classify/consent_tcf.h"
#include "classify/cookie.h"
#include "classify/marks.h"
#include "classify/url.h"
#include "classify/value.h"

enum {
    ESCAPES_MOST = 3, /* times that a value is percent-decoded in search of a known form */
    PURPOSES_1 = 5,   /* of TCF 1 */
    PURPOSES_2 = 10,
    PURPOSES_2_2 = 11, /* since TCF 2.2, policy version 4 */
    POLICY_2_2 = 4,
    PURPOSES_CANADA = 9,
};

#define SECOND_NS INT64_C(1000000000)
#define MS_NS INT64_C(1000000)

const char *consent_string_kind_name(enum consent_string_kind kind)
{
    static const char *const names[CONSENT_STRING_KINDS] = {
            [CONSENT_STRING_TCF1] = "tcf1",
            [CONSENT_STRING_TCF2] = "tcf2",
            [CONSENT_STRING_TCF_CANADA] = "tcf-canada",
            [CONSENT_STRING_GPP] = "gpp",
            [CONSENT_STRING_US_PRIVACY] = "us-privacy",
            [CONSENT_STRING_GOOGLE_STATE] = "google-state",
            [CONSENT_STRING_GOOGLE_DETAILS] = "google-details",
            [CONSENT_STRING_ONETRUST] = "onetrust",
            [CONSENT_STRING_COOKIEBOT] = "cookiebot",
            [CONSENT_STRING_DIDOMI] = "didomi",
            [CONSENT_STRING_GPC] = "gpc",
            [CONSENT_STRING_DNT] = "dnt",
            [CONSENT_STRING_STORAGE_ACCESS] = "storage-access",
    };

    return names[kind];
}

void consent_string_add(struct consent_string *s, const struct consent_choice *choice)
{
    if (s->choice_count == CONSENT_STRING_CHOICES_MOST)
        s->capped = true;
    else
        s->choices[s->choice_count++] = *choice;
}

static void add(struct consent_string *s, struct bytes name, bool yes, bool needed)
{
    consent_string_add(s, &(struct consent_choice){.name = name,
                                  .value = yes,
                                  .says = yes ? CONSENT_SAYS_YES : CONSENT_SAYS_NO,
                                  .needed = needed});
}

static enum parse read_tcf(struct bytes text, struct consent_string *out)
{
    enum parse verdict = consent_tcf_read(text, out);

    if (verdict != PARSE_DONE)
        return verdict;
    out->kind = out->tcf.kind;
    out->version = out->tcf.version;
    return PARSE_DONE;
}

static enum parse read_us_privacy(struct bytes text, struct consent_string *out)
{
    out->version = 1;
    return consent_gpp_us_privacy(text, 0, out);
}

/* "G1", then ad_storage and analytics_storage: 1 granted, 0 denied, "-" not asked. */
static enum parse read_google_state(struct bytes text, struct consent_string *out)
{
    static const char *const stores[] = {"ad_storage", "analytics_storage"};

    if (text.n != 4 || (text.p[0] & 0xdf) != 'G' || text.p[1] != '1')
        return PARSE_BAD;
    for (size_t i = 0; i < 2; i++) {
        uint8_t c = text.p[i + 2];

        if (c != '0' && c != '1' && c != '-')
            return PARSE_BAD;
        consent_string_add(out, &(struct consent_choice){.name = bytes_text(stores[i]),
                                        .value = c,
                                        .says = c == '1'   ? CONSENT_SAYS_YES
                                                : c == '0' ? CONSENT_SAYS_NO
                                                           : CONSENT_SAYS_NOTHING});
    }
    out->version = 1;
    return PARSE_DONE;
}

/* "1" and a digit, then for each signal a letter and a digit. The letter says what was set by
 * default and what by a later update; the last word counts. */
static enum parse read_google_details(struct bytes text, struct consent_string *out)
{
    static const char *const signals[] = {
            "ad_storage", "analytics_storage", "ad_user_data", "ad_personalization"};
    struct bytes rest = text;
    uint8_t first, second, letter;

    if (!bytes_take_u8(&rest, &first) || !bytes_take_u8(&rest, &second) || first != '1' ||
            !ascii_is_digit(second))
        return PARSE_BAD;
    for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
        enum consent_says says;

        if (!bytes_take_u8(&rest, &letter) || !bytes_take_u8(&rest, &second) ||
                !ascii_is_digit(second))
            return PARSE_BAD;
        if (letter == 'l')
            says = CONSENT_SAYS_NOTHING;
        else if (letter != '\0' && strchr("nrtv", letter) != NULL)
            says = CONSENT_SAYS_YES;
        else if (letter != '\0' && strchr("mpqu", letter) != NULL)
            says = CONSENT_SAYS_NO;
        else
            return PARSE_BAD;
        consent_string_add(
                out, &(struct consent_choice){
                             .name = bytes_text(signals[i]), .value = letter, .says = says});
    }
    out->version = 2;
    return PARSE_DONE;
}

/* "Tue Sep 19 2023 10:23:14 GMT+0200 (…)", as scripts print dates. */
static bool script_date(struct bytes text, int64_t *ns)
{
    struct bytes zone, digits;
    uint64_t offset;
    int64_t seconds;
    size_t at;

    if (!cookie_date(text, &seconds) || seconds < 0 || seconds > INT64_MAX / SECOND_NS - 86400)
        return false;
    if (bytes_find(text, BYTES_LITERAL("GMT"), 0, &at)) {
        zone = bytes_slice(text, at + 3, at + 8);
        digits = bytes_slice(zone, 1, 5);
        if (zone.n == 5 && bytes_decimal(digits, &offset) && offset < 2400 &&
                (zone.p[0] == '+' || zone.p[0] == '-'))
            seconds -= (int64_t)(offset / 100 * 3600 + offset % 100 * 60) *
                       (zone.p[0] == '-' ? -1 : 1);
    }
    *ns = seconds * SECOND_NS;
    return true;
}

/* "C0001:1,C0002:0": by OneTrust's usual numbers C0001, or 1, is what is strictly necessary. */
static bool read_groups(struct bytes groups, struct consent_string *out)
{
    while (groups.n != 0) {
        struct bytes pair, name;

        if (!bytes_take_until(&groups, ',', &pair)) {
            pair = groups;
            groups = (struct bytes){0};
        }
        if (!bytes_take_until(&pair, ':', &name) || name.n == 0)
            return false;
        add(out, name, bytes_is(pair, "1"), bytes_is(name, "C0001") || bytes_is(name, "1"));
    }
    return out->choice_count != 0;
}

static bool read_onetrust(
        struct arena *arena, struct bytes text, enum parse *verdict, struct consent_string *out)
{
    struct bytes rest = text, name, raw, value;
    bool groups = false;

    *verdict = PARSE_BAD;
    while (url_parameter(&rest, &name, &raw)) {
        if (!value_unescape(arena, raw, true, &value))
            return false;
        if (bytes_is(name, "groups"))
            groups = read_groups(value, out);
        else if (bytes_is(name, "datestamp"))
            out->has_updated = script_date(value, &out->updated_ns);
        else if (bytes_is(name, "isGpcEnabled") && bytes_is(value, "1"))
            add(out, BYTES_LITERAL("Gpc"), false, false);
    }
    if (groups)
        *verdict = PARSE_DONE;
    return true;
}

/* "{stamp:'…',necessary:true,preferences:false,…,utc:1664282339183,region:'de'}" */
static enum parse read_cookiebot(struct bytes text, struct consent_string *out)
{
    static const char *const kinds[] = {"necessary", "preferences", "statistics", "marketing"};
    struct bytes rest = bytes_slice(text, 1, text.n);
    size_t found = 0;

    if (text.n < 2 || text.p[0] != '{' || text.p[text.n - 1] != '}')
        return PARSE_BAD;
    rest.n--;
    while (rest.n != 0) {
        struct bytes pair, name;
        uint64_t ms;

        if (!bytes_take_until(&rest, ',', &pair)) {
            pair = rest;
            rest = (struct bytes){0};
        }
        if (!bytes_take_until(&pair, ':', &name))
            return PARSE_BAD;
        for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
            if (!bytes_is(name, kinds[i]))
                continue;
            if (!bytes_is(pair, "true") && !bytes_is(pair, "false"))
                return PARSE_BAD;
            add(out, bytes_text(kinds[i]), bytes_is(pair, "true"), i == 0);
            found++;
        }
        if (bytes_is(name, "utc") && bytes_decimal(pair, &ms) && ms < INT64_MAX / MS_NS) {
            out->has_updated = true;
            out->updated_ns = (int64_t)ms * MS_NS;
        }
    }
    return found == 0 ? PARSE_BAD : PARSE_DONE;
}

static bool add_list(struct arena *arena, const struct json_value *list, bool yes,
        struct consent_string *out)
{
    for (const struct json_value *v = json_first(list); v != NULL; v = json_next(v)) {
        const char *text = json_string_of(v);
        struct bytes name;

        if (text == NULL || out->choice_count == CONSENT_STRING_CHOICES_MOST) {
            out->capped |= text != NULL;
            continue;
        }
        if (!arena_copy(arena, bytes_text(text), &name))
            return false;
        add(out, name, yes, false);
    }
    return true;
}

static bool take_didomi(struct arena *arena, const struct json_value *v, enum parse *verdict,
        struct consent_string *out)
{
    const struct json_value *purposes = json_member(v, "purposes");
    const char *created = json_string_of(json_member(v, "created"));
    const char *updated = json_string_of(json_member(v, "updated"));
    int64_t version = 0;

    *verdict = PARSE_BAD;
    if (!json_is_object(v) || (created == NULL && updated == NULL && purposes == NULL))
        return true;
    out->has_created = created != NULL && marks_time(bytes_text(created), &out->created_ns);
    out->has_updated = updated != NULL && marks_time(bytes_text(updated), &out->updated_ns);
    if (json_integer_of(json_member(v, "version"), &version) && version > 0 && version < 1000)
        out->version = (unsigned)version;
    *verdict = PARSE_DONE;
    return add_list(arena, json_member(purposes, "enabled"), true, out) &&
           add_list(arena, json_member(purposes, "disabled"), false, out);
}

/* base64 of JSON. */
static bool read_didomi(
        struct arena *arena, struct bytes text, enum parse *verdict, struct consent_string *out)
{
    uint8_t *json = arena_alloc(arena, text.n);
    struct json_value *v;
    size_t n = 0;
    bool ok;

    *verdict = PARSE_BAD;
    if (json == NULL)
        return false;
    if (!base64_decode(text, json, text.n, &n))
        return true;
    v = json_parse(bytes_of(json, n), NULL);
    if (v == NULL)
        return true;
    ok = take_didomi(arena, v, verdict, out);
    json_free(v);
    return ok;
}

static enum parse read_signal(struct bytes text, struct consent_string *out)
{
    bool on = bytes_is(text, "1");

    out->word = text;
    if (out->kind == CONSENT_STRING_STORAGE_ACCESS)
        return bytes_is(text, "none") || bytes_is(text, "inactive") || bytes_is(text, "active")
                       ? PARSE_DONE
                       : PARSE_BAD;
    if (!on && !bytes_is(text, "0"))
        return PARSE_BAD;
    if (out->kind == CONSENT_STRING_GPC && !on)
        return PARSE_BAD; /* the signal has one value only */
    add(out,
            out->kind == CONSENT_STRING_GPC ? BYTES_LITERAL("sale or sharing")
                                            : BYTES_LITERAL("tracking"),
            !on, false);
    return PARSE_DONE;
}

static bool read(struct arena *arena, enum consent_string_kind kind, struct bytes text,
        enum parse *verdict, struct consent_string *out)
{
    *out = (struct consent_string){.kind = kind};
    switch (kind) {
    case CONSENT_STRING_TCF1:
    case CONSENT_STRING_TCF2:
    case CONSENT_STRING_TCF_CANADA:
        *verdict = read_tcf(text, out);
        return true;
    case CONSENT_STRING_GPP:
        *verdict = consent_gpp_read(text, out);
        return true;
    case CONSENT_STRING_US_PRIVACY:
        *verdict = read_us_privacy(text, out);
        return true;
    case CONSENT_STRING_GOOGLE_STATE:
        *verdict = read_google_state(text, out);
        return true;
    case CONSENT_STRING_GOOGLE_DETAILS:
        *verdict = read_google_details(text, out);
        return true;
    case CONSENT_STRING_ONETRUST:
        return read_onetrust(arena, text, verdict, out);
    case CONSENT_STRING_COOKIEBOT:
        *verdict = read_cookiebot(text, out);
        return true;
    case CONSENT_STRING_DIDOMI:
        return read_didomi(arena, text, verdict, out);
    case CONSENT_STRING_GPC:
    case CONSENT_STRING_DNT:
    case CONSENT_STRING_STORAGE_ACCESS:
    case CONSENT_STRING_KINDS:
        break;
    }
    *verdict = read_signal(text, out);
    return true;
}

static const struct {
    const char *name;
    enum consent_string_kind kind;
} known[] = {
        {"euconsent", CONSENT_STRING_TCF1},
        {"euconsent-v2", CONSENT_STRING_TCF2},
        {"eupubconsent-v2", CONSENT_STRING_TCF2},
        {"gdpr_consent", CONSENT_STRING_TCF2},
        {"gdprconsent", CONSENT_STRING_TCF2},
        {"gdpr_consent_string", CONSENT_STRING_TCF2},
        {"consentstring", CONSENT_STRING_TCF2},
        {"consent_string", CONSENT_STRING_TCF2},
        {"tcstring", CONSENT_STRING_TCF2},
        {"tc_string", CONSENT_STRING_TCF2},
        {"iabtcf_tcstring", CONSENT_STRING_TCF2},
        {"gpp", CONSENT_STRING_GPP},
        {"gpp_string", CONSENT_STRING_GPP},
        {"gppstring", CONSENT_STRING_GPP},
        {"gpp_consent", CONSENT_STRING_GPP},
        {"iabgpp_hdr_gppstring", CONSENT_STRING_GPP},
        {"us_privacy", CONSENT_STRING_US_PRIVACY},
        {"usprivacy", CONSENT_STRING_US_PRIVACY},
        {"uspstring", CONSENT_STRING_US_PRIVACY},
        {"us_privacy_string", CONSENT_STRING_US_PRIVACY},
        {"iabusprivacy_string", CONSENT_STRING_US_PRIVACY},
        {"gcs", CONSENT_STRING_GOOGLE_STATE},
        {"gcd", CONSENT_STRING_GOOGLE_DETAILS},
        {"optanonconsent", CONSENT_STRING_ONETRUST},
        {"cookieconsent", CONSENT_STRING_COOKIEBOT},
        {"didomi_token", CONSENT_STRING_DIDOMI},
        {"sec-gpc", CONSENT_STRING_GPC},
        {"dnt", CONSENT_STRING_DNT},
        {"sec-fetch-storage-access", CONSENT_STRING_STORAGE_ACCESS},
};

enum { KNOWN = sizeof(known) / sizeof(*known) };

static size_t find_name(struct bytes name)
{
    size_t i = 0;

    while (i < KNOWN && !bytes_is_nocase(name, known[i].name))
        i++;
    return i;
}

bool consent_string_named(struct bytes name)
{
    return find_name(name) != KNOWN;
}

bool consent_string_read(struct arena *arena, struct bytes name, struct bytes value,
        enum parse *verdict, struct consent_string *out)
{
    struct consent_string s;
    struct bytes text = value, next;
    size_t i = find_name(name);

    *verdict = i == KNOWN ? PARSE_UNSUPPORTED : PARSE_BAD;
    if (i == KNOWN || value.n > CONSENT_STRING_BYTES_MOST)
        return true;
    for (unsigned round = 0; round < ESCAPES_MOST; round++) {
        if (!read(arena, known[i].kind, text, verdict, &s))
            return false;
        if (*verdict == PARSE_DONE) {
            *out = s;
            return true;
        }
        if (!value_unescape(arena, text, false, &next))
            return false;
        if (bytes_equal(next, text))
            return true;
        text = next;
    }
    return true;
}

void consent_string_count(const struct consent_string *s, size_t *yes, size_t *no)
{
    *yes = *no = 0;
    if (s->has_tcf) {
        unsigned most = s->tcf.kind == CONSENT_STRING_TCF1         ? PURPOSES_1
                        : s->tcf.kind == CONSENT_STRING_TCF_CANADA ? PURPOSES_CANADA
                        : s->tcf.policy >= POLICY_2_2              ? PURPOSES_2_2
                                                                   : PURPOSES_2;
        uint32_t all = (UINT32_C(1) << most) - 1;

        *yes += (size_t)__builtin_popcount(s->tcf.purposes);
        *no += (size_t)__builtin_popcount(all & ~s->tcf.purposes);
    }
    for (size_t i = 0; i < s->choice_count; i++) {
        const struct consent_choice *c = &s->choices[i];

        *yes += c->says == CONSENT_SAYS_YES && !c->needed;
        *no += c->says == CONSENT_SAYS_NO && !c->needed;
    }
}
