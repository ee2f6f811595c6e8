/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/finding_respawn.h"

#include <string.h>

enum { WEIGHT = 48 /* above all identifiers: the person had cleared it */ };

static const char *const names[RESPAWN_WAYS] = {
        "etag", "last-modified", "cache", "redirect", "storage", "other-site"};

static const char *const words_en[RESPAWN_WAYS] = {"a cache validator (ETag)",
        "a Last-Modified that is no date", "a response kept in the cache",
        "a permanent redirect kept in the cache", "a store of the page's scripts",
        "another site, which had it first"};
static const char *const words_zh[RESPAWN_WAYS] = {"缓存校验值（ETag）",
        "并非日期的 Last-Modified", "缓存中保存的响应", "缓存中保存的永久重定向",
        "页面脚本的本地存储", "先行持有该值的另一网站"};

static enum status put_ways(struct buf *out, const struct respawned *r,
        const char *const *words, const char *between, const char *none)
{
    enum status status = STATUS_OK;
    size_t n = 0;

    for (size_t i = 0; i < RESPAWN_WAYS && status == STATUS_OK; i++) {
        if (r->via[i])
            status = buf_print(out, "%s%s", n++ == 0 ? "" : between, words[i]);
    }
    return status == STATUS_OK && n == 0 ? buf_text(out, none) : status;
}

static bool say(struct arena *arena, const struct respawned *r, struct finding *f)
{
    static const char *const sentences[2][2] = {
            {"After cookies were cleared, $0 was sent the identifier $1 = $2 again, which it "
             "had before. It can have come back by: $3.",
                    "Cookie 清除之后，$0 再次收到其此前持有的标识符 $1 = "
                    "$2。其可能的恢复途径：$4。"},
            {"After cookies were cleared, $0 set the identifier $1 = $2 again, which it had "
             "before. It can have come back by: $3.",
                    "Cookie 清除之后，$0 再次写入其此前持有的标识符 $1 = "
                    "$2。其可能的恢复途径：$4。"},
    };
    struct buf ways[2];
    bool ok;

    for (size_t i = 0; i < 2; i++)
        buf_init(&ways[i], FINDING_STATEMENT_MOST);
    ok = put_ways(&ways[0], r, words_en, ", ", "a way that was not seen") == STATUS_OK &&
         put_ways(&ways[1], r, words_zh, "、", "未观察到的途径") == STATUS_OK;
    if (ok) {
        const struct finding_word words[] = {{r->after->recipient, FINDING_NAME_SHOWN},
                {r->after->name, FINDING_NAME_SHOWN}, {r->value, FINDING_VALUE_SHOWN},
                {buf_view(&ways[0]), FINDING_STATEMENT_MOST},
                {buf_view(&ways[1]), FINDING_STATEMENT_MOST}};

        f->statement_en = finding_say(arena, sentences[r->set][0], words);
        f->statement_zh = finding_say(arena, sentences[r->set][1], words);
        ok = f->statement_en != NULL && f->statement_zh != NULL;
    }
    for (size_t i = 0; i < 2; i++)
        buf_clear(&ways[i]);
    return ok;
}

static bool add_facts(struct arena *arena, const struct respawned *r, struct finding *f)
{
    struct bytes *via = arena_array(arena, RESPAWN_WAYS + 1, sizeof(*via));
    size_t n = 0;

    if (via == NULL)
        return false;
    for (size_t i = 0; i < RESPAWN_WAYS; i++) {
        if (r->via[i])
            via[n++] = bytes_text(names[i]);
    }
    if (n == 0)
        via[n++] = BYTES_LITERAL("unknown");
    finding_add_text(f, "name", r->after->name);
    finding_add_text(f, "value", r->value);
    finding_add_fact(
            f, &(struct finding_fact){
                       .name = "via", .kind = FACT_LIST, .list = via, .list_count = n});
    finding_add_text(f, "came_back", r->set ? BYTES_LITERAL("set") : BYTES_LITERAL("sent"));
    if (r->came_by.n != 0)
        finding_add_text(f, "came_by", r->came_by);
    finding_add_fact(f, &(struct finding_fact){.name = "seconds_after_clearing",
                                .kind = FACT_NUMBER,
                                .number = (r->back_ns - r->cleared_ns) / 1000000000});
    return true;
}

/* What the claim needs first: where it was, where it is again, and how it can have come. */
static bool cite(struct arena *arena, const struct respawned *r, struct finding *f)
{
    struct place first[3], *all;
    size_t n = 0, made, kept;

    if (r->before->place_count != 0)
        first[n++] = r->before->places[0];
    if (r->place.part != NULL)
        first[n++] = r->place;
    if (r->witness.part != NULL)
        first[n++] = r->witness;
    if (!finding_take_evidence(arena, f))
        return false;
    kept = f->evidence_count + n > FINDING_EVIDENCE_MOST ? FINDING_EVIDENCE_MOST - n
                                                         : f->evidence_count;
    all = arena_array(arena, kept + n, sizeof(*all));
    if (all == NULL)
        return false;
    memcpy(all, first, n * sizeof(*all));
    made = n;
    for (size_t i = 0; i < kept; i++) {
        const struct place *p = &f->evidence[i];
        bool cited = false;

        for (size_t k = 0; k < n; k++)
            cited |= first[k].exchange == p->exchange && first[k].off == p->off &&
                     strcmp(first[k].part, p->part) == 0;
        if (!cited)
            all[made++] = *p;
    }
    f->evidence = all;
    f->evidence_count = made;
    return true;
}

bool respawn_state(struct arena *arena, const struct respawned *r, struct findings *out)
{
    struct finding *f = finding_new(arena, "identifier-respawn", out);
    bool direct = r->via[RESPAWN_REDIRECT] || r->via[RESPAWN_STORAGE];

    if (f == NULL || !finding_add_trace(arena, f, r->before) ||
            (r->after != r->before && !finding_add_trace(arena, f, r->after)))
        return false;
    f->recipient = r->after->recipient;
    f->recipient_site = r->after->recipient_site;
    f->owner = r->after->owner;
    if (r->after->page_count != 0)
        f->page_site = r->after->pages[0];
    /* That it came back is seen; by which of the ways that were open is inferred. */
    f->grade = direct ? GRADE_OBSERVED : GRADE_INFERRED;
    f->weight = WEIGHT + r->after->score;
    finding_take_verdicts(f);
    return say(arena, r, f) && add_facts(arena, r, f) && cite(arena, r, f);
}
