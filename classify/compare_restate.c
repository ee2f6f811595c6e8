/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/compare_restate.h"

#include <stdlib.h>
#include <string.h>

#include "classify/compare_part.h"
#include "classify/compare_verdict.h"

enum { RESTATED_MOST = 1 << 16, TEXT_MOST = 2000 };

enum control {
    CONTROL_DIFFERS, /* the control had another value */
    CONTROL_EQUAL,
    CONTROL_ABSENT,  /* it was looked for where it could have been, and was not there */
    CONTROL_PRESENT, /* the control met the same */
    CONTROL_PARTLY,  /* not where it could be looked for; not all could */
    CONTROL_NOT_SEEN,
    CONTROLS,
};

static const char *const control_names[CONTROLS] = {
        [CONTROL_DIFFERS] = "differs",
        [CONTROL_EQUAL] = "equal",
        [CONTROL_ABSENT] = "absent",
        [CONTROL_PRESENT] = "present",
        [CONTROL_PARTLY] = "absent-where-read",
        [CONTROL_NOT_SEEN] = "not-seen",
};

/* $0 is A's statement. */
static const struct compare_sentence by_identifier[CONTROLS] = {
        [CONTROL_DIFFERS] =
                {"$0 Control: a second profile had another value there, so the value "
                 "is this browser's own.",
                        "$0 对照：对照环境中取值不同，该值为本浏览器所独有。"},
        [CONTROL_EQUAL] = {"$0 Control: a second profile had the same value there, so it does "
                           "not tell browsers apart.",
                "$0 对照：对照环境中取值相同，该值不能区分浏览器。"},
        [CONTROL_NOT_SEEN] = {"$0 Control: a second profile did not show this value or another "
                              "one in its place.",
                "$0 对照：对照环境中未出现该值或其对应的值。"},
};

static const struct compare_sentence by_term[CONTROLS] = {
        [CONTROL_ABSENT] = {"$0 Control: a second profile that did not search for it got $1 "
                            "responses of $2 with readable text, none of which contains the "
                            "term.",
                "$0 对照：未搜索该词的对照环境从 $2 收到 $1 个可读文本响应，均不含该词。"},
        [CONTROL_PRESENT] = {"$0 Control: the term also stands in responses of $2 to a second "
                             "profile, so its being there does not show that the search was "
                             "used.",
                "$0 对照：$2 "
                "向对照环境作出的响应中也含有该词，因此该词的出现不能说明搜索记录被使用。"},
        [CONTROL_PARTLY] = {"$0 Control: the term does not stand in the $1 responses of $2 to "
                            "a "
                            "second profile that could be looked through; others could not.",
                "$0 对照：$2 向对照环境作出的响应中，可读的 $1 个不含该词，另有响应无法读取。"},
        [CONTROL_NOT_SEEN] = {"$0 Control: a second profile got no readable response of $2, so "
                              "nothing can be said.",
                "$0 对照：对照环境未从 $2 收到可读响应，无法作出判断。"},
};

static const struct compare_sentence by_kind[CONTROLS] = {
        [CONTROL_PRESENT] = {"$0 Control: the same was found with a second profile.",
                "$0 对照：对照环境中有相同的认定事项。"},
        [CONTROL_ABSENT] =
                {"$0 Control: the same was not found with a second profile, which also "
                 "had to do with $2.",
                        "$0 对照：对照环境同样与 $2 有往来，但无相同的认定事项。"},
        [CONTROL_NOT_SEEN] =
                {"$0 Control: a second profile had nothing to do with $2, so nothing "
                 "can be said.",
                        "$0 对照：对照环境与 $2 没有往来，无法作出判断。"},
};

/* One finding of B. */
struct met {
    const char *kind, *site;
};

struct restating {
    struct arena *arena;
    const struct legal *legal;
    const struct compare_case *const *cases;
    compare_row_of *row_of;
    const void *context;
    struct compare_findings *out;
    struct met *met; /* in the arena */
    size_t met_count;
};

static const char *member(const struct json_value *f, const char *key)
{
    const char *text = json_string_of(json_member(f, key));

    return text == NULL ? "" : text;
}

static bool rests_on_identifier(const char *kind)
{
    return strcmp(kind, "identifier-sharing") == 0 ||
           strcmp(kind, "first-party-cookie-exfiltration") == 0;
}

/* Kinds that are known: a case cannot make up others. */
static const char *kind_of(const struct json_value *f)
{
    static const char *const kinds[] = {"identifier-sharing", "personal-data-leak",
            "search-term-leak", "cname-cloaking", "first-party-cookie-exfiltration",
            "fingerprinting", "input-recording", "collection-before-consent",
            "collection-after-refusal", "identifier-respawn", "erasure-not-effective",
            "personalised-response", "location-leak", "data-from-others", "bounce-tracking",
            "link-decoration"};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
        if (strcmp(member(f, "kind"), kinds[i]) == 0)
            return kinds[i];
    return NULL;
}

static const struct compare_term *find_term(
        const struct compare_case *b, const char *term, const char *site)
{
    for (size_t i = 0; i < b->term_count; i++)
        if (bytes_is(b->terms[i].text, term) && bytes_is(b->terms[i].site, site))
            return &b->terms[i];
    return NULL;
}

static enum control control_of_term(const struct compare_term *t)
{
    if (t->hits != 0)
        return CONTROL_PRESENT;
    if (t->looked == 0)
        return CONTROL_NOT_SEEN;
    return t->unread == 0 ? CONTROL_ABSENT : CONTROL_PARTLY;
}

static int by_met(const void *a, const void *b)
{
    const struct met *left = a, *right = b;
    int order = strcmp(left->kind, right->kind);

    return order == 0 ? strcmp(left->site, right->site) : order;
}

/* What B's findings say of whom, sorted. */
static bool list_met(struct restating *s)
{
    const struct json_value *findings = s->cases[COMPARE_B]->findings;
    size_t n = 0;

    for (const struct json_value *f = json_first(findings); f != NULL; f = json_next(f))
        n++;
    s->met = arena_array(s->arena, n, sizeof(*s->met));
    if (s->met == NULL)
        return false;
    for (const struct json_value *f = json_first(findings); f != NULL; f = json_next(f))
        s->met[s->met_count++] = (struct met){member(f, "kind"), member(f, "recipient_site")};
    if (n != 0)
        qsort(s->met, n, sizeof(*s->met), by_met);
    return true;
}

/* Whether B has a finding of the kind about the same recipient. */
static enum control control_of_kind(
        const struct restating *s, const char *kind, const char *site)
{
    const struct met key = {kind, site};

    if (s->met_count != 0 &&
            bsearch(&key, s->met, s->met_count, sizeof(*s->met), by_met) != NULL)
        return CONTROL_PRESENT;
    return compare_find_site(s->cases[COMPARE_B], bytes_text(site)) != NULL ? CONTROL_ABSENT
                                                                            : CONTROL_NOT_SEEN;
}

static enum control control_of_row(const struct compare_row *row)
{
    switch (row == NULL ? COMPARE_NOT : row->result) {
    case COMPARE_PERSISTENT:
    case COMPARE_SPECIFIC:
    case COMPARE_SESSION:
    case COMPARE_SHORT:
        return CONTROL_DIFFERS;
    case COMPARE_FINGERPRINT:
    case COMPARE_EQUAL:
        return CONTROL_EQUAL;
    case COMPARE_DIFFERS:
    case COMPARE_NOT:
    case COMPARE_CONTINUES:
    case COMPARE_RENEWED:
    case COMPARE_ENDED:
    case COMPARE_GONE:
    case COMPARE_NEW:
    case COMPARE_RESULTS:
        break;
    }
    return CONTROL_NOT_SEEN;
}

static bool state(struct restating *s, struct compare_finding *f, enum control control,
        const struct compare_sentence *table, uint64_t looked)
{
    const char *count = arena_print(s->arena, "%llu", (unsigned long long)looked);
    struct finding_word words[] = {
            {bytes_text(member(f->origin, "statement_en")), TEXT_MOST},
            {bytes_text(count), FINDING_NAME_SHOWN},
            {f->recipient_site, FINDING_NAME_SHOWN},
    };
    const char *en;

    if (count == NULL || !compare_finding_say(s->arena, f, &table[control], words))
        return false;
    en = f->statement_en;
    words[0].text = bytes_text(member(f->origin, "statement_zh"));
    if (!compare_finding_say(s->arena, f, &table[control], words))
        return false;
    f->statement_en = en;
    return true;
}

static bool restate_identifier(struct restating *s, struct compare_finding *f)
{
    const struct compare_row *row = s->row_of(s->context, f->origin);
    enum control control = control_of_row(row);
    bool ok = true;

    if (control == CONTROL_EQUAL && row != NULL)
        compare_verdict_equal(s->legal, row->item, row->result == COMPARE_FINGERPRINT, f);
    for (unsigned r = COMPARE_B; row != NULL && r < COMPARE_CASES; r++)
        for (size_t i = 0; i < row->item_count[r] && ok; i++)
            ok = compare_finding_add(s->arena, f, r, row->items[r][i], true);
    compare_fact_text(f, "control", bytes_text(control_names[control]));
    if (row != NULL && !row->by_hash && row->seen[COMPARE_B])
        compare_fact_text(f, "control_value", row->text[COMPARE_B]);
    return ok && state(s, f, control, by_identifier, 0);
}

static bool restate_term(
        struct restating *s, struct compare_finding *f, const struct compare_term *term)
{
    enum control control = control_of_term(term);
    const struct bytes fact = BYTES_LITERAL("U11");

    compare_fact_text(f, "control", bytes_text(control_names[control]));
    compare_fact_number(f, "control_responses", (int64_t)term->looked);
    compare_fact_number(f, "control_responses_unread", (int64_t)term->unread);
    compare_finding_cite(f, COMPARE_B, term->exchange);
    /* The third fact of Zhu Ye v. Baidu: the answer depends on what was searched for. */
    if (control == CONTROL_ABSENT && strcmp(f->kind, "personalised-response") == 0 &&
            !compare_fact_list(s->arena, f, "rules", &fact, 1))
        return false;
    return state(s, f, control, by_term, term->looked);
}

static bool restate(struct restating *s, const struct json_value *origin, const char *kind)
{
    const struct compare_case *b = s->cases[COMPARE_B];
    const char *site = member(origin, "recipient_site");
    const struct compare_term *term =
            find_term(b, member(json_member(origin, "facts"), "term"), site);
    struct compare_finding *f = compare_finding_new(s->arena, kind, s->out);
    enum control control;
    size_t n = 0;

    if (f == NULL)
        return false;
    f->change = CHANGE_RESTATED;
    f->origin = origin;
    f->page_site = bytes_text(member(origin, "page_site"));
    f->recipient = bytes_text(member(origin, "recipient"));
    f->recipient_site = bytes_text(site);
    f->owner = json_string_of(json_member(origin, "owner"));
    compare_verdict_origin(origin, f);
    for (const struct json_value *v = json_first(json_member(origin, "items"));
            v != NULL && n < COMPARE_LIST_MOST; v = json_next(v), n++) {
        const struct compare_item *item =
                compare_item_by_id(s->cases[COMPARE_A], json_string_of(v));

        if (item != NULL && !compare_finding_add(s->arena, f, COMPARE_A, item, false))
            return false;
    }
    if (rests_on_identifier(kind))
        return restate_identifier(s, f);
    if (term != NULL)
        return restate_term(s, f, term);
    control = control_of_kind(s, kind, site);
    compare_fact_text(f, "control", bytes_text(control_names[control]));
    return state(s, f, control, by_kind, 0);
}

bool compare_restate(struct arena *arena, const struct legal *legal,
        const struct compare_case *const cases[COMPARE_CASES], compare_row_of *row_of,
        const void *context, struct compare_findings *out)
{
    struct restating s = {arena, legal, cases, row_of, context, out, NULL, 0};
    size_t n = 0;

    if (!list_met(&s))
        return false;
    for (const struct json_value *f = json_first(cases[COMPARE_A]->findings);
            f != NULL && n < RESTATED_MOST; f = json_next(f)) {
        const char *kind = kind_of(f);

        if (kind == NULL)
            continue;
        n++;
        if (!restate(&s, f, kind))
            return false;
    }
    return true;
}
