/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/classify/verdict_world.h"

#define FACTS_MOST 4

/* What else travelled: in the same request, or to the same site in another one. */
enum beside {
    NOTHING,
    ID,              /* an identifier, in the same request */
    ID_TIED,         /* one that another request ties to a direct identifier */
    DIRECT,          /* a direct identifier in the same request */
    ACCOUNT,         /* an account in the same request */
    OTHER_SITE,      /* the same value at another owner's site */
    OTHER_PAGE,      /* the same value from another site's pages */
    MANY_ATTRIBUTES, /* many attributes with few values */
    LOGGED_IN,       /* an account at the same site, with the same value, in another request */
};

struct row {
    const char *item; /* the line of the table */
    enum trace_class class_;
    const char *name, *value;
    unsigned bits;
    int64_t lifetime_s;
    enum beside beside;
    const char *facts[FACTS_MOST]; /* noted by others before */
    enum verdict alone, combined, broad;
    const char *ground; /* one of those of the last reading that is not undetermined; NULL */
};

#define MAIL "wang@example.test"
#define B CLASS_BROWSER_IDENTIFIER

/* The item categories of the evidence model, in its order, under the facts that it names. */
static const struct row rows[] = {
        {"e-mail in clear", CLASS_DIRECT, "m", MAIL, 20, -1, NOTHING, {0}, I, I, I, "EU-PD-1"},
        {"identity number in clear", CLASS_DIRECT, "id", "440524188001010014", 59, -1, NOTHING,
                {0}, I, I, I, "CN-PI-1"},
        {"account id", CLASS_ACCOUNT, "uin", "77812345", 26, -1, NOTHING, {0}, U, I, I,
                "CN-PI-5"},
        {"hashed e-mail, U4", CLASS_DIRECT, "em", UID, 128, -1, NOTHING, {"U4"}, U, I, I,
                "CN-PI-1"},
        {"hashed phone found in an identifier, U4", B, "uid", UID, 128, YEAR_S, NOTHING, {"U4"},
                U, I, I, "EU-PSEU"},
        {"hashed value of unknown use, U4", CLASS_UNKNOWN, "x", UID, 128, -1, NOTHING, {"U4"},
                U, I, I, "EU-PD-1"},
        {"third-party cookie id, persistent", B, "uid", UID, 128, YEAR_S, OTHER_PAGE, {0}, A, U,
                I, "US-CA-UID"},
        {"third-party cookie id, U1", B, "uid", UID, 128, YEAR_S, DIRECT, {0}, A, I, I,
                "CN-PI-4"},
        {"third-party cookie id, U2", B, "uid", UID, 128, YEAR_S, LOGGED_IN, {0}, A, I, I,
                "CN-PI-4"},
        {"third-party cookie id, U3", B, "uid", UID, 128, YEAR_S, OTHER_SITE, {0}, A, I, I,
                "US-CA-UID"},
        {"first-party cookie id, persistent", B, "uid", UID, 128, YEAR_S, NOTHING, {0}, A, U, I,
                "US-CA-UID"},
        {"cookie id too short", B, "uid", "abc123", 30, YEAR_S, NOTHING, {0}, A, U, U, NULL},
        {"cookie id of 30 bits that differs between profiles, U6", B, "uid", "abc123", 30,
                YEAR_S, NOTHING, {"U6"}, A, U, I, "CN-PI-1"},
        {"cookie id that came back, U8", B, "uid", UID, 128, -1, NOTHING, {"U8"}, A, U, I,
                "US-CA-UID"},
        {"session cookie, D2", CLASS_SESSION, "sid", UID, 128, 0, NOTHING, {0}, A, A, I,
                "EU-PD-1"},
        {"session cookie, logged in", CLASS_SESSION, "sid", UID, 128, 0, ACCOUNT, {0}, A, I, I,
                "EU-PD-1"},
        {"log-in token", CLASS_CREDENTIAL, "token", UID, 128, 0, NOTHING, {0}, A, U, I,
                "EU-PD-1"},
        {"device id", CLASS_DEVICE, "imei", "867400020316612", 49, -1, NOTHING, {0}, A, U, I,
                "CN-PI-5"},
        {"device id with a phone number", CLASS_DEVICE, "imei", "867400020316612", 49, -1,
                DIRECT, {0}, A, I, I, "CN-PI-5"},
        {"fingerprint digest", B, "fp", UID, 128, -1, NOTHING, {0}, A, U, I, "CN-PI-1"},
        {"one attribute, D3", CLASS_TECHNICAL, "lang", "fr", 9, -1, NOTHING, {0}, A, A, A,
                "CN-PI-1"},
        {"one attribute among many", CLASS_TECHNICAL, "lang", "fr", 9, -1, MANY_ATTRIBUTES, {0},
                A, A, U, "CN-PI-2"},
        {"source address in full", CLASS_UNKNOWN, "client_ip", "198.41.7.22", 32, -1, NOTHING,
                {0}, A, I, I, "EU-PD-3"},
        {"source address cut, D4", CLASS_TECHNICAL, "client_ip", "198.41.7.0", 32, -1, NOTHING,
                {0}, A, U, U, NULL},
        {"city", CLASS_LOCATION, "city", "Shanghai", 30, -1, NOTHING, {0}, A, U, U, NULL},
        {"city with an identifier", CLASS_LOCATION, "city", "Shanghai", 30, -1, ID, {0}, A, U,
                I, "CN-PI-1"},
        {"city with other data", CLASS_LOCATION, "city", "Shanghai", 30, -1, ID_TIED, {0}, A, I,
                I, "CN-PI-1"},
        {"precise location", CLASS_LOCATION, "ll", "31.2304,121.4737", 60, -1, NOTHING, {0}, A,
                I, I, "CN-PI-1"},
        {"search keyword with id", CLASS_SEARCH, "wd", "weight loss", 50, -1, ID, {0}, A, U, I,
                "CN-PI-4"},
        {"search keyword with id, U2", CLASS_SEARCH, "wd", "weight loss", 50, -1, ID_TIED, {0},
                A, I, I, "CN-PI-4"},
        {"search keyword, sensitive, U10", CLASS_SEARCH, "wd", "weight loss", 50, -1, NOTHING,
                {"U10"}, A, A, U, "CN-PI-2"},
        {"page address with id", CLASS_CONTENT, "dl", "https://news.test/a", 60, -1, ID, {0}, A,
                U, I, "CN-PI-4"},
        {"search keyword without any id", CLASS_SEARCH, "wd", "weight loss", 50, -1, NOTHING,
                {0}, A, A, U, "CN-CASE-ZHUYE-2"},
        {"page address without any id", CLASS_CONTENT, "dl", "https://news.test/a", 60, -1,
                NOTHING, {0}, A, A, U, "CN-PI-2"},
        {"title with account", CLASS_CONTENT, "title", "Some book", 50, -1, ACCOUNT, {0}, A, I,
                I, "US-CA-PI"},
        {"interest segment with id", CLASS_CONTENT, "segment", "cars", 20, -1, ID, {0}, A, U, I,
                "CN-PI-4"},
        {"keyword that the answer used, U11", CLASS_SEARCH, "wd", "weight loss", 50, -1,
                NOTHING, {"U11"}, A, A, I, "EU-PROF"},
        {"consent string", CLASS_CONSENT_STRING, "gdpr_consent", "CPXxRfAPXxRfAAfKABENB", 120,
                -1, NOTHING, {0}, A, U, I, "EU-PD-4"},
        {"contact", CLASS_DIRECT, "friend", "li@example.test", 20, -1, NOTHING, {0}, I, I, I,
                "CN-PI-1"},
        {"payment account number", CLASS_ACCOUNT, "card", "6222020200112230", 53, -1, NOTHING,
                {0}, U, I, I, "CN-PI-1"},
        {"the same for all, D1", CLASS_UNKNOWN, "build", UID, 128, -1, NOTHING, {"D1"}, A, A, A,
                "CN-PI-1"},
        {"a campaign that looked like an id, D1", B, "cid", UID, 128, -1, NOTHING, {"D1"}, A, A,
                A, "EU-PD-1"},
        {"the same for all, but tied, D1 and U1", B, "cid", UID, 128, -1, DIRECT, {"D1"}, A, I,
                I, "CN-PI-1"},
        {"a device number equal in all profiles, D1", CLASS_DEVICE, "imei", "867400020316612",
                49, -1, NOTHING, {"D1"}, A, U, I, "CN-PI-5"},
        {"aggregate, D5", CLASS_TECHNICAL, "views", UID, 128, -1, NOTHING, {"D5"}, A, A, A,
                "CN-PI-1"},
        {"unknown value", CLASS_UNKNOWN, "x", UID, 128, -1, NOTHING, {0}, U, U, U, NULL},
        {"unknown value that stays and differs, U5 and U6", CLASS_UNKNOWN, "x", UID, 128,
                YEAR_S, NOTHING, {"U6"}, U, U, I, "CN-PI-1"},
        {"unknown value that differs each time, U6", CLASS_UNKNOWN, "x", UID, 128, -1, NOTHING,
                {"U6"}, U, U, U, NULL},
        {"unknown value that came back, U8", CLASS_UNKNOWN, "x", UID, 128, -1, NOTHING, {"U8"},
                U, U, I, "US-CA-UID"},
};

static void put_beside(struct world *w, struct trace *t, const struct row *row)
{
    static const char *const attributes[] = {"de", "en", "1", "24", "true", "it"};

    switch (row->beside) {
    case NOTHING:
        break;
    case ID_TIED:
        (void)add(w, B, OTHER_UID, "ads.test", 6);
        (void)add(w, CLASS_DIRECT, MAIL, "ads.test", 6);
        (void)add(w, B, OTHER_UID, "ads.test", 0);
        break;
    case ID:
        (void)add(w, B, OTHER_UID, "ads.test", 0);
        break;
    case DIRECT:
        (void)add(w, CLASS_DIRECT, MAIL, "ads.test", 0);
        break;
    case ACCOUNT:
        (void)add(w, CLASS_ACCOUNT, "user-77812", "ads.test", 0);
        break;
    case OTHER_SITE:
        (void)add(w, row->class_, row->value, "adnxs.com", 1);
        break;
    case OTHER_PAGE:
        t->pages[t->page_count++] = BYTES_LITERAL("shop.test");
        break;
    case MANY_ATTRIBUTES:
        for (size_t i = 0; i < sizeof(attributes) / sizeof(*attributes); i++)
            add(w, CLASS_TECHNICAL, attributes[i], "ads.test", 0)->bits = 4;
        break;
    case LOGGED_IN:
        (void)add(w, row->class_, row->value, "ads.test", 5);
        (void)add(w, CLASS_ACCOUNT, "user-77812", "ads.test", 5);
        break;
    }
}

static void each_line_of_the_evidence_model_has_its_verdicts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const struct row *row = &rows[i];
        const enum verdict wanted[READINGS] = {[READING_ALONE] = row->alone,
                [READING_COMBINED] = row->combined,
                [READING_BROAD] = row->broad};
        struct world *w = world_new();
        struct trace *t = add(w, row->class_, row->value, "ads.test", 0);
        bool grounded = row->ground == NULL;

        t->name = bytes_text(row->name);
        t->bits = row->bits;
        t->lifetime_s = row->lifetime_s;
        for (size_t f = 0; f < FACTS_MOST && row->facts[f] != NULL; f++)
            t->facts[t->fact_count++] = row->facts[f];
        put_beside(w, t, row);
        judge(w);
        for (unsigned r = 0; r < READINGS; r++) {
            const char *en = verdict_text(t, r, VERDICT_ENGLISH);

            if (t->verdicts[r] != wanted[r])
                fail_msg("%s, %s: %s instead of %s", row->item, reading_name(r),
                        verdict_name(t->verdicts[r]), verdict_name(wanted[r]));
            if (strstr(en, "The facts and grounds beside it") != NULL)
                fail_msg("%s, %s: no sentence", row->item, reading_name(r));
            grounded = grounded || stands_on(t, r, row->ground);
        }
        if (!grounded)
            fail_msg("%s does not stand on %s", row->item, row->ground);
        for (size_t f = 0; f < FACTS_MOST && row->facts[f] != NULL; f++)
            assert_true(has(t, row->facts[f]));
        world_free(w);
    }
}

static void content_is_anonymous_only_where_all_around_it_was_seen(void **state)
{
    enum { WHOLE, PART, BODY, UNATTRIBUTED, OPAQUE, ELSEWHERE, SET, CAPPED, WAYS };

    (void)state;
    for (unsigned way = WHOLE; way < WAYS; way++) {
        struct world *w = world_new();
        struct trace *t = add(w, CLASS_SEARCH, "weight loss", "ads.test", 0);

        w->exchanges[0].request.whole = way != PART;
        w->exchanges[0].request.body.bytes = way == BODY ? 7 : 0;
        if (way == UNATTRIBUTED)
            w->of[0].visit = NULL;
        if (way == OPAQUE)
            (void)add(w, CLASS_UNKNOWN, UID, "ads.test", 0);
        if (way == ELSEWHERE)
            (void)add(w, B, UID, "ads.test", 6);
        if (way == SET)
            add(w, B, UID, "ads.test", 6)->carrier = CARRIER_SET_COOKIE;
        if (way == CAPPED)
            t->count = 70;
        judge(w);
        assert_int_equal(t->verdicts[READING_COMBINED],
                way == WHOLE ? VERDICT_ANONYMOUS : VERDICT_UNDETERMINED);
        assert_int_equal(t->verdicts[READING_BROAD], VERDICT_UNDETERMINED);
        world_free(w);
    }
}

static void a_sensitive_label_changes_no_verdict(void **state)
{
    (void)state;
    for (unsigned c = CLASS_UNKNOWN; c <= CLASS_TECHNICAL; c++) {
        struct world *w = world_new();
        struct trace *plain = add(w, c, UID, "ads.test", 0);
        struct trace *marked = add(w, c, UID, "soc.test", 1);

        marked->facts[marked->fact_count++] = "U10";
        judge(w);
        assert_memory_equal(plain->verdicts, marked->verdicts, sizeof(plain->verdicts));
        assert_true(has(marked, "U10") && !has(plain, "U10"));
        world_free(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(each_line_of_the_evidence_model_has_its_verdicts),
            cmocka_unit_test(content_is_anonymous_only_where_all_around_it_was_seen),
            cmocka_unit_test(a_sensitive_label_changes_no_verdict),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
