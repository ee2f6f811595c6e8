/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/consent_gpp.h"

#include "classify/consent_bits.h"
#include "classify/consent_tcf.h"

enum {
    HEADER_TYPE = 3,
    HEADER_VERSION = 1,
    SEGMENT_GPC = 1,
    SECTION_TCF1 = 1,
    SECTION_TCF2 = 2,
    SECTION_CANADA = 5,
    SECTION_US_PRIVACY = 6,
};

/* What the two bits of a field mean. */
enum field_kind {
    FIELD_NOTICE,  /* 1 given, 2 not given */
    FIELD_OPT_OUT, /* 1 opted out, 2 did not */
    FIELD_CONSENT, /* 1 no consent, 2 consent; in some states again 1 opted out, 2 did not */
    FIELD_TERMS,   /* of the industry's agreement between signatories: 1 yes, 2 no */
};

struct us_field {
    const char *name;
    enum field_kind kind;
    unsigned parts; /* 0: a single value */
};

/* The core segment of a section behind its 6 bits of version. */
struct us_section {
    unsigned id, version;
    const struct us_field *fields;
    size_t n;
};

#define NOTICE(name)                                                                           \
    {                                                                                          \
        name, FIELD_NOTICE, 0                                                                  \
    }
#define OPT_OUT(name)                                                                          \
    {                                                                                          \
        name, FIELD_OPT_OUT, 0                                                                 \
    }
#define CONSENT(name)                                                                          \
    {                                                                                          \
        name, FIELD_CONSENT, 0                                                                 \
    }
#define CONSENTS(name, parts)                                                                  \
    {                                                                                          \
        name, FIELD_CONSENT, parts                                                             \
    }
#define TERMS                                                                                  \
    {"MspaCoveredTransaction", FIELD_TERMS, 0}, {"MspaOptOutOptionMode", FIELD_TERMS, 0},      \
    {                                                                                          \
        "MspaServiceProviderMode", FIELD_TERMS, 0                                              \
    }
#define SENSITIVE(parts) CONSENTS("SensitiveDataProcessing", parts)
#define CHILDREN(parts) CONSENTS("KnownChildSensitiveDataConsents", parts)
#define TWO_OPT_OUTS OPT_OUT("SaleOptOut"), OPT_OUT("TargetedAdvertisingOptOut")
#define TWO_NOTICES NOTICE("SaleOptOutNotice"), NOTICE("TargetedAdvertisingOptOutNotice")
#define NATIONAL_HEAD                                                                          \
    NOTICE("SharingNotice"), NOTICE("SaleOptOutNotice"), NOTICE("SharingOptOutNotice"),        \
            NOTICE("TargetedAdvertisingOptOutNotice"),                                         \
            NOTICE("SensitiveDataProcessingOptOutNotice"),                                     \
            NOTICE("SensitiveDataLimitUseNotice"), OPT_OUT("SaleOptOut"),                      \
            OPT_OUT("SharingOptOut"), OPT_OUT("TargetedAdvertisingOptOut")
/* Most states: three notices, two opt-outs, kinds of sensitive data, ages of children. */
#define STATE(notice, sensitive, children)                                                     \
    NOTICE(notice), TWO_NOTICES, TWO_OPT_OUTS, SENSITIVE(sensitive), children
#define FURTHER CONSENT("AdditionalDataProcessingConsent")

static const struct us_field national1[] = {
        NATIONAL_HEAD, SENSITIVE(12), CHILDREN(2), CONSENT("PersonalDataConsents"), TERMS};
static const struct us_field national2[] = {
        NATIONAL_HEAD, SENSITIVE(16), CHILDREN(3), CONSENT("PersonalDataConsents"), TERMS};
static const struct us_field california[] = {NOTICE("SaleOptOutNotice"),
        NOTICE("SharingOptOutNotice"), NOTICE("SensitiveDataLimitUseNotice"),
        OPT_OUT("SaleOptOut"), OPT_OUT("SharingOptOut"), SENSITIVE(9), CHILDREN(2),
        CONSENT("PersonalDataConsents"), TERMS};
static const struct us_field virginia[] = {STATE("SharingNotice", 8, CHILDREN(0)), TERMS};
static const struct us_field colorado[] = {STATE("SharingNotice", 7, CHILDREN(0)), TERMS};
static const struct us_field utah[] = {NOTICE("SharingNotice"), TWO_NOTICES,
        NOTICE("SensitiveDataProcessingOptOutNotice"), TWO_OPT_OUTS, SENSITIVE(8), CHILDREN(0),
        TERMS};
static const struct us_field connecticut[] = {STATE("SharingNotice", 8, CHILDREN(3)), TERMS};
static const struct us_field montana[] = {
        STATE("SharingNotice", 8, CHILDREN(3)), FURTHER, TERMS};
static const struct us_field oregon[] = {
        STATE("ProcessingNotice", 11, CHILDREN(3)), FURTHER, TERMS};
static const struct us_field delaware[] = {
        STATE("ProcessingNotice", 9, CHILDREN(5)), FURTHER, TERMS};
static const struct us_field iowa[] = {NOTICE("ProcessingNotice"), TWO_NOTICES,
        NOTICE("SensitiveDataOptOutNotice"), TWO_OPT_OUTS, SENSITIVE(8), CHILDREN(0), TERMS};
static const struct us_field jersey[] = {
        STATE("ProcessingNotice", 10, CHILDREN(5)), FURTHER, TERMS};
/* Florida and New Hampshire; and Texas, Nebraska, Tennessee, Minnesota. */
static const struct us_field three_ages[] = {
        STATE("ProcessingNotice", 8, CHILDREN(3)), FURTHER, TERMS};
static const struct us_field one_age[] = {
        STATE("ProcessingNotice", 8, CHILDREN(0)), FURTHER, TERMS};

#define SECTION(id, version, fields)                                                           \
    {                                                                                          \
        id, version, fields, sizeof(fields) / sizeof(*(fields))                                \
    }

static const struct us_section us_sections[] = {SECTION(7, 1, national1),
        SECTION(7, 2, national2), SECTION(8, 1, california), SECTION(9, 1, virginia),
        SECTION(10, 1, colorado), SECTION(11, 1, utah), SECTION(12, 1, connecticut),
        SECTION(13, 1, three_ages), SECTION(14, 1, montana), SECTION(15, 1, oregon),
        SECTION(16, 1, one_age), SECTION(17, 1, delaware), SECTION(18, 1, iowa),
        SECTION(19, 1, one_age), SECTION(20, 1, three_ages), SECTION(21, 1, jersey),
        SECTION(22, 1, one_age), SECTION(23, 1, one_age)};

/* By number, as the platform's list of sections has them. */
static const char *const names[] = {NULL, "tcfeuv1", "tcfeuv2", "header", "integrity",
        "tcfcav1", "uspv1", "usnat", "usca", "usva", "usco", "usut", "usct", "usfl", "usmt",
        "usor", "ustx", "usde", "usia", "usne", "usnh", "usnj", "ustn", "usmn", "usmd"};

static enum consent_says says(enum field_kind kind, unsigned value)
{
    if (kind != FIELD_OPT_OUT && kind != FIELD_CONSENT)
        return CONSENT_SAYS_NOTHING;
    return value == 1 ? CONSENT_SAYS_NO : value == 2 ? CONSENT_SAYS_YES : CONSENT_SAYS_NOTHING;
}

static bool take_field(struct consent_bits *b, const struct us_field *f, unsigned section,
        struct consent_string *out)
{
    struct consent_choice c = {.name = bytes_text(f->name), .section = section};

    for (unsigned i = 0; i < (f->parts == 0 ? 1 : f->parts); i++) {
        if (!consent_bits_uint(b, 2, &c.value))
            return false;
        c.part = f->parts == 0 ? 0 : i + 1;
        c.says = says(f->kind, c.value);
        consent_string_add(out, &c);
    }
    return true;
}

/* Behind the core: what the browser's Sec-GPC said when the string was made. */
static bool take_gpc(struct bytes text, unsigned section, struct consent_string *out)
{
    struct consent_bits b;
    unsigned type;
    bool on;

    if (!consent_bits_init(text, &b) || !consent_bits_uint(&b, 2, &type))
        return false;
    if (type != SEGMENT_GPC)
        return true;
    if (!consent_bits_flag(&b, &on))
        return false;
    consent_string_add(out, &(struct consent_choice){.name = BYTES_LITERAL("Gpc"),
                                    .section = section,
                                    .value = on,
                                    .says = on ? CONSENT_SAYS_NO : CONSENT_SAYS_NOTHING});
    return true;
}

static bool take_us(struct bytes text, unsigned id, struct consent_string *out)
{
    struct bytes segment, rest = text;
    bool more = bytes_take_until(&rest, '.', &segment), done;
    const struct us_section *s = NULL;
    struct consent_bits b;
    unsigned version;

    if (!consent_bits_init(more ? segment : text, &b) || !consent_bits_uint(&b, 6, &version))
        return false;
    for (size_t i = 0; i < sizeof(us_sections) / sizeof(*us_sections); i++) {
        if (us_sections[i].id == id && us_sections[i].version == version)
            s = &us_sections[i];
    }
    done = s != NULL;
    for (size_t i = 0; done && i < s->n; i++)
        done = take_field(&b, &s->fields[i], id, out);
    while (done && more) {
        more = bytes_take_until(&rest, '.', &segment);
        done = take_gpc(more ? segment : rest, id, out);
    }
    return done;
}

enum parse consent_gpp_us_privacy(
        struct bytes text, unsigned section, struct consent_string *out)
{
    static const char *const parts[] = {"Notice", "SaleOptOut", "LspaCovered"};
    struct consent_choice c = {.section = section};

    if (text.n != 4 || text.p[0] != '1')
        return PARSE_BAD;
    for (size_t i = 1; i < 4; i++) {
        uint8_t letter = text.p[i] & 0xdf;

        if (letter != 'Y' && letter != 'N' && text.p[i] != '-')
            return PARSE_BAD;
    }
    for (size_t i = 1; i < 4; i++) {
        uint8_t letter = text.p[i] & 0xdf;

        c.name = bytes_text(parts[i - 1]);
        c.value = letter == 'Y' ? 1 : letter == 'N' ? 2 : 0;
        c.says = i == 2 ? says(FIELD_OPT_OUT, c.value) : CONSENT_SAYS_NOTHING;
        consent_string_add(out, &c);
    }
    return PARSE_DONE;
}

/* Whether it was decoded; when not, nothing of it stays. */
static bool take_section(struct bytes text, unsigned id, struct consent_string *out)
{
    size_t before = out->choice_count;
    bool done;

    if (id == SECTION_TCF2 || id == SECTION_TCF1)
        return !out->has_tcf && consent_tcf_read(text, out) == PARSE_DONE;
    if (id == SECTION_CANADA)
        return !out->has_tcf && consent_tcf_read_canada(text, out) == PARSE_DONE;
    if (id == SECTION_US_PRIVACY)
        return consent_gpp_us_privacy(text, id, out) == PARSE_DONE;
    done = take_us(text, id, out);
    if (!done)
        out->choice_count = before;
    return done;
}

/* The next text between "~"; false when none is left. */
static bool next_text(struct bytes *rest, bool *left, struct bytes *out)
{
    if (!*left)
        return false;
    *left = bytes_take_until(rest, '~', out);
    if (!*left)
        *out = *rest;
    return true;
}

static bool take_sections(
        struct consent_bits *header, struct bytes rest, bool left, struct consent_string *out)
{
    uint32_t id = 0, step, more = 0;
    unsigned entries;
    bool group;

    if (!consent_bits_uint(header, 12, &entries))
        return false;
    for (unsigned i = 0; i < entries; i++) {
        if (!consent_bits_flag(header, &group) || !consent_bits_fibonacci(header, &step) ||
                (group && !consent_bits_fibonacci(header, &more)))
            return false;
        for (uint32_t last = group ? more : 0, k = 0; k <= last; k++) {
            struct consent_section s;
            struct bytes text;

            id += k == 0 ? step : 1;
            /* Every section that the header names must be there. */
            if (!next_text(&rest, &left, &text))
                return false;
            s = (struct consent_section){
                    .id = id, .name = id < sizeof(names) / sizeof(*names) ? names[id] : NULL};
            if (out->section_count == CONSENT_STRING_SECTIONS_MOST) {
                out->capped = true;
                continue;
            }
            s.decoded = take_section(text, id, out);
            out->sections[out->section_count++] = s;
        }
    }
    return !left;
}

enum parse consent_gpp_read(struct bytes text, struct consent_string *out)
{
    struct bytes header, rest = text;
    bool left = bytes_take_until(&rest, '~', &header);
    struct consent_bits b;
    unsigned type;

    if (text.n > CONSENT_STRING_BYTES_MOST || !consent_bits_init(left ? header : text, &b) ||
            !consent_bits_uint(&b, 6, &type) || type != HEADER_TYPE ||
            !consent_bits_uint(&b, 6, &out->version))
        return PARSE_BAD;
    if (out->version != HEADER_VERSION)
        return PARSE_UNSUPPORTED;
    return take_sections(&b, rest, left, out) ? PARSE_DONE : PARSE_BAD;
}
