/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "classify/readable.h"
#include "report/page_parts.h"

enum { LOOKED_AT = 32 << 10 /* bytes of a message in which credentials are looked for */ };

/* The messages of one WebSocket. */
struct socket {
    size_t first;            /* the first of them */
    uint64_t n[2], bytes[2]; /* sent by the browser, sent by the server */
};

static bool is_sent(const struct exchange *x)
{
    return x->request.seen;
}

static const struct body *body_of(const struct exchange *x)
{
    return is_sent(x) ? &x->request.body : &x->response.body;
}

static bool same_socket(const struct exchange *a, const struct exchange *b)
{
    return a->connection == b->connection && a->stream == b->stream && a->nested == b->nested;
}

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

struct entry {
    const struct exchange *x;
    size_t index;
};

static int by_socket(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;
    int order = ORDER(left->x->connection, right->x->connection);

    if (order == 0)
        order = ORDER(left->x->stream, right->x->stream);
    if (order == 0)
        order = ORDER(left->x->nested, right->x->nested);
    return order == 0 ? ORDER(left->index, right->index) : order;
}

static int by_first(const void *a, const void *b)
{
    const struct socket *left = a, *right = b;

    return ORDER(left->first, right->first);
}

static struct socket *gather(const struct page *p, size_t *count)
{
    struct entry *entries = arena_array(p->arena, p->e->exchange_count + 1, sizeof(*entries));
    struct socket *sockets = NULL;
    size_t n = 0, made = 0;

    for (size_t i = 0; entries != NULL && i < p->e->exchange_count; i++) {
        if (p->e->exchanges[i]->message != 0)
            entries[n++] = (struct entry){p->e->exchanges[i], i};
    }
    if (entries != NULL)
        sockets = arena_array(p->arena, n + 1, sizeof(*sockets));
    if (sockets == NULL)
        return NULL;
    if (n != 0)
        qsort(entries, n, sizeof(*entries), by_socket);
    for (size_t i = 0; i < n; i++) {
        const struct exchange *x = entries[i].x;

        if (i == 0 || !same_socket(entries[i - 1].x, x))
            sockets[made++].first = entries[i].index;
        sockets[made - 1].n[!is_sent(x)]++;
        sockets[made - 1].bytes[!is_sent(x)] += body_of(x)->bytes;
    }
    if (made != 0)
        qsort(sockets, made, sizeof(*sockets), by_first);
    *count = made;
    return sockets;
}

static void write_socket(struct page *p, const struct socket *s)
{
    const struct attribution *a = &p->j->attributions.of[s->first];

    html_open(&p->h, "tr");
    page_cell(p, p->e->exchanges[s->first]->url, PAGE_URL_MOST);
    html_element(&p->h, "td", NULL, page_word(p, page_party_word(a->party)));
    html_open(&p->h, "td");
    if (a->visit != NULL)
        page_excerpt(p, a->visit->site, PAGE_NAME_MOST);
    else
        page_say(p, "unknown");
    html_close(&p->h);
    for (size_t side = 0; side < 2; side++) {
        page_number_cell(p, s->n[side]);
        page_number_cell(p, s->bytes[side]);
    }
    html_close(&p->h);
}

static void write_preview(struct page *p, const struct exchange *x)
{
    struct bytes data = evidence_body(p->e, body_of(x));
    bool text = readable_text(bytes_slice(data, 0, PAGE_PREVIEW_MOST)) ||
                (x->opcode != NULL && strcmp(x->opcode, "text") == 0);

    html_open(&p->h, "td");
    if (body_of(x)->bytes == 0)
        html_element(&p->h, "em", NULL, page_word(p, "(empty)"));
    else if (data.n == 0)
        html_element(&p->h, "em", NULL, page_word(p, "(not kept in this case)"));
    else if (!text)
        html_element(&p->h, "em", NULL, page_word(p, "(binary)"));
    else
        page_code_of(p, bytes_slice(data, 0, LOOKED_AT), PAGE_PREVIEW_MOST, body_of(x)->bytes);
    html_close(&p->h);
}

static void write_message(struct page *p, size_t index)
{
    const struct exchange *x = p->e->exchanges[index];
    const struct message *m = is_sent(x) ? &x->request : &x->response;

    html_open(&p->h, "tr");
    html_open(&p->h, "td");
    page_exchange_id(p, index);
    html_close(&p->h);
    html_open(&p->h, "td");
    page_time(p, m->first_ns);
    html_close(&p->h);
    page_cell(p, x->host, PAGE_NAME_MOST);
    html_element(&p->h, "td", NULL, page_word(p, page_opcode_word(x->opcode)));
    page_number_cell(p, m->body.bytes);
    write_preview(p, x);
    html_close(&p->h);
}

static void write_messages(struct page *p, const char *english, bool sent)
{
    static const char *const columns[] = {WORDS("Message"), WORDS("Time"), WORDS("Host"),
            WORDS("Kind"), WORDS("Bytes"), WORDS("Beginning")};
    size_t all = 0, shown = 0;

    for (size_t i = 0; i < p->e->exchange_count; i++)
        all += p->e->exchanges[i]->message != 0 && is_sent(p->e->exchanges[i]) == sent;
    if (all == 0)
        return;
    page_table(p, english);
    page_columns(p, columns, sizeof(columns) / sizeof(*columns));
    for (size_t i = 0; i < p->e->exchange_count && shown < PAGE_MESSAGES_MOST; i++) {
        if (p->e->exchanges[i]->message != 0 && is_sent(p->e->exchanges[i]) == sent) {
            write_message(p, i);
            shown++;
        }
    }
    page_table_end(p);
    if (shown < all)
        page_paragraph(p,
                "Not listed here: %zu further messages. data/findings/exchanges.jsonl has "
                "them all.",
                all - shown);
}

bool page_has_sockets(const struct page *p)
{
    for (size_t i = 0; i < p->e->exchange_count; i++) {
        if (p->e->exchanges[i]->message != 0)
            return true;
    }
    return false;
}

void page_sockets(struct page *p)
{
    static const char *const columns[] = {WORDS("Address"), WORDS("Party"),
            WORDS("On pages of"), WORDS("Messages sent"), WORDS("Bytes sent"),
            WORDS("Messages received"), WORDS("Bytes received")};
    struct socket *sockets;
    size_t n = 0;

    if (!page_has_sockets(p))
        return;
    sockets = gather(p, &n);
    if (sockets == NULL) {
        p->h.status = STATUS_NOMEM;
        return;
    }
    page_section(p, "messages", "WebSocket messages");
    page_paragraph(p,
            "A WebSocket is a line that a page keeps open to a server; either side can "
            "send messages over it at any time. Each message is an exchange of its "
            "own here: “.m7” at the end of its name says that it was the seventh.");
    page_table(p, "WebSockets in the order they were used");
    page_columns(p, columns, sizeof(columns) / sizeof(*columns));
    for (size_t i = 0; i < n && i < PAGE_MESSAGES_MOST; i++)
        write_socket(p, &sockets[i]);
    page_table_end(p);
    if (n > PAGE_MESSAGES_MOST)
        page_paragraph(p, "Not listed here: %zu further WebSockets.", n - PAGE_MESSAGES_MOST);
    write_messages(p, WORDS("Messages sent by the browser"), true);
    write_messages(p, WORDS("Messages sent by the server"), false);
    html_close(&p->h);
}
