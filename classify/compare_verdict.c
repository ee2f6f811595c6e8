/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/compare_verdict.h"

#include <string.h>

#include "classify/verdict_fact.h"

static void say(const struct legal *legal, const struct compare_item *item,
        struct compare_finding *f, enum reading reading, enum verdict verdict, uint64_t asked)
{
    const char *ids[TRACE_GROUNDS_MOST];
    size_t n = legal_grounds(legal, reading, asked, verdict == VERDICT_ANONYMOUS,
            item->first_ns, ids, TRACE_GROUNDS_MOST);

    for (size_t i = 0; i < n; i++)
        f->grounds[reading][i] = bytes_text(ids[i]);
    f->ground_count[reading] = n;
    f->verdicts[reading] = n == 0 ? VERDICT_UNDETERMINED : verdict;
}

void compare_verdict_keep(const struct compare_item *item, struct compare_finding *f)
{
    for (unsigned r = 0; r < READINGS; r++) {
        f->verdicts[r] = item->verdicts[r];
        f->ground_count[r] = item->ground_count[r];
        for (size_t i = 0; i < item->ground_count[r]; i++)
            f->grounds[r][i] = item->grounds[r][i];
    }
}

/* Only a word that verdict.h knows is taken over. */
static enum verdict verdict_of(const char *name)
{
    for (unsigned v = VERDICT_IDENTIFIABLE; name != NULL && v <= VERDICT_ANONYMOUS; v++)
        if (strcmp(name, verdict_name(v)) == 0)
            return v;
    return VERDICT_UNDETERMINED;
}

void compare_verdict_origin(const struct json_value *origin, struct compare_finding *f)
{
    for (unsigned r = 0; r < READINGS; r++) {
        const char *key = reading_name(r);
        const struct json_value *grounds = json_member(json_member(origin, "grounds"), key);
        size_t n = 0;

        f->verdicts[r] =
                verdict_of(json_string_of(json_member(json_member(origin, "verdicts"), key)));
        for (const struct json_value *v = json_first(grounds);
                v != NULL && n < TRACE_GROUNDS_MOST; v = json_next(v))
            if (json_string_of(v) != NULL)
                f->grounds[r][n++] = bytes_text(json_string_of(v));
        f->ground_count[r] = n;
    }
}

/* U1 to U3: what else the case shows leads from the value to somebody. */
static uint64_t links(uint32_t facts)
{
    uint64_t asked = 0;

    if ((facts & (FACT_BIT(FACT_U1) | FACT_BIT(FACT_U2))) != 0)
        asked |= LEGAL_BIT(LEGAL_IDENTIFIER_WITH_DIRECT);
    if ((facts & FACT_BIT(FACT_U3)) != 0)
        asked |= LEGAL_BIT(LEGAL_IDENTIFIER_SHARED);
    return asked;
}

static uint64_t gathered(uint32_t facts)
{
    const uint32_t lasting = FACT_BIT(FACT_U3) | FACT_BIT(FACT_U5_LIFETIME) |
                             FACT_BIT(FACT_U7) | FACT_BIT(FACT_U8);
    uint64_t asked = 0;

    if ((facts & FACT_BIT(FACT_U9)) != 0)
        asked |= LEGAL_BIT(LEGAL_ACTIVITY);
    if ((facts & lasting) != 0)
        asked |= LEGAL_BIT(LEGAL_PERSISTENT_IDENTIFIER);
    return asked;
}

/* A name, an account and a device number are what they are, whatever another profile sends. */
static bool stands_by_itself(enum trace_class c)
{
    return c == CLASS_DIRECT || c == CLASS_ACCOUNT || c == CLASS_DEVICE;
}

void compare_verdict_specific(const struct legal *legal, const struct compare_item *item,
        uint32_t facts, unsigned bits, bool session, struct compare_finding *f)
{
    const enum legal_fact kind = session || item->class_ == CLASS_CREDENTIAL
                                         ? LEGAL_SESSION_IDENTIFIER
                                         : LEGAL_IDENTIFIER;
    uint64_t linked = links(facts);

    if (stands_by_itself(item->class_)) {
        compare_verdict_keep(item, f);
        return;
    }
    say(legal, item, f, READING_ALONE, VERDICT_ANONYMOUS, LEGAL_BIT(LEGAL_NAMES_NOBODY));
    if (linked != 0)
        say(legal, item, f, READING_COMBINED, VERDICT_IDENTIFIABLE, linked);
    else if (session && (facts & FACT_BIT(FACT_D2)) != 0)
        say(legal, item, f, READING_COMBINED, VERDICT_ANONYMOUS,
                LEGAL_BIT(LEGAL_SESSION_ONE_SITE));
    else
        say(legal, item, f, READING_COMBINED, VERDICT_UNDETERMINED,
                LEGAL_BIT(LEGAL_IDENTIFIER_WITH_DIRECT));
    if (bits >= COMPARE_BITS || item->known_format)
        say(legal, item, f, READING_BROAD, VERDICT_IDENTIFIABLE,
                LEGAL_BIT(kind) | gathered(facts) |
                        (!session && (facts & FACT_BIT(FACT_U5)) != 0
                                        ? LEGAL_BIT(LEGAL_PERSISTENT_IDENTIFIER)
                                        : 0));
    else
        say(legal, item, f, READING_BROAD, VERDICT_UNDETERMINED, LEGAL_BIT(kind));
}

void compare_verdict_equal(const struct legal *legal, const struct compare_item *item,
        bool suspect, struct compare_finding *f)
{
    const uint64_t low = LEGAL_BIT(LEGAL_LOW_CARDINALITY);

    if (stands_by_itself(item->class_) || item->class_ == CLASS_CREDENTIAL) {
        compare_verdict_keep(item, f);
    } else if (suspect) {
        say(legal, item, f, READING_ALONE, VERDICT_ANONYMOUS, LEGAL_BIT(LEGAL_NAMES_NOBODY));
        say(legal, item, f, READING_COMBINED, VERDICT_UNDETERMINED,
                LEGAL_BIT(LEGAL_IDENTIFIER_WITH_DIRECT));
        say(legal, item, f, READING_BROAD, VERDICT_UNDETERMINED, LEGAL_BIT(LEGAL_IDENTIFIER));
    } else {
        for (unsigned r = 0; r < READINGS; r++)
            say(legal, item, f, r, VERDICT_ANONYMOUS, low);
    }
}
