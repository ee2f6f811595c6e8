/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes: classify/verdict.c, verdict_fact.c, verdict_bare.c and together.c. Each line is one
 * trace: six bytes choose its class, carrier, recipient, exchange, lifetime and a fact noted
 * before, the rest is its value. Every verdict other than undetermined has a ground that holds,
 * "alone" and U3 keep their promises, a digest (U4) is never anonymous, U10 changes nothing,
 * every fact and verdict has words, the order of the traces changes nothing, and an exchange is
 * never more anonymous than what it carries.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "classify/together.h"
#include "classify/verdict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 24, EXCHANGES = 6 };

static const char *const hosts[] = {"google.com", "doubleclick.net", "ads.test", "qq.com"};

struct capture {
    struct exchange exchanges[EXCHANGES];
    struct exchange *list[EXCHANGES];
    struct evidence e;
    struct visit visits[2];
    struct attribution of[EXCHANGES];
    struct attributions a;
    struct trace traces[MOST];
    struct trace *ordered[MOST];
    struct place places[MOST];
    size_t n;
};

static void add(struct capture *c, struct bytes line)
{
    struct trace *t = &c->traces[c->n];
    static const char *const noted[] = {"U4", "U6", "U8", "U10", "U11", "D1", "D4", "D5"};
    uint8_t pick[6];

    for (size_t i = 0; i < sizeof(pick); i++)
        if (!bytes_take_u8(&line, &pick[i]))
            return;
    t->class_ = pick[0] % (CLASS_TECHNICAL + 1);
    t->carrier = pick[1] % (CARRIER_TLS + 1);
    t->recipient = t->recipient_site = bytes_text(hosts[pick[2] % 4]);
    t->places = &c->places[c->n];
    t->places[0] = (struct place){pick[3] % EXCHANGES, "request.path", 0, 1};
    t->place_count = 1;
    t->count = 1;
    t->lifetime_s = (int64_t)pick[4] * 86400 - 86400;
    t->bits = line.n > 8 ? 64 : line.n > 5 ? 30 : 8;
    if (pick[5] % 16 < sizeof(noted) / sizeof(*noted))
        t->facts[t->fact_count++] = noted[pick[5] % 16];
    t->name = pick[5] % 2 == 0 ? BYTES_LITERAL("client_ip") : BYTES_LITERAL("name");
    t->number = c->n + 1;
    t->value = t->decoded = line;
    t->pages[0] = bytes_text(hosts[pick[3] % 3]);
    t->page_count = 1;
    c->ordered[c->n++] = t;
}

static void check(const struct legal *l, const struct trace *t, int64_t when)
{
    for (unsigned r = 0; r < READINGS; r++) {
        assert(t->verdicts[r] == VERDICT_UNDETERMINED || t->ground_count[r] > 0);
        for (size_t g = 0; g < t->ground_count[r]; g++)
            assert(legal_valid_at(legal_find(l, t->grounds[r][g]), when));
        assert(verdict_text(t, r, VERDICT_ENGLISH)[0] != '\0');
        assert(strstr(verdict_text(t, r, VERDICT_ENGLISH), "The facts and grounds") == NULL);
        /* A digest of content is content; all other digests are somebody's. */
        for (size_t f = 0; f < t->fact_count; f++)
            assert(strcmp(t->facts[f], "U4") != 0 || t->verdicts[r] != VERDICT_ANONYMOUS ||
                    t->class_ == CLASS_SEARCH || t->class_ == CLASS_CONTENT ||
                    t->class_ == CLASS_LOCATION);
    }
    assert(t->verdicts[READING_ALONE] != VERDICT_IDENTIFIABLE || t->class_ == CLASS_DIRECT);
    for (size_t f = 0; f < t->fact_count; f++) {
        assert(verdict_fact_text(t->facts[f], VERDICT_CHINESE) != NULL);
        assert(f == 0 || strcmp(t->facts[f - 1], t->facts[f]) != 0);
    }
}

static void check_together(const struct capture *c, const struct legal *l, int64_t when)
{
    struct together out[EXCHANGES];

    if (together_judge(l, c->ordered, c->n, EXCHANGES, when, out) != STATUS_OK)
        abort();
    for (size_t i = 0; i < c->n; i++) {
        const struct trace *t = &c->traces[i];
        const struct together *o = &out[t->places[0].exchange];

        for (unsigned r = 0; r < READINGS; r++) {
            assert(o->because[r] != NULL);
            assert(t->verdicts[r] != VERDICT_IDENTIFIABLE ||
                    o->verdicts[r] == VERDICT_IDENTIFIABLE);
            assert(t->verdicts[r] != VERDICT_UNDETERMINED ||
                    o->verdicts[r] != VERDICT_ANONYMOUS);
        }
        assert(o->verdicts[READING_BROAD] != VERDICT_ANONYMOUS);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct legal *legal;
    static struct parties *parties;
    const int64_t when = (int64_t)1767225600 * 1000000000;
    struct capture *c = calloc(1, sizeof(*c));
    struct bytes rest = bytes_of(data, size), line;
    static struct trace first[MOST];

    if (legal == NULL)
        legal = legal_new(NULL, NULL);
    if (parties == NULL)
        parties = parties_new();
    if (c == NULL || legal == NULL || parties == NULL)
        abort();
    for (size_t i = 0; i < EXCHANGES; i++) {
        c->list[i] = &c->exchanges[i];
        c->exchanges[i].request.whole = i != 0;
        c->of[i].visit = i == 1 ? NULL : &c->visits[i % 2];
    }
    c->e.exchanges = c->list;
    c->e.exchange_count = EXCHANGES;
    c->a.of = c->of;
    while (c->n < MOST && bytes_take_line(&rest, &line))
        add(c, line);
    if (verdict_judge(legal, parties, &c->e, &c->a, c->ordered, c->n, when) != STATUS_OK)
        abort();
    for (size_t i = 0; i < c->n; i++)
        check(legal, &c->traces[i], when);
    check_together(c, legal, when);
    memcpy(first, c->traces, sizeof(first));
    for (size_t i = 0; i < c->n; i++)
        c->ordered[i] = &c->traces[c->n - 1 - i];
    if (verdict_judge(legal, parties, &c->e, &c->a, c->ordered, c->n, when) != STATUS_OK)
        abort();
    for (size_t i = 0; i < c->n; i++) {
        assert(first[i].fact_count == c->traces[i].fact_count);
        assert(memcmp(first[i].verdicts, c->traces[i].verdicts, sizeof(first[i].verdicts)) ==
                0);
    }
    free(c);
    return 0;
}
