/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/verdict.h"

#include <stdlib.h>
#include <string.h>

#include "classify/verdict_fact.h"
#include "classify/verdict_table.h"

enum { PRECISE_DECIMALS = 3 }; /* of a degree: about 100 m */

/* A verdict before its grounds: what was asked, and what the answer rests on. */
struct opinion {
    enum verdict verdict;
    uint64_t asked; /* LEGAL_BIT of the facts that rules are to name */
};

struct opinions {
    struct opinion of[READINGS];
};

static bool has(const struct verdict_view *view, enum verdict_fact fact)
{
    return (view->facts & FACT_BIT(fact)) != 0;
}

static void say(struct opinions *o, enum reading reading, enum verdict verdict, uint64_t asked)
{
    o->of[reading] = (struct opinion){verdict, asked};
}

/* U1 to U3: with what else the case shows, the value leads to somebody. */
static uint64_t links(const struct verdict_view *view)
{
    uint64_t asked = 0;

    if (has(view, FACT_U1) || has(view, FACT_U2))
        asked |= LEGAL_BIT(LEGAL_IDENTIFIER_WITH_DIRECT);
    if (has(view, FACT_U3))
        asked |= LEGAL_BIT(LEGAL_IDENTIFIER_SHARED);
    return asked;
}

static void say_combined(struct opinions *o, const struct verdict_view *view, uint64_t open)
{
    uint64_t asked = links(view);

    if (asked != 0)
        say(o, READING_COMBINED, VERDICT_IDENTIFIABLE, asked);
    else
        say(o, READING_COMBINED, VERDICT_UNDETERMINED, open);
}

/* What an identifier gathers besides itself, under the broad reading. */
static uint64_t gathered(const struct verdict_view *view)
{
    uint64_t asked = 0;

    if (has(view, FACT_U9))
        asked |= LEGAL_BIT(LEGAL_ACTIVITY);
    if (has(view, FACT_U3) || has(view, FACT_U5_LIFETIME) || has(view, FACT_U7))
        asked |= LEGAL_BIT(LEGAL_PERSISTENT_IDENTIFIER);
    return asked;
}

static void say_broad_identifier(struct opinions *o, const struct trace *t,
        const struct verdict_view *view, enum legal_fact kind)
{
    if (verdict_singles_out(t))
        say(o, READING_BROAD, VERDICT_IDENTIFIABLE, LEGAL_BIT(kind) | gathered(view));
    else
        say(o, READING_BROAD, VERDICT_UNDETERMINED, LEGAL_BIT(kind));
}

static void say_names_nobody(struct opinions *o)
{
    say(o, READING_ALONE, VERDICT_ANONYMOUS, LEGAL_BIT(LEGAL_NAMES_NOBODY));
}

static void judge_direct(struct opinions *o, const struct verdict_view *view)
{
    uint64_t asked = LEGAL_BIT(LEGAL_DIRECT_IDENTIFIER);

    /* A digest names nobody to a reader, but whoever has a list of such values undoes it. */
    if (has(view, FACT_U4)) {
        asked = LEGAL_BIT(LEGAL_HASHED_DIRECT);
        say_names_nobody(o);
    } else {
        say(o, READING_ALONE, VERDICT_IDENTIFIABLE, asked);
    }
    say(o, READING_COMBINED, VERDICT_IDENTIFIABLE, asked);
    say(o, READING_BROAD, VERDICT_IDENTIFIABLE, asked);
}

static void judge_account(struct opinions *o, const struct verdict_view *view)
{
    uint64_t asked = LEGAL_BIT(LEGAL_ACCOUNT_IDENTIFIER);

    /* A public profile would name the person; the capture does not show whether it is public. */
    say(o, READING_ALONE, VERDICT_UNDETERMINED, asked);
    say(o, READING_COMBINED, VERDICT_IDENTIFIABLE, asked | links(view));
    say(o, READING_BROAD, VERDICT_IDENTIFIABLE, asked | gathered(view));
}

static void judge_device(struct opinions *o, const struct verdict_view *view)
{
    uint64_t asked = LEGAL_BIT(LEGAL_DEVICE_IDENTIFIER);

    say_names_nobody(o);
    say_combined(o, view, asked);
    say(o, READING_BROAD, VERDICT_IDENTIFIABLE,
            asked | gathered(view) | LEGAL_BIT(LEGAL_PERSISTENT_IDENTIFIER));
}

static void judge_session(
        struct opinions *o, const struct trace *t, const struct verdict_view *view)
{
    say_names_nobody(o);
    say_combined(o, view, LEGAL_BIT(LEGAL_IDENTIFIER_WITH_DIRECT));
    if (has(view, FACT_D2) && links(view) == 0)
        say(o, READING_COMBINED, VERDICT_ANONYMOUS, LEGAL_BIT(LEGAL_SESSION_ONE_SITE));
    say_broad_identifier(o, t, view, LEGAL_SESSION_IDENTIFIER);
}

static void judge_credential(
        struct opinions *o, const struct trace *t, const struct verdict_view *view)
{
    const uint64_t account = LEGAL_BIT(LEGAL_ACCOUNT_IDENTIFIER);
    bool known = false;

    for (size_t i = 0; i < t->term_count; i++)
        known = known || strcmp(t->terms[i].code, VERDICT_KNOWN_FORMAT) == 0;
    say_names_nobody(o);
    say_combined(o, view, account);
    /* A log-in of a known kind opens an account, and its recipient knows which. */
    if (known) {
        say(o, READING_COMBINED, VERDICT_IDENTIFIABLE, account | links(view));
        say(o, READING_BROAD, VERDICT_IDENTIFIABLE, account | gathered(view));
    } else {
        say_broad_identifier(o, t, view, LEGAL_SESSION_IDENTIFIER);
    }
}

static void judge_content(
        struct opinions *o, const struct trace *t, const struct verdict_view *view)
{
    /* Text that somebody typed can name anybody; an address or a search box seldom does. */
    if (t->class_ == CLASS_CONTENT &&
            (t->carrier == CARRIER_BODY || t->carrier == CARRIER_WEBSOCKET))
        say(o, READING_ALONE, VERDICT_UNDETERMINED, LEGAL_BIT(LEGAL_DIRECT_IDENTIFIER));
    else
        say_names_nobody(o);
    say_combined(o, view, LEGAL_BIT(LEGAL_IDENTIFIER_WITH_DIRECT));
    if ((view->with & WITH_IDENTIFIER) != 0)
        say(o, READING_BROAD, VERDICT_IDENTIFIABLE, LEGAL_BIT(LEGAL_ACTIVITY));
    else
        say(o, READING_BROAD, VERDICT_UNDETERMINED,
                LEGAL_BIT(LEGAL_ACTIVITY_ALONE) | LEGAL_BIT(LEGAL_ADDRESS));
}

static void judge_consent(struct opinions *o, const struct verdict_view *view)
{
    const uint64_t asked = LEGAL_BIT(LEGAL_CONSENT_STRING);

    say_names_nobody(o);
    if ((view->with & WITH_LINKED) != 0)
        say(o, READING_COMBINED, VERDICT_IDENTIFIABLE,
                asked | LEGAL_BIT(LEGAL_IDENTIFIER_WITH_DIRECT));
    else
        say(o, READING_COMBINED, VERDICT_UNDETERMINED, asked);
    /* The address it came from is always there. */
    say(o, READING_BROAD, VERDICT_IDENTIFIABLE, asked);
}

/* A decimal number with so many places that it points at a building, not at a town. */
static bool is_precise(struct bytes text)
{
    size_t i = 0;

    while (i < text.n) {
        size_t points = 0, decimals = 0;

        for (; i < text.n && (ascii_is_digit(text.p[i]) || text.p[i] == '.'); i++) {
            if (text.p[i] == '.')
                points++;
            else if (points != 0)
                decimals++;
        }
        if (points == 1 && decimals >= PRECISE_DECIMALS)
            return true;
        i++;
    }
    return false;
}

static void judge_location(
        struct opinions *o, const struct trace *t, const struct verdict_view *view)
{
    const uint64_t asked = LEGAL_BIT(LEGAL_LOCATION);
    bool precise = is_precise(t->decoded.n != 0 ? t->decoded : t->value);

    say_names_nobody(o);
    say(o, READING_COMBINED,
            precise || (view->with & WITH_LINKED) != 0 ? VERDICT_IDENTIFIABLE
                                                       : VERDICT_UNDETERMINED,
            asked);
    say(o, READING_BROAD,
            precise || (view->with & WITH_IDENTIFIER) != 0 ? VERDICT_IDENTIFIABLE
                                                           : VERDICT_UNDETERMINED,
            asked);
}

/* Settings, software, and what nobody knows: only a lowering rule says anything. */
static void judge_rest(
        struct opinions *o, const struct trace *t, const struct verdict_view *view)
{
    const uint64_t low = LEGAL_BIT(LEGAL_LOW_CARDINALITY);
    bool everywhere = has(view, FACT_D1) || has(view, FACT_D5);
    bool single = has(view, FACT_D3);

    say(o, READING_ALONE, VERDICT_UNDETERMINED, LEGAL_BIT(LEGAL_DIRECT_IDENTIFIER));
    say(o, READING_COMBINED, VERDICT_UNDETERMINED, LEGAL_BIT(LEGAL_IDENTIFIER_WITH_DIRECT));
    say(o, READING_BROAD, VERDICT_UNDETERMINED, LEGAL_BIT(LEGAL_IDENTIFIER));
    if (everywhere || single)
        say(o, READING_ALONE, VERDICT_ANONYMOUS, low);
    if (everywhere || (single && (view->with & WITH_IDENTIFIER) == 0))
        say(o, READING_COMBINED, VERDICT_ANONYMOUS, low);
    if (everywhere || (single && t->class_ == CLASS_TECHNICAL &&
                              (view->with & (WITH_IDENTIFIER | WITH_MANY_LOW)) == 0))
        say(o, READING_BROAD, VERDICT_ANONYMOUS, low);
}

static struct opinions judge_class(const struct trace *t, const struct verdict_view *view)
{
    struct opinions o;

    switch (t->class_) {
    case CLASS_DIRECT:
        judge_direct(&o, view);
        break;
    case CLASS_ACCOUNT:
        judge_account(&o, view);
        break;
    case CLASS_DEVICE:
        judge_device(&o, view);
        break;
    case CLASS_BROWSER_IDENTIFIER:
        say_names_nobody(&o);
        say_combined(&o, view, LEGAL_BIT(LEGAL_IDENTIFIER_WITH_DIRECT));
        say_broad_identifier(&o, t, view, LEGAL_IDENTIFIER);
        break;
    case CLASS_SESSION:
        judge_session(&o, t, view);
        break;
    case CLASS_CREDENTIAL:
        judge_credential(&o, t, view);
        break;
    case CLASS_SEARCH:
    case CLASS_CONTENT:
        judge_content(&o, t, view);
        break;
    case CLASS_CONSENT_STRING:
        judge_consent(&o, view);
        break;
    case CLASS_LOCATION:
        judge_location(&o, t, view);
        break;
    case CLASS_PREFERENCE:
    case CLASS_TECHNICAL:
    case CLASS_UNKNOWN:
    default:
        judge_rest(&o, t, view);
        break;
    }
    return o;
}

static void write_facts(struct trace *t, const struct verdict_view *view)
{
    const char *kept[TRACE_FACTS_MOST];
    size_t n = 0;

    for (unsigned f = 0; f < VERDICT_FACTS && n < TRACE_FACTS_MOST; f++)
        if ((view->facts & FACT_BIT(f)) != 0)
            kept[n++] = verdict_fact_names[f];
    for (size_t i = 0; i < t->fact_count && n < TRACE_FACTS_MOST; i++) {
        unsigned f = 0;

        while (f < VERDICT_FACTS && strcmp(t->facts[i], verdict_fact_names[f]) != 0)
            f++;
        if (f == VERDICT_FACTS)
            kept[n++] = t->facts[i];
    }
    if (n != 0)
        memcpy(t->facts, kept, n * sizeof(kept[0]));
    t->fact_count = n;
}

static void write_verdicts(
        const struct legal *legal, const struct opinions *o, int64_t when_ns, struct trace *t)
{
    for (unsigned r = 0; r < READINGS; r++) {
        const struct opinion *opinion = &o->of[r];
        const char **grounds = t->grounds[r];
        size_t n = legal_grounds(legal, r, opinion->asked,
                opinion->verdict == VERDICT_ANONYMOUS, when_ns, grounds, TRACE_GROUNDS_MOST);

        t->ground_count[r] = n;
        t->verdicts[r] = n == 0 ? VERDICT_UNDETERMINED : opinion->verdict;
    }
}

enum status verdict_judge(const struct legal *legal, const struct parties *parties,
        const struct evidence *e, const struct attributions *a, struct trace **traces, size_t n,
        int64_t when_ns)
{
    struct verdict_view *views = calloc(n + 1, sizeof(*views));
    enum status status;

    if (views == NULL)
        return STATUS_NOMEM;
    status = verdict_facts(parties, e, a, traces, n, views);
    for (size_t i = 0; status == STATUS_OK && i < n; i++) {
        struct opinions o = judge_class(traces[i], &views[i]);

        write_facts(traces[i], &views[i]);
        write_verdicts(legal, &o, when_ns, traces[i]);
    }
    free(views);
    return status;
}

static bool listed(const struct trace *t, const char *code)
{
    for (size_t i = 0; i < t->fact_count; i++)
        if (strcmp(t->facts[i], code) == 0)
            return true;
    return false;
}

const char *verdict_text(
        const struct trace *trace, enum reading reading, enum verdict_language language)
{
    const struct verdict_sentence *s = verdict_sentences;

    /* The table ends in a row that fits everything. */
    while ((s->class_ != VERDICT_ANY && s->class_ != (int)trace->class_) ||
            (s->reading != VERDICT_ANY && s->reading != (int)reading) ||
            (s->verdict != VERDICT_ANY && s->verdict != (int)trace->verdicts[reading]) ||
            (s->fact != NULL && !listed(trace, s->fact)))
        s++;
    return language == VERDICT_CHINESE ? s->zh : s->en;
}

const char *verdict_fact_text(const char *code, enum verdict_language language)
{
    for (const struct verdict_fact_sentence *s = verdict_fact_sentences; s->code != NULL; s++)
        if (strcmp(s->code, code) == 0)
            return language == VERDICT_CHINESE ? s->zh : s->en;
    return NULL;
}
