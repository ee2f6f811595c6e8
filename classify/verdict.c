/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/verdict.h"

#include <stdlib.h>
#include <string.h>

#include "classify/verdict_fact.h"
#include "classify/verdict_place.h"
#include "classify/verdict_table.h"

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
    if (has(view, FACT_U3) || has(view, FACT_U5_LIFETIME) || has(view, FACT_U7) ||
            has(view, FACT_U8))
        asked |= LEGAL_BIT(LEGAL_PERSISTENT_IDENTIFIER);
    if (has(view, FACT_U11))
        asked |= LEGAL_BIT(LEGAL_PERSONALISED);
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

static void judge_direct(struct opinions *o)
{
    const uint64_t asked = LEGAL_BIT(LEGAL_DIRECT_IDENTIFIER);

    say(o, READING_ALONE, VERDICT_IDENTIFIABLE, asked);
    say(o, READING_COMBINED, VERDICT_IDENTIFIABLE, asked);
    say(o, READING_BROAD, VERDICT_IDENTIFIABLE, asked);
}

/* U4. A digest names nobody to a reader, but whoever has a list of such values undoes it: it is
 * de-identified (PIPL 73(3)), and under no reading anonymous (73(4)). */
static void judge_hashed(struct opinions *o, const struct verdict_view *view)
{
    const uint64_t asked = LEGAL_BIT(LEGAL_HASHED_DIRECT);

    say(o, READING_ALONE, VERDICT_UNDETERMINED, asked);
    say(o, READING_COMBINED, VERDICT_IDENTIFIABLE, asked | links(view));
    say(o, READING_BROAD, VERDICT_IDENTIFIABLE, asked | gathered(view));
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
    if (view->bare && links(view) == 0 && o->of[READING_ALONE].verdict == VERDICT_ANONYMOUS)
        say(o, READING_COMBINED, VERDICT_ANONYMOUS, LEGAL_BIT(LEGAL_ACTIVITY_ALONE));
    /* An answer that made use of it shows that it was tied to who sent it. */
    if ((view->with & WITH_IDENTIFIER) != 0 || has(view, FACT_U11))
        say(o, READING_BROAD, VERDICT_IDENTIFIABLE,
                LEGAL_BIT(LEGAL_ACTIVITY) |
                        (has(view, FACT_U11) ? LEGAL_BIT(LEGAL_PERSONALISED) : 0));
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

static void judge_location(
        struct opinions *o, const struct trace *t, const struct verdict_view *view)
{
    const uint64_t asked = LEGAL_BIT(LEGAL_LOCATION);
    bool precise = verdict_is_precise(t->decoded.n != 0 ? t->decoded : t->value);

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

/* The visitor's own network address, written into a value. In full, who has the right to ask
 * the access provider can have its holder named: Breyer, C-582/14. */
static void judge_address(struct opinions *o, const struct verdict_view *view)
{
    const uint64_t asked = LEGAL_BIT(LEGAL_ADDRESS);
    bool whole = !has(view, FACT_D4);

    say_names_nobody(o);
    say(o, READING_COMBINED,
            whole || (view->with & WITH_LINKED) != 0 ? VERDICT_IDENTIFIABLE
                                                     : VERDICT_UNDETERMINED,
            asked);
    say(o, READING_BROAD,
            whole || (view->with & WITH_IDENTIFIER) != 0 ? VERDICT_IDENTIFIABLE
                                                         : VERDICT_UNDETERMINED,
            asked);
}

/* A value that no form explains, but that differs between profiles or came back after it was
 * cleared, and stays: it does what identifiers do. */
static bool acts_as_identifier(const struct trace *t, const struct verdict_view *view)
{
    bool stays = has(view, FACT_U5) || has(view, FACT_U7) || has(view, FACT_U8);

    return t->class_ == CLASS_UNKNOWN && t->bits >= VERDICT_BITS_DIFFERING && stays &&
           (has(view, FACT_U6) || has(view, FACT_U8));
}

/* Settings, software, and what nobody knows: only a lowering rule says anything. */
static void judge_rest(
        struct opinions *o, const struct trace *t, const struct verdict_view *view)
{
    const uint64_t low = LEGAL_BIT(LEGAL_LOW_CARDINALITY);
    bool single = has(view, FACT_D3);

    say(o, READING_ALONE, VERDICT_UNDETERMINED, LEGAL_BIT(LEGAL_DIRECT_IDENTIFIER));
    say(o, READING_COMBINED, VERDICT_UNDETERMINED, LEGAL_BIT(LEGAL_IDENTIFIER_WITH_DIRECT));
    say(o, READING_BROAD, VERDICT_UNDETERMINED, LEGAL_BIT(LEGAL_IDENTIFIER));
    if (acts_as_identifier(t, view)) {
        say_combined(o, view, LEGAL_BIT(LEGAL_IDENTIFIER_WITH_DIRECT));
        say(o, READING_BROAD, VERDICT_IDENTIFIABLE,
                LEGAL_BIT(LEGAL_IDENTIFIER) | gathered(view));
        return;
    }
    if (single)
        say(o, READING_ALONE, VERDICT_ANONYMOUS, low);
    if (single && (view->with & WITH_IDENTIFIER) == 0)
        say(o, READING_COMBINED, VERDICT_ANONYMOUS, low);
    if (single && t->class_ == CLASS_TECHNICAL &&
            (view->with & (WITH_IDENTIFIER | WITH_MANY_LOW)) == 0)
        say(o, READING_BROAD, VERDICT_ANONYMOUS, low);
}

/* D1 and D5: the same for everybody, or of many together. Not of what names a person, opens an
 * account or stands on a device, nor of what somebody read; nor against a fact that raises. */
static void lower(struct opinions *o, const struct trace *t, const struct verdict_view *view)
{
    const uint32_t raised = FACT_BIT(FACT_U1) | FACT_BIT(FACT_U2) | FACT_BIT(FACT_U4) |
                            FACT_BIT(FACT_U6) | FACT_BIT(FACT_U8);
    uint64_t asked = has(view, FACT_D1)   ? LEGAL_BIT(LEGAL_SAME_FOR_ALL)
                     : has(view, FACT_D5) ? LEGAL_BIT(LEGAL_AGGREGATE)
                                          : 0;
    bool fits = t->class_ == CLASS_UNKNOWN || t->class_ == CLASS_TECHNICAL ||
                t->class_ == CLASS_PREFERENCE || t->class_ == CLASS_BROWSER_IDENTIFIER ||
                t->class_ == CLASS_SESSION;

    if (asked == 0 || !fits || (view->facts & raised) != 0)
        return;
    for (unsigned r = 0; r < READINGS; r++)
        say(o, r, VERDICT_ANONYMOUS, asked);
}

static bool is_text(const struct trace *t)
{
    return t->class_ == CLASS_SEARCH || t->class_ == CLASS_CONTENT ||
           t->class_ == CLASS_LOCATION;
}

static bool is_address(const struct trace *t)
{
    return !verdict_is_identifier(t) && !is_text(t) && verdict_names_address(t->name) &&
           verdict_address_of(t->decoded.n != 0 ? t->decoded : t->value) != ADDRESS_NONE;
}

static struct opinions judge_class(const struct trace *t, const struct verdict_view *view)
{
    struct opinions o;

    if (has(view, FACT_U4) && !is_text(t)) {
        judge_hashed(&o, view);
        return o;
    }
    if (is_address(t)) {
        judge_address(&o, view);
        return o;
    }
    switch (t->class_) {
    case CLASS_DIRECT:
        judge_direct(&o);
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
    lower(&o, t, view);
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
