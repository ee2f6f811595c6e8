/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_PAGE_PARTS_H
#define REPORT_PAGE_PARTS_H

/* What the sections of the page share. Only report/page*.c include this. */

#include "classify/consent.h"
#include "classify/verdict.h"
#include "report/html.h"
#include "report/mask.h"
#include "report/page.h"

enum {
    PAGE_VISITS_MOST = 200,     /* rows of the table of pages */
    PAGE_RECIPIENTS_MOST = 300, /* rows of the table of recipients */
    PAGE_CARDS_MOST = 60,       /* recipients told in detail */
    PAGE_ITEMS_MOST = 20,       /* items told in full */
    PAGE_ROWS_MOST = 400,       /* further items, one row each */
    PAGE_KINDS_MOST = 32,       /* kinds of findings */
    PAGE_KIND_MOST = 6,         /* findings of one kind told in full */
    PAGE_KIND_ROWS_MOST = 200,  /* further ones of that kind, one row each */
    PAGE_OPEN_MOST = 1,         /* items whose grounds are unfolded */
    PAGE_SERVERS_MOST = 8,      /* addresses told of one recipient */
    PAGE_VENDORS_MOST = 8,      /* likewise protocols of vendors */
    PAGE_DECLARED_MOST = 200,   /* declared values, one row each */
    PAGE_MARKS_MOST = 60,       /* marks listed */
    PAGE_TIMELINES_MOST = 20,   /* sites whose time line is drawn */
    PAGE_CONSENTS_MOST = 20,    /* consent records read out */
    PAGE_ACTS_MOST = 100,       /* acts of the custody log that are listed */
    PAGE_DETAILS_MOST = 12,     /* of one of them, members of its detail */
    PAGE_REASONS_MOST = 200,    /* flags of the browser, likewise settings */
    PAGE_BREAKS_MOST = 60,      /* interruptions of a recording */
    PAGE_SCREENS_MOST = 60,     /* screenshots listed */
    PAGE_TELLING = 10,          /* findings in the summary */
    PAGE_EVIDENCE_MOST = 8,     /* places cited with a finding or an item */
    PAGE_NAMES_MOST = 12,       /* hosts, pages, identifiers in one list */
    PAGE_GAPS_MOST = 40,        /* connections listed as unread */
    PAGE_INCOMPLETE_MOST = 60,  /* exchanges listed as incomplete */
    PAGE_MESSAGES_MOST = 60,    /* messages of WebSockets that are shown */
    PAGE_PREVIEW_MOST = 160,    /* bytes of such a message */
    PAGE_URL_MOST = 300,        /* bytes of a URL that are shown */
    PAGE_VALUE_MOST = 240,      /* bytes of a value that are shown */
    PAGE_NAME_MOST = 80,        /* bytes of a host or a name that are shown */
    PAGE_RULE_MOST = 200,       /* bytes of a list's rule that are shown */
    PAGE_STATEMENT_MOST = 2000,
    PAGE_GAP_WORDS = 18, /* page_terms.c: gaps told by more than their cause */
    PAGE_GAP_KINDS = GAP_CAUSES * (1 + PAGE_GAP_WORDS),
    TRACE_CLASSES = CLASS_TECHNICAL + 1,
};

/* A vendor's protocol, as one recipient was spoken to. */
struct spoken {
    const struct vendor *vendor;
    bool home, elsewhere; /* at hosts of the vendor's own; at others */
};

/* All exchanges with hosts of one site. */
struct recipient {
    struct bytes site;
    const char *owner; /* NULL unknown */
    const struct party_owner *row;
    struct bytes hosts[PAGE_NAMES_MOST]; /* the first in order of bytes */
    size_t host_count;                   /* of all */
    struct bytes pages[PAGE_NAMES_MOST];
    size_t page_count;
    bool more_pages;
    bool first, third;                               /* seen as such at least once */
    uint64_t exchanges, blocked, incomplete, unread; /* unread: connections, by server name */
    const struct match_rule *rule;                   /* the first list rule that matched */
    const struct trace **traces;                     /* most telling first */
    size_t trace_count;
    uint64_t classes[TRACE_CLASSES];
    uint64_t identifying; /* traces whose value points to a person, device or browser */
    size_t servers[PAGE_SERVERS_MOST]; /* of the judgement, in its order */
    size_t server_count, server_seen;  /* of all; the last that was counted, from 1 */
    struct spoken spoken[PAGE_VENDORS_MOST];
    size_t spoken_count;
    size_t declared[PAGE_NAMES_MOST]; /* values of the subject that it was sent */
    size_t declared_count;
    bool more_declared;
};

struct page {
    struct html h;
    enum language language;
    const struct evidence *e;
    const struct judgement *j;
    const struct page_facts *facts;
    struct arena *arena;
    struct mask mask;
    const struct trace **ranked; /* all traces, most telling first */
    size_t personal;             /* so many of them, in front, concern a person */
    uint64_t classes[TRACE_CLASSES];
    struct recipient *recipients; /* third parties first, those that got most before others */
    size_t recipient_count;
    uint64_t attributed; /* exchanges whose page is known */
    bool *told;          /* by finding: it is told in full */
};

/* page_gather.c: fills ranked and recipients. STATUS_NOMEM. */
MUST_USE enum status page_gather(struct page *p);
/* Ids of persons, accounts, devices, browsers; then what else tells of a person. */
MUST_USE bool page_identifies(const struct trace *t);
MUST_USE bool page_personal(const struct trace *t);

/* page_findings.c: chooses the findings that are told in full. STATUS_NOMEM. */
MUST_USE enum status page_findings_choose(struct page *p);

/* The sections, in the order of the page. */
void page_summary(struct page *p); /* page_summary.c */
void page_proof(struct page *p);   /* page_summary.c */
void page_session(
        struct page *p); /* page_session.c: how it was recorded; nothing unless it was */
void page_screens(struct page *p);    /* page_screens.c: likewise */
void page_visits(struct page *p);     /* page_visits.c */
void page_recipients(struct page *p); /* page_recipients.c */
void page_declared(struct page *p); /* page_declared.c: what was declared, and where it went */
void page_consent(struct page *p); /* page_consent.c: what was sent in which state of consent */
void page_items(struct page *p);   /* page_items.c */
void page_findings(struct page *p); /* page_findings.c */
void page_sockets(struct page *p);  /* page_sockets.c: nothing where there were none */
MUST_USE bool page_has_sockets(const struct page *p);
void page_limits(struct page *p);   /* page_limits.c */
void page_basis(struct page *p);    /* page_basis.c: lists, tables, rules, options */
void page_verify(struct page *p);   /* page_basis.c */
void page_glossary(struct page *p); /* page_glossary.c */

/* page_environment.c: the machine before and after; nothing where nobody looked. */
void page_environment(struct page *p);
MUST_USE bool page_has_environment(const struct page *p);

/* page_consent_chart.c: a drawing of the time line of one site. */
void page_consent_chart(struct page *p, const struct consent_page *c);

/* page_facts.c: one fact of a finding, as <dt> and <dd>. */
void page_fact(struct page *p, const struct finding_fact *f);
/* What a token of such a fact is called; NULL: it has no words. */
const char *page_token_word(const char *fact, struct bytes token);
/* What the fact is called; NULL: it has no words. */
const char *page_fact_word(const char *fact);
/* "telephone number 1": never the value itself, unless it is a search term. */
void page_declared_label(struct page *p, const struct subject_value *v);

/* page_write.c. The English texts given to these are keys of words.h. */
const char *page_word(const struct page *p, const char *english) __attribute__((format_arg(2)));
void page_say(struct page *p, const char *english, ...) PRINTF_LIKE(2, 3);
void page_paragraph(struct page *p, const char *english, ...) PRINTF_LIKE(2, 3);
void page_section(struct page *p, const char *id, const char *english); /* opens; h2 */
void page_head(struct page *p, const char *english);                    /* <th scope=col> */
void page_label(struct page *p, const char *english);                   /* <dt> */
/* A table in a box that scrolls on narrow screens, with its caption; close with page_table_end. */
void page_table(struct page *p, const char *english);
void page_columns(
        struct page *p, const char *const *english, size_t n); /* thead; opens tbody */
void page_table_end(struct page *p);
void page_caption(struct page *p, const char *english);

/* Captured text: at most `most` bytes, the cut stated, credentials masked. */
void page_excerpt(struct page *p, struct bytes text, size_t most);
void page_code(struct page *p, struct bytes text, size_t most); /* in <code> */
/* The same of a text of which `text` is the beginning; `all`: its bytes. */
void page_code_of(struct page *p, struct bytes text, size_t most, uint64_t all);
void page_cell(struct page *p, struct bytes text, size_t most); /* <td> of it */
void page_number(struct page *p, uint64_t n);                   /* 1,234,567 */
void page_number_cell(struct page *p, uint64_t n);
void page_time(struct page *p, int64_t ns); /* <time>, UTC, to the microsecond */
/* The same of a time as in RFC 3339; another text is shown as it is. NULL: nothing. */
void page_time_text(struct page *p, const char *text);
void page_exchange_id(struct page *p, size_t exchange);
void page_trace_id(struct page *p, const struct trace *t); /* "i12", a link when it is told */
void page_value(struct page *p, const struct trace *t);    /* masked when it is a credential */
void page_lifetime(struct page *p, int64_t seconds);
/* Up to PAGE_NAMES_MOST names, comma between, "and n more". */
void page_names(struct page *p, const struct bytes *names, size_t shown, size_t all);
/* The packets of an exchange's request or response and the filters that find them. */
void page_packets(struct page *p, size_t exchange, bool response);
/* A number and what it counts, in a <dl> of figures. */
void page_figure(struct page *p, const char *english, uint64_t n);
void page_comma(struct page *p); /* between things of a list */
/* The verdict table: the grounds of `t` or of `f`; why, where a trace `t` is given. */
void page_verdicts(struct page *p, const struct trace *t, const struct finding *f);
/* The same, folded away under a line that says the verdicts. */
void page_verdicts_fold(
        struct page *p, const struct trace *t, const struct finding *f, bool open);
/* Opens <details> with its <summary>; html_close ends it. */
void page_fold(struct page *p, bool open, const char *english, ...) PRINTF_LIKE(3, 4);
/* page_basis.c: a row of its id, law and statement; the <tr> stays open. */
void page_rule(struct page *p, const struct legal_rule *rule);
void page_law(struct page *p, const struct legal_rule *rule); /* law and article */
enum verdict_language page_verdict_language(const struct page *p);

/* page_terms.c: what the code's terms are called; English, keys of words.h. */
const char *page_class_word(enum trace_class c);
const char *page_carrier_word(enum carrier c);
const char *page_party_word(enum party party);
const char *page_basis_word(enum page_basis basis);
const char *page_verdict_word(enum verdict v);
const char *page_reading_word(enum reading r);
const char *page_reading_meaning(enum reading r);
const char *page_grade_word(enum grade g);
/* A gap is of a kind: its cause, and words of its own where those of the cause would mislead. Below
 * PAGE_GAP_KINDS; the cause is the kind modulo GAP_CAUSES. */
size_t page_gap_kind(const struct gap *gap);
const char *page_gap_word(size_t kind);
/* Of the names in struct lacks: what its connections carry. */
const char *page_protocol_word(const char *name);
/* Of a WebSocket message; "" for NULL. */
const char *page_opcode_word(const char *opcode);
const char *page_kind_word(const char *kind); /* of a finding; the kind itself when unknown */
const char *page_reason_word(const char *reason); /* why a connection was not read */
const char *page_how_word(const char *set_how);
const char *page_consent_word(enum consent_state state);
const char *page_mark_word(enum mark_kind kind);
const char *page_subject_word(enum subject_kind kind);
const char *page_sensitive_word(const char *category);

#endif
