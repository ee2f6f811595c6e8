/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes: consent_string with consent_tcf, consent_gpp, consent_bits. The input is "name=value";
 * without "=" it is tried under every kind of name. Asserts: nothing is touched unless it was
 * read; counts agree with what is listed; what is read can be said in both languages, in
 * printable text; reading it again gives the same. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "classify/consent_string.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_said(struct arena *arena, const struct consent_string *s)
{
    for (int zh = 0; zh < 2; zh++) {
        const char *text = consent_string_say(arena, s, zh != 0);

        assert(text != NULL && text[0] != '\0');
        assert(bytes_is_utf8(bytes_text(text)));
        for (const char *c = text; *c != '\0'; c++)
            assert((unsigned char)*c >= 0x20 && *c != 0x7f);
    }
}

static void check(const struct consent_string *s)
{
    size_t yes, no, said = 0;

    assert(s->kind < CONSENT_STRING_KINDS);
    assert(s->choice_count <= CONSENT_STRING_CHOICES_MOST);
    assert(s->section_count <= CONSENT_STRING_SECTIONS_MOST);
    assert(s->section_count == 0 || s->kind == CONSENT_STRING_GPP);
    for (size_t i = 0; i < s->choice_count; i++)
        said += s->choices[i].says != CONSENT_SAYS_NOTHING && !s->choices[i].needed;
    consent_string_count(s, &yes, &no);
    if (s->has_tcf) {
        assert(s->tcf.purposes >> 24 == 0 && s->tcf.legitimate >> 24 == 0);
        assert(s->tcf.features >> 12 == 0);
        assert(s->tcf.vendors <= 65535 && s->tcf.vendors_legitimate <= 65535);
        assert(s->tcf.vendors_disclosed <= 65535 && s->tcf.vendors_allowed <= 65535);
        assert(s->has_created && s->created_ns >= 0);
        assert(strlen(s->tcf.language) % 2 == 0 && strlen(s->tcf.country) % 2 == 0);
    } else {
        assert(yes + no == said);
    }
}

static void try(struct bytes name, struct bytes value)
{
    struct arena *arena = arena_new((size_t)16 << 20);
    struct consent_string s = {.version = 4711}, again;
    enum parse verdict, second;

    assert(arena != NULL && consent_string_read(arena, name, value, &verdict, &s));
    assert(verdict != PARSE_MORE);
    if (verdict != PARSE_DONE) {
        assert(s.version == 4711 && s.choice_count == 0 && !s.has_tcf);
    } else {
        check(&s);
        check_said(arena, &s);
        assert(consent_string_read(arena, name, value, &second, &again));
        assert(second == PARSE_DONE && again.choice_count == s.choice_count);
        assert(memcmp(&again.tcf, &s.tcf, sizeof(s.tcf)) == 0);
    }
    arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"euconsent-v2", "gpp", "us_privacy", "gcs", "gcd",
            "OptanonConsent", "CookieConsent", "didomi_token", "dnt", "sec-gpc",
            "sec-fetch-storage-access", "other"};
    struct bytes rest = {data, size}, name;

    if (bytes_take_until(&rest, '=', &name)) {
        try(name, rest);
        return 0;
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        try(bytes_text(names[i]), rest);
    return 0;
}
