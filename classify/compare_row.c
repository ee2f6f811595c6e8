/* SPDX-License-Identifier: Apache-2.0 */
#include "classify/compare_row.h"

#include <string.h>

#include "classify/similar.h"
#include "classify/value.h"

enum { CHANGES_LEAST = 3 }; /* values of one name that each came once: it changes by itself */

struct reason {
    enum compare_result result;
    const char *en, *zh;
};

#define REASON(name, result, en, zh) static const struct reason name = {result, en, zh}

REASON(persistent, COMPARE_PERSISTENT,
        "the same after a restart of the browser, another in the control profile",
        "重启浏览器后取值不变，对照环境中取值不同");
REASON(specific, COMPARE_SPECIFIC,
        "another in the control profile; whether it outlives a restart was not captured",
        "对照环境中取值不同；未记录重启后的情况，是否持续存在未作判断");
REASON(session, COMPARE_SESSION,
        "another in the control profile, and another after a restart of the browser",
        "对照环境中取值不同，重启浏览器后取值也不同");
REASON(nonce, COMPARE_SESSION,
        "another in the control profile, and it changes within the capture",
        "对照环境中取值不同，且在同一次记录中取值发生变化");
REASON(too_short, COMPARE_SHORT,
        "another in the control profile, but fewer than 28 nominal bits tell the two apart",
        "对照环境中取值不同，但可区分的名义熵不足 28 位");
REASON(suspect, COMPARE_FINGERPRINT,
        "equal in the control profile, 64 nominal bits or more and of no meaning by its form: "
        "either the same for everybody, or computed from properties of the machine, which both "
        "profiles share",
        "对照环境中取值相同，名义熵不低于 64 位且形式上无含义：或者对所有人相同，"
        "或者由两个环境共有的设备特征计算得出");
REASON(equal, COMPARE_EQUAL,
        "equal in the control profile: a constant of the site, or a value that follows from "
        "place, time, or a group the visitor was put in",
        "对照环境中取值相同：属于网站常量，或由地点、时间、访客分组决定");
REASON(brought, COMPARE_EQUAL,
        "equal in the control profile; an earlier response of the capture brought it",
        "对照环境中取值相同；该值由此前的响应带来");
REASON(content, COMPARE_DIFFERS,
        "differs, but says what was looked at, searched, chosen or where, not who",
        "取值不同，但内容表示浏览、搜索、选择或地点，并非识别身份的值");
REASON(form, COMPARE_DIFFERS,
        "differs, but by its form it is a time, a word, a version, a URL or a flag",
        "取值不同，但形式上属于时间、词语、版本号、网址或标志");
REASON(alike, COMPARE_DIFFERS,
        "differs too little: without times and what both have in common, fewer than 20 nominal "
        "bits are left",
        "差异过小：去除时间与共同部分后，剩余名义熵不足 20 位");
REASON(long_value, COMPARE_DIFFERS, "differs; too long to be taken apart",
        "取值不同；值过长，未作分解");
REASON(only_a, COMPARE_NOT,
        "the control profile had to do with the site, but did not carry this name there",
        "对照环境访问过该网站，但未出现此名称");
REASON(no_site, COMPARE_NOT, "the control profile had nothing to do with this site",
        "对照环境与该网站没有往来");
REASON(only_b, COMPARE_NOT, "only in the control profile", "仅在对照环境中出现");

static void say(struct compare_row *row, const struct reason *why)
{
    row->result = why->result;
    row->why_en = why->en;
    row->why_zh = why->zh;
}

const struct compare_entry *compare_value_find(
        const struct compare_values *v, struct bytes text)
{
    size_t low = 0, high = v->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (bytes_compare(v->at[middle].text, text) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < v->n && bytes_equal(v->at[low].text, text) ? &v->at[low] : NULL;
}

/* Says what, not who. */
static bool is_content(const struct compare_item *item)
{
    switch (item->class_) {
    case CLASS_SEARCH:
    case CLASS_CONTENT:
    case CLASS_CONSENT_STRING:
    case CLASS_LOCATION:
        return true;
    case CLASS_UNKNOWN:
    case CLASS_DIRECT:
    case CLASS_ACCOUNT:
    case CLASS_DEVICE:
    case CLASS_BROWSER_IDENTIFIER:
    case CLASS_SESSION:
    case CLASS_CREDENTIAL:
    case CLASS_PREFERENCE:
    case CLASS_TECHNICAL:
        break;
    }
    return item->carrier == CARRIER_REFERER;
}

bool compare_may_identify(struct bytes text, int64_t near_ns)
{
    switch (leaf_kind(text, near_ns)) {
    case LEAF_OPAQUE:
    case LEAF_SHORT:
    case LEAF_NUMBER:
    case LEAF_EMAIL:
        return true;
    case LEAF_TIME:
    case LEAF_URL:
    case LEAF_WORD:
    case LEAF_VERSION:
    case LEAF_FLAG:
    case LEAF_PLAIN:
    case LEAF_SCREEN:
        break;
    }
    return false;
}

/* Both profiles sent it. A value that a page of the site brought along is the site's own. */
static void decide_equal(const struct compare_leaf *leaf, struct compare_row *row)
{
    const struct compare_item *item = row->item;
    bool opaque =
            !leaf->by_hash && leaf_kind(row->text[COMPARE_A], item->first_ns) == LEAF_OPAQUE;

    row->bits = leaf->by_hash ? item->bits : leaf_bits(row->text[COMPARE_A]);
    if (strcmp(item->set_how, "response") == 0)
        say(row, &brought);
    else if (opaque && row->bits >= COMPARE_BITS_SUSPECT && !is_content(item) &&
             item->class_ != CLASS_DIRECT && item->class_ != CLASS_ACCOUNT)
        say(row, &suspect);
    else
        say(row, &equal);
}

/* Against every value that the control had under this name. */
static bool differs(const struct compare_leaf *leaf, struct compare_row *row)
{
    const struct compare_values *b = &leaf->of[COMPARE_B];
    size_t compared = 0;

    row->bits = UINT32_MAX;
    for (size_t i = 0; i < b->n && compared < COMPARE_VALUES_MOST; i++) {
        struct similar_difference d;

        if (i != 0 && bytes_equal(b->at[i].text, b->at[i - 1].text))
            continue;
        compared++;
        d = similar_difference(row->text[COMPARE_A], row->item->first_ns, b->at[i].text,
                b->at[i].item->first_ns);
        row->bits = d.bits < row->bits ? d.bits : row->bits;
        if (!d.specific)
            return false;
    }
    return true;
}

/* A name whose values each came once; and a cookie that the browser sent with
 * several: its server gave another one though it knew the first. */
static bool changes(const struct compare_values *v, const struct compare_item *item)
{
    bool cookie = item->carrier == CARRIER_COOKIE || item->carrier == CARRIER_SET_COOKIE;

    if (cookie && v->sent > 1)
        return true;
    return v->distinct >= CHANGES_LEAST && v->once * 10 >= v->distinct * 8;
}

/* It is the profile's own: does it last? */
static void decide_specific(const struct compare_leaf *leaf, struct compare_row *row)
{
    const struct compare_values *again = &leaf->of[COMPARE_A2];
    bool lasts = leaf->has_restart && compare_value_find(again, row->text[COMPARE_A]) != NULL;

    if (lasts)
        say(row, row->bits < COMPARE_BITS ? &too_short : &persistent);
    else if (changes(&leaf->of[COMPARE_A], row->item))
        say(row, &nonce);
    else if (again->n != 0)
        say(row, &session);
    else
        say(row, row->bits < COMPARE_BITS ? &too_short : &specific);
}

static void measure(uint64_t *budget, struct compare_row *row)
{
    struct bytes a = row->text[COMPARE_A], b = row->text[COMPARE_B];

    row->has_similarity = similar_blocks(a, b, budget, &row->matched);
    row->length = a.n + b.n;
}

void compare_row_decide(
        const struct compare_leaf *leaf, uint64_t *budget, struct compare_row *row)
{
    const struct compare_item *item = row->item;

    if (leaf->of[COMPARE_A].n == 0 || leaf->of[COMPARE_B].n == 0) {
        row->bits =
                leaf->by_hash
                        ? item->bits
                        : leaf_bits(row->text[row->seen[COMPARE_A] ? COMPARE_A : COMPARE_B]);
        say(row, leaf->of[COMPARE_A].n == 0 ? &only_b : leaf->site_in_b ? &only_a : &no_site);
        return;
    }
    if (!leaf->by_hash)
        measure(budget, row);
    if (compare_value_find(&leaf->of[COMPARE_B], row->text[COMPARE_A]) != NULL) {
        decide_equal(leaf, row);
        return;
    }
    row->bits = leaf->by_hash ? item->bits : leaf_bits(row->text[COMPARE_A]);
    if (is_content(item))
        say(row, &content);
    else if (leaf->by_hash && !item->masked)
        say(row, &long_value);
    else if (!leaf->by_hash && !compare_may_identify(row->text[COMPARE_A], item->first_ns))
        say(row, &form);
    else if (!leaf->by_hash && !differs(leaf, row))
        say(row, &alike);
    else
        decide_specific(leaf, row);
}
