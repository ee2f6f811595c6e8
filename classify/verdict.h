/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSIFY_VERDICT_H
#define CLASSIFY_VERDICT_H

/*
 * From what was seen of a trace to a verdict under each legal reading, with its grounds.
 *
 * The readings
 *   alone     this item by itself names a natural person. So held for search records under a
 *             cookie in Zhu Ye v. Baidu, second instance; the "ordinary person" of the VPPA.
 *   combined  with other information that the case shows it identifies one (Civil Code 1034).
 *   broad     it relates to an identifiable person; to single one out is enough (PIPL 4,
 *             GB/T 35273 3.1, GDPR 4(1) with recital 26, CCPA).
 *
 * What the values mean
 *   identifiable  the facts listed satisfy a rule of that reading; the grounds name it.
 *   anonymous     said in three cases only. Under `alone`: the item carries no name of a natural
 *                 person in itself. That is the narrow reading's own answer and says nothing of
 *                 what its recipient knows; the grounds name that reading and its case. Under
 *                 `combined`: what was searched for or read went out without anything that can
 *                 have been an identifier, and its recipient got none in the whole case. And
 *                 under any reading where a lowering rule holds: D2 (combined), D3, or D1 and
 *                 D5, which need more than one capture and are taken over when already noted.
 *                 Never of a digest of the person's own value (U4): it is de-identified.
 *   undetermined  everything else. A client cannot see its recipients' tables.
 * A verdict other than undetermined has at least one ground that was valid at the time of the
 * capture; where none was, it is undetermined.
 *
 * The facts (trace.facts), as far as the traces of one capture can show them
 *   U1  one request carried this identifier and a direct identifier
 *   U2  another request to the same site carried this value with a direct identifier, or any
 *       with an account; of content: its request carried an identifier with U1, U2 or U4, or
 *       an account or direct identifier
 *   U3  the value, or its strongest part, of 33 bits or more went to two sites whose owners
 *       are not known to belong to one group
 *   U5  it lasts; always with one or both of
 *       U5-lifetime  declared for 30 days or more
 *       U5-visits    sent during two or more page visits of this capture (no statement about
 *                    the time after it)
 *   U7  the same site received it from pages of two or more sites of different groups
 *   U9  page address, title or search text travelled in the same request
 *   D2  declared to end with the session, sent from the pages of one site, no U1 to U3, and
 *       every request that carried it was seen whole and attributed
 *   D3  a single attribute with few possible values
 *   D4  a place without its exactness, or a network address without its end
 * U4, U6, U8, U10, U11, D1 and D5 need the person's own values, a second profile or a
 * dictionary. They are kept where the caller noted them before, and then count: U4 makes it
 * de-identified, U6 lowers the bits that single out to VERDICT_BITS_DIFFERING, U8 makes it
 * last, U11 makes what was searched for or read relate to the person, D1 and D5 end a reading
 * unless a raising fact speaks against them. U10 is a label and changes nothing. U9 counts when
 * noted on an identifier that holds a declared value.
 * Only the occurrences a trace lists (TRACE_PLACES_MOST) are looked at for U1, U2 and U9.
 */

#include "classify/legal.h"
#include "classify/party.h"
#include "classify/trace.h"

enum {
    VERDICT_BITS_LEAST = 33,      /* nominal bits that tell all living people apart */
    VERDICT_BITS_DIFFERING = 28,  /* the same where a control profile shows it to differ (U6) */
    VERDICT_LIFETIME_DAYS = 30,   /* U5 */
    VERDICT_LOW_BITS_MOST = 32,   /* D3: nominal bits of one attribute that is a word */
    VERDICT_LOW_NUMBER_MOST = 16, /* D3: of one that is a number: up to four digits */
    VERDICT_LOW_TOGETHER = 4,     /* D3 under `broad`: so many in one request at most */
};

/* A term of trace.terms with this code says that the value's format is a known one. */
#define VERDICT_KNOWN_FORMAT "known-format"

/*
 * Fills facts, verdicts and grounds of each trace; the rest of them must be filled, and places
 * refer to `e`. `parties` may be NULL: then owners are told apart by site alone. Grounds borrow
 * from `legal`. STATUS_NOMEM leaves the traces untouched. O(n log n).
 */
MUST_USE enum status verdict_judge(const struct legal *legal, const struct parties *parties,
        const struct evidence *e, const struct attributions *a, struct trace **traces, size_t n,
        int64_t when_ns);

enum verdict_language {
    VERDICT_ENGLISH,
    VERDICT_CHINESE,
};

/* One sentence that says why a judged trace has its verdict under `reading`. */
const char *verdict_text(
        const struct trace *trace, enum reading reading, enum verdict_language language);
/* What a code of trace.facts means, one sentence; NULL when it is none. */
const char *verdict_fact_text(const char *code, enum verdict_language language);

#endif
